"""Queries that are asked all the time, put together once: then only the values in them differ.

Django's way from a queryset to SQL costs several times what PostgreSQL needs to answer; a request of a candidate asks a
handful of such questions, and a thousand candidates ask them in the same seconds.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from django.db import models
from django.db.models.query import QuerySet, get_related_populators  # type: ignore[attr-defined]

from accounts.planned import PlanLost, Planned

M = TypeVar("M", bound=models.Model)
Value = int | str
_UNLIKELY = 2_140_000_000  # within PostgreSQL's integers, and no number of anything here


class Prepared(Generic[M]):
    """A query of whole rows with numbers and texts to fill in, which must stand in it as they are given.

        by_number = Prepared(lambda number: Candidate.objects.filter(pk=number))
        by_number.first(7)

    A sequence may stand for `__in`. Nothing may depend on a value but its place: no branch, no slice.
    """

    def __init__(self, build: Callable[..., QuerySet[M]]) -> None:
        self.build = build
        self._kept = threading.local()

    def first(self, *values: Value | Sequence[Value]) -> M | None:
        """Return the first row, or None."""
        found = self.all(*values)
        return found[0] if found else None

    def all(self, *values: Value | Sequence[Value]) -> list[M]:
        """Return all rows."""
        shape = tuple(-1 if isinstance(value, int | str) else len(value) for value in values)
        if 0 in shape:  # one of nothing
            return []
        return self._compiled(shape, values).rows(_flat(values))

    def _compiled(self, shape: tuple[int, ...], values: Sequence[Value | Sequence[Value]]) -> "_Compiled[M]":
        """Return the query for so many values in each sequence; each thread has its own, for its own connection."""
        known: dict[tuple[int, ...], _Compiled[M]] = self._kept.__dict__.setdefault("known", {})
        found = known.get(shape)
        if found is None:
            marks = _marks(values)
            found = known[shape] = _Compiled(self.build(*marks), _flat(marks))
        return found


class _Compiled(Generic[M]):
    """One query as SQL, and how its rows become objects."""

    def __init__(self, queryset: QuerySet[M], marks: list[Value]) -> None:
        compiler: Any = queryset.query.get_compiler(using=queryset.db)
        self.connection = compiler.connection
        self.sql, parameters = compiler.as_sql()
        self.parameters = list(parameters)
        self.places = [[at for at, each in enumerate(self.parameters) if each == mark] for mark in marks]
        if not all(self.places):
            raise ValueError("a value does not stand in the query as it was given")
        chosen = compiler.klass_info["select_fields"]
        self.start, self.end = chosen[0], chosen[-1] + 1
        self.model = compiler.klass_info["model"]
        self.names = [column[0].target.attname for column in compiler.select[self.start : self.end]]
        self.related = get_related_populators(compiler.klass_info, compiler.select, queryset.db)
        self.annotations = list((compiler.annotation_col_map or {}).items())
        self.converters = compiler.get_converters([column[0] for column in compiler.select[: compiler.col_count]])
        self.convert = compiler.apply_converters
        self.planned = self._planned() if self.connection.vendor == "postgresql" else None

    def rows(self, values: list[Value]) -> list[M]:
        return [self._made(row) for row in self.convert(self._found(values), self.converters)]

    def _found(self, values: list[Value]) -> list[Any]:
        at_places = {place: value for value, places in zip(values, self.places, strict=True) for place in places}
        with self.connection.cursor() as cursor:
            if self.planned is not None and self.planned.is_due():
                try:
                    self.planned.run(cursor, [at_places[place] for place in sorted(at_places)])
                    return list(cursor.fetchall())
                except PlanLost:
                    if self.connection.in_atomic_block:  # nothing more can be asked in this transaction
                        raise
            cursor.execute(self.sql, [at_places.get(at, known) for at, known in enumerate(self.parameters)])
            return list(cursor.fetchall())

    def _planned(self) -> Planned:
        """Return the query with $1, $2 … where values differ; what never does stands in it."""
        differs = {place for places in self.places for place in places}
        with self.connection.cursor() as cursor:
            fixed = [cursor.mogrify("%s", [known]).decode() for known in self.parameters]
        numbers = iter(range(1, len(differs) + 1))
        marks = [f"${next(numbers)}" if at in differs else known for at, known in enumerate(fixed)]
        return Planned(self.sql % tuple(marks), len(differs))

    def _made(self, row: Sequence[Any]) -> M:
        made: M = self.model.from_db(self.connection.alias, self.names, row[self.start : self.end])
        for related in self.related:
            related.populate(row, made)
        for name, at in self.annotations:
            setattr(made, name, row[at])
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
