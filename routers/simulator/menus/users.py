"""`/user`: who may log in, and what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from routers.simulator.schema import (
    EDIT,
    READ,
    TOGGLE,
    Behaviour,
    Field,
    Menu,
    Row,
    Unique,
    choice,
    choices,
    duration,
    flag,
    reference,
    shown,
    state,
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
    return [
        {"name": name, "policy": _spell(router, set(POLICIES) - withheld), "skin": "default"}
        for name, withheld in _WITHHELD.items()
    ]


class Groups(Behaviour):
    def added(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        row["policy"] = _spell(router, set(row.get("policy", "").split(",")))

    def changed(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        self.added(router, row, given)


def _spell(router: Router, granted: set[str]) -> str:
    """Show a policy as routers do: first what is granted, then the rest with a `!`."""
    known = [name for name in POLICIES if name != "rest-api" or router.version_number >= (7, 1)]
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
            choice("inactivity-policy", "none", "lockscreen", "logout", default="none"),
            duration("inactivity-timeout", "10m"),
            state("expired", "false"),
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
        EDIT | {"comment"},
        unique=Unique(("name",), "failure: group with the same name already exists"),
        in_use="failure: group is in use",
        rows=_groups,
        behaviour=Groups(),
        write_policy="policy",
    ),
    Menu(
        "/user/active",
        shown("when", "name", "address", "via", "group", "radius"),
        READ | {"remove"},
        write_policy="policy",
    ),
)
