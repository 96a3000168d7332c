"""What `/meshclient/files/` hands out, and to whom."""

import logging
from hashlib import sha256

import pytest

from tests.conftest import Client
from tests.factories import NodeFactory
from tests.networks.conftest import KEY, MAC

FILES = "/meshclient/files/"
PUBLIC = ["meshclient", "meshclient.rsc", "join.rsc", "SHA256SUMS"]


@pytest.fixture
def fetch(anonymous, db):
    def get(name, **more):
        return anonymous.get(f"{FILES}{name}", **more)

    return get


@pytest.mark.parametrize("name", PUBLIC)
def test_what_is_public_is_for_all_and_no_secret(fetch, network, access_key, settings, name):
    settings.MESH_MASTER_KEY = "a master key"
    network.netid = "hidden"
    network.save()
    answer = fetch(name)

    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    for secret in (KEY, "hidden", settings.MESH_MASTER_KEY, settings.SECRET_KEY):
        assert secret not in answer.content.decode()


def test_sums_are_of_the_files(fetch):
    for line in fetch("SHA256SUMS").content.decode().splitlines():
        found, name = line.split()
        assert sha256(fetch(name).content).hexdigest() == found


def test_who_has_the_file_is_told_so(fetch, anonymous):
    etag = fetch("meshclient")["ETag"]

    assert fetch("meshclient", headers={"If-None-Match": etag}).status_code == 304
    head = anonymous.head(f"{FILES}meshclient")
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", etag)


@pytest.mark.parametrize(
    "name",
    ["", "nothing", "..", "../settings.py", "..%2fsettings.py", "%2e%2e/x", "%2fetc%2fpasswd",
     "....//x", "meshclient%00", "meshclient.rsc%0a", "scripts/join.rsc", "account.rsc",
     "poll.rsc", "ca.crt", "%252e%252e%252fsettings.py", "C:%5cx", "meshclient~", "MESHCLIENT"],
)  # fmt: skip
def test_there_is_no_other_file(fetch, name):
    answer = fetch(name)

    assert answer.status_code == 404
    assert set(answer.json()) == {"Code", "Message"}


def test_an_authority_of_ones_own_is_handed_out_without_its_key(fetch, settings):
    certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    settings.MESH_CA = (
        f"-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n{certificate}"
    )

    assert fetch("ca.crt").content.decode() == certificate
    assert "  ca.crt\n" in fetch("SHA256SUMS").content.decode()


def test_a_network_has_a_file_for_who_shows_a_key_of_it(client, fetch, network):
    made = client.post("/api/networks/skynet/keys", {"name": "cafe"}).json()
    answer = fetch("skynet.rsc", data={"token": made["accessstring"]})

    assert f':global CloudPilotKey "{made["value"]}"' in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert network.access_keys.get().uses_left == 1


def test_a_bare_key_opens_it_too(fetch, access_key):
    assert fetch("skynet.rsc", data={"token": KEY}).status_code == 200


@pytest.mark.parametrize(
    ("name", "token"),
    [("skynet.rsc", "wrongwrong"), ("nosuch.rsc", KEY), ("nosuch.rsc", "wrongwrong")],
)
def test_a_wrong_key_opens_nothing_and_tells_no_networks(fetch, access_key, name, token):
    answer = fetch(name, data={"token": token})

    assert answer.status_code == 401
    assert answer.json()["Message"] == "This access key lets nobody in here."


def test_who_waits_for_approval_gets_no_file(fetch, network):
    network.allow_manual_signup = True
    network.save()

    assert fetch("skynet.rsc", data={"token": "wrongwrong"}).status_code == 401


def test_wrong_keys_are_counted(fetch, access_key, settings):
    settings.LIMITS = {**settings.LIMITS, "wrong_mesh_credentials_per_address": (2, 60)}
    answers = [fetch("skynet.rsc", data={"token": f"wrong{n}"}).status_code for n in range(3)]

    assert answers == [401, 401, 429]


def test_no_key_gets_into_a_log(fetch, access_key, caplog):
    with caplog.at_level(logging.DEBUG):
        fetch("skynet.rsc", data={"token": KEY})

    assert caplog.records
    assert KEY not in caplog.text


def test_a_nodes_file_is_for_itself_and_its_people(client, anonymous, as_node, stranger, taken_in):
    name = f"{FILES}skynet-{MAC.replace(':', '-')}.rsc"
    own = as_node(taken_in)

    assert "cp:mesh:skynet" in own.get(name).content.decode()
    assert own.get(name)["Cache-Control"] == "no-store"
    assert client.get(name).status_code == 200
    assert anonymous.get(name).status_code == 401
    assert Client().as_user(stranger).get(name).status_code == 404


@pytest.mark.parametrize(("kind", "begins"), [("conf", b"[Interface]"), ("png", b"\x89PNG")])
def test_a_plain_peers_files_are_for_itself_and_its_people(
    client, anonymous, as_node, stranger, node, kind, begins
):
    name = f"{FILES}skynet-{MAC}.{kind}"

    for caller in (client, as_node(node)):
        assert caller.get(name).content.startswith(begins)
        assert caller.get(name)["Cache-Control"] == "no-store"
    assert anonymous.get(name).status_code == 401
    assert Client().as_user(stranger).get(name).status_code == 404


@pytest.mark.parametrize("kind", ["rsc", "conf", "png"])
def test_another_node_does_not_get_it(as_node, network, node, kind):
    other = NodeFactory(network=network)

    assert as_node(other).get(f"{FILES}skynet-{MAC}.{kind}").status_code == 403


def test_a_node_without_a_router_has_no_file(as_node, node):
    assert as_node(node).get(f"{FILES}skynet-{MAC}.rsc").status_code == 409


def test_a_nodes_file_makes_a_router_what_it_should_be(client, onboarded, network):
    text = client.get(f"{FILES}skynet-{onboarded.mac}.rsc").content.decode()
    onboarded.paste('/ip address remove [find comment~"^cp:"]')

    onboarded.paste(text)
    onboarded.paste(text)

    assert onboarded.ours("/ip/address") == ["cp:mesh:skynet:address"]
