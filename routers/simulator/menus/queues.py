"""`/queue`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from routers.simulator.schema import (
    EDIT,
    ORDERED,
    TOGGLE,
    Behaviour,
    Menu,
    Row,
    Unique,
    flag,
    number,
    rate_pair,
    reference,
    state,
    text,
)
from routers.simulator.values import parse_network

if TYPE_CHECKING:
    from routers.simulator.router import Router

_KINDS = {
    "default": "pfifo", "ethernet-default": "pfifo", "wireless-default": "sfq",
    "synchronous-default": "red", "hotspot-default": "sfq", "pcq-upload-default": "pcq",
    "pcq-download-default": "pcq", "only-hardware-queue": "none",
    "multi-queue-ethernet-default": "mq-pfifo", "default-small": "pfifo",
}  # fmt: skip


class Simple(Behaviour):
    def added(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        if "name" not in row:
            taken = {other.get("name") for other in router.table("/queue/simple").rows.values()}
            row["name"] = next(n for i in range(1, 100_000) if (n := f"queue{i}") not in taken)
        self.changed(router, row, given)

    def changed(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        """Show a single address as a network of one."""
        if target := row.get("target"):
            row["target"] = ",".join(_as_network(part) for part in target.split(","))


def _as_network(part: str) -> str:
    parsed = parse_network(part)
    if parsed is None:
        return part  # an interface
    return parsed if "/" in parsed else f"{parsed}/{128 if ':' in parsed else 32}"


_PAIRS = ("rate", "packet-rate", "queued-bytes", "queued-packets", "bytes", "packets", "dropped")

MENUS = (
    Menu(
        "/queue/simple",
        (
            text("name"),
            text("target", ""),
            text("dst"),
            reference("parent", "/queue/simple", "none", default="none"),
            text("packet-marks", ""),
            text("priority", "8/8"),
            text("queue", "default-small/default-small"),
            rate_pair("limit-at", "0/0"),
            rate_pair("max-limit", "0/0"),
            rate_pair("burst-limit", "0/0"),
            rate_pair("burst-threshold", "0/0"),
            text("burst-time", "0s/0s"),
            text("bucket-size", "0.1/0.1"),
            text("time"),
            text("total-queue"),
            *(state(name, "0/0") for name in _PAIRS),
            *(state(f"total-{name}", "0") for name in _PAIRS),
            state("dynamic", "false"),
            state("invalid", "false"),
            flag("disabled"),
            text("comment"),
        ),
        ORDERED | {"reset-counters", "reset-counters-all"},
        unique=Unique(("name",), "failure: already have such name"),
        behaviour=Simple(),
    ),
    Menu(
        "/queue/tree",
        (
            text("name", required=True),
            text("parent", required=True),
            text("packet-mark", ""),
            number("priority", 1, 8, "8"),
            text("queue", "default-small"),
            text("limit-at", "0"),
            text("max-limit", "0"),
            *(state(name, "0") for name in _PAIRS),
            state("invalid", "false"),
            flag("disabled"),
            text("comment"),
        ),
        TOGGLE | {"reset-counters", "reset-counters-all"},
        unique=Unique(("name",), "failure: already have such name"),
    ),
    Menu(
        "/queue/type",
        (text("name", required=True), text("kind", required=True), text("pcq-rate"),
         text("pcq-classifier"), number("pfifo-limit", 1, 65535), state("default", "false")),
        EDIT,
        unique=Unique(("name",), "failure: already have such name"),
        rows=lambda router: [
            {"name": name, "kind": kind, "default": "true"} for name, kind in _KINDS.items()
        ],
        first_id=0,
    ),
)  # fmt: skip
