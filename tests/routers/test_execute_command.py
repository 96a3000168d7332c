import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routers import connections, services
from routers.models import CommandLog, Router
from tests.factories import RouterFactory
from tests.routers.routeros.servers import Server
from tests.routers.routeros.test_rest import http, serving
from tests.routers.support import TRANSPORTS, answered_within, at, heard, member, router_at, run

SPELLINGS = [
    ("/ip/address/print", {}),
    ("/ip address print", {}),
    ("ip/address", {}),
    ("ip/address", {"method": "get"}),
    ("ip/address/print", {"method": "POST"}),
]


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(("command", "body"), SPELLINGS)
def test_every_spelling_over_every_transport_has_one_answer(
    client, operator, device, transport, command, body
):
    router = router_at(device, transport, owner=operator)

    answer = run(client, router, command, **body).json()

    assert answer == {
        "router_id": router.pk,
        "command": command,
        "method": body.get("method", "GET").upper(),
        "result": device.rows("/ip/address"),
        "message": "Command executed successfully",
    }


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_menu_that_is_one_object_answers_with_an_object(client, operator, device, transport):
    router = router_at(device, transport, owner=operator)

    result = run(client, router, "system/resource").json()["result"]

    assert result["board-name"] == "hEX"


def test_one_field_of_a_singleton_is_an_object_still(client, router):
    answer = run(client, router, "system/identity", params={".proplist": "name"})

    assert answer.json()["result"] == {"name": "MikroTik"}


def test_a_list_of_one_row_is_a_list_even_without_its_id(client, router):
    answer = run(client, router, "ip/address", params={".proplist": "address"})

    assert answer.json()["result"] == [{"address": "192.168.88.1/24"}]


def test_a_menu_without_rows_is_an_empty_list(client, router):
    assert run(client, router, "ip/hotspot/cookie").json()["result"] == []


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_an_added_row_can_be_changed_and_removed_by_the_id_that_came_back(
    client, operator, device, transport
):
    router = router_at(device, transport, owner=operator)

    added = run(
        client, router, "ip/hotspot/user", method="PUT", data={"name": "bob", "profile": "default"}
    )
    row = added.json()["result"]["ret"]
    changed = run(client, router, f"ip/hotspot/user/{row}", method="PATCH", data={"comment": "x"})
    shown = device.rows("/ip/hotspot/user")[-1]
    removed = run(client, router, f"ip/hotspot/user/{row}", method="DELETE")

    assert (shown["name"], shown["comment"]) == ("bob", "x")
    assert changed.json()["result"] == removed.json()["result"] == []
    assert row not in [user[".id"] for user in device.rows("/ip/hotspot/user")]


def test_params_choose_the_rows(client, router):
    result = run(client, router, "interface", params={"name": "ether1"}).json()["result"]

    assert [row["name"] for row in result] == ["ether1"]


@pytest.mark.parametrize("command", ["/ip/hotspot/user/profile/print", "/ip hotspot profile print"])
def test_a_menu_that_has_the_name_of_a_command_is_a_menu(client, router, command):
    assert run(client, router, command).json()["result"][0]["name"] == "default"


# --- Refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_what_the_router_refuses_is_told_with_the_command_as_it_was_sent(
    client, operator, device, transport
):
    router = router_at(device, transport, owner=operator)

    response = run(client, router, "/ip address  remove *77", method="get")

    assert response.status_code == 400
    assert response.json() == {
        "router_id": router.pk,
        "command": "/ip address  remove *77",
        "method": "GET",
        "error": response.json()["error"],
        "code": "router_refused",
        "status_code": 404,
    }
    assert response.json()["error"] in {"no such item (4)", "Not Found"}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"command"}),
        ({"command": ""}, {"command"}),
        ({"command": None}, {"command"}),
        ({"command": ["ip/address"]}, {"command"}),
        ({"command": "x" * 4001}, {"command"}),
        ({"command": "ip/address", "method": "TRACE"}, {"method"}),
        ({"command": "ip/address", "method": 7}, {"method"}),
        ({"command": "ip/address", "params": "a=b"}, {"params"}),
        ({"command": "ip/address", "params": ["a"]}, {"params"}),
        ({"command": "ip/address", "data": 7}, {"data"}),
        ({"command": "ip/address", "confirm": "perhaps"}, {"confirm"}),
        ({"command": "ip/address", "comand": "x"}, {"comand"}),
    ],
)
def test_a_body_that_is_not_valid_is_refused_by_field(client, router, device, body, fields):
    response = client.post(at(router, "execute-command"), body)

    assert response.status_code == 400
    assert response.json()["fields"].keys() == fields
    assert not device.sentences


@pytest.mark.parametrize(
    ("command", "body", "status", "code"),
    [
        ("../secret", {}, 400, "command_invalid"),
        ("/ip address print; /system reboot", {}, 400, "command_invalid"),
        ("ip/address?x=y", {}, 400, "command_invalid"),
        ("/ip/address/print", {"data": {".tag": "1"}}, 400, "command_invalid"),
        ("/ip/address/print", {"data": {"comment": "a\0b"}}, 400, "command_invalid"),
        ("/ip/address/listen", {}, 403, "command_not_allowed"),
        ("/tool torch ether1", {}, 403, "command_not_allowed"),
        ("/interface monitor-traffic ether1", {}, 403, "command_not_allowed"),
        ("/quit", {}, 403, "command_not_allowed"),
        ("/ppp/secret/print ?password=x", {}, 403, "command_not_allowed"),
        ("/system/reboot", {}, 400, "confirmation_required"),
        ("/system reset-configuration", {"confirm": False}, 400, "confirmation_required"),
    ],
)
def test_what_may_not_be_sent_is_not_sent_and_not_recorded(
    client, router, device, command, body, status, code
):
    response = run(client, router, command, **body)

    assert response.status_code == status
    assert response.json()["code"] == code
    assert not device.sentences
    assert not CommandLog.objects.exists()


def test_a_dangerous_command_runs_for_an_owner_who_confirms(client, router, device):
    response = run(client, router, "/user add name=bob group=read password=x", confirm=True)

    assert response.status_code == 200
    assert "bob" in [row["name"] for row in device.rows("/user")]


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("operator", 403), ("owner", 200)])
def test_only_owners_reboot(client, operator, device, role, status):
    router = RouterFactory(company=member(operator, role), port=device.port("api"))

    response = run(client, router, "/system/script/add", data={"name": "x"}, confirm=True)

    assert response.status_code == status
    assert bool(device.rows("/system/script")) is (status == 200)


def test_secrets_in_an_answer_are_masked(client, router, device):
    device.add("/ppp/secret", {"name": "bob", "password": "tell-nobody"})

    response = run(client, router, "/ppp/secret/print")

    assert response.json()["result"][0]["password"] == "********"
    assert "tell-nobody" not in response.content.decode()


# --- The record -----------------------------------------------------------------------------


def test_a_command_that_was_carried_out_is_on_record(client, router, operator):
    run(client, router, "/ip hotspot user add name=bob password=tell-nobody")

    entry = CommandLog.objects.get()
    assert (entry.outcome, entry.user, entry.router) == ("done", operator, router)
    assert entry.command == "/ip/hotspot/user/add"
    assert entry.arguments == {"name": "bob", "password": "********", "?": []}
    assert entry.finished_at >= entry.created_at


def test_a_command_that_the_router_refused_is_on_record(client, router):
    run(client, router, "/ip address remove *77")

    entry = CommandLog.objects.get()
    assert (entry.outcome, entry.error) == ("refused", "no such item (4)")


def test_a_command_that_found_nobody_is_on_record(client, operator, unused_port):
    router = RouterFactory(owner=operator, port=unused_port)

    run(client, router, "/ip/address/print")

    assert CommandLog.objects.get().outcome == "failed"


def test_a_command_whose_answer_was_lost_is_on_record_and_may_have_been_done(
    client, router, device, monkeypatch
):
    run(client, router, "/ip/address/print")
    monkeypatch.setattr(services, "COMMAND_SECONDS", 0.4)
    device.faults.set(stall=True)

    response = run(client, router, "/ip hotspot user add name=bob")

    assert response.status_code == 503
    assert response.json()["error"].endswith("The command was sent, and may have been carried out.")
    assert CommandLog.objects.latest("pk").outcome == "failed"
    assert device.rows("/ip/hotspot/user")[-1]["name"] == "bob"


def test_a_command_during_which_we_crashed_is_on_record_as_sent(client, router, monkeypatch):
    def crash(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(connections, "run", crash)
    client.raise_request_exception = False

    assert run(client, router, "/ip/address/print").status_code == 500
    assert CommandLog.objects.get().outcome == "sent"


def test_the_record_outlives_router_and_user(client, router, operator):
    run(client, router, "/ip/address/print")
    client.delete(at(router))

    entry = CommandLog.objects.get()
    assert (entry.router, entry.router_name) == (None, str(router))
    assert entry.user_name == operator.username


HOSTILE = [r"a\u0000b", r"\ud800", r"\u202e", r"\udfff\ud83d"]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        ("200 OK", '[{".id": "*1", "%s": "%s"}]', 200),
        ("400 Bad Request", '{"error": 400, "message": "%s", "detail": "%s"}', 400),
    ],
)
def test_whatever_a_hostile_router_says_can_be_stored_and_shown(
    client, operator, text, status, body, expected
):
    answer = (body % (text, text)).encode()

    with Server(serving(http(answer, status))) as server:
        router = RouterFactory(owner=operator, port=server.port, chosen_transport="rest")
        response = run(client, router, "/ip/address/print")
        connections.close()

    assert response.status_code == expected
    assert CommandLog.objects.get().finished_at


def test_a_password_that_cannot_be_read_is_a_conflict_on_record(client, router, device):
    Router.objects.filter(pk=router.pk).update(public_id="RTR_MOVED000")

    response = run(client, router, "/ip/address/print")

    assert response.status_code == 409
    assert CommandLog.objects.get().outcome == "failed"


# --- Routers that are away ------------------------------------------------------------------


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    "faults",
    [
        {"silent": True}, {"refuse": True}, {"stall": True}, {"drip": 0.2}, {"cut_after": 10},
        {"garbage": True}, {"auth_fail": True},
    ],
)  # fmt: skip
def test_a_router_that_fails_is_unavailable_by_the_deadline(
    client, operator, device, monkeypatch, transport, faults
):
    monkeypatch.setattr(services, "COMMAND_SECONDS", 0.3)
    device.faults.set(**faults)
    router = router_at(device, transport, owner=operator)

    with answered_within(0.3):
        response = run(client, router, "/ip/address/print")

    assert response.status_code == 503
    assert response.json()["code"] == "router_unreachable"


def test_a_router_whose_answer_has_no_end_is_cut_off(client, router, device, monkeypatch):
    monkeypatch.setattr(services, "COMMAND_SECONDS", 0.4)
    device.faults.set(endless=True)

    with answered_within(0.4):
        response = run(client, router, "/ip/address/print")

    assert response.status_code == 503


def test_a_router_that_keeps_failing_is_not_waited_for_again(client, operator, device, monkeypatch):
    monkeypatch.setattr(services, "COMMAND_SECONDS", 0.2)
    device.faults.set(silent=True)
    router = RouterFactory(owner=operator, port=device.port("api"))
    for _ in range(3):
        run(client, router, "/ip/address/print")

    monkeypatch.setattr(services, "COMMAND_SECONDS", 10.0)
    with answered_within(0):
        response = run(client, router, "/ip/address/print")

    assert (response.status_code, response.json()["reason"]) == (503, "timeout")


def test_a_connection_test_that_succeeds_lets_commands_through_again(client, router, device):
    device.faults.set(auth_fail=True)
    run(client, router, "/ip/address/print")
    device.faults.clear()
    refused = run(client, router, "/ip/address/print")

    client.post(at(router, "test-connection"))

    assert refused.status_code == 503
    assert run(client, router, "/ip/address/print").status_code == 200


def test_a_new_password_is_tried_at_once(client, router, device):
    Router.objects.filter(pk=router.pk).update(username="nobody")
    assert run(client, router, "/ip/address/print").json()["reason"] == "auth_failed"

    client.patch(at(router), {"username": "admin", "password": "admin"})

    assert run(client, router, "/ip/address/print").status_code == 200


def test_a_host_that_may_not_be_connected_to_is_refused_on_record(client, router, settings):
    settings.ROUTER_HOST_POLICY = "saas"

    response = run(client, router, "/ip/address/print")

    assert (response.status_code, response.json()["code"]) == (400, "host_not_allowed")
    assert CommandLog.objects.get().outcome == "failed"


# --- Injection ------------------------------------------------------------------------------

_WORDS = st.text(alphabet='/ .=?*-"\\[]!~\nipaddressprint\u00e9', max_size=30) | st.text(
    max_size=30
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    command=st.sampled_from(["/ip/hotspot/user/print", "/ip/hotspot/user/add", "ip/address"])
    | _WORDS,
    data=st.dictionaries(_WORDS | st.sampled_from(["name", "comment"]), _WORDS, max_size=3),
)
def test_whatever_is_sent_the_router_hears_one_command_or_none(
    client, router, device, command, data
):
    device.sentences.clear()

    response = run(client, router, command, data=data)

    sentences = heard(device)
    assert response.status_code in {200, 400, 403}
    assert len(sentences) <= 1
    for first, *words in sentences:
        assert first.startswith("/")
        assert all(word.startswith(("=", "?")) for word in words)
        assert {w for w in words if w.startswith("=")} >= {
            f"={name}={value}" for name, value in data.items() if name not in {".id", ".query"}
        } - {"=proplist=", "=.proplist="}
