from collections.abc import Iterator

from django.db.models import Count
from prometheus_client.core import GaugeMetricFamily

from cloudpilot.jobs import clock
from cloudpilot.jobs.models import Job, Worker
from cloudpilot.metrics import gauges


@gauges
def job_gauges() -> Iterator[GaugeMetricFamily]:
    now = clock.now()
    jobs = GaugeMetricFamily("cloudpilot_jobs", "Jobs that are kept.", labels=["task", "state"])
    for task, state, count in Job.objects.values_list("task", "state").annotate(Count("pk")):
        jobs.add_metric([task, state], count)
    yield jobs

    oldest = Job.objects.due(now).order_by("due_at").first()
    waited = (now - oldest.due_at).total_seconds() if oldest else 0
    yield GaugeMetricFamily(
        "cloudpilot_jobs_oldest_due_seconds", "How long the oldest due job has waited.", waited
    )

    live = Worker.objects.live(now)
    yield GaugeMetricFamily(
        "cloudpilot_workers", "Processes that run jobs and are alive.", live.count()
    )
    yield GaugeMetricFamily(
        "cloudpilot_worker_threads", "How many jobs they run at a time.", live.threads()
    )
