from django.utils import timezone

from cloudpilot import jobs
from routers.imports import services
from routers.models import RouterImport

State = RouterImport.State
CANCELLED = "The job was cancelled."


@jobs.task(max_attempts=None, hears_cancel=True)
def import_routers(*, upload: int) -> None:
    """Work through an uploaded list; a second run goes on where the first one ended."""
    row = RouterImport.objects.select_related("company").get(pk=upload)
    running = jobs.current()
    if running.cancelled():
        services.end(row, State.FAILED, CANCELLED)
    if running.job.attempts > services.ATTEMPTS:
        services.end(row, State.FAILED, "Work on the list was interrupted too often.")
    for done in services.work_through(row):
        running.progress(done, row.total)
        if running.cancelled():
            services.end(row, State.FAILED, CANCELLED)


@jobs.every(seconds=3600)
@jobs.task()
def tidy_imports() -> None:
    now = timezone.now()
    services.close_overdue(now)
    services.forget_old(now)
