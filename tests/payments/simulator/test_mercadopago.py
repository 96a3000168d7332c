import hashlib
import hmac
import json
import threading

import pytest


def test_an_account_says_its_country(mercadopago):
    assert mercadopago.get("users/me").json()["site_id"] == "MLM"


def test_other_keys_are_refused(mercadopago):
    mercadopago.keys["private_key"] = "TEST-another"

    assert mercadopago.get("users/me").status_code == 401


def test_an_approved_card_is_paid_at_once(mercadopago, providers):
    answer = mercadopago.charge()

    paid = answer.json()
    assert answer.status_code == 201
    assert (paid["status"], paid["status_detail"]) == ("approved", "accredited")
    assert (paid["transaction_amount"], paid["currency_id"]) == (20, "MXN")
    assert [entry.amount for entry in providers.ledger.moved()] == [2000]


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("OTHE", "cc_rejected_other_reason"),
        ("CALL", "cc_rejected_call_for_authorize"),
        ("FUND", "cc_rejected_insufficient_amount"),
        ("SECU", "cc_rejected_bad_filled_security_code"),
        ("EXPI", "cc_rejected_bad_filled_date"),
        ("FORM", "cc_rejected_bad_filled_other"),
    ],
)
def test_a_rejected_card_is_created_all_the_same(mercadopago, providers, name, detail):
    answer = mercadopago.charge(token=f"test_{name}")

    assert answer.status_code == 201
    assert answer.json()["status_detail"] == detail
    assert providers.ledger.moved() == []


def test_a_card_that_is_looked_into_is_in_process(mercadopago, providers):
    ref = mercadopago.charge(token="test_CONT").json()["id"]
    before = mercadopago.get(f"v1/payments/{ref}").json()["status"]

    providers.clock.advance(3600)

    assert before == "in_process"
    assert mercadopago.get(f"v1/payments/{ref}").json()["status"] == "approved"


def test_binary_mode_leaves_nothing_in_process(mercadopago):
    assert mercadopago.charge(token="test_CONT", binary_mode=True).json()["status"] == "rejected"


def test_a_token_made_of_a_card_is_good_for_one_payment(mercadopago):
    card = {"card_number": "5474 9254 3267 0366", "cardholder": {"name": "FUND"}}
    token = mercadopago.post(
        f"v1/card_tokens?public_key={mercadopago.keys['api_key']}", card
    ).json()["id"]

    first, second = mercadopago.charge(token=token), mercadopago.charge(token=token)

    assert first.json()["status_detail"] == "cc_rejected_insufficient_amount"
    assert second.json()["cause"][0]["code"] == 2006


def test_a_voucher_waits_for_the_counter(mercadopago, providers):
    bought = mercadopago.charge(payment_method_id="oxxo").json()
    (prompt,) = providers.prompts()

    providers.answer(prompt, "pin")

    assert (bought["status"], prompt.kind) == ("pending", "counter")
    assert bought["transaction_details"]["external_resource_url"] == providers.page
    assert mercadopago.get(f"v1/payments/{bought['id']}").json()["status"] == "approved"


def test_a_voucher_expires(mercadopago, providers):
    ref = mercadopago.charge(payment_method_id="oxxo").json()["id"]

    providers.clock.advance(3 * 86400)

    assert mercadopago.get(f"v1/payments/{ref}").json()["status"] == "cancelled"


@pytest.mark.parametrize("key", [None, "k" * 65])
def test_a_charge_without_a_proper_key_is_refused(mercadopago, key):
    answer = mercadopago.post("v1/payments", {"transaction_amount": 1}, key)

    assert answer.status_code == 400


def test_the_same_key_is_the_same_charge(mercadopago, providers):
    first, second = mercadopago.charge("key-1"), mercadopago.charge("key-1")

    assert second.json() == first.json()
    assert len(providers.ledger.moved()) == 1


def test_the_same_key_is_a_conflict_while_the_first_runs(mercadopago, providers):
    fault = providers.faults.add("mercadopago", "charge", stall=True)
    first = threading.Thread(target=mercadopago.charge, args=("key-1",))
    first.start()
    fault.met.wait(10)

    second = mercadopago.charge("key-1")
    providers.faults.clear()
    first.join()

    assert second.status_code == 409
    assert second.json()["cause"][0]["code"] == 401001


@pytest.mark.parametrize(
    "changes",
    [
        {"transaction_amount": 20.001},
        {"transaction_amount": -1},
        {"payer": {}},
        {"installments": None},
        {"token": "nobody's"},
        {"payment_method_id": "shells"},
    ],
)
def test_what_cannot_be_charged_is_refused(mercadopago, providers, changes):
    assert mercadopago.charge(**changes).status_code == 400
    assert providers.ledger == []


def test_payments_are_found_by_the_merchants_reference(mercadopago):
    mercadopago.charge(external_reference="pay_2")
    ref = mercadopago.charge().json()["id"]

    found = mercadopago.get("v1/payments/search", external_reference="pay_1").json()

    assert [one["id"] for one in found["results"]] == [ref]
    assert found["paging"]["total"] == 1


def test_payments_are_listed_by_time_and_page(mercadopago, providers):
    refs = [mercadopago.charge().json()["id"] for _ in range(3)]
    now = providers.clock.moment()

    found = mercadopago.get(
        "v1/payments/search",
        begin_date=now.isoformat(),
        end_date=now.isoformat(),
        criteria="asc",
        offset=1,
        limit=1,
    ).json()

    assert [one["id"] for one in found["results"]] == [refs[1]]
    assert found["paging"] == {"total": 3, "limit": 1, "offset": 1}


def test_a_part_and_then_the_rest_is_refunded(mercadopago):
    ref = mercadopago.charge().json()["id"]

    part = mercadopago.refund(ref, amount=5)
    partly = mercadopago.get(f"v1/payments/{ref}").json()
    mercadopago.refund(ref)

    assert (part.status_code, part.json()["amount"]) == (201, 5)
    assert (partly["status_detail"], partly["transaction_amount_refunded"]) == (
        "partially_refunded",
        5,
    )
    assert mercadopago.get(f"v1/payments/{ref}").json()["status"] == "refunded"


def test_the_same_refund_again_gives_nothing_more_back(mercadopago, providers):
    ref = mercadopago.charge().json()["id"]

    mercadopago.refund(ref, "key-2", amount=5)
    mercadopago.refund(ref, "key-2", amount=5)

    assert [entry.amount for entry in providers.ledger.moved("refund")] == [500]


def test_nothing_is_refunded_after_180_days(mercadopago, providers):
    ref = mercadopago.charge().json()["id"]

    providers.clock.advance(180 * 86400 + 1)

    assert mercadopago.refund(ref).status_code == 400


def test_a_webhook_signs_its_id_and_time_and_not_its_body(mercadopago, providers, merchant):
    ref = str(mercadopago.charge().json()["id"])
    providers.clock.settle()

    told = merchant.received[-1]
    stamp, digest = (part.partition("=")[2] for part in told.headers["x-signature"].split(","))
    manifest = f"id:{ref};request-id:{told.headers['x-request-id']};ts:{stamp};"
    key = mercadopago.keys["extra"]["webhook_secret"].encode()
    assert told.query == {"data.id": ref, "type": "payment"}
    assert digest == hmac.new(key, manifest.encode(), hashlib.sha256).hexdigest()
    assert "amount" not in told.body.decode()


def test_a_merchant_who_fails_is_tried_again_after_a_quarter_of_an_hour(
    mercadopago, providers, merchant
):
    merchant.status = 204
    mercadopago.charge(token="test_CONT")
    providers.clock.settle()

    providers.clock.advance(899)
    early = len(merchant.received)
    providers.clock.advance(1)

    assert (early, len(merchant.received)) == (1, 2)


def test_a_chargeback_is_told_as_such(mercadopago, providers, merchant):
    ref = mercadopago.charge(token="test_APRO_016").json()["id"]

    providers.clock.advance(10)

    told = [json.loads(one.body) for one in merchant.received]
    (number,) = [one["data"]["id"] for one in told if one["type"] == "topic_chargebacks_wh"]
    found = mercadopago.get(f"v1/chargebacks/{number}").json()
    assert found["payments"] == [ref]
    assert mercadopago.get(f"v1/payments/{ref}").json()["status"] == "charged_back"
