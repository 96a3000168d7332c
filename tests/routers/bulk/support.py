"""Send bulk commands, and be the worker that carries them out."""

from django.utils import timezone

from cloudpilot import jobs
from cloudpilot.jobs.models import Job
from routers.models import CommandBatch, CommandResult

PATH = "/routers/commands/"
EVERY = {"all": True}


def post(client, command="/ip/address/print", routers=EVERY, **body):
    return client.post(PATH, {"command": command, "routers": routers, **body})


def work(rounds=100):
    """Do all that there is to do, waiting for nothing that is to be tried again later."""
    for _ in range(rounds):
        Job.objects.filter(state=Job.State.QUEUED).update(due_at=timezone.now())
        if not jobs.run_due():
            return


def batch_of(response):
    return CommandBatch.objects.get(public_id=response.json()["id"])


def outcomes(response):
    """Return the state of each result of the batch that was answered, by router."""
    rows = CommandResult.objects.filter(batch__public_id=response.json()["id"])
    return dict(rows.order_by("router_id").values_list("router_id", "state"))
