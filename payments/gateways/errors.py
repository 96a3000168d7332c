"""How a call to a provider can end other than well. What was sent decides what may be done next."""


class GatewayError(Exception):
    """A call that did not come to its end. The sentence is ours and holds nothing of the request.

    `code` is for programs, in snake case: the same for all providers where they mean the same.
    """

    def __init__(self, code: str, sentence: str = "") -> None:
        super().__init__(sentence or code.replace("_", " "))
        self.code = code


class Declined(GatewayError):
    """A definite no: no money moved, and asking again for the same changes nothing.

    `provider_ref` is the provider's own id of the refused charge, where it made one.
    """

    def __init__(self, code: str, sentence: str = "", *, provider_ref: str = "") -> None:
        super().__init__(code, sentence)
        self.provider_ref = provider_ref


class NotSent(GatewayError):
    """The provider did not get it, or says that it did nothing: it may be sent again.

    `retry_after`: not within so many seconds, where the provider says so.
    """

    def __init__(self, code: str, sentence: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(code, sentence)
        self.retry_after = retry_after


class KeysRefused(NotSent):
    """The provider knows the keys no longer, or never did. Nothing was done."""


class Unknown(GatewayError):
    """It was sent, and nobody knows what became of it: only asking the provider tells."""


class Absent(GatewayError):
    """The provider knows no such charge or refund."""


class BadSignature(GatewayError):
    """Whoever sent this webhook could not show that they are the provider."""


class BadWebhook(GatewayError):
    """A webhook that cannot be read: not the provider's shape."""
