"""GET and PUT /users/profile/: what a user says about themselves."""

import pytest

from users.models import Profile, User


def put(client, **body):
    return client.put("/users/profile/", body)


def test_a_profile_has_the_pages_shape(client):
    answer = client.get("/users/profile/")

    assert answer.status_code == 200
    assert answer.json().keys() == {"bio", "website", "created_at", "updated_at"}
    assert answer.json()["created_at"].endswith("Z")


def test_put_answers_the_profile_and_keeps_it(client):
    answer = put(client, bio="Three cafés.", website="https://example.com/wifi")

    assert answer.status_code == 200
    assert answer.json()["bio"] == "Three cafés."
    assert client.get("/users/profile/").json() == answer.json()


def test_what_put_does_not_name_stays(client):
    put(client, bio="Three cafés.", website="https://example.com")

    answer = put(client, bio="Four cafés.")

    assert answer.json()["website"] == "https://example.com"


def test_a_profile_that_was_read_can_be_put_back_whole(client):
    read = client.get("/users/profile/").json()

    assert put(client, **{**read, "bio": "Three cafés."}).status_code == 200


def test_a_website_can_be_taken_away(client):
    put(client, website="https://example.com")

    assert put(client, website="").json()["website"] == ""


@pytest.mark.parametrize(
    "website",
    [
        "javascript:alert(1)", "ftp://example.com", "//example.com", "example.com", "http://",
        "https://" + "a" * 200 + ".com", "data:text/html,x", "HTTPS:example.com", None, 7, ["a"],
    ],
)  # fmt: skip
def test_a_website_is_an_http_url(client, website):
    answer = put(client, website=website)

    assert answer.status_code == 400
    assert answer.json()["fields"].keys() == {"website"}


def test_a_bio_has_a_length(client):
    assert put(client, bio="x" * 5000).status_code == 200
    assert put(client, bio="x" * 5001).status_code == 400


def test_nobody_sets_the_time_of_creation(client):
    answer = put(client, created_at="2020-01-01T00:00:00Z")

    assert answer.json()["fields"] == {"created_at": ["This field is read-only."]}


def test_a_stale_time_of_change_comes_back_without_effect(client):
    answer = put(client, bio="Tea", updated_at="2020-01-01T00:00:00Z")

    assert answer.status_code == 200
    assert answer.json()["updated_at"] > "2026"


@pytest.mark.parametrize("name", ["user", "username", "is_staff", "id"])
def test_a_profile_holds_nothing_else(client, name):
    assert put(client, **{name: 1}).json()["fields"] == {name: ["There is no such field."]}


def test_everybody_has_their_own(client, client_of, stranger):
    put(client, bio="Mine")

    assert client_of(stranger).get("/users/profile/").json()["bio"] == ""


def test_a_user_made_outside_the_api_gets_one_on_first_sight(db, client_of):
    user = User.objects.create_superuser("root", "root@example.com", "teapot-and-mango")

    assert client_of(user).get("/users/profile/").status_code == 200
    assert Profile.objects.get().user == user
