"""People: chats of Telegram and mailboxes, told in plain words, and not flooded."""

import email
import email.policy

import pytest

from payments.models import Channel, Endpoint, Message, Notice, Payment
from payments.notifications import tasks, telling, wording
from payments.notifications.services import announce
from payments.states import State
from tests.factories import ChannelFactory, PaidFactory

from .conftest import run_due


@pytest.fixture
def mailboxes(operator, mailbox):
    return ChannelFactory(
        owner=operator, medium="email", addresses=["amina@example.com"], chat_id="", bot_token=None
    )


def read(mailbox):
    """Return the one letter that a server was handed."""
    ((to, content),) = mailbox.letters
    return to, email.message_from_string(content, policy=email.policy.default)


# --- Telegram -------------------------------------------------------------------------------


def test_a_sale_is_told_in_the_chat(sell, telegram, chat):
    telegram.accept()

    payment = sell()

    (heard,) = telegram.heard
    assert heard.path == f"/bot{chat.bot_token}/sendMessage"
    assert heard.data["chat_id"] == chat.chat_id
    assert heard.data["text"].startswith("<b>Paid: KES 50.00, One day at Café Uhuru</b>\n")
    assert str(payment.public_id) in heard.data["text"]
    assert Message.objects.get().state == "sent"


def test_what_people_are_told_opens_nothing(sell, telegram, chat):
    telegram.accept()

    payment = sell(provider_receipt="TKL8QW3RZ1")

    (text,) = telegram.texts
    secrets = [payment.phone, payment.phone[-9:], payment.receipt, payment.voucher.code]
    secrets += [payment.provider_receipt]
    assert not [secret for secret in secrets if secret in text]
    assert "+2547•••678" in text
    assert "kopokopo •••RZ1" in text


def test_names_are_shown_as_they_are_and_mark_nothing_up(sell, package, telegram, chat):
    telegram.accept()
    package.router.name = "<b>A & B</b>\nPaid: KES 1"
    package.router.save()

    sell()

    (text,) = telegram.texts
    assert "&lt;b&gt;A &amp; B&lt;/b&gt; Paid: KES 1</b>\n" in text


def test_telegram_names_the_time_and_is_left_alone_until_then(sell, telegram, chat, later):
    telegram.refuse(429, "Too Many Requests: retry after 600", retry_after=600)
    telegram.accept()
    sell()
    sell()
    later(seconds=500)
    assert len(telegram.heard) == 1

    later(seconds=200)

    assert len(telegram.heard) == 3


@pytest.mark.parametrize(
    ("status", "description", "code"),
    [
        (401, "Unauthorized", "token_refused"),
        (404, "Not Found", "token_refused"),
        (403, "Forbidden: bot was blocked by the user", "chat_refused"),
        (400, "Bad Request: chat not found", "chat_not_found"),
    ],
)
def test_what_nobody_but_the_owner_can_mend_switches_the_channel_off(
    sell, telegram, chat, mailbox, operator, status, description, code
):
    telegram.refuse(status, description)

    sell()

    chat.refresh_from_db()
    assert (chat.is_active, chat.ended_because, chat.last_failure) == (False, "refusing", code)
    assert Message.objects.get().state == "dropped"
    to, letter = read(mailbox)
    assert to == [operator.email]
    assert letter["Subject"] == "CloudPilot no longer sends to the Telegram chat"


def test_a_group_that_has_grown_is_followed_to_its_new_id(sell, telegram, chat):
    telegram.refuse(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-100777)
    telegram.accept()

    sell()

    assert [heard.data["chat_id"] for heard in telegram.heard] == [chat.chat_id, "-100777"]
    assert Channel.objects.get().chat_id == "-100777"


@pytest.mark.parametrize("body", [None, [], "ok", {"ok": False}, {"parameters": 7}])
def test_an_answer_that_means_nothing_is_asked_for_again(sell, telegram, chat, later, body):
    telegram._server.answer(200, body)
    telegram.accept()
    sell()
    assert Message.objects.get().state == "waiting"

    later(seconds=10)

    assert Message.objects.get().state == "sent"


def test_the_token_is_in_no_log_line_and_no_failure(sell, chat, telegram, settings, caplog):
    caplog.set_level("DEBUG")
    telegram.accept()
    sell()
    settings.TELEGRAM_BASE_URL = "http://127.0.0.1:9"

    sell()

    assert Channel.objects.get().last_failure == "unreachable"
    assert chat.bot_token not in caplog.text
    assert chat.bot_token not in str(list(tasks.jobs.Job.objects.values()))


# --- Many at once ---------------------------------------------------------------------------


def notices(payment, number, channel, kind=Notice.Kind.COMPLETED):
    for _ in range(number):
        announce(payment, State.PENDING)
    for notice in Notice.objects.order_by("-pk")[:number]:
        Message.objects.create(channel=channel, notice=notice)


def test_more_than_twenty_that_wait_are_one_message(package, telegram, chat):
    telegram.accept()
    payment = PaidFactory(package=package)
    notices(payment, 21, chat)

    telling.serve(chat.pk)

    (text,) = telegram.texts
    assert text == "<b>21 payments in one message</b>\n21 paid: KES 1050.00"
    assert not Message.objects.exclude(state="sent").exists()


def test_twenty_that_wait_are_twenty_messages(package, telegram, chat):
    telegram.accept()
    notices(PaidFactory(package=package), 20, chat)

    telling.serve(chat.pk)

    assert len(telegram.texts) == 20


# --- Mail -----------------------------------------------------------------------------------


def test_a_sale_is_told_by_mail(sell, mailbox, mailboxes):
    payment = sell()

    to, letter = read(mailbox)
    assert to == ["amina@example.com"]
    assert letter["Subject"] == "Paid: KES 50.00, One day at Café Uhuru"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content_type() == "text/plain"
    assert str(payment.public_id) in letter.get_content()


def test_a_name_cannot_add_a_header_to_a_letter(sell, package, mailbox, mailboxes):
    package.router.name = "Bar\r\nBcc: everybody@example.com\r\n\r\nNew body"
    package.router.save()

    sell()

    to, letter = read(mailbox)
    assert to == ["amina@example.com"]
    assert letter["Bcc"] is None
    assert "Bar Bcc: everybody@example.com New body" in letter["Subject"]


def test_a_mail_server_that_is_away_is_tried_again(sell, mailbox, mailboxes, settings, later):
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 9
    sell()
    assert Channel.objects.get().last_failure == "mail_server_away"
    settings.EMAIL_PORT = port

    later(seconds=10)

    assert len(mailbox.letters) == 1
    assert Channel.objects.get().last_failure == ""


def test_an_address_that_is_refused_is_named_as_such(sell, mailbox, mailboxes):
    mailbox.refuses.add("amina@example.com")

    sell()

    assert Channel.objects.get().last_failure == "address_refused"


def test_a_channel_that_is_switched_off_is_told_nothing(sell, mailbox, mailboxes):
    Channel.objects.update(is_active=False)

    sell()

    assert mailbox.letters == []


def test_a_dead_channel_keeps_nothing_from_the_other(sell, telegram, chat, mailbox, mailboxes):
    telegram.refuse(500, "Internal Server Error", times=10)

    sell()

    assert len(mailbox.letters) == 1


# --- What is told at all --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "before", "kind"),
    [
        (State.SUCCEEDED, State.PENDING, "payment.completed"),
        (State.SUCCEEDED, State.EXPIRED, "payment.completed"),
        (State.SUCCEEDED, State.REVIEW, "payment.completed"),
        (State.SUCCEEDED, State.REFUND_PENDING, None),
        (State.SUCCEEDED, State.DISPUTED, "payment.disputed"),
        (State.REVIEW, State.PENDING, "payment.review"),
        (State.REVIEW, State.REFUND_PENDING, None),
        (State.FAILED, State.PENDING, "payment.failed"),
        (State.REFUNDED, State.REFUND_PENDING, "payment.refunded"),
        (State.PENDING, State.SUBMITTING, None),
    ],
)
def test_a_step_is_told_as_what_it_means_and_a_sale_once(db, state, before, kind):
    payment = Payment.objects.get(pk=PaidFactory().pk)
    payment.state = state
    Notice.objects.all().delete()

    announce(payment, before)

    assert list(Notice.objects.values_list("kind", flat=True)) == ([kind] if kind else [])


def test_a_line_is_bounded_and_shows_nothing_that_steers():
    assert wording.one_line("a\r\n\u202eb\u2028c\0d\u200be" + "x" * 500).startswith("a b c d exxx")
    assert len(wording.one_line("x" * 500)) == 150


def test_an_endpoint_is_named_by_its_host_alone():
    endpoint = Endpoint(url="https://books.example.com/t0ken?key=secret", description="Books")

    assert wording.name_of(endpoint) == "the webhook endpoint at books.example.com (Books)"


def test_a_trial_reaches_people_of_a_channel_that_is_off(mailbox, mailboxes):
    Channel.objects.update(is_active=False)

    telling.try_out(mailboxes)
    run_due()

    assert read(mailbox)[1]["Subject"] == "CloudPilot reaches you here"


def test_a_summary_adds_up_what_went_back_and_not_what_it_cost():
    data = {"currency": "KES", "amount": "50.00", "refunded": "20.00"}
    notices = [Notice(kind="payment.refunded", data=data), Notice(kind="payment.failed", data=data)]

    told = wording.of_many(notices)

    assert told.lines == ("1 not paid: KES 50.00", "1 refunded: KES 20.00")
