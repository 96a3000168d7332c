"""Who may be the hub process: one at a time, for two would give each network two keys in turn."""

import socket
import time

from django.db import IntegrityError
from django.db.models import Q

from cloudpilot.jobs import clock
from cloudpilot.jobs.leases import worker_name
from networks.models import HubProcess
from networks.models.hub import LEASE


class ProcessLease:
    """One process's claim. While it is held, the API knows that the process is there."""

    def __init__(self) -> None:
        self._name = worker_name()
        self._said: tuple[str, float] = ("", float("-inf"))

    def hold(self, problem: str) -> bool:
        """Say that we are here, and what we suffer from; False while another process is."""
        told, told_at = self._said
        if told == problem and time.monotonic() - told_at < LEASE.total_seconds() / 4:
            return True
        now = clock.now()
        facts = {"holder": self._name, "host": socket.gethostname()[:255],
                 "problem": problem[:500], "seen_at": now}  # fmt: skip
        is_free = Q(holder=self._name) | Q(seen_at__lte=now - LEASE)
        if not HubProcess.objects.filter(is_free).update(**facts) and not _is_first(facts):
            self._said = ("", float("-inf"))
            return False
        self._said = problem, time.monotonic()
        return True

    def release(self) -> None:
        HubProcess.objects.filter(holder=self._name).delete()


def _is_first(facts: dict[str, object]) -> bool:
    if HubProcess.objects.exists():
        return False
    try:
        HubProcess.objects.create(pk=HubProcess.ONLY, **facts)
    except IntegrityError:
        return False  # another one was quicker
    return True
