"""Nobody stays past the end, and nobody is cut before it, whatever happens to the router.

A made-up day in virtual time: vouchers are made, used, paused, extended and revoked while the
router reboots, is wiped, is away and shows a wrong date. What should be is kept here, apart from
the product's own books.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from hotspot import services as acts
from hotspot.models import Package
from hotspot.states import LIVE
from routers import connections
from routers.errors import RouterUnreachable
from routers.simulator import Refused
from tests.factories import PackageFactory, make_voucher
from tests.hotspot.guests import ACTIVE, pass_time, work

pytestmark = pytest.mark.django_db

STEP = 20  # seconds: worker and sweeps come by at least as often
GRACE = timedelta(seconds=60)
# A login is learnt from the router's whole seconds, and a look takes its time.
SLACK = timedelta(seconds=15)


@dataclass
class Guest:
    """A device with a voucher, and what the hotel's desk would say of the two."""

    voucher: object
    mac: str
    address: str
    ends_at: datetime | None  # None: the voucher has not been used yet
    wants_in: bool = False
    paused_at: datetime | None = None
    is_revoked: bool = False
    over_since: datetime | None = None
    is_seen: bool = True  # a first session that no look has met starts no clock of ours


class Day:
    def __init__(self, seed, router, device, clock):
        self.dice = random.Random(seed)
        self.router, self.device, self.clock = router, device, clock
        self.packages = [
            PackageFactory(router=router, duration_hours=1, valid_from=valid_from, devices=devices)
            for valid_from in Package.ValidFrom.values
            for devices in (1, 2)
        ]
        self.guests = []
        self.is_away = False

    def step(self):
        act = self.dice.choices(*zip(*self.ACTS.items(), strict=True))[0]
        act(self)
        pass_time(self.device, self.clock, STEP * self.dice.choice([1, 1, 1, 2]))
        self.work()
        self.check()

    def work(self):
        try:
            work(self.router, timezone.now())
        except RouterUnreachable:
            assert self.is_away
            connections.close()  # forgets that the router was away, as time would

    # What happens ---------------------------------------------------------------------------

    def sell(self):
        voucher = make_voucher(self.dice.choice(self.packages))
        number = len(self.guests) + 1
        self.guests.append(
            Guest(voucher, f"AA:BB:CC:00:{number >> 8:02X}:{number & 255:02X}",
                  f"192.168.88.{number + 1}", voucher.expires_at)
        )  # fmt: skip

    def come(self):
        for guest in self._some():
            guest.wants_in = True
            self._log_in(guest)

    def go(self):
        for guest in self._some():
            if guest.mac in self._online():
                self.device.guests.log_out(guest.mac)
            guest.wants_in = False

    def reboot(self):
        self.device.reboot()
        for guest in self.guests:
            guest.wants_in = False

    def wipe(self):
        self.device.factory_reset()
        for guest in self.guests:
            guest.wants_in = False

    def switch(self):
        self.is_away = not self.is_away
        self.device.switch_off() if self.is_away else self.device.switch_on()

    def set_date(self):
        self.device.faults.set(clock_skew=self.dice.choice([-50 * 365 * 86400, 0, 86400 * 700]))

    def revoke(self):
        for guest in self._some(1):
            acts.revoke(guest.voucher)
            guest.is_revoked, guest.wants_in = True, False
            guest.over_since = timezone.now()

    def pause(self):
        for guest in self._some(1):
            if self._is_good(guest) and guest.paused_at is None:
                acts.pause(guest.voucher)
                guest.paused_at = guest.over_since = timezone.now()
                guest.wants_in = False

    def resume(self):
        for guest in self.guests:
            if guest.paused_at and not guest.is_revoked:
                acts.resume(guest.voucher)
                if guest.ends_at:
                    guest.ends_at += timezone.now() - guest.paused_at
                guest.paused_at = None

    def extend(self):
        for guest in self._some(1):
            if guest.ends_at and self._is_good(guest):
                acts.extend(
                    guest.voucher, lifetime=timedelta(hours=1), time_limit=timedelta(), data_limit=0
                )
                guest.ends_at += timedelta(hours=1)
                guest.wants_in = False  # the router goes by the limits of the login

    def wait(self):
        for _ in range(self.dice.randint(2, 20)):
            pass_time(self.device, self.clock, STEP)
            self.work()
            self.check()

    ACTS = {sell: 4, come: 6, go: 2, reboot: 1, wipe: 1, switch: 1, set_date: 1, revoke: 1,
            pause: 1, resume: 1, extend: 1, wait: 2}  # fmt: skip

    # What should be -------------------------------------------------------------------------

    def check(self):
        now, online = timezone.now(), self._online()
        for guest in self.guests:
            if not guest.is_seen and not self.is_away:
                self._ask_the_books(guest, is_online=guest.mac in online)
            end = guest.over_since if guest.is_revoked or guest.paused_at else guest.ends_at
            if end and now > end + GRACE and not self.is_away:
                assert guest.mac not in online, f"{guest} is in at {now}"
            if guest.wants_in and (end is None or now < end - SLACK):
                assert guest.mac in online, f"{guest} is out at {now}"
            if guest.ends_at and now > guest.ends_at:
                guest.wants_in = False

    def _log_in(self, guest):
        if guest.mac in self._online():
            return
        hosts = {row["mac-address"] for row in self.device.rows("/ip/hotspot/host")}
        if guest.mac not in hosts:
            self.device.guests.arrive(guest.mac, guest.address)
        try:
            self.device.guests.log_in(guest.mac, guest.voucher.code, guest.voucher.code)
        except Refused:
            guest.wants_in = False
            assert self.is_away or not self._is_good(guest) or not self._is_there(guest)
        else:
            if guest.ends_at is None:
                guest.ends_at = timezone.now() + timedelta(hours=1)
                guest.is_seen = False

    def _ask_the_books(self, guest, *, is_online):
        """A session that came and went unseen may be dated too late, and never too early."""
        guest.is_seen = True
        if not is_online:
            guest.voucher.refresh_from_db()
            assert guest.voucher.expires_at is None or guest.voucher.expires_at >= guest.ends_at
            guest.ends_at = guest.voucher.expires_at

    def _is_there(self, guest):
        rows = self.device.rows("/ip/hotspot/user")
        return guest.voucher.code in {r["name"] for r in rows if r["disabled"] == "false"}

    def _is_good(self, guest):
        return (
            guest.voucher.__class__.objects.get(pk=guest.voucher.pk).state_at(timezone.now())
            in LIVE
        )

    def _some(self, most=3):
        usable = [guest for guest in self.guests if not guest.is_revoked]
        return self.dice.sample(usable, min(len(usable), self.dice.randint(1, most)))

    def _online(self):
        return {row["mac-address"] for row in self.device.rows(ACTIVE)}


@pytest.mark.parametrize("seed", range(2))
def test_nobody_stays_past_the_end_and_nobody_is_cut_before_it(seed, router, device, server_clock):
    day = Day(seed, router, device, server_clock)

    for _ in range(30):
        day.step()
