"""What a command may do, and so who may send it: the table behind execute-command."""

import re
from collections.abc import Mapping
from enum import Enum

from cloudpilot.tenancy import Role
from routers.errors import CommandNotAllowed
from routers.routeros import Command


class Risk(Enum):
    """The role that a command needs; a dangerous one must be confirmed as well."""

    READS = Role.VIEWER
    CHANGES = Role.OPERATOR
    DANGEROUS = Role.OWNER


_READING = frozenset({"print", "getall", "get", "find", "recursive-print"})
_MONITORING = frozenset({"monitor", "monitor-traffic"})

# Here a command that does more than read can cut off, wipe or take over the router.
_DANGEROUS_MENUS = (
    "/user", "/file", "/disk", "/container", "/certificate", "/password", "/special-login",
    "/ip/service", "/ip/ssh", "/ip/cloud", "/system/script", "/system/scheduler",
    "/system/backup", "/system/package", "/system/routerboard", "/system/license",
    "/system/upgrade", "/system/device-mode", "/system/reset-configuration",
    "/tool/fetch", "/tool/netwatch", "/tool/mac-server", "/tool/traffic-generator",
)  # fmt: skip
_DANGEROUS_VERBS = frozenset(
    [
        "reboot",
        "shutdown",
        "reset-configuration",
        "reset",
        "import",
        "export",
        "execute",
        "fetch",
        "reset-html",
        "load",
        "save",
        "install",
        "downgrade",
        "uninstall",
        "flood-ping",
        "ip-scan",
        "mac-scan",
    ]
)
# Attributes that hold a script: to write one is to run anything.
_SCRIPTS = frozenset(
    ["on-login", "on-logout", "on-event", "on-up", "on-down", "on-error", "script", "source"]
)

# These never end by themselves, or speak the protocol over our heads.
_ENDLESS = frozenset(
    [
        "listen",
        "torch",
        "profile",
        "quit",
        "cancel",
        "edit",
        "ssh",
        "telnet",
        "mac-telnet",
        "bandwidth-test",
        "speed-test",
        "cable-test",
        "blink",
    ]
)
_REPEATING = frozenset({"follow", "follow-only", "interval"})
_MOST_PINGS = 20

_SECRET = re.compile(
    r".*(password|secret|passphrase|passwd|(?<!public)-key)|passcode|pin|community"
)
MASK = "********"


def risk_of(command: Command) -> Risk:
    """Say what a command may do. Raises `CommandNotAllowed` for what nobody may send here."""
    _refuse_endless(command)
    if command.verb in _READING or command.verb in _MONITORING:
        return Risk.READS
    if (
        command.verb in _DANGEROUS_VERBS
        or any(_lies_in(command.path, menu) for menu in _DANGEROUS_MENUS)
        or any(name.lstrip("!") in _SCRIPTS for name in command.attributes)
    ):
        return Risk.DANGEROUS
    return Risk.CHANGES


def masked(values: Mapping[str, str]) -> dict[str, str]:
    """Return the row with what is secret in it hidden; an empty secret shows that it is empty."""
    return {
        name: MASK if value and _SECRET.fullmatch(name.lstrip("!").lower()) else value
        for name, value in values.items()
    }


def _lies_in(path: str, menu: str) -> bool:
    return path == menu or path.startswith(f"{menu}/")


def _refuse_endless(command: Command) -> None:
    verb, attributes = command.verb, command.attributes
    if verb in _ENDLESS or (command.menu == "/" and verb == "login"):
        raise CommandNotAllowed(f"{verb} has no end of its own, and is not run here.")
    if repeating := _REPEATING & attributes.keys():
        raise CommandNotAllowed(f"{repeating.pop()} has no end, and is not run here.")
    if verb in _MONITORING and "once" not in attributes:
        raise CommandNotAllowed(f"{verb} has no end; add once.")
    if verb == "ping" and not _in_range(attributes.get("count", ""), _MOST_PINGS):
        raise CommandNotAllowed(f"ping has no end; add count=1 to count={_MOST_PINGS}.")
    if verb == "traceroute" and not _in_range(attributes.get("count", ""), 1):
        raise CommandNotAllowed("traceroute has no end; add count=1.")


def _in_range(text: str, most: int) -> bool:
    return text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most
