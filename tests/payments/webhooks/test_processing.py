"""A webhook only says where to look: what the provider says there decides, once."""

import itertools
import json
from datetime import timedelta

import pytest
import time_machine
from django.db.models import F
from django.utils import timezone

from cloudpilot.jobs import run_due
from cloudpilot.jobs.models import Job
from hotspot.models import Voucher
from payments import charging, settling
from payments.models import LedgerEntry, Payment, WebhookEvent
from payments.webhooks import inbox, processing, tasks
from tests.factories import CredentialsFactory, PackageFactory, PaymentFactory
from tests.parallel import at_once

from .conftest import Sender, deliver, received

pytestmark = pytest.mark.sql

PAYS_AT_ONCE, ASKS, TWICE, TOLD_FIRST = "000", "500", "005", "007"


class Shop:
    """A company with an account at the simulated Kopo Kopo, whose webhooks wait to be sent."""

    def __init__(self, providers, client, owner):
        self.providers, self.client = providers, client
        self.keys = providers.open_account("kopokopo")
        self.credentials = CredentialsFactory(owner=owner, keys=self.keys)
        providers.set_webhook_url(self.keys, self.credentials.webhook_url)
        self.package = PackageFactory(price=5000, router__owner=owner)
        self.sender = Sender(client, self.credentials, self.keys["extra"]["webhook_key"])

    def charge(self, story=ASKS):
        payment = PaymentFactory(
            credentials=self.credentials, package=self.package, phone=f"+254712345{story}"
        )
        charging.submit(payment.pk)
        payment.refresh_from_db()
        return payment

    def paid(self):
        """Return a payment that its guest has just confirmed, and of which nobody has told us."""
        payment = self.charge(PAYS_AT_ONCE)
        self.providers.clock.advance(2)
        return payment

    def deliver(self, times=1):
        """Send us what waits, each so many times; returns the statuses that we answered."""
        return [status for _ in range(times) for status in deliver(self.client, self.providers)]

    def process(self, lane=0):
        return processing.process(self.credentials.pk, lane)

    def says_paid(self, payment, **more):
        """Send a webhook that says so, with a good signature, whatever is true."""
        resource = {"reference": "OJJ1MPU40Z", "amount": "50.0", "currency": "KES"}
        attributes = {
            "status": "Success",
            "event": {"type": "Incoming Payment Request", "resource": resource},
            "metadata": {"reference": payment.attempts.get().reference},
        }
        made = {"id": payment.provider_ref, "type": "incoming_payment", "attributes": attributes}
        return self.sender.send({"data": made | more})


@pytest.fixture
def shop(providers, anonymous, operator):
    providers.webhooks.hold()
    return Shop(providers, anonymous, operator)


@pytest.fixture
def other_shop(providers, shop, anonymous, stranger):
    return Shop(providers, anonymous, stranger)


def states():
    return list(WebhookEvent.objects.order_by("pk").values_list("state", "reason"))


def state_of(payment):
    payment.refresh_from_db()
    return payment.state


def test_a_webhook_makes_a_payment_good(shop):
    payment = shop.paid()

    shop.deliver()
    shop.process()

    assert state_of(payment) == "succeeded"
    assert payment.voucher.router == shop.package.router
    assert WebhookEvent.objects.first().payment == payment


def test_a_worker_does_that_by_itself(shop):
    payment = shop.paid()

    shop.deliver()
    run_due()

    assert state_of(payment) == "succeeded"
    assert not WebhookEvent.objects.filter(state="received").exists()


def test_sent_three_times_it_is_one_voucher_and_one_entry(shop):
    shop.paid()

    assert set(shop.deliver(times=3)) == {200}
    shop.process()
    shop.deliver()
    shop.process()

    assert Voucher.objects.count() == LedgerEntry.objects.count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_dealt_with_by_many_at_once_it_is_one_voucher_and_one_entry(shop):
    shop.paid()
    shop.deliver(times=2)

    answers = at_once(shop.process, 4)

    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert sum(sum(answer.values()) for answer in answers) == WebhookEvent.objects.count()
    assert Voucher.objects.count() == LedgerEntry.objects.count() == 1


def test_what_a_webhook_says_is_not_believed(shop):
    payment = shop.charge(ASKS)

    assert shop.says_paid(payment).status_code == 200
    shop.process()

    assert state_of(payment) == "pending"
    assert not Voucher.objects.exists()


def test_a_webhook_that_comes_before_the_answer_to_our_own_request_counts(shop):
    shop.providers.faults.add("kopokopo", "charge", drop_response=True)
    payment = shop.charge(PAYS_AT_ONCE)
    assert (payment.state, payment.provider_ref) == ("unknown", "")
    shop.providers.clock.advance(2)

    shop.deliver()
    shop.process()

    assert state_of(payment) == "succeeded"


def test_events_in_any_order_end_alike(shop):
    payment = shop.paid()
    ref, reference = payment.provider_ref, payment.attempts.get().reference
    events = [
        {"data": {"id": ref, "type": "incoming_payment", "attributes": {"status": status}}}
        for status in ("Pending", "Success", "Failed")
    ]
    for event in events:
        event["data"]["attributes"]["metadata"] = {"reference": reference}

    for order in itertools.permutations(events):
        for event in order:
            shop.sender.send(event)
            shop.process()

    assert state_of(payment) == "succeeded"
    assert Voucher.objects.count() == LedgerEntry.objects.count() == 1


def test_another_companys_payment_is_none_of_ours(shop, other_shop):
    payment = shop.paid()
    copied = Sender(shop.client, other_shop.credentials, other_shop.sender.key)
    event = {"id": payment.provider_ref, "type": "incoming_payment", "attributes": {}}
    event["attributes"]["metadata"] = {"reference": payment.attempts.get().reference}

    assert copied.send({"data": event}).status_code == 200
    other_shop.process()

    assert state_of(payment) == "pending"
    assert states() == [("received", "no_payment")]


def test_an_old_event_sent_again_changes_nothing(shop):
    payment = shop.paid()
    shop.deliver()
    shop.process()
    payment.refresh_from_db()
    version = payment.version

    for later in (timedelta(hours=1), timedelta(days=30)):
        with time_machine.travel(timezone.now() + later):
            shop.deliver()
            shop.process()

    payment.refresh_from_db()
    assert (payment.state, payment.version) == ("succeeded", version)


def test_money_in_the_till_is_matched_by_its_receipt(shop):
    payment = shop.paid()
    shop.deliver()
    shop.process()
    Payment.objects.filter(pk=payment.pk).update(asked_at=None)
    again = received(9, receipt=Payment.objects.get().provider_receipt)

    shop.sender.send(again)
    shop.process()

    assert WebhookEvent.objects.last().payment == payment
    assert WebhookEvent.objects.last().state == "applied"


def test_what_was_asked_about_since_is_not_asked_again(shop):
    payment = shop.paid()
    shop.deliver()
    assert WebhookEvent.objects.count() == 2
    shop.process()

    asked = Payment.objects.get(pk=payment.pk).polls

    assert asked == 1
    assert sorted(states()) == [("applied", ""), ("ignored", "known")]


# --- Again, and no more -----------------------------------------------------------------------


def test_an_event_of_no_payment_is_looked_at_ever_later_and_then_left(shop):
    shop.sender.send(received())
    now, waits = timezone.now(), []
    for _ in range(4):
        with time_machine.travel(now, tick=False):
            shop.process()
        due_at = WebhookEvent.objects.get().due_at
        waits.append((due_at - now).total_seconds())
        now = due_at
    with time_machine.travel(now, tick=False):
        shop.process()

    assert waits == [30, 60, 90, 120]
    assert states() == [("ignored", inbox.NO_PAYMENT)]


def test_a_payment_that_comes_to_be_known_meanwhile_gets_its_event(shop):
    payment = shop.charge(ASKS)
    shop.sender.send(received(receipt="OJJ1MPU40Z"))
    shop.process()
    Payment.objects.filter(pk=payment.pk).update(provider_receipt="OJJ1MPU40Z")

    with time_machine.travel(timezone.now() + timedelta(seconds=31)):
        shop.process()

    assert states() == [("applied", "")]


def test_an_event_after_which_nothing_can_be_learnt_is_left_to_a_person(shop, caplog):
    payment = shop.charge(ASKS)
    shop.says_paid(payment)
    shop.providers.faults.add("kopokopo", "fetch", times=None, status=500)

    for _ in range(4):
        shop.process()
        assert WebhookEvent.objects.get().state == "received"
        WebhookEvent.objects.update(due_at=timezone.now())
    shop.process()

    (event,) = WebhookEvent.objects.all()
    assert (event.state, event.payment) == ("dead", payment)
    assert [r.levelname for r in caplog.records if r.name == "cloudpilot.webhooks"] == ["ERROR"]


def test_while_the_provider_is_away_events_wait_however_often_it_is_tried(shop):
    payment = shop.paid()
    shop.deliver()
    shop.providers.faults.add("kopokopo", "fetch", times=None, status=429)
    now = timezone.now()
    for minutes in range(12):
        with time_machine.travel(now + timedelta(minutes=minutes)):
            shop.process()
    shop.providers.faults.clear()

    with time_machine.travel(now + timedelta(minutes=30)):
        shop.process()

    assert state_of(payment) == "succeeded"


def test_a_provider_that_does_not_answer_is_asked_again_in_a_second(shop):
    payment = shop.paid()
    shop.deliver()
    shop.providers.faults.add("kopokopo", "fetch", times=None, status=500)
    shop.process()
    shop.providers.faults.clear()
    assert state_of(payment) == "pending"

    Job.objects.filter(task="payments.poll").update(due_at=F("due_at") - timedelta(seconds=1))
    Job.objects.filter(task="payments.webhooks.process").delete()
    run_due()

    assert state_of(payment) == "succeeded"


def test_an_event_that_crashes_keeps_no_other_back(shop, monkeypatch, caplog):
    broken, payment = shop.charge(ASKS), shop.paid()
    shop.says_paid(broken)
    shop.deliver()
    apply = settling.apply

    def crash(pk, *args, **kwargs):
        if pk == broken.pk:
            raise KeyError("a bug")
        return apply(pk, *args, **kwargs)

    monkeypatch.setattr("payments.webhooks.processing.settling.apply", crash)
    for _ in range(5):
        shop.process()
        WebhookEvent.objects.filter(state="received").update(due_at=timezone.now())

    assert state_of(payment) == "succeeded"
    assert WebhookEvent.objects.get(state="dead").reason == "crashed"


def begin_and_die(shop, lane=1):
    """Do as a worker that dies over the events that it has in hand."""
    Job.objects.all().delete()
    for _ in processing._claimed(shop.credentials.pk, lane):
        pass


def test_what_a_dead_worker_had_begun_is_begun_again_in_its_lane_at_once(shop):
    payment = shop.paid()
    shop.deliver()
    begin_and_die(shop, lane=1)

    assert shop.process(lane=0) == {}
    assert shop.process(lane=1)["applied"] == 1
    assert state_of(payment) == "succeeded"


def test_what_a_dead_worker_had_begun_is_begun_again_if_its_job_was_lost_too(shop):
    payment = shop.paid()
    shop.deliver()
    begin_and_die(shop)

    assert tasks.sweep() == 0
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        assert tasks.sweep() == 1
        run_due()

    assert state_of(payment) == "succeeded"


def test_an_event_over_which_workers_die_time_and_again_is_left_to_a_person(shop):
    shop.paid()
    shop.deliver()
    for _ in range(5):
        begin_and_die(shop)
        WebhookEvent.objects.update(due_at=timezone.now())

    assert shop.process(lane=1) == {}
    assert set(WebhookEvent.objects.values_list("state", flat=True)) == {"dead"}


def test_a_job_that_was_lost_is_made_again(shop):
    payment = shop.paid()
    shop.deliver()
    Job.objects.all().delete()

    tasks.sweep()
    run_due()

    assert state_of(payment) == "succeeded"


def test_more_than_a_jobs_worth_is_left_to_another(shop):
    for number in range(processing._A_JOB + 1):
        shop.sender.send(received(number))
    Job.objects.all().delete()

    done = shop.process()

    assert sum(done.values()) == processing._A_JOB
    assert Job.objects.filter(task="payments.webhooks.process").count() == 1


# --- Afterwards -------------------------------------------------------------------------------


def test_what_old_events_said_is_forgotten_and_that_they_were_is_not(shop):
    shop.paid()
    shop.deliver()
    shop.process()

    with time_machine.travel(timezone.now() + timedelta(days=29)):
        assert tasks.drop_old_bodies() == 0
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert tasks.drop_old_bodies() == 2
        shop.deliver()
        assert tasks.drop_old_bodies() == 0

    assert {event.body for event in WebhookEvent.objects.all()} == {None}
    assert {event.deliveries for event in WebhookEvent.objects.all()} == {2}


def test_bodies_that_nobody_has_looked_at_are_kept(shop):
    shop.sender.send(json.dumps(received()).encode())

    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert tasks.drop_old_bodies() == 0
