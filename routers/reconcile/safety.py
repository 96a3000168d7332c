"""Changes that can cut the connection they come over: the router takes them back by itself,
unless we come back over a new connection and confirm them.

The router is armed first, with a row of its scheduler that undoes the changes; to remove that row
is to confirm. So whoever finds such a row, over a new connection, may confirm: it has shown that
the router can be reached as it is now. Where the row is gone and nobody confirmed, the router
has taken the changes back.
"""

import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta

from django.conf import settings

from cloudpilot.crypto import digest
from routers import connections
from routers.models import Router
from routers.reconcile import revert
from routers.reconcile.apply import Done, Phases, carry_out, windows
from routers.reconcile.changes import Change
from routers.reconcile.lease import Lease
from routers.reconcile.menus import MENUS
from routers.reconcile.reading import said
from routers.reconcile.rows import Desired
from routers.routeros import Command, Deadline
from routers.routeros.errors import Refused, Unavailable

# One after the other over a slow line, so many are done well before the revert is due.
_MOST_AT_ONCE = 100
_SECONDS_TO_CONNECT = 5.0
_PAUSE = 0.5  # between two attempts to connect


class TakenBack(Exception):
    """The router took risky changes back before they could be confirmed."""


class CannotArm(Exception):
    """The router does not take the revert, so the changes it is for are not made."""


def digest_of(desired: Iterable[Desired]) -> str:
    """Stand for the desired rows that can cut the connection, so that it shows when they change."""
    rows = [
        (row.menu, row.key, sorted(row.attributes.items()), row.first)
        for row in desired
        if MENUS[row.menu].cuts
    ]
    return digest(repr(rows), "risky-rows")


def carry_out_safely(
    router: Router, lease: Lease, phases: Phases, rows_digest: str
) -> Iterator[Done]:
    """Carry out changes that can cut the connection, each lot armed before and confirmed after.

    Only what is confirmed is yielded.
    Raises `CannotArm`, `TakenBack`; and `Unavailable` if the router cannot be reached afterwards:
    then it is about to take them back, and the next pass finds out whether it did.
    """
    for lot in windows(phases, _MOST_AT_ONCE):
        for armable in _armable(lot):
            switch = _arm(router, lease, armable, rows_digest)
            answered = []
            with suppress(Unavailable):  # it may be what they did; the confirmation finds out
                for done in carry_out(
                    router, lease, armable, seconds=settings.RECONCILE_CONFIRM_SECONDS / 2
                ):
                    answered.append(done)  # noqa: PERF402 (those before the end are to be kept)
            _confirm(router, lease, [switch])
            yield from answered


def confirm_leftovers(router: Router, lease: Lease, switches: Sequence[str]) -> None:
    """Confirm what an earlier pass made and did not live to confirm. Raises `TakenBack`."""
    _confirm(router, lease, switches)


def _armable(phases: Phases) -> Iterator[Phases]:
    """Halve the changes until a script can take them back."""
    try:
        revert.script(_flat(phases), "0" * 8)
    except revert.ScriptTooLong as exc:
        half = len(_flat(phases)) // 2
        if not half:
            raise CannotArm(str(exc)) from exc
        for lot in windows(phases, half):
            yield from _armable(lot)
    else:
        yield phases


def _flat(phases: Phases) -> list[Change]:
    return [change for phase in phases for change in phase]


def _arm(router: Router, lease: Lease, phases: Phases, rows_digest: str) -> str:
    """Have the router take the changes back in a while; returns the id of the row that will."""
    token = secrets.token_hex(4)
    after = timedelta(seconds=settings.RECONCILE_REVERT_SECONDS)
    deadline = lease.window()
    try:
        with connections.session(router, deadline) as session:
            reply = session.run(revert.arm(_flat(phases), token=token, after=after), deadline)
    except Refused as exc:
        raise CannotArm(f"The router does not take the revert: {said(exc)}") from exc
    # In this order: a row that we have not noted down is confirmed by the next pass, and undoes
    # nothing that was done. Noted down first, it would look as if it had.
    lease.update(armed_token=token, armed_rows=rows_digest)
    return reply.ret or revert.switch_name(token)


def _confirm(router: Router, lease: Lease, switches: Sequence[str]) -> None:
    """Remove the reverts over a new connection, trying for as long as there is time."""
    commands = [Command(revert.SCHEDULER, "remove", {".id": id}) for id in switches]
    until = Deadline(settings.RECONCILE_CONFIRM_SECONDS)
    connections.forget(router)
    while True:
        deadline = lease.window().within(until.within(_SECONDS_TO_CONNECT).remaining())
        try:
            with connections.session(router, deadline, probe=True) as session:
                outcomes = session.run_many(commands, deadline)
            break
        except Unavailable:
            if until.expired:
                raise
            time.sleep(_PAUSE)
    if any(isinstance(outcome, Refused) for outcome in outcomes):  # no such item, as a rule
        raise TakenBack
    lease.update(armed_token="", armed_rows="", reverted_rows="")
