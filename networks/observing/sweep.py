"""Ask all routers that are in networks, round and round."""

import logging

from django.db import connection

from cloudpilot.errors import DomainError
from networks.observing import asking, services
from networks.observing.asking import Seen
from routers.fleet.asking import ask_all
from routers.models import Router
from routers.routeros import errors

log = logging.getLogger("cloudpilot.networks")

_PLACES = 32


def look_at_all() -> dict[str, int]:
    """Look at every router that is in a network and answers; say how many did."""
    routers = Router.objects.filter(is_active=True, is_online=True, nodes__isnull=False).distinct()
    looked = asked = 0
    for batch in ask_all(routers, _ask, _PLACES):
        for router, seen in batch:
            asked += 1
            if seen is not None:
                looked += _keep(router, seen)
    return {"asked": asked, "looked": looked}


def _keep(router: Router, seen: Seen) -> bool:
    try:
        services.keep(router, seen)
    except Exception:  # one router's trouble is not to be the others': it may have been deleted
        log.exception("could not keep what router %s showed", router.pk)
        return False
    return True


def _ask(router: Router) -> tuple[Router, Seen | None]:
    try:
        return router, asking.ask(router)
    except (errors.RouterOSError, DomainError) as exc:
        log.debug("router %s showed nothing: %s", router.pk, exc)
        return router, None
    finally:
        connection.close()  # of this thread: the first contact over TLS writes
