"""A router's history as a chart wants it: few points, whatever the time that they cover."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.db.models import Q

from routers.fleet.samples import DAY, FINE, HOUR, KEPT, finest_since, hours_since, start_of
from routers.models import Router, RouterSample


@dataclass
class Point:
    """What was seen in one span; the numbers are None where nothing answered with any."""

    checks: int = 0
    answers: int = 0
    cpu_load_sum: int = 0
    cpu_load_max: int = 0
    free_memory_sum: int = 0
    total_memory: int = 0

    def add(self, sample: RouterSample) -> None:
        self.checks += sample.checks
        self.answers += sample.answers
        self.cpu_load_sum += sample.cpu_load_sum
        self.cpu_load_max = max(self.cpu_load_max, sample.cpu_load_max)
        self.free_memory_sum += sample.free_memory_sum
        self.total_memory = max(self.total_memory, sample.total_memory)

    def shown(self) -> dict[str, Any]:
        has_facts = self.answers > 0 and self.total_memory > 0
        return {
            "online": round(self.answers / self.checks, 4),
            "cpu_load": round(self.cpu_load_sum / self.answers, 1) if has_facts else None,
            "cpu_load_max": self.cpu_load_max if has_facts else None,
            "free_memory": self.free_memory_sum // self.answers if has_facts else None,
            "total_memory": self.total_memory if has_facts else None,
        }


def series(
    router: Router, start: datetime, end: datetime, points: int, now: datetime
) -> list[dict[str, Any]]:
    """Return at most `points` spans of equal width from `start` to `end`, the oldest first.

    Their width is a multiple of what is kept of that age. Spans without a check are left out.
    """
    start, end = max(start, now - KEPT[DAY]), min(end, now)
    if start >= end:
        return []
    base = FINE if start >= finest_since(now) else HOUR if start >= hours_since(now) else DAY
    origin = start_of(base, start)
    width = base * ceil((end - origin).total_seconds() / (base * points))

    found: dict[int, Point] = defaultdict(Point)
    for sample in _samples(router, origin, end, now):
        found[int((sample.starts_at - origin).total_seconds() // width)].add(sample)
    return [
        {"at": origin + timedelta(seconds=width * number), "seconds": width, **point.shown()}
        for number, point in sorted(found.items())
    ]


def _samples(
    router: Router, start: datetime, end: datetime, now: datetime
) -> Iterator[RouterSample]:
    """Yield each check once: by the widest samples up to where narrower ones are there."""
    kept = (
        Q(width=DAY, starts_at__lt=hours_since(now))
        | Q(width=HOUR, starts_at__gte=hours_since(now), starts_at__lt=finest_since(now))
        | Q(width=FINE, starts_at__gte=finest_since(now))
    )
    rows = RouterSample.objects.filter(kept, router=router, starts_at__gte=start, starts_at__lt=end)
    return rows.order_by("starts_at").iterator()
