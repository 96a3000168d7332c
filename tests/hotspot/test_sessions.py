"""Who is online, and who has been."""

import pytest

from hotspot import watching
from routers.reconcile import services
from tests.factories import LoginFactory, RouterFactory, make_voucher
from tests.hotspot.guests import COOKIES, log_in, online

pytestmark = [pytest.mark.sql, pytest.mark.django_db]
SESSIONS, LOGINS = "/hotspot/sessions/", "/hotspot/logins/"


@pytest.fixture
def voucher(package, router, device):
    voucher = make_voucher(package)
    services.reconcile(router)
    return voucher


def test_sessions_are_read_from_the_router(client, router, device, voucher):
    mac = log_in(device, voucher)
    device.advance(90)

    (session,) = client.get(SESSIONS, {"router": router.pk}).json()

    shown = {
        "user": voucher.code,
        "voucher": voucher.pk,
        "mac_address": mac,
        "login_by": "http-chap",
    }
    assert session | shown == session
    assert 90 <= session["online_seconds"] < 150


def test_a_guest_is_put_out_with_the_cookie_and_may_come_again(client, router, device, voucher):
    mac = log_in(device, voucher)
    (session,) = client.get(SESSIONS, {"router": router.pk}).json()

    answer = client.post(f"{SESSIONS}kick/", {"router": router.pk, "id": session["id"]})
    device.advance(5)

    assert (answer.json(), online(device), device.rows(COOKIES)) == ({"ended": 1}, [], [])
    device.guests.log_in(mac, voucher.code, voucher.code)
    by_name = client.post(f"{SESSIONS}kick/", {"router": router.pk, "user": voucher.code})
    nobody = client.post(f"{SESSIONS}kick/", {"router": router.pk, "mac_address": mac})
    assert (by_name.json(), nobody.json()) == ({"ended": 1}, {"ended": 0})


def test_a_router_that_is_away_is_503(client, router, device):
    device.switch_off()

    shown = client.get(SESSIONS, {"router": router.pk})
    kicked = client.post(f"{SESSIONS}kick/", {"router": router.pk, "user": "x"})

    assert {shown.status_code, kicked.status_code} == {503}
    assert shown.json()["code"] == "router_unreachable"


def test_a_strangers_router_has_no_sessions_to_show(client):
    router = RouterFactory()

    assert client.get(SESSIONS, {"router": router.pk}).status_code == 404
    assert client.post(f"{SESSIONS}kick/", {"router": router.pk, "user": "x"}).status_code == 400
    assert client.get(SESSIONS).status_code == 400


def test_a_login_is_kept(client, router, device, voucher):
    mac = log_in(device, voucher)
    watching.watch(router)
    device.guests.log_out(mac)
    watching.watch(router)

    (login,) = client.get(LOGINS).json()

    assert (login["voucher"], login["kind"], login["mac_address"]) == (voucher.pk, "voucher", mac)
    assert login["ended_at"] is not None


def test_logins_are_found_by_what_is_known_of_them(client, operator):
    here = LoginFactory(router=RouterFactory(owner=operator), mac_address="AA:BB:CC:00:00:01")
    there = LoginFactory(router=RouterFactory(owner=operator), ended_at=None)

    def found(**query):
        return [row["id"] for row in client.get(LOGINS, query).json()]

    assert found() == [there.pk, here.pk]
    assert found(router=here.router_id) == found(mac_address="aabbcc000001") == [here.pk]
    assert (found(online="true"), found(online="false")) == ([there.pk], [here.pk])
