"""The simulator's own routes, by which a demo or another process drives it."""

import pytest


class Control:
    def __init__(self, providers, http):
        self.url = providers.page + "_sim/"
        self.http = http

    def get(self, path):
        return self.http.get(self.url + path).json()

    def post(self, path, **body):
        return self.http.post(self.url + path, json=body)


@pytest.fixture
def control(providers, http):
    return Control(providers, http)


def test_accounts_are_opened(control, providers):
    keys = control.post("accounts", provider="conekta", environment="live").json()

    assert keys["environment"] == "live"
    assert providers.account(keys).live


def test_guests_answer(control, kopokopo):
    ref = kopokopo.ask("678")
    (prompt,) = control.get("prompts")

    control.post(f"prompts/{prompt['id']}", answer="pin")

    assert kopokopo.outcome(ref) == "paid"


def test_time_is_advanced(control, kopokopo):
    ref = kopokopo.ask("000")

    control.post("clock", advance=2)

    assert kopokopo.outcome(ref) == "paid"


def test_the_ledger_is_shown(control, conekta):
    conekta.ask("000")

    assert [entry["state"] for entry in control.get("ledger")] == ["pending", "succeeded"]


def test_faults_are_set_and_cleared(control, http, conekta):
    control.post("faults", provider="conekta", route="charge", status=503, times=None)
    during = conekta.send("000").status_code

    http.delete(control.url + "faults", json={})

    assert during == 503
    assert control.get("faults") == []
    assert conekta.send("000").status_code == 201


def test_webhooks_are_held_delivered_and_dropped(control, providers, conekta, merchant):
    control.post("webhooks/hold")
    conekta.ask("000")
    first, second = control.get("webhooks")["queued"]

    statuses = control.post(f"webhooks/{first['id']}/deliver", times=2).json()["statuses"]
    control.post(f"webhooks/{second['id']}/drop")
    control.post("webhooks/release")
    providers.clock.settle()

    assert statuses == [200, 200]
    assert [told.body.decode() for told in merchant.received] == [first["body"]] * 2


def test_webhooks_can_be_sent_to_another_address(control, conekta, providers, merchant):
    control.post("webhook-url", keys=conekta.keys, url=f"{merchant.url}/new")
    conekta.ask("000")
    providers.clock.settle()

    assert {told.path for told in merchant.received} == {"/new"}


@pytest.mark.parametrize("how", ["reverse", "dispute"])
def test_charges_are_taken_back(control, conekta, providers, how):
    ref = conekta.ask("000")

    control.post(f"charges/{ref}/{how}")

    assert [entry.amount for entry in providers.ledger.moved("chargeback")] == [2000]


def test_everything_is_forgotten(control, conekta):
    conekta.ask("000")

    control.post("reset")

    assert control.get("ledger") == []
    assert conekta.get("balance").status_code == 401


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("nothing", {}, 404),
        ("prompts/nobody", {"answer": "pin"}, 404),
        ("accounts", {"provider": "nobody"}, 404),
        ("accounts", {}, 404),
        ("clock", {"advance": "soon"}, 400),
        ("faults", {"fire": True}, 400),
        ("webhooks/none/deliver", {}, 404),
    ],
)
def test_what_cannot_be_done_is_said(control, path, body, status):
    assert control.post(path, **body).status_code == status


def test_a_page_elsewhere_cannot_drive_it(control, http):
    named = http.get(control.url + "ledger", headers={"Host": "evil.example"})
    posted = http.post(control.url + "reset", data="{}")

    assert named.status_code == 403
    assert posted.status_code == 415
