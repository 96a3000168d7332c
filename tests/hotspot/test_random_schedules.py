"""Nobody stays past the end, and nobody is cut before it, whatever happens to the router.

A made-up day in virtual time: vouchers are made, used on one device or two, paused, extended, moved
and revoked while the router reboots, loses its power, is wiped, is away and shows a wrong date.
What should be is kept in `cards`, apart from the product's own books.
"""

import os
import random
from datetime import timedelta

import pytest
from django.utils import timezone

from hotspot import services as acts
from hotspot.models import Package, Voucher
from hotspot.states import LIVE
from routers import connections
from routers.errors import RouterUnreachable
from routers.simulator import Refused
from tests.factories import PackageFactory, make_voucher
from tests.hotspot.cards import Card
from tests.hotspot.guests import ACTIVE, USERS, pass_time, work

pytestmark = pytest.mark.django_db

STEP = 20  # seconds: worker and sweeps come by at least as often
SCHEDULES = int(os.environ.get("SCHEDULES", "1"))


class Day:
    def __init__(self, seed, router, device, clock):
        self.dice = random.Random(seed)
        self.router, self.device, self.clock = router, device, clock
        limits = [{}, {"time_limit_minutes": 20}, {"data_limit_mb": 100}]
        self.packages = [
            PackageFactory(router=router, valid_from=valid_from, devices=devices, **limit)
            for valid_from in Package.ValidFrom.values
            for devices in (1, 2)
            for limit in limits
        ]
        self.cards = []
        self.is_away = False

    def step(self):
        act = self.dice.choices(*zip(*self.ACTS.items(), strict=True))[0]
        act(self)
        self.pass_and_check(STEP * self.dice.choice([1, 1, 1, 2]))

    def pass_and_check(self, seconds):
        self._note_use()
        pass_time(self.device, self.clock, seconds)
        self._note_use(lost_at_most=seconds)
        if not self.is_away:
            for card in self.cards:
                card.note_look(timezone.now())
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
        package = self.dice.choice(self.packages)
        self.cards.append(Card(make_voucher(package), len(self.cards) + 1))

    def come(self):
        for card in self._some():
            guest = self.dice.choice(card.guests)
            if guest.mac not in self._online():
                self._log_in(card, guest)

    def go(self):
        for card in self._some():
            for guest in card.guests:
                if guest.mac in self._online():
                    self._end_sessions(self.device.guests.log_out, guest.mac)
            card.leave()

    def reboot(self):
        self._end_sessions(self.device.reboot)

    def lose_power(self):
        """What the sessions have used is not in the users' counters afterwards."""
        counted = ("uptime", "bytes-in", "bytes-out")
        rows = self.device.rows(USERS)
        self._end_sessions(self.device.reboot)
        for row in rows:
            self.device.set(USERS, row[".id"], {name: row[name] for name in counted})

    def wipe(self):
        self._end_sessions(self.device.factory_reset)

    def switch(self):
        self.is_away = not self.is_away
        self.device.switch_off() if self.is_away else self.device.switch_on()

    def set_date(self):
        self.device.faults.set(clock_skew=self.dice.choice([-50 * 365 * 86400, 0, 86400 * 700]))

    def revoke(self):
        for card in self._some(1):
            acts.revoke(card.voucher)
            card.shut(timezone.now())
            card.is_revoked = True

    def pause(self):
        for card in self._some(1):
            if card.paused_at is None and self._is_good(card):
                acts.pause(card.voucher)
                card.shut(timezone.now())
                card.paused_at = timezone.now()

    def resume(self):
        for card in self.cards:
            if card.paused_at and not card.is_revoked and self._is_good(card):
                card.resume(acts.resume(card.voucher), timezone.now())

    def extend(self):
        for card in self._some(1):
            if self._is_good(card):
                more = {"lifetime": timedelta(), "time_limit": timedelta(), "data_limit": 0}
                name, amount = self.dice.choice(card.extensions)
                acts.extend(card.voucher, **more | {name: amount})
                card.extend(name, amount)

    def move(self):
        for card in self._some(1):
            if self._is_good(card):
                mac = self.dice.choice(["", *(guest.mac for guest in card.guests)])
                acts.move(card.voucher, mac)
                card.move(mac, timezone.now())

    def wait(self):
        for _ in range(self.dice.randint(2, 20)):
            self.pass_and_check(STEP)

    ACTS = {sell: 4, come: 8, go: 2, reboot: 1, lose_power: 1, wipe: 1, switch: 1, set_date: 1,
            revoke: 1, pause: 1, resume: 1, extend: 2, move: 1, wait: 3}  # fmt: skip

    # What should be -------------------------------------------------------------------------

    def check(self):
        if self.is_away:
            return
        self._note_use()  # once more: a busy machine takes its time over the work
        now, online = timezone.now(), self._online()
        for card in self.cards:
            card.voucher.refresh_from_db()
            card.is_changed = False
            for guest in card.guests:
                if guest.mac in online:
                    assert not card.should_be_out(guest, now), f"{guest.mac} is in: {card}"
                elif guest.wants_in and card.should_be_in(now, guest):
                    self._come_back(card, guest)
                guest.wants_in &= card.should_be_in(now, guest)
            card.check_books()

    def _come_back(self, card, guest):
        """Routers fix limits at login; a guest with more by now is cut off, and comes back."""
        assert guest.has_old_limits, f"{guest.mac} is out: {card}"
        assert self._log_in(card, guest), f"{guest.mac} cannot come back: {card}"

    def _log_in(self, card, guest):
        hosts = {row["mac-address"] for row in self.device.rows("/ip/hotspot/host")}
        if guest.mac not in hosts:
            self.device.guests.arrive(guest.mac, guest.address)
        try:
            id_ = self.device.guests.log_in(guest.mac, card.voucher.code, card.voucher.code)
        except Refused as refused:
            self._check_refusal(card, guest, refused)
            return False
        card.come_in(guest, id_, timezone.now())
        return True

    def _check_refusal(self, card, guest, refused):
        may_refuse = self.is_away or card.is_changed or not self._is_there(card)
        assert may_refuse or not card.should_be_in(timezone.now(), guest), f"{refused}: {card}"

    def _end_sessions(self, end, *args):
        self._note_use()
        end(*args)
        gone = {guest.mac for card in self.cards for guest in card.guests} - self._online()
        for card in self.cards:
            card.end_sessions(gone)
            for guest in card.guests:
                guest.wants_in &= guest.mac not in gone

    def _note_use(self, lost_at_most=0):
        rows = {row[".id"]: row for row in self.device.rows(ACTIVE)}
        for card in self.cards:
            card.note_use(rows, lost_at_most)

    def _is_there(self, card):
        rows = self.device.rows(USERS)
        return card.voucher.code in {r["name"] for r in rows if r["disabled"] == "false"}

    def _is_good(self, card):
        voucher = Voucher.objects.get(pk=card.voucher.pk)
        return voucher.state_at(timezone.now()) in LIVE

    def _some(self, most=3):
        usable = [card for card in self.cards if not card.is_revoked]
        return self.dice.sample(usable, min(len(usable), self.dice.randint(1, most)))

    def _online(self):
        return {row["mac-address"] for row in self.device.rows(ACTIVE)}


@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_nobody_stays_past_the_end_and_nobody_is_cut_before_it(seed, router, device, server_clock):
    day = Day(seed, router, device, server_clock)

    for _ in range(30):
        day.step()
