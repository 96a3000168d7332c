"""One guest's session: what it has used, what it may use, and when it ends."""

from __future__ import annotations

from dataclasses import dataclass

from routers.simulator import values
from routers.simulator.clock import NEVER
from routers.simulator.menus.hotspot import COUNTERS
from routers.simulator.schema import Row

# What a guest does by default, in bytes a second: browsing.
UPLOAD, DOWNLOAD = 10_000, 100_000
PACKET = 1000


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


def start_session(
    user: Row, profile: Row, host: Row, guest: Guest, now: float, by: str
) -> GuestSession:
    """Return a session of `user` that may use what the sessions before have left."""
    uptime = time_left(user, "limit-uptime", "uptime")
    per_session = seconds_of(profile.get("session-timeout")) or NEVER
    return GuestSession(
        user["name"],
        host["mac-address"],
        now,
        guest,
        by_web=by == "http-chap",
        time_limit=min(uptime, per_session),
        time_reason="uptime limit reached" if uptime <= per_session else "session timeout",
        bytes_in_limit=bytes_left(user, "in"),
        bytes_out_limit=bytes_left(user, "out"),
        bytes_total_limit=bytes_left(user, "total"),
        idle_timeout=seconds_of(profile.get("idle-timeout")),
        keepalive_timeout=seconds_of(profile.get("keepalive-timeout")),
        counted_from=now,
    )


def first_row(user: Row, profile: Row, host: Row) -> Row:
    """Return what of a session's row in `/ip/hotspot/active` does not change."""
    row = {"user": user["name"], "mac-address": host["mac-address"]}
    row |= {name: host[name] for name in ("server", "address") if name in host}
    for name in ("idle-timeout", "keepalive-timeout"):
        if profile.get(name, "none") != "none":
            row[name] = profile[name]
    for way in ("in", "out", "total"):
        if (left := bytes_left(user, way)) != NEVER:
            row[f"limit-bytes-{way}"] = str(int(left))
    return row


def _cap(limit: float) -> int:
    return int(limit) if limit != NEVER else 2**63


def seconds_of(text: str | None) -> float:
    if text in (None, "none"):
        return NEVER
    return values.parse_duration(text or "") or 0.0


def time_left(row: Row, limit: str, used: str) -> float:
    total = values.parse_duration(row.get(limit, "")) or NEVER  # 0 means no limit
    return total - (values.parse_duration(row.get(used, "0s")) or 0.0)


def bytes_left(row: Row, name: str) -> float:
    limit = int(row.get(f"limit-bytes-{name}", 0)) or NEVER
    used = [int(row[f"bytes-{way}"]) for way in ("in", "out") if name in (way, "total")]
    return limit - sum(used)


def folded(row: Row, session: GuestSession, at: float) -> Row:
    """Return a user's counters with one more session in them."""
    uptime = (values.parse_duration(row["uptime"]) or 0.0) + at - session.started
    spent = with_packets(session.count(at))
    counters = {
        name: str(int(row[name]) + int(value)) for name, value in zip(COUNTERS, spent, strict=True)
    }
    return {"uptime": values.format_duration(round(uptime)), **counters}


def with_packets(counted: tuple[int, int]) -> tuple[str, str, str, str]:
    received, sent = counted
    return str(received), str(sent), str(-(-received // PACKET)), str(-(-sent // PACKET))


def whole(seconds: float) -> str:
    return values.format_duration(max(0, int(seconds)))
