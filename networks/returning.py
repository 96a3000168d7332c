"""Whether a device may take the place of a router that we know, by no more than its MAC address.

Who has that place gets what the router should hold, the codes of vouchers too. A router that was
wiped has nothing left to prove itself with but an access key; so the key has to be one that was made
for it, and not one that has been lying about.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from cloudpilot.limits import failures_counted
from networks.errors import KeyTooOld
from networks.models import AccessKey, Node

# Time enough to have a router wiped after its line was made.
_FRESH = timedelta(hours=1)


def demand_right_to_return(key: AccessKey, mac_address: str, password: str) -> None:
    """Raise `KeyTooOld` if the device says it is a router of the company's, and shows it in no way.

    It shows it by the password that it has in this network, by a key that was made within the last
    hour, or by one that was made after the router was last heard of.
    """
    if key.created_at > timezone.now() - _FRESH:
        return
    places = _places_of(key.network.company_id, mac_address)
    if not any(_was_heard_since(key.created_at, place) for place in places):
        return
    with failures_counted("wrong_mesh_credentials_per_device", f"{key.network}/{mac_address}"):
        own = (place for place in places if place.network_id == key.network_id)
        if not any(place.has_password(password) for place in own):
            raise KeyTooOld(
                "This is a router that was heard of after this access key was made. If it was wiped,"
                " make another key."
            )


def _places_of(company_id: int, mac_address: str) -> list[Any]:
    """Return the nodes that this router of a company's is."""
    nodes = Node.objects.filter(network__company=company_id, mac_address=mac_address)
    known = nodes.filter(router__isnull=False).annotate(seen_at=F("router__status__last_seen"))
    return list(known.order_by("pk"))


def _was_heard_since(moment: datetime, place: Any) -> bool:
    signs = (place.last_check_in_at, place.last_handshake_at, place.seen_at)
    return any(sign is not None and sign >= moment for sign in signs)
