"""A batch as cards on paper; how they look, `hotspot.sheets` knows."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from cloudpilot import money
from cloudpilot.serializers import read_query
from hotspot import watching
from hotspot.issuing import MEGABYTE
from hotspot.models import Batch
from hotspot.sheets import Card, Sheet
from hotspot.vouchers import rows


class SheetSerializer(serializers.Serializer):
    """How a sheet is to look."""

    columns = serializers.IntegerField(min_value=1, max_value=6, default=3)
    colour = serializers.RegexField(
        "^#[0-9a-fA-F]{6}$", max_length=7, required=False, help_text="the company's if left out"
    )
    login_url = serializers.URLField(
        max_length=300,
        required=False,
        help_text="where guests log in; the router's own page if left out, as far as it is known",
    )


def sheet_of(batch: Batch, wanted: Any) -> Sheet:
    """Return what all cards of a batch share, as a valid query wants it."""
    look = read_query(SheetSerializer, wanted)
    return Sheet(
        company=batch.company.name,
        colour=look.get("colour") or batch.company.colour,
        login_url=look.get("login_url") or watching.login_url_of(batch.router),
        columns=look["columns"],
    )


def cards_of(batch: Batch) -> Iterator[Card]:
    """Yield a card for each voucher that may still be used."""
    now = timezone.now()
    price = Decimal(money.to_text(batch.price, batch.currency))
    vouchers = batch.vouchers.live(now).order_by("pk")
    for row in vouchers.values(*rows.COLUMNS).iterator():
        yield Card(
            code=rows.code_of(row),
            package=batch.package.name,
            price=price,
            currency=batch.currency,
            validity=row["lifetime"],
            download_mbps=row["download_speed_mbps"],
            upload_mbps=row["upload_speed_mbps"],
            data_mb=row["data_limit"] // MEGABYTE if row["data_limit"] else None,
            devices=row["devices"],
            online=row["time_limit"],
        )
