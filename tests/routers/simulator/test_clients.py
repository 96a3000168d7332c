"""Clients that others wrote for real routers."""

import asyncio

import librouteros
import pytest
import routeros_api
from librouteros.login import plain, token
from librouteros.query import Key, Or
from routeros_api.exceptions import RouterOsApiCommunicationError

from routers.simulator import Simulator

USERS = ("ip", "hotspot", "user")


def test_librouteros_adds_reads_changes_and_removes(api, device):
    users = api.path(*USERS)

    id_ = users.add(name="bob", password="00123", disabled=True)
    users.update(**{".id": id_, "comment": "Żółć"})

    (row,) = users.select("name", "password", "comment").where(Key("name") == "bob")
    assert row == {"name": "bob", "password": "00123", "comment": "Żółć"}
    users.remove(id_)
    assert len(device.rows("/ip/hotspot/user")) == 1


def test_librouteros_queries(api):
    name, kind = Key("name"), Key("type")

    rows = api.path("interface").select(name).where(Or(kind == "bridge", name == "ether1"))

    assert [row["name"] for row in rows] == ["ether1", "bridge"]


def test_librouteros_understands_refusals(api):
    with pytest.raises(librouteros.exceptions.TrapError, match="no such item"):
        api.path(*USERS).remove("*99")
    with pytest.raises(librouteros.exceptions.MultiTrapError):
        tuple(api("/aasasa/print"))
    assert len(list(api("/interface/print"))) == 6


@pytest.mark.parametrize(("version", "method"), [("7.16.2", plain), ("6.42.12", token)])
def test_librouteros_logs_in_both_ways(version, method):
    with Simulator(version=version) as simulator:
        api = librouteros.connect(
            host="127.0.0.1",
            username="admin",
            password="admin",
            port=simulator.devices[0].port("api"),
            login_method=method,
        )
        assert list(api("/system/identity/print")) == [{"name": "MikroTik"}]
        api.close()


def test_librouteros_works_asynchronously(device):
    async def story():
        api = await librouteros.async_connect(
            host="127.0.0.1", username="admin", password="admin", port=device.port("api")
        )
        rows = [row async for row in api("/system/identity/print")]
        await api.close()
        return rows

    assert asyncio.run(story()) == [{"name": "MikroTik"}]


@pytest.fixture
def pool(device):
    pool = routeros_api.RouterOsApiPool(
        "127.0.0.1",
        username="admin",
        password="admin",
        port=device.port("api"),
        plaintext_login=True,
    )
    yield pool
    pool.disconnect()


def test_routeros_api_adds_reads_changes_and_removes(pool):
    users = pool.get_api().get_resource("/ip/hotspot/user")

    users.add(name="bob", password="x")
    (row,) = users.get(name="bob", disabled="false")
    users.set(id=row["id"], comment="hello")
    assert users.get(name="bob")[0]["comment"] == "hello"
    users.remove(id=row["id"])

    assert users.get(name="bob") == []


def test_routeros_api_understands_refusals(pool):
    users = pool.get_api().get_resource("/ip/hotspot/user")

    with pytest.raises(RouterOsApiCommunicationError, match="input does not match any value"):
        users.add(name="bob", profile="nope")
    assert users.get(name="bob") == []


def test_routeros_api_logs_in_by_challenge_to_an_old_router():
    with Simulator(version="6.42.12") as simulator:
        pool = routeros_api.RouterOsApiPool(
            "127.0.0.1",
            username="admin",
            password="admin",
            port=simulator.devices[0].port("api"),
            plaintext_login=False,
        )
        assert pool.get_api().get_resource("/system/identity").get()[0]["name"] == "MikroTik"
        pool.disconnect()
