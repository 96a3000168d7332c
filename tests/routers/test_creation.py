import pytest

from routers.models import Router
from tests.factories import CompanyFactory, pair_of
from tests.routers.support import member
from users.models import Company

NEW = {"name": "Café", "host": "10.0.0.1", "username": "cloudpilot", "password": "s3cret-word"}


def create(client, **changes):
    return client.post("/routers/", {**NEW, **changes})


def test_whoever_has_no_company_of_his_own_may_name_one(client, operator):
    company = CompanyFactory(owner=operator)
    Company.objects.filter(personal_owner=operator).update(personal_owner=None)
    router = {"name": "Café", "host": "10.0.0.1", "username": "u", "password": "p"}

    assert client.post("/routers/", router).status_code == 400
    assert client.post("/routers/", {**router, "company": company.public_id}).status_code == 201


def test_a_new_router_is_shown_whole_and_without_its_password(client):
    response = create(client)

    assert response.status_code == 201
    shown = response.json()
    assert shown.keys() == {
        "id", "public_id", "company", "name", "host", "port", "username", "use_https", "transport",
        "tls_fingerprint", "location", "time_zone", "is_active", "is_online", "last_checked",
        "status", "created_at", "updated_at",
    }  # fmt: skip
    assert "s3cret-word" not in response.content.decode()


def test_a_new_router_keeps_the_password_it_was_given(client):
    router_id = create(client).json()["id"]

    assert Router.objects.get(pk=router_id).password == "s3cret-word"


def test_spaces_around_a_password_belong_to_it(client):
    router_id = create(client, password=" open sesame ").json()["id"]

    assert Router.objects.get(pk=router_id).password == " open sesame "


@pytest.mark.parametrize("name", ["name", "host", "username", "password"])
def test_a_router_needs_all_that_it_takes_to_log_in(client, name):
    without = {key: value for key, value in NEW.items() if key != name}

    response = client.post("/routers/", without)

    assert response.status_code == 400
    assert response.json()["fields"].keys() == {name}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("name", None),
        ("name", ["list"]),
        ("username", "x" * 101),
        ("password", ""),
        ("password", "x" * 256),
        ("port", 0),
        ("port", -1),
        ("port", 65536),
        ("port", 10**30),
        ("port", "eighty"),
        ("port", 80.5),
        ("use_https", "perhaps"),
        ("transport", "telnet"),
        ("tls_fingerprint", "ab:cd"),
        ("tls_fingerprint", "z" * 64),
        ("location", "x" * 201),
        ("host", "x\0y"),
        ("company", 7),
        ("company", {"id": 1}),
        ("colour", "blue"),
        ("id", 7),
        ("is_online", True),
        ("last_checked", "2026-01-01T00:00:00Z"),
        ("public_id", "RTR_00000000"),
        ("created_at", "2026-01-01T00:00:00Z"),
        ("user", 1),
        ("chosen_transport", "api"),
    ],
)
def test_what_is_not_valid_is_named_and_nothing_is_stored(client, name, value):
    response = create(client, **{name: value})

    assert response.status_code == 400
    assert response.json()["code"] == "invalid"
    assert response.json()["fields"].keys() == {name}
    assert not Router.objects.exists()


@pytest.mark.parametrize(
    ("sent", "port", "transport"),
    [
        ({}, 8728, "api"),
        ({"use_https": False}, 8728, "api"),
        ({"use_https": True}, 8729, "api-ssl"),
        ({"port": 8728}, 8728, "api"),
        ({"port": 8728, "use_https": True}, 8728, "api"),
        ({"port": 8729}, 8729, "api-ssl"),
        ({"port": 80}, 80, "rest"),
        ({"port": 443}, 443, "rest-ssl"),
        ({"port": 9000}, 9000, "api"),
        ({"port": 9000, "use_https": True}, 9000, "api-ssl"),
        ({"port": 80, "transport": "api"}, 80, "api"),
        ({"port": 9000, "transport": "rest-ssl"}, 9000, "rest-ssl"),
        ({"transport": "rest"}, 80, "rest"),
        ({"transport": "rest-ssl"}, 443, "rest-ssl"),
        ({"transport": "api-ssl"}, 8729, "api-ssl"),
        ({"transport": "", "use_https": True}, 8729, "api-ssl"),
    ],
)
def test_the_transport_follows_the_port_unless_it_is_chosen(client, sent, port, transport):
    shown = create(client, **sent).json()

    assert (shown["port"], shown["transport"]) == (port, transport)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("192.168.88.1", "192.168.88.1"),
        ("Router.Example.COM", "router.example.com"),
        ("gateway", "gateway"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("fd00::88", "fd00::88"),
        ("xn--caf-dma.example", "xn--caf-dma.example"),
    ],
)
def test_a_host_is_an_address_or_a_name_in_one_spelling(client, written, kept):
    assert create(client, host=written).json()["host"] == kept


@pytest.mark.parametrize(
    "host",
    [
        "http://10.0.0.1", "10.0.0.1/rest", "10.0.0.1:8728", "user@10.0.0.1", "[::1]", "10.0.0",
        "0x7f.1", "2130706433", "0177.0.0.1", "010.0.0.1", "127.1", "a..b", "-a.example",
        "under_score.example", "trailing.example.", "caf\u00e9.example", "a b",
        "169.254.169.254", "::ffff:169.254.169.254", "fe80::1%eth0", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "fd00:ec2::254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::",
        "x" * 254, "x" * 64 + ".example",
    ],
)  # fmt: skip
def test_a_host_that_could_mean_another_place_is_refused(client, host):
    assert create(client, host=host).status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "100.64.0.1"])
def test_a_service_for_many_refuses_addresses_that_mean_its_own_network(client, settings, host):
    settings.ROUTER_HOST_POLICY = "saas"

    response = create(client, host=host)

    assert response.status_code == 400
    assert response.json()["fields"].keys() == {"host"}


def test_a_new_router_goes_to_its_makers_own_company(client, operator):
    assert create(client).json()["company"] == operator.personal_company.public_id


def test_a_new_router_goes_to_the_company_that_is_named(client, operator):
    company = member(operator, "operator")

    assert create(client, company=company.public_id).json()["company"] == company.public_id


def test_a_strangers_company_is_one_that_does_not_exist(client):
    foreign = create(client, company=CompanyFactory().public_id)
    absent = create(client, company="EMP_0000000000")

    assert foreign.status_code == 400
    assert foreign.json() == absent.json()


def test_a_viewer_cannot_put_routers_into_the_company(client, operator):
    response = create(client, company=member(operator, "viewer").public_id)

    assert response.status_code == 403
    assert response.json()["code"] == "role_too_low"


def test_whoever_became_a_viewer_at_home_cannot_put_routers_there(client, operator):
    operator.memberships.update(role="viewer")

    assert create(client).status_code == 403


def test_whoever_left_their_own_company_must_name_another(client, operator):
    operator.memberships.all().delete()

    response = create(client)

    assert response.status_code == 400
    assert response.json()["fields"].keys() == {"company"}


def test_a_key_pair_makes_routers_as_a_token_does(anonymous, operator):
    response = anonymous.post("/routers/", NEW, **pair_of(operator))

    assert response.status_code == 201


def test_a_creation_that_is_repeated_under_its_key_makes_one_router(client):
    first = client.post("/routers/", NEW, HTTP_IDEMPOTENCY_KEY="once")
    again = client.post("/routers/", NEW, HTTP_IDEMPOTENCY_KEY="once")

    assert again.json() == first.json()
    assert Router.objects.count() == 1


def test_a_key_that_was_used_with_another_router_is_refused(client):
    client.post("/routers/", NEW, HTTP_IDEMPOTENCY_KEY="once")

    response = client.post("/routers/", {**NEW, "name": "Bar"}, HTTP_IDEMPOTENCY_KEY="once")

    assert response.status_code == 422
    assert Router.objects.count() == 1


def test_a_form_makes_a_router_as_json_does(client):
    response = client.post("/routers/", {**NEW, "port": "443"}, format="multipart")

    assert response.json()["transport"] == "rest-ssl"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_our_own_web_port_is_no_router(client, settings, host):
    body = {"name": "R", "host": host, "port": settings.PORT, "username": "a", "password": "b"}

    answer = client.post("/routers/", body)

    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["host"])
