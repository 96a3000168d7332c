"""Who says what a router should hold: the apps above register here, and are asked in each pass."""

from collections.abc import Callable, Iterable

from routers.models import Router
from routers.reconcile.rows import Desired

Provider = Callable[[Router], Iterable[Desired]]

PROVIDERS: dict[str, Provider] = {}


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
