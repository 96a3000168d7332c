"""The difference between the rows that should be and those that are, as a list of changes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from routers.reconcile.changes import Plan, Problem
from routers.reconcile.compare import Comparison, Secret, Secrets
from routers.reconcile.menus import MENUS, menu_at
from routers.reconcile.order import MenuPlan
from routers.reconcile.rows import Desired, Row, is_mark


def make_plan(
    desired: Iterable[Desired],
    actual: Mapping[str, Sequence[Row]],
    *,
    written: Mapping[Secret, str] = MappingProxyType({}),
    digest: Callable[[str], str] = str,
) -> Plan:
    """Compare; `actual` holds the rows of every menu that was read, in the router's order.

    A menu that is desired but not in `actual` is one that the router lacks. `written` are digests
    of the secrets that we wrote earlier, for routers that do not show them. Raises `ValueError`
    for desired rows that make no sense.
    """
    wanted = _by_menu(desired)
    secrets = Secrets(written, digest)
    menus = [
        MenuPlan(Comparison(menu, wanted.get(path, {}).values(), actual[path], secrets))
        for path, menu in MENUS.items()
        if path in actual
    ]
    building = [phase for menu in menus for phase in menu.building()]
    clearing = [phase for menu in reversed(menus) for phase in menu.clearing()]
    taken = [problem for menu in menus for problem in menu.problems]
    return Plan((*building, *clearing), (*_lacking(wanted, actual), *taken))


def _by_menu(desired: Iterable[Desired]) -> dict[str, dict[str, Desired]]:
    """Sort the rows by menu and key, and refuse what no menu could hold."""
    wanted: dict[str, dict[str, Desired]] = {}
    for row in desired:
        menu = menu_at(row.menu)
        rows = wanted.setdefault(row.menu, {})
        if row.key in rows:
            raise ValueError(f"{row.key} is wanted twice in {row.menu}.")
        if not is_mark(row.key):
            raise ValueError(f"{row.key!r} is no mark.")
        if row.first and not menu.ordered:
            raise ValueError(f"No row of {row.menu} stands first: its order means nothing.")
        if not row.attributes.keys() <= menu.fields.keys():
            for name in row.attributes:
                menu.field(name)
        rows[row.key] = row
    return wanted


def _lacking(
    wanted: Mapping[str, Mapping[str, Desired]], actual: Mapping[str, Sequence[Row]]
) -> Iterator[Problem]:
    for path in wanted.keys() - actual.keys():
        for key in wanted[path]:
            yield Problem(path, key, "menu_missing", f"The router has no {path}.")


def proplist(menu: str, desired: Iterable[Desired] = ()) -> tuple[str, ...]:
    """Return the fields to read of a menu in order to plan for these rows of it.

    Of a menu that can cut the connection all are read, so that what is removed can be put back.
    """
    table = menu_at(menu)
    named = {name for row in desired if row.menu == menu for name in row.attributes}
    if table.cuts:
        named |= table.fields.keys()
    chain = (table.chain,) if table.chain else ()
    always = (".id", table.marked_by, *table.unique, *chain, "dynamic", *_BUILT_IN.get(menu, ()))
    return tuple(dict.fromkeys((*always, *sorted(named))))


# Which field says that the router brought a row along.
_BUILT_IN = {
    "/interface/list": ("builtin",),
    "/ip/hotspot/profile": ("default",),
    "/ip/hotspot/user": ("default",),
    "/ip/hotspot/user/profile": ("default",),
    "/ppp/profile": ("default",),
}


def queries(menu: str, desired: Iterable[Desired] = ()) -> tuple[str, ...]:
    """Return query words that leave out rows which no plan for these rows needs.

    Rows of others are needed where they can hold a name that ours want, where they can stand
    before ours, and where one of ours that is removed may have to be put back between them.
    """
    table = menu_at(menu)
    rows = [row for row in desired if row.menu == menu]
    can_hold_a_name = bool(table.unique and rows)
    have_a_place = table.ordered and (table.cuts or any(row.first for row in rows))
    all_count = can_hold_a_name or have_a_place or table.marked_by == "name"
    return (*(() if all_count else (">comment=",)), "dynamic=true", "#!")
