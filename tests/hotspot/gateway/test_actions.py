"""The ten actions, to the letter of their page."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from hotspot.gateway.validity import VALID_FOR
from hotspot.models import Login, Voucher
from tests.factories import GuestUserFactory

NOW = datetime(2025, 1, 17, 9, 30, 15, tzinfo=UTC)
MEGABYTE = 2**20
# The page's own request.
SENT = {
    "username": "user123",
    "passcode": "pass123",
    "fullname": "John Doe",
    "valid_for": "1 day",
    "valid_from": "2025-01-17 10:00:00",
    "download_limit": 1024,
    "upload_limit": 512,
}


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def test_the_page_s_request_gets_the_page_s_answer(desk):
    response = desk.post("create_voucher", **SENT)

    voucher = Voucher.objects.get()
    assert response.status_code == 200
    expected = {
        "message": "User added successfully",
        "user": {
            "id": voucher.pk,
            "username": "user123",
            "passcode": "pass123",
            "fullname": "John Doe",
            "valid_for": "1 day",
            "valid_from": "2025-01-17 10:00:00",
            "download_limit": "1024",
            "upload_limit": "512",
        },
        "error": False,
    }
    assert json.dumps(response.json()) == json.dumps(expected)  # the order of the names as well


def test_get_makes_the_same_voucher(desk):
    response = desk.get("create_voucher", **SENT)

    assert response.json()["user"]["download_limit"] == "1024"
    assert Voucher.objects.get().download_limit == 1024 * MEGABYTE


def test_it_is_an_ordinary_voucher(desk):
    desk.post("create_voucher", **SENT)

    voucher = Voucher.objects.get()
    assert (voucher.code, voucher.password, voucher.full_name) == ("user123", "pass123", "John Doe")
    assert voucher.source == Voucher.Source.GATEWAY
    assert voucher.router == desk.gateway.router
    assert voucher.company == desk.gateway.router.company
    assert voucher.valid_from == datetime(2025, 1, 17, 10, tzinfo=UTC)
    assert voucher.expires_at == datetime(2025, 1, 18, 10, tzinfo=UTC)
    assert (voucher.upload_limit, voucher.download_limit) == (512 * MEGABYTE, 1024 * MEGABYTE)


def test_what_is_left_out_is_made_up_or_preset(desk):
    desk.set(valid_for_preset="3 hours")

    first, second = (desk.post("create_voucher").json()["user"] for _ in range(2))

    assert first["valid_for"] == "3 hours"
    assert first["valid_from"] == "2025-01-17 09:30:15"
    assert (first["download_limit"], first["upload_limit"]) == ("0", "0")
    for name in ("username", "passcode", "fullname"):
        assert first[name]
        assert first[name] != second[name]


@pytest.mark.parametrize("empty", ["", None, "  "])
def test_what_is_empty_is_left_out(desk, empty):
    sent = {**dict.fromkeys(SENT, empty), "valid_for": empty or ""}
    user = desk.post("create_voucher", **{**sent, "valid_for": ""}).json()["user"]

    assert all(user[name] for name in ("username", "passcode", "fullname"))
    assert user["valid_for"] == "1 day"


def test_digits_stay_text(desk):
    user = desk.post("create_voucher", username="00123", passcode=42).json()["user"]

    assert (user["username"], user["passcode"]) == ("00123", "42")


def test_a_name_that_is_taken_is_refused(desk):
    desk.post("create_voucher", username="user123")

    response = desk.post("create_voucher", username="user123")

    assert response.status_code == 409
    assert response.json() == {"message": "Username already exists", "error": True}
    assert Voucher.objects.count() == 1


def test_a_voucher_may_be_over_before_it_is_made(desk):
    user = desk.post("create_voucher", valid_from="2018-08-24 00:00:00", valid_for="1 hour").json()[
        "user"
    ]

    assert user["valid_from"] == "2018-08-24 00:00:00"
    assert Voucher.objects.get().state_at(NOW) == "expired"


def test_a_name_of_another_case_is_another_name(desk):
    desk.post("create_voucher", username="user123")

    assert desk.post("create_voucher", username="USER123").status_code == 200


def test_there_are_65_values_of_valid_for():
    assert len(VALID_FOR) == 65
    assert {"always", "1 hour", "23 hours", "1 day", "30 days", "35 days", "365 days"} <= set(
        VALID_FOR
    )


@pytest.mark.parametrize("words", VALID_FOR)
def test_a_voucher_is_valid_for_as_long_as_it_says(desk, words):
    user = desk.post("create_voucher", valid_for=words).json()["user"]

    voucher = Voucher.objects.get()
    number, _, unit = words.partition(" ")
    span = words != "always" and timedelta(**{f"{unit.rstrip('s')}s": int(number)})
    assert user["valid_for"] == words
    assert voucher.expires_at == (voucher.valid_from + span if span else None)


@pytest.mark.parametrize(
    "words",
    ["0 hours", "24 hours", "1 hours", "1 days", "2 day", "31 days", "61 days", "366 days",
     "1 week", "Always", " 1 day", "1  day", "1 day ", 1, ["1 day"]],
)  # fmt: skip
def test_any_other_value_of_valid_for_is_an_error_and_stores_nothing(desk, words):
    response = desk.post("create_voucher", valid_for=words)

    assert response.status_code == 400
    assert response.json()["message"] == "An error occurred"
    assert response.json()["error"] is True
    assert "valid_for" in response.json()["detail"]
    assert not Voucher.objects.exists()


@pytest.mark.parametrize(
    ("sent", "echoed"),
    [
        ("2018-08-24 00:00:00", "2018-08-24 00:00:00"),
        ("2018-08-24T08:15:30", "2018-08-24 08:15:30"),
        ("2018-08-24", "2018-08-24 00:00:00"),
        ("201808:24 08:15:30", "2018-08-24 08:15:30"),
    ],
)
def test_valid_from_is_read_in_the_forms_that_the_page_shows(desk, sent, echoed):
    assert desk.post("create_voucher", valid_from=sent).json()["user"]["valid_from"] == echoed


@pytest.mark.parametrize(
    "text",
    ["yesterday", "2018-13-01 00:00:00", "2018-02-30", "2018-08-24 24:00:00", "0001-01-01",
     "9999-12-31 00:00:00", "2018-08-24 00:00:00Z", "1535068800", ["2018-08-24"]],
)  # fmt: skip
def test_any_other_time_is_an_error_and_stores_nothing(desk, text):
    response = desk.post("create_voucher", valid_from=text, valid_for="365 days")

    assert response.status_code == 400
    assert response.json()["detail"] in {
        "valid_from: Write a time as 2018-08-24 00:00:00.",
        "valid_from: The year must be from 1970 to 2199.",
        "valid_from: Not a valid string.",
    }
    assert not Voucher.objects.exists()


def test_times_are_those_of_the_router_s_clock_on_the_wall(desk):
    router = desk.gateway.router
    router.time_zone = "Africa/Nairobi"
    router.save()

    user = desk.post("create_voucher", valid_from="2025-01-17 13:00:00").json()["user"]

    [listed] = desk.post("get_voucher_users").json()["users"]
    assert user["valid_from"] == listed["valid_from"] == "2025-01-17 13:00:00"
    assert listed["created_at"] == "2025-01-17 12:30:15"
    assert Voucher.objects.get().valid_from == datetime(2025, 1, 17, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "megabytes"),
    [
        (1, 1), ("1", 1), (9437184, 9437184), ("9437184", 9437184), (0, 0), (-1, 0), (9437185, 0),
        ("abc", 0), ("", 0), (None, 0), (1.5, 0), (1024.0, 1024), (" 5 ", 5), ("1.0", 1), (True, 0), ("9" * 5000, 0), ("٣", 0),
    ],
)  # fmt: skip
def test_a_limit_out_of_bounds_is_none(desk, sent, megabytes):
    user = desk.post("create_voucher", download_limit=sent, upload_limit=sent).json()["user"]

    assert (user["download_limit"], user["upload_limit"]) == (str(megabytes), str(megabytes))
    assert Voucher.objects.get().upload_limit == (megabytes * MEGABYTE or None)


@pytest.mark.parametrize("sent", [[5], {"a": 1}, "x" * 101, "1\0"])
def test_what_no_client_could_mean_as_a_limit_is_an_error(desk, sent):
    response = desk.post("create_voucher", upload_limit=sent)

    assert response.status_code == 400
    assert "upload_limit" in response.json()["detail"]


@pytest.mark.parametrize("name", ["username", "passcode", "fullname"])
@pytest.mark.parametrize("value", ["x" * 101, "a\nb", "a\0b", "a\tb", ["a"], {"a": 1}, True])
def test_what_is_no_line_of_text_is_an_error(desk, name, value):
    response = desk.post("create_voucher", **{name: value})

    assert response.status_code == 400
    assert name in response.json()["detail"]
    assert not Voucher.objects.exists()


def test_a_create_that_is_sent_twice_makes_one_voucher(desk):
    sent = {"api-key": desk.key, "action": "create_voucher", "username": "user123"}

    first, second = (
        desk.client.post("/api/", sent, format="json", HTTP_IDEMPOTENCY_KEY="desk-1")
        for _ in range(2)
    )

    assert second.json() == first.json()
    assert second.status_code == first.status_code == 200
    assert Voucher.objects.count() == 1


# --- Removing -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_voucher_is_removed(desk, method):
    desk.post("create_voucher", **SENT)

    response = getattr(desk, method)("remove_voucher", username="user123")

    assert response.status_code == 200
    assert response.json() == {"message": "User removed successfully", "error": False}
    assert desk.post("get_voucher_users").json() == {"users": []}
    assert Voucher.objects.get().revoked_at


@pytest.mark.parametrize("sent", [{}, {"username": ""}, {"username": None}])
def test_without_a_name_nothing_is_removed(desk, sent):
    response = desk.post("remove_voucher", **sent)

    assert response.status_code == 400
    assert response.json() == {"message": "No username set", "error": True}


def test_a_name_that_nobody_has_is_unknown(desk):
    desk.post("create_voucher", username="user123")
    desk.post("remove_voucher", username="user123")

    response = desk.post("remove_voucher", username="user123")

    assert response.status_code == 404
    assert response.json() == {"message": "Username doesn't exist", "error": True}


def test_another_router_s_voucher_is_unknown(desk, stranger):
    from tests.factories import GuestGatewayFactory

    other = GuestGatewayFactory()
    theirs = type(desk)(desk.client, other, other.rotate_key())
    other.save()
    theirs.post("create_voucher", username="user123")

    assert desk.post("remove_voucher", username="user123").status_code == 404
    assert desk.post("create_voucher", username="user123").status_code == 200


def test_a_removed_name_can_be_made_again(desk):
    desk.post("create_voucher", username="user123")
    desk.post("remove_voucher", username="user123")

    assert desk.post("create_voucher", username="user123").status_code == 200


# --- Lists ----------------------------------------------------------------------------------


def test_a_listed_voucher_has_the_page_s_names_in_their_order(desk):
    made = desk.post("create_voucher", **SENT).json()["user"]

    [user] = desk.get("get_voucher_users").json()["users"]

    expected = {
        "id": made["id"],
        "username": "user123",
        "password": "pass123",
        "fullname": "John Doe",
        "created_at": "2025-01-17 09:30:15",
        "last_modified": "2025-01-17 09:30:15",
        "first_login": None,
        "last_login": None,
        "valid_for": "1 day",
        "valid_from": "2025-01-17 10:00:00",
        "MAC": None,
        "download_limit": 1024,
        "upload_limit": 512,
    }
    assert json.dumps(user) == json.dumps(expected)


def test_what_the_router_told_of_a_voucher_is_listed(desk):
    desk.post("create_voucher", username="user123")
    Voucher.objects.update(
        first_login_at=NOW, last_login_at=NOW + timedelta(hours=1), mac_address="98:01:A7:CB:BB:00"
    )

    [user] = desk.get("get_voucher_users").json()["users"]

    assert (user["first_login"], user["last_login"]) == (
        "2025-01-17 09:30:15",
        "2025-01-17 10:30:15",
    )
    assert user["MAC"] == "98:01:A7:CB:BB:00"
    assert (user["download_limit"], user["upload_limit"]) == (0, 0)


def test_a_long_list_can_be_taken_in_parts(desk):
    ids = [desk.post("create_voucher").json()["user"]["id"] for _ in range(3)]

    first = desk.get("get_voucher_users", limit=2).json()["users"]
    rest = desk.get("get_voucher_users", limit=2, after=first[-1]["id"]).json()["users"]

    assert [user["id"] for user in first + rest] == ids


@pytest.mark.parametrize("sent", [{"limit": 0}, {"limit": "x"}, {"after": -1}, {"after": 2**70}])
def test_a_part_that_cannot_be_is_an_error(desk, sent):
    assert desk.post("get_voucher_users", **sent).status_code == 400


def test_a_list_costs_as_many_queries_however_long_it_is(desk, django_assert_max_num_queries):
    for _ in range(5):
        desk.post("create_voucher")

    with django_assert_max_num_queries(6):
        assert len(desk.post("get_voucher_users").json()["users"]) == 5


COMMON = {
    "created_at": "2025-01-14 08:38:10",
    "last_login": "2025-01-16 09:41:27",
    "MAC": "98:01:A7:CB:BB:00",
    "visits": 7,
    "comments": "John",
    "comments1": "New York",
    "comments2": "Male",
    "last_modified": "2025-01-16 09:41:27",
    "marketing": 0,
    "verified": 1,
}


@pytest.mark.parametrize(
    ("action", "facts", "own"),
    [
        (
            "get_email_users",
            {"kind": "email", "identity": "john.doe@gmail.com"},
            {"email": "john.doe@gmail.com"},
        ),
        (
            "get_fb_users",
            {"kind": "facebook", "identity": "10158", "name": "John", "email": "j@example.com"},
            {"fb_id": "10158", "name": "John", "email": "j@example.com"},
        ),
        ("get_mobile_users", {"kind": "mobile", "identity": "15559876543"},
         {"mobile": "15559876543"}),
        ("get_free_users", {"kind": "free", "identity": "98:01:A7:CB:BB:00"}, {}),
    ],
)  # fmt: skip
def test_guests_who_bought_nothing_are_listed_by_their_kind(desk, action, facts, own):
    last = datetime(2025, 1, 16, 9, 41, 27, tzinfo=UTC)
    row = GuestUserFactory(
        router=desk.gateway.router,
        created_at=datetime(2025, 1, 14, 8, 38, 10, tzinfo=UTC),
        updated_at=last,
        last_login_at=last,
        mac_address="98:01:A7:CB:BB:00",
        visits=7,
        comments="John",
        comments1="New York",
        comments2="Male",
        verified=True,
        **facts,
    )
    GuestUserFactory(**facts)  # at a stranger's router

    answers = {a: desk.get(a).json() for a in LISTS_OF_GUESTS}

    assert json.dumps(answers.pop(action)) == json.dumps(
        {"users": [{"id": row.pk, **own, **COMMON}]}
    )
    assert all(answer == {"users": []} for answer in answers.values())


LISTS_OF_GUESTS = ("get_email_users", "get_fb_users", "get_mobile_users", "get_free_users")


def test_logins_are_listed(desk):
    desk.post("create_voucher", username="user123")
    router = desk.gateway.router
    facts = {"company": router.company, "router": router, "at": NOW}
    first = Login.objects.create(
        voucher=Voucher.objects.get(),
        mac_address="98:01:A7:CB:BB:00",
        address="192.168.0.200",
        user_agent="Mozilla/5.0",
        **facts,
    )
    second = Login.objects.create(kind=Login.Kind.MOBILE, name="15559876543", **facts)

    answer = desk.get("get_logins").json()

    assert answer == {
        "logins": [
            {
                "id": first.pk,
                "date": "2025-01-17 09:30:15",
                "login": "user123",
                "type": "voucher",
                "MAC": "98:01:A7:CB:BB:00",
                "address": "192.168.0.200",
                "user_agent": "Mozilla/5.0",
                "success": 1,
            },
            {
                "id": second.pk,
                "date": "2025-01-17 09:30:15",
                "login": "15559876543",
                "type": "mobile",
                "MAC": None,
                "address": None,
                "user_agent": None,
                "success": 1,
            },
        ]
    }
