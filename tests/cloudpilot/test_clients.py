"""Whose address a request comes from, behind none, one and two proxies of ours."""

import pytest
from django.test import RequestFactory

from cloudpilot.clients import client_address, client_network

SOCKET = "192.0.2.1"


def request(forwarded=None, address=SOCKET):
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return RequestFactory().get("/", REMOTE_ADDR=address, **headers)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, SOCKET),
        (0, "203.0.113.9", SOCKET),
        (1, None, SOCKET),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        (1, "1.1.1.1,2.2.2.2,  203.0.113.9 ", "203.0.113.9"),
        (2, "1.1.1.1, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "10.0.0.1", SOCKET),
        (1, "", SOCKET),
        (1, "203.0.113.9,", SOCKET),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies

    assert client_address(request(forwarded)) == address


def test_made_up_addresses_do_not_pass_the_limit(anonymous, db, settings):
    settings.LIMITS = {**settings.LIMITS, "failed_logins_per_address": (3, 300)}

    answers = [
        anonymous.post(
            "/users/login/",
            {"username": f"somebody{n}", "password": "wrong"},
            HTTP_X_FORWARDED_FOR=f"198.51.100.{n}",
        )
        for n in range(5)
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_one_customer_of_ipv6_is_one_address(address, network):
    assert client_network(request(address=address)) == network
