"""How long an access token is used, and by whom."""

from threading import Barrier, Thread

import pytest

from payments.gateways.base import Account, Environment
from payments.gateways.errors import KeysRefused, NotSent, Unknown
from payments.gateways.http import Answer, Deadline
from payments.gateways.tokens import Tokens, token_of
from tests.routers.routeros.support import Clock

from .servers import soon

ACCOUNT = Account(Environment.SANDBOX, "id", "secret")


class Provider:
    """Gives out numbered tokens that live 100 seconds; `fails` is raised once instead."""

    def __init__(self):
        self.given = 0
        self.fails = None

    def __call__(self, account, deadline):
        if self.fails:
            error, self.fails = self.fails, None
            raise error
        self.given += 1
        return f"{account.api_key}-{self.given}", 100.0


@pytest.fixture
def provider():
    return Provider()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tokens(provider, clock):
    return Tokens(provider, clock=clock)


def test_a_token_is_used_for_four_fifths_of_its_life(tokens, clock):
    assert tokens.get(ACCOUNT, soon()) == "id-1"
    clock.advance(79)
    assert tokens.get(ACCOUNT, soon()) == "id-1"
    clock.advance(2)
    assert tokens.get(ACCOUNT, soon()) == "id-2"


@pytest.mark.parametrize(
    "other",
    [
        Account(Environment.LIVE, "id", "secret"),
        Account(Environment.SANDBOX, "other", "secret"),
        Account(Environment.SANDBOX, "id", "rotated"),
        Account(Environment.SANDBOX, "id\0s", "ecret"),
    ],
)
def test_no_account_uses_anothers_token(tokens, provider, other):
    tokens.get(ACCOUNT, soon())
    tokens.get(other, soon())

    assert provider.given == 2


def test_a_token_that_is_refused_is_replaced_once(tokens):
    sent = []

    def send(token):
        sent.append(token)
        return Answer(401, {}, b"")

    answer = tokens.call(ACCOUNT, soon(), send)

    assert answer.status == 401
    assert sent == ["id-1", "id-2"]


def test_an_answer_that_is_not_about_the_token_is_the_answer(tokens, provider):
    assert tokens.call(ACCOUNT, soon(), lambda token: Answer(500, {}, b"")).status == 500
    assert provider.given == 1


def test_calls_at_once_fetch_one_token(tokens, provider):
    barrier = Barrier(8)
    got = []

    def get():
        barrier.wait()
        got.append(tokens.get(ACCOUNT, soon()))

    threads = [Thread(target=get) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert got == ["id-1"] * 8
    assert provider.given == 1


def test_a_token_that_never_came_leaves_nothing_in_doubt(tokens, provider):
    provider.fails = Unknown("provider_timeout")

    with pytest.raises(NotSent) as raised:
        tokens.get(ACCOUNT, soon())

    assert raised.value.code == "provider_timeout"
    assert raised.value.__context__ is None
    assert tokens.get(ACCOUNT, soon()) == "id-1"


def test_keys_that_are_refused_are_told_as_such(tokens, provider):
    provider.fails = KeysRefused("keys_refused")

    with pytest.raises(KeysRefused):
        tokens.get(ACCOUNT, soon())


def test_who_waits_for_anothers_token_waits_no_longer_than_its_deadline(clock):
    def fetch(account, deadline):
        with pytest.raises(NotSent):
            _get_in_another_thread(tokens)
        return "token", 100.0

    tokens = Tokens(fetch, clock=clock)

    assert tokens.get(ACCOUNT, soon()) == "token"


def _get_in_another_thread(tokens):
    raised = []

    def get():
        try:
            tokens.get(ACCOUNT, Deadline(0.05))
        except NotSent as error:
            raised.append(error)

    thread = Thread(target=get)
    thread.start()
    thread.join()
    raise raised[0]


@pytest.mark.parametrize(
    ("data", "token"),
    [
        ({"access_token": "abc", "expires_in": 3600}, ("abc", 3600.0)),
        ({"access_token": "abc", "expires_in": "3599"}, ("abc", 3599.0)),
        ({"access_token": "abc"}, ("abc", 0.0)),
        ({"access_token": "a\r\nb", "expires_in": 3600}, ("", 0.0)),
        ({"access_token": 5}, ("", 0.0)),
        ([], ("", 0.0)),
        (None, ("", 0.0)),
    ],
)
def test_a_token_is_read_from_what_providers_answer(data, token):
    assert token_of(data) == token
