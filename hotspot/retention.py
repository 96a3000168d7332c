"""How long it is kept who was online, and with which device."""

from datetime import datetime

from django.db import transaction

from cloudpilot.tasks import delete_in_batches
from hotspot.models import Login, Voucher
from hotspot.querysets import VoucherQuerySet

_BATCH = 1000


def forget_before(moment: datetime) -> dict[str, int]:
    """Delete logins that ended before `moment`, and what vouchers last used before it know of devices.

    What vouchers were sold and what was used of them stays: it is bookkeeping, and names nobody.
    """
    logins = Login.objects.filter(ended_at__lt=moment)
    vouchers = Voucher.objects.filter(last_login_at__lt=moment, mac_address__gt="")
    return {"logins": delete_in_batches(logins), "devices": _forget_devices(vouchers)}


def _forget_devices(vouchers: VoucherQuerySet) -> int:
    count = 0
    while keys := list(vouchers.values_list("pk", flat=True)[:_BATCH]):
        with transaction.atomic():
            some = vouchers.filter(pk__in=keys)
            some.lock()
            count += some.update(mac_address="")  # not of those used again meanwhile
    return count
