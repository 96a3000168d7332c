"""Who was online long ago is forgotten; what was sold is not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from hotspot import retention, tasks
from hotspot.models import Login, Voucher
from tests.factories import LoginFactory, RouterFactory, a_voucher

pytestmark = [pytest.mark.sql, pytest.mark.django_db]


@pytest.fixture
def moment():
    return timezone.now() - timedelta(days=365)


def used(router, at):
    voucher = a_voucher(router)
    facts = {"mac_address": "AA:BB:CC:00:00:01", "last_login_at": at, "uploaded": 5}
    Voucher.objects.filter(pk=voucher.pk).update(**facts)
    return voucher


def test_a_login_is_forgotten_when_it_ended_long_ago(moment):
    hour = timedelta(hours=1)
    LoginFactory(ended_at=moment - hour)
    kept = [LoginFactory(ended_at=moment + hour), LoginFactory(at=moment - hour, ended_at=None)]

    assert retention.forget_before(moment)["logins"] == 1
    assert list(Login.objects.order_by("pk")) == kept


def test_a_voucher_forgets_the_device_and_nothing_else(moment):
    router = RouterFactory()
    old, new = (used(router, moment + timedelta(hours=hours)) for hours in (-1, 1))

    assert retention.forget_before(moment)["devices"] == 1
    assert Voucher.objects.get(pk=old.pk).mac_address == ""
    assert Voucher.objects.get(pk=old.pk).uploaded == 5
    assert Voucher.objects.get(pk=new.pk).mac_address == "AA:BB:CC:00:00:01"


def test_many_are_forgotten_a_part_at_a_time(moment, monkeypatch):
    monkeypatch.setattr(retention, "_BATCH", 2)
    router = RouterFactory()
    for _ in range(5):
        used(router, moment - timedelta(hours=1))

    assert retention.forget_before(moment)["devices"] == 5


def test_the_setting_says_how_long_logins_are_kept(settings):
    LoginFactory(ended_at=timezone.now() - timedelta(days=29))
    LoginFactory(ended_at=timezone.now() - timedelta(days=31))

    assert tasks.forget_old_logins()["logins"] == 0
    settings.LOGINS_KEPT_DAYS = 30
    assert tasks.forget_old_logins()["logins"] == 1
