"""A node as the page's clients read it: one shape for lists and for single nodes.

Lists have thousands, so it is made from plain columns, which the database hands out as they are.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from cloudpilot.prepared import prepared
from networks.fields import NEVER, unix
from networks.models import Node
from networks.onboarding import steps
from networks.peering import Peer

COLUMNS: Final = (
    "pk", "mac_address", "network__netid", "name", "address", "address6", "local_address",
    "endpoint", "public_key", "has_valid_key", "listen_port", "interface", "keepalive", "mtu",
    "network__mtu", "allowed_addresses", "post_up", "post_down", "save_config",
    "check_in_interval", "network__check_in_interval", "expires_at", "modified_at",
    "last_peer_update_at", "last_check_in_at", "key_updated_at", "key_update_asked_at",
    "is_pending", "is_hub", "tags", "router", "sync_state", "sync_error", "last_handshake_at",
    "rx_bytes", "tx_bytes", "observed_endpoint", "gateway__pk", "gateway__ranges",
    "gateway__interface", "gateway__nat", "onboarding__fetched_at", "router__is_online",
    "router__reconciliation__last_success_at", "router__reconciliation__error",
)  # fmt: skip

_MISSED = 3


def one(node: Node) -> dict[str, Any]:
    """Return a node as it is in the database now. Raises `Http404` if it is gone."""
    for row in _rows_of(node.pk):
        return shown(row, timezone.now())
    raise Http404


@prepared
def _rows_of(pk: Any) -> QuerySet[Node, dict[str, Any]]:
    return Node.objects.filter(pk=pk).values(*COLUMNS)


def many(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return nodes from rows of `COLUMNS`."""
    now = timezone.now()
    return [shown(row, now) for row in rows]


def shown(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    asked = row["key_update_asked_at"]
    return {
        "macaddress": row["mac_address"],
        "network": row["network__netid"],
        "name": row["name"],
        "address": row["address"],
        "address6": row["address6"] or "",
        "localaddress": row["local_address"],
        "endpoint": row["endpoint"],
        "publickey": row["public_key"],
        "publickeyvalid": row["has_valid_key"],
        "listenport": row["listen_port"],
        "interface": row["interface"],
        "persistentkeepalive": row["keepalive"],
        "mtu": row["mtu"] or row["network__mtu"],
        "allowedips": ",".join(row["allowed_addresses"]),
        "postup": row["post_up"],
        "postdown": row["post_down"],
        "saveconfig": row["save_config"],
        "checkininterval": row["check_in_interval"] or row["network__check_in_interval"],
        "expdatetime": unix(row["expires_at"], NEVER),
        "lastmodified": unix(row["modified_at"]),
        "lastpeerupdate": unix(row["last_peer_update_at"]),
        "lastcheckin": unix(row["last_check_in_at"]),
        "keyupdatetimestamp": unix(row["key_updated_at"]),
        "needkeyupdate": asked is not None and row["key_updated_at"] < asked,
        "ispending": row["is_pending"],
        "ishub": row["is_hub"],
        "tags": row["tags"],
        "router": row["router"],
        "syncstate": row["sync_state"],
        "syncerror": row["sync_error"],
        "online": _is_online(row, now),
        "lasthandshake": unix(row["last_handshake_at"]),
        "rxbytes": row["rx_bytes"],
        "txbytes": row["tx_bytes"],
        "observedendpoint": row["observed_endpoint"],
        "onboarding": _onboarding(row, now),
        **_gateway(row),
    }


def _is_online(row: Mapping[str, Any], now: datetime) -> bool:
    seconds = row["check_in_interval"] or row["network__check_in_interval"]
    silence = max(steps.HANDSHAKE_GOOD_FOR, timedelta(seconds=_MISSED * seconds))
    signs = (row["last_handshake_at"], row["last_check_in_at"])
    return any(sign is not None and sign > now - silence for sign in signs)


def _onboarding(row: Mapping[str, Any], now: datetime) -> str:
    """Name the first step that is not done of a router that our script sets up, as `steps` has it.

    `done` after all of them; an empty text for a node that was never set up so.
    """
    if row["onboarding__fetched_at"] is None:
        return ""
    done = steps.judged(
        is_pending=row["is_pending"],
        fetched_at=row["onboarding__fetched_at"],
        heard_at=row["last_handshake_at"],
        is_online=bool(row["router__is_online"]),
        written_at=row["router__reconciliation__last_success_at"],
        error=row["router__reconciliation__error"] or "",
        now=now,
    )
    return steps.first_failing(done) or "done"


def _gateway(row: Mapping[str, Any]) -> dict[str, Any]:
    ranges = row["gateway__ranges"] or []
    return {
        **_in_two_words(row["gateway__pk"] is not None, ranges),
        "gatewayranges": ranges,
        "gatewayinterface": row["gateway__interface"] or "",
        "gatewaynat": bool(row["gateway__nat"]),
    }


def _in_two_words(is_gateway: bool, ranges: Iterable[str]) -> dict[str, Any]:
    """Say of a gateway the same in the words of two of the page's servers."""
    text = ",".join(ranges)
    return {
        "isgateway": is_gateway,
        "gatewayrange": text,
        "isegressgateway": is_gateway,
        "egressgatewayrange": text,
    }


_NO_GATEWAY = _in_two_words(False, ())  # what most of thousands are


def peer(found: Peer, own: Node) -> dict[str, Any]:
    """Return a peer as a node is told of it."""
    return {
        "publickey": found.public_key,
        "name": found.name,
        "macaddress": found.mac_address,
        "endpoint": found.host_for(own),
        "address": found.address,
        "address6": found.address6 or "",
        "localaddress": found.local_address,
        "listenport": found.listen_port,
        "persistentkeepalive": own.keepalive,
        **(_in_two_words(True, found.gateway_ranges) if found.gateway_ranges else _NO_GATEWAY),
        "allowedips": found.allowed_addresses,
    }
