import os
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from rest_framework.test import APIClient

from payments.providers import gateway_at
from payments.simulator import ProviderSimulator
from routers import connections
from routers import keys as router_keys
from routers.simulator import Simulator
from tests.factories import RouterFactory, UserFactory
from users import tokens

# How long an example takes says how busy the machine is, and nothing of what is tested.
# What is made up is the same in each run, so that one says of a change what another says; a campaign
# makes up something new.
hypothesis_settings.register_profile(
    "any machine",
    deadline=None,
    derandomize="AT_RANDOM" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
hypothesis_settings.load_profile("any machine")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Begin with what takes longest, or one process is left with it when the others are done."""
    items.sort(key=lambda item: not _takes_long(item))


def _takes_long(item):
    """Whether there are processes, a browser or a server in it, or a database to empty after it."""
    in_database = item.get_closest_marker("django_db")
    return (
        bool(in_database and in_database.kwargs.get("transaction"))
        or not {"live_server", "transactional_db"}.isdisjoint(item.fixturenames)
        or any(item.get_closest_marker(name) for name in ("browser", "wireguard"))
    )


class Client(APIClient):
    """An API client that can speak for somebody."""

    def as_user(self, user):
        """Send this user's access token from now on; answers the client itself."""
        pair = tokens.start_family(user)
        self.credentials(HTTP_AUTHORIZATION=f"Bearer {pair.access_token}")
        return self


class ServerClock:
    """The server's own time, for tests to push forward; routers have theirs."""

    def __init__(self, monkeypatch):
        self._real = timezone.now
        self._pushed = timedelta()
        monkeypatch.setattr(timezone, "now", self)

    def __call__(self):
        return self._real() + self._pushed

    def advance(self, seconds):
        self._pushed += timedelta(seconds=seconds)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, tmp_path_factory):
    """Give each process of each test run a database of its own, so that no two meet in one."""
    test = connection.settings_dict["TEST"]
    if connection.vendor == "sqlite":
        test["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(autouse=True)
def _fast_and_private(settings):
    """Hash fast, trust the host name that test clients use, and look for no static files.

    Each test client loads the middleware anew, and would have a look at every one of them.
    """
    settings.WHITENOISE_USE_FINDERS = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]


@pytest.fixture
def anonymous():
    return Client()


@pytest.fixture
def operator(db):
    """The user whom a test is about; owns a personal company."""
    return UserFactory(username="operator")


@pytest.fixture
def stranger(db):
    return UserFactory(username="stranger")


@pytest.fixture
def client(operator):
    """A client that speaks for `operator`, with an access token."""
    return Client().as_user(operator)


@pytest.fixture
def client_of():
    """Return a client that speaks for the given user."""
    return lambda user: Client().as_user(user)


@pytest.fixture
def server_clock(monkeypatch):
    return ServerClock(monkeypatch)


@pytest.fixture(scope="session")
def _simulator():
    with Simulator(services=("api", "api-ssl", "rest", "rest-ssl")) as simulator:
        yield simulator


@pytest.fixture
def device(_simulator):
    """A simulated router as it comes from the factory, with all four transports."""
    device = _simulator.devices[0]
    yield device
    connections.close()
    device.faults.clear()
    device.switch_on()
    device.factory_reset()
    device.sentences.clear()


@pytest.fixture
def router(operator, device):
    """The operator's router; `device` is what answers at its address."""
    return RouterFactory(owner=operator, port=device.port("api"))


@pytest.fixture
def token(router):
    return router_keys.issue(router).token


@pytest.fixture
def portal(anonymous, token):
    """What a portal's page has: the operator's router's key."""
    anonymous.credentials(HTTP_X_API_KEY=token)
    return anonymous


@pytest.fixture(scope="session")
def _providers():
    with ProviderSimulator() as providers:
        yield providers


@pytest.fixture
def providers(_providers, settings):
    """The payment providers, with nothing in them; their time stands still until it is advanced."""
    _providers.reset()  # and so begins at the time that it is
    settings.PROVIDER_BASE_URLS = {slug: _providers.url(slug) for slug in _providers.slugs}
    yield _providers
    gateway_at.cache_clear()  # no test is to learn from another's that a provider is away
    _providers.reset()
