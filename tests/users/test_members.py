"""/users/companies/{id}/members/: who is in a company, and who may decide that, cell by cell."""

import pytest

from cloudpilot.models import AuditEvent
from cloudpilot.tenancy import Role
from tests.factories import CompanyFactory, MembershipFactory, UserFactory
from tests.parallel import at_a_lock, at_once
from users.models import Company, Membership

pytestmark = pytest.mark.sql

VIEWER = {"role": "viewer"}


@pytest.fixture
def company(operator):
    return CompanyFactory(owner=operator)


def members_of(company):
    return f"/users/companies/{company.public_id}/members/"


def path_of(membership):
    return f"{members_of(membership.company)}{membership.pk}/"


def test_an_owner_lets_somebody_in(client, company, stranger):
    answer = client.post(members_of(company), {"username": "stranger", "role": "viewer"})

    assert answer.status_code == 201
    membership = Membership.objects.get(user=stranger, company=company)
    assert answer.json() | {"created_at": ""} == {
        "id": membership.pk,
        "user_id": stranger.pk,
        "username": "stranger",
        "role": "viewer",
        "created_at": "",
    }


def test_a_new_member_sees_the_company(client, client_of, company, stranger):
    client.post(members_of(company), {"username": "stranger", "role": "viewer"})

    shown = client_of(stranger).get("/users/companies/").json()

    assert company.public_id in {row["id"] for row in shown}


def test_nobody_is_a_member_twice(client, company, stranger):
    MembershipFactory(company=company, user=stranger)

    answer = client.post(members_of(company), {"username": "stranger", "role": "owner"})

    assert (answer.status_code, answer.json()["code"]) == (409, "already_member")


@pytest.mark.parametrize("name", ["nobody", "", "a\0b", None, 7, True, ["a"], {"a": 1}, "x" * 5000])
def test_a_name_that_nobody_has_is_400(client, company, name):
    answer = client.post(members_of(company), {"username": name, "role": "viewer"})

    assert answer.status_code == 400
    assert answer.json()["fields"].keys() == {"username"}


@pytest.mark.parametrize("role", ["admin", "", None, 1, "OWNER", ["owner"], "viewer "])
def test_a_role_that_is_none_is_400(client, company, stranger, role):
    answer = client.post(members_of(company), {"username": "stranger", "role": role})

    assert answer.status_code == 400
    assert answer.json()["fields"].keys() == {"role"}


def test_a_disabled_user_is_not_let_in(client, company):
    UserFactory(username="disabled", is_active=False)

    answer = client.post(members_of(company), {"username": "disabled", "role": "viewer"})

    assert answer.status_code == 400


# What each role may do to the members of a company: the status of each act.
MATRIX = {
    #               list  add  change remove leave
    Role.OWNER:    (200, 201, 200, 200, 200),
    Role.OPERATOR: (200, 403, 403, 403, 200),
    Role.VIEWER:   (200, 403, 403, 403, 200),
    None:          (404, 404, 404, 404, 404),
}  # fmt: skip
ACTS = ("list", "add", "change", "remove", "leave")
CELLS = [
    (role, act, status)
    for role, row in MATRIX.items()
    for act, status in zip(ACTS, row, strict=True)
]


@pytest.mark.parametrize(("role", "act", "status"), CELLS)
def test_what_a_role_may_do(client, operator, stranger, role, act, status):
    company = CompanyFactory(owner=UserFactory())
    other = MembershipFactory(company=company)
    mine = MembershipFactory(company=company, user=operator, role=role) if role else other

    answer = {
        "list": lambda: client.get(members_of(company)),
        "add": lambda: client.post(members_of(company), {"username": "stranger", "role": "owner"}),
        "change": lambda: client.patch(path_of(other), {"role": "operator"}),
        "remove": lambda: client.delete(path_of(other)),
        "leave": lambda: client.delete(path_of(mine)),
    }[act]()

    assert answer.status_code == status


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_nobody_raises_themselves(client, operator, role):
    mine = MembershipFactory(company=CompanyFactory(owner=UserFactory()), user=operator, role=role)

    assert client.patch(path_of(mine), {"role": "owner"}).status_code == 403


def test_a_member_stays_the_same_person(client, company, stranger):
    membership = MembershipFactory(company=company)

    answer = client.patch(path_of(membership), {"username": "stranger"})

    assert answer.json()["fields"] == {"username": ["This field is read-only."]}


def test_the_last_owner_neither_leaves_nor_steps_down(client, company):
    path = path_of(company.memberships.get())

    for answer in (client.delete(path), client.patch(path, {"role": "viewer"})):
        assert (answer.status_code, answer.json()["code"]) == (409, "last_owner")


def test_the_last_owner_may_be_told_that_they_are_owner(client, company):
    assert client.patch(path_of(company.memberships.get()), {"role": "owner"}).status_code == 200


def test_with_another_owner_one_may_leave(client, company):
    MembershipFactory(company=company, role=Role.OWNER)

    answer = client.delete(path_of(company.memberships.get(user__username="operator")))

    assert answer.json() == {"message": 'Member "operator" has been removed'}
    assert client.get(members_of(company)).status_code == 404


def test_a_removed_member_is_out_at_the_next_request(client, client_of, company, stranger):
    membership = MembershipFactory(company=company, user=stranger)
    theirs = client_of(stranger)
    assert theirs.get(members_of(company)).status_code == 200

    client.delete(path_of(membership))

    assert theirs.get(members_of(company)).status_code == 404


def test_every_change_of_a_role_is_audited(client, company, stranger):
    client.post(members_of(company), {"username": "stranger", "role": "viewer"})
    path = path_of(Membership.objects.get(company=company, user=stranger))
    client.patch(path, {"role": "operator"})
    client.delete(path)

    events = AuditEvent.objects.filter(company=company.public_id).order_by("pk")
    assert [(e.action, e.subject, e.details["role"]) for e in events] == [
        ("member.add", "stranger", "viewer"),
        ("member.change", "stranger", "operator"),
        ("member.remove", "stranger", "operator"),
    ]


def test_what_is_refused_is_not_audited(client, company):
    client.delete(path_of(company.memberships.get()))

    assert not AuditEvent.objects.filter(action="member.remove").exists()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["leave", "step down", "depose the other"])
def test_of_two_owners_one_stays(client_of, act):
    owners = [UserFactory(), UserFactory()]
    company = CompanyFactory(owner=owners[0])
    MembershipFactory(company=company, user=owners[1], role=Role.OWNER)
    clients = [client_of(owner) for owner in owners]
    paths = [path_of(company.memberships.get(user=owner)) for owner in owners]

    def go(index):
        if act == "leave":
            return clients[index].delete(paths[index])
        return clients[index].patch(paths[index if act == "step down" else index - 1], VIEWER)

    answers = at_a_lock(Company.objects.filter(pk=company.pk), go, 2)

    # Who is deposed before they are asked may not do it (403); otherwise nobody would be left (409).
    assert sorted(answer.status_code for answer in answers) in ([200, 409], [200, 403])
    assert company.memberships.filter(role=Role.OWNER).count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_member_who_is_removed_and_changed_at_once_is_gone(client_of, operator):
    company = CompanyFactory(owner=operator)
    membership = MembershipFactory(company=company, role=Role.OPERATOR)
    clients = [client_of(operator) for _ in range(4)]

    def go(index):
        if index % 2:
            return clients[index].delete(path_of(membership))
        return clients[index].patch(path_of(membership), VIEWER)

    answers = at_once(go, 4)

    assert {answer.status_code for answer in answers} <= {200, 404}
    assert not Membership.objects.filter(pk=membership.pk).exists()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_somebody_who_is_let_in_many_times_at_once_is_in_once(client_of, operator):
    company = CompanyFactory(owner=operator)
    UserFactory(username="stranger")
    clients = [client_of(operator) for _ in range(5)]
    body = {"username": "stranger", "role": "viewer"}

    answers = at_once(lambda index: clients[index].post(members_of(company), body), 5)

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
