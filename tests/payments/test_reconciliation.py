"""The books and the providers, compared; and the books with themselves."""

import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from cloudpilot import jobs
from hotspot.models import Voucher
from payments import charging, reconciliation, reviewing, settling, tasks
from payments.gateways.errors import GatewayError
from payments.models import (
    Attempt,
    BooksReport,
    LedgerEntry,
    Notice,
    Payment,
    Transition,
)
from payments.states import State
from tests.factories import (
    CompanyFactory,
    CredentialsFactory,
    PaidFactory,
    PaymentFactory,
    UserFactory,
    said,
)
from tests.payments.shops import PRICE, Shop

pytestmark = [pytest.mark.sql, pytest.mark.django_db]

PROVIDERS = ("kopokopo", "intasend", "daraja", "mercadopago", "conekta")
LIST_WITH_OUR_NAMES = ("mercadopago", "conekta")


@pytest.fixture
def shop(request, providers, server_clock):
    return Shop(providers, getattr(request, "param", "kopokopo"), server_clock)


def compare(shop):
    now = shop.clock()
    return reconciliation.reconcile(shop.account, now - timedelta(days=1), now)


def forget(payment):
    """Lose a payment's rows, all or what came after its purchase, as a database from a backup has."""
    for model in (Notice, LedgerEntry, Transition, Attempt):
        model.objects.filter(payment=payment).delete()
    Voucher.objects.filter(pk=payment.voucher_id).delete()


@pytest.mark.parametrize("shop", PROVIDERS, indirect=True)
def test_the_books_agree_with_the_provider(shop):
    shop.sell()
    shop.sell("001")
    shop.sell()

    report = compare(shop)

    totals = report.of(shop.package.currency)
    assert totals.provider == totals.received == sum(entry.amount for entry in shop.ledger())
    assert (totals.unexplained, report.findings, report.unasked) == (0, [], 0)
    assert BooksReport.objects.get().totals[shop.package.currency]["received"] == 2 * PRICE


@pytest.mark.parametrize("shop", PROVIDERS, indirect=True)
def test_what_was_paid_and_not_noticed_is_taken_over(shop):
    payment = shop.order()
    charging.submit(payment.pk)
    shop.wait(5)

    report = compare(shop)

    payment.refresh_from_db()
    assert payment.state == State.SUCCEEDED
    assert payment.voucher
    assert report.is_explained


@pytest.mark.parametrize("shop", LIST_WITH_OUR_NAMES, indirect=True)
def test_what_a_backup_has_lost_of_a_payment_comes_back(shop):
    payment = shop.sell()
    forget(payment)
    Payment.objects.filter(pk=payment.pk).update(
        state=State.CREATED, version=0, received=0, voucher=None, provider_ref="",
        provider_receipt="", settled_at=None, submitted_at=None,
    )  # fmt: skip

    report = compare(shop)

    payment = Payment.objects.get(pk=payment.pk)
    assert (payment.state, payment.received) == (State.SUCCEEDED, PRICE)
    assert payment.voucher_id
    assert report.is_explained


@pytest.mark.parametrize("shop", LIST_WITH_OUR_NAMES, indirect=True)
def test_a_charge_of_ours_that_no_payment_knows_is_not_explained(shop):
    payment = shop.sell()
    reference = payment.attempts.get().reference
    forget(payment)
    Payment.objects.filter(pk=payment.pk).delete()

    report = compare(shop)

    [finding] = report.findings
    assert (finding.code, finding.reference) == ("not_in_books", reference)
    assert report.of("MXN").unexplained == PRICE


def test_money_of_another_business_in_the_account_is_told_apart(shop):
    payment = shop.sell()
    forget(payment)
    Payment.objects.filter(pk=payment.pk).delete()

    report = compare(shop)

    assert report.of("KES").elsewhere == PRICE
    assert report.is_explained


@pytest.mark.parametrize("decision", ["accept", "refunded_elsewhere"])
def test_what_was_decided_about_money_that_is_not_ours_is_explained(shop, decision):
    payment = shop.order()
    charging.submit(payment.pk)
    shop.wait(5)
    payment.refresh_from_db()
    payment = settling.apply(payment.pk, said(payment, reference="another"), source="webhook")
    assert payment.state == State.REVIEW
    reviewing.decide(payment, decision, user=UserFactory())

    assert compare(shop).is_explained


def test_money_that_only_the_books_know_is_not_explained(shop):
    payment = PaidFactory(credentials=shop.account, package=shop.package)
    Attempt.objects.create(payment=payment, number=1, reference="ours")

    report = compare(shop)

    assert [finding.code for finding in report.findings] == ["not_at_provider"]
    assert report.of("KES").unexplained == PRICE


@pytest.mark.parametrize("shop", ["kopokopo", "conekta"], indirect=True)
def test_money_that_went_back_of_which_no_webhook_told_is_taken_over(shop, providers):
    payment = shop.sell()
    providers.reverse(payment.provider_ref)

    report = compare(shop)

    payment.refresh_from_db()
    assert payment.state in (State.REFUNDED, State.DISPUTED)
    assert payment.voucher.revoked_at
    assert report.of(shop.package.currency).refunded == PRICE
    assert report.is_explained


def test_what_the_provider_does_not_tell_is_counted(shop, providers):
    shop.sell()
    providers.faults.add("kopokopo", "list", status=500, times=None)

    with pytest.raises(GatewayError):
        compare(shop)


@pytest.mark.parametrize("shop", ["intasend"], indirect=True)
def test_a_payment_of_which_the_provider_says_nothing_is_counted(shop, providers):
    shop.sell()
    providers.faults.add("intasend", "fetch", status=500, times=None)

    report = compare(shop)

    assert (report.unasked, report.findings) == (1, [])


def test_every_night_all_accounts_are_compared(shop):
    shop.sell()
    tasks.reconcile_all()
    shop.wait(3600)

    jobs.run_due()

    assert BooksReport.objects.get().credentials == shop.account


def test_the_command_compares_and_says_what_is_not_explained(shop, capsys):
    shop.sell()
    call_command("reconcile_payments", company=shop.account.company.public_id)
    assert "KES: provider 20.00, received 20.00" in capsys.readouterr().out

    payment = PaidFactory(credentials=shop.account, package=shop.package)
    Attempt.objects.create(payment=payment, number=1, reference="ours")
    with pytest.raises(CommandError, match="1 of 1 accounts"):
        call_command("reconcile_payments", days=1)

    assert re.search("not_at_provider: provider 0.00, books 20.00 KES", capsys.readouterr().out)


def test_the_command_knows_its_companies(db):
    with pytest.raises(CommandError, match="no company EMP_NOBODY"):
        call_command("reconcile_payments", company="EMP_NOBODY")


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (lambda row: row.entries.update(amount=1), "ledger_differs"),
        (lambda row: row.transitions.update(reason="accepted"), "chain_broken"),
        (lambda row: row.transitions.all().delete(), "chain_broken"),
        (lambda row: Payment.objects.update(voucher=None), "no_voucher"),
        (lambda row: Payment.objects.update(company=CompanyFactory()), "company_differs"),
    ],
)
def test_rows_that_contradict_each_other_are_found(harm, code, anonymous, server_clock):
    payment = PaidFactory()
    assert tasks.verify_books() == 0

    harm(payment)

    assert tasks.verify_books() >= 1
    assert code in {finding["code"] for finding in BooksReport.objects.latest("pk").findings}
    assert b"cloudpilot_books_broken 0.0" not in anonymous.get("/metrics").content


def test_old_reports_are_deleted_but_the_last_of_each_account(settings):
    settings.BOOKS_REPORTS_KEPT_DAYS = 30
    account = CredentialsFactory()
    now = timezone.now()
    for whose, days in ((account, 50), (account, 40), (None, 50), (None, 29), (None, 1)):
        made = now - timedelta(days=days)
        BooksReport.objects.create(credentials=whose, since=made, until=made, created_at=made)

    assert tasks.delete_old_reports() == 2

    ages = [(now - row.created_at).days for row in BooksReport.objects.order_by("pk")]
    assert ages == [40, 29, 1]


def test_the_gauge_shows_what_the_last_comparison_could_not_explain(shop, anonymous):
    payment = PaidFactory(credentials=shop.account, package=shop.package)
    Attempt.objects.create(payment=payment, number=1, reference="ours")
    compare(shop)

    text = anonymous.get("/metrics").content.decode()

    assert f'cloudpilot_money_unexplained{{currency="KES"}} {PRICE}.0' in text


def test_gauges_show_what_is_waited_for_and_what_waits_for_a_person(anonymous, db):
    PaymentFactory(state=State.PENDING)
    short = PaymentFactory()
    settling.apply(short.pk, said(short, amount=1), source="poll")

    text = anonymous.get("/metrics").content.decode()

    asked_after = 'cloudpilot_payments_asked_after{provider="kopokopo",state="pending"} 1.0'
    assert asked_after in text
    assert "cloudpilot_payments_in_review 1.0" in text
