"""Each magic number, and each card that ends in one, at every provider."""

import http.client
import json
from urllib.parse import urlsplit

import pytest
import requests

from payments.simulator.stories import STORIES


def test_a_guest_pays_after_two_seconds(shop, providers):
    ref = shop.ask("000")
    providers.clock.advance(2)

    assert shop.outcome(ref) == "paid"
    assert [entry.amount for entry in providers.ledger.moved()] == [2000]


@pytest.mark.parametrize("story", ["001", "002"])
def test_a_guest_does_not_pay(shop, providers, story):
    ref = shop.ask(story)
    providers.clock.advance(2)

    assert shop.outcome(ref) == "failed"
    assert providers.ledger.moved() == []


def test_a_guest_does_not_answer_for_a_minute(shop, providers):
    ref = shop.ask("003")
    providers.clock.advance(59)
    before = shop.outcome(ref)
    providers.clock.advance(1)

    assert (before, shop.outcome(ref)) == ("waiting", "failed")


@pytest.mark.parametrize(("story", "times"), [("000", 1), ("004", 0), ("005", 2), ("006", 2)])
def test_the_webhook_comes_so_many_times(shop, providers, merchant, story, times):
    shop.ask(story)
    providers.clock.advance(5)

    assert len(merchant.received) == shop.started + times * shop.paid
    assert len(providers.ledger.moved()) == 1


def test_the_webhook_comes_before_the_answer(shop, providers, merchant):
    ref = shop.ask("007")

    # Nothing waits for the webhook that a charge has begun, where there is one.
    assert len(merchant.received) >= shop.paid
    assert shop.outcome(ref) == "paid"


def test_a_failure_that_was_overcome_is_told_last(shop, providers, merchant):
    ref = shop.ask("008")
    providers.clock.advance(2)
    at_first = shop.outcome(ref)
    providers.clock.advance(3)
    told = len(merchant.received)
    providers.clock.advance(1)

    assert (at_first, shop.outcome(ref)) == ("failed", "paid")
    assert len(merchant.received) == told + 1


def test_the_answer_is_lost_and_the_guest_pays(shop, providers):
    with pytest.raises(requests.ConnectionError):
        shop.send("009")
    providers.clock.advance(2)

    assert len(providers.ledger.moved()) == 1


@pytest.mark.parametrize(("story", "paid"), [("010", 0), ("011", 1)])
def test_500_says_nothing_of_whether_it_happened(shop, providers, story, paid):
    answer = shop.send(story)
    providers.clock.advance(2)

    assert answer.status_code == 500
    assert len(providers.ledger.moved()) == paid


def test_a_guest_pays_too_little(shop, providers):
    shop.ask("012")
    providers.clock.advance(2)

    assert [entry.amount for entry in providers.ledger.moved()] == [1900]


def test_a_guest_pays_in_another_currency(shop, providers):
    shop.ask("013")
    providers.clock.advance(2)

    assert [entry.currency for entry in providers.ledger.moved()] == ["UGX"]


def test_a_guest_pays_into_somebody_elses_account(shop, providers):
    shop.ask("014")
    providers.clock.advance(2)

    (entry,) = providers.ledger.moved()
    assert entry.account != providers.account(shop.keys).id


@pytest.mark.parametrize("story", ["015", "016"])
def test_a_payment_is_taken_back_ten_seconds_later(shop, providers, story):
    shop.ask(story)
    providers.clock.advance(9)
    before = providers.ledger.moved("chargeback")
    providers.clock.advance(3)

    assert before == []
    assert [entry.amount for entry in providers.ledger.moved("chargeback")] == [2000]


def test_a_guest_pays_two_hours_late(shop, providers):
    shop.ask("017")
    providers.clock.advance(7199)
    before = providers.ledger.moved()
    providers.clock.advance(1)

    assert before == []
    assert len(providers.ledger.moved()) == 1


def test_a_webhook_is_genuine(shop, providers, merchant):
    shop.ask("000")
    providers.clock.advance(2)

    assert all(map(shop.is_genuine, merchant.received))


def test_a_webhook_is_forged(shop, providers, merchant):
    shop.ask("018")
    providers.clock.advance(2)

    assert sum(not shop.is_genuine(told) for told in merchant.received) == shop.paid


def test_a_webhooks_body_was_changed(shop, providers, merchant):
    shop.ask("019")
    providers.clock.advance(2)

    told = merchant.received[-1].body.decode()
    if shop.slug in ("kopokopo", "conekta"):
        assert not shop.is_genuine(merchant.received[-1])
    elif shop.slug == "mercadopago":
        assert {json.loads(one.body)["action"] for one in merchant.received} >= {"changed"}
    else:
        assert "2000.0" in told


def test_an_old_webhook_comes_again(shop, providers, merchant):
    shop.ask("000")
    providers.clock.advance(2)
    oldest = providers.webhooks.sent[0].body
    shop.ask("020")
    providers.clock.advance(3)

    assert [one.body for one in merchant.received].count(oldest) > 1


class DrippingHttp:
    """Sends a request, and returns what is there of the answer when anything is."""

    def post(self, url, json=None, headers=None):
        body = requests.Request("POST", url, json=json, headers=headers).prepare()
        connection = http.client.HTTPConnection(urlsplit(url).netloc)
        try:
            connection.request("POST", urlsplit(url).path, body.body, dict(body.headers))
            return connection.sock.recv(65536)
        finally:
            connection.close()


def test_the_answer_drips_in(shop):
    shop.http = DrippingHttp()

    assert b"\r\n\r\n" not in shop.send("021")


def test_too_many_requests_may_come_again_in_three_seconds(shop, providers):
    first, second = shop.send("022"), shop.send("022")
    providers.clock.advance(3)
    shop.ask("022")
    providers.clock.advance(2)

    assert [first.status_code, second.status_code] == [429, 429]
    assert first.headers["Retry-After"] == "3"
    assert len(providers.ledger.moved()) == 1


@pytest.mark.parametrize(("name", "status"), [("kopokopo", 401), ("daraja", 404)])
def test_an_access_token_ends_while_the_guest_thinks(request, name, status):
    shop = request.getfixturevalue(name)

    shop.ask("023")

    assert shop.send("000").status_code == status


def test_there_is_a_story_for_every_number():
    assert sorted(STORIES) == [f"{number:03}" for number in range(24)]


PHONES = ("kopokopo", "intasend", "daraja")


@pytest.fixture(params=PHONES)
def phone_shop(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("pin", "paid"),
        ("cancel", "failed"),
        ("wrong_pin", "failed"),
        ("insufficient", "failed"),
        ("no_answer", "failed"),
        ("limit", "failed"),
        ("locked", "failed"),
        ("expired", "failed"),
    ],
)
def test_any_other_phone_waits_for_somebody(phone_shop, providers, answer, outcome):
    ref = phone_shop.ask("678")
    (prompt,) = providers.prompts()

    providers.answer(prompt, answer)

    assert (prompt.kind, prompt.amount, prompt.currency) == ("phone", 2000, "KES")
    assert phone_shop.outcome(ref) == outcome
    assert providers.prompts() == []


def test_nobody_answers_twice(phone_shop, providers):
    ref = phone_shop.ask("678")
    (prompt,) = providers.prompts()

    providers.answer(prompt, "cancel")
    providers.answer(prompt, "pin")

    assert phone_shop.outcome(ref) == "failed"


def test_a_prompt_goes_away_after_a_minute(phone_shop, providers):
    ref = phone_shop.ask("678")

    providers.clock.advance(60)

    assert providers.prompts() == []
    assert phone_shop.outcome(ref) == "failed"
