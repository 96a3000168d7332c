"""What a guest's browser, or the router itself, remembers of a login."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routers.simulator.guest_sessions import GuestSession, seconds_of
from routers.simulator.schema import Row

if TYPE_CHECKING:
    from routers.simulator.router import Router


class Cookies:
    def __init__(self, router: Router) -> None:
        self._router = router

    def give(self, session: GuestSession, host: Row, profile: Row) -> None:
        """Leave the cookies that the server's profile has its logins leave."""
        methods, lifetime = self._login_methods(host)
        if session.by_web and "cookie" in methods:
            self._keep(session, lifetime, mac_cookie=False)
        if "mac-cookie" in methods and profile.get("add-mac-cookie") == "yes":
            self._keep(session, seconds_of(profile.get("mac-cookie-timeout")), mac_cookie=True)

    def drop(self, mac: str, **which: str) -> None:
        table = self._router.table("/ip/hotspot/cookie")
        for id_ in table.where(mac_address=mac, **which):
            table.drop(id_)

    def expire(self) -> None:
        self._router.expire("/ip/hotspot/cookie")

    def _keep(self, session: GuestSession, lifetime: float, *, mac_cookie: bool) -> None:
        kind = "true" if mac_cookie else "false"
        self.drop(session.mac, mac_cookie=kind)
        row = {
            "user": session.user,
            "mac-address": session.mac,
            "mac-cookie": kind,
            "_expires": str(self._router.clock.seconds() + lifetime),
        }
        self._router.table("/ip/hotspot/cookie").keep(row)

    def _login_methods(self, host: Row) -> tuple[list[str], float]:
        profiles = self._router.table("/ip/hotspot/profile")
        servers = self._router.table("/ip/hotspot")
        for id_ in servers.where(name=host.get("server", "")):
            for profile in profiles.where(name=servers.rows[id_]["profile"]):
                row = profiles.rows[profile]
                return row["login-by"].split(","), seconds_of(row["http-cookie-lifetime"])
        return [], 0.0
