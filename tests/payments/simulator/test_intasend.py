import json

import pytest

from tests.payments.simulator.clients import IntaSend


@pytest.mark.parametrize(("environment", "infix"), [("sandbox", "_test_"), ("live", "_live_")])
def test_keys_say_their_environment(providers, environment, infix):
    keys = providers.open_account("intasend", environment=environment)

    assert infix in keys["api_key"]
    assert infix in keys["private_key"]


def test_keys_are_shown_to_be_good_by_the_wallets(intasend):
    assert intasend.get("wallets/").json()["results"][0]["currency"] == "KES"


def test_other_keys_are_refused(intasend):
    intasend.keys["private_key"] = "ISSecretKey_test_another"

    assert intasend.get("wallets/").status_code == 401
    assert "detail" in intasend.get("wallets/").json()


def test_a_charge_is_pending_at_first(intasend):
    invoice = intasend.charge().json()["invoice"]

    assert invoice["state"] == "PENDING"
    assert invoice["api_ref"] == "pay_1"
    assert invoice["value"] == "20.00"


def test_a_paid_charge_is_complete_and_less_what_intasend_keeps(intasend, providers):
    invoice = intasend.invoice()

    providers.clock.advance(2)

    paid = intasend.status(invoice)
    assert (paid["state"], paid["value"]) == ("COMPLETE", "20.00")
    assert (paid["charges"], paid["net_amount"]) == ("0.60", "19.40")


def test_a_guest_who_bears_the_charges_is_billed_more(providers, http, merchant):
    intasend = IntaSend(providers, http, merchant, tariff="CUSTOMER-PAYS")
    invoice = intasend.invoice()

    providers.clock.advance(2)

    assert intasend.status(invoice)["value"] == "20.60"
    assert intasend.status(invoice)["net_amount"] == "20.00"


def test_every_change_is_told_with_the_shared_word(intasend, providers, merchant):
    intasend.charge()

    providers.clock.advance(2)

    told = [json.loads(one.body) for one in merchant.received]
    assert [one["state"] for one in told] == ["PROCESSING", "COMPLETE"]
    assert {one["challenge"] for one in told} == {intasend.keys["extra"]["challenge"]}


@pytest.mark.parametrize(
    "changes",
    [
        {"phone_number": "+254712345000"},
        {"amount": "much"},
        {"amount": 0},
        {"currency": "USD"},
        {"public_key": "ISPubKey_test_another"},
    ],
)
def test_what_cannot_be_charged_is_refused(intasend, providers, changes):
    assert intasend.charge(**changes).status_code == 400
    assert providers.ledger == []


def test_a_charge_of_another_account_has_no_status(intasend, providers, http, merchant):
    other = IntaSend(providers, http, merchant)

    assert other.post("payment/status/", invoice_id=intasend.invoice()).status_code == 404


def test_a_refund_is_pending_and_then_completed(intasend, providers, merchant):
    invoice = intasend.invoice()
    providers.clock.advance(2)

    asked = intasend.post("chargebacks/", invoice=invoice, amount=5, reason="Other").json()
    providers.clock.advance(2)

    assert asked["status"] == "PENDING"
    assert intasend.get(f"chargebacks/{asked['chargeback_id']}/").json()["status"] == "COMPLETED"
    assert json.loads(merchant.received[-1].body)["amount"] == "5.00"
    assert [entry.amount for entry in providers.ledger.moved("refund")] == [500]


def test_each_of_two_refunds_is_told(intasend, providers, merchant):
    invoice = intasend.invoice()
    providers.clock.advance(2)
    merchant.received.clear()

    for amount in (5, 6):
        intasend.post("chargebacks/", invoice=invoice, amount=amount, reason="Other")
    providers.clock.advance(2)

    told = sorted(json.loads(one.body)["amount"] for one in merchant.received)
    assert told == ["5.00", "6.00"]


def test_more_than_what_is_left_is_not_refunded(intasend, providers):
    invoice = intasend.invoice()
    providers.clock.advance(2)
    intasend.post("chargebacks/", invoice=invoice, amount=15, reason="Other")

    again = intasend.post("chargebacks/", invoice=invoice, amount=15, reason="Other")

    assert again.status_code == 400


def test_the_same_charge_twice_is_paid_twice(intasend, providers):
    intasend.charge()
    intasend.charge()

    providers.clock.advance(2)

    assert len(providers.ledger.moved()) == 2


def test_a_merchant_who_fails_is_tried_five_times_more(intasend, providers, merchant):
    merchant.status = 500
    intasend.charge()
    providers.clock.settle()
    tries = [len(merchant.received)]

    for wait in (300, 1200, 4800, 19200, 76800, 500_000):
        providers.clock.advance(wait - 1)
        tries.append(sum(b"PROCESSING" in one.body for one in merchant.received))
        providers.clock.advance(1)

    assert tries == [1, 1, 2, 3, 4, 5, 6]


def test_after_more_than_twenty_failures_nothing_is_sent(intasend, providers, merchant):
    merchant.status = 500
    for _ in range(15):
        intasend.charge()
    providers.clock.advance(2)
    sent = len(merchant.received)

    merchant.status = 200
    intasend.charge()
    providers.clock.advance(2)

    assert sent >= 21
    assert len(merchant.received) == sent
