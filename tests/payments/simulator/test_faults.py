"""What can be wrong on the way to a provider, and the routes by which it is set."""

import pytest
import requests


def test_a_request_is_lost(shop, providers):
    providers.faults.add(shop.slug, "charge", drop_request=True)

    with pytest.raises(requests.ConnectionError):
        shop.send("000")
    assert providers.ledger == []


def test_an_answer_is_lost(shop, providers):
    providers.faults.add(shop.slug, "charge", drop_response=True)

    with pytest.raises(requests.ConnectionError):
        shop.send("000")
    providers.clock.advance(2)
    assert len(providers.ledger.moved()) == 1


@pytest.mark.parametrize(("after", "asked"), [(False, 0), (True, 1)])
def test_an_error_before_or_after_it_happened(shop, providers, after, asked):
    providers.faults.add(shop.slug, "charge", status=503, after=after)

    assert shop.send("000").status_code == 503
    assert sum(entry.op == "charge" and entry.state == "pending" for entry in providers.ledger) == (
        asked
    )


def test_another_body(shop, providers):
    providers.faults.add(shop.slug, "charge", status=502, body="<h1>Bad Gateway</h1>")

    assert shop.send("000").text == "<h1>Bad Gateway</h1>"


def test_an_answer_is_cut_off(mercadopago, providers):
    providers.faults.add("mercadopago", "verify", truncate=5)

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        mercadopago.get("users/me")


def test_an_answer_drips_in_whole(mercadopago, providers):
    whole = mercadopago.get("users/me").text

    providers.faults.add("mercadopago", "verify", drip=0.0001)

    assert mercadopago.get("users/me").text == whole


def test_a_fault_is_used_up(shop, providers):
    providers.faults.add(shop.slug, "charge", times=2, status=503)

    statuses = [shop.send("000").status_code for _ in range(3)]

    assert statuses[:2] == [503, 503]
    assert statuses[2] in (200, 201)


def test_a_fault_lasts_until_it_is_cleared(shop, providers):
    providers.faults.add(shop.slug, times=None, status=503)
    during = [shop.send("000").status_code for _ in range(3)]

    providers.faults.clear()

    assert during == [503] * 3
    assert shop.send("000").status_code in (200, 201)


def test_a_fault_of_one_provider_spares_the_others(kopokopo, conekta, providers):
    providers.faults.add("conekta", status=500)

    assert kopokopo.charge().status_code == 201


def test_an_unknown_fault_is_an_error(providers):
    with pytest.raises(ValueError, match="no fault is called fire"):
        providers.faults.add("conekta", fire=True)


def test_a_loss_cannot_be_mistaken_for_a_connection_never_made(kopokopo, providers):
    providers.faults.add("kopokopo", "charge", drop_request=True)

    with pytest.raises(requests.ConnectionError) as caught:
        kopokopo.send("000")
    assert "reset" in str(caught.value).lower()
