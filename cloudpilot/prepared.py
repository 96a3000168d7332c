"""Queries whose SQL is written once: the ORM takes ten times as long to write one as to run it."""

from collections.abc import Callable, Sequence
from copy import copy
from datetime import datetime
from functools import cache, update_wrapper
from typing import Any, Generic, TypeVar

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Model, QuerySet

Row = TypeVar("Row", bound=Model)


class _Place(Expression):
    """Where an argument goes, in a query that is written before the argument is known."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


class prepared(Generic[Row]):
    """Make a function that returns a queryset one that returns its rows, and writes the SQL once.

    The function is called once for each number of arguments, with stand-ins in their place. So it
    may filter by them and do no more: what it decides, it decides for good. Arguments are texts,
    whole numbers and moments, and go to the database as they are, without a field's conversion.
    """

    def __init__(self, build: Callable[..., QuerySet[Row]]) -> None:
        self._build = build
        self._written = cache(self._write)
        update_wrapper(self, build)

    def __call__(self, *values: Any) -> list[Row]:
        queryset, sql, params, compiler = self._written(len(values))
        database = connections[queryset.db]
        filled = [
            _for_database(values[param.number], database) if isinstance(param, _Place) else param
            for param in params
        ]
        compiler = copy(compiler)  # of others that run it at the same time
        compiler.connection = database
        compiler.as_sql = lambda: (sql, filled)
        rows: Any = queryset.all()
        rows.query.get_compiler = lambda using: compiler
        return list(rows)

    def _write(self, count: int) -> tuple[QuerySet[Row], str, Sequence[Any], Any]:
        queryset = self._build(*map(_Place, range(count)))
        compiler: Any = queryset.query.get_compiler(queryset.db)
        sql, params = compiler.as_sql()
        converters = compiler.get_converters([column for column, *_ in compiler.select])
        compiler.get_converters = lambda columns: converters
        return queryset, sql, params, compiler


def _for_database(value: Any, database: BaseDatabaseWrapper) -> Any:
    if isinstance(value, datetime):
        return database.ops.adapt_datetimefield_value(value)
    return value
