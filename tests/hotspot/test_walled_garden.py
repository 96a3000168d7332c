"""Guests reach us before they log in, on routers whose portal has a key."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cloudpilot import jobs
from routers import keys
from routers.models import Reconciliation, RouterKey
from routers.reconcile import services

WALLED_GARDEN = "/ip/hotspot/walled-garden/ip"


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_URL = "https://cloud.example.com"


def open_to(device):
    """Return where guests may go; what the router makes of names is its own."""
    rows = [row for row in device.rows(WALLED_GARDEN) if row.get("dynamic") != "true"]
    return [(row.get("dst-host"), row.get("dst-address"), row["action"]) for row in rows]


def test_a_router_with_a_key_lets_guests_through_to_us(device, router):
    keys.regenerate(router)

    jobs.run_due()

    assert open_to(device) == [("cloud.example.com", None, "accept")]


def test_once_the_key_is_revoked_they_are_let_through_no_more(device, router):
    new = keys.regenerate(router)
    jobs.run_due()
    keys.revoke(new.row)

    jobs.run_due()

    assert open_to(device) == []


def test_a_key_that_expires_is_noticed_and_is_no_drift(device, router):
    new = keys.regenerate(router)
    jobs.run_due()
    an_hour_ago = timezone.now() - timedelta(hours=1)
    RouterKey.objects.filter(pk=new.row.pk).update(expires_at=an_hour_ago)
    Reconciliation.objects.update(last_success_at=an_hour_ago - timedelta(minutes=1))

    keys.notice_expired()
    jobs.run_due()

    assert open_to(device) == []
    assert Reconciliation.objects.get().drift_repaired == 0


def test_an_expired_key_is_noticed_once(router):
    keys.regenerate(router)
    RouterKey.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    services.mark_dirty([router.pk])
    Reconciliation.objects.update(
        applied_version=99, desired_version=99, last_success_at=timezone.now()
    )

    keys.notice_expired()

    assert Reconciliation.objects.get().desired_version == 99


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://203.0.113.7:8443", [(None, "203.0.113.7", "accept")]),
        ("https://[2001:db8::7]", []),  # guests of a hotspot have IPv4
    ],
)
def test_an_address_is_let_through_as_one(device, router, settings, url, expected):
    settings.PUBLIC_URL = url
    keys.regenerate(router)

    jobs.run_due()

    assert open_to(device) == expected


def test_a_host_that_was_a_name_and_is_an_address_now_is_written_once(device, router, settings):
    keys.regenerate(router)
    jobs.run_due()
    settings.PUBLIC_URL = "https://203.0.113.7"
    services.mark_dirty([router.pk])

    jobs.run_due()
    _, plan = services.plan_router(router)

    assert open_to(device) == [(None, "203.0.113.7", "accept")]
    assert plan.is_clean


def test_a_router_without_a_key_opens_nothing(device, router):
    services.mark_dirty([router.pk])

    jobs.run_due()

    assert open_to(device) == []
