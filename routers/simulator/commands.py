"""Commands: which one a path names, and who may give it.

What they do is in `reading`, `writing` and `acts`, which register themselves here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from routers.simulator.errors import (
    MISSING,
    NoSuchMenu,
    NotEnoughPermissions,
    Refused,
    missing_argument,
    no_such_command,
)
from routers.simulator.menus import DIRECTORIES, MENUS
from routers.simulator.schema import Row
from routers.simulator.tables import SINGLETON, Table

if TYPE_CHECKING:
    from routers.simulator.router import Router


@dataclass(frozen=True, slots=True)
class Session:
    """Who is logged in, from where, and what they may do."""

    username: str
    group: str
    policies: frozenset[str]
    address: str = "127.0.0.1"
    via: str = "api"

    def may(self, policy: str) -> bool:
        return policy in self.policies


@dataclass(slots=True)
class Reply:
    rows: Sequence[Row] = ()
    ret: str | None = None
    may_be_empty: bool = False  # answered by `!empty` when it has no rows
    then: Callable[[], None] | None = None  # done once the reply is out
    printed: Sequence[str] = ()  # what a console shows besides, and no client


Stream = AsyncIterator[Row]


@dataclass(slots=True)
class Call:
    """One command as it arrived, with what it needs to run."""

    router: Router
    session: Session
    menu: str
    verb: str
    args: dict[str, str]
    queries: Sequence[str] = field(default_factory=tuple)

    @property
    def table(self) -> Table:
        return self.router.table(self.menu)

    def take(self, name: str, default: str | None = None) -> str:
        """Take an argument out; without a default it is mandatory."""
        value = self.args.pop(name, default)
        if value is None:
            raise missing_argument(name)
        return value

    def has(self, name: str) -> bool:
        return self.args.pop(name, None) is not None

    def finish_arguments(self) -> None:
        """Refuse what is left: no verb has taken it."""
        for name in self.args:
            raise Refused(f"unknown parameter {name}", MISSING)

    def targets(self) -> list[str]:
        """Return the ids that `.id` or `numbers` name."""
        if self.table.menu.singleton:
            return [SINGLETON]
        references = self.args.pop(".id", None)
        if references is None:
            references = self.args.pop("numbers", None)
        if references is None:
            raise missing_argument("numbers")
        return self.table.find_all(references) if references else []


Handler = Callable[[Call], "Reply | Stream"]

_GENERIC: dict[str, tuple[str | None, Handler]] = {}
_SPECIAL: dict[str, tuple[str, Handler]] = {}


def generic(verb: str, policy: str | None) -> Callable[[Handler], Handler]:
    """Register what a verb does in every menu that has it; no policy means the menu's own."""

    def register(handler: Handler) -> Handler:
        _GENERIC[verb] = (policy, handler)
        return handler

    return register


def command(path: str, policy: str) -> Callable[[Handler], Handler]:
    """Register a command of its own, such as `/system/reboot`."""

    def register(handler: Handler) -> Handler:
        _SPECIAL[path] = (policy, handler)
        return handler

    return register


def run(
    call_path: str,
    router: Router,
    session: Session,
    args: dict[str, str],
    query: Sequence[str] = (),
) -> Reply | Stream:
    """Run the command at `call_path`, or raise `Refused`."""
    router.settle()
    menu, _, verb = call_path.rpartition("/")
    policy, handler = _look_up(call_path, router, menu, verb)
    if not session.may(policy):
        raise NotEnoughPermissions
    return handler(Call(router, session, menu, verb, args, query))


def exists(path: str, router: Router) -> bool:
    """Whether this router has the command at `path`, whoever asks."""
    menu, _, verb = path.rpartition("/")
    try:
        _look_up(path, router, menu, verb)
    except Refused:
        return False
    return True


def _look_up(path: str, router: Router, menu: str, verb: str) -> tuple[str, Handler]:
    if path in _SPECIAL and not _is_absent(router, menu):
        return _SPECIAL[path]
    if router.has_menu(menu):
        kind = router.table(menu).menu
        if verb in kind.verbs and verb in _GENERIC:
            policy, handler = _GENERIC[verb]
            return policy or kind.write_policy, handler
        raise no_such_command()
    _check_directory(router, menu)
    raise no_such_command()


def _is_absent(router: Router, menu: str) -> bool:
    return menu in MENUS and not router.has_menu(menu)


def _check_directory(router: Router, menu: str) -> None:
    parts = menu.split("/")[1:]
    for depth in range(1, len(parts) + 1):
        path = "/" + "/".join(parts[:depth])
        if path not in DIRECTORIES or _is_absent(router, path):
            raise NoSuchMenu(parts[depth - 1])
    if not parts:
        raise no_such_command()
