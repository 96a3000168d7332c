"""Queries whose SQL is written once: the ORM takes ten times as long to write one as to run it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache, update_wrapper
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import Expression, QuerySet
from django.db.models.query import get_related_populators

Row = TypeVar("Row")


class prepared(Generic[Row]):
    """Make a function that returns a queryset one that returns its rows, and writes the SQL once.

    The function is called once for each number of arguments, with stand-ins in their place. So it
    may filter by them and do no more: what it decides, it decides for good. Arguments are texts,
    whole numbers, moments and UUIDs, and go to the database without a field's conversion.
    Of what a queryset can have made of its rows, this knows `only`, `select_related`, and `values`
    of columns.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Row]]) -> None:
        self._written = cache(lambda count: _Written(build(*map(_Place, range(count)))))
        update_wrapper(self, build)

    def __call__(self, *values: Any) -> list[Row]:
        written: _Written[Row] = self._written(len(values))
        database = connections[written.database]
        with ready_cursor(database) as cursor:
            cursor.execute(written.sql, written.filled(values, database))
            found = cursor.fetchall()
        return list(written.rows(found)) if found else []


def ready_cursor(database: BaseDatabaseWrapper) -> CursorWrapper:
    """Open a cursor for statements that each request runs.

    PostgreSQL reads and plans each of them once a connection, where Django's own cursor has it do
    so each time. Arguments come to it as values, not as text, so it must be able to tell their
    types: of a column that they are compared with or written to.
    """
    if database.vendor != "postgresql" or database.queries_logged:  # a log shows the arguments
        return database.cursor()
    from django.db.backends.postgresql.base import ServerBindingCursor  # needs the driver

    database.ensure_connection()
    opened: Any = database  # what makes a cursor is not in the types
    return opened._prepare_cursor(ServerBindingCursor(database.connection))  # type: ignore[call-arg]


class _Place(Expression):
    """Where an argument goes, in a query that is written before the argument is known."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


class _Written(Generic[Row]):
    """A query's SQL, and how its rows are read: what `ModelIterable` finds out each time."""

    def __init__(self, queryset: QuerySet[Any, Row]) -> None:
        self.database = queryset.db
        compiler: Any = queryset.query.get_compiler(queryset.db)
        self.sql, self._params = compiler.as_sql()
        self._converters = compiler.get_converters([column for column, *_ in compiler.select])
        self._convert = compiler.apply_converters
        names = queryset.query.values_select
        self._read = _mapping(names) if names else _instance(queryset, compiler)

    def filled(self, values: tuple[Any, ...], database: BaseDatabaseWrapper) -> list[Any]:
        return [
            _for_database(values[param.number], database) if isinstance(param, _Place) else param
            for param in self._params
        ]

    def rows(self, found: list[tuple[Any, ...]]) -> Iterator[Row]:
        return map(self._read, self._convert(found, self._converters))


def _mapping(names: tuple[str, ...]) -> Callable[[Any], Any]:
    """Return what makes a mapping of a row's columns."""
    return lambda columns: dict(zip(names, columns, strict=True))


def _instance(queryset: QuerySet[Any, Any], compiler: Any) -> Callable[[Any], Any]:
    """Return what makes an instance of a row's columns, with those of its related rows."""
    model, database = queryset.model, queryset.db
    places = compiler.klass_info["select_fields"]
    own = slice(places[0], places[-1] + 1)
    names = [column.target.attname for column, *_ in compiler.select[own]]
    # The types are those of a later Django, which asks for one more.
    populators: Any = get_related_populators
    related = populators(compiler.klass_info, compiler.select, database)

    def read(columns: Any) -> Any:
        row = model.from_db(database, names, columns[own])
        for each in related:
            each.populate(columns, row)
        return row

    return read


def _for_database(value: Any, database: BaseDatabaseWrapper) -> Any:
    if isinstance(value, datetime):
        return database.ops.adapt_datetimefield_value(value)
    if isinstance(value, UUID) and not database.features.has_native_uuid_field:
        return value.hex
    return value
