"""Webhooks under the hand of a test, and how each provider tries again."""

import pytest

DAY = 86400


def test_what_is_held_queues_up_and_goes_when_released(shop, providers, merchant):
    providers.webhooks.hold()
    shop.ask("000")
    providers.clock.advance(2)
    held = (len(merchant.received), len(providers.webhooks.queued))

    providers.webhooks.release()
    providers.clock.settle()

    assert held == (0, shop.started + shop.paid)
    assert len(merchant.received) == shop.started + shop.paid


def test_one_is_delivered_out_of_turn(kopokopo, providers, merchant):
    providers.webhooks.hold()
    kopokopo.ask("000")
    kopokopo.ask("000")
    providers.clock.advance(2)
    last = providers.webhooks.queued[-1]

    statuses = providers.webhooks.deliver(last, times=2)

    assert statuses == [200, 200]
    assert [told.body for told in merchant.received] == [last.body] * 2
    assert last not in providers.webhooks.queued


def test_one_is_delivered_in_two_threads_at_once(kopokopo, providers, merchant):
    providers.webhooks.hold()
    kopokopo.ask("000")
    providers.clock.advance(2)

    assert providers.webhooks.deliver_at_once(providers.webhooks.queued[0]) == [200, 200]
    assert len(merchant.received) == 2


@pytest.mark.parametrize("tampered", ["signature", "body"])
def test_one_is_delivered_forged(conekta, providers, merchant, tampered):
    providers.webhooks.hold()
    conekta.ask("000")

    providers.webhooks.deliver(providers.webhooks.queued[0], tampered=tampered)

    assert not conekta.is_genuine(merchant.received[0])


def test_one_is_dropped(daraja, providers, merchant):
    providers.webhooks.hold()
    daraja.ask("000")
    providers.clock.advance(2)

    providers.webhooks.drop(providers.webhooks.queued[0])
    providers.webhooks.release()
    providers.clock.settle()

    assert merchant.received == []


def test_what_would_be_sent_can_be_looked_at(mercadopago, providers, merchant):
    providers.webhooks.hold()
    ref = mercadopago.ask("000")

    message = providers.webhooks.message(providers.webhooks.queued[0])

    assert message.url == f"{merchant.url}/told?data.id={ref}&type=payment"
    assert set(message.headers) == {"Content-Type", "x-signature", "x-request-id"}


@pytest.mark.parametrize(
    ("name", "story", "waits"),
    [
        ("kopokopo", "000", ()),
        ("daraja", "000", ()),
        ("intasend", "002", (300, 1200, 4800, 19200, 76800)),
        ("mercadopago", "017", (900, 1800, 6 * 3600, 2 * DAY, 4 * DAY)),
        ("conekta", "000", (60, 300, 900, 3600, DAY)),
    ],
)
def test_a_merchant_who_fails_is_tried_again(request, providers, merchant, name, story, waits):
    merchant.status = 500
    request.getfixturevalue(name).ask(story)
    providers.clock.advance(2)
    webhook = providers.webhooks.sent[0]
    since = webhook.attempts[0].at

    providers.clock.advance(30 * DAY)

    tried = [attempt.at - since for attempt in webhook.attempts]
    assert tried == pytest.approx([sum(waits[:number]) for number in range(len(waits) + 1)])


@pytest.mark.parametrize(
    ("name", "status", "tries"),
    [("mercadopago", 201, 1), ("mercadopago", 204, 2), ("conekta", 200, 1), ("conekta", 201, 2)],
)
def test_not_every_2xx_will_do(request, providers, merchant, name, status, tries):
    merchant.status = status
    request.getfixturevalue(name).ask("000")
    providers.clock.settle()

    providers.clock.advance(900)

    assert len(providers.webhooks.sent[0].attempts) >= tries
    assert providers.webhooks.sent[0].is_taken == (tries == 1)


def test_an_attempt_is_signed_anew(mercadopago, providers, merchant):
    merchant.status = 500
    mercadopago.ask("017")
    providers.clock.advance(900)

    first, second = merchant.received

    assert first.body == second.body
    assert first.headers["x-signature"] != second.headers["x-signature"]


def test_a_merchant_who_is_away_is_one_who_fails(intasend, providers, merchant):
    providers.set_webhook_url(intasend.keys, "http://127.0.0.1:9/")

    intasend.ask("000")
    providers.clock.settle()

    assert [attempt.status for attempt in providers.webhooks.sent[0].attempts] == [0]
