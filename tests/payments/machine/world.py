"""A café, its provider and its router, all in one virtual time: what happens to them, and when.

The product is the real one, in this process. Providers are asked over HTTP; what they send is
posted to the product as it would go over the wire, in the order that the test likes.
"""

import json
from contextlib import contextmanager, suppress
from datetime import datetime
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from django.core.management.color import no_style
from django.core.management.sql import sql_flush
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from cloudpilot import jobs
from cloudpilot.jobs import ending
from cloudpilot.jobs.models import Job
from hotspot.models import Package
from payments import asking, polling, refunding, settling, vouchers
from payments.errors import CannotRefund
from payments.gateways import mercadopago
from payments.models import Payment, Refund, WebhookEvent
from payments.providers import gateway_at, gateway_of
from payments.simulator.charges import Change
from payments.simulator.charges import State as ChargeState
from payments.simulator.stories import Answer
from payments.webhooks import tasks as webhook_tasks
from routers import connections
from routers import keys as router_keys
from routers.reconcile import passes, services
from tests.factories import (
    CredentialsFactory,
    CredentialsVersionFactory,
    PackageFactory,
    RouterFactory,
    UserFactory,
)

PRICE = 2000
CARDS = {"mercadopago": "test_APRO", "conekta": "tok_test_visa_4242"}
# What makes itself due again for ever stops here.
_ROUNDS, _JOBS = 3, 10
NOT_TOLD = "100"  # a phone whose story is the test's to tell


class Crash(BaseException):
    """The process is killed: nothing that it was about to do is done."""


class World:
    """One run: everything in it is forgotten when the next begins."""

    def __init__(self, providers, device, slug):
        self.providers, self.device, self.slug = providers, device, slug
        self._forget_everything()
        self._patch = pytest.MonkeyPatch()
        self._patch_time()
        self._patch_crashes()
        self.crash_at = ""
        self.fails_in = 0  # writes to the books until the database fails one
        self._swept_at = 0.0
        self._seen = None
        self.is_wiped = False
        self.on_settled = lambda payment: None  # called when one may have been: guests look then
        self.user = UserFactory(username="operator")
        self.router = RouterFactory(owner=self.user, port=device.port("api"))
        self.keys = providers.open_account(slug)
        self.account = CredentialsFactory(provider=slug, keys=self.keys, owner=self.user)
        providers.set_webhook_url(self.keys, self.account.webhook_url)
        currency = "MXN" if slug in CARDS else "KES"
        self.package = PackageFactory(router=self.router, price=PRICE, currency=currency)
        self.portal = APIClient()
        self.portal.credentials(HTTP_X_API_KEY=router_keys.issue(self.router).token)
        self.web = Client(raise_request_exception=False)
        self.taken = []  # webhooks that were delivered, for replays
        self.lost = []  # and those that were not
        self.lied_to = False  # whether the provider has told old news
        self.work()  # the router is made ready, so that what happens to it happens to sales

    def _forget_everything(self):
        connection.ops.execute_sql_flush(sql_flush(no_style(), connection, reset_sequences=False))
        gateway_at.cache_clear()
        self.providers.reset()
        self.providers.webhooks.hold()
        connections.close()
        self.device.faults.clear()
        self.device.switch_on()
        self.device.factory_reset()

    def close(self):
        self._patch.undo()

    def _patch_time(self):
        clock = self.providers.clock

        class VirtualDatetime(datetime):
            @classmethod
            def now(cls, tz=None):
                return clock.moment().astimezone(tz)

        self._patch.setattr(timezone, "datetime", VirtualDatetime)
        self._patch.setattr(mercadopago, "time", SimpleNamespace(time=clock.now))

    def _patch_crashes(self):
        """Let the process die where it hurts; whatever is patched there already stays in it."""
        carry_out = passes.carry_out
        self._die_around(asking, "charge")
        self._die_around(asking, "fetch")
        self._die_around(settling, "apply", then=lambda payment: self.on_settled(payment))
        self._die_around(vouchers, "give")
        # The router has done it, and nobody hears what it says to that.
        self._patch.setattr(passes, "carry_out", lambda *args: iter(list(carry_out(*args))))
        self._die_around(passes, "carry_out")
        self._die_around(passes.Pass, "_finish")

    def _die_around(self, owner, name, then=lambda answer: None):
        function = getattr(owner, name)

        def dying(*args, **kwargs):
            self._die_if(f"before {name}")
            answer = function(*args, **kwargs)
            then(answer)
            self._die_if(f"after {name}")
            return answer

        self._patch.setattr(owner, name, dying)

    # Each where a restart finds something else than at the others.
    CRASHES = [
        "before charge", "after charge", "before apply", "before give", "after apply",
        "before carry_out", "after carry_out", "before _finish",
    ]  # fmt: skip

    def _die_if(self, place):
        if self.crash_at == place:
            self.crash_at = ""
            raise Crash

    # Time and work --------------------------------------------------------------------------

    def advance(self, seconds):
        self.providers.clock.advance(seconds)
        self.device.advance(seconds)
        gateway_at.cache_clear()  # forgets who was away, as time would
        connections.close()

    def work(self):
        """Do what workers do until nothing is due. One that is killed leaves the rest lying."""
        with connection.execute_wrapper(self._fail_in_time):
            try:
                self._sweep()
                for _ in range(_ROUNDS):
                    if not (self._is_due() and jobs.run_due(_JOBS)):
                        break
            except Crash:
                connection.close()

    def _sweep(self):
        """Do what is done every so many seconds."""
        now = self.providers.clock.now()
        if now - self._swept_at < webhook_tasks.SWEEP_SECONDS:
            return
        self._swept_at = now
        for sweep in (ending.reclaim, polling.sweep, refunding.sweep, webhook_tasks.sweep.function):
            with suppress(OperationalError):  # comes by again
                sweep()

    def _is_due(self):
        return Job.objects.filter(state=Job.State.QUEUED, due_at__lte=timezone.now()).exists()

    def _fail_in_time(self, execute, sql, params, many, context):
        """Fail the write that it is time for, before it is done."""
        if self.fails_in and sql.startswith(("UPDATE", "INSERT")) and '"payments_' in sql:
            self.fails_in -= 1
            if not self.fails_in:
                raise OperationalError("the database is away")
        return execute(sql, params, many, context)

    def has_changed(self):
        """Whether anything was written, here or at the provider, since this was asked last."""
        last = self._seen
        connection.ensure_connection()
        self._seen = connection.connection.total_changes, len(self.providers.ledger)
        return self._seen != last

    # Guests ---------------------------------------------------------------------------------

    def buy(self, guest, ending):
        """Buy on the portal, and return the receipt; None if the guest has bought too often."""
        body = {
            "package": self.package.pk,
            "mac_address": self.device_of(guest),
            **self._means(guest, ending),
        }
        response = self.portal.post("/portal/purchases/", body, format="json")
        if response.status_code == 201:
            return response.json()["receipt"]
        assert response.status_code in (400, 409, 429), f"a purchase is answered {response.content}"
        return None

    def device_of(self, guest):
        return f"AA:BB:CC:00:00:{guest:02X}"

    def _means(self, guest, ending):
        if self.slug not in CARDS:
            return {"phone_number": f"+25471234{guest}{ending}"}
        return {
            "phone_number": f"+5255123456{guest}8",
            "email": "guest@example.com",
            "card_token": f"{CARDS[self.slug]}_{ending}",
        }

    def look(self, receipt):
        response = self.portal.get(f"/portal/purchases/{receipt}/")
        assert response.status_code == 200, f"a guest's look is answered {response.status_code}"
        return response.json()

    # Webhooks -------------------------------------------------------------------------------

    def deliver(self, webhook, *, forged=""):
        self.providers.webhooks.drop(webhook)
        self.taken.append(webhook)
        message = self.providers.webhooks.message(webhook, forged)
        return self.post(message.url, message.headers, message.body)

    def post(self, url, headers, body):
        parts = urlsplit(url)
        headers = dict(headers)
        kind = headers.pop("Content-Type", "application/json")
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        response = self.web.post(path, body, content_type=kind, headers=headers)
        assert response.status_code < 500, f"a webhook is answered {response.status_code}"
        return response.status_code

    def lie(self, prompt):
        """Say, well signed, that what waits was paid: somebody has the webhooks' key."""
        charge = self.providers.charge(prompt.id)
        with self._told_as(charge, **_paid(charge)):
            webhooks = self.providers.provider(self.slug).tell(charge, Change.PAID)
        for webhook in webhooks:
            message = self.providers.webhooks.message(webhook)
            self.post(message.url, message.headers, message.body)

    def _charges_of(self, payment):
        account = self.providers.account(self.keys)
        for attempt in payment.attempts.order_by("number"):
            yield from self.providers.charges_of(account, self.named(attempt.reference))

    def named(self, reference):
        """Return what the provider keeps of our name for a charge."""
        return reference[-12:] if self.slug == "daraja" else reference

    @contextmanager
    def _told_as(self, charge, **said):
        """Have the provider show something else of a charge than what is so."""
        so = {name: getattr(charge, name) for name in said}
        try:
            vars(charge).update(said)
            yield
        finally:
            vars(charge).update(so)

    # What else may happen ---------------------------------------------------------------------

    def tell_old_news(self, payment):
        """Have the provider believe, for as long as it is asked now, that a charge had failed.

        What it sends about the charge makes us ask.
        """
        self.lied_to = True
        for charge in self._charges_of(payment):
            about = [one for one in self.providers.webhooks.queued if one.ref == charge.id]
            failed = {"state": ChargeState.FAILED, "failure": Answer.INSUFFICIENT}
            with self._told_as(charge, **failed):
                for webhook in about[:1]:
                    self.deliver(webhook)
                self.work()

    def refund(self, payment):
        try:
            refunding.request(payment, user=self.user, reason="test")
        except CannotRefund:
            return

    def wipe_the_router(self):
        self.device.factory_reset()
        self.is_wiped = True

    def edit_package(self, price):
        Package.objects.filter(pk=self.package.pk).update(price=price)
        self.package.refresh_from_db()

    def rotate_keys(self):
        CredentialsVersionFactory(credentials=self.account, **_columns_of(self.keys))

    # The end ----------------------------------------------------------------------------------

    def clear(self):
        """End all that was wrong, and let guests do what they still would.

        Webhooks that were lost stay so, but of providers that cannot be asked by our own name for
        a charge: those try again for hours.
        """
        self.clear_ours()
        self.providers.faults.clear()
        gateway = gateway_of(self.slug)
        self.lose_webhooks()
        if self.providers.prompts():
            self.advance(200)  # who pays later than that is not waited for any more
            self.work()
        while self.providers.prompts():
            self.advance(self.providers.clock.until_next() or 1.0)
        if not (gateway.can_look_up or gateway.can_list):
            for webhook in [*self.lost, *self.providers.webhooks.queued]:
                self.deliver(webhook)
        self.lose_webhooks()
        if self.is_wiped:  # which the look at each router every quarter of an hour finds
            services.ask_for_pass(self.router)
        self.advance(1)

    def clear_ours(self):
        """End what was wrong with us and with the router; the provider cannot be reached."""
        self.crash_at, self.fails_in = "", 0
        self.device.faults.clear()
        self.device.switch_on()
        self.providers.faults.clear()
        self.providers.faults.add(self.slug, drop_request=True, times=None)

    def lose_webhooks(self):
        self.lost += self.providers.webhooks.queued
        self.providers.webhooks.queued.clear()

    def next_event(self):
        """Return in how many seconds something is due here, None if nothing ever is."""
        now = timezone.now()
        moments = [
            *Job.objects.filter(state=Job.State.QUEUED).values_list("due_at", flat=True),
            *Job.objects.filter(state=Job.State.RUNNING).values_list("lease_until", flat=True),
            *Payment.objects.exclude(ask_at=None).values_list("ask_at", flat=True),
            *WebhookEvent.objects.filter(state="received").values_list("due_at", flat=True),
        ]
        # Sweeps look for nothing that is not late.
        seconds = [max(0.0, (moment - now).total_seconds()) + 11 for moment in moments if moment]
        if Refund.objects.filter(ended_at=None).exists():
            seconds.append(30.0)
        return min(seconds) if seconds else None


def _paid(charge):
    return {
        "state": ChargeState.PAID,
        "receipt": "MADEUP0001",
        "paid": charge.amount,
        "paid_currency": charge.currency,
        "paid_at": charge.made_at,
    }


def _columns_of(keys):
    columns = {name: keys[name] for name in ("api_key", "private_key")}
    return columns | {"extra": json.dumps(keys["extra"])}
