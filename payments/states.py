"""What a payment may become, and what the wire calls it. Pure: no database, no provider."""

from django.db import models


class State(models.TextChoices):
    """Where a payment stands."""

    CREATED = "created", "nothing was sent to the provider yet"
    SUBMITTING = "submitting", "being sent; committed before the first byte"
    UNKNOWN = "unknown", "sent, and nobody knows whether the provider took it"
    PENDING = "pending", "the provider has it, and the guest has not answered"
    FAILED = "failed", "the provider says that no money moved"
    EXPIRED = "expired", "nobody answered in time"
    CANCELED = "canceled", "called off before anything was sent"
    SUCCEEDED = "succeeded", "the money is there, and its voucher with it"
    REVIEW = "review", "money is there, and a person must say what for"
    REFUND_PENDING = "refund_pending", "all of it is on its way back"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed", "the guest's bank or operator has taken it back, or wants to"


# A provider that was not asked, or has not said, may still come to have the money.
OPEN = frozenset({State.CREATED, State.SUBMITTING, State.UNKNOWN, State.PENDING})
# No money moved as far as we know; only the provider's success can leave these.
CLOSED = frozenset({State.FAILED, State.EXPIRED, State.CANCELED})
# The operator has or had the money.
PAID = frozenset(
    {
        State.SUCCEEDED,
        State.REFUND_PENDING,
        State.PARTIALLY_REFUNDED,
        State.REFUNDED,
        State.DISPUTED,
    }
)

# Whatever we believed: the money came, and may have gone again before we heard of it.
_MONEY = {State.SUCCEEDED, State.REVIEW, State.REFUNDED, State.DISPUTED}

NEXT: dict[State, frozenset[State]] = {
    state: frozenset(targets)
    for state, targets in {
        # To PENDING or UNKNOWN where the provider knows of an attempt that our books have lost.
        State.CREATED: {
            State.SUBMITTING,
            State.CANCELED,
            State.FAILED,
            State.UNKNOWN,
            State.PENDING,
        }
        | _MONEY,
        # Back to CREATED when nothing left the machine, so that it may be sent again.
        State.SUBMITTING: {State.CREATED, State.PENDING, State.UNKNOWN, State.FAILED} | _MONEY,
        State.UNKNOWN: {State.PENDING, State.FAILED, State.EXPIRED} | _MONEY,
        State.PENDING: {State.FAILED, State.EXPIRED} | _MONEY,
        State.FAILED: _MONEY,
        State.EXPIRED: _MONEY,
        State.CANCELED: _MONEY,
        State.SUCCEEDED: {
            State.REFUND_PENDING,
            State.PARTIALLY_REFUNDED,
            State.REFUNDED,
            State.DISPUTED,
        },
        # To themselves go these, refunds and disputes, when more money comes or goes.
        State.REVIEW: {
            State.REVIEW,
            State.SUCCEEDED,
            State.REFUND_PENDING,
            State.PARTIALLY_REFUNDED,
            State.REFUNDED,
            State.DISPUTED,
        },
        # A refund that the provider refuses leaves the payment as it was before it.
        State.REFUND_PENDING: {
            State.REFUND_PENDING,
            State.SUCCEEDED,
            State.REVIEW,
            State.PARTIALLY_REFUNDED,
            State.REFUNDED,
            State.DISPUTED,
        },
        State.PARTIALLY_REFUNDED: {
            State.PARTIALLY_REFUNDED,
            State.REFUND_PENDING,
            State.REFUNDED,
            State.DISPUTED,
        },
        State.DISPUTED: {
            State.DISPUTED,
            State.SUCCEEDED,
            State.REVIEW,
            State.PARTIALLY_REFUNDED,
            State.REFUNDED,
        },
        State.REFUNDED: set(),
    }.items()
}


class Status(models.TextChoices):
    """What guests and scripts are told (contract.md); `State` says more."""

    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"
    REVIEW = "review"
    REFUNDED = "refunded"


_STATUS = (
    dict.fromkeys(OPEN, Status.PENDING)
    | dict.fromkeys(CLOSED, Status.FAILED)
    | dict.fromkeys(PAID, Status.COMPLETED)
    | {
        State.REFUNDED: Status.REFUNDED,
        State.REVIEW: Status.REVIEW,
        State.DISPUTED: Status.REVIEW,
    }
)


def status_of(state: str) -> Status:
    """Return what the wire calls this state."""
    return _STATUS[State(state)]


def states_of(status: str) -> frozenset[State]:
    """Return the states that the wire calls `status`."""
    return frozenset(state for state, said in _STATUS.items() if said == status)
