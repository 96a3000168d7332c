"""Vouchers over the API: made, found, changed and ended."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cloudpilot import jobs
from cloudpilot.models import AuditEvent, IdempotentAnswer
from hotspot import codes, services
from hotspot.models import Voucher
from hotspot.states import State
from hotspot.vouchers import revoking
from routers.reconcile.services import reconcile
from tests.factories import PackageFactory, RouterFactory, a_batch, make_voucher
from tests.parallel import at_once

pytestmark = [pytest.mark.sql, pytest.mark.django_db]
PATH = "/hotspot/vouchers/"


@pytest.fixture
def package(operator):
    return PackageFactory(router__owner=operator, data_limit_mb=100, time_limit_minutes=30)


def one(voucher, act=""):
    return f"{PATH}{voucher.pk}/{act}/" if act else f"{PATH}{voucher.pk}/"


def found(client, **query):
    return [row["id"] for row in client.get(PATH, query).json()]


def test_a_voucher_has_a_random_code_and_the_packages_terms(client, package):
    made = client.post(PATH, {"package": package.pk})

    shown = made.json()
    assert made.status_code == 201
    assert len(shown["code"]) * 4.85 >= codes.SOLD_BITS
    assert {*shown["code"]} <= {*codes.LETTERS}
    terms = {"lifetime_seconds": 3600, "time_limit_seconds": 1800, "data_limit": 100 * 2**20,
             "devices": 1, "expires_at": None, "state": "unused", "source": "single",
             "password": shown["code"], "on_router": False}  # fmt: skip
    assert shown | terms == shown


def test_a_code_of_digits_keeps_its_zeros_and_a_password_its_spelling(client, package):
    body = {"package": package.pk, "code": "00123", "password": "yes", "full_name": "Ada"}

    made = client.post(PATH, body).json()

    shown = client.get(f"{PATH}{made['id']}/").json()
    assert (shown["code"], shown["password"], shown["full_name"]) == ("00123", "yes", "Ada")


def test_a_code_is_used_once_a_router(client, package, operator):
    elsewhere = PackageFactory(router__owner=operator)
    client.post(PATH, {"package": package.pk, "code": "room-12"})

    again = client.post(PATH, {"package": package.pk, "code": "room-12"})
    there = client.post(PATH, {"package": elsewhere.pk, "code": "room-12"})

    assert (again.status_code, again.json()["code"]) == (409, "code_taken")
    assert there.status_code == 201


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_vouchers_made_at_once_one_has_the_code(client_of, operator):
    package = PackageFactory(router__owner=operator)
    clients = [client_of(operator) for _ in range(6)]
    body = {"package": package.pk, "code": "room-12"}

    answers = at_once(lambda i: clients[i].post(PATH, body).status_code, 6)

    assert sorted(answers) == [201, 409, 409, 409, 409, 409]


def test_a_code_is_sealed_wherever_it_is_stored_and_in_every_replay(client, package):
    key = {"HTTP_IDEMPOTENCY_KEY": "x"}
    made = client.post(PATH, {"package": package.pk}, **key).json()
    again = client.post(PATH, {"package": package.pk}, **key).json()

    stored = Voucher.objects.values_list("code", flat=True).get()
    assert again == made
    assert made["code"] not in stored.token
    assert made["code"] not in str(IdempotentAnswer.objects.values())


def test_a_list_shows_what_a_single_one_shows(client, package):
    router = package.router
    batch = a_batch(router)
    make_voucher(package, code="room-12", password="mango", full_name="Ada")
    services.pause(batch.vouchers.first())
    services.revoke(batch.vouchers.last())
    Voucher.objects.update(first_login_at=timezone.now(), expires_at=timezone.now())

    listed = client.get(PATH).json()

    assert len(listed) == 3
    assert listed == [client.get(f"{PATH}{row['id']}/").json() for row in listed]


def test_vouchers_are_found_by_what_is_known_of_them(client, operator, package):
    ada = make_voucher(package, full_name="Ada Lovelace")
    revoked = services.revoke(make_voucher(package))
    other = make_voucher(PackageFactory(router__owner=operator))
    batch = a_batch(package.router, 3)
    in_batch = list(batch.vouchers.order_by("-pk").values_list("pk", flat=True))

    assert found(client, router=other.router_id) == [other.pk]
    assert found(client, package=package.pk) == [revoked.pk, ada.pk]
    assert found(client, batch=batch.pk) == in_batch
    assert found(client, state="revoked") == [revoked.pk]
    assert found(client, search="ada l") == [ada.pk]
    assert found(client, search=codes.grouped(other.code).lower()) == [other.pk]
    assert found(client, created_before="2020-01-01T00:00:00Z") == []
    assert found(client, limit=2) == in_batch[:2]


def test_a_list_goes_on_through_all_companies_of_the_caller(client, operator, package):
    from tests.routers.support import member

    shared = RouterFactory(company=member(operator, "viewer"))
    own, theirs = a_batch(package.router, 3), a_batch(shared, 3)
    expected = [
        *own.vouchers.values_list("pk", flat=True),
        *theirs.vouchers.values_list("pk", flat=True),
    ]

    seen, path = [], f"{PATH}?limit=2"
    while path:
        page = client.get(path)
        seen += [row["id"] for row in page.json()]
        path = page.get("Link", "").partition(">")[0].removeprefix("<")

    assert seen == sorted(expected, reverse=True)


@pytest.mark.parametrize(
    "query", [{"state": "new"}, {"router": "x"}, {"batch": 0}, {"created_from": "then"}]
)
def test_a_filter_that_means_nothing_is_refused_by_name(client, query):
    response = client.get(PATH, query)

    assert (response.status_code, [*response.json()["fields"]]) == (400, [*query])


def test_the_property_and_the_annotation_say_the_same_of_every_mix_of_facts(package):
    now = timezone.now()
    moments = [None, now - timedelta(hours=1), now + timedelta(hours=1)]
    voucher = make_voucher(package)
    rows = []
    for expires_at in moments:
        for paused_at in moments[:2]:
            for revoked_at in moments[:2]:
                for first_login_at in moments[:2]:
                    for valid_from in moments[1:]:
                        for downloaded in (0, 2**30):
                            facts = {
                                "expires_at": expires_at, "paused_at": paused_at,
                                "revoked_at": revoked_at, "first_login_at": first_login_at,
                                "valid_from": valid_from, "downloaded": downloaded,
                            }  # fmt: skip
                            is_over = downloaded or (expires_at and expires_at < now)
                            facts["ended_at"] = now if is_over else None  # the sweep was there
                            rows.append(facts)
    for number, facts in enumerate(rows):
        voucher.pk, voucher.code = None, f"room-{number}"
        voucher.code_index = codes.index(voucher.code)
        for name, value in facts.items():
            setattr(voucher, name, value)
        voucher.save(force_insert=True)

    stated = Voucher.objects.with_state(now)
    live = set(Voucher.objects.live(now).values_list("pk", flat=True))

    assert all(row.state == row.state_at(now) for row in stated)
    assert {row.state_at(now) for row in stated} == {*State}
    assert all((row.state_at(now) in services.LIVE) == (row.pk in live) for row in stated)
    for state in State:
        in_state = set(Voucher.objects.in_state(state, now).values_list("pk", flat=True))
        assert in_state == {row.pk for row in stated if row.state == state}


def test_a_voucher_is_revoked_once(client, package):
    voucher = make_voucher(package)

    first = client.post(one(voucher, "revoke"))
    again = client.post(one(voucher, "revoke"))

    assert (first.json()["state"], again.status_code) == ("revoked", 409)
    assert again.json()["code"] == "voucher_ended"


def test_a_voucher_is_paused_and_goes_on(client, package):
    voucher = make_voucher(package)

    states = [
        client.post(one(voucher, act)).json().get("state") or "refused"
        for act in ("resume", "pause", "pause", "resume")
    ]

    assert states == ["refused", "paused", "refused", "unused"]


def test_a_voucher_that_is_over_is_good_again_when_it_is_extended(client, package):
    voucher = make_voucher(package)
    ended = timezone.now() - timedelta(hours=2)
    Voucher.objects.update(expires_at=ended, ended_at=ended, online_time=timedelta(hours=1))

    after_hours = client.post(one(voucher, "extend"), {"hours": 1}).json()
    after_both = client.post(one(voucher, "extend"), {"online_minutes": 60, "data_mb": 1}).json()

    assert (after_hours["state"], after_both["state"]) == ("used_up", "unused")
    assert after_hours["expires_at"] > (timezone.now() + timedelta(minutes=59)).isoformat()
    assert (after_both["data_limit"], after_both["time_limit_seconds"]) == (101 * 2**20, 5400)
    voucher.refresh_from_db()
    assert voucher.ended_at is None
    assert voucher.due_at == voucher.expires_at


def test_a_voucher_is_extended_as_far_as_can_be_reckoned_and_no_further(client, package):
    package.valid_from = "sale"
    voucher = make_voucher(package)
    url = one(voucher, "extend")

    answers = [client.post(url, {"hours": 87_840}).json() for _ in range(11)]

    assert answers[8]["state"] == "unused"
    assert answers[-1]["code"] == "extended_too_far"
    voucher.refresh_from_db()
    assert voucher.lifetime < timedelta(days=36_525)


@pytest.mark.parametrize("valid_from", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_a_voucher_begins_at_a_time_from_which_its_end_can_be_reckoned(
    client, operator, valid_from
):
    package = PackageFactory(router__owner=operator, valid_from="sale")

    response = client.post(PATH, {"package": package.pk, "valid_from": valid_from})

    assert (response.status_code, [*response.json()["fields"]]) == (400, ["valid_from"])


def test_a_limit_that_a_voucher_does_not_have_cannot_be_extended(client, operator):
    voucher = make_voucher(PackageFactory(router__owner=operator))

    response = client.post(one(voucher, "extend"), {"data_mb": 1})

    assert (response.status_code, response.json()["code"]) == (400, "nothing_to_extend")


def test_a_voucher_is_moved_to_a_device_by_any_spelling(client, package):
    voucher = make_voucher(package)

    bound = client.post(one(voucher, "move"), {"mac_address": "aa-bb-cc-00-00-02"}).json()
    freed = client.post(one(voucher, "move"), {"mac_address": ""}).json()

    assert (bound["bound_mac"], freed["bound_mac"]) == ("AA:BB:CC:00:00:02", "")


def test_many_are_revoked_by_a_filter(client, operator, package):
    batch = a_batch(package.router, 3)
    kept = make_voucher(package)
    strangers = a_batch(RouterFactory())

    response = client.post(f"{PATH}revoke/", {"batch": batch.pk})
    theirs = client.post(f"{PATH}revoke/", {"batch": strangers.pk})

    assert (response.json(), theirs.json()) == ({"revoked": 3}, {"revoked": 0})
    assert found(client, state="unused") == [kept.pk]


def test_a_filter_that_means_everything_is_refused(client, package):
    assert client.post(f"{PATH}revoke/", {}).status_code == 400


def test_an_empty_field_of_a_form_revokes_nothing(client, package):
    voucher = make_voucher(package)

    response = client.post(f"{PATH}revoke/", {"batch": "", "state": "unused"}, format="multipart")

    assert (response.status_code, [*response.json()["fields"]]) == (400, ["batch"])
    assert found(client, state="unused") == [voucher.pk]


def test_a_code_that_is_searched_for_is_not_in_the_audit_trail(client, package):
    voucher = make_voucher(package)

    response = client.post(f"{PATH}revoke/", {"search": voucher.code, "router": voucher.router_id})

    assert response.json() == {"revoked": 1}
    kept = AuditEvent.objects.get(action="voucher.revoke_many").details
    assert kept == {"count": 1, "filter": {"search": "…", "router": str(voucher.router_id)}}


def test_very_many_are_revoked_by_a_job(client, package, monkeypatch):
    monkeypatch.setattr(revoking, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(revoking, "_CHUNK", 2)
    batch = a_batch(package.router, 5)

    answer = client.post(f"{PATH}revoke/", {"batch": batch.pk, "state": "unused"})
    jobs.run_due()

    assert answer.status_code == 202
    job = client.get(f"/jobs/{answer.json()['job']['id']}/").json()
    assert (job["state"], job["result"]) == ("done", {"revoked": 5})
    assert found(client, state="unused") == []


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_revocations_at_once_one_revokes(client_of, operator):
    voucher = make_voucher(PackageFactory(router__owner=operator))
    clients = [client_of(operator) for _ in range(5)]

    answers = at_once(lambda i: clients[i].post(one(voucher, "revoke")).status_code, 5)

    assert sorted(answers) == [200, 409, 409, 409, 409]


@pytest.mark.parametrize("act", ["revoke", "pause", "resume", "extend", "move", "new-code"])
def test_a_viewer_changes_nothing(client_of, operator, act):
    from tests.routers.support import member

    router = RouterFactory(company=member(operator, "viewer"))
    voucher = make_voucher(PackageFactory(router=router))
    client = client_of(operator)

    assert client.get(one(voucher)).status_code == 200
    assert client.post(one(voucher, act), {}).status_code == 403
    assert client.post(f"{PATH}revoke/", {"router": router.pk}).status_code == 403
    assert found(client, state="unused") == [voucher.pk]


def test_a_voucher_whose_name_is_taken_on_the_router_says_so_and_gets_another_code(
    client, router, device
):
    voucher = make_voucher(PackageFactory(router=router), password="mango")
    device.add("/ip/hotspot/user", {"name": voucher.code, "password": "x", "comment": "mine"})
    reconcile(router)
    shown = client.get(one(voucher)).json()
    listed = found(client, problem="name_taken")

    renewed = client.post(one(voucher, "new-code")).json()
    reconcile(router)

    assert (shown["on_router"], shown["problem"], listed) == (False, "name_taken", [voucher.pk])
    assert (renewed["problem"], renewed["password"]) == ("", "mango")
    names = {row["name"]: row.get("comment") for row in device.rows("/ip/hotspot/user")}
    assert names[shown["code"]] == "mine"
    assert names[renewed["code"]] == f"cp:voucher:{voucher.pk}"
    assert client.get(one(voucher)).json()["on_router"] is True


def test_a_voucher_has_no_problem_any_more_once_the_name_is_free(client, router, device):
    voucher = make_voucher(PackageFactory(router=router))
    theirs = device.add("/ip/hotspot/user", {"name": voucher.code})
    reconcile(router)
    (event,) = router.events.filter(kind="reconcile_refused")
    device.remove("/ip/hotspot/user", theirs)

    reconcile(router)

    shown = client.get(one(voucher)).json()
    assert (shown["on_router"], shown["problem"]) == (True, "")
    assert event.details["problems"][0]["key"] == f"cp:voucher:{voucher.pk}"
    assert voucher.code not in str(event.details)  # who reads events need not be who sells


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"on_router_at": timezone.now()}, "voucher_in_use"),
        ({"first_login_at": timezone.now()}, "voucher_in_use"),
        ({"revoked_at": timezone.now()}, "voucher_ended"),
    ],
)
def test_a_voucher_that_may_be_in_use_or_is_over_keeps_its_code(client, package, facts, code):
    voucher = make_voucher(package)
    Voucher.objects.update(**facts)

    answer = client.post(one(voucher, "new-code"))

    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert client.get(one(voucher)).json()["code"] == voucher.code


def test_a_new_code_is_one_that_no_other_voucher_has(client, package, monkeypatch):
    voucher = make_voucher(package, code="OLD22222")
    make_voucher(package, code="TAKEN222")
    drawn = iter(["TAKEN222", "FREE2222"])
    monkeypatch.setattr(codes, "new_codes", lambda count: [next(drawn)])

    assert client.post(one(voucher, "new-code")).json()["code"] == "FREE2222"
