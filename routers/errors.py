from cloudpilot.errors import DomainError, NotAllowed, Unavailable


class RouterUnreachable(Unavailable):
    """The router is away, silent or not to be trusted; `reason` in the body says which."""

    code = "router_unreachable"


class CommandInvalid(DomainError):
    code = "command_invalid"


class CommandNotAllowed(NotAllowed):
    code = "command_not_allowed"


class ConfirmationRequired(DomainError):
    code = "confirmation_required"


class RouterRefused(DomainError):
    """The router understood the command and said no."""

    code = "router_refused"
