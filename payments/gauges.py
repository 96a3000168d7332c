from collections import Counter
from collections.abc import Iterator

from django.db.models import Count
from prometheus_client.core import GaugeMetricFamily

from cloudpilot.metrics import gauges
from payments import reconciliation
from payments.models import Payment


@gauges
def payment_gauges() -> Iterator[GaugeMetricFamily]:
    payments = GaugeMetricFamily(
        "cloudpilot_payments", "Payments by provider and state.", labels=["provider", "state"]
    )
    rows = Payment.objects.values_list("provider", "state").annotate(Count("pk")).order_by()
    for provider, state, count in rows:
        payments.add_metric([provider, state], count)
    yield payments

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
