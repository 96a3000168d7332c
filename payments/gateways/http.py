"""The one way out to the providers: each call ends in time, and says what may have been done."""

import json
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from requests import PreparedRequest, Request

from payments import transport
from payments.gateways import reading
from payments.gateways.base import Environment
from payments.gateways.errors import Declined, GatewayError, KeysRefused, NotSent, Unknown
from payments.gateways.lanes import Lane
from payments.transport import Deadline

__all__ = ["Answer", "Client", "Deadline", "refusal", "retry_after"]

# Who answers so does not answer for the provider: what stands before it says that it is away.
_AWAY = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}


class Answer(transport.Answer):
    """What a provider answered."""

    @cached_property
    def data(self) -> Any:
        """The body as JSON, with numbers as `Decimal`; None if it is none."""
        return reading.parse(self.body)


class Client:
    """Calls one provider, at `base_url` or else at its own host of each environment.

    `before_call` is run before anything is sent; it may raise, to say that now is no time to wait.
    """

    def __init__(
        self,
        hosts: Mapping[Environment, str],
        *,
        base_url: str = "",
        before_call: Callable[[], None] | None = None,
    ) -> None:
        self._base_urls = {
            environment: (base_url or hosts[environment]).rstrip("/") for environment in Environment
        }
        self._before_call = before_call
        self._lanes = {environment: Lane() for environment in Environment}

    def send(
        self,
        environment: Environment,
        method: str,
        path: str,
        *,
        deadline: Deadline,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the answer, of any status. Raises `NotSent` or `Unknown`, and nothing else.

        `body` is sent as JSON, `form` as a form.
        """
        if self._before_call:
            self._before_call()
        url = f"{self._base_urls[environment]}/{path.lstrip('/')}"
        request = _prepared(method, url, headers or {}, params or {}, body, form)
        with self._lanes[environment].visit(deadline.remaining()) as visit:
            answer = _exchange(request, deadline)
            visit.went_well = answer.status not in _AWAY
            return answer

    def is_own_link(self, environment: Environment, link: str, *others: str) -> bool:
        """Say whether a link in an answer leads to where we ask anyway, or to one of `others`.

        Whoever follows another one hands the account's access token to strangers.
        """
        try:
            return _origin(link) in {
                _origin(url) for url in (self._base_urls[environment], *others)
            }
        except ValueError:
            return False


def refusal(answer: Answer, *, code: str = "", provider_ref: str = "") -> GatewayError:
    """Return the error that an unwelcome answer to a request that changes something means.

    `code` is why, where the provider says so in a way that we know.
    """
    status = answer.status
    if status == HTTPStatus.UNAUTHORIZED:
        return KeysRefused("keys_refused")
    if status == HTTPStatus.FORBIDDEN:
        # A page instead of data comes from a wall before the provider, not from the provider.
        is_theirs = isinstance(answer.data, dict)
        return KeysRefused("keys_refused") if is_theirs else NotSent("provider_unreachable")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return NotSent("rate_limited", retry_after=retry_after(answer))
    if status in {HTTPStatus.LOCKED, HTTPStatus.TOO_EARLY}:
        return NotSent("provider_busy", retry_after=retry_after(answer))
    in_doubt = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.FAILED_DEPENDENCY}
    if 400 <= status < 500 and status not in in_doubt:
        return Declined(code or "refused", provider_ref=provider_ref)
    return Unknown("bad_answer" if status < 500 else "provider_failed")


def retry_after(answer: transport.Answer) -> float | None:
    """Return the seconds that the answer asks to wait, an hour at most."""
    said = answer.headers.get("retry-after", "")
    return min(float(said), 3600.0) if re.fullmatch(r"[0-9]{1,6}", said) else None


def _exchange(request: PreparedRequest, deadline: Deadline) -> Answer:
    try:
        answer = transport.exchange(request, deadline)
    except transport.Failed as failed:
        failure = _failure(failed)
    else:
        return Answer(answer.status, answer.headers, answer.body)
    raise failure  # out here, with nothing as its context


def _failure(failed: transport.Failed) -> GatewayError:
    if failed.is_too_large:
        return Unknown("answer_too_large")
    if failed.was_sent:
        return Unknown("provider_timeout" if failed.is_late else "bad_answer")
    return NotSent("provider_timeout" if failed.is_late else "provider_unreachable")


def _prepared(
    method: str,
    url: str,
    headers: Mapping[str, str],
    params: Mapping[str, str],
    body: Any,
    form: Mapping[str, str] | None,
) -> PreparedRequest:
    if any(not (value.isascii() and value.isprintable()) for value in headers.values()):
        # Only keys come from people, and no provider makes such.
        raise KeysRefused("keys_refused")
    sent = {"Accept": "application/json", "Accept-Encoding": "identity", "Connection": "close"}
    data = None
    if body is not None:
        sent["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
    elif form is not None:
        sent["Content-Type"] = "application/x-www-form-urlencoded"
        data = urlencode(form).encode()
    return Request(method, url, headers=sent | dict(headers), params=params, data=data).prepare()


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", parts.port or default
