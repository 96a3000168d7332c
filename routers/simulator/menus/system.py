"""`/system` and `/log`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from routers.simulator import values
from routers.simulator.clock import NEVER, format_date, format_log_time, format_moment, parse_date
from routers.simulator.errors import invalid_value
from routers.simulator.schema import (
    EDIT,
    READ,
    SINGLE,
    TOGGLE,
    Behaviour,
    Field,
    Menu,
    Row,
    Unique,
    between,
    choice,
    choices,
    duration,
    flag,
    shown,
    state,
    text,
    yes_no,
)

if TYPE_CHECKING:
    from routers.simulator.router import Router

# The manual's: "startup" means three seconds after the console is there.
STARTUP_SECONDS = 3.0


class Resource(Behaviour):
    """Moves as time passes, for each router in its own way and always the same."""

    def view(self, router: Router, id_: str, row: Row) -> Mapping[str, str]:
        uptime, board = router.clock.uptime(), router.identity.board
        wave = math.sin(uptime / 97 + router.identity.number)
        load = router.faults.now.cpu_load
        if load is None:
            load = int(6 + 5 * wave + 2 * math.sin(uptime / 7))
        written = int(uptime / 30)
        return {
            "uptime": values.format_duration(int(uptime)),
            "cpu-load": str(max(0, load)),
            "free-memory": str((int(board.memory * (0.7 - 0.05 * wave)) >> 12) << 12),
            "write-sect-since-reboot": str(1024 + written),
            "write-sect-total": str(204800 + written),
        }


def _channel(version: str) -> str:
    return "testing" if "rc" in version or "beta" in version else "stable"


def _resource(router: Router) -> list[Row]:
    board, version = router.identity.board, router.identity.version
    built = "2024-11-26 12:09:40" if router.version_number >= (7, 10) else "Jul/19/2022 11:25:54"
    row = {
        "version": version if "(" in version else f"{version} ({_channel(version)})",
        "build-time": built,
        "factory-software": "6.45.9",
        "minimum-version": "6.45.9",
        "total-memory": str(board.memory),
        "cpu": board.cpu,
        "cpu-count": str(board.cpu_count),
        "cpu-frequency": "880",
        "free-hdd-space": str(board.storage // 4),
        "total-hdd-space": str(board.storage),
        "architecture-name": board.architecture,
        "board-name": board.name,
        "platform": "MikroTik",
    }
    if not board.is_virtual:
        row["bad-blocks"] = "0"
    return [row]


class TimeOfDay(Behaviour):
    def view(self, router: Router, id_: str, row: Row) -> Mapping[str, str]:
        now = router.now()
        return {"date": format_date(now, router.version_number), "time": f"{now:%H:%M:%S}"}


class Scheduler(Behaviour):
    """Keeps when an entry starts and when it runs next, by the router's clock."""

    def added(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        row.setdefault("owner", router.identity.username)
        row["_start"] = str(router.clock.seconds())
        if not {"start-date", "start-time"} & set(given):
            row["start-date"] = format_date(router.now(), router.version_number)
            row["start-time"] = f"{router.now():%H:%M:%S}"
        else:
            row.setdefault("start-date", format_date(router.now(), router.version_number))
            row.setdefault("start-time", "00:00:00")
            self._restart(router, row)
        self._plan(router, row)

    def changed(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        if {"start-date", "start-time"} & set(given):
            self._restart(router, row)
        if {"start-date", "start-time", "interval", "disabled"} & set(given):
            self._plan(router, row)

    def kept(self, router: Router, id_: str, row: Row | None) -> None:
        router.agenda.changed()

    def view(self, router: Router, id_: str, row: Row) -> Mapping[str, str]:
        due = float(row["_next"])
        if due == NEVER or row["disabled"] == "true":
            return {}
        moment = router.clock.at(due, router.faults.now.clock_skew)
        return {"next-run": format_moment(moment, router.version_number)}

    def _restart(self, router: Router, row: Row) -> None:
        """Work out when an entry starts, as the router's own calendar has it."""
        if row["start-time"] == "startup":
            row["_start"] = str(router.clock.booted() + STARTUP_SECONDS)
            return
        day = parse_date(row["start-date"])
        if day is None:
            raise invalid_value("start-date")
        midnight = datetime.combine(day, datetime.min.time(), UTC)
        start = midnight + timedelta(seconds=_seconds(row["start-time"]))
        seconds = (start - router.now()).total_seconds()
        row["_start"] = str(router.clock.seconds() + seconds)

    def _plan(self, router: Router, row: Row) -> None:
        row["_next"] = str(next_run(row, router.clock.seconds()))


def next_run(row: Row, now: float) -> float:
    """Return when an entry runs next, in seconds of the router's clock."""
    start, interval = float(row["_start"]), _seconds(row["interval"])
    if start > now and not (interval and row["start-time"] == "startup"):
        return start
    if not interval:
        return NEVER
    return start + (max(0, now - start) // interval + 1) * interval


def _seconds(text: str) -> float:
    return values.parse_duration(text) or 0.0


def _read_start(router: Router, argument: str, text: str) -> str:
    seconds = values.parse_duration(text)
    if text == "startup":
        return text
    if seconds is None or seconds >= 86400:
        raise invalid_value(argument)
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours:02}:{rest // 60:02}:{rest % 60:02}"


def _read_interval(router: Router, argument: str, text: str) -> str:
    seconds = values.parse_duration(text)
    if seconds is None:
        raise invalid_value(argument)
    # Nothing is scheduled more finely than by the second.
    return values.format_duration(max(1, seconds) if seconds else 0)


class Scripts(Behaviour):
    def added(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        row.setdefault("owner", router.identity.username)


class Files(Behaviour):
    def added(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        row["type"] = given.get("type") or _file_type(row["name"])
        self.changed(router, row, given)

    def changed(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        row["size"] = str(len(row.get("contents", "").encode("utf-8", "surrogateescape")))
        row["last-modified"] = row["creation-time"] = router.moment()

    def view(self, router: Router, id_: str, row: Row) -> Mapping[str, str]:
        # Only small files show what is in them; `/file/read` gives the others in pieces.
        return {"contents": ""} if len(row.get("contents", "")) > 60_000 else {}


class Log(Behaviour):
    def view(self, router: Router, id_: str, row: Row) -> Mapping[str, str]:
        if "_at" not in row:
            return {}
        moment = router.clock.at(float(row["_at"]), float(row["_skew"]))
        return {"time": format_log_time(moment, router.now(), router.version_number)}


def _file_type(name: str) -> str:
    _, dot, ending = name.rpartition(".")
    if not dot:
        return "directory"
    return {"rsc": "script", "backup": "backup"}.get(ending, f".{ending} file")


def _health(router: Router) -> list[Row]:
    return [
        {"name": "voltage", "value": "24.1", "type": "V"},
        {"name": "temperature", "value": "42", "type": "C"},
    ]


def _routerboard(router: Router) -> list[Row]:
    who = router.identity
    return [
        {
            "routerboard": "true",
            "board-name": who.board.name,
            "model": who.board.model,
            "serial-number": who.serial,
            "firmware-type": "mt7621L",
            "factory-firmware": "6.45.9",
            "minimum-firmware": "6.45.9",
            "current-firmware": who.version,
            "upgrade-firmware": who.version,
        }
    ]


def _is_board(router: Router) -> bool:
    return not router.identity.board.is_virtual


def _is_virtual(router: Router) -> bool:
    return router.identity.board.is_virtual


_POLICIES = (
    "ftp", "reboot", "read", "write", "policy", "test", "password", "sniff", "sensitive", "romon",
)  # fmt: skip
_ALL_POLICIES = ",".join(_POLICIES)

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
                "free-memory", "total-memory", "cpu", "cpu-count", "cpu-frequency", "cpu-load",
                "free-hdd-space", "total-hdd-space", "write-sect-since-reboot",
                "write-sect-total", "bad-blocks", "architecture-name", "board-name", "platform",
            ),
        ),
        SINGLE - {"set"},
        singleton=True,
        rows=_resource,
        behaviour=Resource(),
    ),
    Menu(
        "/system/routerboard",
        (
            *shown("routerboard", "board-name", "model", "serial-number", "firmware-type"),
            *(between(entry, until="7.24") for entry in shown("factory-firmware")),
            *(between(entry, since="7.24") for entry in shown("minimum-firmware")),
            *shown("current-firmware", "upgrade-firmware"),
        ),
        SINGLE - {"set"},
        singleton=True,
        rows=_routerboard,
        exists=_is_board,
    ),
    Menu(
        "/system/license",
        shown("level", "system-id", "next-renewal-at", "deadline-at"),
        SINGLE - {"set"},
        singleton=True,
        rows=lambda router: [{"level": "free", "system-id": f"sIm{router.identity.serial}"}],
        exists=_is_virtual,
    ),
    Menu(
        "/system/health",
        shown("name", "value", "type"),
        READ,
        rows=_health,
        exists=_is_board,
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
    Menu(
        "/system/note",
        (yes_no("show-at-login", "yes"), text("note", "")),
        SINGLE,
        singleton=True,
        rows=lambda router: [{}],
    ),
    Menu(
        "/system/ntp/client",
        (flag("enabled", "false"), text("mode", "unicast"), text("servers", ""),
         text("vrf", "main"), *shown("freq-drift", "status", "synced-server")),
        SINGLE,
        singleton=True,
        rows=lambda router: [{"status": "stopped", "freq-drift": "0 PPM"}],
    ),
    Menu(
        "/system/package",
        (*shown("name", "version", "build-time", "scheduled", "size"), flag("disabled")),
        READ,
        rows=lambda router: [
            {"name": "routeros", "version": router.identity.version, "size": "12000000"}
        ],
    ),
    Menu(
        "/system/package/update",
        (choice("channel", "development", "long-term", "stable", "testing", default="stable"),
         *shown("installed-version", "latest-version", "status")),
        SINGLE,
        singleton=True,
        rows=lambda router: [{"installed-version": router.identity.version}],
    ),
    Menu(
        "/system/scheduler",
        (
            text("name", required=True),
            text("start-date"),
            Field("start-time", _read_start),
            Field("interval", _read_interval, "0s", optional=False),
            text("on-event", ""),
            *shown("owner"),
            choices("policy", *_POLICIES, default=_ALL_POLICIES),
            state("run-count", "0"),
            *shown("next-run"),
            flag("disabled"),
            text("comment"),
        ),
        TOGGLE,
        unique=Unique(("name",), "failure: item with this name already exists"),
        behaviour=Scheduler(),
    ),
    Menu(
        "/system/script",
        (
            text("name", required=True),
            text("owner"),
            choices("policy", *_POLICIES, default=_ALL_POLICIES),
            yes_no("dont-require-permissions", "no"),
            *shown("last-started"),
            state("run-count", "0"),
            text("source", ""),
            state("invalid", "false"),
            text("comment"),
        ),
        EDIT | {"comment"},
        unique=Unique(("name",), "failure: item with this name already exists"),
        behaviour=Scripts(),
    ),
    Menu(
        "/system/script/job",
        shown("owner", "policy", "script", "started", "type", "parent"),
        READ | {"remove"},
    ),
    Menu("/system/script/environment", shown("name", "value"), READ | {"remove"}),
    Menu(
        "/system/logging",
        (text("topics", "info"), text("prefix", ""), text("action", "memory"),
         state("invalid", "false"), state("default", "false"), flag("disabled")),
        TOGGLE,
        rows=lambda router: [
            {"topics": topic, "action": action, "default": "true"}
            for topic, action in (("info", "memory"), ("error", "memory"),
                                  ("warning", "memory"), ("critical", "echo"))
        ],
        first_id=0,
    ),
    Menu(
        "/system/history",
        shown("action", "by", "policy", "time", "undoable", "redoable"),
        READ,
    ),
    Menu(
        "/file",
        (
            text("name", required=True),
            text("type"),
            *shown("size"),
            *(between(entry, until="7.11") for entry in shown("creation-time")),
            *(between(entry, since="7.11") for entry in shown("last-modified")),
            text("contents"),
        ),
        EDIT,
        unique=Unique(("name",), "failure: already have file with such name"),
        behaviour=Files(),
    ),
    Menu(
        "/tool/netwatch",
        (
            text("host", required=True),
            text("name"),
            choice("type", "dns", "http-get", "https-get", "icmp", "simple", "tcp-conn",
                   default="simple"),
            duration("interval", "10s"),
            duration("timeout", "3s"),
            text("up-script", ""),
            text("down-script", ""),
            state("status", "unknown"),
            *shown("since"),
            flag("disabled"),
            text("comment"),
        ),
        TOGGLE | {"unset"},
    ),
    Menu(
        "/certificate",
        (text("name", required=True), text("common-name"), text("key-size"), text("days-valid"),
         text("key-usage"), text("subject-alt-name"), *shown("fingerprint", "serial-number",
         "invalid-before", "invalid-after", "expires-after", "private-key", "trusted")),
        EDIT,
        unique=Unique(("name",), "failure: certificate with the same name already exists"),
    ),
    Menu(
        "/log",
        shown("time", "topics", "message", "buffer", "extra-info"),
        READ,
        behaviour=Log(),
    ),
)  # fmt: skip
