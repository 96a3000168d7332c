"""Router keys: what a captive portal carries to say which router it stands on.

A key is `jwt_` and a signed token. Everyone on the WiFi can read it, so it identifies and grants
little. Of each key only a keyed digest is stored; at most one a router is not revoked, which
the database holds to.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from cloudpilot.crypto import digest, same
from cloudpilot.prepared import prepared, ready_cursor
from cloudpilot.problems import UNAUTHENTICATED
from routers.errors import (
    CompanyInactive,
    InvalidRouterKey,
    RouterInactive,
    RouterKeyRevoked,
)
from routers.models import Router, RouterKey
from routers.reconcile import services as reconcile

PREFIX = "jwt_"
LIFETIME = timedelta(days=365)
EXPIRES_SOON = timedelta(days=30)

_ISSUER = "mikrotik-payment-api"  # spec page 3; what portals and their tools know it by
_TYPE = "router_api_key"
_ALGORITHM = "HS256"
_CLAIMS = ["jti", "iss", "sub", "empresa", "iat", "exp", "type"]
_PURPOSE = "router-key"
_LONGEST = 2048
# What a key is compared with, and what portals show of its router: a third of the columns.
_READ = (
    "key_id", "digest", "issued_at", "expires_at", "router__public_id", "router__name",
    "router__location", "router__is_active", "router__company__public_id",
    "router__company__name", "router__company__is_active",
)  # fmt: skip


@dataclass(frozen=True)
class NewRouterKey:
    """A key at the only moment when it is known."""

    row: RouterKey
    token: str
    replaced: bool = False


def issue(router: Router) -> NewRouterKey:
    """Make the key of a router that has none."""
    now = timezone.now().replace(microsecond=0)  # a token counts in seconds, and so does its row
    row = RouterKey(
        key_id=f"key_{secrets.token_hex(8)}",
        router=router,
        issued_at=now,
        expires_at=now + LIFETIME,
    )
    token = PREFIX + jwt.encode(_claims(row), settings.ROUTER_KEY_SECRET, _ALGORITHM)
    row.digest = digest(token, _PURPOSE)
    with transaction.atomic():
        row.save()
        reconcile.mark_dirty([router.pk])
    return NewRouterKey(row, token)


def regenerate(router: Router) -> NewRouterKey:
    """Revoke the router's key, if it has one, and make a new one.

    Parallel calls take turns at the router's row, and the last one's key is the one that lives.
    Raises `RouterInactive`.
    """
    with transaction.atomic():
        router = Router.objects.select_for_update().get(pk=router.pk)
        if not router.is_active:
            raise RouterInactive("An inactive router gets no new key.")
        was_usable = router.keys.usable_at(timezone.now()).exists()
        router.keys.all().revoke()
        new = issue(router)
    return NewRouterKey(new.row, new.token, replaced=was_usable)


def revoke(key: RouterKey) -> RouterKey:
    """End a key, and return it as it is then. Raises `RouterKeyRevoked` if it has ended before."""
    with transaction.atomic():
        if not RouterKey.objects.filter(pk=key.pk).revoke():
            raise RouterKeyRevoked("This key is revoked already.")
        reconcile.mark_dirty([key.router_id])
    key.refresh_from_db(fields=["revoked_at"])
    return key


def usable_key(router: Router) -> RouterKey | None:
    """Return the key that opens the portal now, None if the router has none."""
    return router.keys.usable_at(timezone.now()).first()


def notice_expired() -> None:
    """Have the routers put right whose key has expired since their last pass."""
    expired = Router.objects.filter(
        keys__revoked_at=None,
        keys__expires_at__lte=timezone.now(),
        keys__expires_at__gt=F("reconciliation__last_success_at"),
        reconciliation__applied_version=F("reconciliation__desired_version"),
    )
    reconcile.mark_dirty(list(expired.values_list("pk", flat=True)))


def days_left(key: RouterKey) -> int:
    """Return the whole days until `key` expires; 364 on the day that it was made."""
    return (key.expires_at - timezone.now()).days


def expires_soon(key: RouterKey) -> bool:
    return days_left(key) < EXPIRES_SOON.days


def authenticate(token: str) -> RouterKey:
    """Return the key that `token` is, with its router and company, and count this use of it.

    One indexed read and one conditional update, which also sees a revocation that came between
    the two. Raises `InvalidRouterKey`, `RouterInactive` or `CompanyInactive`.
    """
    claims = _verified_claims(token)
    now = timezone.now()
    key = next(iter(_usable_with_id(claims["jti"], now)), None)
    if key is None or not _agree(key, claims) or not same(key.digest, digest(token, _PURPOSE)):
        raise InvalidRouterKey(UNAUTHENTICATED)
    if not key.router.is_active:
        raise RouterInactive("Router inactivo")
    if not key.router.company.is_active:
        raise CompanyInactive("Empresa inactiva")
    if not _count_use(key, now):
        raise InvalidRouterKey(UNAUTHENTICATED)
    return key


@prepared
def _usable_with_id(key_id: Any, now: Any) -> QuerySet[RouterKey]:
    keys = RouterKey.objects.usable_at(now).filter(key_id=key_id).order_by()
    return keys.select_related("router__company").only(*_READ)


def _count_use(key: RouterKey, now: datetime) -> bool:
    """Count a use of `key`, and say whether it was still there to be used."""
    table = connection.ops.quote_name(RouterKey._meta.db_table)
    with ready_cursor(connection) as cursor:
        used_at = connection.ops.adapt_datetimefield_value(now)
        cursor.execute(_COUNT_USE.format(table=table), [used_at, key.pk])
        return cursor.rowcount > 0


# As text: every request of a portal runs it, and the ORM would write it anew each time.
_COUNT_USE = """
    UPDATE {table} SET use_count = use_count + 1, last_used_at = %s
    WHERE id = %s AND revoked_at IS NULL
"""


def _claims(key: RouterKey) -> dict[str, Any]:
    return {
        "jti": key.key_id,
        "iss": _ISSUER,
        "sub": key.router.public_id,
        "empresa": key.router.company.public_id,
        "iat": int(key.issued_at.timestamp()),
        "exp": int(key.expires_at.timestamp()),
        "type": _TYPE,
    }


def _verified_claims(token: str) -> dict[str, Any]:
    if not token.startswith(PREFIX) or len(token) > _LONGEST:
        raise InvalidRouterKey(UNAUTHENTICATED)
    try:
        claims: dict[str, Any] = jwt.decode(
            token.removeprefix(PREFIX),
            settings.ROUTER_KEY_SECRET,
            algorithms=[_ALGORITHM],
            issuer=_ISSUER,
            options={"require": _CLAIMS, "verify_aud": False},
        )
    except jwt.InvalidTokenError as exc:
        raise InvalidRouterKey(UNAUTHENTICATED) from exc
    if claims["type"] != _TYPE:
        raise InvalidRouterKey(UNAUTHENTICATED)
    return claims


def _agree(key: RouterKey, claims: dict[str, Any]) -> bool:
    return all(claims[name] == value for name, value in _claims(key).items())
