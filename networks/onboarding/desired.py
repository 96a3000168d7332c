"""What a router should hold, as a script that makes it so when the router runs it.

The rows are those of a pass, marks and all, so that a pass finds its own when it reaches the router.
Each stands in a block of its own: one that the router refuses keeps no other from being made.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from cloudpilot.crypto import digest
from networks.desired.tunnel import INTERFACES, own_mark
from networks.models import Node
from networks.onboarding import texts
from routers.models import Reconciliation, Router
from routers.reconcile.changes import addition
from routers.reconcile.menus import MENUS, Menu
from routers.reconcile.providers import desired_rows
from routers.reconcile.revert import quoted
from routers.reconcile.rows import Desired

# A script of these is a megabyte; what is more waits until we reach the router ourselves.
MOST_ROWS: Final = 2000
_ORDER = {path: place for place, path in enumerate(MENUS)}
_PURPOSE = "mesh-desired-state"
_OWN = "/interface wireguard"
_NO = quoted("no tunnel of ours")
# As the pass knows its rows: a person's own "cp: uplink" is none.
_OURS = quoted(r'^cp:[a-z0-9-]+:[^ "$?]+$')
_IN_HAND = quoted("^cp:(revert|rekey):")


@dataclass(frozen=True)
class State:
    """What one router should hold now.

    `asked` is how often that had been changed when it was looked up; `left_out` are the menus with
    more rows than fit.
    """

    rows: Sequence[Desired]
    asked: int
    left_out: frozenset[str]
    key_asked: str  # since when it should have another private key; empty if it should not

    @cached_property
    def digests(self) -> dict[str, str]:
        """A digest of each row, by its place."""
        return {place(row): _digest_of(row) for row in self.rows}

    @cached_property
    def tunnels(self) -> list[Desired]:
        """The WireGuard interfaces among the rows; it is asked for each of them."""
        return [row for row in self.rows if row.menu == INTERFACES]

    @cached_property
    def version(self) -> str:
        """Stand for all that this state says: it changes when that does."""
        text = "\n".join(f"{place} {found}" for place, found in sorted(self.digests.items()))
        return digest(text + self.key_asked, _PURPOSE)[:32]


def state_of(node: Node, router: Router) -> State:
    """Ask all who have rows on routers what this one should hold."""
    # In this order: what changes after it was read is told the next time.
    asked = Reconciliation.objects.filter(pk=router.pk).values_list("desired_version", flat=True)
    version = asked.first() or 0
    rows = sorted(desired_rows(router), key=lambda row: _place_of_menu(row.menu))
    left_out = frozenset(row.menu for row in rows[MOST_ROWS:])
    key_asked = str(node.key_update_asked_at) if node.needs_key_update else ""
    return State(rows[:MOST_ROWS], version, left_out, key_asked)


def _place_of_menu(path: str) -> int:
    return _ORDER[path]


def place(row: Desired) -> str:
    return f"{row.menu} {row.key}"


def _digest_of(row: Desired) -> str:
    text = repr((sorted(row.attributes.items()), row.first))
    return digest(f"{place(row)} {text}", _PURPOSE)[:16]


def as_json(row: Desired) -> dict[str, Any]:
    fields = MENUS[row.menu].fields
    attributes = {name: fields[name].wire(value) for name, value in row.attributes.items()}
    return {"menu": row.menu, "mark": row.key, "first": row.first, "attributes": attributes}


# Scripts -------------------------------------------------------------------------------------


def whole(node: Node, state: State, menus: Iterable[str]) -> str:
    """Return the script for a router of which nothing is known.

    Rows of ours in these menus, and in those of the state, that are no longer wanted are removed.
    """
    there = {*menus, *(row.menu for row in state.rows)} - state.left_out
    clearing = [
        _leftovers(MENUS[path], state.rows)
        for path in sorted(there, key=_place_of_menu, reverse=True)
    ]
    return _script(node, state, state.rows, clearing)


def since(node: Node, state: State, held: Mapping[str, str]) -> str:
    """Return the script for a router that holds the rows with these digests, by their places."""
    wanted = state.digests
    changed = [row for row in state.rows if held.get(place(row)) != wanted[place(row)]]
    gone = (found.split(" ", 1) for found in sorted(held.keys() - wanted.keys()))
    clearing = [_removal(MENUS[menu], key) for menu, key in gone if menu not in state.left_out]
    return _script(node, state, changed, clearing)


def nothing(node: Node, version: str, *, new_key: bool = False) -> str:
    """Return the script for a router that we write to ourselves, and which may make itself a key."""
    own = _new_key(node) if new_key else ()
    return "\n".join([*_head(node), *own, f':set {texts.held_variable(node)} "{version}"', ""])


def _script(node: Node, state: State, rows: Sequence[Desired], clearing: Sequence[str]) -> str:
    lines = [
        *_head(node),
        *(_new_key(node) if state.key_asked else ()),
        *(_line(node, row, _needs(row, state)) for row in _in_turn(rows)),
        *clearing,
        texts.poll_script(node),
        f':set {texts.held_variable(node)} "{state.version}"',
        "",
    ]
    return "\n".join(lines)


def _head(node: Node) -> list[str]:
    held, failed = texts.held_variable(node), texts.failed_variable(node)
    return ["# CloudPilot", f":global {held}", f":global {failed}", f':set {failed} ""']


def _new_key(node: Node) -> Iterator[str]:
    """Have the router make itself another private key, which it tells nobody."""
    tunnel, dice = quoted(own_mark(node.network)), quoted("cloudpilot-dice")
    key = f"[{_OWN} get [find name={dice}] private-key]"
    yield f":do {{ {_OWN} remove [find name={dice}] }} on-error={{}}"
    yield f"{_OWN} add name={dice} disabled=yes"
    yield f":do {{ {_OWN} set [find comment={tunnel}] private-key={key} }} on-error={{}}"
    yield f"{_OWN} remove [find name={dice}]"


def _in_turn(rows: Sequence[Desired]) -> Iterator[Desired]:
    """Yield rows in the order in which to make them: of those that stand first the last one first."""
    menus = dict.fromkeys(row.menu for row in rows)
    for menu in menus:
        own = [row for row in rows if row.menu == menu]
        yield from (row for row in own if not row.first)
        yield from (row for row in reversed(own) if row.first)


def _needs(row: Desired, state: State) -> str:
    """Return what fails unless the tunnel that a row is about is ours: people may have its name."""
    named = set(map(str, row.attributes.values()))
    for tunnel in state.tunnels:
        if tunnel is not row and tunnel.attributes["name"] in named:
            return f":if ([:len [{_OWN} find comment={quoted(tunnel.key)}]] = 0) do={{ :error {_NO} }}; "
    return ""


def _line(node: Node, row: Desired, needs: str) -> str:
    menu, failed = MENUS[row.menu], texts.failed_variable(node)
    path = _path(menu)
    new, old = _words(addition(menu, row).attributes), _words(_all_of(menu, row))
    add = f"{path} add {menu.marked_by}={quoted(row.key)} {new}".rstrip()
    change = f"{path} set $found {old}" if old else ""
    if row.first:
        top = f":local top [{path} find dynamic=no]; "
        add = f":if ([:len $top] = 0) do={{ {add} }} else={{ {add} place-before=[:pick $top 0] }}"
        change += "; " if change else ""
        change += f":do {{ {path} move $found destination=[:pick $top 0] }} on-error={{}}"
    else:
        top = ""
    return (
        f":do {{ {needs}:local found [{path} find {menu.marked_by}={quoted(row.key)}]; {top}"
        f":if ([:len $found] = 0) do={{ {add} }} else={{ {change} }} }} "
        f"on-error={{ :set {failed} (${failed} . {quoted(row.key + ' ')}) }}"
    )


def _all_of(menu: Menu, row: Desired) -> dict[str, str | None]:
    return {name: menu.fields[name].wire(value) for name, value in row.attributes.items()}


def _words(attributes: Mapping[str, str | None]) -> str:
    return " ".join(
        f"!{name}" if value is None else f"{name}={quoted(value)}"
        for name, value in attributes.items()
    )


def _removal(menu: Menu, key: str) -> str:
    path = _path(menu)
    return f":do {{ {path} remove [find {menu.marked_by}={quoted(key)}] }} on-error={{}}"


def _leftovers(menu: Menu, rows: Sequence[Desired]) -> str:
    """Remove what bears a mark of ours and is not among these rows, but for what is in hand."""
    path, keys = _path(menu), [row.key for row in rows if row.menu == menu.path]
    keep = quoted(f";{';'.join(keys)};")
    return (
        f":foreach row in=[{path} find {menu.marked_by}~{_OURS}] do={{ "
        f":local found [{path} get $row {menu.marked_by}]; "
        f':if ([:typeof [:find {keep} (";" . $found . ";") -1]] = "nil" '
        f"&& !($found ~ {_IN_HAND})) do={{ "
        f":do {{ {path} remove $row }} on-error={{}} }} }}"
    )


def _path(menu: Menu) -> str:
    return "/" + menu.path[1:].replace("/", " ")
