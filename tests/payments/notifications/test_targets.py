"""Where a webhook may go: judged when it is saved, and again by what its name resolves to."""

import socket

import pytest
from cryptography import x509

from cloudpilot.hosts import HostNotAllowed
from payments.models import DeliveryAttempt, Endpoint
from payments.notifications import targets
from payments.notifications.targets import UrlNotAllowed
from tests.payments.certificates import certificate_for

from .servers import HttpServer


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://Books.Example.com", "https://books.example.com/"),
        ("https://books.example.com:443/a?b=c", "https://books.example.com/a?b=c"),
        ("https://books.example.com:8443/a%20b", "https://books.example.com:8443/a%20b"),
        ("http://192.168.88.10/hook", "http://192.168.88.10/hook"),
        ("https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443/"),
        ("HTTPS://books.example.com/", "https://books.example.com/"),
    ],
)
def test_an_address_is_kept_in_one_spelling(typed, kept):
    assert targets.canonical(typed) == kept
    assert targets.canonical(kept) == kept


@pytest.mark.parametrize(
    "url",
    [
        "books.example.com/hook", "ftp://books.example.com/", "file:///etc/passwd", "https://", "",
        "https:///hook", "gopher://x/", "javascript:alert(1)", "https://user@books.example.com/",
        "https://user:word@books.example.com/", "https://@books.example.com/",
        "https://books.example.com/#part", "https://books.example.com:0/",
        "https://books.example.com:99999/", "https://books.example.com:x/", "https://a b/",
        "https://books.example.com/\r\nHost: x", "https://books.example.com\\@127.0.0.1/",
        "https://bücher.example.com/", "https://[::1", "https://127.1/", "https://0x7f000001/",
        "https://2130706433/", "https://books.example.com%00.evil/", "\thttps://a.example.com/",
    ],
)  # fmt: skip
def test_what_two_readers_may_read_differently_is_no_address(url):
    with pytest.raises((UrlNotAllowed, HostNotAllowed)):
        targets.canonical(url)


OURSELVES = ["127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]"]
NEVER = ["169.254.169.254", "0.0.0.0", "[fe80::1]", "224.0.0.1", "100.100.100.200"]


@pytest.mark.parametrize("host", OURSELVES + NEVER)
def test_neither_this_machine_nor_what_tells_secrets_is_called(host):
    with pytest.raises(HostNotAllowed):
        targets.canonical(f"https://{host}/")


@pytest.mark.parametrize("host", ["10.0.0.5", "192.168.1.5", "[fd00::5]", *OURSELVES])
def test_one_who_serves_many_calls_public_addresses_alone(settings, host):
    settings.ROUTER_HOST_POLICY = "saas"
    settings.WEBHOOKS_TO_LOOPBACK = True  # no switch opens what many share

    with pytest.raises(HostNotAllowed):
        targets.canonical(f"https://{host}/")


def test_one_who_serves_many_sends_nothing_in_clear(settings):
    settings.ROUTER_HOST_POLICY = "saas"

    with pytest.raises(UrlNotAllowed):
        targets.canonical("http://books.example.com/")


@pytest.fixture
def resolving(monkeypatch):
    """Return a function that says what names resolve to from now on, and how often they were."""
    asked = []

    def resolve_to(*addresses):
        real = socket.getaddrinfo

        def answer(host, port, *args, **kwargs):
            if kwargs.get("flags") or host[0].isdigit() or host == "localhost":
                return real(host, port, *args, **kwargs)
            asked.append(host)
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
                for address in addresses
            ]

        monkeypatch.setattr(socket, "getaddrinfo", answer)
        return asked

    return resolve_to


def test_a_name_that_leads_to_ourselves_is_not_called(
    sell, receiver, endpoint, settings, resolving
):
    settings.WEBHOOKS_TO_LOOPBACK = False
    Endpoint.objects.update(url=f"http://rebound.example.com:{receiver.port}/")
    resolving("127.0.0.1")

    sell()

    assert receiver.heard == []
    assert DeliveryAttempt.objects.get().failure == "host_not_allowed"


def test_one_forbidden_address_among_others_forbids_the_name(sell, receiver, endpoint, resolving):
    Endpoint.objects.update(url=f"http://rebound.example.com:{receiver.port}/")
    resolving("127.0.0.1", "169.254.169.254")

    sell()

    assert receiver.heard == []
    assert DeliveryAttempt.objects.get().failure == "host_not_allowed"


def test_a_name_is_resolved_once_and_stays_in_the_request(sell, receiver, endpoint, resolving):
    Endpoint.objects.update(url=f"http://books.example.com:{receiver.port}/hook")
    asked = resolving("127.0.0.1")

    sell()

    assert asked == ["books.example.com"]
    assert receiver.heard[0].headers["host"] == f"books.example.com:{receiver.port}"


def test_over_tls_the_certificate_must_be_of_the_name_and_not_of_the_address(
    sell, endpoint, resolving, trust, tmp_path
):
    certificate = certificate_for(x509.DNSName("books.example.com"), tmp_path)
    trust(certificate)
    resolving("127.0.0.1")

    with HttpServer(certificate).running() as server:
        for name in ("books.example.com", "other.example.com"):
            Endpoint.objects.update(url=f"https://{name}:{server.port}/")
            sell()

    assert [heard.headers["host"] for heard in server.heard] == [f"books.example.com:{server.port}"]
    assert server.names == ["books.example.com", "other.example.com"]
    assert DeliveryAttempt.objects.last().failure == "unreachable"


def test_a_proxy_of_the_environment_is_not_used(sell, receiver, endpoint, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    sell()

    assert len(receiver.heard) == 1


def test_an_address_in_clear_from_before_is_sent_nothing_where_many_are_served(
    sell, receiver, endpoint, settings
):
    settings.ROUTER_HOST_POLICY = "saas"

    sell()

    assert receiver.heard == []
    assert DeliveryAttempt.objects.get().failure == "url_not_allowed"
