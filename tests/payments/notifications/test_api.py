"""`/payments/notifications/…`: who may say where money is told of, and what is shown of it."""

import pytest
from standardwebhooks import Webhook

from cloudpilot.models import AuditEvent
from cloudpilot.tenancy import Role
from payments.models import Channel, Delivery, Endpoint
from payments.notifications import listeners
from tests.factories import ChannelFactory, EndpointFactory, MembershipFactory, UserFactory

from .conftest import run_due

pytestmark = pytest.mark.sql

ENDPOINTS = "/payments/notifications/endpoints/"
CHANNELS = "/payments/notifications/channels/"
DELIVERIES = "/payments/notifications/deliveries/"
URL = {"url": "https://books.example.com/hook"}
CHAT = {
    "medium": "telegram",
    "chat_id": "-1001234567890",
    "bot_token": "123456789:made-up-token-of-a-bot-000000000000",
}
MAIL = {"medium": "email", "addresses": ["amina@example.com"]}


def of(row, act=""):
    kind = {Endpoint: ENDPOINTS, Channel: CHANNELS, Delivery: DELIVERIES}[type(row)]
    return f"{kind}{row.public_id}/{act}"


# --- Endpoints ------------------------------------------------------------------------------


def test_the_secret_is_shown_when_it_is_made_and_never_again(client):
    made = client.post(ENDPOINTS, URL)

    assert made.status_code == 201
    secret = made.json()["secret"]
    assert Webhook(secret)
    assert secret == Endpoint.objects.get().secret
    shown = client.get(f"{ENDPOINTS}{made.json()['id']}/")
    assert "secret" not in shown.json()
    assert secret not in client.get(ENDPOINTS).content.decode() + shown.content.decode()


def test_the_same_request_sent_again_makes_one_endpoint_and_hides_its_secret(client):
    first = client.post(ENDPOINTS, URL, HTTP_IDEMPOTENCY_KEY="one")
    again = client.post(ENDPOINTS, URL, HTTP_IDEMPOTENCY_KEY="one")

    assert again.json() == {**first.json(), "secret": None}
    assert Endpoint.objects.count() == 1


def test_an_endpoint_hears_everything_unless_it_says_what(client):
    assert len(client.post(ENDPOINTS, URL).json()["kinds"]) == 5
    body = {**URL, "kinds": ["payment.refunded", "payment.completed", "payment.refunded"]}
    assert client.post(ENDPOINTS, body).json()["kinds"] == ["payment.completed", "payment.refunded"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "http://127.0.0.1/"), ("url", "http://169.254.169.254/latest"),
        ("url", "https://user:word@books.example.com/"), ("url", "books"),
        ("kinds", []), ("kinds", ["payment.stolen"]), ("secret", "whsec_mine"),
        ("is_active", "perhaps"), ("description", "x" * 201),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_of_its_field(client, field, value):
    response = client.post(ENDPOINTS, {**URL, field: value}, format="json")

    assert response.status_code == 400
    assert [name.partition(".")[0] for name in response.json()["fields"]] == [field]


def test_a_rotated_secret_is_shown_once_and_the_old_one_has_a_day(client, operator):
    endpoint = EndpointFactory(owner=operator)
    old = endpoint.secret

    answer = client.post(of(endpoint, "rotate/")).json()

    endpoint.refresh_from_db()
    assert answer["secret"] == endpoint.secret != old
    assert endpoint.previous_secret == old
    assert answer["previous_secret_until"] is not None


def test_switching_on_forgets_why_it_was_off(client, operator):
    endpoint = EndpointFactory(
        owner=operator, is_active=False, ended_because="failing", failures=9, last_failure="timeout"
    )

    answer = client.patch(of(endpoint), {"is_active": True}).json()

    assert (answer["is_active"], answer["ended_because"], answer["last_failure"]) == (True, "", "")
    assert Endpoint.objects.get().failures == 0


def test_switching_off_gives_up_what_waits(client, sell, receiver, endpoint):
    receiver.answer(500)
    sell()

    answer = client.patch(of(endpoint), {"is_active": False}).json()

    assert answer["ended_because"] == "by_hand"
    assert Delivery.objects.get().state == "failed"


def test_a_new_address_is_not_blamed_for_the_old_one(client, sell, receiver, endpoint):
    receiver.answer(500)
    sell()

    client.patch(of(endpoint), {"url": "https://new.example.com/"})

    assert Endpoint.objects.get().paused_until is None


def test_what_waits_is_sent_as_soon_as_the_address_is_right(client, sell, receiver, endpoint):
    receiver.answer(500)
    sell()
    sell()

    client.patch(of(endpoint), {"url": f"{receiver.url}/right"})
    run_due()

    assert [heard.path for heard in receiver.heard] == ["/hook", "/right"]


def test_a_deleted_endpoint_is_gone_with_its_deliveries(client, sell, endpoint):
    sell()

    assert client.delete(of(endpoint)).status_code == 200
    assert not Delivery.objects.exists()


def test_a_company_has_a_bounded_number_of_endpoints(client, operator, monkeypatch):
    monkeypatch.setattr(listeners, "MOST", 1)
    EndpointFactory(owner=operator)

    response = client.post(ENDPOINTS, URL)

    assert (response.status_code, response.json()["code"]) == (409, "too_many_listeners")


# --- Channels -------------------------------------------------------------------------------


def test_a_bots_token_is_never_shown(client):
    made = client.post(CHANNELS, CHAT)

    assert made.status_code == 201
    assert "bot_token" not in made.json()
    assert CHAT["bot_token"] not in client.get(CHANNELS).content.decode()
    assert Channel.objects.get().bot_token == CHAT["bot_token"]


def test_people_hear_of_sales_reviews_and_failures(client):
    assert client.post(CHANNELS, MAIL, format="json").json()["kinds"] == [
        "payment.completed", "payment.review", "payment.failed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"medium": "telegram", "chat_id": "-1"}, "bot_token"),
        ({**CHAT, "chat_id": "not a chat"}, "chat_id"),
        ({**CHAT, "bot_token": "../../getMe"}, "bot_token"),
        ({**CHAT, "addresses": ["amina@example.com"]}, "addresses"),
        ({"medium": "email"}, "addresses"),
        ({"medium": "email", "addresses": ["x@y.example\nBcc: z@y.example"]}, "addresses"),
        ({"medium": "email", "addresses": ["nobody"]}, "addresses"),
        ({"medium": "email", "addresses": ["a@b\u00fccher.example"]}, "addresses"),
        ({"medium": "email", "addresses": [f"a{n}@b.example" for n in range(11)]}, "addresses"),
        ({**MAIL, "chat_id": "-1"}, "chat_id"),
        ({"medium": "pigeon"}, "medium"),
    ],
)
def test_a_channel_needs_what_its_medium_needs(client, body, field):
    response = client.post(CHANNELS, body, format="json")

    assert response.status_code == 400
    assert field in {name.partition(".")[0] for name in response.json()["fields"]}


def test_a_test_of_a_channel_goes_out_and_says_what_was_wrong(client, operator, telegram):
    channel = ChannelFactory(owner=operator)
    telegram.refuse(403, "Forbidden")

    assert client.post(of(channel, "test/")).status_code == 202
    run_due()

    answer = client.get(of(channel)).json()
    assert (answer["last_failure"], answer["is_active"]) == ("chat_refused", True)


def test_tests_are_counted(client, operator, settings):
    settings.LIMITS = {**settings.LIMITS, "notification_trials_per_company": (1, 3600)}
    channel, endpoint = ChannelFactory(owner=operator), EndpointFactory(owner=operator)

    assert client.post(of(channel, "test/")).status_code == 202
    assert client.post(of(endpoint, "ping/")).status_code == 429


# --- Deliveries -----------------------------------------------------------------------------


def test_a_delivery_shows_each_try(client, sell, receiver, endpoint, later):
    receiver.answer(503)
    payment = sell()
    later(seconds=8)

    (row,) = client.get(DELIVERIES).json()
    shown = client.get(f"{DELIVERIES}{row['id']}/").json()

    assert (row["payment"], row["state"], row["attempts"]) == (
        str(payment.public_id), "delivered", 2,
    )  # fmt: skip
    assert [(t["number"], t["status"], t["failure"]) for t in shown["tries"]] == [
        (2, 200, ""), (1, 503, "refused"),
    ]  # fmt: skip


def test_deliveries_are_found_by_endpoint_payment_and_state(client, sell, endpoint):
    first, second = sell(), sell()

    def found(**query):
        return [row["payment"] for row in client.get(DELIVERIES, query).json()]

    assert found(payment=str(first.public_id)) == [str(first.public_id)]
    assert len(found(endpoint=endpoint.public_id, state="delivered")) == 2
    assert found(state="failed") == found(endpoint="WHE_0") == []
    assert str(second.public_id) in found()


@pytest.mark.parametrize("query", ["state=x", "payment=7", "endpoint=%00", "endpoint=" + "x" * 50])
def test_a_filter_that_means_nothing_is_refused(client, query):
    assert client.get(f"{DELIVERIES}?{query}").status_code == 400


def test_a_ping_a_replay_and_a_replay_of_many_are_queued(client, sell, receiver, endpoint):
    sell()
    Delivery.objects.update(state="failed")
    delivery = Delivery.objects.get()

    assert client.post(of(endpoint, "ping/")).json()["kind"] == "ping"
    many = client.post(of(endpoint, "replay/"), {"since": "2026-01-01T00:00:00Z"})
    one = client.post(of(delivery, "replay/"))
    run_due()

    assert (many.status_code, many.json()) == (202, {"replayed": 1})
    assert one.json()["state"] == "waiting"
    assert sorted(heard.data["type"] for heard in receiver.heard[1:]) == [
        "payment.completed", "ping",
    ]  # fmt: skip


def test_nothing_is_replayed_to_an_endpoint_that_is_off(client, endpoint):
    Endpoint.objects.update(is_active=False)

    response = client.post(of(endpoint, "replay/"), {"since": "2026-01-01T00:00:00Z"})

    assert (response.status_code, response.json()["code"]) == (409, "endpoint_inactive")


# --- Who may --------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_only_owners_say_where_money_is_told_of(client_of, operator, role):
    endpoint, channel = EndpointFactory(owner=operator), ChannelFactory(owner=operator)
    member = MembershipFactory(company=operator.personal_company, user=UserFactory(), role=role)
    client = client_of(member.user)
    company = {"company": operator.personal_company.public_id}

    answers = [
        client.post(ENDPOINTS, URL | company),
        client.post(CHANNELS, CHAT | company),
        client.patch(of(endpoint), URL),
        client.patch(of(channel), {"chat_id": "-7"}),
        client.delete(of(endpoint)),
        client.post(of(endpoint, "rotate/")),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert client.get(of(endpoint)).status_code == 200


def test_operators_try_out_and_replay_and_viewers_do_not(client_of, operator, endpoint):
    def status_for(role):
        member = MembershipFactory(company=operator.personal_company, user=UserFactory(), role=role)
        return client_of(member.user).post(of(endpoint, "ping/")).status_code

    assert status_for(Role.OPERATOR) == 202
    assert status_for(Role.VIEWER) == 403


def test_what_changes_where_money_is_told_of_is_written_down(client):
    made = client.post(ENDPOINTS, URL).json()
    client.post(f"{ENDPOINTS}{made['id']}/rotate/")
    client.delete(f"{ENDPOINTS}{made['id']}/")

    events = AuditEvent.objects.order_by("pk")
    assert [(event.action, event.subject) for event in events] == [
        (f"webhook_endpoint.{act}", made["id"]) for act in ("create", "rotate", "delete")
    ]
