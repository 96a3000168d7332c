"""What must hold after every step, and in the end: judged by the providers' ledger, not our books."""

from collections import Counter, defaultdict

from django.utils import timezone

from hotspot.live import USERS
from hotspot.models import Voucher
from payments import receipts, reconciliation, transitions
from payments.models import Payment
from payments.states import CLOSED, OPEN, PAID, State

WITH_ACCESS = {State.SUCCEEDED, State.PARTIALLY_REFUNDED, State.REFUND_PENDING}


class Oracle:
    """Remembers what guests were shown, and what the payments were."""

    def __init__(self, world):
        self.world = world
        self.began = timezone.now()
        self.bought = {}  # which guest ordered what, by their receipt's index
        self.had_money = set()
        self.codes = {}  # by payment
        self.expiries = {}
        world.on_settled = self.note_code

    # What guests see ------------------------------------------------------------------------

    def note_purchase(self, receipt, guest, *order):
        self.bought[receipts.index(receipt)] = (guest, *order)

    def note_code(self, payment):
        """Remember what the guest may have read at once."""
        if payment.state == State.SUCCEEDED and payment.voucher:
            self.codes.setdefault(payment.pk, payment.voucher.code)

    # After every step -----------------------------------------------------------------------

    def check(self):
        rows = _payments().prefetch_related("transitions", "entries")
        payments, charges = list(rows), self._charges()
        for payment in payments:
            told = self._of(payment, charges)
            self._check_guest(payment)
            self._check_money(payment, told)
            self._check_voucher(payment, told)
            self._check_way(payment)
        self._check_open_purchases(payments)
        self._check_vouchers(payments)
        self._check_router()

    def _charges(self):
        """Return the charges of each of our references: how each stands, by the ledger."""
        last = {}
        for entry in self.world.providers.ledger:
            if entry.op == "charge":
                last[entry.ref] = entry
        found = defaultdict(list)
        for entry in last.values():
            found[entry.reference].append(entry)
        return found

    def _of(self, payment, charges):
        names = [self.world.named(attempt.reference) for attempt in payment.attempts.all()]
        return [entry for name in names for entry in charges[name]]

    def _check_guest(self, payment):
        if bought := self.bought.get(payment.receipt_index):
            whose = payment.mac_address == self.world.device_of(bought[0])
            assert whose, "a guest is shown what another one buys"

    def _check_money(self, payment, charges):
        alive = [entry for entry in charges if entry.state != "failed"]
        assert len(alive) <= 1, "one purchase is charged twice"
        if payment.state == State.FAILED and alive and not self.world.lied_to:
            was_refused = any(
                entry.ref == alive[0].ref and entry.state == "failed"
                for entry in self.world.providers.ledger
            )
            assert was_refused, "a guest whose charge was taken is told that it failed"
        assert payment.refunded + payment.refund_held <= payment.received, "refunds exceed money"
        left = payment.received - payment.refunded
        balance = sum(entry.amount for entry in payment.entries.all())
        assert balance == left, "the ledger differs from the payment"

    def _check_voucher(self, payment, charges):
        if payment.state == State.SUCCEEDED:
            assert payment.voucher is not None, "a payment succeeded without a voucher"
        if payment.voucher is None:
            return
        assert payment.state in PAID, f"a payment that is {payment.state} has a voucher"
        paid = [entry for entry in charges if entry.state == "succeeded"]
        assert paid, "a voucher was given for no money"
        whole = paid[0].amount == payment.amount and paid[0].currency == payment.currency
        assert whole, "a voucher was given for other money than its price"
        shown = self.codes.setdefault(payment.pk, payment.voucher.code)
        assert payment.voucher.code == shown, "a code that a guest has seen was changed"
        if payment.voucher.expires_at:
            first = self.expiries.setdefault(payment.pk, payment.voucher.expires_at)
            assert payment.voucher.expires_at == first, "time was granted again"

    def _check_way(self, payment):
        if payment.state in PAID | {State.REVIEW}:
            self.had_money.add(payment.pk)
        elif payment.pk in self.had_money:
            raise AssertionError(f"a payment that had money became {payment.state}")
        assert transitions.is_whole(payment), "a step is missing from the audit"

    def _check_open_purchases(self, payments):
        same = Counter(self.bought[one.receipt_index] for one in payments if one.state in OPEN)
        assert all(count == 1 for count in same.values()), "a guest is asked twice for one thing"

    def _check_vouchers(self, payments):
        given = Voucher.objects.filter(source=Voucher.Source.SALE).count()
        with_one = sum(one.voucher_id is not None for one in payments)
        assert given == with_one, "there are more vouchers than payments for them"

    def _check_router(self):
        marks = [row["comment"] for row in self._users()]
        assert len(marks) == len(set(marks)), "a voucher is on the router twice"

    def _users(self):
        rows = self.world.device.rows(USERS)
        return [row for row in rows if "cp:voucher" in row.get("comment", "")]

    # In the end -----------------------------------------------------------------------------

    def without_access(self):
        """Return what was sold and is not on the router, as it is when it was not wiped."""
        if self.world.is_wiped:
            return []
        on_router = {row["name"] for row in self._users()}
        sold = _payments().filter(state=State.SUCCEEDED)
        return [payment for payment in sold if not _is_explained(payment, on_router)]

    def check_codes(self):
        assert not self.without_access(), "a guest has a code that the router does not know"

    def unexplained(self):
        """Return what the ledger says that guests paid, and for which they have nothing."""
        if not (paid := self.world.providers.ledger.moved("charge")):
            return []
        named = {
            self.world.named(attempt.reference): payment
            for payment in _payments()
            for attempt in payment.attempts.all()
        }
        on_router = {row["name"] for row in self._users()}
        return [entry for entry in paid if not _is_explained(named.get(entry.reference), on_router)]

    def check_access(self):
        assert not self.unexplained(), "a guest has paid and has no access"

    def check_end(self):
        report = reconciliation.reconcile(self.world.account, self.began, timezone.now())
        assert report.is_explained, f"money is unexplained: {report.findings[0].code}"
        broken = reconciliation.verify_books(self.began, timezone.now())
        assert not broken, f"the books contradict themselves: {broken[0]['code']}"
        self.check()


def _payments():
    rows = Payment.objects.select_related("voucher").order_by("pk")
    return rows.prefetch_related("attempts")


def _is_explained(payment, on_router):
    if payment is None or payment.state in OPEN | CLOSED:
        return False
    if payment.state not in WITH_ACCESS:
        return True
    voucher = payment.voucher
    return bool(voucher and voucher.on_router_at and voucher.code in on_router)
