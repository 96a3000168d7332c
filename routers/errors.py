from cloudpilot.errors import Conflict, DomainError, NotAllowed, NotAuthenticated, Unavailable


class RouterUnreachable(Unavailable):
    """The router is away, silent or not to be trusted; `reason` in the body says which."""

    code = "router_unreachable"


class TooManySlowRouters(Unavailable):
    """As many calls of this company as may wait for its routers do so already."""

    code = "too_many_slow_routers"

    def __init__(self) -> None:
        super().__init__(
            "Other routers of this company keep too many requests waiting; try again soon.",
            retry_after=5,
        )


class CommandInvalid(DomainError):
    code = "command_invalid"


class CommandNotAllowed(NotAllowed):
    code = "command_not_allowed"


class ConfirmationRequired(DomainError):
    code = "confirmation_required"


class RouterRefused(DomainError):
    """The router understood the command and said no."""

    code = "router_refused"


class RouterHasPackages(Conflict):
    """The router sells something still; `count` says how many packages hold it."""

    code = "router_has_packages"

    def __init__(self, count: int) -> None:
        super().__init__(f"The router cannot be deleted: {count} packages use it.", count=count)


class InvalidRouterKey(NotAuthenticated):
    code = "invalid_router_key"


class RouterInactive(NotAllowed):
    """The router is switched off; its key opens nothing, and it gets no new one."""

    code = "router_inactive"


class CompanyInactive(NotAllowed):
    code = "company_inactive"


class RouterKeyRevoked(Conflict):
    code = "router_key_revoked"


class RouterBeingWritten(Conflict):
    """One process at a time writes to a router, and now it is another one."""

    code = "router_being_written"


class LeaseLost(Conflict):
    """The right to write to a router has passed to another process meanwhile."""

    code = "lease_lost"
