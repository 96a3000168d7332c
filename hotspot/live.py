"""The hotspot as a router shows it now: who is online, and putting them out."""

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from cloudpilot.text import storable
from hotspot.usage import Usage, usage_of
from routers import connections
from routers.errors import RouterRefused
from routers.models import Router
from routers.reconcile.rows import Row, is_mark
from routers.routeros import Command, Deadline, Session, errors

log = logging.getLogger("cloudpilot.hotspot")

ACTIVE = "/ip/hotspot/active"
COOKIES = "/ip/hotspot/cookie"
USERS = "/ip/hotspot/user"

# More than this are not asked for by name: the whole table is read.
MOST_NAMES = 50

_ONLINE = Command(
    ACTIVE,
    "print",
    proplist=(
        ".id", "user", "address", "mac-address", "server", "login-by", "uptime", "idle-time",
        "session-time-left", "bytes-in", "bytes-out",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Online:
    """A session on a router; `started_at` is never too early.

    RouterOS counts whole seconds, and its answer takes its time.
    """

    id: str
    user: str
    mac_address: str
    address: str
    usage: Usage
    started_at: datetime
    row: Row


@contextmanager
def speaking_to(router: Router, seconds: float) -> Iterator[tuple[Session, Deadline]]:
    """Have the connection to `router` for so long. Raises `RouterUnreachable` or `RouterRefused`."""
    deadline = Deadline(seconds)
    try:
        with connections.session(router, deadline) as session:
            yield session, deadline
    except errors.Unavailable as exc:
        raise connections.unreachable(exc) from exc
    except errors.Refused as exc:
        raise RouterRefused(exc.message, router_id=router.pk, status_code=exc.status) from exc


def online(session: Session, deadline: Deadline) -> Sequence[Row]:
    """Return the rows of everybody who is online."""
    return session.run(_ONLINE, deadline).rows


def read_online(row: Row, now: datetime) -> Online:
    """Read a row that was heard at `now`, by our clock; the router's tells nothing."""
    usage = usage_of(row)
    return Online(
        id=_text(row, ".id", 20),
        user=_text(row, "user", 255),
        mac_address=_text(row, "mac-address", 17).upper(),
        address=_text(row, "address", 45),
        usage=usage,
        started_at=now - usage.time,
        row=row,
    )


def _text(row: Row, name: str, length: int) -> str:
    return storable(row.get(name, ""), length)


@dataclass(frozen=True, slots=True)
class Counters:
    """What a router has counted of our users; not of sessions under way.

    A name that was asked for and is missing is of no user there. `theirs` are names of users that
    the router's owner keeps: what is done under those is none of our vouchers' business.
    """

    ours: dict[str, Usage] = field(default_factory=dict)
    theirs: set[str] = field(default_factory=set)


def counters(
    session: Session, deadline: Deadline, names: Sequence[str], *, and_all_of_ours: bool
) -> Counters:
    """Ask about the users of these names, and about all that are ours if that is said."""
    if not names and not and_all_of_ours:
        return Counters()
    rows = session.run(_counting(names, and_all_of_ours), deadline).rows
    theirs = {row.get("name", "") for row in rows if not is_mark(row.get("comment", ""))}
    ours = {name: usage_of(row) for row in rows if (name := row.get("name", "")) not in theirs}
    return Counters(ours, theirs)


def _counting(names: Sequence[str], and_all_of_ours: bool) -> Command:
    queries = any_of("name", names)
    if and_all_of_ours:
        # More names than a question should hold: rather the whole table.
        queries = (*queries, ">comment=", *["#|"] * bool(names)) if len(names) <= MOST_NAMES else ()
    proplist = ("name", "comment", "uptime", "bytes-in", "bytes-out")
    return Command(USERS, "print", queries=queries, proplist=proplist)


def login_url(session: Session, deadline: Deadline) -> str:
    """Return where the guests of the router's hotspot log in; empty if it does not say."""
    outcomes = session.run_many(_LOGIN_PAGES, deadline)
    servers, profiles = (
        [] if isinstance(outcome, errors.Refused) else outcome.rows for outcome in outcomes
    )
    by_name = {row.get("name"): row for row in profiles}
    for server in servers:
        profile = by_name.get(server.get("profile", "default"), {})
        host = profile.get("dns-name") or profile.get("hotspot-address", "0.0.0.0")  # noqa: S104
        if server.get("disabled") != "true" and _HOST.fullmatch(host) and host != "0.0.0.0":  # noqa: S104
            return f"http://{host}/login"
    return ""


_LOGIN_PAGES = (
    Command("/ip/hotspot", "print", proplist=("name", "profile", "disabled")),
    Command("/ip/hotspot/profile", "print", proplist=("name", "dns-name", "hotspot-address")),
)
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}")


def any_of(field: str, values: Iterable[str]) -> tuple[str, ...]:
    """Return the query words for rows whose `field` is one of `values`."""
    words = [f"={field}={value}" for value in values]
    return (*words, *["#|"] * (len(words) - 1))


@dataclass(frozen=True, slots=True)
class Unwanted:
    """Whom to put out: a user, on one device or, if that is empty, on all."""

    user: str
    mac_address: str = ""


def put_out(
    session: Session, deadline: Deadline, unwanted: Iterable[Unwanted], *, whoever: bool = False
) -> int:
    """End all sessions of these, and take their cookies first, or their devices come straight back.

    Users of the same names that the router's owner keeps are not ours to judge, unless a person
    says `whoever`. Whoever is named first is put out first, should the time not do for all. Answers
    how many sessions it ended.
    """
    ended = 0
    wanted = list(dict.fromkeys(unwanted))
    for start in range(0, len(wanted), MOST_NAMES):
        ended += _put_out_some(session, deadline, wanted[start : start + MOST_NAMES], whoever)
    return ended


def _put_out_some(
    session: Session, deadline: Deadline, unwanted: Sequence[Unwanted], whoever: bool
) -> int:
    names = sorted({one.user for one in unwanted})
    questions = [
        Command(USERS, "print", queries=any_of("name", names), proplist=("name", "comment")),
        Command(COOKIES, "print", queries=any_of("user", names), proplist=_WHOSE),
        Command(ACTIVE, "print", queries=any_of("user", names), proplist=_WHOSE),
    ]
    users, cookies, sessions = (
        [] if isinstance(outcome, errors.Refused) else outcome.rows
        for outcome in session.run_many(questions, deadline)
    )
    kept = {row.get("name") for row in users if not is_mark(row.get("comment", ""))}
    doomed = {one for one in unwanted if whoever or one.user not in kept}
    for menu, rows in ((COOKIES, cookies), (ACTIVE, sessions)):
        ids = [row[".id"] for row in rows if _is_of(row, doomed)]
        outcomes = session.run_many(
            [Command(menu, "remove", {".id": id_}) for id_ in ids], deadline
        )
        for outcome in outcomes:
            if isinstance(outcome, errors.Refused) and not isinstance(outcome, errors.NoSuchItem):
                log.warning("a router does not let us end sessions", exc_info=outcome)
    return len(ids)


_WHOSE = (".id", "user", "mac-address")


def _is_of(row: Row, doomed: set[Unwanted]) -> bool:
    user, mac = row.get("user", ""), row.get("mac-address", "").upper()
    return Unwanted(user) in doomed or Unwanted(user, mac) in doomed
