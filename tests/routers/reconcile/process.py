"""A pass in a process of its own: `python -m tests.routers.reconcile.process ROUTER GUESTS LEASE`."""

import sys

import django


def main(router, guests, lease_seconds):
    from django.conf import settings

    from routers.models import Router
    from routers.reconcile import services
    from routers.reconcile.providers import PROVIDERS
    from tests.routers.reconcile.guests import guest

    settings.RECONCILE_LEASE_SECONDS = float(lease_seconds)
    PROVIDERS["test"] = lambda router: [guest(number) for number in range(int(guests))]
    services.reconcile(Router.objects.get(pk=router))


if __name__ == "__main__":
    django.setup()
    main(*sys.argv[1:])
