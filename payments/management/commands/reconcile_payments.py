from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from cloudpilot import money
from payments import reconciliation
from payments.gateways.errors import GatewayError
from payments.models import Credentials
from payments.reconciliation import Finding, Report
from users.models import Company


class Command(BaseCommand):
    help = "Compare the books with the providers, and take over what only a provider knows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--company", metavar="EMP", help="EMP_…; none: all companies")
        parser.add_argument("--days", type=int, default=3, help="how far back (3)")

    def handle(self, *args: Any, **options: Any) -> None:
        until = timezone.now()
        since = until - timedelta(days=options["days"])
        accounts = _accounts(options["company"])
        troubles = 0
        for account in tqdm(accounts, disable=None, leave=False):
            try:
                report = reconciliation.reconcile(account, since, until)
                lines, is_good = _lines(report), report.is_explained
            except GatewayError as error:
                lines, is_good = [f"  {error}"], False
            troubles += not is_good
            with tqdm.external_write_mode():  # or the bar is in the middle of the lines
                self.stdout.write("\n".join([str(account), *lines]))
        broken = reconciliation.verify_books(since, until)
        self.stdout.write("".join(f"{one['row']}: {one['code']}\n" for one in broken), ending="")
        if troubles or broken:
            raise CommandError(
                f"{troubles} of {len(accounts)} accounts are not explained, "
                f"and {len(broken)} rows contradict each other."
            )


def _accounts(company: str | None) -> list[Credentials]:
    """Return the accounts, deleted ones too: their payments are in the books."""
    rows = Credentials.objects.order_by("pk")
    if company is None:
        return list(rows)
    if not Company.objects.filter(public_id=company).exists():
        raise CommandError(f"There is no company {company}.")
    return list(rows.filter(company__public_id=company))


def _lines(report: Report) -> list[str]:
    lines = [
        f"  {currency}: "
        + ", ".join(
            f"{name.replace('_', ' ')} {money.to_text(amount, currency)}"
            for name, amount in vars(totals).items()
        )
        for currency, totals in sorted(report.totals.items())
    ]
    unasked = [f"  {report.unasked} payments were not told of"] if report.unasked else []
    return [*lines, *unasked, *map(_finding, report.findings)] or ["  nothing to compare"]


def _finding(finding: Finding) -> str:
    names = (finding.payment, finding.provider_ref, finding.reference, finding.receipt)
    amounts = [
        money.to_text(amount, finding.currency)
        for amount in (finding.at_provider, finding.in_books)
    ]
    which = " ".join(filter(None, names))
    return f"  {finding.code}: provider {amounts[0]}, books {amounts[1]} {finding.currency} {which}"
