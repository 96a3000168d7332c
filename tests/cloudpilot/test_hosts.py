"""Where a router's host may point: every spelling, both modes, at saving and at connecting."""

import socket
from types import SimpleNamespace

import pytest

from cloudpilot import hosts
from cloudpilot.hosts import HostNotAllowed, check_spelling, checked_addresses
from routers import connections
from routers.models import Router

# No address, though the system's resolver would take most of them for one.
NOT_A_HOST = [
    "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0x7f.0.0.1", "017700000001",
    "0177.0.0.1", "010.0.0.1", "127.0.0.01", "1.0x7f", "127.0.0.1.", "localhost.", "a..b", ".a",
    "", " ", "127.0.0.1 ", "\t127.0.0.1", "127.0.0.1\n", "127.0.0.1:22", "[::1]", "[::1]:22",
    "::1%lo", "fe80::1%eth0", "user@10.0.0.1", "10.0.0.1/24", "http://10.0.0.1", "10.0.0.1#", "a/b",
    "a?b", "a\\b", "a%2eb", "a_b.example", "-a.example", "a-.example", "a" * 64 + ".example",
    "a." * 127 + "a", "\uff11\uff12\uff17.0.0.1", "127。0。0。1", "ⓛocalhost", "loca\u017f.example",
    "\u212aelvin.example", "exämple.com", "a\0b", "*.example.com", "1.2.3", "1.2.3.4.5", "256.1.1.1",
]  # fmt: skip

# Addresses that nobody's router has, however they are wrapped: in either mode.
NEVER = [
    "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "192.0.0.192", "100.100.100.200", "168.63.129.16", "::", "fe80::1",
    "fec0::1", "ff02::1", "fd00:ec2::254", "fd20:ce::254", "FE80::1", "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe", "0:0:0:0:0:ffff:a9fe:a9fe", "::169.254.169.254", "::ffff:0:169.254.169.254",
    "64:ff9b::169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b:1::10.0.0.1", "2002:a9fe:a9fe::1",
    "2001:0:a9fe:a9fe::1", "2001:0:102:304:0:ffff:5601:5601", "2001:db8::5efe:169.254.169.254",
    "2001:db8::200:5efe:169.254.169.254", "::ffff:0.0.0.0", "2002:e000:1::",
]  # fmt: skip

# Next door at home; somebody else's when many share a server.
NEAR = [
    "127.0.0.1", "127.255.0.1", "10.0.0.5", "172.16.0.1", "172.31.255.255", "192.168.88.1",
    "100.64.0.1", "198.18.0.1", "::1", "fc00::1", "fd12:3456::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.5", "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1", "::ffff:0:10.0.0.1",
    "2001:db8::5efe:10.0.0.1", "2002:c0a8:5801::",
]  # fmt: skip

FAR = ["203.0.113.9", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:db8::1", "2606:4700::1111"]
NAMES = ["router.example.com", "localhost", "a", "xn--exmple-cua.com", "1a.b2", "Cafe-1.Example"]


@pytest.fixture(params=["self_hosted", "saas"])
def mode(request, settings):
    settings.ROUTER_HOST_POLICY = request.param
    return request.param


@pytest.mark.parametrize("host", NOT_A_HOST, ids=ascii)
def test_what_is_no_canonical_host_is_refused(mode, host):
    with pytest.raises(HostNotAllowed):
        check_spelling(host)


@pytest.mark.parametrize("host", NEVER)
def test_what_is_nobodys_router_is_refused_when_saved_and_when_met(mode, host):
    with pytest.raises(HostNotAllowed):
        check_spelling(host)
    with pytest.raises(HostNotAllowed):
        checked_addresses([host], 8728)


@pytest.mark.parametrize("host", NEAR)
def test_a_router_next_door_is_the_normal_case_at_home(settings, host):
    settings.ROUTER_HOST_POLICY = "self_hosted"

    check_spelling(host)
    assert checked_addresses([host], 8728) == [host]


@pytest.mark.parametrize("host", NEAR)
def test_with_many_on_one_server_nothing_private_is_reached(settings, host):
    settings.ROUTER_HOST_POLICY = "saas"

    with pytest.raises(HostNotAllowed):
        check_spelling(host)
    with pytest.raises(HostNotAllowed):
        checked_addresses([host], 8728)


@pytest.mark.parametrize("host", FAR + NAMES)
def test_a_public_address_and_a_name_are_accepted(mode, host):
    assert check_spelling(host) == host.lower()


def test_an_address_is_kept_in_its_one_spelling(mode):
    assert check_spelling("2001:0DB8:0:0:0:0:0:1") == "2001:db8::1"


@pytest.mark.parametrize("bad", ["169.254.169.254", "::ffff:169.254.169.254", "0.0.0.0"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_forbidden_address_among_good_ones_forbids_the_name(mode, bad, place):
    found = ["203.0.113.9", "203.0.113.10"]
    found.insert(place, bad)

    with pytest.raises(HostNotAllowed):
        checked_addresses(found, 8728)


# --- Our own services -----------------------------------------------------------------------

DATABASE = {"ENGINE": "django.db.backends.postgresql", "HOST": "", "PORT": "", "OPTIONS": {}}


@pytest.fixture
def database(monkeypatch):
    """Say where our database is, and forget it again."""
    hosts._found.cache_clear()

    def put(**place):
        seen = SimpleNamespace(
            DATABASES={"default": {**DATABASE, **place}},
            ROUTER_HOST_POLICY="self_hosted",
            PORT=8000,
            CELERY_BROKER_URL="",
            PUBLIC_URL="",
        )
        monkeypatch.setattr(hosts, "settings", seen)

    yield put
    hosts._found.cache_clear()


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.0.0.9", "::1", "::ffff:127.0.0.1", "2002:7f00:1::"]
)
@pytest.mark.parametrize(
    "place",
    [
        {"HOST": "localhost"},
        {"HOST": "127.0.0.1"},
        {"HOST": "::1"},
        {},
        {"HOST": "/var/run/postgresql"},
        {"OPTIONS": {"host": "/tmp"}},
    ],
    ids=str,
)
def test_our_own_database_is_no_router(database, address, place):
    database(**place)

    with pytest.raises(HostNotAllowed):
        checked_addresses([address], 5432)
    assert checked_addresses([address], 8728)


def test_neither_is_one_on_another_machine_and_port(database):
    database(HOST="192.168.7.7", PORT="6543")

    with pytest.raises(HostNotAllowed):
        checked_addresses(["::ffff:192.168.7.7"], 6543)
    assert checked_addresses(["192.168.7.8"], 6543)


def test_a_database_that_had_no_address_for_a_moment_is_still_protected(database, monkeypatch):
    answers = [socket.gaierror(), [(0, 0, 0, "", ("192.168.7.7", 0))]]

    def look_up(*args):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(hosts.socket, "getaddrinfo", look_up)
    database(HOST="db.internal", PORT="6543")

    assert hosts._addresses_of("db.internal") == frozenset()
    with pytest.raises(HostNotAllowed):
        checked_addresses(["192.168.7.7"], 6543)


@pytest.mark.parametrize(
    ("name", "value", "port"),
    [
        ("PUBLIC_URL", "http://127.0.0.1:8123", 8123),
        ("PUBLIC_URL", "https://localhost", 443),
        ("PORT", 8456, 8456),
        ("CELERY_BROKER_URL", "redis://localhost", 6379),
        ("CELERY_BROKER_URL", "amqp://127.0.0.1:5672//", 5672),
    ],
)
def test_neither_is_our_web_server_or_broker(settings, name, value, port):
    setattr(settings, name, value)

    with pytest.raises(HostNotAllowed):
        checked_addresses(["127.0.0.1"], port)


# --- Through the API ------------------------------------------------------------------------


def create(client, host, port=8728):
    body = {"name": "R", "host": host, "port": port, "username": "admin", "password": "admin"}
    return client.post("/routers/", body)


@pytest.mark.parametrize("host", ["169.254.169.254", "0x7f.1", "::ffff:a9fe:a9fe", "127.1"])
def test_a_forbidden_host_is_not_saved_and_its_field_is_named(client, host):
    answer = create(client, host)

    assert answer.status_code == 400
    assert answer.json()["fields"].keys() == {"host"}


def resolves_to(monkeypatch, *answers):
    """Let the resolver give a name one answer after the other, each a list of addresses."""
    remaining, really = list(answers), socket.getaddrinfo

    def look_up(host, port, *args, **kwargs):
        if host != "router.example.com":
            return really(host, port, *args, **kwargs)
        return [(socket.AF_INET, 1, 6, "", (a, port)) for a in remaining.pop(0)]

    monkeypatch.setattr("routers.routeros.resolve.socket.getaddrinfo", look_up)


def test_a_name_that_leads_to_metadata_is_not_connected_to(client, monkeypatch):
    router = create(client, "router.example.com").json()
    resolves_to(monkeypatch, ["169.254.169.254"])

    answer = client.post(f"/routers/{router['id']}/test-connection/")

    assert (answer.json()["is_online"], answer.json()["reason"]) == (False, "unreachable")
    assert "169.254" not in answer.content.decode()


def test_a_name_that_turns_bad_after_the_first_look_is_not_followed(client, device, monkeypatch):
    router = create(client, "router.example.com", device.port("api")).json()
    resolves_to(monkeypatch, ["127.0.0.1"], ["169.254.169.254"])
    path = f"/routers/{router['id']}/test-connection/"

    assert client.post(path).json()["is_online"] is True
    connections.forget(Router.objects.get(pk=router["id"]))
    assert client.post(path).json()["is_online"] is False
