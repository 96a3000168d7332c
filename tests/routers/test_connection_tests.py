import socket

import pytest

from routers import connections, services
from routers.models import Router
from tests.factories import RouterFactory
from tests.routers.support import TRANSPORTS, answered_within, at, heard, patience_for, router_at


def check(client, router):
    response = client.post(at(router, "test-connection"))
    assert response.status_code == 200
    return response.json()


def stored(router):
    return Router.objects.get(pk=router.pk)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_router_that_answers_is_online(client, operator, device, transport):
    router = router_at(device, transport, owner=operator)

    assert check(client, router) == {
        "router_id": router.pk,
        "is_online": True,
        "message": "Connection test completed",
    }
    assert stored(router).is_online
    assert stored(router).last_checked is not None


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        ({"silent": True}, "timeout"),
        ({"stall": True}, "timeout"),
        ({"drip": 0.2}, "timeout"),
        ({"refuse": True}, "unreachable"),
        ({"cut_after": 10}, "unreachable"),
        ({"auth_fail": True}, "auth_failed"),
    ],
)
def test_a_router_that_fails_is_offline_for_a_reason(
    client, operator, device, monkeypatch, transport, faults, reason
):
    seconds = patience_for(reason)
    monkeypatch.setattr(services, "TEST_SECONDS", seconds)
    device.faults.set(**faults)
    router = router_at(device, transport, owner=operator, is_online=True)

    with answered_within(seconds):
        answer = check(client, router)

    assert answer["message"] == "Connection test completed"
    assert (answer["is_online"], answer["reason"]) == (False, reason)
    assert answer["detail"].endswith(".")
    assert not stored(router).is_online


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_what_speaks_gibberish_is_offline_by_the_deadline(
    client, operator, device, monkeypatch, transport
):
    monkeypatch.setattr(services, "TEST_SECONDS", 0.4)
    device.faults.set(garbage=True)

    with answered_within(0.4):
        answer = check(client, router_at(device, transport, owner=operator))

    # Random bytes may announce an answer that never comes.
    assert answer["reason"] in {"not_routeros", "timeout"}


def test_a_router_that_is_off_is_unreachable(client, operator, unused_port):
    router = RouterFactory(owner=operator, port=unused_port)

    assert check(client, router)["reason"] == "unreachable"


def test_a_wrong_password_is_an_auth_failure(client, operator, device):
    router = router_at(device, "api", owner=operator, password="wrong")

    assert check(client, router)["reason"] == "auth_failed"


def test_a_web_server_that_leads_elsewhere_is_no_router_and_is_not_followed(
    client, operator, device
):
    device.faults.set(http_redirect=f"http://127.0.0.1:{device.port('rest')}/rest/system/identity")
    router = router_at(device, "rest", owner=operator)

    assert check(client, router)["reason"] == "not_routeros"


def test_a_host_that_resolves_to_a_forbidden_address_is_not_connected_to(
    client, router, device, monkeypatch
):
    Router.objects.filter(pk=router.pk).update(host="rebinding.example")
    monkeypatch.setattr(connections, "resolve", lambda *_: ["127.0.0.1", "169.254.169.254"])

    answer = check(client, router)

    assert answer["reason"] == "unreachable"
    assert "169.254" not in answer["detail"]
    assert not device.sentences


def test_a_host_that_was_saved_under_another_policy_is_not_connected_to(
    client, router, device, settings
):
    settings.ROUTER_HOST_POLICY = "saas"

    assert check(client, router)["is_online"] is False
    assert not device.sentences


def test_a_router_may_be_reached_over_ipv6(client, operator, monkeypatch):
    monkeypatch.setattr(services, "TEST_SECONDS", 0.4)
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        router = RouterFactory(owner=operator, host="::1", port=listener.getsockname()[1])
        check(client, router)
        connection, _ = listener.accept()
        with connection:
            heard = connection.recv(1000)

    assert b"/login" in heard


def test_a_test_asks_even_a_router_that_failed_a_moment_ago(client, router, device):
    device.faults.set(auth_fail=True)
    check(client, router)
    device.faults.clear()

    assert check(client, router)["is_online"] is True


def test_a_password_that_cannot_be_read_is_a_conflict_that_says_so(client, router, device):
    Router.objects.filter(pk=router.pk).update(public_id="RTR_MOVED000")

    response = client.post(at(router, "test-connection"))

    assert response.status_code == 409
    assert response.json()["code"] == "secret_unreadable"


def test_sixty_tests_a_minute_are_a_companys_share(client, operator, settings):
    settings.LIMITS = {**settings.LIMITS, "connection_tests_per_company": (2, 60)}
    routers = [RouterFactory(owner=operator, host="169.254.1.1") for _ in range(3)]

    statuses = [client.post(at(row, "test-connection")).status_code for row in routers]
    refused = client.post(at(routers[0], "test-connection"))

    assert statuses == [200, 200, 429]
    assert 1 <= int(refused["Retry-After"]) <= 60


def test_the_limit_is_sixty_a_minute_unless_it_is_set(settings):
    assert settings.LIMITS["connection_tests_per_company"] == (60, 60)


def test_one_companys_tests_are_not_counted_against_another(
    client, client_of, operator, stranger, settings
):
    settings.LIMITS = {**settings.LIMITS, "connection_tests_per_company": (1, 60)}
    mine = RouterFactory(owner=operator, host="169.254.1.1")
    client.post(at(mine, "test-connection"))

    theirs = RouterFactory(owner=stranger, host="169.254.1.1")
    response = client_of(stranger).post(at(theirs, "test-connection"))

    assert response.status_code == 200


# --- What changes while the router is being asked --------------------------------------------


@pytest.fixture
def meanwhile(monkeypatch):
    """Let something happen between the router's answer and its being stored."""

    def arrange(act):
        probe = connections.probe

        def probing(*args):
            try:
                return probe(*args)
            finally:
                act()

        monkeypatch.setattr(connections, "probe", probing)

    return arrange


def test_a_new_name_given_during_a_test_stays(client, router, meanwhile):
    meanwhile(lambda: Router.objects.filter(pk=router.pk).update(name="Renamed", location="Roof"))

    assert check(client, router)["is_online"] is True
    assert (stored(router).name, stored(router).location) == ("Renamed", "Roof")
    assert stored(router).is_online


@pytest.mark.parametrize(
    "change",
    [
        {"host": "10.0.0.2"}, {"port": 443}, {"username": "other"}, {"transport": "rest"},
        {"password": "other", "name": "Renamed"},
    ],
)  # fmt: skip
def test_a_test_says_nothing_of_a_router_that_was_pointed_elsewhere(
    client, router, meanwhile, change
):
    meanwhile(lambda: client.patch(at(router), change))

    check(client, router)

    assert not stored(router).is_online
    assert stored(router).last_checked is None
    assert stored(router).password == change.get("password", "admin")


def test_a_router_that_is_deleted_during_its_test_stays_deleted(client, router, meanwhile):
    meanwhile(lambda: client.delete(at(router)))

    check(client, router)

    assert not Router.objects.exists()


# --- Whom a router's certificate proves it to be ---------------------------------------------


@pytest.mark.parametrize("transport", ["api-ssl", "rest-ssl"])
def test_the_first_certificate_is_kept(client, operator, device, transport):
    router = router_at(device, transport, owner=operator)

    check(client, router)

    assert stored(router).tls_fingerprint == device.fingerprint


@pytest.mark.parametrize("transport", ["api-ssl", "rest-ssl"])
def test_the_first_certificate_is_kept_before_a_password_is_sent(
    client, operator, device, transport
):
    device.faults.set(auth_fail=True)
    router = router_at(device, transport, owner=operator)

    assert check(client, router)["reason"] == "auth_failed"
    assert stored(router).tls_fingerprint == device.fingerprint


@pytest.mark.parametrize("transport", ["api-ssl", "rest-ssl"])
def test_another_certificate_is_not_trusted_and_hears_no_password(
    client, operator, device, transport
):
    router = router_at(device, transport, owner=operator, tls_fingerprint=device.fingerprint)
    device.faults.set(swap_certificate=True)

    assert check(client, router)["reason"] == "tls_untrusted"
    assert not device.sentences
    assert stored(router).tls_fingerprint == device.fingerprint


def test_clearing_the_fingerprint_trusts_the_next_certificate(client, operator, device):
    router = router_at(device, "api-ssl", owner=operator, tls_fingerprint=device.fingerprint)
    device.faults.set(swap_certificate=True)

    client.patch(at(router), {"tls_fingerprint": ""})

    assert check(client, router)["is_online"] is True
    assert stored(router).tls_fingerprint not in {"", device.fingerprint}


def test_a_first_certificate_is_not_kept_for_a_host_that_changed_meanwhile(
    client, operator, device
):
    router = router_at(device, "api-ssl", owner=operator)
    Router.objects.filter(pk=router.pk).update(host="10.0.0.2")

    assert services.check_connection(router).reason == "tls_untrusted"
    assert stored(router).tls_fingerprint == ""


def test_of_two_first_contacts_the_later_one_must_see_the_same_certificate(operator, device):
    router = router_at(device, "api-ssl", owner=operator)
    late = Router.objects.get(pk=router.pk)
    services.check_connection(router)
    connections.close()
    device.faults.set(swap_certificate=True)

    found = services.check_connection(late)

    assert found.reason == "tls_untrusted"
    assert stored(router).tls_fingerprint == device.fingerprint


def test_a_test_tells_the_router_nothing_but_who_asks(client, router, device):
    check(client, router)

    assert heard(device) == [["/system/identity/print", "=.proplist=name"]]
