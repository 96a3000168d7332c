"""Logging in: passwords, challenges, policies, and the lines that the log keeps of it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING

from routers.simulator.commands import Session
from routers.simulator.errors import Refused

if TYPE_CHECKING:
    from routers.simulator.router import Router

# Since 6.43 the password travels as it is; before, as MD5 of a challenge.
PLAIN_LOGIN_SINCE = (6, 43)


def log_in(router: Router, username: str, password: str, address: str, via: str) -> Session:
    """Admit a user, or raise `Refused`."""
    return _admit(router, username, address, via, lambda stored: _same(stored, password))


def log_in_by_response(
    router: Router, username: str, response: str, challenge: bytes, address: str, via: str
) -> Session:
    """Check `00` + md5(0 + password + challenge), which only routers before 6.43 accept."""

    def matches(stored: str) -> bool:
        digest = hashlib.md5(b"\0" + stored.encode() + challenge)  # noqa: S324 - the protocol's own
        return _same("00" + digest.hexdigest(), response)

    return _admit(router, username, address, via, matches)


def log_out(router: Router, session: Session, active: str | None) -> None:
    rows = router.table("/user/active")
    if active in rows.rows:
        rows.drop(active)
    who = f"user {session.username} logged out from {session.address} via {session.via}"
    router.log("system,info,account", who)


def open_active(router: Router, session: Session) -> str:
    """Show the session in `/user/active` and the log; return its id there."""
    who = f"user {session.username} logged in from {session.address} via {session.via}"
    router.log("system,info,account", who)
    row = {
        "when": router.moment(),
        "name": session.username,
        "address": session.address,
        "via": session.via,
        "group": session.group,
        "radius": "false",
    }
    users = router.table("/user")
    for id_ in users.where(name=session.username):
        users.update(id_, {"last-logged-in": router.moment()})
    return router.table("/user/active").keep(row)


def _admit(
    router: Router, username: str, address: str, via: str, matches: Callable[[str], bool]
) -> Session:
    policy = "rest-api" if via == "rest-api" else "api"
    for row in router.table("/user").rows.values():
        if row["name"] != username or row["disabled"] == "true" or router.faults.now.auth_fail:
            continue
        policies = policies_of(router, row["group"])
        if matches(row["password"]) and policy in policies:
            return Session(username, row["group"], policies, address, via)
    router.log(
        "system,error,critical", f"login failure for user {username} from {address} via {via}"
    )
    old = router.version_number < PLAIN_LOGIN_SINCE
    raise Refused("cannot log in" if old else "invalid user name or password (6)")


def policies_of(router: Router, group: str) -> frozenset[str]:
    for row in router.table("/user/group").rows.values():
        if row["name"] == group:
            words = row.get("policy", "").split(",")
            return frozenset(word for word in words if word and not word.startswith("!"))
    return frozenset()


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(
        left.encode("utf-8", "surrogateescape"), right.encode("utf-8", "surrogateescape")
    )
