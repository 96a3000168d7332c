import hashlib
import hmac
import json

import pytest
import requests

from tests.payments.simulator.clients import KopoKopo


def test_an_access_token_lasts_an_hour(kopokopo, providers):
    token = kopokopo.new_token().json()

    assert token["token_type"] == "Bearer"
    assert token["expires_in"] == 3600


def test_other_keys_get_no_access_token(kopokopo):
    answer = kopokopo.new_token(client_secret="another")

    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


def test_an_access_token_ends(kopokopo, providers):
    location = kopokopo.charge().headers["Location"]

    providers.clock.advance(3600)

    assert kopokopo.get(location).status_code == 401
    assert kopokopo.get(location).json()["error_code"] == "ExpiredAccessToken"


def test_a_charge_is_answered_with_nothing_but_its_address(kopokopo):
    answer = kopokopo.charge()

    assert answer.status_code == 201
    assert answer.content == b""
    assert answer.headers["Location"].startswith(f"{kopokopo.url}/api/v1/incoming_payments/")


def test_a_charge_waits_for_the_guest(kopokopo):
    attributes = kopokopo.attributes(kopokopo.charge().headers["Location"])

    assert attributes["status"] == "Pending"
    assert attributes["event"] is None


def test_a_paid_charge_shows_what_mpesa_moved(kopokopo, providers):
    location = kopokopo.charge().headers["Location"]

    providers.clock.advance(2)

    attributes = kopokopo.attributes(location)
    assert attributes["status"] == "Success"
    assert attributes["event"]["resource"]["amount"] == "20.0"
    assert attributes["event"]["resource"]["till_number"] == kopokopo.keys["extra"]["till_number"]
    assert attributes["metadata"] == {"reference": "pay_1"}


def test_the_callback_has_the_shape_of_the_answer_and_is_signed(kopokopo, providers):
    location = kopokopo.charge().headers["Location"]

    providers.clock.advance(2)

    (callback,) = kopokopo.callbacks()
    key = kopokopo.keys["extra"]["webhook_key"].encode()
    assert json.loads(callback.body) == kopokopo.get(location).json()
    assert (
        callback.headers["x-kopokopo-signature"]
        == hmac.new(key, callback.body, hashlib.sha256).hexdigest()
    )


def test_subscribers_hear_of_the_same_payment_without_its_metadata(kopokopo, providers):
    kopokopo.charge()

    providers.clock.advance(2)

    (told,) = [one for one in kopokopo.merchant.received if one.path == "/subscribed"]
    event = json.loads(told.body)
    assert event["topic"] == "buygoods_transaction_received"
    assert event["event"]["resource"]["reference"] == providers.ledger.moved()[0].receipt
    assert "metadata" not in event


def test_the_same_charge_twice_is_paid_twice(kopokopo, providers):
    kopokopo.charge()
    kopokopo.charge()

    providers.clock.advance(2)

    assert len(providers.ledger.moved()) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"phone": "12"},
        {"value": 0},
        {"value": "much"},
        {"till_number": "K999999"},
        {"amount": {"currency": "USD", "value": 20}},
        {"_links": {}},
        {"metadata": dict.fromkeys("abcdef", "1")},
    ],
)
def test_what_cannot_be_charged_is_refused(kopokopo, providers, changes):
    assert kopokopo.charge(**changes).status_code == 400
    assert providers.ledger == []


def test_another_merchants_charge_is_not_found(kopokopo, providers, http, merchant):
    location = kopokopo.charge().headers["Location"]

    assert KopoKopo(providers, http, merchant).get(location).status_code == 404


def test_a_reversal_gives_the_money_back(kopokopo, providers):
    kopokopo.charge()
    providers.clock.advance(2)
    receipt = providers.ledger.moved()[0].receipt

    answer = kopokopo.post("reversals", {"transaction_reference": receipt, "reason": "No service"})
    providers.clock.advance(2)

    assert kopokopo.attributes(answer.headers["Location"])["status"] == "Success"
    assert [entry.amount for entry in providers.ledger.moved("refund")] == [2000]


def test_polling_lists_what_a_till_received(kopokopo, providers):
    kopokopo.charge()
    providers.clock.advance(2)
    now = providers.clock.moment()
    asked = {
        "scope": "till",
        "scope_reference": kopokopo.keys["extra"]["till_number"],
        "from_time": now.replace(year=now.year - 1).isoformat(),
        "to_time": now.isoformat(),
    }

    location = kopokopo.post("polling", asked).headers["Location"]

    (found,) = kopokopo.attributes(location)["transactions"]
    assert found["resource"]["reference"] == providers.ledger.moved()[0].receipt


def test_a_lost_answer_leaves_a_charge_behind(kopokopo, providers):
    with pytest.raises(requests.ConnectionError):
        kopokopo.charge("+254712345009")
    providers.clock.advance(2)

    assert len(providers.ledger.moved()) == 1
