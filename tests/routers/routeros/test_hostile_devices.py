"""Whatever a device does, its caller has an answer in time and the next caller the right one."""

import pytest

from routers.routeros import errors

from .support import IDENTITY, USERS, answered_within, endpoint_of, soon

FAULTS = {
    "accepts and stays silent": ({"silent": True}, errors.TimedOut),
    "drips a byte a second": ({"drip": 1.0}, errors.TimedOut),
    "stops within its answer": ({"stall": True}, errors.TimedOut),
    "cuts mid-word": ({"cut_after": 10}, errors.Unreachable),
    "resets the connection": ({"reset": True}, errors.Unreachable),
    "sends garbage": ({"garbage": True}, errors.Unavailable),
    "never ends its answer": ({"endless": True}, (errors.TimedOut, errors.NotRouterOS)),
}
at_every_fault = pytest.mark.parametrize(("fault", "kind"), list(FAULTS.values()), ids=list(FAULTS))
over_every_transport = pytest.mark.parametrize("transport", ["api", "api-ssl", "rest", "rest-ssl"])


@over_every_transport
@at_every_fault
def test_a_kept_connection_fails_in_time_and_is_replaced(device, pool, transport, fault, kind):
    endpoint = endpoint_of(device, transport)
    pool.run("r1", endpoint, IDENTITY, soon())

    device.faults.set(**fault)
    # What comes at once must not be taken for silence where the machine is slow.
    seconds = 8 if kind is errors.Unreachable else 0.3
    with answered_within(seconds) as deadline, pytest.raises(kind):
        pool.run("r1", endpoint, USERS, deadline)
    device.faults.clear()

    assert pool.run("r1", endpoint, IDENTITY, soon()).rows == [{"name": "MikroTik"}]


@over_every_transport
@at_every_fault
def test_a_first_contact_fails_in_time_and_harms_none_later(device, pool, transport, fault, kind):
    endpoint = endpoint_of(device, transport)

    device.faults.set(**fault)
    with answered_within(0.3) as deadline, pytest.raises(errors.Unavailable) as caught:
        pool.run("r1", endpoint, USERS, deadline)
    device.faults.clear()

    assert caught.value.reason in {"unreachable", "timeout", "not_routeros", "tls_untrusted"}
    assert pool.run("r1", endpoint, IDENTITY, soon()).rows == [{"name": "MikroTik"}]


@over_every_transport
def test_a_device_that_refuses_is_unreachable_at_once(device, pool, transport):
    device.switch_off()

    with answered_within(8) as deadline, pytest.raises(errors.Unreachable) as caught:
        pool.run("r1", endpoint_of(device, transport), IDENTITY, deadline)

    assert not caught.value.sent


@over_every_transport
def test_a_device_that_resets_new_connections_is_unreachable_at_once(device, pool, transport):
    device.faults.set(refuse=True)

    with answered_within(8) as deadline, pytest.raises(errors.Unreachable) as caught:
        pool.run("r1", endpoint_of(device, transport), IDENTITY, deadline)

    assert not caught.value.sent


@over_every_transport
def test_an_answer_that_comes_too_late_is_nobody_s(device, pool, transport):
    endpoint = endpoint_of(device, transport)
    pool.run("r1", endpoint, IDENTITY, soon())

    device.faults.set(latency=1.2)
    with answered_within(0.6) as deadline, pytest.raises(errors.TimedOut) as caught:
        pool.run("r1", endpoint, USERS, deadline)
    device.faults.clear()

    assert caught.value.sent
    assert pool.run("r1", endpoint, IDENTITY, soon()).rows == [{"name": "MikroTik"}]
