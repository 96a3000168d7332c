"""Of several accounts at a provider, one at most takes the guests' money."""

import pytest
from django.db import IntegrityError

from cloudpilot.models import AuditEvent
from payments.credentials import services
from payments.models import Credentials
from tests.conftest import Client
from tests.factories import CredentialsFactory, UserFactory
from tests.parallel import at_a_lock, at_once

pytestmark = pytest.mark.sql

ALL = "/payments/credentials/"


def active_ids():
    return set(Credentials.objects.active().values_list("pk", flat=True))


@pytest.mark.parametrize("act", ["toggle", "toggle-status"])
def test_a_toggle_puts_credentials_out_of_use_and_back(client, created, path, act):
    off = client.post(f"{path}{act}/").json()
    on = client.post(f"{path}{act}/").json()

    assert off["message"] == "Payment credentials for KopoKopo have been deactivated"
    assert on["message"] == "Payment credentials for KopoKopo have been activated"
    assert (off["credentials"]["is_active"], on["credentials"]["is_active"]) == (False, True)
    assert on["credentials"]["deactivated"] is None


def test_new_credentials_take_the_place_of_those_in_use_and_say_so(client, body, created):
    newer = client.post(ALL, body).json()

    assert newer["deactivated"] == created["id"]
    assert active_ids() == {newer["id"]}
    assert AuditEvent.objects.first().details["deactivated"] == created["id"]


@pytest.mark.parametrize("how", ["toggle", "put"])
def test_whoever_becomes_active_puts_the_other_out_of_use(client, body, created, path, how):
    newer = client.post(ALL, body).json()

    if how == "toggle":
        shown = client.post(f"{path}toggle/").json()["credentials"]
    else:
        shown = client.put(path, {"is_active": True}).json()

    assert (shown["is_active"], shown["deactivated"]) == (True, newer["id"])
    assert active_ids() == {created["id"]}


def test_credentials_that_wait_take_nobodys_place(client, body, created):
    waiting = client.post(ALL, {**body, "is_active": False}).json()

    assert (waiting["is_active"], waiting["deactivated"]) == (False, None)
    assert active_ids() == {created["id"]}


def test_sandbox_and_live_are_active_side_by_side(client, providers, created):
    live = client.post(ALL, providers.open_account("kopokopo", environment="live")).json()

    assert active_ids() == {created["id"], live["id"]}


def test_an_account_that_moves_to_another_environment_takes_the_place_there(
    client, providers, created, path
):
    live = client.post(ALL, providers.open_account("kopokopo", environment="live")).json()

    shown = client.patch(path, {"environment": "live"}).json()

    assert shown["deactivated"] == live["id"]
    assert active_ids() == {created["id"]}


def test_two_spellings_are_one_provider(client, providers):
    first = client.post(ALL, providers.open_account("intasend")).json()
    second = client.post(ALL, providers.open_account("intasend") | {"provider": "instasend"}).json()

    assert second["deactivated"] == first["id"]


def test_a_strangers_account_is_in_nobodys_way(client, body):
    theirs = CredentialsFactory()

    client.post(ALL, body)

    assert theirs.pk in active_ids()


def test_the_newest_of_the_active_comes_first(client, providers, operator):
    older = client.post(ALL, providers.open_account("kopokopo")).json()
    newer = client.post(ALL, providers.open_account("mercadopago")).json()

    accounts = services.active_accounts(operator.personal_company)

    assert [account.pk for account in accounts] == [newer["id"], older["id"]]


def test_beside_a_live_account_play_money_buys_nothing(operator):
    company = operator.personal_company
    live = CredentialsFactory(company=company, environment="live")
    CredentialsFactory(company=company, provider="intasend")

    assert services.active_accounts(company) == [live]


@pytest.mark.parametrize("headers", [{}, {"HTTP_IDEMPOTENCY_KEY": "once"}])
def test_a_toggle_whose_body_cannot_be_read_is_refused(client, path, headers):
    answer = client.generic(
        "POST", f"{path}toggle/", "{", content_type="application/json", **headers
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert client.get(path).json()["is_active"] is True


def test_a_toggle_that_is_sent_again_with_its_key_is_one(client, path):
    for _ in range(2):
        answer = client.post(f"{path}toggle/", HTTP_IDEMPOTENCY_KEY="once")

        assert answer.json()["credentials"]["is_active"] is False


def test_the_database_itself_keeps_a_second_from_being_active(db):
    first = CredentialsFactory()

    with pytest.raises(IntegrityError):
        CredentialsFactory(company=first.company)


def waiting_accounts(count):
    owner = UserFactory()
    rows = [CredentialsFactory(owner=owner, is_active=False) for _ in range(count)]
    return owner, [f"{ALL}{row.pk}/" for row in rows]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_parallel_toggles_one_account_ends_active():
    owner, paths = waiting_accounts(4)
    clients = [Client().as_user(owner) for _ in paths]
    rows = Credentials.objects.all()

    answers = at_a_lock(rows, lambda i: clients[i].post(f"{paths[i]}toggle/"), len(paths))

    assert [answer.status_code for answer in answers] == [200] * 4
    assert len(active_ids()) == 1
    deactivated = [answer.json()["credentials"]["deactivated"] for answer in answers]
    assert len({*deactivated}) == 4  # each but the first put another one out of use
    assert None in deactivated


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_accounts_that_are_opened_together_one_is_active():
    owner = UserFactory()
    clients = [Client().as_user(owner) for _ in range(4)]
    keys = {"api_key": "the-client-id", "extra": {"till_number": "K123456"}}

    answers = at_once(
        lambda i: clients[i].post(
            ALL, {**keys, "provider": "kopokopo", "private_key": f"client-secret-{i}"}
        ),
        4,
    )

    assert [answer.status_code for answer in answers] == [201] * 4
    assert len(active_ids()) == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_keys_that_are_changed_together_are_versions_one_after_another():
    owner, [path] = waiting_accounts(1)
    clients = [Client().as_user(owner) for _ in range(4)]
    Credentials.objects.get().versions.update(api_key="the-client-id")

    answers = at_once(
        lambda i: clients[i].patch(
            path, {"private_key": f"client-secret-{i}", "extra": {"till_number": "K123456"}}
        ),
        4,
    )

    assert [answer.status_code for answer in answers] == [200] * 4
    versions = Credentials.objects.get().versions.order_by("number")
    assert [version.number for version in versions] == [1, 2, 3, 4, 5]
    assert [version.replaced_at is None for version in versions] == [False] * 4 + [True]
