"""What a process remembers of things that never change, so that it need not ask or make them again; never too many."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakSet

T = TypeVar("T")
_all: "WeakSet[Kept[object]]" = WeakSet()


class Kept(Generic[T]):
    """At most so many things, each under its key; what was not asked for the longest goes first."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._things: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = Lock()
        _all.add(self)  # type: ignore[arg-type]

    def get(self, key: Hashable) -> T | None:
        """Return what is kept under a key, or None."""
        with self._lock:
            found = self._things.get(key)
            if found is not None:
                self._things.move_to_end(key)
            return found

    def put(self, key: Hashable, thing: T) -> T:
        """Keep a thing and return it."""
        with self._lock:
            self._things[key] = thing
            while len(self._things) > self.most:
                self._things.popitem(last=False)
        return thing

    def get_or_make(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what is kept, or make and keep it; two who come at once may both make it."""
        found = self.get(key)
        return self.put(key, make()) if found is None else found

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._things.clear()


def forget_all() -> None:
    """Forget everything everywhere: between two tests numbers are given out again."""
    for kept in list(_all):
        kept.clear()
