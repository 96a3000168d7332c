import pytest
from django.utils import timezone

from cloudpilot.models import AuditEvent
from routers.models import Router
from tests.factories import CompanyFactory, MembershipFactory, RouterFactory
from tests.routers.support import at

pytestmark = pytest.mark.sql


@pytest.fixture
def router(operator):
    return RouterFactory(owner=operator, host="10.0.0.1", is_online=True)


def stored(router):
    return Router.objects.get(pk=router.pk)


def test_a_list_shows_the_routers_of_all_of_ones_companies_and_no_others(client, operator, router):
    shared = MembershipFactory(user=operator).company
    shared_router = RouterFactory(company=shared)
    RouterFactory()

    shown = client.get("/routers/").json()

    assert [row["id"] for row in shown] == [shared_router.pk, router.pk]


def test_a_list_without_routers_is_empty(client):
    assert client.get("/routers/").json() == []


def test_a_long_list_comes_in_pages_that_lead_on(client, operator):
    newest = [RouterFactory(owner=operator).pk for _ in range(3)][::-1]

    page = client.get("/routers/?limit=2&count=true")
    rest = client.get(page["Link"].partition("<")[2].partition(">")[0])

    assert page["X-Total-Count"] == "3"
    assert [row["id"] for row in page.json() + rest.json()] == newest
    assert not rest.has_header("Link")


def test_a_router_is_shown_alone_as_it_is_in_the_list(client, router):
    assert [client.get(at(router)).json()] == client.get("/routers/").json()


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_change_takes_what_is_to_change_and_leaves_the_rest(client, router, method):
    response = getattr(client, method)(at(router), {"name": "Bar"})

    assert response.status_code == 200
    assert response.json()["name"] == "Bar"
    assert (stored(router).username, stored(router).password) == ("admin", "admin")


def test_what_was_read_can_be_put_back_whole(client, router):
    shown = client.get(at(router)).json()

    response = client.put(at(router), {**shown, "name": "Bar"})

    assert response.status_code == 200
    assert response.json() == {
        **shown, "name": "Bar", "updated_at": response.json()["updated_at"],
    }  # fmt: skip


def test_what_was_read_can_be_put_back_with_another_port_and_the_transport_follows(client, router):
    shown = client.get(at(router)).json()

    response = client.put(at(router), {**shown, "port": 443})

    assert response.json()["transport"] == "rest-ssl"


def test_a_chosen_transport_is_let_go_with_an_empty_one(client, operator):
    router = RouterFactory(owner=operator, port=80, chosen_transport="api")

    assert client.patch(at(router), {"transport": ""}).json()["transport"] == "rest"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", 0), ("public_id", "RTR_00000000"), ("company", "EMP_0000000000"),
        ("created_at", None), ("colour", "blue"), ("port", 0), ("host", "127.1"),
    ],
)  # fmt: skip
def test_a_change_of_what_cannot_change_is_refused_as_a_whole(client, router, name, value):
    response = client.patch(at(router), {"name": "Bar", name: value})

    assert response.status_code == 400
    assert response.json()["fields"].keys() == {name}
    assert stored(router).name == router.name


def test_what_a_connection_test_changed_meanwhile_does_not_refuse_a_whole_object(client, router):
    whole = client.get(at(router)).json()
    tested_at = timezone.now()
    Router.objects.filter(pk=router.pk).update(is_online=True, last_checked=tested_at)

    answer = client.put(at(router), {**whole, "name": "Bar"})

    assert (answer.status_code, answer.json()["name"]) == (200, "Bar")
    assert (stored(router).is_online, stored(router).last_checked) == (True, tested_at)


def test_a_router_does_not_move_to_another_company(client, operator, router):
    other = CompanyFactory(owner=operator)

    assert client.patch(at(router), {"company": other.public_id}).status_code == 400
    assert stored(router).company == operator.personal_company


@pytest.mark.parametrize(
    "change",
    [
        {"host": "10.0.0.2"}, {"port": 443}, {"username": "other"}, {"password": "other"},
        {"use_https": True}, {"transport": "rest"},
    ],
)  # fmt: skip
def test_a_new_way_to_the_router_makes_its_state_unknown(client, router, change):
    assert client.patch(at(router), change).json()["is_online"] is False


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Bar"}, {"location": "Roof"}, {"is_active": False}, {"host": "10.0.0.1"},
        {"password": "admin"}, {"port": 8728, "transport": "api"}, {},
    ],
)  # fmt: skip
def test_a_change_of_anything_else_leaves_its_state(client, router, change):
    assert client.patch(at(router), change).json()["is_online"] is True


def test_a_fingerprint_is_taken_with_and_without_colons(client, router):
    colons = ":".join(["AB"] * 32)

    assert client.patch(at(router), {"tls_fingerprint": colons}).json()["tls_fingerprint"] == (
        "ab" * 32
    )


def test_a_password_that_can_no_longer_be_read_can_be_set_anew(client, router):
    Router.objects.filter(pk=router.pk).update(public_id="RTR_MOVED000")

    response = client.patch(at(router), {"password": "new"})

    assert response.status_code == 200
    assert stored(router).password == "new"


def test_a_deleted_router_is_gone_and_named_in_the_answer(client, router):
    response = client.delete(at(router))

    assert response.status_code == 200
    assert response.json() == {"message": f'Router "{router.name}" has been successfully deleted'}
    assert client.get(at(router)).status_code == 404


def test_whoever_makes_changes_or_deletes_a_router_is_on_record(client, router, operator):
    client.patch(at(router), {"password": "tell-nobody", "name": router.name})
    client.delete(at(router))

    changed, deleted = AuditEvent.objects.order_by("pk")
    assert (changed.action, changed.details) == ("router.update", {"changed": ["password"]})
    assert (deleted.action, deleted.actor) == ("router.delete", operator)


@pytest.mark.parametrize("path", [f"/routers/{10**18}/", f"/routers/{10**30}/", "/routers/x/"])
def test_an_id_of_any_size_is_looked_for_and_not_found(client, path):
    response = client.get(path)

    assert response.status_code == 404
    assert response.json() == {"error": "Resource not found", "code": "not_found"}
