"""Telling people: a message a payment, or one for all of them where there are many."""

import time
from datetime import datetime

from django.db import transaction

from cloudpilot.crypto import SecretUnreadable
from cloudpilot.jobs import clock
from payments.models import Channel, Listener, Message
from payments.notifications import listeners, mailing, tasks, telegram, wording
from payments.notifications.errors import NotDelivered
from payments.providers import demand_no_transaction

MOST_SINGLE = 20  # of more than that waiting at a time, people are told in one message
_MOST_AT_ONCE = 5000  # for one such message
_TURN_SECONDS = 10.0


def serve(channel_id: int) -> float | None:
    """Send what waits for a channel; answers in how many seconds to come again, None for no need.

    A worker that dies between sending and the note of it leaves a message that is sent again.
    """
    stop = time.monotonic() + _TURN_SECONDS
    while time.monotonic() < stop:
        channel = Channel.objects.filter(pk=channel_id).first()
        messages = _next(channel) if channel else []
        if not channel or not messages:
            break
        _send(channel, messages)
    return _seconds_to_next(channel_id)


def try_out(channel: Channel) -> None:
    """Write to a channel's people that this works, once, even if it is switched off."""
    Message.objects.create(channel=channel)
    tasks.ask_to_serve(channel)


def _next(channel: Channel) -> list[Message]:
    """Return what to send next, as one message: trials first, which wait for nothing."""
    waiting = channel.messages.filter(state=Message.State.WAITING).order_by("pk")
    trial = waiting.filter(notice=None).first()
    if trial:
        return [trial]
    if not channel.is_active or channel.is_paused(clock.now()):
        return []
    rows = waiting.select_related("notice__payment")
    first = list(rows[: MOST_SINGLE + 1])
    return first[:1] if len(first) <= MOST_SINGLE else list(rows[:_MOST_AT_ONCE])


def _send(channel: Channel, messages: list[Message]) -> None:
    demand_no_transaction()
    try:
        told = _told(messages)
        if channel.medium == Channel.Medium.TELEGRAM:
            telegram.send(channel, told)
        else:
            mailing.send(channel.addresses, told)
    except telegram.ChatMoved as moved:
        Channel.objects.filter(pk=channel.pk, chat_id=channel.chat_id).update(chat_id=moved.chat_id)
    except SecretUnreadable as unreadable:
        _note(channel, messages, NotDelivered(unreadable.code))
    except NotDelivered as failure:
        _note(channel, messages, failure)
    else:
        _note(channel, messages, None)


def _told(messages: list[Message]) -> wording.Told:
    notices = [message.notice for message in messages if message.notice]
    if not notices:
        return wording.trial()
    return wording.of_notice(notices[0]) if len(notices) == 1 else wording.of_many(notices)


@transaction.atomic
def _note(channel: Channel, messages: list[Message], failure: NotDelivered | None) -> None:
    row = Channel.objects.select_for_update().filter(pk=channel.pk).first()
    if row is None:
        return
    is_trial = messages[0].notice is None
    rows = Message.objects.filter(
        pk__in=[message.pk for message in messages], state=Message.State.WAITING
    )
    if failure is None:
        rows.update(state=Message.State.SENT)
        listeners.note_success(row)
    elif is_trial:
        rows.update(state=Message.State.DROPPED)
        Channel.objects.filter(pk=row.pk).update(last_failure=failure.code)
    elif row.is_active:
        _note_failure(row, failure, clock.now())


def _note_failure(channel: Channel, failure: NotDelivered, now: datetime) -> None:
    if failure.for_good:
        channel.last_failure = failure.code
        listeners.switch_off(channel, Listener.Ended.REFUSING)
    else:
        listeners.note_failure(channel, failure.code, now, retry_after=failure.retry_after)


def _seconds_to_next(channel_id: int) -> float | None:
    channel = Channel.objects.filter(pk=channel_id).first()
    if channel is None or not channel.messages.filter(state=Message.State.WAITING).exists():
        return None
    if not channel.is_active:
        return None
    now = clock.now()
    if not channel.is_paused(now) or channel.paused_until is None:
        return 0.0
    return (channel.paused_until - now).total_seconds()
