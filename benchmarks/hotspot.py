"""Vouchers by the ten thousand and by the million: making them, listing them, putting them on routers."""

import os
import statistics
import sys
import time

from benchmarks.setting import add_router, client_of, database, missed, show, somebody

ROWS = int(os.environ.get("VOUCHERS", "1000000"))
BATCH = 10_000
PAGES = 60
PROMISED = {1_000: 0.5, BATCH: 3.0}
PROMISED_PAGE_MS = 15


def main():
    with database():
        client, package = shop()
        measure_batches(client, package)
        measure_desired_rows(package.router)
        count_rows()
        measure_lists(client, package, BATCH)
        fill(package)
        count_rows()
        measure_lists(client, package, ROWS)
    sys.exit(bool(missed))


def shop():
    """Return a client that speaks for an operator, and a package of theirs."""
    from hotspot.models import Package

    user = somebody()
    company = user.personal_company
    package = Package.objects.create(
        company=company, router=add_router(company), name="Day", package_type="hourly",
        duration_hours=24, price=5000, download_speed_mbps=5, upload_speed_mbps=2,
        data_limit_mb=500,
    )  # fmt: skip
    return client_of(user), package


def measure_batches(client, package):
    from hotspot.models import Voucher

    for count, promised in PROMISED.items():
        took = []
        for _ in range(3):
            body = {"package": package.pk, "count": count}
            began = time.perf_counter()
            response = client.post("/hotspot/vouchers/batches/", body, format="json")
            took.append(time.perf_counter() - began)
            assert response.status_code == 201, response.content
        show(f"{count:,} vouchers in one request", statistics.median(took), "s", promised)
    indexes = Voucher.objects.values_list("code_index", flat=True)
    show("of them with the code of another", indexes.count() - len(set(indexes)), "", 0)


def measure_desired_rows(router):
    from hotspot.desired import vouchers
    from hotspot.models import Voucher

    keep = Voucher.objects.order_by("-pk")[BATCH - 1].pk
    Voucher.objects.filter(pk__lt=keep).update(revoked_at="2026-01-01T00:00:00Z")
    began = time.perf_counter()
    rows = list(vouchers.users(router))
    assert len(rows) == BATCH
    show(f"{BATCH:,} vouchers as rows for their router", time.perf_counter() - began, "s", 1.0)


def count_rows():
    """Do what a worker does each hour."""
    from cloudpilot.tasks import count_rows_for_the_planner

    count_rows_for_the_planner()


def fill(package):
    """Add vouchers until there are as many as promised."""
    from django.db import transaction

    from hotspot.copies import make_copies
    from hotspot.models import Voucher

    first = Voucher.objects.filter(package=package, revoked_at=None).first()
    while (missing := ROWS - Voucher.objects.count()) > 0:
        with transaction.atomic():
            make_copies(first, min(missing, BATCH))


def measure_lists(client, package, rows):
    from hotspot.models import Voucher

    pks = Voucher.objects.order_by("pk")
    middle = pks[Voucher.objects.count() // 2]
    one = pks.last()
    pages = {
        "the first page": {},
        "a page in the middle": {"cursor": middle.pk},
        "of a router": {"router": package.router_id},
        "of a batch": {"batch": pks.exclude(batch=None).last().batch_id},
        "those not used yet": {"state": "unused"},
        "those in use": {"state": "active"},
        "those that are paused": {"state": "paused"},
        "those that have expired": {"state": "expired"},
        "the one with a code": {"search": one.code},
        "those of a name": {"search": "Ada"},
    }
    for name, query in pages.items():
        took, cpu = [], []
        for _ in range(PAGES):
            began, began_cpu = time.perf_counter(), time.process_time()
            response = client.get("/hotspot/vouchers/", {"limit": 50, **query})
            took.append((time.perf_counter() - began) * 1e3)
            cpu.append((time.process_time() - began_cpu) * 1e3)
            assert response.status_code == 200, response.content
        what = f"50 of {rows:,}, {name}: p50 (cpu {statistics.median(cpu):.1f})"
        show(what, statistics.median(took), "ms", PROMISED_PAGE_MS)


if __name__ == "__main__":
    main()
