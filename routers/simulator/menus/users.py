"""`/user`: who may log in, and what they may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routers.simulator.schema import (
    EDIT,
    READ,
    TOGGLE,
    Field,
    Menu,
    Row,
    Unique,
    choices,
    flag,
    reference,
    shown,
    text,
)

if TYPE_CHECKING:
    from routers.simulator.router import Router

POLICIES = (
    "local",
    "telnet",
    "ssh",
    "ftp",
    "reboot",
    "read",
    "write",
    "policy",
    "test",
    "winbox",
    "password",
    "web",
    "sniff",
    "sensitive",
    "api",
    "romon",
    "rest-api",
)
_WITHHELD = {
    "read": {"ftp", "write", "policy"},
    "write": {"ftp", "policy"},
    "full": set(),
}


def _groups(router: Router) -> list[Row]:
    known = [name for name in POLICIES if name != "rest-api" or router.version_number >= (7, 1)]
    return [
        {"name": name, "policy": spell(set(known) - withheld, known), "skin": "default"}
        for name, withheld in _WITHHELD.items()
    ]


def spell(granted: set[str], known: list[str]) -> str:
    """Show a policy as routers do: first what is granted, then the rest with a `!`."""
    return ",".join(
        [name for name in known if name in granted]
        + [f"!{name}" for name in known if name not in granted]
    )


def _users(router: Router) -> list[Row]:
    who = router.identity
    return [
        {
            "name": who.username,
            "password": who.password,
            "group": "full",
            "comment": "system default user",
        }
    ]


MENUS = (
    Menu(
        "/user",
        (
            text("name", required=True),
            reference("group", "/user/group", required=True),
            text("address"),
            Field("password", lambda router, argument, value: value, "", hidden=True),
            *shown("last-logged-in"),
            flag("expired"),
            flag("disabled"),
            text("comment"),
        ),
        TOGGLE,
        unique=Unique(("name",), "failure: user with the same name already exists"),
        rows=_users,
        write_policy="policy",
    ),
    Menu(
        "/user/group",
        (
            text("name", required=True),
            choices("policy", *POLICIES),
            text("skin", "default"),
            text("comment"),
        ),
        EDIT,
        unique=Unique(("name",), "failure: group with the same name already exists"),
        rows=_groups,
        write_policy="policy",
    ),
    Menu(
        "/user/active",
        shown("when", "name", "address", "via", "group", "radius"),
        READ | {"remove"},
        write_policy="policy",
    ),
)
