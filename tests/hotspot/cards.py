"""A voucher as the hotel's desk would judge it, from what happened and not from the product's books."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hotspot.models import Voucher
from hotspot.usage import NOTHING, Usage, total, usage_of
from routers.simulator.guest_sessions import DOWNLOAD, UPLOAD

GRACE = timedelta(seconds=60)
# A login is learnt from the router's whole seconds, and a look takes its time.
SLACK = timedelta(seconds=15)


def fastest(seconds):
    """Return the most that a guest can use in this time."""
    return Usage(seconds, seconds * UPLOAD, seconds * DOWNLOAD)


@dataclass
class Session:
    id: str
    used: Usage = NOTHING
    seen: Usage = NOTHING  # by a look
    is_over: bool = False


@dataclass
class Guest:
    """A device with the voucher."""

    mac: str
    address: str
    wants_in: bool = False
    has_old_limits: bool = False
    session: Session | None = None


@dataclass
class Card:
    voucher: Voucher
    number: int
    guests: list[Guest] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    lifetime: timedelta = timedelta(hours=1)
    put_off: timedelta = timedelta()  # by pauses
    first_login: datetime | None = None  # the very first; for one from sale, the sale
    first_seen: datetime | None = None  # of those that a look has met
    paused_at: datetime | None = None
    shut_since: datetime | None = None  # revoked or paused
    is_revoked: bool = False
    bound_mac: str = ""
    bound_since: datetime | None = None
    spent_since: datetime | None = None  # as looks could tell
    unsure: Usage = NOTHING  # what may have been used besides
    is_changed: bool = False  # and the router has not heard of it

    def __post_init__(self):
        high, low = divmod(self.number, 100)
        for place in range(self.voucher.devices):
            mac = f"AA:BB:CC:{place:02X}:{high:02X}:{low:02X}"
            self.guests.append(Guest(mac, f"10.{place}.{high}.{low + 1}"))
        if self.voucher.expires_at:
            self.first_login = self.first_seen = self.voucher.expires_at - self.lifetime

    @property
    def extensions(self):
        limits = {"lifetime": timedelta(hours=1)}
        if self.voucher.time_limit:
            limits["time_limit"] = timedelta(minutes=10)
        if self.voucher.data_limit:
            limits["data_limit"] = 50 * 2**20
        return list(limits.items())

    # What happens ---------------------------------------------------------------------------

    def come_in(self, guest, session_id, now):
        guest.wants_in, guest.has_old_limits = True, False
        guest.session = Session(session_id)
        self.sessions.append(guest.session)
        self.first_login = self.first_login or now

    def leave(self):
        for guest in self.guests:
            guest.wants_in = False

    def end_sessions(self, macs):
        for guest in self.guests:
            if guest.session and guest.mac in macs:
                guest.session.is_over = True
                guest.session = None

    def shut(self, now):
        self.leave()
        self.shut_since = now

    def resume(self, voucher, now):
        if voucher.expires_at:
            self.put_off += now - self.paused_at
        self.paused_at = self.shut_since = None
        self.is_changed = True

    def extend(self, name, amount):
        if name == "lifetime":
            self.lifetime += amount
        self.voucher.refresh_from_db()
        self.spent_since = None
        self.is_changed = True
        for guest in self.guests:
            guest.has_old_limits = guest.session is not None

    def move(self, mac, now):
        self.leave()
        self.bound_mac, self.bound_since = mac, now
        self.is_changed = True

    def note_use(self, rows, lost_at_most):
        """Read how much is used; of sessions that have ended meanwhile, nobody knows exactly."""
        for guest in self.guests:
            if guest.session is None:
                continue
            if guest.session.id in rows:
                guest.session.used = usage_of(rows[guest.session.id])
            else:
                self.unsure += fastest(lost_at_most)
                self.end_sessions([guest.mac])

    def note_look(self, now):
        """Say that the server looks now, and sees what is open."""
        for guest in self.guests:
            if guest.session:
                guest.session.seen = guest.session.used
                began = now - guest.session.used.time
                self.first_seen = min(self.first_seen or began, began)
        if self.spent_since is None and self._is_spent(total(s.seen for s in self.sessions)):
            self.spent_since = now

    # What should be -------------------------------------------------------------------------

    def should_be_out(self, guest, now):
        """Whether a guest has no business here, for a minute already, as far as anybody knew."""
        ends = [self.shut_since, self.spent_since]
        if self.first_seen:
            ends.append(self.first_seen + self.lifetime + self.put_off)
        if self.bound_mac not in ("", guest.mac):
            ends.append(self.bound_since)
        return any(end and now > end + GRACE for end in ends)

    def should_be_in(self, now, guest):
        """Whether the voucher is good beyond doubt, and on this device."""
        if self.shut_since or self.bound_mac not in ("", guest.mac):
            return False
        end = self.first_login and self.first_login + self.lifetime + self.put_off
        is_over = end is not None and now >= end - SLACK
        return not is_over and not self._is_spent(self._at_most() + self._tolerance())

    def check_books(self):
        """Compare with what the product has counted."""
        voucher = self.voucher
        used = Usage(int(voucher.online_time.total_seconds()), voucher.uploaded, voucher.downloaded)
        seen = total(session.seen for session in self.sessions)
        assert (self._at_most() + self._tolerance()).covers(used), f"counted twice: {self}"
        assert (used + self._tolerance()).covers(seen), f"forgotten: {self}"

    def _at_most(self):
        return total(session.used for session in self.sessions) + self.unsure

    def _tolerance(self):
        """Allow for whole seconds, and for counters that are not read in one moment."""
        seconds = 15 + 12 * len(self.sessions)
        return fastest(seconds)

    def _is_spent(self, used):
        limit, data = self.voucher.time_limit, self.voucher.data_limit
        is_over_time = limit is not None and used.time >= limit
        return is_over_time or (data is not None and used.uploaded + used.downloaded >= data)
