"""What is done about payments when nobody waits for it.

None of these jobs is a company's: a company's share of the workers is for calls to its routers,
which may be silent, and money must not queue behind them. What keeps a provider that is away from
taking all workers is its lane (`gateways.lanes`): whoever finds it full comes again later.
"""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from cloudpilot import jobs

# Guests look at their screens while these wait.
CHARGES_FIRST = -20
POLLS_SECOND = -10
REPORTS_LAST = 10

SWEEP_SECONDS = 10
REFUND_SWEEP_SECONDS = 60
TAKEN_CODE_SECONDS = 15
DAY = 86_400
# How far back each night's look goes. Refunds and disputes of older sales come by webhook.
RECONCILED_DAYS = 3
VERIFIED_DAYS = 8


def lock_of(payment_id: int) -> str:
    """Return the lock that all questions about a payment share: one at a time."""
    return f"payment:{payment_id}"


def charge_key(payment_id: int) -> str:
    return f"charge:{payment_id}"


def poll_key(payment_id: int) -> str:
    return f"poll:{payment_id}"


def refund_key(refund_id: int) -> str:
    return f"refund:{refund_id}"


@jobs.task(max_attempts=None)
def charge(*, payment: int) -> None:
    from payments import charging

    after = charging.submit(payment)
    if after is not None:
        raise jobs.Retry(after=after, count=False)


@jobs.task(max_attempts=None)
def poll(*, payment: int) -> None:
    from payments import polling

    after = polling.poll(payment)
    if after is not None:
        raise jobs.Retry(after=after, count=False)


@jobs.every(seconds=SWEEP_SECONDS)
@jobs.task(max_attempts=1)
def sweep() -> int:
    """Find the payments that are due and that no job takes care of."""
    from payments import polling

    return polling.sweep()


@jobs.task(max_attempts=None)
def refund(*, refund: int) -> None:
    from payments import refunding

    after = refunding.carry_out(refund)
    if after is not None:
        raise jobs.Retry(after=after, count=False)


@jobs.every(seconds=TAKEN_CODE_SECONDS)
@jobs.task(max_attempts=1)
def replace_taken_codes() -> int:
    """Give sold vouchers that their router cannot take another code."""
    from payments import vouchers

    return vouchers.draw_free_codes()


@jobs.every(seconds=REFUND_SWEEP_SECONDS)
@jobs.task(max_attempts=1)
def sweep_refunds() -> int:
    """Find the refunds under way whose job was lost."""
    from payments import refunding

    return refunding.sweep()


def ask_to_charge(payment_id: int) -> None:
    """Have the charge sent once the caller's transaction commits."""
    jobs.enqueue(
        charge,
        {"payment": payment_id},
        unique=charge_key(payment_id),
        lock=lock_of(payment_id),
        priority=CHARGES_FIRST,
    )


def ask_to_poll(payment_id: int, *, after: float = 0) -> None:
    """Have the provider asked after a payment, `after` seconds from now or sooner."""
    jobs.enqueue(
        poll,
        {"payment": payment_id},
        unique=poll_key(payment_id),
        lock=lock_of(payment_id),
        after=after,
        priority=POLLS_SECOND,
    )


def ask_to_refund(refund_id: int, payment_id: int) -> None:
    """Have a refund sent, or asked after, once the caller's transaction commits."""
    jobs.enqueue(
        refund,
        {"refund": refund_id},
        unique=refund_key(refund_id),
        lock=lock_of(payment_id),
    )


@jobs.every(seconds=DAY)
@jobs.task()
def verify_books() -> int:
    """Look at all that changed lately for what contradicts itself; answers how much does."""
    from payments import reconciliation

    now = timezone.now()
    return len(reconciliation.verify_books(now - timedelta(days=VERIFIED_DAYS), now))


@jobs.every(seconds=DAY)
@jobs.task()
def reconcile_all() -> None:
    """Have each account compared with its provider that took payments lately."""
    from payments.models import Payment

    now = timezone.now()
    lately = Payment.objects.filter(created_at__gt=now - timedelta(days=RECONCILED_DAYS))
    for pk in lately.exclude(credentials=None).values_list("credentials", flat=True).distinct():
        jobs.enqueue(
            reconcile,
            {"credentials": pk},
            unique=f"books:{pk}",
            lock=f"books:{pk}",
            priority=REPORTS_LAST,
        )


@jobs.every(seconds=DAY)
@jobs.task()
def delete_old_reports() -> int:
    """Delete reports on the books from longer ago than `BOOKS_REPORTS_KEPT_DAYS`."""
    from payments import reconciliation

    kept = timedelta(days=settings.BOOKS_REPORTS_KEPT_DAYS)
    return reconciliation.delete_reports(timezone.now() - kept)


@jobs.task()
def reconcile(*, credentials: int) -> int:
    """Compare an account with its provider; answers how many things are not explained."""
    from payments import reconciliation
    from payments.models import Credentials

    until = timezone.now() - timedelta(minutes=10)  # what is under way explains itself soon
    since = until - timedelta(days=RECONCILED_DAYS)
    report = reconciliation.reconcile(Credentials.objects.get(pk=credentials), since, until)
    return len(report.findings)
