"""What went wrong, in one form for all API families: an exception becomes a `Problem`."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from rest_framework import exceptions as drf

from cloudpilot.errors import DomainError, TooManyRequests, Unavailable

log = logging.getLogger("cloudpilot.database")

Fields = dict[str, list[str]]

UNAUTHENTICATED = "Authentication credentials were not provided or are invalid"
NOT_FOUND = "Resource not found"
CRASHED = "Internal server error occurred"


@dataclass(frozen=True)
class Problem:
    """A refusal before it has a family's shape."""

    status: int
    code: str
    sentence: str
    fields: Fields | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


CRASH = Problem(500, "internal_error", CRASHED)
UNKNOWN_PATH = Problem(404, "not_found", NOT_FOUND)
TOO_LARGE = Problem(413, "too_large", "The body is too large.")
ADDRESS_TOO_LONG = Problem(414, "address_too_long", "The address is too long.")
HEADERS_TOO_LARGE = Problem(431, "headers_too_large", "The headers are too large.")
DATABASE_AWAY = Problem(
    503,
    "unavailable",
    "CloudPilot cannot answer for a moment; try again.",
    headers={"Retry-After": "5"},
)
BAD_REQUEST = Problem(400, "bad_request", "The request could not be read.")

# A library's own sentence never reaches a caller: ours stand here, by the library's class.
_SENTENCES: dict[type[drf.APIException], tuple[str, str]] = {
    drf.NotAuthenticated: ("not_authenticated", UNAUTHENTICATED),
    drf.AuthenticationFailed: ("not_authenticated", UNAUTHENTICATED),
    drf.PermissionDenied: ("not_allowed", "You may not do this."),
    drf.NotFound: ("not_found", NOT_FOUND),
    drf.ParseError: ("bad_request", "The body could not be read as the content type says."),
    drf.UnsupportedMediaType: ("unsupported_media_type", "Send the body as application/json."),
    drf.MethodNotAllowed: ("method_not_allowed", "This path does not answer that method."),
}


def problem_of(exc: Exception) -> Problem | None:
    """Return what to tell the caller about `exc`; None for what nobody expected."""
    if isinstance(exc, DomainError):
        headers = {}
        if isinstance(exc, TooManyRequests | Unavailable) and exc.retry_after:
            headers["Retry-After"] = str(exc.retry_after)
        if exc.status == 401:
            headers["WWW-Authenticate"] = 'Bearer realm="api"'
        fields = {exc.field: [str(exc)]} if exc.field else None
        return Problem(exc.status, exc.code, str(exc), fields, exc.extra, headers)
    if isinstance(exc, drf.ValidationError):
        return invalid(exc.detail)
    if isinstance(exc, drf.APIException):
        return _of_rest_framework(exc)
    if isinstance(exc, Http404):
        return UNKNOWN_PATH
    if isinstance(exc, PermissionDenied):
        return Problem(403, *_SENTENCES[drf.PermissionDenied])
    if isinstance(exc, RequestDataTooBig):
        return TOO_LARGE
    if isinstance(exc, SuspiciousOperation | MultiPartParserError | UnreadablePostError):
        return BAD_REQUEST
    if isinstance(exc, OperationalError | InterfaceError):
        # A provider or a script that hears 503 comes again; a 500 would tell it to give up.
        log.error("The database did not answer", exc_info=exc)
        return DATABASE_AWAY
    return None


def _of_rest_framework(exc: drf.APIException) -> Problem:
    code, sentence = next(
        (words for kind, words in _SENTENCES.items() if isinstance(exc, kind)),
        ("refused", "The request was refused."),
    )
    headers = {}
    if auth_header := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    return Problem(exc.status_code, code, sentence, headers=headers)


def invalid(detail: Any) -> Problem:
    """Make a 400 that names each field; `detail` is what a serializer found wrong."""
    fields = _flatten(detail)
    sentence = " ".join(
        " ".join(messages) if name == "non_field_errors" else f"{name}: {' '.join(messages)}"
        for name, messages in fields.items()
    )
    return Problem(400, "invalid", sentence or "The request is not valid.", fields=fields)


def _flatten(detail: Any, path: str = "") -> Fields:
    """Bring nested serializer errors into one level: `{"params.name": ["…"]}`."""
    if isinstance(detail, dict):
        flat: Fields = {}
        for name, inner in detail.items():
            whole = path and name == "non_field_errors"  # of the object that `path` names
            flat |= _flatten(inner, path if whole else f"{path}.{name}" if path else str(name))
        return flat
    if isinstance(detail, list) and any(isinstance(item, dict) for item in detail):
        flat = {}
        for index, inner in enumerate(detail):
            if inner:
                flat |= _flatten(inner, f"{path}.{index}" if path else str(index))
        return flat
    messages = detail if isinstance(detail, list) else [detail]
    return {path or "non_field_errors": [str(message) for message in messages]}
