"""A café, its provider and its router, all in one virtual time: what happens to them, and when.

The product is the real one, in this process. Providers are asked over HTTP; what they send is
posted to the product as it would go over the wire, in the order that the test likes.
"""

import json
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
from payments.providers import gateway_at
from payments.simulator.messages import dump
from payments.webhooks import tasks as webhook_tasks
from routers import connections
from routers import keys as router_keys
from routers.reconcile import passes
from tests.factories import (
    CredentialsFactory,
    CredentialsVersionFactory,
    PackageFactory,
    RouterFactory,
    UserFactory,
)

PRICE = 2000
CARDS = {"mercadopago": "test_APRO", "conekta": "tok_test_visa_4242"}
_ROUNDS = 10  # of jobs that make others due: what goes round for ever stops here
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
        self.lied_to = False  # whether the provider has told old news

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
        self._die_around(settling, "apply")
        self._die_around(vouchers, "give")
        # The router has done it, and nobody hears what it says to that.
        self._patch.setattr(passes, "carry_out", lambda *args: iter(list(carry_out(*args))))
        self._die_around(passes, "carry_out")
        self._die_around(passes.Pass, "_finish")

    def _die_around(self, owner, name):
        function = getattr(owner, name)

        def dying(*args, **kwargs):
            self._die_if(f"before {name}")
            answer = function(*args, **kwargs)
            self._die_if(f"after {name}")
            return answer

        self._patch.setattr(owner, name, dying)

    CRASHES = [
        f"{when} {what}"
        for what in ("charge", "fetch", "apply", "give", "carry_out", "_finish")
        for when in ("before", "after")
    ]

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
                ending.reclaim()
                for sweep in (polling.sweep, refunding.sweep, webhook_tasks.sweep.function):
                    self._unless_away(sweep)
                for _ in range(_ROUNDS):
                    if not jobs.run_due():
                        break
            except Crash:
                connection.close()

    def _unless_away(self, sweep):
        try:
            sweep()
        except OperationalError:
            return  # comes by again

    def _fail_in_time(self, execute, sql, params, many, context):
        """Fail the write that it is time for, before it is done."""
        if self.fails_in and sql.startswith(("UPDATE", "INSERT")) and '"payments_' in sql:
            self.fails_in -= 1
            if not self.fails_in:
                raise OperationalError("the database is away")
        return execute(sql, params, many, context)

    # Guests ---------------------------------------------------------------------------------

    def buy(self, guest, ending):
        """Buy on the portal, and return the receipt; None if the guest has bought too often."""
        body = {
            "package": self.package.pk,
            "mac_address": f"AA:BB:CC:00:00:{guest:02X}",
            **self._means(guest, ending),
        }
        response = self.portal.post("/portal/purchases/", body, format="json")
        if response.status_code == 201:
            return response.json()["receipt"]
        assert response.status_code in (400, 409, 429), f"a purchase is answered {response.content}"
        return None

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

    def lie(self, payment):
        """Say, well signed, that an unpaid payment is paid: somebody has the webhooks' key."""
        attempt = payment.attempts.order_by("-number").first()
        if attempt is None or self.slug != "kopokopo":
            return
        resource = {
            "reference": f"FAKE{payment.pk:06}", "amount": f"{payment.amount / 100:.1f}",
            "currency": payment.currency, "status": "Received",
        }  # fmt: skip
        attributes = {
            "status": "Success",
            "event": {"type": "Incoming Payment Request", "resource": resource, "errors": None},
            "metadata": {"reference": attempt.reference},
        }
        said = {"id": payment.provider_ref or "made-up", "type": "incoming_payment"}
        body = dump({"data": {**said, "attributes": attributes}})
        account = self.providers.account(self.keys)
        sign = self.providers.provider(self.slug).sign
        self.post(self.account.webhook_url, sign(account, body, 0)[1], body)

    # What else may happen ---------------------------------------------------------------------

    def tell_old_news(self, payment):
        """Have the provider's next answer about a charge be one that it gave, or would have, before."""
        if self.slug != "kopokopo" or not payment.provider_ref:
            return
        self.lied_to = True
        attributes = {
            "status": "Failed",
            "event": {"type": "Incoming Payment Request", "resource": None, "errors": None},
            "metadata": {},
        }
        old = {"id": payment.provider_ref, "type": "incoming_payment", "attributes": attributes}
        self.providers.faults.add(self.slug, "fetch", after=True, body=json.dumps({"data": old}))

    def refund(self, payment):
        try:
            refunding.request(payment, user=self.user, reason="test")
        except CannotRefund:
            return

    def edit_package(self, price):
        Package.objects.filter(pk=self.package.pk).update(price=price)
        self.package.refresh_from_db()

    def rotate_keys(self):
        CredentialsVersionFactory(credentials=self.account, **_columns_of(self.keys))

    # The end ----------------------------------------------------------------------------------

    def clear(self):
        """End all that was wrong. Webhooks that were not delivered by now never are."""
        self.crash_at, self.fails_in = "", 0
        self.providers.faults.clear()
        self.providers.webhooks.queued.clear()
        self.device.faults.clear()
        self.device.switch_on()
        self.advance(1)

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
        if self.providers.prompts() or Refund.objects.filter(ended_at=None).exists():
            seconds.append(30.0)
        return min(seconds) if seconds else None


def _columns_of(keys):
    columns = {name: keys[name] for name in ("api_key", "private_key")}
    return columns | {"extra": json.dumps(keys["extra"])}
