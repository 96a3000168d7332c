"""Sums by day: those of the ledger, and so those of the provider."""

from datetime import UTC, datetime

import pytest
from django.db.models import Sum

from payments import charging, polling, refunding, settling
from payments.gateways.base import Outcome
from payments.models import LedgerEntry
from tests.factories import (
    CredentialsFactory,
    PackageFactory,
    PaidFactory,
    PaymentFactory,
    RouterFactory,
    said,
)

pytestmark = [pytest.mark.sql, pytest.mark.django_db]


@pytest.fixture
def package(operator):
    router = RouterFactory(owner=operator, time_zone="Africa/Nairobi")
    return PackageFactory(router=router, price=2000)


def summary(client, query=""):
    answer = client.get(f"/payments/summary/{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def entered(payment, *moment):
    """Let the payment's entries have been made then."""
    payment.entries.update(created_at=datetime(*moment, tzinfo=UTC))


def test_a_day_is_summed_up(client, package):
    account = CredentialsFactory(company=package.company)
    _, part, lost, _ = (PaidFactory(package=package, credentials=account) for _ in range(4))
    settling.apply(part.pk, said(part, refunded=500), source="poll")
    settling.apply(lost.pk, said(lost, Outcome.DISPUTED), source="poll")
    client.post("/payments/cash/", {"package": package.pk})

    told = summary(client)

    sums = {row["provider"]: row for row in told["days"]}
    assert told["totals"] == [
        {name: value for name, value in row.items() if name != "day"} for row in told["days"]
    ]
    assert (sums["kopokopo"]["payments"], sums["cash"]["payments"]) == (4, 1)
    assert {
        name: sums["kopokopo"][name] for name in ("received", "refunded", "taken_back", "net")
    } == {
        "received": "80.00",
        "refunded": "-5.00",
        "taken_back": "-20.00",
        "net": "55.00",
    }
    assert sums["cash"]["net"] == "20.00"


def test_a_day_begins_where_the_router_stands(client, package):
    entered(PaidFactory(package=package), 2026, 11, 20, 21, 30)  # half past midnight in Nairobi

    def days(query):
        return [
            row["day"] for row in summary(client, f"?from=2026-11-20&to=2026-11-21{query}")["days"]
        ]

    assert days("") == ["2026-11-20"]
    assert days(f"&router={package.router_id}") == ["2026-11-21"]
    assert days("&time_zone=Africa/Nairobi") == ["2026-11-21"]


def test_days_are_counted_from_the_first_to_the_last(client, package):
    account = CredentialsFactory(company=package.company)
    for day in (18, 19, 20, 21):
        entered(PaidFactory(package=package, credentials=account), 2026, 11, day, 12)

    told = summary(client, "?from=2026-11-19&to=2026-11-20")

    assert [row["day"] for row in told["days"]] == ["2026-11-20", "2026-11-19"]
    assert told["totals"][0]["net"] == "40.00"


def test_currencies_are_not_added_up(client, package):
    account = CredentialsFactory(company=package.company)
    PaidFactory(package=package, credentials=account)
    other = PaymentFactory(package=package, credentials=account)
    settling.apply(other.pk, said(other, currency="UGX"), source="poll")

    assert {row["currency"]: row["net"] for row in summary(client)["totals"]} == {
        "KES": "20.00",
        "UGX": "2000",
    }


def test_nobody_elses_money_counts(client):
    theirs = PaidFactory()

    assert summary(client)["totals"] == []
    assert client.get(f"/payments/summary/?router={theirs.router_id}").status_code == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?from=soon", "from"),
        ("?from=2026-11-21&to=2026-11-20", "from"),
        ("?from=2020-01-01&to=2026-01-01", "from"),
        ("?to=9999-12-31", "to"),
        ("?to=0001-01-01&time_zone=Asia/Tokyo", "to"),
        ("?time_zone=Mars", "time_zone"),
        ("?router=x", "router"),
    ],
)
def test_a_span_that_cannot_be_names_the_field(client, query, field):
    answer = client.get(f"/payments/summary/{query}")

    assert answer.status_code == 400, answer.content
    assert list(answer.json()["fields"]) == [field]


def test_the_sums_are_those_of_the_books_and_of_the_provider(client, operator, package, providers):
    keys = providers.open_account("mercadopago")
    account = CredentialsFactory(company=package.company, provider="mercadopago", keys=keys)
    package.currency = "MXN"
    package.save()
    payments = [
        PaymentFactory(
            package=package,
            credentials=account,
            phone=None,
            email="guest@example.com",
            card_token="test_APRO_000",
        )
        for _ in range(4)
    ]
    for payment in payments:
        charging.submit(payment.pk)
        providers.clock.advance(5)
        polling.poll(payment.pk)
    for payment, amount in ((payments[0], None), (payments[1], 500)):
        payment.refresh_from_db()
        refund = refunding.request(payment, amount, reason="Twice", user=operator)
        refunding.carry_out(refund.pk)

    [totals] = summary(client)["totals"]

    booked = LedgerEntry.objects.aggregate(sum=Sum("amount"))["sum"]
    moved = {
        op: sum(entry.amount for entry in providers.ledger.moved(op)) for op in ("charge", "refund")
    }
    at_provider = moved["charge"] - moved["refund"]
    assert booked == at_provider == 5500
    assert totals["net"] == "55.00"
