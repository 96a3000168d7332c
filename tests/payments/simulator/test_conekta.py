import json

import pytest


def test_an_account_says_who_it_is(conekta):
    assert conekta.get("ping").json() == {"status": 200}
    assert conekta.get("companies/current").json()["object"] == "company"


def test_other_keys_are_refused(conekta):
    conekta.keys["private_key"] = "key_another"

    assert conekta.get("balance").status_code == 401
    assert conekta.get("balance").json()["type"] == "authentication_error"


def test_a_card_is_paid_at_once(conekta, providers):
    order = conekta.order().json()

    assert (order["payment_status"], order["amount"]) == ("paid", 2000)
    assert order["charges"]["data"][0]["status"] == "paid"
    assert [entry.amount for entry in providers.ledger.moved()] == [2000]


def test_a_declined_card_is_402_with_the_order_within(conekta, providers):
    answer = conekta.order("tok_test_insufficient_funds")

    refused = answer.json()
    assert answer.status_code == 402
    assert refused["details"][0]["code"].endswith("bank.insufficient_funds")
    assert conekta.status(refused["data"]["id"]) == "declined"
    assert providers.ledger.moved() == []


def test_a_voucher_waits_for_the_counter(conekta, providers):
    order = conekta.voucher().json()
    (prompt,) = providers.prompts()

    providers.answer(prompt, "pin")

    assert (order["payment_status"], prompt.kind) == ("pending_payment", "counter")
    assert order["charges"]["data"][0]["payment_method"]["reference"].isdigit()
    assert conekta.status(order["id"]) == "paid"


def test_a_voucher_expires(conekta, providers):
    ref = conekta.voucher().json()["id"]

    providers.clock.advance(3 * 86400)

    assert conekta.status(ref) == "expired"


def test_a_hosted_checkout_has_an_address_to_go_to(conekta, providers):
    order = conekta.order(charges=None, checkout={"type": "HostedPayment"}).json()

    assert order["checkout"]["url"] == providers.page


def test_a_voucher_can_be_canceled(conekta):
    ref = conekta.voucher().json()["id"]

    conekta.post(f"orders/{ref}/cancel")

    assert conekta.status(ref) == "canceled"


@pytest.mark.parametrize(
    "changes",
    [
        {"currency": "USD"},
        {"customer_info": {"name": "Jane"}},
        {"line_items": []},
        {"line_items": [{"unit_price": 10.5, "quantity": 1}]},
        {"charges": []},
        {"token": "tok_nobody"},
    ],
)
def test_what_cannot_be_charged_is_refused(conekta, providers, changes):
    answer = conekta.order(**changes)

    assert answer.status_code == 422
    assert answer.json()["type"] == "parameter_validation_error"
    assert providers.ledger == []


def test_the_same_order_twice_is_paid_twice(conekta, providers):
    conekta.order()
    conekta.order()

    assert len(providers.ledger.moved()) == 2


def test_orders_are_found_by_the_merchants_reference(conekta):
    conekta.order(metadata={"reference": "pay_2"})
    ref = conekta.order().json()["id"]

    assert [one["id"] for one in conekta.get("orders", search="pay_1").json()["data"]] == [ref]


def test_orders_are_listed_by_page_the_newest_first(conekta):
    refs = [conekta.order().json()["id"] for _ in range(3)]

    first = conekta.get("orders", limit=2).json()
    second = conekta.get("orders", limit=2, next=first["data"][-1]["id"]).json()

    assert [one["id"] for one in first["data"] + second["data"]] == refs[::-1]
    assert (first["has_more"], second["has_more"]) == (True, False)


def test_a_part_and_then_the_rest_is_refunded(conekta):
    ref = conekta.order().json()["id"]

    part = conekta.post(f"orders/{ref}/refunds", amount=500, reason="requested_by_client").json()
    conekta.post(f"orders/{ref}/refunds", amount=1500, reason="requested_by_client")

    assert (part["payment_status"], part["amount_refunded"]) == ("partially_refunded", 500)
    assert conekta.status(ref) == "refunded"


@pytest.mark.parametrize("body", [{"amount": 500}, {"amount": 2001, "reason": "other"}])
def test_a_refund_needs_a_reason_and_enough_left(conekta, body):
    ref = conekta.order().json()["id"]

    assert conekta.post(f"orders/{ref}/refunds", **body).status_code == 422


def test_a_webhook_is_signed_over_its_bytes(conekta, providers, merchant):
    conekta.voucher()
    providers.clock.settle()

    (told,) = merchant.received
    assert "Ñandú" in told.body.decode()
    assert conekta.is_genuine(told)


def test_a_paid_order_is_told_as_order_and_as_charge(conekta, providers, merchant):
    conekta.order()
    providers.clock.settle()

    types = {json.loads(one.body)["type"] for one in merchant.received}
    assert types == {"order.paid", "charge.paid"}


def test_a_webhook_key_is_shown_only_when_it_is_made(conekta):
    made = conekta.post("webhook_keys", active=True).json()

    listed = conekta.get("webhook_keys").json()["data"]
    assert made["public_key"].startswith("-----BEGIN PUBLIC KEY-----")
    assert [one["public_key"] for one in listed] == [None, None]


def test_a_new_webhook_is_pinged(conekta, providers, merchant):
    conekta.post("webhooks", url=f"{merchant.url}/new")
    providers.clock.settle()

    assert json.loads(merchant.received[0].body)["data"]["action"] == "ping"


def test_an_event_can_be_sent_again(conekta, providers, merchant):
    conekta.voucher()
    providers.clock.settle()
    (event,) = conekta.get("events").json()["data"]

    conekta.post(f"events/{event['id']}/resend", webhooks_ids=[])
    providers.clock.settle()

    assert [json.loads(one.body)["id"] for one in merchant.received] == [event["id"]] * 2
