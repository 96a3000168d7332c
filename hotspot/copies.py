"""Copies of a voucher with codes of their own, as fast as the database can write them."""

import json

from django.db import connection

from hotspot import codes
from hotspot.models import Voucher

_CODE = Voucher._meta.get_field("code")
_OWN = {"id", "code", "code_index"}  # what a copy does not share

# How each database takes pairs out of one parameter: a parameter for each value would be too many.
_PAIRS = {
    "sqlite": "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(%s)",
    "postgresql": "SELECT value->>0, value->>1 FROM json_array_elements(%s::json)",
}


def make_copies(voucher: Voucher, count: int) -> None:
    """Add `count` vouchers that are as `voucher` but for the code. Call it in a transaction.

    One statement writes them all: with 30 columns each, the ORM needs ten times as long. A code
    that is in use already is left out, and another is drawn for it.
    """
    while count > 0:
        drawn = [(codes.index(code), code) for code in codes.new_codes(count)]
        count -= _insert(voucher, [(i, _CODE.seal_for(i, code)) for i, code in drawn])


def _insert(voucher: Voucher, pairs: list[tuple[str, str]]) -> int:
    columns = [str(f.column) for f in Voucher._meta.concrete_fields if f.column not in _OWN]
    shared = ", ".join(connection.ops.quote_name(column) for column in columns)
    table = connection.ops.quote_name(Voucher._meta.db_table)
    pair = _PAIRS[connection.vendor]
    sql = f"""
        INSERT INTO {table} (code_index, code, {shared})
        WITH pair (code_index, code) AS ({pair})
        SELECT pair.code_index, pair.code, {shared} FROM pair, {table} WHERE {table}.id = %s
        ON CONFLICT DO NOTHING
    """  # noqa: S608 - these are names of our own
    with connection.cursor() as cursor:
        cursor.execute(sql, [json.dumps(pairs), voucher.pk])
        return cursor.rowcount
