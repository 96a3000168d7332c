"""What can go wrong with a router, in the words of those who act on it.

`Unavailable`: no answer can be had. `Refused`: the router answered, and said no.
"""

import re


class RouterOSError(Exception):
    """The base of everything this package raises on a router's account."""

    message = "The router did not do what it was asked."

    def __init__(self, message: str = "") -> None:
        self.message = message or self.message
        super().__init__(self.message)


class Unavailable(RouterOSError):
    """No answer can be had from the router; the connection is gone.

    `sent` says whether the command may have been carried out: only where it is false is a
    command that writes known to have had no effect.
    """

    reason = "unreachable"
    sent = False


class Unreachable(Unavailable):
    message = "The router cannot be reached."


class TimedOut(Unavailable):
    reason = "timeout"
    message = "The router did not answer in time."


class Busy(Unavailable):
    """Another caller kept the router until the deadline; the router itself was not asked."""

    reason = "timeout"
    message = "The router is busy with another command."


class AuthFailed(Unavailable):
    reason = "auth_failed"
    message = "The router does not accept this user name and password."


class TlsUntrusted(Unavailable):
    """The certificate is not the pinned one; no credential was sent.

    `seen` is the SHA-256 fingerprint that the router showed, empty when it showed none.
    """

    reason = "tls_untrusted"
    message = "The router's certificate is not one that is trusted."

    def __init__(self, message: str = "", *, seen: str = "") -> None:
        super().__init__(message)
        self.seen = seen


class NotRouterOS(Unavailable):
    reason = "not_routeros"
    message = "What answers at this address does not speak RouterOS."


class CircuitOpen(Unavailable):
    """The router failed too often of late to be asked again before `retry_after` seconds."""

    def __init__(self, *, reason: str, retry_after: float) -> None:
        super().__init__("The router failed a moment ago and is not asked again yet.")
        self.reason = reason
        self.retry_after = retry_after


class Refused(RouterOSError):
    """The router understood, and said no (a trap); the connection stays good.

    `message` is the router's own text. `category` is the API's number, which most traps lack.
    `status` is the HTTP status of the REST service, or over the API what it would have been.
    """

    status = 400

    def __init__(
        self, message: str = "", *, category: int | None = None, status: int | None = None
    ) -> None:
        super().__init__(message)
        self.category = category
        self.status = status or self.status


class UnknownCommand(Refused):
    status = 406


class UnknownParameter(Refused):
    pass


class NoSuchItem(Refused):
    status = 404


class AlreadyExists(Refused):
    pass


class NotPermitted(Refused):
    status = 403


class InvalidValue(Refused):
    pass


class Interrupted(Refused):
    """The command was stopped on the router before its end; part of it may have been done."""


# The words are RouterOS's own, over the API and in REST's `detail` alike. First match wins.
_BY_MESSAGE: tuple[tuple[re.Pattern[str], type[Refused]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"no such command|bad command name", UnknownCommand),
        (r"unknown parameter", UnknownParameter),
        (r"no such item|^not found$", NoSuchItem),
        (r"already have |already exists", AlreadyExists),
        (r"not enough permissions|permission denied|^forbidden$", NotPermitted),
        (r"interrupted|session closed", Interrupted),
        (r"input does not match any value|ambiguous value|invalid value", InvalidValue),
        (r"value out of range|missing value|missing =", InvalidValue),
    )
)
# Most traps carry no category; where one does and its text is unknown, it still narrows.
_BY_CATEGORY: dict[int, type[Refused]] = {1: InvalidValue, 2: Interrupted}


def refusal(message: str, *, category: int | None = None, status: int | None = None) -> Refused:
    """Return the error that the router's `message` amounts to."""
    for pattern, kind in _BY_MESSAGE:
        if pattern.search(message):
            return kind(message, category=category, status=status)
    kind = _BY_CATEGORY.get(category or 0, Refused)
    return kind(message, category=category, status=status)
