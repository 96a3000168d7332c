"""What follows from hearing of a router, or from not hearing of it: pure, and of one router."""

from datetime import datetime, timedelta
from typing import Any

from routers.fleet.asking import Finding, Outcome
from routers.models import RouterEvent, RouterStatus
from routers.reconcile.kinds import DURATION

Kind = RouterEvent.Kind
Event = tuple[Kind, dict[str, Any]]

# A router is down once it has missed this often in a row. One miss is the network's noise.
_MISSES_OF_DOWN = 2
# By how often it has missed: seconds until it is asked again. Never five minutes, sweep included.
_PAUSES = (55, 60, 120, 240)
# Each refused login is a line in the router's log, until somebody changes the password.
_PAUSE_OF_REFUSED_LOGIN = 1800

_MOST_TURNS = 4
_TURNS_COUNT_FOR = timedelta(hours=1)
_SETTLES_AFTER = timedelta(minutes=10)


def judge(status: RouterStatus, finding: Finding) -> list[Event]:
    """Bring `status` up to date with what was found; return the events that are to be recorded."""
    now = finding.heard_at
    status.checked_at = now
    if finding.outcome is Outcome.ANSWERED:
        events = _answered(status, finding)
    else:
        events = _missed(status, finding)
    return events + _news(status, now)


def _answered(status: RouterStatus, finding: Finding) -> list[Event]:
    has_rebooted = _went_back(status.uptime, finding.facts.uptime)
    _turn(status, up=True, at=finding.heard_at)
    status.misses = 0
    status.reason = ""
    status.next_check_at = None
    status.last_seen = finding.heard_at
    for name, value in vars(finding.facts).items():
        setattr(status, name, value)
    if not has_rebooted:
        return []
    _note_turn(status, finding.heard_at)
    if is_flapping(status):
        return []
    return [(Kind.REBOOTED, {"uptime": status.uptime, "version": status.version})]


def _missed(status: RouterStatus, finding: Finding) -> list[Event]:
    status.misses = min(status.misses + 1, 1000)
    status.reason = finding.reason
    status.next_check_at = finding.heard_at + _pause(status)
    # A refusal, of the router's or of ours, is no noise: it is known at once.
    if status.misses >= _MISSES_OF_DOWN or not finding.is_silence:
        _turn(status, up=False, at=finding.heard_at)
    return []


def _pause(status: RouterStatus) -> timedelta:
    if status.reason == "auth_failed":
        return timedelta(seconds=_PAUSE_OF_REFUSED_LOGIN)
    return timedelta(seconds=_PAUSES[min(status.misses, len(_PAUSES)) - 1])


def _turn(status: RouterStatus, *, up: bool, at: datetime) -> None:
    if status.is_up is not None and status.is_up != up:
        _note_turn(status, at)
    status.is_up = up


def _note_turn(status: RouterStatus, at: datetime) -> None:
    turns = [*_turns(status), at]
    status.turned_at = [
        turn.isoformat() for turn in turns[-_MOST_TURNS - 1 :] if at - turn < _TURNS_COUNT_FOR
    ]


def _turns(status: RouterStatus) -> list[datetime]:
    return [datetime.fromisoformat(text) for text in status.turned_at]


def is_flapping(status: RouterStatus) -> bool:
    """Whether its turns are passed over in silence until it settles."""
    return status.announced is None and bool(status.turned_at)


def _news(status: RouterStatus, now: datetime) -> list[Event]:
    """Announce that the router is up or down, unless it was said or goes to and fro."""
    turns = _turns(status)
    if is_flapping(status):
        if now - turns[-1] < _SETTLES_AFTER:
            return []
        status.turned_at = []
    elif len(turns) > _MOST_TURNS and now - turns[0] < _TURNS_COUNT_FOR and turns[-1] == now:
        status.announced = None
        return [(Kind.FLAPPING, {"turns": len(turns)})]
    if status.is_up is None or status.is_up == status.announced:
        return []
    status.announced = status.is_up
    if status.is_up:
        return [(Kind.ONLINE, {"version": status.version})]
    return [(Kind.OFFLINE, {"reason": status.reason})]


def _went_back(before: str, now: str) -> bool:
    """Whether an uptime is less than it was, which only a restart makes it."""
    then, since = DURATION.meaning(before), DURATION.meaning(now)
    return isinstance(then, int) and isinstance(since, int) and since < then
