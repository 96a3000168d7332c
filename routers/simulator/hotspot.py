"""Guests: from host to session to counters, on the router's own clock.

Nothing happens by timers. Whenever somebody looks, `settle` brings about what the time since
the last look has brought about, each session ending at the moment when it had to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from routers.simulator import values
from routers.simulator.errors import Refused
from routers.simulator.menus.hotspot import COUNTERS
from routers.simulator.schema import Row

if TYPE_CHECKING:
    from routers.simulator.router import Router

# What a guest does by default, in bytes a second: browsing.
UPLOAD, DOWNLOAD = 10_000, 100_000
PACKET = 1000

NEVER = math.inf


@dataclass(slots=True)
class Guest:
    """A device on the hotspot's network: what it sends and takes, and whether it is there."""

    arrived: float
    upload: int = UPLOAD
    download: int = DOWNLOAD
    quiet_since: float = NEVER
    gone_since: float = NEVER


@dataclass(slots=True)
class GuestSession:
    """One login. Limits are what was left at login, and stay as they were then."""

    user: str
    mac: str
    started: float
    guest: Guest
    by_web: bool = False
    time_limit: float = NEVER
    time_reason: str = "session timeout"
    bytes_in_limit: float = NEVER
    bytes_out_limit: float = NEVER
    bytes_total_limit: float = NEVER
    idle_timeout: float = NEVER
    keepalive_timeout: float = NEVER
    upload_limit: float = NEVER
    download_limit: float = NEVER
    bytes_in_before: int = 0
    bytes_out_before: int = 0
    counted_from: float = 0.0

    @property
    def upload(self) -> float:
        return min(self.guest.upload, self.upload_limit)

    @property
    def download(self) -> float:
        return min(self.guest.download, self.download_limit)

    def count(self, now: float) -> tuple[int, int]:
        """Return the bytes in (from the guest) and out (to it) until `now`."""
        busy = max(0.0, min(now, self.guest.quiet_since) - self.counted_from)
        return (
            min(int(self.bytes_in_before + busy * self.upload), _cap(self.bytes_in_limit)),
            min(int(self.bytes_out_before + busy * self.download), _cap(self.bytes_out_limit)),
        )

    def recount(self, now: float) -> None:
        """Keep what was counted so far: the guest's rates are about to change."""
        self.bytes_in_before, self.bytes_out_before = self.count(now)
        self.counted_from = now

    def end(self) -> tuple[float, str]:
        """Return when the session ends if nothing changes, and why."""
        return min(
            (self.started + self.time_limit, self.time_reason),
            (self.guest.quiet_since + self.idle_timeout, "idle timeout"),
            (self.guest.gone_since + self.keepalive_timeout, "keepalive timeout"),
            (self._spent_at(), "traffic limit reached"),
        )

    def _spent_at(self) -> float:
        """Return when the first byte limit is reached, at the guest's present rates."""
        limits = (
            (self.bytes_in_limit - self.bytes_in_before, self.upload),
            (self.bytes_out_limit - self.bytes_out_before, self.download),
            (
                self.bytes_total_limit - self.bytes_in_before - self.bytes_out_before,
                self.upload + self.download,
            ),
        )
        at = min((self.counted_from + left / rate for left, rate in limits if rate), default=NEVER)
        return at if at <= self.guest.quiet_since else NEVER


def _cap(limit: float) -> int:
    return int(limit) if limit != NEVER else 2**63


class Hotspot:
    def __init__(self, router: Router) -> None:
        self._router = router
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
                self._drop_cookies(mac.upper())
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
        if _left(row, "limit-uptime", "uptime") <= 0:
            raise Refused(f"failure: user {user} has reached uptime limit")
        for name in ("in", "out", "total"):
            if _bytes_left(row, name) <= 0:
                raise Refused(f"failure: user {user} has reached traffic limit")

    def _refuse_crowd(self, row: Row, user: str) -> None:
        shared = self._profile(row).get("shared-users", "1")
        if shared == "unlimited":
            return
        if sum(session.user == user for session in self.sessions.values()) >= int(shared):
            raise Refused(f"failure: no more sessions are allowed for user {user}")

    def _open(self, host_id: str, host: Row, user: Row, by: str) -> str:
        profile, now = self._profile(user), self._now
        limits = {
            f"limit-bytes-{name}": str(int(left))
            for name in ("in", "out", "total")
            if (left := _bytes_left(user, name)) != NEVER
        }
        session = GuestSession(
            user["name"], host["mac-address"], now, self.guests[host_id], by == "http-chap",
            counted_from=now,
            bytes_in_limit=_bytes_left(user, "in"),
            bytes_out_limit=_bytes_left(user, "out"),
            bytes_total_limit=_bytes_left(user, "total"),
            idle_timeout=_seconds(profile.get("idle-timeout")),
            keepalive_timeout=_seconds(profile.get("keepalive-timeout")),
        )  # fmt: skip
        uptime = _left(user, "limit-uptime", "uptime")
        per_session = _seconds(profile.get("session-timeout")) or NEVER
        session.time_limit = min(uptime, per_session)
        if uptime <= per_session:
            session.time_reason = "uptime limit reached"
        active = self._router.table("/ip/hotspot/active")
        id_ = active.new_id()
        self.sessions[id_] = session
        self._apply_rate(id_, session, host, profile)
        row = {"user": user["name"], "mac-address": host["mac-address"], "login-by": by, **limits}
        row |= {name: host[name] for name in ("server", "address") if name in host}
        if profile.get("idle-timeout", "none") != "none":
            row["idle-timeout"] = profile["idle-timeout"]
        if profile.get("keepalive-timeout", "none") != "none":
            row["keepalive-timeout"] = profile["keepalive-timeout"]
        active.keep(row, id_)
        self._router.table("/ip/hotspot/host").update(host_id, {"authorized": "true"})
        self._give_cookies(session, host, profile)
        return id_

    def _apply_rate(self, id_: str, session: GuestSession, host: Row, profile: Row) -> None:
        dynamic = self._queues.setdefault(id_, [])
        address = host.get("address", "")
        if rate := profile.get("rate-limit"):
            pair = rate.split()[0].split("/")
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

    def _give_cookies(self, session: GuestSession, host: Row, profile: Row) -> None:
        methods, lifetime = self._login_methods(host)
        if session.by_web and "cookie" in methods:
            self._cookie(session, lifetime, mac_cookie=False)
        if "mac-cookie" in methods and profile.get("add-mac-cookie") == "yes":
            self._cookie(session, _seconds(profile.get("mac-cookie-timeout")), mac_cookie=True)

    def _cookie(self, session: GuestSession, lifetime: float, *, mac_cookie: bool) -> None:
        table = self._router.table("/ip/hotspot/cookie")
        kind = "true" if mac_cookie else "false"
        row = {
            "user": session.user,
            "mac-address": session.mac,
            "mac-cookie": kind,
            "_expires": str(self._now + lifetime),
        }
        for id_ in table.where(mac_address=session.mac, mac_cookie=kind):
            table.drop(id_)
        table.keep(row)

    def _drop_cookies(self, mac: str, **which: str) -> None:
        table = self._router.table("/ip/hotspot/cookie")
        for id_ in table.where(mac_address=mac, **which):
            table.drop(id_)

    def _login_methods(self, host: Row) -> tuple[list[str], float]:
        profiles = self._router.table("/ip/hotspot/profile")
        servers = self._router.table("/ip/hotspot")
        for id_ in servers.where(name=host.get("server", "")):
            for profile in profiles.where(name=servers.rows[id_]["profile"]):
                row = profiles.rows[profile]
                return row["login-by"].split(","), _seconds(row["http-cookie-lifetime"])
        return [], 0.0

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
        self._expire_cookies(now)
        if self._returning:
            self._return_by_cookie(now)

    def kick(self, id_: str) -> None:
        """End a session because an admin removed its row."""
        session = self.sessions.get(id_)
        if session is None:
            return
        self._drop_cookies(session.mac, mac_cookie="true")
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
                users.update(user, _folded(users.rows[user], session, at))
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

    def _expire_cookies(self, now: float) -> None:
        cookies = self._router.loaded("/ip/hotspot/cookie")
        for id_, row in list(cookies.rows.items()) if cookies else ():
            if "_expires" in row and float(row["_expires"]) <= now:
                cookies.drop(id_)  # type: ignore[union-attr]

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
            "uptime": _whole(now - session.started),
            "idle-time": _whole(max(0.0, now - session.guest.quiet_since)),
            **dict(zip(COUNTERS, _with_packets(counted), strict=True)),
        }
        if session.time_limit != NEVER:
            row["session-time-left"] = _whole(math.ceil(session.started + session.time_limit - now))
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
            "uptime": _whole(now - guest.arrived),
            "idle-time": _whole(max(0.0, now - guest.quiet_since)),
            **dict(zip(COUNTERS, _with_packets(counted), strict=True)),
        }

    def view_cookie(self, row: Row) -> Row:
        if "_expires" not in row:
            return {}
        return {"expires-in": _whole(float(row["_expires"]) - self._now)}

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


def _seconds(text: str | None) -> float:
    if text in (None, "none"):
        return NEVER
    return values.parse_duration(text or "") or 0.0


def _left(row: Row, limit: str, used: str) -> float:
    total = values.parse_duration(row.get(limit, "")) or NEVER  # 0 means no limit
    return total - (values.parse_duration(row.get(used, "0s")) or 0.0)


def _bytes_left(row: Row, name: str) -> float:
    limit = int(row.get(f"limit-bytes-{name}", 0)) or NEVER
    used = [int(row[f"bytes-{way}"]) for way in ("in", "out") if name in (way, "total")]
    return limit - sum(used)


def _folded(row: Row, session: GuestSession, at: float) -> Row:
    """Return a user's counters with one more session in them."""
    uptime = (values.parse_duration(row["uptime"]) or 0.0) + at - session.started
    spent = _with_packets(session.count(at))
    counters = {
        name: str(int(row[name]) + int(value)) for name, value in zip(COUNTERS, spent, strict=True)
    }
    return {"uptime": values.format_duration(round(uptime)), **counters}


def _with_packets(counted: tuple[int, int]) -> tuple[str, str, str, str]:
    received, sent = counted
    return str(received), str(sent), str(-(-received // PACKET)), str(-(-sent // PACKET))


def _whole(seconds: float) -> str:
    return values.format_duration(max(0, int(seconds)))
