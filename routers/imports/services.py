from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from cloudpilot.querysets import count_kinds
from routers.imports.csv_file import read_list
from routers.imports.judging import Endpoint, Judge, Judged
from routers.models import Router, RouterImport, RouterImportRow
from routers.reconcile import services as reconcile
from users.models import Company

KEPT = timedelta(days=90)
DONE_WITHIN = timedelta(days=1)
ATTEMPTS = 5
_AT_ONCE = 200  # routers a transaction, so that nobody else waits long to write

State = RouterImport.State
Outcome = RouterImportRow.Outcome
_UNDER_WAY = (State.QUEUED, State.RUNNING)


def start(company: Company, text: str, *, dry_run: bool, user: Any) -> RouterImport:
    """Keep an uploaded list, sealed, until it has been worked through; `text` is readable."""
    return RouterImport.objects.create(
        company=company,
        user=user,
        user_name=user.get_username(),
        dry_run=dry_run,
        content=text,
        total=len(read_list(text)),
    )


def with_counts(uploads: Any) -> list[RouterImport]:
    """Return the imports, each with `counts`: how many of its lines came to which outcome."""
    uploads = list(uploads)
    rows = RouterImportRow.objects.all()
    count_kinds(rows, of="upload", owners=uploads, field="outcome", kinds=Outcome)
    return uploads


def work_through(upload: RouterImport) -> Iterator[int]:
    """Report on each line of a list, and add its router unless it is a dry run.

    Yields how many lines are done, after each transaction: a router and the report on its line
    are written in one, so whoever goes on after a crash adds none twice.
    """
    if upload.state not in _UNDER_WAY:
        return
    lines = iter(read_list(upload.content))
    judge = Judge(upload.company)
    done = 0
    while chunk := [judge.judge(line) for line in islice(lines, _AT_ONCE)]:
        if not _report(upload, chunk):
            return
        done += len(chunk)
        yield done
    end(upload, State.DONE)


def end(upload: RouterImport, state: State, error: str = "") -> None:
    """End an import that is under way, and empty it of the list, which holds passwords."""
    with transaction.atomic():
        row = _locked(upload)
        if row:
            row.state, row.error, row.content = state, error, ""
            row.finished_at = timezone.now()
            row.save(update_fields=["state", "error", "content", "finished_at"])


def close_overdue(now: datetime) -> None:
    """Give up the imports that are not over within a day, such as those whose job was cancelled."""
    for upload in RouterImport.objects.filter(
        state__in=_UNDER_WAY, created_at__lt=now - DONE_WITHIN
    ):
        end(upload, State.FAILED, "The list was not worked through within a day.")


def forget_old(now: datetime) -> None:
    """Delete the reports of more than 90 days ago; the routers stay."""
    RouterImport.objects.filter(created_at__lt=now - KEPT).delete()


def _report(upload: RouterImport, chunk: list[Judged]) -> bool:
    """Write down what becomes of these lines; False if the import is over.

    Of two workers at once, one waits for the other and finds the lines reported.
    """
    with transaction.atomic():
        row = _locked(upload)
        if row is None:
            return False
        row.state = State.RUNNING
        row.save(update_fields=["state"])
        last = upload.rows.aggregate(last=Max("line"))["last"] or 0
        _write(upload, [judged for judged in chunk if judged.line.number > last])
    return True


def _locked(upload: RouterImport) -> RouterImport | None:
    rows = RouterImport.objects.filter(pk=upload.pk, state__in=_UNDER_WAY)
    return rows.select_for_update().first()


def _write(upload: RouterImport, chunk: list[Judged]) -> None:
    there = _routers_at(upload.company, [judged.endpoint[0] for judged in chunk if judged.endpoint])
    reports = [_report_on(upload, judged, there) for judged in chunk]
    new = [report.router for report in reports if report.router and not report.router.pk]
    Router.objects.bulk_create(new)
    reconcile.mark_dirty([router.pk for router in new])
    RouterImportRow.objects.bulk_create(reports)


def _routers_at(company: Company, hosts: list[str]) -> dict[Endpoint | None, Router]:
    rows = Router.objects.filter(company=company, host__in=hosts)
    return {(router.host, router.port): router for router in rows.only("pk", "host", "port")}


def _report_on(
    upload: RouterImport, judged: Judged, there: dict[Endpoint | None, Router]
) -> RouterImportRow:
    report = RouterImportRow(
        upload=upload,
        company=upload.company,
        line=judged.line.number,
        name=judged.line.values.get("name", "")[:100],
        host=judged.line.values.get("host", "")[:253],
        errors=judged.errors,
    )
    if judged.router is None:
        report.outcome = Outcome.INVALID
    elif judged.twin:
        report.outcome = Outcome.DUPLICATE
        report.errors = {"host": [f"Line {judged.twin} has this host and port too."]}
    elif twin := there.get(judged.endpoint):
        report.outcome, report.router = Outcome.DUPLICATE, twin
        report.errors = {"host": ["The company has a router with this host and port."]}
    elif upload.dry_run:
        report.outcome = Outcome.VALID
    else:
        report.outcome, report.router = Outcome.CREATED, judged.router
    return report
