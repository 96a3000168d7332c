"""Guests: from host to session to counters, on the router's own clock.

Nothing happens by timers. Whenever somebody looks, `settle` brings about what the time since
the last look has brought about, each session ending at the moment when it had to.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from routers.simulator import values
from routers.simulator.clock import NEVER
from routers.simulator.cookies import Cookies
from routers.simulator.errors import Refused
from routers.simulator.guest_sessions import (
    Guest,
    GuestSession,
    bytes_left,
    first_row,
    folded,
    start_session,
    time_left,
    whole,
    with_packets,
)
from routers.simulator.menus.hotspot import COUNTERS
from routers.simulator.schema import Row

if TYPE_CHECKING:
    from routers.simulator.router import Router


class Hotspot:
    def __init__(self, router: Router) -> None:
        self._router = router
        self._cookies = Cookies(router)
        self.guests: dict[str, Guest] = {}  # by host id
        self.sessions: dict[str, GuestSession] = {}  # by id in /ip/hotspot/active
        self._queues: dict[str, list[tuple[str, str]]] = {}  # dynamic rows by session
        self._returning: list[tuple[float, str]] = []

    def forget_all(self) -> None:
        """Reboot: hosts, sessions and their dynamic rows go; counters and cookies stay."""
        for id_ in list(self.sessions):
            self._close(id_, self._now, "hotspot restart")
        for path in ("/ip/hotspot/active", "/ip/hotspot/host"):
            table = self._router.loaded(path)
            for id_ in list(table.rows) if table else ():
                table.drop(id_)  # type: ignore[union-attr]
        self.guests.clear()
        self._returning.clear()

    # Guests, as the demonstration and the tests move them -----------------------------------

    def arrive(self, mac: str, address: str, server: str = "") -> str:
        """Let a device join the network; return its id among the hosts."""
        row = {"mac-address": mac.upper(), "address": address}
        if server:
            row["server"] = server
        return self._router.table("/ip/hotspot/host").by_hand(row)

    def browse(self, mac: str, upload: int, download: int) -> None:
        """Let the guest use so many bytes a second from now on; 0 and 0 is silence."""
        _, guest = self._guest_of(mac)
        self._recount(guest)
        guest.upload, guest.download = upload, download
        guest.quiet_since = NEVER if upload or download else self._now
        guest.gone_since = NEVER

    def leave(self, mac: str) -> None:
        """Let the guest walk out of range without a word."""
        _, guest = self._guest_of(mac)
        self._recount(guest)
        guest.quiet_since = guest.gone_since = self._now

    def log_in_by_web(self, mac: str, user: str, password: str) -> str:
        """Log in as the login page does, with a cookie if the profile gives one."""
        host, _ = self._guest_of(mac)
        return self.log_in(host, user, password, by="http-chap")

    def log_out(self, mac: str) -> None:
        """Log the guest out as the status page does: the cookie goes too."""
        for id_, session in list(self.sessions.items()):
            if session.mac == mac.upper():
                self._cookies.drop(mac.upper())
                self._finish(id_, self._now, "user request")

    # Login ----------------------------------------------------------------------------------

    def find_host(self, address: str | None, mac: str | None) -> str:
        hosts = self._router.table("/ip/hotspot/host").rows
        for id_, row in hosts.items():
            if (
                address in (row.get("address"), row.get("to-address"))
                if address
                else (mac == row["mac-address"])
            ):
                if mac is not None and row["mac-address"] != mac:
                    raise Refused("failure: wrong MAC provided")
                return id_
        raise Refused(
            f"failure: unknown host IP {address}" if address else "failure: unknown host MAC"
        )

    def log_in(self, host_id: str, user: str, password: str | None, *, by: str) -> str:
        """Start a session, or refuse with the words of the login page; None skips the password."""
        host = self._router.table("/ip/hotspot/host").rows[host_id]
        who = f"{user} ({host.get('address', '')})"
        self._log(f"{who}: trying to log in by {by}")
        try:
            row = self._entitled(host, user, password)
            self._refuse_spent(row, user)
            self._refuse_crowd(row, user)
        except Refused as refused:
            reason = refused.message.removeprefix("failure: ")
            self._log(f"{who}: login failed: {reason}")
            raise
        for id_ in [id_ for id_, s in self.sessions.items() if s.mac == host["mac-address"]]:
            self._finish(id_, self._now, "user request")
        id_ = self._open(host_id, host, row, by)
        self._log(f"{who}: logged in")
        return id_

    def _entitled(self, host: Row, user: str, password: str | None) -> Row:
        table = self._router.table("/ip/hotspot/user")
        server = host.get("server", "")
        for wanted in (server, "all"):
            for id_ in table.where(name=user, server=wanted):
                row = table.rows[id_]
                if password is not None and row.get("password", "") != password:
                    break
                if row["disabled"] == "true":
                    break
                if row.get("mac-address", host["mac-address"]) != host["mac-address"]:
                    raise Refused(
                        f"failure: user {user} is not allowed to log in from this MAC address"
                    )
                return row
        raise Refused("failure: invalid username or password")

    def _refuse_spent(self, row: Row, user: str) -> None:
        if time_left(row, "limit-uptime", "uptime") <= 0:
            raise Refused(f"failure: user {user} has reached uptime limit")
        for name in ("in", "out", "total"):
            if bytes_left(row, name) <= 0:
                raise Refused(f"failure: user {user} has reached traffic limit")

    def _refuse_crowd(self, row: Row, user: str) -> None:
        shared = self._profile(row).get("shared-users", "1")
        if shared == "unlimited":
            return
        if sum(session.user == user for session in self.sessions.values()) >= int(shared):
            raise Refused(f"failure: no more sessions are allowed for user {user}")

    def _open(self, host_id: str, host: Row, user: Row, by: str) -> str:
        profile = self._profile(user)
        session = start_session(user, profile, host, self.guests[host_id], self._now, by)
        active = self._router.table("/ip/hotspot/active")
        id_ = active.new_id()
        self.sessions[id_] = session
        self._apply_rate(id_, session, host, profile)
        row = {"login-by": by, **first_row(user, profile, host)}
        active.keep(row, id_)
        self._router.table("/ip/hotspot/host").update(host_id, {"authorized": "true"})
        self._cookies.give(session, host, profile)
        return id_

    def _apply_rate(self, id_: str, session: GuestSession, host: Row, profile: Row) -> None:
        dynamic = self._queues.setdefault(id_, [])
        address = host.get("address", "")
        if rate := profile.get("rate-limit"):
            pair = (rate.split() or ["0"])[0].split("/")
            received, sent = (values.parse_size(part, 1000) or 0 for part in (pair * 2)[:2])
            session.upload_limit = received / 8 if received else NEVER
            session.download_limit = sent / 8 if sent else NEVER
            row = {
                "name": f"<hotspot-{session.user}>",
                "target": f"{address}/32",
                "max-limit": f"{received}/{sent}",
                "dynamic": "true",
            }
            dynamic.append(("/queue/simple", self._router.table("/queue/simple").keep(row)))
        if name := profile.get("address-list"):
            row = {"list": name, "address": address, "dynamic": "true"}
            table = self._router.table("/ip/firewall/address-list")
            dynamic.append(("/ip/firewall/address-list", table.keep(row)))

    # Cookies --------------------------------------------------------------------------------

    def _return_by_cookie(self, now: float) -> None:
        """Log those back in whom an admin threw out, and whose browser still has its cookie."""
        due = [mac for at, mac in self._returning if at <= now]
        self._returning = [(at, mac) for at, mac in self._returning if at > now]
        cookies = self._router.table("/ip/hotspot/cookie")
        for mac in due:
            for id_ in cookies.where(mac_address=mac, mac_cookie="false"):
                try:
                    host, _ = self._guest_of(mac)
                    self.log_in(host, cookies.rows[id_]["user"], None, by="cookie")
                except Refused:
                    continue

    # The end of sessions --------------------------------------------------------------------

    def settle(self) -> None:
        now = self._now
        for id_, session in list(self.sessions.items()):
            at, reason = session.end()
            if at <= now:
                self._finish(id_, at, reason)
        self._drop_old_hosts(now)
        self._cookies.expire()
        if self._returning:
            self._return_by_cookie(now)

    def kick(self, id_: str) -> None:
        """End a session because an admin removed its row."""
        session = self.sessions.get(id_)
        if session is None:
            return
        self._cookies.drop(session.mac, mac_cookie="true")
        if session.by_web and session.guest.gone_since == NEVER:
            self._returning.append((self._now + 1, session.mac))
        self._close(id_, self._now, "admin reset")

    def forget_host(self, id_: str) -> None:
        mac = self._router.table("/ip/hotspot/host").rows[id_]["mac-address"]
        for session_id, session in list(self.sessions.items()):
            if session.mac == mac:
                self._finish(session_id, self._now, "host removed")
        self.guests.pop(id_, None)

    def _finish(self, id_: str, at: float, reason: str) -> None:
        self._close(id_, at, reason)
        table = self._router.table("/ip/hotspot/active")
        if id_ in table.rows:
            table.drop(id_)

    def _close(self, id_: str, at: float, reason: str) -> None:
        """Fold a session's counters into its user, as routers do when it ends and not before."""
        session = self.sessions.pop(id_)
        row = self._router.table("/ip/hotspot/active").rows.get(id_, {})
        for path, dynamic in self._queues.pop(id_, ()):
            table = self._router.table(path)
            if dynamic in table.rows:
                table.drop(dynamic)
        users = self._router.table("/ip/hotspot/user")
        for user in users.where(name=session.user):
            if users.rows[user]["server"] in ("all", row.get("server")):
                users.update(user, folded(users.rows[user], session, at))
                break
        hosts = self._router.table("/ip/hotspot/host")
        for host in hosts.where(mac_address=session.mac):
            hosts.update(host, {"authorized": "false"})
        self._log(f"{session.user} ({row.get('address', '')}): logged out: {reason}", at)

    def _drop_old_hosts(self, now: float) -> None:
        hosts = self._router.loaded("/ip/hotspot/host")
        if hosts is None:
            return
        for id_, guest in list(self.guests.items()):
            # The server's idle-timeout, 5 minutes by default, clears hosts without a session.
            authorized = hosts.rows[id_].get("authorized") == "true"
            if not authorized and guest.quiet_since + 300 <= now:
                hosts.drop(id_)
                self.guests.pop(id_)

    # Rows -----------------------------------------------------------------------------------

    def adopt(self, id_: str, row: Row) -> None:
        """Make a session of a row that was put among the active ones by hand."""
        if id_ in self.sessions:
            return
        now, uptime = self._now, values.parse_duration(row.get("uptime", "0s")) or 0.0
        mac = row.get("mac-address", "00:00:00:00:00:00")
        hosts = self._router.table("/ip/hotspot/host").where(mac_address=mac)
        guest = self.guests[hosts[0]] if hosts else Guest(now, 0, 0)
        self.sessions[id_] = GuestSession(
            row.get("user", ""), mac, now - uptime, guest,
            counted_from=now,
            bytes_in_before=int(row.get("bytes-in", 0)),
            bytes_out_before=int(row.get("bytes-out", 0)),
        )  # fmt: skip

    def adopt_host(self, id_: str, row: Row) -> None:
        if id_ in self.guests:
            return
        self.guests[id_] = Guest(self._now)
        row["mac-address"] = row.get("mac-address", "00:00:00:00:00:00").upper()
        servers = self._router.table("/ip/hotspot").rows.values()
        row.setdefault("server", next((server["name"] for server in servers), "hotspot1"))
        row.setdefault("to-address", row.get("address", ""))
        row.setdefault("found-by", "DHCP")
        for binding in self._router.table("/ip/hotspot/ip-binding").rows.values():
            if binding.get("mac-address") == row["mac-address"] and binding["disabled"] == "false":
                row["bypassed"] = "true" if binding["type"] == "bypassed" else "false"

    def view_session(self, id_: str) -> Row:
        session = self.sessions.get(id_)
        if session is None:
            return {}
        now = self._now
        counted = session.count(now)
        row = {
            "uptime": whole(now - session.started),
            "idle-time": whole(max(0.0, now - session.guest.quiet_since)),
            **dict(zip(COUNTERS, with_packets(counted), strict=True)),
        }
        if session.time_limit != NEVER:
            row["session-time-left"] = whole(math.ceil(session.started + session.time_limit - now))
        return row

    def view_host(self, id_: str, row: Row) -> Row:
        guest = self.guests.get(id_)
        if guest is None:
            return {}
        now = self._now
        counted = next(
            (s.count(now) for s in self.sessions.values() if s.mac == row["mac-address"]), (0, 0)
        )
        return {
            "uptime": whole(now - guest.arrived),
            "idle-time": whole(max(0.0, now - guest.quiet_since)),
            **dict(zip(COUNTERS, with_packets(counted), strict=True)),
        }

    # ----------------------------------------------------------------------------------------

    @property
    def _now(self) -> float:
        return self._router.clock.seconds()

    def _log(self, message: str, at: float | None = None) -> None:
        self._router.log("hotspot,account,info,debug", f"->: {message}", at)

    def _profile(self, user: Row) -> Row:
        profiles = self._router.table("/ip/hotspot/user/profile")
        found = profiles.where(name=user.get("profile", "default"))
        return profiles.rows[found[0]] if found else {}

    def _guest_of(self, mac: str) -> tuple[str, Guest]:
        hosts = self._router.table("/ip/hotspot/host").where(mac_address=mac.upper())
        if not hosts:
            raise Refused(f"failure: unknown host MAC {mac}")
        return hosts[0], self.guests[hosts[0]]

    def _recount(self, guest: Guest) -> None:
        for session in self.sessions.values():
            if session.guest is guest:
                session.recount(self._now)
