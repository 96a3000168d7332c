"""Comparing our books with what the providers have, and with themselves.

What a provider has and our books have not is taken over, so that what was lost (webhooks, or the
last hours before a backup) comes back. What cannot be explained is listed, and shown as a gauge.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime

from django.db.models import F, Max, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from cloudpilot import limits
from cloudpilot.errors import TooManyRequests
from cloudpilot.tasks import delete_in_batches
from hotspot.models import Voucher
from payments import asking, references, settling, transitions
from payments.gateways.base import Charge, Outcome
from payments.gateways.errors import Absent, GatewayError
from payments.models import BooksReport, Credentials, Payment
from payments.providers import gateway_of
from payments.states import CLOSED, OPEN, State

log = logging.getLogger("cloudpilot.payments")

_MONEY = {Outcome.SUCCEEDED, Outcome.REFUNDED, Outcome.DISPUTED}
# So many of what is wrong are kept; who has more has another problem than to read them.
_MOST_FINDINGS = 200


@dataclass
class Totals:
    """Sums of one currency, in minor units."""

    provider: int = 0  # what the provider says that guests have paid
    received: int = 0  # what the books say
    refunded: int = 0  # and what of it went back, disputes included
    in_review: int = 0  # of what was received
    unexplained: int = 0  # what only one of both knows, either way; never less than 0
    elsewhere: int = 0  # came into the account, and not through us as far as the provider tells


@dataclass(frozen=True)
class Finding:
    """Money that only one side knows of."""

    code: str  # not_in_books, not_at_provider, amount_differs, paid_twice
    payment: str = ""
    provider_ref: str = ""
    reference: str = ""
    receipt: str = ""
    currency: str = ""
    at_provider: int = 0
    in_books: int = 0


@dataclass
class Report:
    """What came of a comparison."""

    totals: dict[str, Totals] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    unasked: int = 0

    def of(self, currency: str) -> Totals:
        return self.totals.setdefault(currency, Totals())

    def add(self, finding: Finding) -> None:
        self.findings.append(finding)
        difference = abs(finding.at_provider - finding.in_books)
        self.of(finding.currency).unexplained += difference

    @property
    def is_explained(self) -> bool:
        return not self.findings


def reconcile(credentials: Credentials, since: datetime, until: datetime) -> Report:
    """Compare an account at its provider with the books of that time, and keep the report.

    What the provider knows better is taken over first. Raises `GatewayError` if the provider does
    not tell what it has.
    """
    report = Report()
    said: dict[int, Charge] = {}
    if gateway_of(credentials.provider).can_list:
        for charge in _listed(credentials, since, until):
            _place(report, credentials, charge, said)
    payments = _payments(credentials, since, until)
    for payment in payments.exclude(pk__in=said).iterator(500):
        _ask(report, payment, said)
    for payment in _payments(credentials, since, until).iterator(500):
        _compare(report, payment, said.get(payment.pk))
    _keep(report, credentials, since, until)
    return report


def _payments(credentials: Credentials, since: datetime, until: datetime) -> QuerySet[Payment]:
    """Return the payments of that time for which the provider may have been asked."""
    rows = Payment.objects.filter(credentials=credentials, created_at__range=(since, until))
    charged = rows.filter(Q(attempts__isnull=False) | Q(received__gt=0)).distinct()
    return charged.select_related("credentials", "credentials_version").order_by("pk")


def _listed(credentials: Credentials, since: datetime, until: datetime) -> Iterator[Charge]:
    """Yield the account's charges, by the keys that are in use."""
    version = credentials.versions.select_related("credentials").order_by("-number")[0]
    yield from asking.charges(version, since, until)


def _place(
    report: Report, credentials: Credentials, charge: Charge, said: dict[int, Charge]
) -> None:
    """Find whose charge it is, and take over what it says."""
    payment = references.payment_of(
        credentials.pk,
        reference=charge.reference,
        provider_ref=charge.provider_ref,
        receipt=charge.receipt,
    )
    if payment is None:
        _note_unknown(report, charge)
        return
    payment = settling.apply(payment.pk, charge, source="report")
    is_other = charge.provider_ref and payment.provider_ref != charge.provider_ref
    if not is_other:
        said[payment.pk] = charge
    elif charge.outcome is Outcome.SUCCEEDED and charge.refunded < (charge.amount or 0):
        report.add(_finding("paid_twice", charge, payment=payment))


def _note_unknown(report: Report, charge: Charge) -> None:
    if charge.outcome not in _MONEY or not charge.amount:
        return
    if references.public_id_in(charge.reference):
        report.of(charge.currency).provider += charge.amount
        report.add(_finding("not_in_books", charge))
    else:
        # The account is the operator's, and they may sell more than internet access.
        report.of(charge.currency).elsewhere += charge.amount


def _finding(code: str, charge: Charge, payment: Payment | None = None) -> Finding:
    return Finding(
        code,
        payment=str(payment.public_id) if payment else "",
        provider_ref=charge.provider_ref,
        reference=charge.reference,
        receipt=charge.receipt,
        currency=charge.currency or (payment.currency if payment else ""),
        at_provider=charge.amount or 0,
    )


def _ask(report: Report, payment: Payment, said: dict[int, Charge]) -> None:
    """Ask for one payment that the list did not show, or that no list shows."""
    _wait_for_room(payment)
    try:
        charge = asking.fetch(payment)
    except Absent:
        return
    except GatewayError as error:
        report.unasked += bool(payment.received) or error.code != "nothing_to_ask_by"
        said[payment.pk] = _as_in_books(payment)
        return
    settling.apply(payment.pk, charge, source="report")
    said[payment.pk] = charge


def _as_in_books(payment: Payment) -> Charge:
    """Return what a provider would say that agrees with us: for one that says nothing."""
    return Charge(
        Outcome.SUCCEEDED if payment.received else Outcome.PENDING,
        payment.provider_ref,
        amount=payment.received,
        currency=payment.money_currency,
    )


def _wait_for_room(payment: Payment) -> None:
    """Go slowly: guests' own questions are answered by the same account."""
    while True:
        try:
            limits.spend("provider_reports_per_account", str(payment.credentials_id))
        except TooManyRequests as full:
            time.sleep(full.retry_after)
        else:
            return


def _compare(report: Report, payment: Payment, charge: Charge | None) -> None:
    """Add one payment to the sums, and what only one side says of it to the findings."""
    paid = _paid(payment, charge)
    if paid != payment.received:
        payment, paid = _look_again(report, payment)
    totals = report.of(payment.money_currency)
    totals.provider += paid
    totals.received += payment.received
    totals.refunded += payment.refunded
    if payment.state == State.REVIEW:
        totals.in_review += payment.received
    if paid != payment.received:
        report.add(
            Finding(
                _difference(paid, payment.received),
                payment=str(payment.public_id),
                provider_ref=payment.provider_ref,
                receipt=payment.provider_receipt,
                currency=payment.money_currency,
                at_provider=paid,
                in_books=payment.received,
            )
        )


def _look_again(report: Report, payment: Payment) -> tuple[Payment, int]:
    """Ask after a payment once more, and read it: it may have gone on between the two."""
    said: dict[int, Charge] = {}
    _ask(report, payment, said)
    payment = Payment.objects.get(pk=payment.pk)
    return payment, _paid(payment, said.get(payment.pk))


def _difference(at_provider: int, in_books: int) -> str:
    if not in_books:
        return "not_in_books"
    return "amount_differs" if at_provider else "not_at_provider"


def _paid(payment: Payment, charge: Charge | None) -> int:
    """Return what the provider says was paid into the account for this payment."""
    if charge is None or charge.outcome not in _MONEY:
        return 0
    if payment.state not in OPEN | CLOSED and not payment.received:
        return 0  # not the operator's money, or paid for something else: a person looks, or has
    return payment.amount if charge.amount is None else charge.amount


def _keep(
    report: Report, credentials: Credentials | None, since: datetime, until: datetime
) -> None:
    totals = {currency: asdict(sums) for currency, sums in sorted(report.totals.items())}
    BooksReport.objects.create(
        credentials=credentials,
        since=since,
        until=until,
        totals=totals,
        findings=[asdict(finding) for finding in report.findings[:_MOST_FINDINGS]],
        unasked=report.unasked,
    )
    if report.findings:
        fields = {"credentials": credentials.pk if credentials else None, "totals": totals}
        log.error("Money is not explained", extra={"fields": fields})


def verify_books(since: datetime, until: datetime) -> list[dict[str, str]]:
    """Look for payments whose own rows contradict each other; answers those, and keeps them.

    Each must have its steps unbroken, its ledger equal to its columns, all that it refers to in
    one company and, if it was sold, its voucher. `since` and `until` are when it was last changed.
    """
    payments = Payment.objects.filter(updated_at__range=(since, until))
    broken = [
        *_found("ledger_differs", _ledger_differs(payments)),
        *_found("company_differs", _of_two_companies(payments)),
        *_found("no_voucher", _sold_without_voucher(payments)),
        *_found("chain_broken", _broken_chains(payments)),
        *_found("voucher_without_payment", _given_without_payment(since, until)),
    ]
    BooksReport.objects.create(since=since, until=until, findings=broken[:_MOST_FINDINGS])
    if broken:
        log.error("The books contradict themselves", extra={"fields": {"count": len(broken)}})
    return broken


def _found(code: str, rows: Iterable[Payment | Voucher]) -> list[dict[str, str]]:
    return [{"code": code, "row": str(row)} for row in rows]


def _ledger_differs(payments: QuerySet[Payment]) -> QuerySet[Payment]:
    balance = Coalesce(Sum("entries__amount"), Value(0))
    return payments.annotate(balance=balance).exclude(balance=F("received") - F("refunded"))


def _of_two_companies(payments: QuerySet[Payment]) -> QuerySet[Payment]:
    company = F("company")
    return payments.filter(
        Q(router__isnull=False) & ~Q(router__company=company)
        | Q(package__isnull=False) & ~Q(package__company=company)
        | Q(credentials__isnull=False) & ~Q(credentials__company=company)
        | Q(voucher__isnull=False) & ~Q(voucher__company=company)
    )


def _sold_without_voucher(payments: QuerySet[Payment]) -> QuerySet[Payment]:
    return payments.filter(state=State.SUCCEEDED, voucher=None).exclude(router=None)


def _given_without_payment(since: datetime, until: datetime) -> QuerySet[Voucher]:
    sold = Voucher.objects.filter(source=Voucher.Source.SALE, payment=None)
    return sold.filter(created_at__range=(since, until))


def _broken_chains(payments: QuerySet[Payment]) -> Iterator[Payment]:
    rows = payments.only("state", "version", "public_id").prefetch_related("transitions")
    yield from (row for row in rows.iterator(500) if not transitions.is_whole(row))


def latest() -> QuerySet[BooksReport]:
    """Return the last report of each account, and the last of the books themselves."""
    last = BooksReport.objects.values("credentials").annotate(last=Max("pk")).values("last")
    return BooksReport.objects.filter(pk__in=last.order_by())


def delete_reports(before: datetime) -> int:
    """Delete reports from `before`, but of each account the last; answers how many."""
    old = BooksReport.objects.filter(created_at__lt=before)
    return delete_in_batches(old.exclude(pk__in=latest().values("pk")))
