"""What providers send to merchants: signed, tried again, and under the hand of tests."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from payments.simulator.accounts import Account
from payments.simulator.clock import Clock
from payments.simulator.messages import dump

_SENDERS = 16

# Returns the query and the headers that go with these bytes at this time.
Sign = Callable[[Account, bytes, float], tuple[dict[str, str], dict[str, str]]]


@dataclass(frozen=True)
class Ladder:
    """How a provider tries again."""

    waits: tuple[float, ...] = ()
    accepted: frozenset[int] = frozenset(range(200, 300))
    mutes_after: int | None = None  # failures one after another, then it sends nothing more
    deadline: float = 22.0  # real seconds for one answer


@dataclass(frozen=True)
class Attempt:
    at: float
    status: int  # 0: nobody answered


@dataclass(eq=False)
class Webhook:
    id: str
    account: Account
    topic: str
    url: str
    body: bytes
    sign: Sign
    ladder: Ladder
    ref: str = ""  # the charge that it is about
    forged: str = ""  # "signature", or "body": changed after it was signed
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def is_taken(self) -> bool:
        """Whether the merchant has acknowledged it."""
        return bool(self.attempts) and self.attempts[-1].status in self.ladder.accepted


@dataclass(frozen=True)
class Message:
    """One webhook as it goes over the wire."""

    url: str  # with its query
    headers: Mapping[str, str]
    body: bytes


class Webhooks:
    """The providers' senders. Nothing leaves while they are held; what would, queues up."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pool = ThreadPoolExecutor(_SENDERS, thread_name_prefix="webhook")
        self._held = False
        self._going: Counter[str] = Counter()  # by the charge
        self._went = threading.Condition()
        self.queued: list[Webhook] = []
        self.sent: list[Webhook] = []  # those that were tried at least once, in that order

    def hold(self) -> None:
        self._held = True

    def release(self) -> None:
        """Send what has queued up, and go on as usual."""
        self._held = False
        queued, self.queued = self.queued, []
        for webhook in queued:
            self.send(webhook)

    def send(self, webhook: Webhook, *, times: int = 1) -> None:
        """Send it in the background, `times` at once, or queue it as often."""
        if webhook.account.muted or not webhook.url:
            return
        for _ in range(times):
            if self._held:
                self.queued.append(webhook)
            else:
                self._begin(webhook)
                trying = self._pool.submit(self._try, webhook)
                trying.add_done_callback(Future.result)  # a bug of ours is logged, not swallowed

    def wait_for(self, ref: str) -> None:
        """Return when what is being sent about this charge was answered."""
        with self._went:
            self._went.wait_for(lambda: not self._going[ref])

    def deliver(self, webhook: Webhook, *, times: int = 1, tampered: str = "") -> list[int]:
        """Send it now, one after another, and return what was answered; 0: nothing.

        `tampered`: "signature" or "body".
        """
        self.drop(webhook)
        forged = tampered or webhook.forged
        return [self._post(webhook, self.message(webhook, forged)) for _ in range(times)]

    def deliver_at_once(self, webhook: Webhook, *, times: int = 2) -> list[int]:
        """Send it so many times in as many threads, and return what was answered."""
        self.drop(webhook)
        tries = [
            self._pool.submit(self._post, webhook, self.message(webhook)) for _ in range(times)
        ]
        return [one.result() for one in tries]

    def drop(self, webhook: Webhook) -> None:
        """Take it out of the queue, if it is there."""
        self.queued = [one for one in self.queued if one is not webhook]

    def message(self, webhook: Webhook, forged: str | None = None) -> Message:
        """Return what would be sent now: signed, and then forged if it is to be."""
        forged = webhook.forged if forged is None else forged
        query, headers = webhook.sign(webhook.account, webhook.body, self._clock.now())
        body, url = webhook.body, webhook.url
        if forged == "signature":
            url, body, headers = _with_bad_signature(url, body, headers)
        elif forged == "body":
            body = _with_more_money(body)
        joint = "&" if urlsplit(url).query else "?"
        address = f"{url}{joint}{urlencode(query)}" if query else url
        return Message(address, {"Content-Type": "application/json", **headers}, body)

    def reset(self) -> None:
        self._held = False
        self.queued.clear()
        self.sent.clear()

    def stop(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _try(self, webhook: Webhook) -> None:
        try:
            status = self._post(webhook, self.message(webhook))
            self._judge(webhook, status)
        finally:
            self._end(webhook)

    def _begin(self, webhook: Webhook) -> None:
        self._clock.hold_on()
        with self._went:
            self._going[webhook.ref] += 1

    def _end(self, webhook: Webhook) -> None:
        with self._went:
            self._going[webhook.ref] -= 1
            self._going += Counter()  # forgets those at 0
            self._went.notify_all()
        self._clock.let_go()

    def _judge(self, webhook: Webhook, status: int) -> None:
        account, ladder = webhook.account, webhook.ladder
        if status in ladder.accepted:
            account.failures = 0
            return
        account.failures += 1
        account.muted = ladder.mutes_after is not None and account.failures > ladder.mutes_after
        tried = len(webhook.attempts)
        if tried <= len(ladder.waits):
            self._clock.after(ladder.waits[tried - 1], lambda: self.send(webhook))

    def _post(self, webhook: Webhook, message: Message) -> int:
        if not webhook.attempts:
            self.sent.append(webhook)
        status = _post(message, webhook.ladder.deadline)
        webhook.attempts.append(Attempt(self._clock.now(), status))
        return status


def _post(message: Message, deadline: float) -> int:
    parts = urlsplit(message.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=deadline)
    try:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request("POST", path, message.body, dict(message.headers))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


_SIGNED_BY = ("x-kopokopo-signature", "x-signature", "digest")


def _with_bad_signature(
    url: str, body: bytes, headers: dict[str, str]
) -> tuple[str, bytes, dict[str, str]]:
    """Spoil whatever shows who sent it: a header, a shared word, or the address itself."""
    for name in headers:
        if name.lower() in _SIGNED_BY:
            return url, body, {**headers, name: _other(headers[name])}
    data = json.loads(body)
    if "challenge" in data:
        return url, dump({**data, "challenge": "not the word"}), headers
    parts = urlsplit(url)
    return parts._replace(path=_other(parts.path.rstrip("/")) + "/").geturl(), body, headers


def _other(text: str) -> str:
    """Return `text` with other letters where its last ones were."""
    return text[:-4] + "".join("a" if letter != "a" else "b" for letter in text[-4:])


_MONEY = frozenset({"amount", "value", "net_amount", "transaction_amount"})


def _with_more_money(body: bytes) -> bytes:
    data = json.loads(body)
    changed = _raised(data)
    return dump(changed if changed != data else {**data, "action": "changed"})


def _raised(data: Any) -> Any:
    if isinstance(data, list):
        return [_raised(value) for value in data]
    if not isinstance(data, dict):
        return data
    if data.get("Name") == "Amount":
        return {**data, "Value": data["Value"] * 100}
    return {
        key: _times_100(value) if key in _MONEY else _raised(value) for key, value in data.items()
    }


def _times_100(value: Any) -> Any:
    if isinstance(value, str):
        return f"{float(value) * 100:.2f}"
    return value * 100 if isinstance(value, int | float) else _raised(value)
