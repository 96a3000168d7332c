"""The REST twin, by `requests`."""

import pytest
import requests

from routers.simulator import Simulator

USERS = "/ip/hotspot/user"


class Rest(requests.Session):
    def __init__(self, device):
        super().__init__()
        self.trust_env = False
        self.auth = ("admin", "admin")
        self.base = f"http://127.0.0.1:{device.port('rest')}/rest"

    def request(self, method, path, **more):
        more.setdefault("timeout", 5)
        return super().request(method, self.base + path, **more)


@pytest.fixture
def device():
    with Simulator(services=("api", "rest")) as simulator:
        yield simulator.devices[0]


@pytest.fixture
def rest(device):
    with Rest(device) as rest:
        yield rest


def test_put_adds_and_gives_the_whole_object(rest):
    user = rest.put(USERS, json={"name": "bob", "password": "00123", "limit-uptime": "90m"}).json()

    assert (user[".id"], user["password"], user["limit-uptime"]) == ("*1", "00123", "1h30m")


def test_patch_sets_and_null_clears(rest):
    rest.put(USERS, json={"name": "bob", "comment": "hello"})

    user = rest.patch(f"{USERS}/*1", json={"disabled": True, "comment": None}).json()

    assert user["disabled"] == "true"
    assert "comment" not in user


def test_delete_answers_with_nothing(rest, device):
    rest.put(USERS, json={"name": "bob"})

    reply = rest.delete(f"{USERS}/*1")

    assert (reply.ok, reply.content) == (True, b"")
    assert len(device.rows(USERS)) == 1


@pytest.mark.parametrize("reference", ["ether1", "*1"])
def test_an_item_is_found_by_name_or_id(rest, reference):
    assert rest.get(f"/interface/{reference}").json()["name"] == "ether1"


def test_a_singleton_is_an_object(rest):
    rest.post("/system/identity/set", json={"name": "north"})

    assert rest.get("/system/identity").json() == {"name": "north"}


def test_get_filters_and_chooses_fields(rest):
    rows = rest.get("/interface?type=bridge&disabled=no&.proplist=name,type").json()

    assert rows == [{"name": "bridge", "type": "bridge"}]


def test_post_print_takes_a_query_stack(rest):
    body = {".proplist": ["name"], ".query": ["type=bridge", "name=ether1", "#|"]}

    rows = rest.post("/interface/print", json=body).json()

    assert rows == [{"name": "ether1"}, {"name": "bridge"}]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "detail"),
    [
        ("GET", "/ip/hotspot/user/*99", None, 404, None),
        ("GET", "/aasasa", None, 400, "no such command or directory (aasasa)"),
        ("DELETE", "/log/*1", None, 406, "no such command or directory (remove)"),
        ("POST", USERS, {}, 400, "no such command"),
        ("POST", f"{USERS}/print", {"?name": "x"}, 400, "unknown parameter"),
        ("PUT", USERS, {"colour": "red"}, 400, "unknown parameter colour"),
        ("PUT", USERS, {}, 400, "missing =name="),
        ("PUT", USERS, [], 400, "expected object"),
        ("DELETE", USERS, None, 400, "missing or invalid resource identifier"),
    ],
)
def test_errors_have_one_shape(rest, method, path, body, status, detail):
    reply = rest.request(method, path, json=body)

    assert reply.status_code == reply.json()["error"] == status
    assert reply.json().get("detail") == detail


@pytest.mark.parametrize("auth", [None, ("admin", "no"), ("eve", "")])
def test_every_request_needs_its_credentials(device, auth):
    with Rest(device) as rest:
        rest.auth = auth
        reply = rest.get("/system/identity")

    assert (reply.status_code, reply.json()["error"]) == (401, 401)


def test_a_command_without_end_is_cut_after_a_minute(rest, device, eventually):
    import threading

    replies = []
    asking = threading.Thread(
        target=lambda: replies.append(rest.post("/ping", json={"address": "10.0.0.1"}))
    )
    asking.start()
    eventually(lambda: device.sentences)
    while not replies:
        device.advance(1)
    asking.join()

    assert replies[0].json()["detail"] == "Session closed"


def test_a_bounded_command_gives_its_rows(rest):
    rows = rest.post("/ping", json={"address": "10.0.0.1", "count": 1}).json()

    assert [row["seq"] for row in rows] == ["0"]


def test_bodies_are_json_or_nothing(rest):
    reply = rest.post(f"{USERS}/print", data="{}", headers={"Content-Type": "text/plain"})

    assert reply.status_code == 415


def test_both_services_share_one_state(rest, device):
    rest.put(USERS, json={"name": "bob"})

    assert device.rows(USERS)[1]["name"] == "bob"


def test_sessions_of_rest_stay_among_the_active_users(rest, device):
    rest.get("/system/identity")
    (row,) = device.rows("/user/active")
    assert row["via"] == "rest-api"

    reply = rest.post("/user/active/remove", json={".id": row[".id"]})

    assert reply.json()["detail"] == "action failed (6)"


def test_rest_can_redirect_elsewhere(rest, device):
    device.faults.set(http_redirect="http://192.0.2.1/")

    reply = rest.get("/system/identity", allow_redirects=False)

    assert (reply.status_code, reply.headers["Location"]) == (302, "http://192.0.2.1/")


@pytest.mark.parametrize("fault", ["reset", "garbage"])
def test_faults_of_the_line_hit_rest_too(rest, device, fault):
    device.faults.set(**{fault: True})

    with pytest.raises(requests.exceptions.RequestException):
        rest.get("/system/identity", timeout=0.2)


def test_there_is_no_rest_before_7_1():
    with (
        Simulator(version="6.49.10", services=("rest",)) as simulator,
        Rest(simulator.devices[0]) as rest,
    ):
        assert rest.get("/system/identity").status_code == 404
