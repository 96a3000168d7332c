"""Who says what a router should hold: the apps above register here, and are asked in each pass."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from routers.models import Router
from routers.reconcile.changes import Problem
from routers.reconcile.rows import Desired

Provider = Callable[[Router], Iterable[Desired]]
Observer = Callable[[Router, set[str], Mapping[str, str] | None], None]

PROVIDERS: dict[str, Provider] = {}
OBSERVERS: dict[str, Observer] = {}


def provides(kind: str) -> Callable[[Provider], Provider]:
    """Register a function that says which rows of this kind a router should hold.

    It reads the database and nothing else. The keys of its rows are `rows.mark(kind, …)`, so what
    one provider no longer wants is never another's.
    """

    def register(provider: Provider) -> Provider:
        PROVIDERS[kind] = provider
        return provider

    return register


def desired_rows(router: Router) -> list[Desired]:
    """Ask every provider what `router` should hold."""
    rows: list[Desired] = []
    for kind, provider in PROVIDERS.items():
        own = f"cp:{kind}:"
        for row in provider(router):
            if not row.key.startswith(own):
                raise ValueError(f"{row.key} is not marked as a row of {kind}.")
            rows.append(row)
    return rows


def observes(kind: str) -> Callable[[Observer], Observer]:
    """Register a function that is told which rows of this kind a router holds, by their ids.

    In a pass it is told of rows that were added as they are added, with None. At the end it is told
    of all that are there, and with them of the problems that are left: their codes by row id.
    """

    def register(observer: Observer) -> Observer:
        OBSERVERS[kind] = observer
        return observer

    return register


def tell_of_added(router: Router, keys: Iterable[str]) -> None:
    """Tell of the rows with these keys."""
    ids = _by_kind((key, key) for key in keys)
    for kind, observer in OBSERVERS.items():
        if ids[kind]:
            observer(router, set(ids[kind]), None)


def tell_of_all(router: Router, keys: Iterable[str], problems: Sequence[Problem]) -> None:
    """Tell of the rows that are there, by their keys, and of what the pass could not settle."""
    ids = _by_kind((key, key) for key in keys)
    codes = _by_kind((problem.key, problem.code) for problem in problems if problem.key)
    for kind, observer in OBSERVERS.items():
        observer(router, set(ids[kind]), codes[kind])


def _by_kind(values: Iterable[tuple[str, str]]) -> dict[str, dict[str, str]]:
    """Sort values by the kind, and then by the id, of the keys that they come with."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for key, value in values:
        _, kind, id_ = key.split(":", 2)
        found[kind][id_] = value
    return found
