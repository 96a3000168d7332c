"""What this API refuses; the page's message for each code stands in `cloudpilot.families`."""

from cloudpilot.errors import DomainError, NotAllowed, NotAuthenticated


class GatewayClosed(NotAllowed):
    """Neither method is enabled here, or the router is not in use."""

    code = "gateway_closed"


class MethodClosed(DomainError):
    """The other method is enabled, this one is not."""

    status = 405
    code = "method_not_allowed"


class KeyMissing(NotAuthenticated):
    code = "gateway_key_missing"


class KeyWrong(NotAuthenticated):
    code = "gateway_key_wrong"


class UsernameMissing(DomainError):
    code = "username_missing"


class UsernameUnknown(DomainError):
    status = 404
    code = "username_unknown"


class UnknownAction(DomainError):
    code = "action_unknown"
