from cloudpilot.errors import Conflict, DomainError, NotAllowed, NotAuthenticated, Unavailable


class Moved(Conflict):
    """The payment has gone on since it was read; whoever lost the race reads it again."""

    code = "payment_moved"


class NoWayToPay(Conflict):
    """The operator has no account at a provider that could take this payment."""

    code = "no_way_to_pay"


class CannotRefund(Conflict):
    """There is nothing, or not so much, left of the payment that could go back."""

    code = "cannot_refund"


class NotInReview(Conflict):
    """Nobody has to decide anything about this payment."""

    code = "not_in_review"


class CredentialsInUse(Conflict):
    """Payments are under way that need these credentials."""

    code = "credentials_in_use"


class CredentialsNotFound(DomainError):
    """The company has no account at that provider, or there is no such provider."""

    status = 404
    code = "credentials_not_found"


class PrivateKeyInvalid(DomainError):
    """What was sent as a private key is none, in the words of the original."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, fields={"private_key": [sentence]})


class FreshPasswordNeeded(NotAllowed):
    """Who asks for a secret in clear must show their password again."""

    code = "fresh_password_needed"


class ProviderUnavailable(Unavailable):
    """The payment provider does not answer, or not in a way that can be understood."""

    code = "provider_unavailable"


class NoVoucherPossible(Conflict):
    """What was paid for is gone: there is no router that would let the guest in."""

    code = "no_voucher_possible"


class PurchaseInvalid(DomainError):
    """What a guest sent is not what the provider needs; `fields` names what, and why."""

    def __init__(self, fields: dict[str, list[str]]) -> None:
        sentence = " ".join(f"{name}: {' '.join(words)}" for name, words in fields.items())
        super().__init__(sentence, fields=fields)


class PurchaseNotFound(DomainError):
    """Nothing was bought with that; what is wrong with it is nobody's business who guesses."""

    status = 404
    code = "purchase_not_found"


class WebhookForged(NotAuthenticated):
    """Whoever sent this webhook could not show that they are the provider."""

    code = "bad_signature"


class WebhookUnreadable(DomainError):
    """The provider has sent what we do not understand."""

    code = "webhook_unreadable"


class WebhookNotConfigured(Unavailable):
    """Nobody has told us the secret that the provider's webhooks are signed with."""

    code = "webhook_secret_missing"


class UnknownStatus(DomainError):
    """No payment is ever called that."""

    code = "unknown_status"


class UnknownMethod(DomainError):
    """Nobody pays in such a way."""

    code = "unknown_method"
