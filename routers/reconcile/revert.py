"""The dead-man switch: a script that takes risky changes back unless somebody says "stay" in time.

The router runs it from a scheduler row of its own after an interval; to remove that row in time is
to confirm the changes. Each line stands on its own, so that one that fails keeps no other from
being carried out, and a line that has nothing to take back does no harm.

A secret that the router did not show cannot be put back. Where names change hands within one plan,
a row that referred to such a name may come back referring to the wrong row.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from routers.masking import MASK
from routers.reconcile.changes import Action, Change
from routers.reconcile.menus import Menu, menu_at
from routers.reconcile.rows import mark
from routers.routeros import Command

SCHEDULER = "/system/scheduler"
# Far below what RouterOS takes for a word; nobody has measured what it takes for a script.
LONGEST = 30_000

_ESCAPES = {
    '"': '\\"', "\\": "\\\\", "$": "\\$", "?": "\\?", "\n": "\\n", "\r": "\\r", "\t": "\\t",
}  # fmt: skip


class ScriptTooLong(ValueError):
    """So many changes at once cannot be taken back by one script."""


def arm(changes: Sequence[Change], *, token: str, after: timedelta) -> Command:
    """Return the command that has the router take `changes` back once `after` has passed.

    Send it before the changes. The account needs each policy that it names. Raises `ScriptTooLong`.
    """
    name = switch_name(token)
    attributes = {
        "name": name,
        "comment": name,
        "interval": menu_at(SCHEDULER).fields["interval"].wire(after) or "",
        "policy": ",".join(policies(changes)),
        "on-event": script(changes, token),
    }
    return Command(SCHEDULER, "add", attributes)


def switch_name(token: str) -> str:
    """Return the name of the scheduler row; a plan never touches rows that are called so."""
    return mark("revert", token)


def policies(changes: Sequence[Change]) -> tuple[str, ...]:
    """Return what the script must be allowed to do."""
    about_users = any(change.menu.split("/")[1] == "user" for change in changes)
    return ("read", "write", "policy") if about_users else ("read", "write")


def script(changes: Sequence[Change], token: str) -> str:
    """Return the script that takes `changes` back, the last one first, and then removes its row."""
    commands = [
        command
        for number in reversed(range(len(changes)))
        for command in _inverse(changes[number], changes[:number])
    ]
    commands += _moves_back(changes)
    commands.append(f'/system scheduler remove [find name="{switch_name(token)}"]')
    text = "\n".join(f":do {{ {command} }} on-error={{}}" for command in commands)
    if len(text) > LONGEST:
        raise ScriptTooLong(
            f"To take these {len(changes)} changes back is a script of {len(text)} characters;"
            f" the limit is {LONGEST}."
        )
    return text


def quoted(text: str) -> str:
    """Return `text` as a string of RouterOS's script language."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    return f"\\{ord(character):02X}" if ord(character) < 0x20 or character == "\x7f" else character


def _inverse(change: Change, earlier: Sequence[Change]) -> Iterator[str]:
    """Yield what takes one change back; those that came `earlier` are still to be taken back."""
    menu, row = change.table, _find(change.table, change.key)
    path = menu.path[1:].replace("/", " ")
    if change.action == Action.ADD:
        yield f"/{path} remove {row}"
    elif change.action == Action.SET:
        if words := " ".join(_old_values(change, earlier)):
            yield f"/{path} set {row} {words}"
    elif change.action == Action.REMOVE:
        words = " ".join(_old_values(change, earlier))
        yield f"/{path} add {menu.marked_by}={quoted(change.key)} {words}".rstrip()


def _moves_back(changes: Sequence[Change]) -> Iterator[str]:
    """Yield what puts each row before the one that it stood before, once that one is in its place."""
    misplaced = {
        (change.menu, change.id): change
        for change in changes
        if change.action in (Action.REMOVE, Action.MOVE) and change.table.ordered
    }

    def misplaced_behind(change: Change) -> int:
        following = misplaced.get((change.menu, change.stood_before))
        return 1 + misplaced_behind(following) if following else 0

    for change in sorted(misplaced.values(), key=misplaced_behind):
        path = change.menu[1:].replace("/", " ")
        row = _find(change.table, change.key)
        yield f"/{path} move {row}{_destination(change, changes)}"


def _find(menu: Menu, key: str) -> str:
    return f"[find {menu.marked_by}={quoted(key)}]"


def _old_values(change: Change, earlier: Sequence[Change]) -> Iterator[str]:
    for name, value in change.before.items():
        known = change.table.fields[name]
        old = value if value is not None else known.default
        if known.secret and value == MASK:
            continue
        if known.points_at:
            old = _name_by_now(known.points_at, old, earlier)
        yield f"!{name}" if old is None else f"{name}={quoted(old)}"


def _name_by_now(menu: str, name: str | None, earlier: Sequence[Change]) -> str | None:
    """Return what the row of this name is called until its own change is taken back.

    What refers to it follows it then.
    """
    for other in earlier:
        if other.menu == menu and other.before.get("name") == name and "name" in other.attributes:
            return other.attributes["name"]
    return name


def _destination(change: Change, changes: Sequence[Change]) -> str:
    """Name the row that came next: by its id, or by its mark if it is put back under a new id."""
    next_row = change.stood_before
    if next_row is None:
        return ""
    for other in changes:
        if (other.action, other.menu, other.id) == (Action.REMOVE, change.menu, next_row):
            return f" destination={_find(change.table, other.key)}"
    return f" destination={next_row}"
