"""Which gateway a request means, and whether it may come in: by key, or by label and key."""

from typing import Any

from django.shortcuts import get_object_or_404

from cloudpilot.limits import failures_counted
from hotspot.gateway.errors import GatewayClosed, KeyMissing, KeyWrong, MethodClosed
from hotspot.models import GuestGateway
from hotspot.models.guest_gateway import digest_of

_LONGEST_KEY = 200
_LIMIT = "wrong_guest_keys_per_address"


def by_key(key: Any, address: str) -> GuestGateway:
    """Return the gateway whose key this is. Raises `KeyMissing`, `KeyWrong` or `TooManyRequests`."""
    key = _demand_key(key)
    with failures_counted(_LIMIT, address):
        gateway = _gateways().filter(key_digest=digest_of(key)).first()
        if gateway is None:
            raise KeyWrong("This key opens no gateway.")
    return gateway


def by_label(label: str) -> GuestGateway:
    """Return the gateway at a cloud endpoint. Raises `Http404`."""
    return get_object_or_404(_gateways(), label=label)


def demand_open(gateway: GuestGateway, method: str) -> None:
    """Raise `GatewayClosed` or `MethodClosed` unless `method` is enabled."""
    if not gateway.is_open:
        raise GatewayClosed("Both methods are off.")
    if not gateway.allows(method):
        raise MethodClosed("This method is off.")


def demand_key(gateway: GuestGateway, key: Any, address: str) -> None:
    """Raise `KeyMissing`, `KeyWrong` or `TooManyRequests` unless `key` is the gateway's."""
    key = _demand_key(key)
    with failures_counted(_LIMIT, address):
        if not gateway.has_key(key):
            raise KeyWrong("This is not the gateway's key.")


def _gateways() -> Any:
    return GuestGateway.objects.select_related("router__company")


def _demand_key(key: Any) -> str:
    if not key:
        raise KeyMissing("No key was sent in this method's own place.")
    # What is no key of ours at all is a wrong one, not a bad request.
    return key if isinstance(key, str) and len(key) <= _LONGEST_KEY else "-"
