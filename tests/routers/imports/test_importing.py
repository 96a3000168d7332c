"""A list of routers, from the upload to the report."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from cloudpilot import jobs
from cloudpilot.jobs.models import Job
from cloudpilot.models import AuditEvent
from routers.imports import services
from routers.models import Router, RouterImport, RouterImportRow
from tests.factories import CompanyFactory, RouterFactory
from tests.parallel import at_once
from tests.routers.support import member

pytestmark = pytest.mark.sql

PATH = "/routers/imports/"
HEADER = "name,host,username,password"
LIST = f"{HEADER}\nCafé,10.0.0.1,admin,tell-nobody\nBar,10.0.0.2,admin,tell-nobody\n"


def upload(client, text=LIST, *, dry_run=False, **body):
    """Send a list, have it worked through, and return the first answer."""
    response = client.post(PATH, {"csv": text, "dry_run": dry_run, **body})
    jobs.run_due()
    return response


def send_file(client, content, key=None, **fields):
    file = SimpleUploadedFile("routers.csv", content)
    headers = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
    return client.post(PATH, {"file": file, **fields}, format="multipart", **headers)


def shown(client, response):
    return client.get(f"{PATH}{response.json()['id']}/").json()


def report(client, response):
    rows = client.get(f"{PATH}{response.json()['id']}/rows/").json()
    return [(row["line"], row["outcome"]) for row in reversed(rows)]


def test_the_routers_of_a_list_are_added(client, operator):
    response = upload(client)

    assert response.status_code == 202
    assert report(client, response) == [(2, "created"), (3, "created")]
    cafe = Router.objects.get(name="Café")
    assert (cafe.host, cafe.port, cafe.username, cafe.password, cafe.company) == (
        "10.0.0.1", 8728, "admin", "tell-nobody", operator.personal_company,
    )  # fmt: skip
    assert client.get("/routers/").json()[0]["name"] == "Bar"


def test_every_column_is_heeded(client):
    upload(
        client,
        "name;host;port;username;password;use_https;transport;tls_fingerprint;location;time_zone;is_active\n"
        f"Café;Cafe.Example.com;8729;admin;x;yes;api-ssl;{'AB:' * 31}AB;Moi Avenue;"
        "Africa/Nairobi;FALSE\n",
    )

    router = Router.objects.get()
    assert router.time_zone == "Africa/Nairobi"
    assert (router.host, router.port, router.use_https) == ("cafe.example.com", 8729, True)
    assert (router.chosen_transport, router.tls_fingerprint) == ("api-ssl", "ab" * 32)
    assert (router.location, router.is_active) == ("Moi Avenue", False)


def test_a_list_is_only_tried_unless_it_says_otherwise(client):
    response = client.post(PATH, {"csv": LIST})
    jobs.run_due()

    assert response.json()["dry_run"] is True
    assert report(client, response) == [(2, "valid"), (3, "valid")]
    assert not Router.objects.exists()


def test_a_file_is_read_as_spreadsheets_save_it(client):
    response = send_file(client, LIST.replace(",", ";").encode("cp1252"), dry_run="false")
    jobs.run_due()

    assert response.status_code == 202
    assert [router.name for router in Router.objects.order_by("pk")] == ["Café", "Bar"]


def test_a_form_that_does_not_say_so_adds_nothing(client):
    response = send_file(client, LIST.encode())
    jobs.run_due()

    assert response.json()["dry_run"] is True
    assert not Router.objects.exists()


def test_what_became_of_a_list_is_counted(client, operator):
    RouterFactory(owner=operator, host="10.0.0.2")
    response = upload(client, LIST + "Hut,10.0.0.1,admin,x\nInn,10.0.0.999,admin,x\n")

    answer = shown(client, response)
    assert response.json()["state"] == "queued"
    assert response.json()["counts"] == {"created": 0, "valid": 0, "duplicate": 0, "invalid": 0}
    assert (answer["state"], answer["total"], answer["done"]) == ("done", 4, 4)
    assert answer["counts"] == {"created": 1, "valid": 0, "duplicate": 2, "invalid": 1}
    assert client.get(PATH).json() == [answer]


# --- Lines ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"host": "10.0.0.999"},
        {"host": "a b"},
        {"port": "0"},
        {"port": "x"},
        {"name": "x" * 101},
        {"transport": "telnet"},
        {"use_https": "perhaps"},
        {"tls_fingerprint": "ab"},
        {"host": "", "password": ""},
    ],
    ids=str,
)
def test_a_line_is_judged_in_the_words_of_a_single_post(client, fields):
    row = {"name": "Café", "host": "10.0.0.1", "username": "admin", "password": "x", **fields}
    given = {name: value for name, value in row.items() if value}

    single = client.post("/routers/", given).json()["fields"]
    response = upload(client, f"{','.join(row)}\n{','.join(row.values())}\n")

    (line,) = client.get(f"{PATH}{response.json()['id']}/rows/").json()
    assert (line["outcome"], line["errors"]) == ("invalid", single)
    assert not Router.objects.exists()


def test_a_line_with_too_many_values_is_not_guessed_at(client):
    response = upload(client, f"{HEADER}\nCafé,10.0.0.1,admin,x,y\n")

    assert report(client, response) == [(2, "invalid")]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_router_that_stands_there_twice_is_added_once(client, dry_run):
    text = (
        f"{HEADER},port\nA,R.example.com,u,x,\nB,r.example.com,u,x,8728\nC,r.example.com,u,x,80\n"
    )
    response = upload(client, text, dry_run=dry_run)

    first = "valid" if dry_run else "created"
    assert report(client, response) == [(2, first), (3, "duplicate"), (4, first)]
    row = RouterImportRow.objects.get(outcome="duplicate")
    assert row.errors == {"host": ["Line 2 has this host and port too."]}


def test_a_router_that_the_company_has_is_named(client, operator):
    there = RouterFactory(owner=operator, host="10.0.0.1")
    RouterFactory(host="10.0.0.2")  # a stranger's
    response = upload(client)

    rows = client.get(f"{PATH}{response.json()['id']}/rows/").json()
    assert (rows[1]["outcome"], rows[1]["router_id"]) == ("duplicate", there.pk)
    assert rows[0]["outcome"] == "created"


def test_a_list_sent_again_adds_nothing_more(client):
    upload(client)
    response = upload(client)

    assert report(client, response) == [(2, "duplicate"), (3, "duplicate")]
    assert Router.objects.count() == 2


# --- What is refused at once -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name,host,username\na,b,c", "columns too: password"),
        (f"{HEADER},colour\na,b,c,d,e", 'no column "colour"'),
        (f'{HEADER}\n"a,b,c,d', "quotation marks"),
        (HEADER + "\na,b,c,d" * 5001, "more than 5000"),
        (HEADER, "lists no router"),
    ],
)
def test_what_is_no_list_is_refused_with_what_to_change(client, text, sentence):
    by_text = client.post(PATH, {"csv": text})
    by_file = send_file(client, text.encode())

    assert by_text.status_code == by_file.status_code == 400
    assert sentence in by_text.json()["fields"]["csv"][0]
    assert sentence in by_file.json()["fields"]["file"][0]
    assert not RouterImport.objects.exists()


@pytest.mark.parametrize("content", [b"", b"\0", b"\x81\xff", LIST.encode("utf-16"), b"PK\3\4\0\0"])
def test_a_file_that_is_no_text_is_refused(client, content):
    response = send_file(client, content)

    assert (response.status_code, list(response.json()["fields"])) == (400, ["file"])


@pytest.mark.parametrize("body", [{}, {"file": "x"}, {"csv": LIST, "dry_run": "perhaps"}])
def test_a_body_that_is_not_valid_is_refused(client, body):
    assert client.post(PATH, body).status_code == 400


def padded(size):
    blank = " " * 1000 + "\n"
    return (LIST.encode() + blank.encode() * (size // 1000))[:size]


def test_two_megabytes_are_taken_and_no_more(client):
    most = 2 * 1024 * 1024

    assert send_file(client, padded(most)).status_code == 202
    assert client.post(PATH, {"csv": padded(most).decode()}).status_code == 202
    assert send_file(client, padded(most + 1)).status_code == 400
    assert send_file(client, padded(3 * 1024 * 1024)).status_code == 413
    assert client.post(PATH[:-1], {"csv": "x" * 2_700_000}).status_code == 413


def test_no_other_path_takes_as_much(client):
    assert client.post("/routers/", {"name": "x" * 1_100_000}).status_code == 413


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("operator", 202), ("owner", 202)])
def test_routers_are_added_by_whoever_may_add_one(client, operator, role, status):
    company = member(operator, role)

    assert upload(client, company=company.public_id).status_code == status
    assert Router.objects.filter(company=company).exists() is (status == 202)


def test_whoever_has_no_company_of_his_own_names_one(client, operator):
    company = CompanyFactory(owner=operator)
    own = operator.personal_company
    own.personal_owner = None
    own.save()

    assert list(upload(client).json()["fields"]) == ["company"]
    assert upload(client, company=company.public_id).status_code == 202


# --- Secrets -----------------------------------------------------------------------------------


def test_no_password_is_readable_in_what_is_stored_or_shown(client):
    response = client.post(PATH, {"csv": LIST, "dry_run": False})
    stored = str([*RouterImport.objects.values(), *Job.objects.values()])
    jobs.run_due()

    rows = client.get(f"{PATH}{response.json()['id']}/rows/").content.decode()
    stored += str([*RouterImportRow.objects.values(), *Job.objects.values()])
    assert "tell-nobody" not in response.content.decode() + stored + rows
    assert RouterImport.objects.get().content == ""


# --- Interruptions -----------------------------------------------------------------------------


@pytest.fixture
def by_two(monkeypatch):
    monkeypatch.setattr(services, "_AT_ONCE", 2)


def numbered(count):
    return HEADER + "".join(f"\nR{n},10.0.0.{n},admin,x" for n in range(1, count + 1))


def test_work_that_was_cut_short_goes_on_where_it_ended(client, by_two):
    response = client.post(PATH, {"csv": numbered(5) + "\nX,10.0.0.1,u,p", "dry_run": False})
    row = RouterImport.objects.get()
    assert next(services.work_through(row)) == 2
    assert shown(client, response)["done"] == 2
    assert shown(client, response)["state"] == "running"

    jobs.run_due()

    assert [line for line, _ in report(client, response)] == [2, 3, 4, 5, 6, 7]
    assert report(client, response)[-1] == (7, "duplicate")
    assert Router.objects.count() == 5


def test_a_dry_run_that_was_cut_short_still_knows_the_lines_before(client, by_two):
    response = client.post(PATH, {"csv": numbered(3) + "\nX,10.0.0.1,u,p"})
    next(services.work_through(RouterImport.objects.get()))

    jobs.run_due()

    assert report(client, response)[-1] == (5, "duplicate")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_workers_that_hold_one_list_none_adds_a_router_twice(client, by_two):
    response = client.post(PATH, {"csv": numbered(9), "dry_run": False})
    rows = [RouterImport.objects.select_related("company").get() for _ in range(4)]

    at_once(lambda n: list(services.work_through(rows[n])), 4)

    assert Router.objects.count() == 9
    assert report(client, response) == [(n, "created") for n in range(2, 11)]
    assert shown(client, response)["state"] == "done"


def test_a_list_that_is_called_off_before_its_turn_adds_nothing(client):
    response = client.post(PATH, {"csv": numbered(5), "dry_run": False})

    answer = client.post(f"/jobs/{response.json()['job']['id']}/cancel/")
    jobs.run_due()

    assert answer.status_code == 200
    assert shown(client, response)["error"] == "The job was cancelled."
    assert Router.objects.count() == 0
    assert RouterImport.objects.get().content == ""
    assert Job.objects.get(public_id=answer.json()["id"]).state == Job.State.CANCELLED


def test_a_job_that_is_cancelled_leaves_no_password_behind(client, by_two, monkeypatch):
    def call_off_after_each_chunk(upload, work_through=services.work_through):
        for done in work_through(upload):
            Job.objects.update(cancel_requested=True)
            yield done

    monkeypatch.setattr(services, "work_through", call_off_after_each_chunk)
    response = client.post(PATH, {"csv": numbered(5), "dry_run": False})

    jobs.run_due()

    answer = shown(client, response)
    assert (answer["state"], answer["error"]) == ("failed", "The job was cancelled.")
    assert (answer["done"], Router.objects.count()) == (2, 2)
    assert RouterImport.objects.get().content == ""


def test_a_list_that_breaks_its_worker_each_time_is_given_up(client):
    response = client.post(PATH, {"csv": LIST, "dry_run": False})
    Job.objects.update(attempts=services.ATTEMPTS)

    jobs.run_due()

    assert shown(client, response)["state"] == "failed"
    assert not Router.objects.exists()


def test_a_list_that_cannot_be_read_any_more_is_given_up_in_the_end(client):
    client.post(PATH, {"csv": LIST, "dry_run": False})
    RouterImport.objects.update(public_id="IMP_0000000000000000")
    for _ in range(services.ATTEMPTS + 1):
        Job.objects.update(due_at=timezone.now())
        jobs.run_due()

    assert RouterImport.objects.get().state == "failed"


def test_what_nobody_worked_through_within_a_day_is_given_up(client):
    response = client.post(PATH, {"csv": LIST})

    services.close_overdue(timezone.now() + timedelta(hours=25))

    assert shown(client, response)["state"] == "failed"
    assert RouterImport.objects.get().content == ""


def test_reports_are_forgotten_after_ninety_days_and_routers_are_not(client):
    upload(client)

    services.forget_old(timezone.now() + timedelta(days=89))
    assert RouterImport.objects.exists()
    services.forget_old(timezone.now() + timedelta(days=91))
    assert not RouterImportRow.objects.exists()
    assert Router.objects.count() == 2


def test_the_job_that_does_it_says_how_far_it_is(client, by_two):
    job = upload(client, numbered(5)).json()["job"]

    shown = client.get(f"/jobs/{job['id']}/").json()
    assert (job["state"], shown["state"]) == ("queued", "done")
    assert shown["progress"] == {"done": 5, "total": 5}


# --- Sent twice, and on record -----------------------------------------------------------------


def test_a_list_that_is_sent_again_with_its_key_is_worked_through_once(client):
    answers = [send_file(client, LIST.encode(), key="k1", dry_run="false") for _ in range(2)]
    other = send_file(client, LIST.replace("Bar", "Inn").encode(), key="k1", dry_run="false")
    jobs.run_due()

    assert answers[0].json() == answers[1].json()
    assert other.status_code == 422
    assert Router.objects.count() == 2


def test_who_added_a_list_is_on_record(client):
    response = upload(client)

    event = AuditEvent.objects.get()
    assert (event.action, event.subject) == ("router_import.create", response.json()["id"])
    assert event.details == {"dry_run": False}
