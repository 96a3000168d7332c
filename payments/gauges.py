from collections import Counter
from collections.abc import Iterator

from django.db.models import Count
from prometheus_client.core import GaugeMetricFamily

from cloudpilot.metrics import gauges
from payments import reconciliation
from payments.models import Payment, Refund
from payments.states import State


@gauges
def payment_gauges() -> Iterator[GaugeMetricFamily]:
    # Not all payments by state: there are ever more of them, and this is asked every few seconds.
    waiting = GaugeMetricFamily(
        "cloudpilot_payments_asked_after",
        "Payments after which their provider is asked again.",
        labels=["provider", "state"],
    )
    asked_after = Payment.objects.filter(ask_at__isnull=False).order_by()
    for provider, state, count in asked_after.values_list("provider", "state").annotate(
        Count("pk")
    ):
        waiting.add_metric([provider, state], count)
    yield waiting
    yield GaugeMetricFamily(
        "cloudpilot_payments_in_review",
        "Payments that wait for a person.",
        Payment.objects.filter(state=State.REVIEW).count(),
    )

    refunds = GaugeMetricFamily(
        "cloudpilot_refunds_under_way", "Refunds that have not ended, by state.", labels=["state"]
    )
    open_ones = Refund.objects.filter(ended_at=None).values_list("state")
    for state, count in open_ones.annotate(Count("pk")).order_by():
        refunds.add_metric([state], count)
    yield refunds

    unexplained: Counter[str] = Counter()
    broken = 0
    for report in reconciliation.latest():
        if report.credentials_id is None:
            broken = len(report.findings)
        for currency, totals in report.totals.items():
            unexplained[currency] += totals["unexplained"]
    money = GaugeMetricFamily(
        "cloudpilot_money_unexplained",
        "Money that only a provider or only the books know of, in minor units, at the last look.",
        labels=["currency"],
    )
    for currency, amount in unexplained.items():
        money.add_metric([currency], amount)
    yield money
    yield GaugeMetricFamily(
        "cloudpilot_books_broken", "Rows of payments that contradict each other.", broken
    )
