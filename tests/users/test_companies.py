"""/users/companies/: the tenants a user belongs to, and what each role may do with them."""

import re

import pytest

from cloudpilot.tenancy import Role
from tests.factories import CompanyFactory, MembershipFactory
from users.models import Company

pytestmark = pytest.mark.sql


def path_of(company):
    return f"/users/companies/{company.public_id}/"


@pytest.fixture
def company(operator):
    return CompanyFactory(name="Café Mango", owner=operator)


def test_a_new_company_belongs_to_whoever_makes_it(client, operator):
    answer = client.post("/users/companies/", {"name": "Café Mango", "contact_phone": "+254 700"})

    assert answer.status_code == 201
    assert re.fullmatch(r"EMP_[0-9A-F]{10}", answer.json()["id"])
    company = Company.objects.get(public_id=answer.json()["id"])
    assert company.memberships.get().user == operator
    assert company.memberships.get().role == Role.OWNER
    assert company.contact_phone == "+254 700"


def test_the_list_shows_all_companies_of_the_caller_and_no_others(client, operator, company):
    CompanyFactory()
    viewed = MembershipFactory(user=operator, role=Role.VIEWER).company

    answer = client.get("/users/companies/")

    shown = {row["id"] for row in answer.json()}
    assert shown == {c.public_id for c in (operator.personal_company, company, viewed)}


def test_a_company_has_its_shape(client, company):
    answer = client.get(path_of(company))

    assert answer.json().keys() == {
        "id", "name", "contact_email", "contact_phone", "colour", "is_active", "is_personal",
        "created_at", "updated_at",
    }  # fmt: skip
    assert answer.json()["is_personal"] is False


def test_an_owner_renames_it(client, company):
    answer = client.patch(path_of(company), {"name": "Café Papaya"})

    assert answer.status_code == 200
    company.refresh_from_db()
    assert company.name == "Café Papaya"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_a_lower_role_reads_it_only(client, operator, role):
    company = MembershipFactory(user=operator, role=role).company

    assert client.get(path_of(company)).status_code == 200
    answer = client.patch(path_of(company), {"name": "Mine"})
    assert (answer.status_code, answer.json()["code"]) == (403, "role_too_low")


def test_a_strangers_company_is_not_found(client):
    answer = client.patch(path_of(CompanyFactory()), {"name": "Mine"})

    assert answer.status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {}, {"name": ""}, {"name": "x" * 151}, {"name": None}, {"name": "a\0"},
        {"name": "A", "contact_email": "nobody"}, {"name": "A", "contact_phone": "1" * 31},
        {"name": "A", "is_active": False}, {"name": "A", "id": "EMP_0000000000"},
        {"name": "A", "personal_owner": 1}, {"name": "A", "members": [1]},
    ],
    ids=str,
)  # fmt: skip
def test_a_body_that_is_wrong_makes_nothing(client, body):
    before = Company.objects.count()

    assert client.post("/users/companies/", body).status_code == 400
    assert Company.objects.count() == before


@pytest.mark.parametrize("value", [True, False])
def test_nobody_opens_or_closes_a_company_here(client, company, value):
    client.patch(path_of(company), {"is_active": value})

    company.refresh_from_db()
    assert company.is_active


@pytest.mark.parametrize("id_", ["EMP_%00", "EMP_", "x", "EMP_" + "F" * 500, "%F0%9F%A5%AD", "%ff"])
def test_an_id_that_is_none_is_not_found(client, id_):
    answer = client.get(f"/users/companies/{id_}/")

    assert answer.status_code == 404
    assert answer.json() == {"error": "Resource not found", "code": "not_found"}
