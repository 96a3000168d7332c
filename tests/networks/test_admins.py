import pytest

from networks.models import Platform
from tests.factories import UserFactory
from users.models import User

pytestmark = [pytest.mark.sql, pytest.mark.django_db]

CREATE = "/api/users/adm/createadmin"
BODY = {"username": "smartguy", "password": "noonewillguessthis"}


@pytest.fixture
def admin(db):
    return UserFactory(username="smartguy", is_superuser=True)


def test_everybody_may_ask_whether_there_is_an_admin(anonymous):
    path = "/api/users/adm/hasadmin"

    assert anonymous.get(path).json() is False
    UserFactory(is_superuser=True)
    assert anonymous.get(path).json() is True


def test_the_first_admin_is_made_with_the_master_key_and_owns_the_platform(master):
    response = master.post(CREATE, BODY)

    assert (response.status_code, response.json()) == (
        200,
        {"username": "smartguy", "isadmin": True},
    )
    admin = User.objects.get()
    assert admin.is_superuser
    assert admin.check_password("noonewillguessthis")
    assert [*admin.companies.all()] == [Platform.objects.get().company]


def test_there_is_one_first_admin(master, admin):
    assert master.post(CREATE, {**BODY, "username": "other"}).status_code == 400


@pytest.mark.parametrize("bearer", ["", "Bearer guess", "Bearer "])
def test_nobody_makes_an_admin_without_the_master_key(anonymous, db, settings, bearer):
    settings.MESH_MASTER_KEY = "secret key"

    assert anonymous.post(CREATE, BODY, HTTP_AUTHORIZATION=bearer).status_code == 401
    assert not User.objects.exists()


@pytest.mark.parametrize("bearer", ["Bearer ", "Bearer secret key", "Bearer secretkey"])
def test_an_installation_without_a_master_key_has_none(anonymous, db, settings, bearer):
    settings.MESH_MASTER_KEY = ""

    assert anonymous.post(CREATE, BODY, HTTP_AUTHORIZATION=bearer).status_code == 401
    assert anonymous.get("/api/networks", HTTP_AUTHORIZATION=bearer).status_code == 401


def test_a_weak_password_is_refused_by_name(master):
    response = master.post(CREATE, {**BODY, "password": "12345678"})

    assert (response.status_code, [*response.json()["errors"]]) == (400, ["password"])


def test_an_admin_sees_what_the_master_key_sees(client_of, admin, network):
    assert len(client_of(admin).get("/api/networks").json()) == 1


def test_what_an_admin_without_a_company_makes_is_the_platforms(master, client_of):
    master.post(CREATE, BODY)

    response = client_of(User.objects.get()).post("/api/networks", {"netid": "skynet"})

    assert response.json()["company"] == Platform.objects.get().company.public_id


def test_an_admin_is_shown_without_a_password(client_of, admin):
    shown = client_of(admin).get("/api/users/smartguy").json()

    assert shown == {"username": "smartguy", "isadmin": True}


def test_users_who_run_nothing_are_nobodys_admins(client, master, operator):
    assert master.get("/api/users/operator").status_code == 404
    assert client.get("/api/users/operator").status_code == 404


def test_another_password_ends_an_admins_tokens(master, client_of, admin):
    own = client_of(admin)

    master.put("/api/users/smartguy", {"password": "noonewillguessthis"})

    assert own.get("/api/networks").status_code == 401


def test_an_admins_name_is_one_users(master, admin, operator):
    response = master.put("/api/users/smartguy", {"username": "operator"})

    assert (response.status_code, [*response.json()["errors"]]) == (400, ["username"])


def test_the_last_admin_may_go(anonymous, client_of, admin):
    response = client_of(admin).delete("/api/users/smartguy")

    assert (response.status_code, response.json()) == (200, "smartguy deleted.")
    assert anonymous.get("/api/users/adm/hasadmin").json() is False
