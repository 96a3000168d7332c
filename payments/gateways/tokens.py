"""Access tokens, one an account, kept for most of their life."""

import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from payments.gateways import reading
from payments.gateways.base import Account
from payments.gateways.errors import NotSent, Unknown
from payments.gateways.http import Answer, Deadline

_USED_OF_LIFE = 0.8
_MOST_ACCOUNTS = 10_000


@dataclass
class _Kept:
    lock: Lock = field(default_factory=Lock)
    token: str = field(default="", repr=False)
    until: float = 0.0


class Tokens:
    """Fetches a token when there is none, when it is old, and when the provider takes it no more.

    `fetch` returns a token and how many seconds it lives. Several calls of one account at once
    fetch one token.
    """

    def __init__(
        self,
        fetch: Callable[[Account, Deadline], tuple[str, float]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def call(
        self,
        account: Account,
        deadline: Deadline,
        send: Callable[[str], Answer],
        *,
        refuses: Callable[[Answer], bool] = lambda answer: answer.status == 401,
    ) -> Answer:
        """Return what `send`, given a token, answers: asked again, once, if it refuses the token."""
        token = self.get(account, deadline)
        answer = send(token)
        if refuses(answer):
            answer = send(self.get(account, deadline, other_than=token))
        return answer

    def get(self, account: Account, deadline: Deadline, *, other_than: str = "") -> str:
        """Return a token. Raises `NotSent` and so `KeysRefused`: nothing was charged meanwhile."""
        kept = self._of(account)
        if not kept.lock.acquire(timeout=deadline.remaining()):
            raise NotSent("provider_timeout")
        try:
            if kept.token in {"", other_than} or self._clock() >= kept.until:
                kept.token = ""  # if this fails, the next call is to try as well
                kept.token, life = self._fetch(account, deadline)
                kept.until = self._clock() + _USED_OF_LIFE * life
            return kept.token
        except Unknown as error:
            code = error.code
        finally:
            kept.lock.release()
        raise NotSent(code)

    def _of(self, account: Account) -> _Kept:
        told = [account.environment, account.api_key, account.private_key]
        key = hashlib.sha256("\0".join(told).encode()).hexdigest()
        with self._lock:
            kept = self._kept.setdefault(key, _Kept())
            self._kept.move_to_end(key)
            if len(self._kept) > _MOST_ACCOUNTS:
                self._kept.popitem(last=False)
            return kept


def token_of(data: Any) -> tuple[str, float]:
    """Return the token in an answer and how long it lives, "" if there is none."""
    token = reading.dig(data, "access_token")
    seconds = reading.text(reading.dig(data, "expires_in"))  # a number, or one as text
    if not isinstance(token, str) or not re.fullmatch(r"[!-~]{1,4096}", token):
        return "", 0.0
    return token, float(seconds) if re.fullmatch(r"[0-9]{1,9}", seconds) else 0.0
