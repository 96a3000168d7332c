"""Money that goes back: what is held, what is sent once, and what is asked after."""

import pytest
from django.db import IntegrityError, transaction

from cloudpilot.jobs.models import Job
from hotspot.models import Voucher
from payments import refunding, settling, transitions
from payments.errors import CannotRefund, Moved
from payments.gateways import base
from payments.gateways.base import Outcome, RefundOutcome
from payments.models import LedgerEntry, Payment, Refund
from payments.states import State
from tests.factories import PaidFactory, PaymentFactory, UserFactory, said
from tests.parallel import at_a_lock, at_once
from tests.payments.ledger import balance

pytestmark = [pytest.mark.sql, pytest.mark.django_db]

DONE = base.Refund(RefundOutcome.SUCCEEDED, "refund-1")
UNDER_WAY = base.Refund(RefundOutcome.PENDING, "refund-1")
REFUSED = base.Refund(RefundOutcome.FAILED, "", reason="insufficient_funds")


def paid(price=1000, provider="mercadopago", **more):
    """Return a payment of a provider that gives parts back too, with its voucher."""
    return PaidFactory(
        package__price=price,
        credentials=None,
        provider=provider,
        environment="sandbox",
        credentials_version=None,
        **more,
    )


def ask(payment, amount=None, **more):
    payment = Payment.objects.get(pk=payment.pk)
    return refunding.request(payment, amount, reason="Bought twice", user=UserFactory(), **more)


def left(payment):
    """Return where the payment is: its state and its money, which its ledger agrees with."""
    payment = Payment.objects.select_related("voucher").get(pk=payment.pk)
    assert balance(payment) == payment.received - payment.refunded
    assert transitions.is_whole(payment)
    held = payment.refunds.filter(state__in=refunding.OPEN)
    assert payment.refund_held == sum(held.values_list("amount", flat=True))
    return payment.state, payment.refunded, payment.refund_held


def lets_in(payment):
    voucher = Voucher.objects.get(payment=payment)
    return voucher.revoked_at is None


def test_all_of_it_is_held_until_the_provider_has_given_it_back():
    payment = paid()

    refund = ask(payment)

    assert left(payment) == (State.REFUND_PENDING, 0, 1000)
    assert lets_in(payment)
    refunding.settle_refund(refund.pk, DONE)
    assert left(payment) == (State.REFUNDED, 1000, 0)
    assert not lets_in(payment)


def test_a_part_leaves_the_voucher_unless_it_is_to_end():
    payment = paid()

    refunding.settle_refund(ask(payment, 300).pk, DONE)
    assert left(payment) == (State.PARTIALLY_REFUNDED, 300, 0)
    assert lets_in(payment)

    refunding.settle_refund(
        ask(payment, 200, revokes=True).pk, base.Refund(RefundOutcome.SUCCEEDED, "")
    )
    assert left(payment) == (State.PARTIALLY_REFUNDED, 500, 0)
    assert not lets_in(payment)


def test_the_last_part_ends_the_voucher():
    payment = paid()

    for amount in (300, 700):
        refund = ask(payment, amount)
        refunding.settle_refund(refund.pk, base.Refund(RefundOutcome.SUCCEEDED, f"r{amount}"))

    assert left(payment) == (State.REFUNDED, 1000, 0)
    assert not lets_in(payment)


@pytest.mark.parametrize("amount", [1001, 0])
def test_no_more_goes_back_than_came(amount):
    payment = paid()

    with pytest.raises(CannotRefund):
        ask(payment, amount)

    assert left(payment) == (State.SUCCEEDED, 0, 0)
    assert not Refund.objects.exists()


def test_what_is_on_its_way_does_not_go_back_again():
    payment = paid()
    ask(payment, 700)

    with pytest.raises(CannotRefund):
        ask(payment, 301)

    assert left(payment) == (State.SUCCEEDED, 0, 700)
    ask(payment, 300)
    assert left(payment) == (State.REFUND_PENDING, 0, 1000)


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.DISPUTED, Outcome.REFUNDED])
def test_money_that_is_not_there_does_not_go_back(outcome):
    payment = paid()
    if outcome is Outcome.FAILED:
        payment = PaymentFactory(credentials__provider="mercadopago")
    payment = settling.apply(payment.pk, said(payment, outcome), source="webhook")

    with pytest.raises(CannotRefund):
        ask(payment, 1)


def test_the_database_itself_lets_no_more_go_back_than_came():
    payment = paid()

    for columns in (
        {"refunded": 1001},
        {"refund_held": 1001},
        {"refunded": 600, "refund_held": 401},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.filter(pk=payment.pk).update(**columns)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_refunds_that_are_asked_for_at_once_share_what_there_is():
    payment = paid()
    users = [UserFactory() for _ in range(6)]

    answers = at_a_lock(
        Payment.objects.filter(pk=payment.pk),
        lambda i: refunding.request(payment, 300, reason="Twice", user=users[i]),
        6,
    )

    assert (
        sorted(type(answer).__name__ for answer in answers) == ["CannotRefund"] * 3 + ["Refund"] * 3
    )
    assert left(payment) == (State.SUCCEEDED, 0, 900)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_refunds_that_end_at_once_end_as_one_after_the_other():
    payment = paid()
    refunds = [ask(payment, 250) for _ in range(4)]
    ends = [base.Refund(RefundOutcome.SUCCEEDED, f"r{i}") for i in range(3)] + [REFUSED]

    at_once(lambda i: refunding.settle_refund(refunds[i % 4].pk, ends[i % 4]), 8)

    assert left(payment) == (State.PARTIALLY_REFUNDED, 750, 0)
    assert LedgerEntry.objects.filter(kind="refunded").count() == 3


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_dispute_and_a_refund_at_once_take_the_money_once():
    payment = paid()
    user = UserFactory()
    acts = [
        lambda: settling.apply(payment.pk, said(payment, Outcome.DISPUTED), source="webhook"),
        lambda: refunding.request(payment, 400, reason="Twice", user=user),
    ]

    at_once(lambda i: acts[i % 2](), 4)

    state, refunded, held = left(payment)
    assert state == State.DISPUTED
    assert refunded + held == 1000


def test_a_refund_that_the_provider_refuses_leaves_the_payment_as_it_was():
    payment = paid()
    refund = ask(payment)

    refund = refunding.settle_refund(refund.pk, REFUSED)

    assert (refund.state, refund.failure) == (Refund.State.FAILED, "insufficient_funds")
    assert left(payment) == (State.SUCCEEDED, 0, 0)
    assert lets_in(payment)
    ask(payment)


def test_what_was_in_review_is_there_again_after_a_refund_that_failed():
    payment = PaymentFactory(package__price=1000, credentials__provider="mercadopago")
    payment = settling.apply(payment.pk, said(payment, amount=900), source="poll")
    refund = ask(payment)
    assert left(payment) == (State.REFUND_PENDING, 0, 900)

    refunding.settle_refund(refund.pk, REFUSED)

    assert left(payment) == (State.REVIEW, 0, 0)


def test_one_of_two_that_fails_leaves_what_the_other_gave_back():
    payment = paid()
    first, second = ask(payment, 400), ask(payment, 600)

    refunding.settle_refund(first.pk, DONE)
    assert left(payment) == (State.REFUND_PENDING, 400, 600)
    refunding.settle_refund(second.pk, REFUSED)

    assert left(payment) == (State.PARTIALLY_REFUNDED, 400, 0)


def test_what_a_refund_has_come_to_is_not_changed_by_what_is_said_later():
    payment = paid()
    refund = ask(payment)

    for saying in (UNDER_WAY, DONE, REFUSED, UNDER_WAY, DONE):
        refund = refunding.settle_refund(refund.pk, saying)

    assert refund.state == Refund.State.SUCCEEDED
    assert left(payment) == (State.REFUNDED, 1000, 0)


def test_a_refund_that_is_another_of_the_same_payment_ends_nothing():
    payment = paid()
    first, second = ask(payment, 300), ask(payment, 300)
    refunding.settle_refund(first.pk, DONE)

    second = refunding.settle_refund(second.pk, DONE)

    assert second.state == Refund.State.CREATED
    assert left(payment) == (State.PARTIALLY_REFUNDED, 300, 300)


def test_a_refund_that_was_used_up_goes_back_all_the_same():
    payment = paid()
    Voucher.objects.filter(payment=payment).update(data_limit=1, downloaded=2)

    refunding.settle_refund(ask(payment).pk, DONE)

    assert left(payment) == (State.REFUNDED, 1000, 0)


def test_a_dispute_of_what_is_being_given_back_takes_only_the_rest():
    payment = paid()
    refund = ask(payment, 400)

    settling.apply(payment.pk, said(payment, Outcome.DISPUTED), source="webhook")
    assert left(payment) == (State.DISPUTED, 600, 400)
    refunding.settle_refund(refund.pk, DONE)

    assert left(payment) == (State.DISPUTED, 1000, 0)


def test_what_was_given_back_by_hand_is_over_at_once():
    payment = paid(provider="daraja")
    with pytest.raises(CannotRefund):
        ask(payment)

    refund = ask(payment, by_hand=True)

    refund.refresh_from_db()
    assert refund.state == Refund.State.SUCCEEDED
    assert left(payment) == (State.REFUNDED, 1000, 0)
    assert not Job.objects.filter(task="payments.refund").exists()


def test_kopo_kopo_is_not_asked_for_a_part():
    payment = PaidFactory(package__price=1000)

    with pytest.raises(CannotRefund):
        ask(payment, 999)

    assert left(payment) == (State.SUCCEEDED, 0, 0)


def test_nobody_is_told_to_give_back_by_hand_what_is_on_its_way_back():
    payment = PaidFactory(package__price=1000)
    ask(payment)

    with pytest.raises(CannotRefund, match="not so much"):
        ask(payment)


def test_what_was_decided_about_a_payment_as_it_was_is_not_done_to_it_as_it_is():
    payment = paid()
    settling.apply(payment.pk, said(payment, refunded=300), source="webhook")

    with pytest.raises(Moved):
        refunding.request(payment, 100, reason="Twice", user=UserFactory())

    assert left(payment) == (State.PARTIALLY_REFUNDED, 300, 0)
