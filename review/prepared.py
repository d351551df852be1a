"""Queries that every page asks, worked out once in each process instead of at every page.

Django writes a query's SQL anew each time it is asked, which takes ten times as long as SQLite takes to answer it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet, Value

M = TypeVar("M", bound=Model)


class Slot(Value):
    """Stands in a query for a value that is known only when it is asked."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """A placeholder, and this as what is to be put there."""
        return "%s", [self]


class Prepared(Generic[M]):
    """A query with slots, as ``make`` writes it by Django's own means; asked, it gives rows of its model.

    The database never sees but the SQL that Django writes, with values bound to it. ``make`` is called once for each
    kind of database, and must give a query of one model alone: no `select_related` and no `values`.
    """

    def __init__(self, make: Callable[[], QuerySet[M]]) -> None:
        self._make = make
        self._written: dict[str, tuple[type[M], str, tuple[Any, ...]]] = {}

    def all(self, **values: Any) -> list[M]:
        """The rows, with each slot filled by the value of its name. Raises KeyError where one is not given."""
        model, sql, places = self._sql()
        filled = [values[str(one.value)] if isinstance(one, Slot) else one for one in places]
        return list(model._default_manager.raw(sql, filled))

    def first(self, **values: Any) -> M | None:
        """The first row, or None. The query says in which order, unless it finds one at the most."""
        return next(iter(self.all(**values)), None)

    def _sql(self) -> tuple[type[M], str, tuple[Any, ...]]:
        vendor = connection.vendor
        if vendor not in self._written:
            asked = self._make()
            self._written[vendor] = (asked.model, *asked.query.sql_with_params())
        return self._written[vendor]
