"""A code that somebody types: good or not, and no help for those who guess."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from cloudpilot.models import RateCounter
from hotspot import codes, issuing, services
from hotspot.models import Voucher
from routers import keys
from tests.factories import PackageFactory, RouterFactory, make_voucher
from tests.parallel import at_once

pytestmark = pytest.mark.sql

NOT_VALID = {"error": "This voucher is not good here.", "code": "voucher_not_valid"}


@pytest.fixture
def package(router):
    return PackageFactory(router=router, name="Day pass")


@pytest.fixture
def voucher(package):
    return make_voucher(package)


def check(portal, code, **sent):
    return portal.post("/portal/vouchers/check/", {"code": code, **sent}, format="json")


def answer(response):
    return response.status_code, response.json()


def test_a_good_voucher_shows_what_the_login_form_needs(portal, voucher):
    response = check(portal, voucher.code)

    assert response.status_code == 200
    assert response.json() == {
        "voucher": {"username": voucher.code, "passcode": voucher.code},
        "status": "unused",
        "access": "activating",
        "package": "Day pass",
        "valid_from": voucher.valid_from.isoformat().replace("+00:00", "Z"),
        "expires_at": None,
        "time_left_seconds": None,
        "data_left_bytes": None,
    }


def test_once_the_router_has_it_access_is_ready(portal, voucher):
    Voucher.objects.update(on_router_at=timezone.now())

    assert check(portal, voucher.code).json()["access"] == "ready"


def test_what_is_left_is_shown(portal, router):
    package = PackageFactory(router=router, data_limit_mb=10, time_limit_minutes=30)
    voucher = make_voucher(package)
    Voucher.objects.update(uploaded=2**20, downloaded=2**21, online_time=timedelta(minutes=10))

    shown = check(portal, voucher.code).json()

    assert shown["data_left_bytes"] == 7 * 2**20
    assert shown["time_left_seconds"] == 20 * 60


@pytest.mark.parametrize(
    "typed", [str.lower, codes.grouped, lambda code: f" {code[:3]} {code[3:]} "]
)
def test_a_code_is_read_as_people_type_it(portal, voucher, typed):
    assert check(portal, typed(voucher.code)).json()["voucher"]["username"] == voucher.code


def test_a_code_of_digits_keeps_its_leading_zeros(portal, package):
    make_voucher(package, code="00123456")

    assert check(portal, "0012-3456").json()["voucher"]["username"] == "00123456"
    assert check(portal, "123456").status_code == 404


def test_unknown_spent_and_foreign_codes_are_answered_alike(portal, package, voucher):
    now = timezone.now()
    foreign = make_voucher(PackageFactory())
    spent = [make_voucher(package) for _ in range(4)]
    services.revoke(spent[0])
    for row, facts in zip(
        spent[1:],
        [
            {"expires_at": now - timedelta(seconds=1)},
            {"time_limit": timedelta(hours=1), "online_time": timedelta(hours=1)},
            {"data_limit": 5, "downloaded": 5},
        ],
        strict=True,
    ):
        Voucher.objects.filter(pk=row.pk).update(**facts)

    answers = [
        check(portal, code) for code in ["NOSUCHCODE", foreign.code, *[v.code for v in spent]]
    ]

    assert [answer(response) for response in answers] == [(404, NOT_VALID)] * 6


def test_a_voucher_that_waits_says_so(portal, package, router):
    paused = make_voucher(package)
    services.pause(paused)
    tomorrow = timezone.now() + timedelta(days=1)
    later = issuing.issue(
        router, issuing.terms_of(package), source=Voucher.Source.SINGLE, valid_from=tomorrow
    )

    first, second = check(portal, paused.code).json(), check(portal, later.code).json()

    assert (first["status"], first["access"]) == ("paused", "none")
    assert (second["status"], second["access"]) == ("scheduled", "none")


def test_of_a_voucher_with_a_passcode_the_code_alone_tells_nothing(portal, package):
    make_voucher(package, code="room12", password="sunny-day")

    assert answer(check(portal, "room12")) == (404, NOT_VALID)
    assert answer(check(portal, "room12", passcode="rainy-day")) == (404, NOT_VALID)
    assert check(portal, "room12", passcode="sunny-day").json()["voucher"] == {
        "username": "room12",
        "passcode": "sunny-day",
    }


def test_a_revoked_code_that_was_made_again_is_the_new_voucher(portal, package):
    services.revoke(make_voucher(package, code="ROOM12"))
    make_voucher(package, code="ROOM12")

    assert check(portal, "ROOM12").status_code == 200


@pytest.mark.parametrize(
    "sent", [{}, {"code": ""}, {"code": "x" * 101}, {"code": ["a"]}, {"code": None}]
)
def test_what_is_no_code_names_the_field(portal, sent):
    response = portal.post("/portal/vouchers/check/", sent, format="json")

    assert response.status_code == 400
    assert list(response.json()["fields"]) == ["code"]
    assert not RateCounter.objects.exists()


# --- Guessing -------------------------------------------------------------------------------


def test_a_device_may_fail_ten_times_a_minute(portal, voucher):
    mine, another = "98:01:A7:CB:BB:00", "74:D2:46:AC:EE:11"
    failures = [check(portal, "WRONG", device=mine) for _ in range(10)]

    refused = check(portal, voucher.code, device=mine.lower())

    assert {response.status_code for response in failures} == {404}
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert check(portal, voucher.code, device=another).status_code == 200


def test_a_router_s_guests_may_fail_thirty_times_a_minute(portal, voucher, anonymous):
    for n in range(30):
        assert check(portal, "WRONG", device=f"device {n}").status_code == 404

    refused = check(portal, voucher.code)
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        later = check(portal, voucher.code)

    assert refused.status_code == 429
    assert later.status_code == 200


def test_another_router_s_guests_do_not_suffer(portal, voucher, client_of, stranger):
    for _ in range(31):
        check(portal, "WRONG")
    other = RouterFactory()
    theirs = make_voucher(PackageFactory(router=other))
    portal.credentials(HTTP_X_API_KEY=keys.issue(other).token)

    assert check(portal, theirs.code).status_code == 200


@pytest.mark.parametrize("limit", ["wrong_vouchers_per_address", "wrong_vouchers_in_all"])
def test_guessing_with_many_keys_is_limited_as_well(portal, settings, limit):
    settings.LIMITS = {**settings.LIMITS, limit: (4, 60)}
    for _ in range(4):
        portal.credentials(HTTP_X_API_KEY=keys.issue(RouterFactory()).token)
        assert check(portal, "WRONG").status_code == 404

    portal.credentials(HTTP_X_API_KEY=keys.issue(RouterFactory()).token)

    assert check(portal, "WRONG").status_code == 429


def test_good_codes_are_not_counted(portal, voucher):
    codes_seen = [check(portal, voucher.code, device="phone").status_code for _ in range(40)]

    assert set(codes_seen) == {200}
    assert not RateCounter.objects.exists()


def test_a_check_costs_few_queries(portal, voucher, django_assert_num_queries):
    with django_assert_num_queries(2 + 2):  # the key and its use; the counters and the voucher
        check(portal, voucher.code, device="phone")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_parallel_guesses_no_more_than_the_limit_learn_anything(router, token, settings):
    from rest_framework.test import APIClient

    settings.LIMITS = {**settings.LIMITS, "wrong_vouchers_per_router_key": (3, 60)}

    def guess(_):
        response = APIClient().post(
            "/portal/vouchers/check/", {"code": "WRONG"}, format="json", HTTP_X_API_KEY=token
        )
        return response.status_code

    answers = at_once(guess, 10)

    assert sorted(answers) == [404] * 3 + [429] * 7
