"""Idempotency-Key: a request sent twice is carried out once, and answered alike both times.

The key's row, the work, its audit row and the answer are one transaction. A second request with
the same key waits in the database for the first one; if that failed, the key is free again. So
nothing has to expire after a crash, and what is decorated here may not speak to a network.
"""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from hashlib import sha256
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from cloudpilot.clients import client_address
from cloudpilot.crypto import digest, seal, unseal
from cloudpilot.errors import DomainError, Unprocessable
from cloudpilot.models import IdempotentAnswer

KEPT = timedelta(hours=24)
_KEY = re.compile(r"[!-~]{1,255}")

# What an answer shows once: the stored answer, and so every replay, has null in its place.
_SHOWN_ONCE = frozenset({"private_key", "api_key", "new_api_key", "secret"})

ViewMethod = Callable[..., Response]


class BadIdempotencyKey(DomainError):
    code = "idempotency_key_invalid"


class IdempotencyKeyReused(Unprocessable):
    code = "idempotency_key_reused"


def idempotent(method: ViewMethod) -> ViewMethod:
    """Make a view's POST method answer a repeated Idempotency-Key with its first answer.

    A replay carries `Idempotency-Replayed: true`. The same key with another body, or on another
    path, is refused with 422. A refused request does not use the key up. Without a key, the method
    runs in a transaction all the same. A replay shows no secret; where a view has one under a name
    that says so nowhere else, its `shown_once` names it.
    """

    @wraps(method)
    @transaction.atomic
    def answer(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        sent = request.data  # what cannot be read is refused, also by what needs no body
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return method(self, request, *args, **kwargs)
        if not _KEY.fullmatch(key):
            raise BadIdempotencyKey("Idempotency-Key must be 1 to 255 printable characters.")

        kept, is_new = _claim(_caller(request), key, _fingerprint(request, sent))
        if not is_new:
            headers = {"Idempotency-Replayed": "true"}
            return Response(_opened(kept), kept.status, headers=headers)
        response = method(self, request, *args, **kwargs)
        kept.status = response.status_code
        shown_once = _SHOWN_ONCE | getattr(self, "shown_once", frozenset())
        body = json.loads(json.dumps(response.data, cls=JSONEncoder))
        kept.body = _sealed(kept, _without(shown_once, body))
        kept.save(update_fields=["status", "body"])
        return response

    answer.takes_idempotency_key = True  # type: ignore[attr-defined]  # the OpenAPI document asks
    return answer


def passes_key_on(method: ViewMethod) -> ViewMethod:
    """Mark a POST method that has an `idempotent` one do the work.

    Between the two stands what is to last though the transaction is rolled back, such as a count
    of failures.
    """
    method.takes_idempotency_key = True  # type: ignore[attr-defined]
    return method


def _claim(caller: str, key: str, fingerprint: str) -> tuple[IdempotentAnswer, bool]:
    now = timezone.now()
    IdempotentAnswer.objects.filter(caller=caller, created_at__lt=now - KEPT).delete()
    kept, is_new = IdempotentAnswer.objects.get_or_create(
        caller=caller, key=key, defaults={"fingerprint": fingerprint, "created_at": now}
    )
    if kept.fingerprint != fingerprint:
        raise IdempotencyKeyReused("This Idempotency-Key was used with another request.")
    return kept, is_new


def _caller(request: Request) -> str:
    if request.user.is_authenticated:
        return f"user:{request.user.pk}"
    if request.auth is not None:  # a router's key, or a guest gateway's
        return f"{request.auth._meta.label_lower}:{request.auth.pk}"
    return f"address:{client_address(request._request)}"[:100]


def _fingerprint(request: Request, sent: Any) -> str:
    body = dict(sent.lists()) if hasattr(sent, "lists") else sent
    path = f"{request._request.path_info.rstrip('/')}/"  # one, with and without its slash
    text = json.dumps([request.method, path, body], sort_keys=True, default=_as_text)
    return digest(text, "idempotency")


def _as_text(value: Any) -> str:
    if not isinstance(value, UploadedFile):
        return str(value)
    contents = sha256()
    for chunk in value.chunks():
        contents.update(chunk)
    value.seek(0)
    return contents.hexdigest()


def _sealed(kept: IdempotentAnswer, body: Any) -> str:
    # Answers hold what is sealed in its own table too, such as the codes of vouchers.
    return seal(json.dumps(body), _identity(kept))


def _opened(kept: IdempotentAnswer) -> Any:
    return json.loads(unseal(str(kept.body), _identity(kept)))


def _identity(kept: IdempotentAnswer) -> str:
    return f"{kept._meta.label_lower}.body:{kept.caller}:{kept.key}"


def _without(shown_once: frozenset[str], value: Any) -> Any:
    if isinstance(value, dict):
        return {
            # `api_key` may be an object around it.
            name: None
            if name in shown_once and isinstance(inner, str)
            else _without(shown_once, inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_without(shown_once, inner) for inner in value]
    return value
