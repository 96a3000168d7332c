"""Telegram's Bot API, as far as writing to a chat goes: https://core.telegram.org/bots/api."""

import html
import json
from http import HTTPStatus
from typing import Any

from django.conf import settings
from requests import Request

from payments.gateways import reading
from payments.models import Channel
from payments.notifications.errors import NotDelivered
from payments.notifications.wording import Told
from payments.transport import Answer, Deadline, Failed, exchange

_SECONDS = 10.0
_LONGEST = 4096  # characters, as Telegram counts them once marks are taken out
_LONGEST_WAIT = 3600.0


class ChatMoved(Exception):
    """The group has become a larger one, which has another id."""

    def __init__(self, chat_id: str) -> None:
        super().__init__()
        self.chat_id = chat_id


def send(channel: Channel, told: Told) -> None:
    """Write to the channel's chat. Raises `NotDelivered` or `ChatMoved`."""
    url = f"{settings.TELEGRAM_BASE_URL}/bot{channel.bot_token}/sendMessage"
    body = {
        "chat_id": channel.chat_id,
        "text": _marked_up(told),
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }
    sent = {"Content-Type": "application/json", "Connection": "close"}
    request = Request("POST", url, headers=sent, data=json.dumps(body).encode()).prepare()
    answer = None
    try:
        answer = exchange(request, Deadline(_SECONDS))
    except Failed as failed:
        code = "timeout" if failed.is_late else "unreachable"
    if answer is None:
        raise NotDelivered(code)  # out here, for the request holds the token
    _demand_sent(answer)


def _marked_up(told: Told) -> str:
    subject = html.escape(told.subject, quote=False)
    lines = html.escape("\n".join(told.lines), quote=False)[:_LONGEST]
    return f"<b>{subject}</b>\n{lines}"


def _demand_sent(answer: Answer) -> None:
    said = reading.parse(answer.body)
    said = said if isinstance(said, dict) else {}
    if answer.is_ok and said.get("ok") is True:
        return
    hints = said.get("parameters")
    hints = hints if isinstance(hints, dict) else {}
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise NotDelivered("rate_limited", retry_after=_seconds(hints.get("retry_after")))
    if answer.status == HTTPStatus.BAD_REQUEST and "migrate_to_chat_id" in hints:
        raise ChatMoved(str(hints["migrate_to_chat_id"])[:40])
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND}:
        raise NotDelivered("token_refused", for_good=True)
    if answer.status == HTTPStatus.FORBIDDEN:
        raise NotDelivered("chat_refused", for_good=True)
    if answer.status == HTTPStatus.BAD_REQUEST and "chat not found" in str(said.get("description")):
        raise NotDelivered("chat_not_found", for_good=True)
    raise NotDelivered("refused" if answer.status < 500 else "unreachable")


def _seconds(said: Any) -> float:
    try:
        return min(max(float(said), 1.0), _LONGEST_WAIT)
    except (TypeError, ValueError):
        return 30.0
