"""One company's slow routers leave the others their threads."""

from threading import Barrier
from time import monotonic

import pytest

from routers import connections, services
from routers.bulkhead import Bulkhead
from routers.errors import TooManySlowRouters
from routers.models import Router
from routers.reconcile import views
from routers.routeros import errors
from routers.simulator import Simulator
from tests.conftest import Client
from tests.factories import RouterFactory, UserFactory
from tests.parallel import at_once
from tests.routers.support import at

PLACES = 4


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def bulkhead(clock):
    """A bulkhead that waits for nobody: on a clock that stands still there is no patience."""
    return Bulkhead(PLACES, patience=0.0, clock=clock)


def router(pk, company=1):
    return Router(pk=pk, company_id=company)


@pytest.fixture
def calls(bulkhead):
    """Return a function that begins a call to each router, and answers their ends."""
    kept = []

    def begin(*routers):
        begun = [bulkhead.waiting_for(each) for each in routers]
        for call in begun:
            call.__enter__()
        kept.extend(begun)  # or the collector would end them
        return begun

    return begin


def end(begun):
    for call in begun:
        call.__exit__(None, None, None)


def test_a_company_gets_its_places_and_no_more(calls):
    begun = calls(*map(router, range(PLACES)))

    with pytest.raises(TooManySlowRouters):
        calls(router(9))
    end(begun[:1])
    calls(router(9))


def test_another_company_has_places_of_its_own(calls):
    calls(*map(router, range(PLACES)))

    calls(*[router(n, company=2) for n in range(PLACES)])


def test_a_quick_router_needs_no_place(calls):
    end(calls(router(9)))
    calls(*map(router, range(PLACES)))

    end(calls(*[router(9)] * 10))


def test_a_router_that_was_slow_is_not_quick(calls, clock):
    begun = calls(router(9))
    clock.now += 1
    end(begun)
    calls(*map(router, range(PLACES)))

    with pytest.raises(TooManySlowRouters):
        calls(router(9))


def test_a_router_that_did_not_answer_is_not_quick(bulkhead, calls):
    end(calls(router(9)))
    with pytest.raises(errors.TimedOut), bulkhead.waiting_for(router(9)):
        raise errors.TimedOut
    calls(*map(router, range(PLACES)))

    with pytest.raises(TooManySlowRouters):
        calls(router(9))


def test_that_a_router_was_quick_is_forgotten(calls, clock):
    end(calls(router(9)))
    clock.now += 301
    calls(*map(router, range(PLACES)))

    with pytest.raises(TooManySlowRouters):
        calls(router(9))


def test_a_quick_router_that_falls_silent_takes_a_place(calls, clock):
    end(calls(*map(router, range(PLACES))))
    calls(*map(router, range(PLACES)))
    clock.now += 1

    with pytest.raises(TooManySlowRouters):
        calls(router(9))


def test_a_crowd_at_the_first_contact_waits_for_a_place_and_gets_it():
    bulkhead = Bulkhead(PLACES, patience=20.0)
    crowd = Barrier(PLACES)

    def call(n):
        with bulkhead.waiting_for(router(n)):
            crowd.wait(timeout=20)  # each four of them at once
        return "answered"

    assert at_once(call, 4 * PLACES) == ["answered"] * 4 * PLACES


# Over real sockets --------------------------------------------------------------------------

SILENCE = 4.0


@pytest.mark.django_db(transaction=True)
def test_silent_routers_hold_a_quarter_of_the_threads_and_others_go_on(operator, monkeypatch):
    monkeypatch.setattr(services, "COMMAND_SECONDS", SILENCE)
    monkeypatch.setattr(services, "web_threads", Bulkhead(PLACES))
    neighbour = UserFactory()
    with Simulator(14) as simulator:
        ports = [device.port("api") for device in simulator.devices]
        silent = [RouterFactory(owner=operator, port=port) for port in ports[:12]]
        quick = RouterFactory(owner=operator, port=ports[12])
        theirs = RouterFactory(owner=neighbour, port=ports[13])
        for device in simulator.devices[:12]:
            device.faults.set(silent=True)
        Client().as_user(operator).get(at(quick, "device-info"))
        asked = [(operator, each) for each in silent]
        asked += [(operator, quick), (neighbour, theirs)]

        def ask(n):
            user, each = asked[n]
            client = Client().as_user(user)
            started = monotonic()
            answer = client.get(at(each, "device-info"))
            return answer.status_code, answer.json().get("code"), monotonic() - started

        answers = at_once(ask, len(asked))
        connections.close()

    waited, refused = [], []
    for status, code, seconds in answers[:12]:
        assert status == 503
        (refused if code == "too_many_slow_routers" else waited).append(seconds)
    assert (len(waited), len(refused)) == (PLACES, 8)
    assert max(refused) < min(waited)
    assert [status for status, _, _ in answers[12:]] == [200, 200]
    assert max(seconds for _, _, seconds in answers[12:]) < SILENCE


@pytest.mark.django_db
def test_who_is_refused_is_told_when_to_come_again(client, device, monkeypatch, operator):
    for module in (services, views):
        monkeypatch.setattr(module, "web_threads", Bulkhead(0))
    each = RouterFactory(owner=operator, port=device.port("api"))

    for answer in (
        client.get(at(each, "device-info")),
        client.get(at(each, "plan")),
        client.post(at(each, "execute-command"), {"command": "/ip/address/print"}),
        client.post(at(each, "test-connection")),
    ):
        assert (answer.status_code, answer.json()["code"]) == (503, "too_many_slow_routers")
        assert answer["Retry-After"] == "5"
