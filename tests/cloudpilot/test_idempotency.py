"""A request sent twice with one Idempotency-Key is carried out once."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from cloudpilot.models import IdempotentAnswer
from tests.parallel import at_once
from users.models import ApiKey, Company, User

pytestmark = pytest.mark.sql

REGISTER = {"username": "amina", "email": "amina@example.com", "password": "teapot-and-mango"}


def generate(client, key="k1", name="Till"):
    return client.post("/users/generate-api-key/", {"name": name}, HTTP_IDEMPOTENCY_KEY=key)


def test_a_replay_answers_the_first_answer_with_its_secrets_gone(client):
    first, second = generate(client), generate(client)

    assert second.status_code == first.status_code == 201
    assert second["Idempotency-Replayed"] == "true"
    assert second.json()["public_key"] == first.json()["public_key"]
    assert second.json()["private_key"] is None
    assert second.json()["api_key"]["private_key"] is None
    assert ApiKey.objects.count() == 1


def test_a_stored_answer_holds_no_secret(client):
    secret = generate(client).json()["private_key"]

    assert secret not in str(IdempotentAnswer.objects.values().get())


def test_the_same_key_with_another_body_is_422(client):
    generate(client)

    answer = generate(client, name="Another")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_the_same_key_on_another_path_is_422(client):
    generate(client)

    answer = client.post("/users/rotate-api-keys/", {"name": "Till"}, HTTP_IDEMPOTENCY_KEY="k1")

    assert answer.status_code == 422


def test_two_callers_may_use_the_same_key(client, client_of, stranger):
    generate(client)

    assert generate(client_of(stranger)).json()["private_key"] is not None


def test_a_refused_request_does_not_use_the_key_up(client):
    refused = generate(client, name="")

    assert refused.status_code == 400
    assert generate(client).status_code == 201


def test_registration_can_be_sent_again(anonymous, db):
    first = anonymous.post("/users/register/", REGISTER, HTTP_IDEMPOTENCY_KEY="r1")
    second = anonymous.post("/users/register/", REGISTER, HTTP_IDEMPOTENCY_KEY="r1")

    assert second.status_code == 201
    assert second.json()["user_id"] == first.json()["user_id"]
    assert User.objects.count() == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256, "a\tb"])
def test_a_key_that_is_none_is_400(client, key):
    answer = generate(client, key=key)

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_invalid")


def test_after_a_day_a_key_is_new_again(client, client_of, operator):
    generate(client)

    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=False):
        answer = generate(client_of(operator), name="Another")

    assert answer.status_code == 201


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_parallel_requests_with_one_key_are_carried_out_once(client_of, operator):
    clients = [client_of(operator) for _ in range(8)]

    def create(index):
        return clients[index].post("/users/companies/", {"name": "Café"}, HTTP_IDEMPOTENCY_KEY="c1")

    answers = at_once(create, 8)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Company.objects.filter(name="Café").count() == 1
