"""What `run_hub` does: the host's interfaces as the database says, and what they see written back."""

import logging
import time
from datetime import UTC, datetime
from typing import Final

from django.conf import settings
from django.db import Error, close_old_connections, connection
from django.utils import timezone

from networks import links, peering
from networks.hub import rekeying
from networks.hub.host import Host, HostRefused, why_not
from networks.hub.keyring import Keyring
from networks.hub.leases import ProcessLease
from networks.hub.tunnels import SeenPeer, Tunnel
from networks.links import Sighting
from networks.models import Node
from networks.nodes import services as nodes
from networks.wireguard import Peer, public_key_of

log = logging.getLogger("networks.hub")

POLL_SECONDS: Final = 1.0
# How often an interface is looked at though nothing has changed: somebody may have changed it.
_REPAIR_SECONDS: Final = 30.0
_RETRY_SECONDS: Final = 5.0
_OBSERVE_SECONDS: Final = 2.0
_COUNT_SECONDS: Final = 60.0  # traffic alone is no news sooner
_NO_ENDPOINT: Final = "nobody can call this hub: set MESH_ENDPOINT, or the node's endpoint"


class Hub:
    """The host as a node of networks, until it is told to stop."""

    def __init__(self) -> None:
        self.keys = Keyring(settings.STATE_DIR)
        self.host = Host(self.keys.mark())
        self.lease = ProcessLease()
        self.stopping = False
        # What was brought up for each network, and until when that holds.
        self._up: dict[str, tuple[object, float]] = {}
        self._tidied: tuple[object, float] = (None, 0.0)
        self._observe_at = 0.0
        # What was written down last of each network's peers, and when.
        self._seen: dict[str, tuple[dict[str, SeenPeer], float]] = {}

    def stop(self) -> None:
        """Take no further turn. Safe in a signal's handler: it touches no lock."""
        self.stopping = True

    def run(self) -> None:
        """Take turns until `stop`. No failure ends it."""
        while not self.stopping:
            try:
                self.take_turn()
            except Exception:  # whatever it is, tunnels are to be kept as long as can be
                log.exception("This turn was lost")
            close_old_connections()
            time.sleep(POLL_SECONDS)
        self.close()
        connection.close()

    def take_turn(self) -> None:
        """Bring the host to what the database says now; the other process, if there is one, does."""
        problem = why_not()
        if not self.lease.hold(problem) or problem:
            return
        hosts = self._host_nodes()
        self._take_down_others(hosts)
        for node in hosts.values():
            self._bring_up_if_due(node)
        self._observe(hosts)

    def take_down_all(self) -> None:
        """Leave nothing of ours on the host but its keys."""
        if why_not():
            return
        for interface in self.host.interfaces().values():
            self.host.take_down(interface)

    def close(self) -> None:
        """Let another process go on at once; the interfaces stay as they are."""
        try:
            self.lease.release()
        except Error:
            log.warning("Another process waits until our lease has passed", exc_info=True)

    def _host_nodes(self) -> dict[str, Node]:
        hosts = Node.objects.filter(is_host=True).select_related("network__company", "key_change")
        hosts = hosts.order_by("pk")
        return {node.network.netid: node for node in hosts}

    def _take_down_others(self, hosts: dict[str, Node]) -> None:
        """Take down the interfaces of networks that we left, or whose company is closed."""
        wanted = {netid for netid, node in hosts.items() if node.network.company.is_active}
        was, good_until = self._tidied
        if was == (wanted, set(hosts)) and time.monotonic() < good_until:
            return
        for netid, interface in self.host.interfaces().items():
            if netid not in wanted:
                self.host.take_down(interface)
                self._up.pop(netid, None)
                log.info("%s is down", interface)
        self.keys.forget_all_but(set(hosts))
        self._tidied = (wanted, set(hosts)), time.monotonic() + _REPAIR_SECONDS

    def _bring_up_if_due(self, node: Node) -> None:
        network, now = node.network, time.monotonic()
        wanted = (node.pk, network.version, network.nodes_version, node.modified_at, node.public_key,
                  node.needs_key_update, rekeying.stage(node))  # fmt: skip
        was, good_until = self._up.get(network.netid, (None, 0.0))
        if not network.company.is_active or (was == wanted and now < good_until):
            return
        try:
            self._bring_up(node)
            problem = "" if node.endpoint else _NO_ENDPOINT
        except HostRefused as refused:
            problem = str(refused)
            log.warning("%s is not up: %s", network.netid, problem)
        except Exception:  # one network's trouble is not to be the others'
            problem = "it could not be brought up: see the log of run_hub"
            log.exception("%s is not up", network.netid)
        self._up[network.netid] = wanted, now + (_RETRY_SECONDS if problem else _REPAIR_SECONDS)
        _note_outcome(node, problem)

    def _bring_up(self, node: Node) -> None:
        private_key = rekeying.private_key(node, self.keys)
        self.host.bring_up(tunnel_of(node), private_key)
        public_key = public_key_of(private_key)
        if node.public_key != public_key:
            nodes.update(node, public_key=public_key)
            log.info("The host has a new key in %s", node.network.netid)

    def _observe(self, hosts: dict[str, Node]) -> None:
        """Write down what the interfaces know of their peers."""
        if time.monotonic() < self._observe_at:
            return
        started = time.monotonic()
        for netid in self._up.keys() & hosts.keys():
            self._observe_one(netid, hosts[netid])
        # With thousands of peers this takes a while: never more than a part of ours.
        took = time.monotonic() - started
        self._observe_at = started + max(_OBSERVE_SECONDS, 10 * took)

    def _observe_one(self, netid: str, host: Node) -> None:
        try:
            now = self.host.look(f"nm-{netid}").peers
        except HostRefused:
            self._up.pop(netid, None)  # it has gone: the next turn makes it anew
            return
        before, counted_at = self._seen.get(netid, ({}, float("-inf")))
        is_counting = time.monotonic() - counted_at >= _COUNT_SECONDS
        if is_counting or _is_news(before, now):
            links.note(host, map(_sighting, now.values()), seen_at=timezone.now())
            counted_at = time.monotonic()
        self._seen[netid] = now, counted_at


def _note_outcome(node: Node, problem: str) -> None:
    state = Node.Sync.ERROR if problem else Node.Sync.OK
    outcome = {"sync_state": state, "sync_error": problem[:500]}
    Node.objects.filter(pk=node.pk).exclude(**outcome).update(**outcome)


def _is_news(before: dict[str, SeenPeer], now: dict[str, SeenPeer]) -> bool:
    """Say whether anybody has shaken hands, moved, come or gone; mere traffic is no news."""
    return {key: (peer.handshake_at, peer.endpoint) for key, peer in before.items()} != {
        key: (peer.handshake_at, peer.endpoint) for key, peer in now.items()
    }


def _sighting(peer: SeenPeer) -> Sighting:
    heard = datetime.fromtimestamp(peer.handshake_at, UTC) if peer.handshake_at else None
    return Sighting(peer.public_key, heard, peer.rx_bytes, peer.tx_bytes, peer.endpoint)


def tunnel_of(node: Node) -> Tunnel:
    """Return what the host shall have for the network in which `node` is the host."""
    network = node.network
    heard_at = dict(node.links.exclude(endpoint="").values_list("b", "endpoint"))
    ranges = zip((node.address, node.address6), (network.range, network.range6), strict=True)
    return Tunnel(
        netid=network.netid,
        addresses=tuple(f"{address}/{r.prefixlen}" for address, r in ranges if r),
        listen_port=node.listen_port,
        mtu=node.mtu or network.mtu,
        peers=tuple(
            Peer(
                peer.public_key,
                peer.allowed_addresses,
                # Where it called us from last: so a peer with a new key, or after our restart, need
                # not call first. What it says of itself is not called, for anybody may say anything.
                endpoint=heard_at.get(peer.pk, ""),
            )
            for peer in peering.peers_of(node)
        ),
    )
