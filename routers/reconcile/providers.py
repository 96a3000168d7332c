"""Who says what a router should hold: the apps above register here, and are asked in each pass."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from routers.models import Router
from routers.reconcile.rows import Desired

Provider = Callable[[Router], Iterable[Desired]]
Observer = Callable[[Router, set[str], bool], None]

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

    In a pass it is told of rows that were added as they are added, with False, and at the end of
    all that are there, with True.
    """

    def register(observer: Observer) -> Observer:
        OBSERVERS[kind] = observer
        return observer

    return register


def tell_observers(router: Router, keys: Iterable[str], *, are_all: bool) -> None:
    """Tell of the rows with these keys."""
    ids: dict[str, set[str]] = defaultdict(set)
    for key in keys:
        _, kind, id_ = key.split(":", 2)
        ids[kind].add(id_)
    for kind, observer in OBSERVERS.items():
        if are_all or ids[kind]:
            observer(router, ids[kind], are_all)
