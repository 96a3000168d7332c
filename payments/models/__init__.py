from payments.models.attempt import Attempt
from payments.models.books_report import BooksReport
from payments.models.credentials import Credentials, CredentialsVersion
from payments.models.ledger import LedgerEntry
from payments.models.listener import (
    Channel,
    Delivery,
    DeliveryAttempt,
    Endpoint,
    Listener,
    Message,
)
from payments.models.notice import Notice
from payments.models.payment import Payment
from payments.models.refund import Refund
from payments.models.transition import Transition
from payments.models.webhook_event import WebhookEvent

__all__ = [
    "Attempt",
    "BooksReport",
    "Channel",
    "Credentials",
    "CredentialsVersion",
    "Delivery",
    "DeliveryAttempt",
    "Endpoint",
    "LedgerEntry",
    "Listener",
    "Message",
    "Notice",
    "Payment",
    "Refund",
    "Transition",
    "WebhookEvent",
]
