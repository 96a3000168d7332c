"""Read a router: no more than what its networks' interfaces, peers and subnets are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from cloudpilot.text import storable
from networks.desired.tunnel import INTERFACES, PEERS, own_mark
from networks.links import Sighting
from networks.models import Network
from networks.wireguard import host_and_port
from routers import connections
from routers.models import Router
from routers.reconcile.kinds import DURATION, SIZE
from routers.reconcile.rows import Row
from routers.routeros import Command, Deadline
from routers.routeros.errors import Refused

_SECONDS = 5.0
_MOST_BYTES = 2**63 - 1
# Never the private key: we have no use for it.
_COMMANDS = (
    Command(INTERFACES, "print", proplist=("name", "comment", "public-key", "disabled")),
    Command("/ip/address", "print", proplist=("address", "interface", "disabled")),
    Command("/ipv6/address", "print", proplist=("address", "interface", "disabled")),
    Command("/interface", "print", proplist=("name",)),
)
_PEERS = Command(
    PEERS,
    "print",
    proplist=(
        "interface", "public-key", "last-handshake", "rx", "tx", "current-endpoint-address",
        "current-endpoint-port",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """What stood on a router at a moment; `peers` are None if it was not asked for them."""

    at: datetime
    interfaces: Sequence[Row] = ()
    peers: Sequence[Row] | None = None
    addresses: Sequence[Row] = ()
    names: Sequence[str] = field(default=())

    def interface(self, network: Network) -> Row | None:
        """Return the network's interface, if the router has it."""
        ours = own_mark(network)
        return next((row for row in self.interfaces if row.get("comment") == ours), None)

    def sightings(self, interface: str) -> Iterator[Sighting]:
        """Yield what the router shows of the peers of one interface."""
        for row in self.peers or ():
            if row.get("interface") == interface:
                yield _sighting(row, self.at)

    def subnets(self, *, without: str) -> list[str]:
        """Return the router's subnets, but those of one interface; as they are, unmasked."""
        return [row["address"] for row in self._in_use() if row.get("interface") != without]

    def subnets_of(self, interface: str) -> list[str]:
        return [row["address"] for row in self._in_use() if row.get("interface") == interface]

    def _in_use(self) -> Iterator[Row]:
        for row in self.addresses:
            if "/" in row.get("address", "") and row.get("disabled") != "true":
                yield row


def ask(router: Router, *, is_new: bool = False, peers: bool = True) -> Seen:
    """Read a router, over a connection made for it if `is_new`: an old one may hang.

    It may have very many peers. Raises `routeros.errors.Unavailable`.
    """
    deadline = Deadline(_SECONDS)
    if is_new:
        connections.forget(router)
    with connections.session(router, deadline, probe=is_new) as session:
        outcomes = session.run_many((*_COMMANDS, *[_PEERS] * peers), deadline)
    rows = [() if isinstance(outcome, Refused) else outcome.rows for outcome in outcomes]
    interfaces, addresses, addresses6, others, *rest = rows
    names = [row["name"] for row in others if row.get("name")]
    found = rest[0] if rest else None
    return Seen(timezone.now(), interfaces, found, (*addresses, *addresses6), names)


def _sighting(row: Row, at: datetime) -> Sighting:
    host, port = row.get("current-endpoint-address", ""), row.get("current-endpoint-port", "")
    is_heard = bool(host) and port.isdecimal()
    return Sighting(
        public_key=row.get("public-key", ""),
        last_handshake_at=_before(at, row.get("last-handshake", "")),
        rx_bytes=_bytes(row.get("rx", "")),
        tx_bytes=_bytes(row.get("tx", "")),
        endpoint=storable(host_and_port(host, int(port)), 60) if is_heard else "",
    )


def _before(moment: datetime, text: str) -> datetime | None:
    """Return the moment so long before; None for what is no time, to come, or beyond all calendars."""
    ago = DURATION.meaning(text)
    if not isinstance(ago, int) or ago < 0:
        return None
    try:
        return moment - timedelta(microseconds=ago)
    except OverflowError:
        return None


def _bytes(text: str) -> int:
    count = SIZE.meaning(text)
    return min(count, _MOST_BYTES) if isinstance(count, int) else 0
