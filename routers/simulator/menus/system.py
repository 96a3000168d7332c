"""`/system` and `/log`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from routers.simulator import values
from routers.simulator.clock import format_date
from routers.simulator.schema import (
    READ,
    SINGLE,
    Behaviour,
    Menu,
    Row,
    between,
    shown,
    text,
    yes_no,
)

if TYPE_CHECKING:
    from routers.simulator.router import Router


class Resource(Behaviour):
    def view(self, router: Router, row: Row) -> Mapping[str, str]:
        return {"uptime": values.format_duration(int(router.clock.uptime()))}


def _resource(router: Router) -> list[Row]:
    board, version = router.identity.board, router.identity.version
    built = "2024-11-26 12:09:40" if router.version_number >= (7, 10) else "Jul/19/2022 11:25:54"
    row = {
        "version": f"{version} (stable)",
        "build-time": built,
        "factory-software": "6.45.9",
        "minimum-version": "6.45.9",
        "free-memory": str(board.memory * 3 // 4),
        "total-memory": str(board.memory),
        "cpu": board.cpu,
        "cpu-count": str(board.cpu_count),
        "cpu-frequency": "880",
        "cpu-load": "2",
        "free-hdd-space": str(board.storage // 4),
        "total-hdd-space": str(board.storage),
        "write-sect-since-reboot": "1024",
        "write-sect-total": "204800",
        "architecture-name": board.architecture,
        "board-name": board.name,
        "platform": "MikroTik",
    }
    if not board.is_virtual:
        row["bad-blocks"] = "0"
    return [row]


class TimeOfDay(Behaviour):
    def view(self, router: Router, row: Row) -> Mapping[str, str]:
        now = router.now()
        return {"date": format_date(now, router.version_number), "time": f"{now:%H:%M:%S}"}


MENUS = (
    Menu(
        "/system/identity",
        (text("name", "MikroTik"),),
        SINGLE,
        singleton=True,
        rows=lambda router: [{}],
    ),
    Menu(
        "/system/resource",
        (
            *shown("uptime", "version", "build-time"),
            # Renamed in the 7.24 manual.
            *(between(entry, until="7.24") for entry in shown("factory-software")),
            *(between(entry, since="7.24") for entry in shown("minimum-version")),
            *shown(
                "free-memory",
                "total-memory",
                "cpu",
                "cpu-count",
                "cpu-frequency",
                "cpu-load",
                "free-hdd-space",
                "total-hdd-space",
                "write-sect-since-reboot",
                "write-sect-total",
                "bad-blocks",
                "architecture-name",
                "board-name",
                "platform",
            ),
        ),
        READ,
        singleton=True,
        rows=_resource,
        behaviour=Resource(),
    ),
    Menu(
        "/system/clock",
        (
            *shown("time", "date"),
            yes_no("time-zone-autodetect", "yes"),
            text("time-zone-name", "UTC"),
            *shown("gmt-offset", "dst-active"),
        ),
        SINGLE,
        singleton=True,
        rows=lambda router: [{"gmt-offset": "+00:00", "dst-active": "false"}],
        behaviour=TimeOfDay(),
    ),
    Menu("/log", shown("time", "topics", "message", "buffer", "extra-info"), READ),
)
