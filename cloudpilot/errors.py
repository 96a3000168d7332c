"""The refusals that a caller should hear about; an app subclasses a kind below and names a `code`.

`cloudpilot.api` turns them into the shape of the API family that was called.
"""

from typing import Any


class DomainError(Exception):
    """A refusal. The sentence is for people, `code` for programs, `extra` joins the body.

    `field` is what of the request's body is to blame, where it is one field.
    """

    status = 400
    code = "invalid"
    field = ""

    def __init__(self, sentence: str, **extra: Any) -> None:
        super().__init__(sentence)
        self.extra = extra


class NotAuthenticated(DomainError):
    status = 401
    code = "not_authenticated"


class NotAllowed(DomainError):
    status = 403
    code = "not_allowed"


class Conflict(DomainError):
    status = 409
    code = "conflict"


class Unprocessable(DomainError):
    status = 422
    code = "unprocessable"


class TooManyRequests(DomainError):
    """The limit is reached; `retry_after` seconds from now there is room again."""

    status = 429
    code = "too_many_requests"

    def __init__(self, sentence: str, *, retry_after: int) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Unavailable(DomainError):
    """A router or a provider did not answer; the same request may work later.

    `retry_after` says in how many seconds, where that is known.
    """

    status = 503
    code = "unavailable"

    def __init__(self, sentence: str, *, retry_after: int | None = None, **extra: Any) -> None:
        super().__init__(sentence, **extra)
        self.retry_after = retry_after
