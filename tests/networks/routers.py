"""Routers of one network: several simulated ones, and a pass over each when one is due."""

from routers.errors import RouterUnreachable
from routers.models import Reconciliation, Router
from routers.reconcile import services
from tests.factories import NodeFactory, RouterFactory

WIREGUARD = "/interface/wireguard"
PEERS = "/interface/wireguard/peers"
SCHEDULER = "/system/scheduler"
INTERFACE = "cp:mesh:skynet"  # the mark of the interface in the network of that name


def node_at(device, network, **fields):
    """Return the node that a router of the network's company is, without a key so far.

    `at` is where others call it.
    """
    endpoint = fields.pop("at", "")
    device.be_at(endpoint)
    host = fields.pop("host", "127.0.0.1")
    router = RouterFactory(company=network.company, port=device.port("api"), host=host)
    fields = {"public_key": "", "endpoint": endpoint, **fields}
    node = NodeFactory(network=network, router=router, sync_state="pending", **fields)
    services.mark_dirty([router.pk])
    return node


def settle(*, most=6):
    """Make passes over the routers that are dirty, until none is.

    Problems do not count, and nor do those that cannot be reached.
    """
    for _ in range(most):
        if not (due := dirty()):
            return
        away = 0
        for router in Router.objects.filter(pk__in=due):
            try:
                services.reconcile(router)
            except RouterUnreachable:
                away += 1
        if away == len(due):
            return
    raise AssertionError(f"still dirty: {dirty()}")


def dirty():
    """Return the routers that something has changed for since the last pass over them."""
    rows = Reconciliation.objects.order_by("pk")
    return [
        row.pk for row in rows if row.desired_version > row.applied_version and not row.problems
    ]


def marked(device, menu):
    """Return the rows of a menu that are ours, by what their marks say."""
    rows = device.rows(menu)
    return {
        row["comment"].removeprefix("cp:mesh:"): row
        for row in rows
        if row.get("comment", "").startswith("cp:mesh:")
    }
