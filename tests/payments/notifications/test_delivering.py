"""Webhooks: signed, sent again until they arrive, and no burden to anybody while they do not."""

import socket
from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction
from standardwebhooks import Webhook, WebhookVerificationError

from payments.models import Delivery, DeliveryAttempt, Endpoint, Notice
from payments.notifications import delivering, signing, tasks
from payments.notifications.errors import EndpointInactive
from tests.factories import EndpointFactory, PaidFactory

from .conftest import run_due

DAY = 86_400


def verified(heard, secret):
    return Webhook(secret).verify(heard.body, heard.headers)


def only_try():
    row = DeliveryAttempt.objects.get()
    return row.status, row.failure


# --- What is sent ---------------------------------------------------------------------------


def test_a_sale_is_told_with_a_signature_that_others_verify(sell, receiver, endpoint):
    payment = sell()

    (heard,) = receiver.heard
    told = verified(heard, endpoint.secret)
    assert heard.path == "/hook"
    assert told["type"] == "payment.completed"
    assert told["data"]["payment"] == str(payment.public_id)
    assert told["data"]["amount"] == "50.00"


def test_a_body_that_was_changed_does_not_verify(sell, receiver, endpoint):
    sell()

    (heard,) = receiver.heard
    changed = heard.body.replace(b"50.00", b"90.00")
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.secret).verify(changed, heard.headers)


def test_a_webhook_holds_no_secret_of_the_guest(sell, receiver, endpoint):
    payment = sell()

    sent = receiver.heard[0].body.decode()
    secrets = [payment.phone, payment.phone[-9:], payment.receipt, payment.voucher.code]
    assert not [secret for secret in secrets if secret in sent]


def test_kinds_that_an_endpoint_did_not_ask_for_are_not_sent(sell, receiver, endpoint):
    Endpoint.objects.update(kinds=[Notice.Kind.REFUNDED])

    sell()

    assert receiver.heard == []


def test_another_companys_endpoint_hears_nothing(sell, receiver, endpoint):
    EndpointFactory(url=f"{receiver.url}/stranger")

    sell()

    assert [heard.path for heard in receiver.heard] == ["/hook"]


def test_nobody_listening_leaves_no_job_behind(package):
    PaidFactory(package=package)

    assert not tasks.jobs.Job.objects.filter(task__startswith="payments.notifications.").exists()
    assert Notice.objects.get().kind == Notice.Kind.COMPLETED


def test_a_notice_that_is_spread_twice_is_delivered_once(sell, receiver, endpoint):
    sell()

    tasks.spread(notice=Notice.objects.get().pk)
    run_due()

    assert len(receiver.heard) == 1


def test_a_payment_that_is_taken_back_by_its_transaction_is_not_told(package, receiver, endpoint):
    with transaction.atomic():
        PaidFactory(package=package)
        transaction.set_rollback(True)
    run_due()

    assert receiver.heard == []


# --- Again, and again -----------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_a_refusal_is_noted_and_sent_again_with_the_same_id_and_body(
    sell, receiver, endpoint, later, status
):
    receiver.answer(status, {"why": "a long story"})
    sell()
    assert only_try() == (status, "refused")

    later(seconds=8)

    first, second = receiver.heard
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert verified(second, endpoint.secret)
    assert Delivery.objects.get().state == "delivered"


def test_nothing_of_what_a_receiver_says_is_kept(sell, receiver, endpoint, client):
    receiver.answer(500, {"why": "canary-in-an-answer"})

    sell()

    path = f"/payments/notifications/deliveries/{Delivery.objects.get().public_id}/"
    assert "canary" not in client.get(path).content.decode()


def test_a_redirect_is_not_followed(sell, receiver, endpoint):
    receiver.answer(307, Location=f"{receiver.url}/elsewhere")

    sell()

    assert [heard.path for heard in receiver.heard] == ["/hook"]
    assert only_try() == (307, "redirected")


def test_an_answer_that_is_cut_off_is_no_answer(sell, receiver, endpoint):
    receiver.answer(body=lambda handler: handler.connection.shutdown(socket.SHUT_RDWR))

    sell()

    assert only_try() == (None, "no_answer")


def test_silence_ends_with_the_deadline(sell, receiver, endpoint, monkeypatch):
    monkeypatch.setattr(delivering, "SECONDS", 0.2)
    receiver.answer(body=lambda handler: handler.rfile.read(1))

    sell()

    assert only_try() == (None, "timeout")


def test_an_answer_whose_body_never_ends_is_taken_by_its_status(sell, receiver, endpoint):
    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        handler.rfile.read(1)  # until we hang up

    receiver.answer(body=drip)

    sell()

    assert Delivery.objects.get().state == "delivered"


def test_where_nobody_listens_nothing_is_sent(sell, endpoint):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    Endpoint.objects.update(url=f"http://127.0.0.1:{port}/")

    sell()

    assert only_try() == (None, "unreachable")


def test_the_ladder_has_ten_rungs_and_then_ends(sell, receiver, endpoint, later):
    receiver.answer(500, times=100)
    sell()
    waits = []
    for wait in delivering.LADDER:
        delivery = Delivery.objects.get()
        last = delivery.tries.order_by("-number").first()
        waits.append((delivery.due_at - last.at).total_seconds() / wait)
        Endpoint.objects.update(failing_since=None, failures=0, paused_until=None)
        later(seconds=wait * 1.2 + 1)

    assert all(1 <= ratio <= 1.3 for ratio in waits[1:])  # the first is so short that work shows
    assert Delivery.objects.get().state == "failed"
    assert len(receiver.heard) == len(delivering.LADDER) + 1 == 10


def test_a_receiver_that_names_a_time_is_left_alone_until_then(sell, receiver, endpoint, later):
    receiver.answer(429, Retry_After="600")
    sell()

    later(seconds=500)
    assert len(receiver.heard) == 1
    later(seconds=200)
    assert len(receiver.heard) == 2


# --- Endpoints that fail --------------------------------------------------------------------


def test_a_failing_endpoint_is_asked_once_a_pause_however_much_waits_for_it(
    sell, receiver, endpoint, later
):
    receiver.answer(500, times=100)

    for _ in range(5):
        sell()
    assert len(receiver.heard) == 1
    later(seconds=5)

    assert len(receiver.heard) == 2
    assert Delivery.objects.filter(state="waiting").count() == 5


def test_what_waited_arrives_once_the_endpoint_is_back(sell, receiver, endpoint, later):
    receiver.answer(503)
    for _ in range(3):
        sell()

    later(seconds=8)

    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}
    assert Endpoint.objects.get().failures == 0


def test_a_dead_endpoint_keeps_nothing_from_its_neighbour(sell, receiver, endpoint, operator):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    EndpointFactory(owner=operator, url=f"http://127.0.0.1:{port}/")

    for _ in range(3):
        sell()

    assert len(receiver.heard) == 3


def test_an_endpoint_that_says_it_is_gone_is_sent_nothing_more(sell, receiver, endpoint, operator):
    receiver.answer(410)
    sell()
    sell()

    endpoint.refresh_from_db()
    assert len(receiver.heard) == 1
    assert (endpoint.is_active, endpoint.ended_because) == (False, "gone")
    assert Delivery.objects.get().state == "failed"
    assert [letter.to for letter in mail.outbox] == [[operator.email]]


def test_an_endpoint_that_fails_for_five_days_is_switched_off_and_its_owner_told(
    sell, receiver, endpoint, later, operator
):
    receiver.answer(500, times=100)
    sell()
    sell()

    later(days=4)
    assert Endpoint.objects.get().is_active
    later(days=1, hours=1)

    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.ended_because) == (False, "failing")
    assert set(Delivery.objects.values_list("state", flat=True)) == {"failed"}
    (letter,) = mail.outbox
    assert letter.to == [operator.email]
    assert "127.0.0.1" in letter.subject
    assert "/hook" not in letter.subject + letter.body


def test_a_lost_job_is_found_by_the_sweep(sell, receiver, endpoint, later):
    receiver.answer(500)
    sell()
    tasks.jobs.Job.objects.all().delete()
    later(minutes=10)
    assert len(receiver.heard) == 1

    assert tasks.sweep() == 1
    run_due()

    assert len(receiver.heard) == 2


def test_more_than_a_part_of_a_workers_threads_is_not_taken(sell, receiver, endpoint, monkeypatch):
    monkeypatch.setattr(tasks, "_PLACES", tasks.BoundedSemaphore(1))
    with tasks._PLACES:
        sell()
        assert receiver.heard == []

    tasks.jobs.Job.objects.filter(state="queued").update(due_at=Notice.objects.get().created_at)
    run_due()
    assert len(receiver.heard) == 1


def test_what_is_a_month_old_and_over_is_deleted(sell, receiver, endpoint, later):
    sell()
    later(days=31)
    receiver.answer(500)
    sell()

    tasks.delete_old_deliveries()

    assert Delivery.objects.get().state == "waiting"


# --- Secrets --------------------------------------------------------------------------------


def test_for_a_day_the_old_secret_signs_as_well(sell, receiver, endpoint, later):
    old, new = endpoint.secret, signing.new_secret()
    endpoint.replace_secret(new, timedelta(hours=24))
    endpoint.save()
    sell()
    later(hours=25)
    sell()

    during, after = receiver.heard
    assert verified(during, old) == verified(during, new)
    assert verified(after, new)
    with pytest.raises(WebhookVerificationError):
        verified(after, old)


# --- What members ask for -------------------------------------------------------------------


def test_a_ping_goes_out_once_even_where_nothing_else_does(receiver, endpoint):
    Endpoint.objects.update(is_active=False)
    receiver.answer(500)

    delivering.ping(endpoint)
    run_due()

    assert [heard.data["type"] for heard in receiver.heard] == ["ping"]
    assert Delivery.objects.get().state == "failed"
    assert Endpoint.objects.get().failures == 0


def test_one_that_was_delivered_can_be_sent_again(sell, receiver, endpoint):
    sell()

    delivering.replay(Delivery.objects.get())
    run_due()

    first, second = receiver.heard
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert Delivery.objects.get().attempts == 2


def test_all_that_failed_since_is_sent_again_and_nothing_else(sell, receiver, endpoint, later):
    for _ in range(3):
        sell()
    receiver.reset()
    Delivery.objects.update(state="failed")
    old = Delivery.objects.first()
    Delivery.objects.filter(pk=old.pk).update(created_at=old.created_at - timedelta(days=2))

    number = delivering.replay_failed(endpoint, old.created_at - timedelta(days=1))
    run_due()

    assert number == len(receiver.heard) == 2


def test_nothing_is_replayed_to_an_endpoint_that_is_off(sell, endpoint):
    sell()
    Endpoint.objects.update(is_active=False)

    with pytest.raises(EndpointInactive):
        delivering.replay(Delivery.objects.get())
