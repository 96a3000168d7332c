"""What a command may do, and so who may send it: the table behind execute-command."""

import re
from enum import Enum

from cloudpilot.tenancy import Role
from routers.errors import CommandNotAllowed
from routers.masking import is_secret
from routers.routeros import Command


class Risk(Enum):
    """The role that a command needs; a dangerous one must be confirmed as well."""

    READS = Role.VIEWER
    CHANGES = Role.OPERATOR
    DANGEROUS = Role.OWNER


_READING = frozenset({"print", "getall", "get", "find", "recursive-print"})
_MONITORING = frozenset({"monitor", "monitor-traffic"})
# With these even a print writes, or runs a script.
_SIDE_EFFECTS = frozenset({"file", "append", "do"})

# Here a command that does more than read can cut off, wipe or take over the router.
_DANGEROUS_MENUS = (
    "/user", "/file", "/disk", "/container", "/certificate", "/password", "/special-login",
    "/ip/service", "/ip/ssh", "/ip/cloud", "/system/script", "/system/scheduler",
    "/system/backup", "/system/package", "/system/routerboard", "/system/license",
    "/system/upgrade", "/system/device-mode", "/system/reset-configuration",
    "/tool/fetch", "/tool/netwatch", "/tool/mac-server", "/tool/traffic-generator",
)  # fmt: skip
_DANGEROUS_VERBS = frozenset([
    "reboot", "shutdown", "reset-configuration", "reset", "import", "export", "execute", "fetch",
    "reset-html", "load", "save", "install", "downgrade", "uninstall", "flood-ping",
])  # fmt: skip
# Attributes that hold a script, such as on-login and lease-script: to write one is to run anything.
_SCRIPT = re.compile(r"on-.+|(.+-)?script|source|do")

# These never end by themselves, or speak the protocol over our heads.
_ENDLESS = frozenset([
    "listen", "torch", "profile", "quit", "cancel", "edit", "ssh", "telnet", "mac-telnet",
    "bandwidth-test", "speed-test", "cable-test", "blink", "scan", "ip-scan", "mac-scan", "quick",
    "snooper", "frequency-monitor", "spectral-scan",
])  # fmt: skip
_REPEATING = frozenset({"follow", "follow-only", "interval"})
_MOST_PINGS = 8  # a second each, and all of them within the deadline

_QUERY_NAME = re.compile(r"[-<>=]?([^=]*)")


def risk_of(command: Command) -> Risk:
    """Say what a command may do. Raises `CommandNotAllowed` for what nobody may send here."""
    _refuse_endless(command)
    names = {name.lstrip("!").lower() for name in command.attributes}
    if command.verb in _READING or command.verb in _MONITORING:
        _refuse_guessing(command)
        return Risk.DANGEROUS if names & _SIDE_EFFECTS else Risk.READS
    if (
        command.verb in _DANGEROUS_VERBS
        or any(_lies_in(command.path, menu) for menu in _DANGEROUS_MENUS)
        or any(_SCRIPT.fullmatch(name) for name in names)
    ):
        return Risk.DANGEROUS
    return Risk.CHANGES


def _lies_in(path: str, menu: str) -> bool:
    return path == menu or path.startswith(f"{menu}/")


def _refuse_guessing(command: Command) -> None:
    """Refuse to be asked whether a secret is this or that, or greater: so it is found out."""
    conditions = [_QUERY_NAME.match(query)[1] for query in command.queries]  # type: ignore[index]
    if any(is_secret(name) for name in [*conditions, *command.attributes]):
        raise CommandNotAllowed("A secret can be set, but neither compared nor looked for.")
    if command.verb == "get" and is_secret(command.attributes.get("value-name", "secret")):
        raise CommandNotAllowed("get needs the name of a value that is not a secret; or use print.")


def _refuse_endless(command: Command) -> None:
    verb, attributes = command.verb, command.attributes
    if verb in _ENDLESS or (command.menu == "/" and verb == "login"):
        raise CommandNotAllowed(f"{verb} has no end of its own, and is not run here.")
    if repeating := _REPEATING & attributes.keys():
        raise CommandNotAllowed(f"{min(repeating)} has no end, and is not run here.")
    if verb in _MONITORING and attributes.get("once") not in {"", "yes", "true"}:
        raise CommandNotAllowed(f"{verb} has no end; add once.")
    if verb == "ping" and not _in_range(attributes.get("count", ""), _MOST_PINGS):
        raise CommandNotAllowed(f"ping has no end; add count=1 to count={_MOST_PINGS}.")
    if verb == "traceroute" and not _in_range(attributes.get("count", ""), 1):
        raise CommandNotAllowed("traceroute has no end; add count=1.")


def _in_range(text: str, most: int) -> bool:
    return text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most
