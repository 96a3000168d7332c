"""What routers do by themselves when a key changes: rows of their schedulers, and a spare key.

A router makes the new key with an interface that it never switches on. At the given time it swaps
the two keys: neither leaves it. Nobody may be able to reach it then until its peers know the new
one, so a second row swaps them back if that takes too long; to remove it is to confirm.
"""

from collections.abc import Iterator
from datetime import timedelta

from networks.desired.tunnel import INTERFACES, PEERS
from routers.reconcile.kinds import DURATION
from routers.reconcile.revert import SCHEDULER, quoted
from routers.reconcile.rows import mark
from routers.routeros import Command

_POLICIES = "read,write,sensitive"  # the last for reading a private key, on the router itself
_POLICIES_OF_FOLLOWERS = "read,write"


def spare_mark(token: str) -> str:
    return mark("rekey", token)


def add_spare(token: str) -> Command:
    """Have the router make a key that nothing uses."""
    attributes = {"name": f"rekey-{token}", "comment": spare_mark(token), "disabled": "yes"}
    return Command(INTERFACES, "add", attributes)


def changes(interface: str, token: str, *, old: str, new: str) -> tuple[str, str]:
    """Return the scripts that change the key of the interface with this mark, there and back."""
    there = _when(interface, old, _swap(interface, token))
    back = _when(interface, new, _swap(interface, token))
    return there, f"{back}\n{_remove(INTERFACES, spare_mark(token))}"


def following(peer: str, *, old: str, new: str) -> tuple[str, str]:
    """Return the scripts by which a router takes up a peer's new key, and its old one again."""
    return tuple(  # type: ignore[return-value]
        f"{_path(PEERS)} set [find comment={quoted(peer)}] public-key={quoted(key)}"
        for key in (new, old)
    )


def plan(
    token: str, scripts: tuple[str, str], *, seconds: float, patience: float, follows: bool = False
) -> Iterator[Command]:
    """Yield what has a router run the first script in so many seconds, and later the second one.

    The way back is first, so that there is no moment without it.
    """
    there, back = scripts
    policy = _POLICIES_OF_FOLLOWERS if follows else _POLICIES
    yield _row(f"{token}:back", f"{back}", seconds + patience, policy)
    yield _row(f"{token}:go", there, seconds, policy)


def _row(name: str, script: str, seconds: float, policy: str) -> Command:
    name = mark("rekey", name)
    interval = DURATION.wire(timedelta(seconds=max(1, round(seconds))))
    lines = f"{script}\n{_path(SCHEDULER)} remove [find name={quoted(name)}]"
    attributes = {"name": name, "comment": name, "interval": interval, "policy": policy}
    return Command(SCHEDULER, "add", {**attributes, "on-event": lines})


def _when(interface: str, key: str, lines: str) -> str:
    """Run the lines only if the interface has this public key: a swap undoes itself."""
    own = f"[{_path(INTERFACES)} get [find comment={quoted(interface)}] public-key]"
    return f":do {{ :if ({own}={quoted(key)}) do={{\n{lines}\n}} }} on-error={{}}"


def _swap(interface: str, token: str) -> str:
    path, spare = _path(INTERFACES), spare_mark(token)
    own, other = f"[find comment={quoted(interface)}]", f"[find comment={quoted(spare)}]"
    return "\n".join((
        f":local own [{path} get {own} private-key]",
        f":local spare [{path} get {other} private-key]",
        f"{path} set {own} private-key=$spare",
        f"{path} set {other} private-key=$own",
    ))  # fmt: skip


def _remove(menu: str, comment: str) -> str:
    return f"{_path(menu)} remove [find comment={quoted(comment)}]"


def _path(menu: str) -> str:
    return f"/{menu[1:].replace('/', ' ')}"
