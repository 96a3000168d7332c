"""What operators see of payments, and what they may do about them."""

import csv
import io

import pytest
from django.db import connection
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext
from openapi_schema_validator import OAS30Validator

from cloudpilot.models import AuditEvent
from hotspot.models import Voucher
from payments import phones, reviewing, settling
from payments.gateways.base import Outcome
from payments.models import LedgerEntry, Payment
from payments.reviewing import Decision
from payments.states import State
from tests.document import DOCUMENT
from tests.factories import (
    CredentialsFactory,
    MembershipFactory,
    PackageFactory,
    PaidFactory,
    PaymentFactory,
    RouterFactory,
    UserFactory,
    pair_of,
    said,
)
from tests.parallel import at_once

pytestmark = [pytest.mark.sql, pytest.mark.django_db]

PHONE = "+254712345678"


@pytest.fixture
def package(operator):
    return PackageFactory(router=RouterFactory(owner=operator), price=1000)


@pytest.fixture
def paid(package):
    return PaidFactory(package=package)


@pytest.fixture
def viewer(operator, client_of):
    """A client that speaks for somebody who may only look."""
    member = MembershipFactory(company=operator.personal_company, role="viewer")
    return client_of(member.user)


def path_of(payment, act=""):
    return f"/payments/{payment.public_id}/{act}"


def shown(client, query=""):
    answer = client.get(f"/payments/{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_list_and_one_payment_are_as_the_document_says(client, paid):
    components = DOCUMENT["components"]

    for name, answer in (
        ("Payment", shown(client)[0]),
        ("PaymentDetail", client.get(path_of(paid)).json()),
    ):
        schema = {"$ref": f"#/components/schemas/{name}", "components": components}
        OAS30Validator(schema).validate(answer)
        assert answer.keys() == components["schemas"][name]["properties"].keys()


def test_a_payment_shows_all_that_led_to_it(client, paid):
    paid = settling.apply(paid.pk, said(paid, refunded=400), source="poll")

    answer = client.get(path_of(paid)).json()

    assert (answer["status"], answer["state"]) == ("completed", "partially_refunded")
    assert (answer["amount"], answer["refunded"], answer["refundable"]) == ("10.00", "4.00", "6.00")
    steps = [(step["before"], step["after"]) for step in answer["transitions"]]
    assert steps == [("created", "succeeded"), ("succeeded", "partially_refunded")]
    assert answer["voucher"]["username"] == paid.voucher.code
    assert [refund["amount"] for refund in answer["refunds"]] == ["4.00"]
    assert answer["webhook_events"] == {"received": 0, "applied": 0, "ignored": 0, "dead": 0}


def test_who_only_looks_sees_no_number_no_receipt_and_no_code(viewer, paid):
    settling.apply(paid.pk, said(paid, receipt="OJM6Q1W84K"), source="poll")
    [listed], answer = shown(viewer), viewer.get(path_of(paid)).json()

    assert listed["phone_number"] == answer["phone_number"] == "+2547•••678"
    assert answer["receipt"] is None
    assert answer["voucher"]["username"] is answer["voucher"]["passcode"] is None
    exported = b"".join(viewer.get("/payments/export.csv").streaming_content).decode()
    assert listed["provider_receipt"] == "•••84K"
    for text in (str(listed), str(answer), exported):
        assert PHONE not in text
        assert "OJM6Q1W84K" not in text
        assert paid.voucher.code not in text
        assert paid.receipt not in text


def test_who_sells_sees_the_number(client, paid):
    assert shown(client)[0]["phone_number"] == PHONE


@pytest.mark.parametrize("act", ["refund/", "review/"])
def test_who_only_looks_changes_nothing(viewer, paid, act):
    answer = viewer.post(path_of(paid, act), {"reason": "x", "decision": "accept"})

    assert (answer.status_code, answer.json()["code"]) == (403, "role_too_low")


def test_a_key_pair_may_do_as_its_user(anonymous, operator, paid):
    pair = pair_of(operator)

    assert len(anonymous.get("/payments/", **pair).json()) == 1
    answer = anonymous.post(path_of(paid, "refund/"), {"reason": "Twice", "by_hand": True}, **pair)
    assert answer.status_code == 201


# --- Lists ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?status=completed", ["paid"]),
        ("?status=pending", ["waiting"]),
        ("?status=review", ["short"]),
        ("?status=failed", ["refused"]),
        ("?state=succeeded", ["paid"]),
        ("?provider=kopokopo", ["refused", "short", "waiting", "paid"]),
        ("?provider=instasend", []),
        ("?environment=live", []),
        ("?environment=sandbox&status=review", ["short"]),
        ("?created_from=2020-01-01T00:00:00Z&status=failed", ["refused"]),
        ("?created_before=2020-01-01T00:00:00Z", []),
        ("status/failed/", ["refused"]),
        ("status/review/", ["short"]),
        ("method/mpesa/", ["refused", "short", "waiting", "paid"]),
        ("method/bank/", []),
        ("method/card/", []),
    ],
)
def test_a_filter_means_what_it_says(client, package, query, found):
    account = CredentialsFactory(company=package.company)
    payments = {
        name: PaymentFactory(package=package, credentials=account)
        for name in ("paid", "waiting", "short", "refused")
    }
    for name, outcome, more in (
        ("paid", Outcome.SUCCEEDED, {}),
        ("short", Outcome.SUCCEEDED, {"amount": 1}),
        ("refused", Outcome.FAILED, {}),
    ):
        settling.apply(payments[name].pk, said(payments[name], outcome, **more), source="poll")
    names = {str(payment.public_id): name for name, payment in payments.items()}

    assert [names[row["id"]] for row in shown(client, query)] == found


def test_payments_are_found_by_router_and_package(client, operator, paid):
    package = PackageFactory(router=RouterFactory(owner=operator))
    other = PaidFactory(package=package, credentials=paid.credentials)

    for query in (f"?router={other.router_id}", f"?package={other.package_id}"):
        assert [row["id"] for row in shown(client, query)] == [str(other.public_id)]


@pytest.mark.parametrize(
    "typed", ["0712 345 678", "254712345678", "OJM6Q1W84K", "ojm6q1w84k", "id"]
)
def test_a_payment_is_found_by_phone_receipt_and_id(client, package, typed):
    account = CredentialsFactory(company=package.company)
    one, _ = (
        PaymentFactory(
            package=package, credentials=account, phone=phone, phone_index=phones.index(phone)
        )
        for phone in (PHONE, "+254712000000")
    )
    settling.apply(one.pk, said(one, receipt="OJM6Q1W84K"), source="poll")

    found = shown(client, f"?search={one.public_id if typed == 'id' else typed}")

    assert [row["id"] for row in found] == [str(one.public_id)]


@pytest.mark.parametrize("typed", ["0712345678", "OJM6Q1W84K", "nothing of the kind"])
def test_nobody_elses_payment_is_found(client, typed):
    theirs = PaymentFactory(phone_index=phones.index(PHONE))
    settling.apply(theirs.pk, said(theirs, receipt="OJM6Q1W84K"), source="poll")

    assert shown(client, f"?search={typed}") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [("?status=paid", "status"), ("?provider=paypal", "provider"), ("?router=0", "router"),
     ("?created_from=soon", "created_from"), ("?state=x", "state"), ("?search=%00", "search"), ("?status=", "status")],
)  # fmt: skip
def test_a_filter_that_cannot_be_names_itself(client, query, field):
    answer = client.get(f"/payments/{query}")

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("method/shells/", "Invalid payment method. Must be one of: mpesa, card, bank, cash"),
        (
            "status/paid/",
            "Invalid payment status. Must be one of: pending, completed, failed, review, refunded",
        ),
    ],
)
def test_a_word_that_no_payment_has_is_answered_with_those_that_there_are(client, path, sentence):
    answer = client.get(f"/payments/{path}")

    assert (answer.status_code, answer.json()["error"]) == (400, sentence)


def test_a_list_goes_on_by_its_link(client, package):
    account = CredentialsFactory(company=package.company)
    for _ in range(3):
        PaymentFactory(package=package, credentials=account)

    first = client.get("/payments/?limit=2&status=pending")
    rest = client.get(first["Link"].partition("<")[2].partition(">")[0])

    ids = [row["id"] for row in [*first.json(), *rest.json()]]
    newest_first = Payment.objects.order_by("-pk").values_list("public_id", flat=True)
    assert ids == [str(key) for key in newest_first]


@pytest.mark.parametrize("path", ["", "one", "summary/"])
def test_what_has_not_changed_is_not_sent_again(client, paid, path):
    path = path_of(paid) if path == "one" else f"/payments/{path}"
    first = client.get(path)

    same = client.get(path, HTTP_IF_NONE_MATCH=first["ETag"])
    assert (same.status_code, same.content) == (304, b"")

    settling.apply(paid.pk, said(paid, Outcome.DISPUTED), source="poll")
    assert client.get(path, HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 200


def test_a_page_asks_the_database_four_times(client, package):
    account = CredentialsFactory(company=package.company)
    for _ in range(5):
        PaymentFactory(package=package, credentials=account)
    client.get("/payments/")

    with CaptureQueriesContext(connection) as asked:
        client.get("/payments/")

    assert len([query for query in asked if "payments_" in query["sql"]]) == 1


# --- Export -----------------------------------------------------------------------------------


def table(client, query=""):
    answer = client.get(f"/payments/export.csv{query}")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_an_export_has_a_line_a_payment(client, paid):
    [line] = table(client)

    assert (line["id"], line["status"], line["amount"]) == (
        str(paid.public_id),
        "completed",
        "10.00",
    )
    assert line["completed_at"].endswith("+00:00")


def test_no_cell_of_an_export_is_a_formula(client, operator):
    router = RouterFactory(owner=operator, name="@SUM(A1)")
    PaidFactory(package=PackageFactory(router=router, name='=HYPERLINK("http://evil.example")'))

    [line] = table(client)

    assert line["package_name"] == '\'=HYPERLINK("http://evil.example")'
    assert line["router_name"] == "'@SUM(A1)"
    assert line["phone_number"] == f"'{PHONE}"


def test_an_export_takes_the_lists_filters(client, paid):
    assert table(client, "?status=failed") == []
    assert client.get("/payments/export.csv?status=x").status_code == 400


# --- Refunds ----------------------------------------------------------------------------------


def test_a_refund_is_queued_and_audited(client, paid, operator):
    answer = client.post(path_of(paid, "refund/"), {"reason": "Bought twice"})

    assert answer.status_code == 201, answer.content
    assert (answer.json()["amount"], answer.json()["state"]) == ("10.00", "created")
    paid.refresh_from_db()
    assert (paid.state, paid.refund_held) == (State.REFUND_PENDING, 1000)
    event = AuditEvent.objects.get(action="payment.refund")
    assert event.actor == operator
    assert event.details["amount"] == "10.00"


def test_a_refund_sent_twice_with_its_key_is_one(client, paid):
    body = {"reason": "Twice", "amount": "4.00", "by_hand": True}
    answers = [
        client.post(path_of(paid, "refund/"), body, HTTP_IDEMPOTENCY_KEY="once") for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    assert paid.refunds.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "x", "amount": "0"}, "amount"),
        ({"reason": "x", "amount": "-1"}, "amount"),
        ({"reason": "x", "amount": "0.001"}, "amount"),
        ({"reason": "x", "amount": "NaN"}, "amount"),
        ({"reason": "x", "amount": "ten"}, "amount"),
        ({"reason": ""}, "reason"),
        ({}, "reason"),
        ({"reason": "x", "status": "completed"}, "status"),
    ],
)
def test_a_refund_that_cannot_be_names_the_field(client, paid, body, field):
    answer = client.post(path_of(paid, "refund/"), body, format="json")

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]


def test_more_than_there_is_is_refused(client, paid):
    answer = client.post(
        path_of(paid, "refund/"), {"reason": "x", "amount": "10.01", "by_hand": True}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "cannot_refund")


# --- Review -----------------------------------------------------------------------------------


def in_review(package, **more):
    payment = PaymentFactory(package=package)
    return settling.apply(payment.pk, said(payment, **{"amount": 900} | more), source="webhook")


def decide(client, payment, decision, **more):
    return client.post(path_of(payment, "review/"), {"decision": decision, **more})


def test_what_is_accepted_gives_the_voucher(client, package, operator):
    payment = in_review(package)

    answer = decide(client, payment, "accept", note="A regular")

    assert answer.status_code == 200, answer.content
    assert (answer.json()["status"], answer.json()["received"]) == ("completed", "9.00")
    voucher = Voucher.objects.get(payment=payment)
    assert answer.json()["voucher"]["username"] == voucher.code
    last = answer.json()["transitions"][-1]
    assert (last["reason"], last["by"], last["facts"]) == (
        "accepted",
        "operator",
        {"note": "A regular"},
    )
    assert AuditEvent.objects.filter(action="payment.review", actor=operator).exists()
    assert shown(client, "?status=review") == []


def test_what_was_given_back_elsewhere_is_in_the_books(client, package):
    payment = in_review(package)

    answer = decide(client, payment, "refunded_elsewhere", note="At the till")

    assert (answer.json()["status"], answer.json()["refunded"]) == ("refunded", "9.00")
    assert sum(payment.entries.values_list("amount", flat=True)) == 0


def test_a_refund_is_decided_on(client, package):
    payment = in_review(package, amount=1100)
    Payment.objects.filter(pk=payment.pk).update(provider="mercadopago")

    answer = decide(client, payment, "refund")

    assert (answer.json()["state"], answer.json()["refundable"]) == ("refund_pending", "0.00")


def test_money_that_was_never_ours_is_put_aside(client, package):
    payment = in_review(package, live=True)

    answer = decide(client, payment, "refunded_elsewhere")

    assert (answer.json()["status"], answer.json()["received"]) == ("refunded", "0.00")
    assert not LedgerEntry.objects.exists()


def test_a_dispute_can_only_be_accepted(client, paid):
    settling.apply(paid.pk, said(paid, Outcome.DISPUTED), source="webhook")
    assert [row["id"] for row in shown(client, "?status=review")] == [str(paid.public_id)]

    refused = decide(client, paid, "refund")
    accepted = decide(client, paid, "accept")

    assert (refused.status_code, refused.json()["code"]) == (409, "not_in_review")
    assert (accepted.status_code, accepted.json()["status"]) == (200, "refunded")


@pytest.mark.parametrize("decision", ["accept", "refund", "refunded_elsewhere"])
def test_nothing_is_decided_of_what_is_not_in_review(client, package, decision):
    payment = PaymentFactory(package=package)

    answer = decide(client, payment, decision)

    assert (answer.status_code, answer.json()["code"]) == (409, "not_in_review")
    payment.refresh_from_db()
    assert payment.state == State.CREATED


def test_money_for_a_router_that_is_gone_can_only_go_back(client, package):
    payment = PaymentFactory(package=package)
    settling.apply(payment.pk, said(payment, Outcome.FAILED), source="poll")
    package.retired_at = payment.created_at
    package.save()
    package.router.delete()
    settling.apply(payment.pk, said(payment), source="webhook")

    answer = decide(client, payment, "accept")

    assert (answer.status_code, answer.json()["code"]) == (409, "no_voucher_possible")
    assert decide(client, payment, "refunded_elsewhere").status_code == 200


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_those_who_decide_at_once_one_does(operator):
    package = PackageFactory(router=RouterFactory(owner=operator), price=1000)
    payment = in_review(package)
    decisions = [Decision.ACCEPT, Decision.REFUNDED_ELSEWHERE] * 2
    seen = [Payment.objects.get(pk=payment.pk) for _ in decisions]

    answers = at_once(lambda i: reviewing.decide(seen[i], decisions[i], user=operator), 4)

    assert answers.count(None) == 1
    payment.refresh_from_db()
    assert sum(payment.entries.values_list("amount", flat=True)) in {900, 0}
    is_accepted = payment.state == State.SUCCEEDED
    assert (is_accepted, payment.refunded) in {(True, 0), (False, 900)}
    assert Voucher.objects.count() == is_accepted


# --- Cash -------------------------------------------------------------------------------------


def test_cash_gives_a_voucher_at_once(client, package, operator):
    answer = client.post("/payments/cash/", {"package": package.pk, "phone_number": "0712 345 678"})

    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["status"], told["payment_method"], told["amount"]) == (
        "completed",
        "cash",
        "10.00",
    )
    voucher = Voucher.objects.get()
    assert (told["voucher"]["username"], told["phone_number"]) == (voucher.code, PHONE)
    entry = LedgerEntry.objects.get()
    assert (entry.provider, entry.amount) == ("cash", 1000)
    assert told["transitions"][0]["by"] == "operator"
    assert AuditEvent.objects.get(action="payment.cash").actor == operator
    assert [row["id"] for row in shown(client, "?search=0712345678")] == [told["id"]]


def test_cash_sent_twice_with_its_key_is_taken_once(client, package):
    answers = [
        client.post("/payments/cash/", {"package": package.pk}, HTTP_IDEMPOTENCY_KEY="a")
        for _ in range(2)
    ]

    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert Payment.objects.count() == Voucher.objects.count() == 1


def test_cash_that_goes_back_is_back_at_once(client, package):
    told = client.post("/payments/cash/", {"package": package.pk}).json()

    answer = client.post(f"/payments/{told['id']}/refund/", {"reason": "Too slow"})

    assert (answer.json()["state"], answer.json()["by_hand"]) == ("succeeded", True)
    assert Voucher.objects.get().revoked_at
    assert shown(client)[0]["status"] == "refunded"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "package"),
        ({"package": 987654321}, "package"),
        ({"phone_number": "12"}, "phone_number"),
        ({"payment": "x"}, "payment"),
        ({"amount": "1.00"}, "amount"),
        ({"status": "completed"}, "status"),
    ],
)
def test_cash_takes_a_price_and_nothing_else(client, package, body, field):
    body = {"package": package.pk, **body} if body else {}

    answer = client.post("/payments/cash/", body, format="json")

    assert answer.status_code == 400
    assert field in answer.json()["fields"]
    assert not Payment.objects.exists()


def test_cash_is_for_a_package_of_the_router_that_is_named(client, package, operator):
    other = RouterFactory(owner=operator)

    answer = client.post("/payments/cash/", {"package": package.pk, "router": other.pk})

    assert list(answer.json()["fields"]) == ["package"]


def test_nobody_takes_cash_for_another_company(client):
    answer = client.post("/payments/cash/", {"package": PackageFactory().pk})

    assert answer.status_code == 400


def test_who_only_looks_takes_no_cash(viewer, package):
    assert viewer.post("/payments/cash/", {"package": package.pk}).status_code == 403


def test_nothing_is_taken_for_what_is_sold_no_more(client, package):
    package.retired_at = package.created_at
    package.save()

    answer = client.post("/payments/cash/", {"package": package.pk})

    assert (answer.status_code, answer.json()["code"]) == (409, "package_retired")


# --- What there is not ------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["put", "patch", "delete", "post"])
@pytest.mark.parametrize("path", ["list", "one"])
def test_no_payment_is_changed_deleted_or_made_up(client, package, verb, path):
    payment = PaymentFactory(package=package)
    path = "/payments/" if path == "list" else path_of(payment)

    answer = getattr(client, verb)(path, {"status": "completed"})

    assert answer.status_code == 405
    payment.refresh_from_db()
    assert payment.state == State.CREATED


@pytest.mark.parametrize("act", ["mark-completed/", "mark-failed/", "increment-retry/"])
def test_no_payment_is_set_paid_or_failed(client, package, act):
    payment = PaymentFactory(package=package)

    assert client.post(path_of(payment, act)).status_code == 404


def test_a_paid_payment_holds_what_it_stands_on(paid):
    account = paid.credentials
    for row in (paid, account, account.versions.get(), paid.company):
        with pytest.raises(ProtectedError):
            row.delete()


def test_the_console_shows_payments_and_deletes_none(client, operator, paid):
    operator.is_superuser = operator.is_staff = True
    operator.save()
    client.force_login(operator)
    client.credentials()

    for name in ("credentials", "payment", "refund", "transition", "ledgerentry", "webhookevent"):
        assert client.get(f"/console/payments/{name}/").status_code == 200
        assert client.get(f"/console/payments/{name}/add/").status_code == 403
    page = client.get(f"/console/payments/payment/{paid.pk}/change/").content.decode()
    assert str(paid.public_id) in page
    assert paid.receipt not in page
    assert PHONE not in page
    account = paid.credentials
    page = client.get(f"/console/payments/credentials/{account.pk}/change/").content.decode()
    assert account.webhook_token not in page
    assert client.post(f"/console/payments/payment/{paid.pk}/delete/").status_code == 403
    entry = paid.entries.get()
    assert client.post(f"/console/payments/ledgerentry/{entry.pk}/delete/").status_code == 403


def test_a_stranger_finds_nothing(client_of, paid):
    stranger = client_of(UserFactory())

    assert shown(stranger) == []
    assert stranger.get(path_of(paid)).status_code == 404
    assert stranger.post(path_of(paid, "refund/"), {"reason": "x"}).status_code == 404
    assert table(stranger) == []
