"""A router's guests for somebody who waits for the answer."""

from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from hotspot import codes, live
from hotspot.live import Online, Unwanted
from routers.models import Router
from routers.reconcile.kinds import DURATION

# How long a request thread may wait for a router.
SECONDS = 8.0


def online(router: Router) -> list[dict[str, Any]]:
    """Return who is online. Raises `RouterUnreachable` or `RouterRefused`."""
    with live.speaking_to(router, SECONDS) as (session, deadline):
        rows = live.online(session, deadline)
        now = timezone.now()
    found = [live.read_online(row, now) for row in rows]
    vouchers = _vouchers(router, found)
    return [_shown(router, one, vouchers.get(codes.index(one.user))) for one in found]


def _vouchers(router: Router, found: list[Online]) -> dict[str, int]:
    indexes = [codes.index(one.user) for one in found]
    known = router.vouchers.filter(code_index__in=indexes).order_by("pk")
    return dict(known.values_list("code_index", "pk"))


def _shown(router: Router, one: Online, voucher: int | None) -> dict[str, Any]:
    idle = DURATION.meaning(one.row.get("idle-time", "0s"))
    return {
        "id": one.id,
        "router": router.pk,
        "user": one.user,
        "voucher": voucher,
        "mac_address": one.mac_address,
        "address": one.address,
        "server": one.row.get("server", ""),
        "login_by": one.row.get("login-by", ""),
        "started_at": one.started_at,
        "online_seconds": one.usage.seconds,
        "idle_seconds": idle // 1_000_000 if isinstance(idle, int) else 0,
        "uploaded": one.usage.uploaded,
        "downloaded": one.usage.downloaded,
    }


def kick(router: Router, *, id: str = "", user: str = "", mac_address: str = "") -> int:
    """End the sessions that fit all that is named; answers how many.

    Raises `RouterUnreachable` or `RouterRefused`.
    """
    with live.speaking_to(router, SECONDS) as (session, deadline):
        now = timezone.now()
        found = [live.read_online(row, now) for row in live.online(session, deadline)]
        doomed = set(_fitting(found, id=id, user=user, mac_address=mac_address))
        return live.put_out(session, deadline, doomed, whoever=True)


def _fitting(found: list[Online], **named: str) -> Iterator[Unwanted]:
    for one in found:
        if all(not value or getattr(one, name) == value for name, value in named.items()):
            yield Unwanted(one.user, one.mac_address)
