"""The names and shapes of the guest gateway's page: read and written here, and nowhere else."""

import re
from datetime import datetime
from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cloudpilot.serializers import MAX_ROW_ID
from hotspot import codes
from hotspot.gateway import local_times
from hotspot.gateway.validity import VALID_FOR, valid_for
from hotspot.issuing import MEGABYTE
from hotspot.models import GuestUser, Login, Voucher
from routers.models import Router

_MOST_MEGABYTES: Final = 9 * 2**20
_LONGEST_NUMBER: Final = 100
# Also as languages write it that have one kind of number: 1024.0.
_WHOLE: Final = re.compile(r"([0-9]{1,7})(?:\.0+)?")


# --- What is sent ---------------------------------------------------------------------------


class TextField(serializers.CharField):
    """Text of one line; empty, null and absent are the same."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_blank=True, allow_null=True, default="", **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        text = super().run_validation(data) or ""
        if not text.isprintable():
            raise serializers.ValidationError("Write one line of printable characters.")
        return text


@extend_schema_field({"oneOf": [{"type": "number"}, {"type": "string"}]})
class MegabytesField(serializers.Field):
    """A limit in MB. What is no whole number from 1 to 9437184 means no limit, as on the page."""

    def __init__(self) -> None:
        super().__init__(
            default=None,
            allow_null=True,
            help_text="in MB, from 1 to 9437184; anything else means no limit",
        )

    def to_internal_value(self, data: Any) -> int | None:
        if not isinstance(data, int | float | str):
            raise serializers.ValidationError("Write a number.")
        text = str(data)
        if not text.isprintable() or (len(text) > _LONGEST_NUMBER and not text.isdigit()):
            raise serializers.ValidationError("Write a number.")
        whole = _WHOLE.fullmatch(text.strip())
        megabytes = int(whole[1]) if whole else 0
        return megabytes * MEGABYTE if 1 <= megabytes <= _MOST_MEGABYTES else None


class NewVoucherSerializer(serializers.Serializer):
    """What `create_voucher` is sent; parameters that it does not know are none of its business."""

    username = TextField(max_length=64, help_text="empty: a random one is made")
    passcode = TextField(max_length=64, help_text="empty: a random one is made")
    fullname = TextField(max_length=100, help_text="empty: a random one is made")
    valid_for = TextField(
        trim_whitespace=False,
        help_text="`always`, `1 hour` … `23 hours`, `1 day` … `30 days`, `35 days` … `60 days` in"
        " fives, `90 days` … `180 days` in thirties, `365 days`; empty: the gateway's preset",
    )
    valid_from = TextField(help_text="`2018-08-24 00:00:00` at the router; empty: now")
    download_limit = MegabytesField()
    upload_limit = MegabytesField()

    def validate_fullname(self, name: str) -> str:
        return name or f"Guest {codes.new_codes(1, bits=24)[0]}"

    def validate_passcode(self, passcode: str) -> str:
        return passcode or codes.new_codes(1, bits=36)[0]

    def validate_valid_for(self, words: str) -> str:
        words = words or self.context["gateway"].valid_for_preset
        if words not in VALID_FOR:
            raise serializers.ValidationError("This is none of the values of valid_for.")
        return words

    def validate_valid_from(self, text: str) -> datetime | None:
        try:
            return local_times.read(text, self.context["gateway"].router) if text else None
        except ValueError as exc:
            raise serializers.ValidationError(str(exc)) from exc


class UsernameSerializer(serializers.Serializer):
    username = TextField()


class PageSerializer(serializers.Serializer):
    """Which part of a long list is wanted; the page's own clients take all of it."""

    limit = serializers.IntegerField(
        min_value=1, max_value=1_000_000, default=None, help_text="at most so many of a long list"
    )
    after = serializers.IntegerField(
        min_value=0, max_value=MAX_ROW_ID, default=0, help_text="only ids above this one"
    )


# --- What is answered -----------------------------------------------------------------------


def new_voucher(voucher: Voucher, router: Router) -> dict[str, Any]:
    """Return the answer to `create_voucher`, where limits are text and the password `passcode`."""
    return {
        "id": voucher.pk,
        "username": voucher.code,
        "passcode": voucher.password or voucher.code,
        "fullname": voucher.full_name,
        "valid_for": valid_for(voucher.lifetime),
        "valid_from": local_times.written(voucher.valid_from, router),
        "download_limit": str(_megabytes(voucher.download_limit)),
        "upload_limit": str(_megabytes(voucher.upload_limit)),
    }


def voucher_user(voucher: Voucher, router: Router) -> dict[str, Any]:
    """Return a line of `get_voucher_users`, where limits are numbers and the password `password`."""
    return {
        "id": voucher.pk,
        "username": voucher.code,
        "password": voucher.password or voucher.code,
        "fullname": voucher.full_name,
        "created_at": local_times.written(voucher.created_at, router),
        "last_modified": local_times.written(voucher.updated_at, router),
        "first_login": local_times.written(voucher.first_login_at, router),
        "last_login": local_times.written(voucher.last_login_at, router),
        "valid_for": valid_for(voucher.lifetime),
        "valid_from": local_times.written(voucher.valid_from, router),
        "MAC": voucher.mac_address or None,
        "download_limit": _megabytes(voucher.download_limit),
        "upload_limit": _megabytes(voucher.upload_limit),
    }


def guest_user(user: GuestUser, router: Router) -> dict[str, Any]:
    """Return a line of one of the four lists of guests who bought nothing."""
    return {
        "id": user.pk,
        **_identity(user),
        "created_at": local_times.written(user.created_at, router),
        "last_login": local_times.written(user.last_login_at, router),
        "MAC": user.mac_address or None,
        "visits": user.visits,
        "comments": user.comments,
        "comments1": user.comments1,
        "comments2": user.comments2,
        "last_modified": local_times.written(user.updated_at, router),
        "marketing": int(user.marketing),
        "verified": int(user.verified),
    }


def _identity(user: GuestUser) -> dict[str, str]:
    match user.kind:
        case GuestUser.Kind.EMAIL:
            return {"email": user.identity}
        case GuestUser.Kind.FACEBOOK:
            return {"fb_id": user.identity, "name": user.name, "email": user.email}
        case GuestUser.Kind.MOBILE:
            return {"mobile": user.identity}
        case _:
            return {}


def login(row: Login, router: Router) -> dict[str, Any]:
    """Return a line of `get_logins`."""
    return {
        "id": row.pk,
        "date": local_times.written(row.at, router),
        "login": row.name or (row.voucher.code if row.voucher else ""),
        "type": row.kind,
        "MAC": row.mac_address or None,
        "address": row.address or None,
        "user_agent": row.user_agent or None,
        "success": 1,
    }


def _megabytes(limit: int | None) -> int:
    return 0 if limit is None else limit // MEGABYTE
