"""API key pairs: made, listed, revoked, rotated, and what they may not do."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from cloudpilot.models import AuditEvent
from cloudpilot.random_ids import checked_key
from tests.factories import UserFactory, pair_of
from tests.parallel import at_a_lock
from users import keys
from users.models import ApiKey, User

pytestmark = pytest.mark.sql


def generate(client, **body):
    return client.post("/users/generate-api-key/", body)


def headers_of(answer):
    body = answer.json()
    return {"HTTP_X_API_KEY": body["public_key"], "HTTP_X_PRIVATE_KEY": body["private_key"]}


def works(client, pair):
    return client.get("/users/profile/", **pair).status_code == 200


def test_generate_adds_a_named_pair_and_shows_both_halves_twice(client):
    answer = generate(client, name="Till")

    assert answer.status_code == 201
    body = answer.json()
    assert body["message"] == "New API key generated successfully"
    assert body["api_key"]["name"] == "Till"
    assert body["public_key"] == body["api_key"]["public_key"]
    assert body["private_key"] == body["api_key"]["private_key"]


def test_a_pair_without_a_body_gets_a_name(client):
    answer = client.post("/users/generate-api-key/")

    assert answer.json()["api_key"]["name"] == "API key"


def test_several_pairs_work_side_by_side(client, anonymous):
    first, second = generate(client, name="One"), generate(client, name="Two")

    assert works(anonymous, headers_of(first))
    assert works(anonymous, headers_of(second))


def test_the_list_shows_the_newest_public_key_and_no_private_one(client):
    first, second = generate(client, name="One").json(), generate(client, name="Two").json()

    answer = client.get("/users/api-keys/")

    body = answer.json()
    assert body["public_key"] == second["public_key"]
    assert [key["name"] for key in body["keys"]] == ["Two", "One"]
    assert body["keys"][0].keys() == {
        "id", "name", "public_key", "created_at", "last_used_at", "revoked_at",
    }  # fmt: skip
    assert first["private_key"] not in answer.content.decode()


def test_the_newest_public_key_is_one_that_works(client):
    first, second = generate(client).json(), generate(client).json()
    client.delete(f"/users/api-keys/{second['api_key']['id']}/")

    assert client.get("/users/api-keys/").json()["public_key"] == first["public_key"]


def test_nobody_without_a_pair_has_a_newest_one(client):
    assert client.get("/users/api-keys/").json() == {"public_key": None, "keys": []}


def test_a_revoked_pair_stops_working_and_stays_in_the_list(client, anonymous):
    pair = generate(client, name="Till")

    answer = client.delete(f"/users/api-keys/{pair.json()['api_key']['id']}/")

    assert answer.json() == {"message": 'API key "Till" has been revoked'}
    assert not works(anonymous, headers_of(pair))
    assert client.get("/users/api-keys/").json()["keys"][0]["revoked_at"] is not None


def test_a_second_revocation_changes_nothing(client):
    path = f"/users/api-keys/{generate(client).json()['api_key']['id']}/"
    client.delete(path)
    before = ApiKey.objects.values().get()

    assert client.delete(path).status_code == 200
    assert ApiKey.objects.values().get() == before


def test_a_strangers_pair_is_not_found(client, stranger):
    theirs = keys.make_pair(stranger, "Theirs").row

    assert client.delete(f"/users/api-keys/{theirs.pk}/").status_code == 404
    assert ApiKey.objects.live().exists()


@pytest.mark.parametrize("id_", ["0", "9" * 19, "9" * 30, "9" * 5000, "x", "-1", "1.5"])
def test_an_id_that_is_none_is_not_found(client, id_):
    assert client.delete(f"/users/api-keys/{id_}/").status_code == 404


def test_rotation_replaces_every_pair_at_once(client, anonymous):
    old = [generate(client), generate(client)]

    answer = client.post("/users/rotate-api-keys/", {"name": "New"})

    assert answer.status_code == 201
    assert answer.json()["message"].startswith("New API keys generated.")
    assert not any(works(anonymous, headers_of(pair)) for pair in old)
    assert works(anonymous, headers_of(answer))


def test_rotation_leaves_other_peoples_pairs_alone(client, anonymous, stranger):
    theirs = pair_of(stranger)

    client.post("/users/rotate-api-keys/")

    assert works(anonymous, theirs)


def test_only_a_digest_is_stored(client):
    private_key = generate(client).json()["private_key"]

    row = ApiKey.objects.values().get()
    assert private_key not in str(row)
    assert private_key[len("cp_sec_") :] not in str(row)


def test_a_mistyped_key_costs_no_query(operator, django_assert_num_queries):
    pair = keys.make_pair(operator, "Till")
    mistyped = pair.private_key[:-1] + ("a" if pair.private_key[-1] != "a" else "b")

    with django_assert_num_queries(0):
        assert keys.find_pair(pair.row.public_key, mistyped) is None
        assert keys.find_pair(mistyped, pair.private_key) is None


def halves_that_do_not_fit(user):
    mine, other = pair_of(user), pair_of(user)
    public, private = mine["HTTP_X_API_KEY"], mine["HTTP_X_PRIVATE_KEY"]
    return [
        {"HTTP_X_API_KEY": public},
        {"HTTP_X_PRIVATE_KEY": private},
        {"HTTP_X_API_KEY": public, "HTTP_X_PRIVATE_KEY": other["HTTP_X_PRIVATE_KEY"]},
        {"HTTP_X_API_KEY": private, "HTTP_X_PRIVATE_KEY": public},
        {"HTTP_X_API_KEY": public, "HTTP_X_PRIVATE_KEY": checked_key("cp_sec_", 43)},
        {"HTTP_X_API_KEY": checked_key("cp_pub_", 20), "HTTP_X_PRIVATE_KEY": private},
        {"HTTP_X_API_KEY": public, "HTTP_X_PRIVATE_KEY": ""},
        {"HTTP_X_API_KEY": "", "HTTP_X_PRIVATE_KEY": ""},
        {"HTTP_X_API_KEY": "\xff\xfe", "HTTP_X_PRIVATE_KEY": "é" * 5000},
        {"HTTP_X_API_KEY": "jwt_a.b.c"},
    ]


@pytest.mark.parametrize("index", range(10))
def test_halves_that_do_not_fit_are_401(anonymous, operator, index):
    answer = anonymous.get("/users/profile/", **halves_that_do_not_fit(operator)[index])

    assert answer.status_code == 401
    assert answer.json()["error"] == ("Authentication credentials were not provided or are invalid")


def test_the_pair_of_a_disabled_user_is_401(anonymous, operator):
    pair = pair_of(operator)
    type(operator).objects.update(is_active=False)

    assert not works(anonymous, pair)


def test_the_last_use_is_noted_at_most_once_a_minute(anonymous, operator):
    pair = pair_of(operator)
    seen = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for seconds in (0, 59, 2):
            clock.shift(timedelta(seconds=seconds))
            works(anonymous, pair)
            seen.append(ApiKey.objects.get().last_used_at)

    assert seen[0] == seen[1]
    assert seen[2] - seen[0] == timedelta(seconds=61)


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("get", "/users/api-keys/"),
        ("delete", "/users/api-keys/{id}/"),
        ("post", "/users/generate-api-key/"),
        ("post", "/users/rotate-api-keys/"),
    ],
)
def test_a_pair_manages_no_pairs(anonymous, operator, verb, path):
    pair = pair_of(operator)
    path = path.format(id=ApiKey.objects.get().pk)

    answer = getattr(anonymous, verb)(path, **pair)

    assert (answer.status_code, answer.json()["code"]) == (403, "key_not_allowed")
    assert ApiKey.objects.live().count() == 1


def test_every_act_on_a_pair_is_audited_without_its_secret(client):
    made = generate(client).json()
    client.delete(f"/users/api-keys/{made['api_key']['id']}/")
    rotated = client.post("/users/rotate-api-keys/").json()

    events = AuditEvent.objects.filter(actor_name="operator")
    assert [event.action for event in events] == [
        "api_key.rotate", "api_key.revoke", "api_key.generate",
    ]  # fmt: skip
    stored = str(list(AuditEvent.objects.values()))
    assert made["private_key"] not in stored
    assert rotated["private_key"] not in stored


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_parallel_rotations_leave_exactly_one_pair(client_of, anonymous):
    operator = UserFactory()
    clients = [client_of(operator) for _ in range(6)]

    def rotate(index):
        return clients[index].post("/users/rotate-api-keys/")

    answers = at_a_lock(User.objects.filter(pk=operator.pk), rotate, 6)

    assert {answer.status_code for answer in answers} == {201}
    assert sum(works(anonymous, headers_of(answer)) for answer in answers) == 1
    assert ApiKey.objects.live().count() == 1
