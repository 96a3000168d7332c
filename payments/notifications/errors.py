from cloudpilot.errors import Conflict


class TooManyListeners(Conflict):
    """A company has as many endpoints, or channels, as it may."""

    code = "too_many_listeners"


class EndpointInactive(Conflict):
    """Nothing is sent to an endpoint that is switched off."""

    code = "endpoint_inactive"


class NotDelivered(Exception):
    """A message to people did not get through; `code` is why.

    `for_good` says that it never will until somebody changes the channel.
    """

    def __init__(
        self, code: str, *, for_good: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.for_good = for_good
        self.retry_after = retry_after
