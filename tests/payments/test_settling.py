"""What a provider said, written down: one state, one voucher, one entry, whoever came first."""

import itertools

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, Sum

from hotspot import services as hotspot_services
from hotspot.models import Voucher
from payments import settling, transitions
from payments.errors import Moved
from payments.gateways.base import Outcome
from payments.models import LedgerEntry, Notice, Payment, Refund
from payments.settling import apply, complete
from payments.states import State
from routers.models import Router
from tests.factories import (
    CredentialsFactory,
    PackageFactory,
    PaidFactory,
    PaymentFactory,
    UserFactory,
    said,
)
from tests.parallel import at_a_lock, at_once
from tests.payments.ledger import balance

pytestmark = [pytest.mark.sql, pytest.mark.django_db]


def left(payment):
    """Return what became of the payment: all that must not depend on who told first."""
    payment = Payment.objects.select_related("voucher").get(pk=payment.pk)
    assert balance(payment) == payment.received - payment.refunded
    assert transitions.is_whole(payment)
    voucher = payment.voucher
    lets_in = bool(voucher and not voucher.revoked_at)
    return payment.state, payment.received, payment.refunded, lets_in


def test_a_success_gives_one_voucher_of_the_terms_that_were_bought():
    payment = PaymentFactory(package__data_limit_mb=100)

    payment = apply(payment.pk, said(payment, receipt="OJM6Q1W84K"), source="webhook")

    voucher = payment.voucher
    assert (payment.state, payment.received) == (State.SUCCEEDED, payment.amount)
    assert payment.settled_at
    assert (voucher.source, voucher.data_limit) == (Voucher.Source.SALE, 100 * 2**20)
    assert (payment.provider_ref, payment.provider_receipt) == (
        f"charge-{payment.pk}",
        "OJM6Q1W84K",
    )
    entry = payment.entries.get()
    assert (entry.kind, entry.amount) == (LedgerEntry.Kind.RECEIVED, payment.amount)


def test_the_same_news_again_gives_nothing_more():
    payment = PaidFactory()

    for source in ("webhook", "poll", "report"):
        apply(payment.pk, said(payment), source=source)

    assert Voucher.objects.count() == payment.entries.count() == 1
    assert payment.transitions.count() == payment.notices.count() == 1


@pytest.mark.parametrize(
    "sayings",
    [
        (Outcome.PENDING, Outcome.FAILED, Outcome.SUCCEEDED, Outcome.SUCCEEDED),
        (Outcome.PENDING, Outcome.SUCCEEDED, Outcome.FAILED, Outcome.DISPUTED),
        (Outcome.SUCCEEDED, Outcome.FAILED, Outcome.DISPUTED, Outcome.REFUNDED),
        (Outcome.PENDING, Outcome.SUCCEEDED, Outcome.REFUNDED, Outcome.FAILED),
        (Outcome.PENDING, Outcome.FAILED, Outcome.FAILED, Outcome.PENDING, Outcome.SUCCEEDED),
    ],
    ids="-".join,
)
def test_all_orders_of_the_same_news_end_alike(sayings):
    package = PackageFactory()
    account = CredentialsFactory(company=package.company)

    ends = set()
    for order in set(itertools.permutations(sayings)):
        payment = PaymentFactory(package=package, credentials=account)
        for outcome in order:
            apply(payment.pk, said(payment, outcome), source="webhook")
        ends.add(left(payment))

    assert len(ends) == 1


@pytest.mark.parametrize("parts", [(0, 300, 1000), (0, 300, 700), (300, 700)])
def test_all_orders_of_refunds_at_the_provider_end_alike(parts):
    package = PackageFactory(price=1000)
    account = CredentialsFactory(company=package.company)

    ends = set()
    for order in itertools.permutations(parts):
        payment = PaymentFactory(package=package, credentials=account)
        for refunded in order:
            apply(payment.pk, said(payment, refunded=refunded), source="poll")
        ends.add(left(payment))

    assert ends == {
        (State.REFUNDED, 1000, 1000, False)
        if max(parts) == 1000
        else (State.PARTIALLY_REFUNDED, 1000, max(parts), True)
    }


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_webhook_poll_and_second_webhook_at_once_give_one_voucher_and_one_entry():
    payment = PaymentFactory()
    sources = ["webhook", "poll", "webhook", "charge"]

    answers = at_a_lock(
        Payment.objects.filter(pk=payment.pk),
        lambda i: apply(payment.pk, said(payment), source=sources[i]).state,
        4,
    )

    assert answers == [State.SUCCEEDED] * 4
    assert Voucher.objects.count() == LedgerEntry.objects.count() == 1
    assert left(payment) == (State.SUCCEEDED, payment.amount, 0, True)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_success_failure_and_dispute_at_once_end_as_in_any_order():
    payment = PaymentFactory()
    sayings = [Outcome.SUCCEEDED, Outcome.FAILED, Outcome.DISPUTED, Outcome.PENDING] * 2

    at_once(lambda i: apply(payment.pk, said(payment, sayings[i]), source="webhook"), 8)

    assert left(payment) == (State.DISPUTED, payment.amount, payment.amount, False)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_payments_at_once_a_charge_pays_for_one():
    package = PackageFactory()
    account = CredentialsFactory(company=package.company)
    payments = [PaymentFactory(package=package, credentials=account) for _ in range(4)]
    charge = said(payments[0], provider_ref="the-one", receipt="OJM6Q1W84K")

    at_once(lambda i: apply(payments[i].pk, charge, source="webhook"), 4)

    states = sorted(Payment.objects.values_list("state", flat=True))
    assert states == sorted([State.REVIEW] * 3 + [State.SUCCEEDED])
    assert LedgerEntry.objects.aggregate(sum=Sum("amount"))["sum"] == package.price


def test_a_receipt_that_paid_for_something_else_pays_for_nothing_more():
    account = CredentialsFactory()
    first, second = (
        PaymentFactory(credentials=account, package__company=account.company) for _ in range(2)
    )
    apply(first.pk, said(first, receipt="OJM6Q1W84K"), source="poll")

    second = apply(second.pk, said(second, receipt="OJM6Q1W84K"), source="poll")

    assert (second.state, second.reason) == (State.REVIEW, "charge_of_another")
    assert (second.received, second.voucher) == (0, None)


def test_a_package_that_was_changed_or_retired_since_gives_what_was_bought():
    payment = PaymentFactory(package__duration_hours=2, package__price=500)
    package = payment.package
    package.duration_hours, package.price, package.devices = 1, 900, 7
    package.save()
    hotspot_services.delete_package(package)

    payment = apply(payment.pk, said(payment), source="poll")

    package.refresh_from_db()
    assert package.retired_at
    assert payment.voucher.package == package
    assert payment.voucher.lifetime.total_seconds() == 2 * 3600
    assert (payment.received, payment.voucher.devices) == (500, 1)


@pytest.mark.parametrize("state", [State.FAILED, State.EXPIRED, State.CANCELED])
def test_a_late_success_wins(state):
    payment = PaymentFactory()
    transitions.move(payment, State.PENDING)
    Payment.objects.filter(pk=payment.pk).update(state=state)

    payment = apply(payment.pk, said(payment), source="poll")

    assert payment.state == State.SUCCEEDED
    assert payment.voucher


def test_money_that_comes_late_for_a_router_that_is_gone_is_kept_for_a_person():
    payment = PaymentFactory()
    apply(payment.pk, said(payment, Outcome.FAILED), source="poll")
    payment.package.retired_at = payment.created_at
    payment.package.save()
    payment.router.delete()

    payment = apply(payment.pk, said(payment), source="webhook")

    assert (payment.state, payment.reason) == (State.REVIEW, "no_voucher_possible")
    assert (payment.received, balance(payment)) == (payment.amount, payment.amount)


def test_a_router_stays_while_somebody_pays_for_it():
    PaidFactory()
    payment = PaymentFactory()
    payment.package.retired_at = payment.created_at
    payment.package.save()

    with pytest.raises(ProtectedError):
        payment.router.delete()

    assert Router.objects.filter(pk=payment.router_id).exists()


@pytest.mark.parametrize(
    ("more", "reason", "received"),
    [
        ({"amount": 999}, "amount_differs", 999),
        ({"amount": 1001}, "amount_differs", 1001),
        ({"amount": 1000, "currency": "UGX"}, "currency_differs", 1000),
        ({"live": True}, "environment_differs", 0),
    ],
)
def test_other_than_the_price_goes_to_review_with_what_came(more, reason, received):
    payment = PaymentFactory(package__price=1000)

    payment = apply(payment.pk, said(payment, **more), source="poll")

    assert (payment.state, payment.reason, payment.voucher) == (State.REVIEW, reason, None)
    assert (payment.received, balance(payment)) == (received, received)
    assert payment.notices.get().kind == Notice.Kind.REVIEW


def test_money_in_another_currency_is_counted_in_that():
    payment = PaymentFactory()

    payment = apply(payment.pk, said(payment, currency="UGX"), source="poll")

    assert payment.money_currency == payment.entries.get().currency == "UGX"


def test_what_a_provider_says_at_length_still_settles_it():
    odd, refused = PaymentFactory(), PaymentFactory()

    odd = apply(odd.pk, said(odd, currency="Kenya shilling"), source="poll")
    refused = apply(refused.pk, said(refused, Outcome.FAILED, reason="no " * 50), source="poll")

    assert (odd.state, odd.money_currency) == (State.REVIEW, "XXX")
    assert (refused.state, len(refused.reason)) == (State.FAILED, 50)
    assert transitions.is_whole(refused)


def test_money_at_another_account_is_nobodys_sale():
    account = CredentialsFactory(keys__identity="till-1")
    payment = PaymentFactory(credentials=account, package__company=account.company)

    payment = apply(payment.pk, said(payment, account="till-2"), source="webhook")

    assert (payment.state, payment.reason) == (State.REVIEW, "account_differs")
    assert payment.received == 0


def test_a_price_paid_in_parts_is_good_with_the_last():
    payment = PaymentFactory(package__price=1000)

    for amount in (400, 700, 1000, 1000):
        payment = apply(payment.pk, said(payment, amount=amount), source="poll")

    assert left(payment) == (State.SUCCEEDED, 1000, 0, True)
    assert sorted(payment.entries.values_list("amount", flat=True)) == [300, 300, 400]


def test_a_dispute_ends_the_voucher_and_one_that_is_won_brings_the_money_back(server_clock):
    payment = PaidFactory()
    apply(payment.pk, said(payment, Outcome.DISPUTED), source="webhook")
    assert left(payment) == (State.DISPUTED, payment.amount, payment.amount, False)

    server_clock.advance(25 * 3600)
    payment = apply(payment.pk, said(payment), source="poll")

    assert left(payment) == (State.SUCCEEDED, payment.amount, 0, False)
    assert Voucher.objects.count() == 1


def test_a_refund_at_the_provider_is_a_refund_here():
    payment = PaidFactory(package__price=1000)

    apply(payment.pk, said(payment, refunded=400), source="webhook")
    apply(payment.pk, said(payment, Outcome.REFUNDED), source="webhook")

    assert left(payment) == (State.REFUNDED, 1000, 1000, False)
    refunds = Refund.objects.order_by("pk").values_list("amount", "state")
    assert list(refunds) == [(400, "succeeded"), (600, "succeeded")]


def test_a_refund_of_a_used_voucher_is_a_refund_all_the_same():
    payment = PaidFactory()
    hotspot_services.revoke(payment.voucher)

    payment = apply(payment.pk, said(payment, Outcome.REFUNDED), source="webhook")

    assert payment.state == State.REFUNDED


def test_a_person_who_takes_it_as_it_is_completes_it_without_more_money():
    payment = PaymentFactory(package__price=1000)
    payment = apply(payment.pk, said(payment, amount=900), source="poll")

    complete(payment, received=0, reason="accepted", accepted_by=UserFactory())

    assert left(payment) == (State.SUCCEEDED, 900, 0, True)


def test_less_than_the_price_makes_nothing_good_unless_a_person_says_so():
    payment = PaymentFactory(package__price=1000)

    with pytest.raises(IntegrityError), transaction.atomic():
        complete(payment, received=999)

    assert Payment.objects.get(pk=payment.pk).state == State.CREATED
    assert not Voucher.objects.exists()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_payment_is_completed_once():
    payments = [PaymentFactory()]
    payments += [Payment.objects.get(pk=payments[0].pk) for _ in range(3)]

    answers = at_once(lambda i: complete(payments[i], received=payments[i].amount), 4)

    assert sorted(map(str, map(type, answers))) == sorted(
        map(str, [type(None), Moved, Moved, Moved])
    )
    assert Voucher.objects.count() == LedgerEntry.objects.count() == 1


def test_what_failed_on_the_way_leaves_nothing_behind(monkeypatch):
    payment = PaymentFactory()

    def die(payment):
        raise SystemExit

    monkeypatch.setattr(settling.vouchers, "give", die)
    with pytest.raises(SystemExit):
        apply(payment.pk, said(payment), source="webhook")

    assert left(payment) == (State.CREATED, 0, 0, False)
    assert not Notice.objects.exists()


def test_a_step_that_was_changed_afterwards_shows():
    payment = PaidFactory()
    assert transitions.is_whole(payment)

    payment.transitions.update(reason="accepted")

    assert not transitions.is_whole(payment)
