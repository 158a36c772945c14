"""Queries that are asked all the time, put together once: then only the values in them differ.

Django's way from a queryset to SQL costs several times what PostgreSQL needs to answer; a request of a candidate asks a
handful of such questions, and a thousand candidates ask them in the same seconds.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from django.db.models.query import QuerySet, ValuesListIterable, get_related_populators  # type: ignore[attr-defined]

from accounts.planned import PlanLost, Planned

T = TypeVar("T")
Value = int | str
_UNLIKELY = 2_140_000_000  # within PostgreSQL's integers, and no number of anything here


class Prepared(Generic[T]):
    """A query with numbers and texts to fill in, which must stand in it as they are given.

        by_number = Prepared(lambda number: Candidate.objects.filter(pk=number))
        by_number.first(7)

    A sequence may stand for `__in`. Nothing may depend on a value but its place: no branch, no slice. A query of whole
    rows gives objects; one that ends in `values_list`, not `flat`, gives tuples, which cost a fraction.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, T]]) -> None:
        self.build = build
        self._kept = threading.local()

    def first(self, *values: Value | Sequence[Value]) -> T | None:
        """Return the first row, or None."""
        found = self.all(*values)
        return found[0] if found else None

    def all(self, *values: Value | Sequence[Value]) -> list[T]:
        """Return all rows."""
        shape = tuple(-1 if isinstance(value, int | str) else len(value) for value in values)
        if 0 in shape:  # one of nothing
            return []
        return self._compiled(shape, values).rows(_flat(values))

    def _compiled(self, shape: tuple[int, ...], values: Sequence[Value | Sequence[Value]]) -> "_Compiled[T]":
        """Return the query for so many values in each sequence; each thread has its own, for its own connection."""
        known: dict[tuple[int, ...], _Compiled[T]] = self._kept.__dict__.setdefault("known", {})
        found = known.get(shape)
        if found is None:
            marks = _marks(values)
            found = known[shape] = _Compiled(self.build(*marks), _flat(marks))
        return found


class _Compiled(Generic[T]):
    """One query as SQL, and how its rows become what it gives."""

    def __init__(self, queryset: QuerySet[Any, T], marks: list[Value]) -> None:
        compiler: Any = queryset.query.get_compiler(using=queryset.db)
        self.connection = compiler.connection
        self.sql, parameters = compiler.as_sql()
        self.parameters = list(parameters)
        places = [[at for at, each in enumerate(self.parameters) if each == mark] for mark in marks]
        if not all(places):
            raise ValueError("a value does not stand in the query as it was given")
        self.order = sorted((place, number) for number, found in enumerate(places) for place in found)
        self.converters = compiler.get_converters([column[0] for column in compiler.select[: compiler.col_count]])
        self.convert = compiler.apply_converters
        are_rows = queryset._iterable_class is ValuesListIterable
        self.made: Callable[[Sequence[Any]], Any] = tuple if are_rows else _objects(compiler)
        self.planned = self._planned() if self.connection.vendor == "postgresql" else None

    def rows(self, values: list[Value]) -> list[T]:
        return [self.made(row) for row in self.convert(self._found(values), self.converters)]

    def _found(self, values: list[Value]) -> list[Any]:
        with self.connection.cursor() as cursor:
            if self.planned is not None and self.planned.is_due():
                try:
                    self.planned.run(cursor, [values[number] for _place, number in self.order])
                    return list(cursor.fetchall())
                except PlanLost:
                    if self.connection.in_atomic_block:  # nothing more can be asked in this transaction
                        raise
            filled = list(self.parameters)
            for place, number in self.order:
                filled[place] = values[number]
            cursor.execute(self.sql, filled)
            return list(cursor.fetchall())

    def _planned(self) -> Planned:
        """Return the query with $1, $2 … where values differ; what never does stands in it."""
        differs = {place for place, _number in self.order}
        with self.connection.cursor() as cursor:
            fixed = [cursor.mogrify("%s", [known]).decode() for known in self.parameters]
        numbers = iter(range(1, len(differs) + 1))
        marks = [f"${next(numbers)}" if at in differs else known for at, known in enumerate(fixed)]
        return Planned(self.sql % tuple(marks), len(differs))


def _objects(compiler: Any) -> Callable[[Sequence[Any]], Any]:
    """Return how a row becomes an object of the model, with what was selected along."""
    info, select, alias = compiler.klass_info, compiler.select, compiler.using
    chosen, model = info["select_fields"], info["model"]
    start, end = chosen[0], chosen[-1] + 1
    names = [column[0].target.attname for column in select[start:end]]
    related = get_related_populators(info, select, alias)
    annotations = list((compiler.annotation_col_map or {}).items())

    def made(row: Sequence[Any]) -> Any:
        one = model.from_db(alias, names, row[start:end])
        for populator in related:
            populator.populate(row, one)
        for name, at in annotations:
            setattr(one, name, row[at])
        return one

    return made


def _flat(values: Sequence[Value | Sequence[Value]]) -> list[Value]:
    flat: list[Value] = []
    for value in values:
        flat += [value] if isinstance(value, int | str) else value
    return flat


def _marks(values: Sequence[Value | Sequence[Value]]) -> list[Value | list[Value]]:
    """Return a value of the same kind for each, that stands nowhere else in the query."""
    return [
        _mark(value, at)
        if isinstance(value, int | str)
        else [_mark(one, at * 10_000 + each) for each, one in enumerate(value)]
        for at, value in enumerate(values, start=1)
    ]


def _mark(value: Value, at: int) -> Value:
    return _UNLIKELY + at if isinstance(value, int) else f"\x01{at}"
