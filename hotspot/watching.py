"""Looking at a router's guests: who is online, what they use, and who should not be there.

Each look is whole in itself. What one misses (a worker that died, a router that was away) the next
one finds, and what is found twice is counted once.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from cloudpilot.errors import DomainError
from hotspot import live
from hotspot.accounting import Look
from hotspot.live import Unwanted
from hotspot.models import Login, Voucher, Watch
from routers.models import Router

log = logging.getLogger("cloudpilot.hotspot")

SECONDS = 10.0
# For somebody who waits, and can do without the answer.
_IMPATIENT_SECONDS = 3.0
# Looking is waiting, mostly: for routers, and none should wait for another that is slow.
_AT_ONCE = 8


def watch_all() -> dict[str, int]:
    """Look at every router on which somebody could be online; answers how that went."""
    outcomes: Counter[str] = Counter()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        outcomes.update(pool.map(_watch_or_say_why, to_watch()))
    return dict(outcomes)


def _watch_or_say_why(router: Router) -> str:
    try:
        watch(router)
    except DomainError as exc:
        return exc.code
    except Exception:  # one router's trouble is not to be the others'
        log.exception("could not look at router %s", router.pk)
        return "failed"
    finally:
        connection.close()
    return "seen"


def to_watch() -> QuerySet[Router]:
    """Return the routers that answer, and on which somebody could be online with a voucher."""
    usable = Voucher.objects.filter(router=OuterRef("pk"), revoked_at=None, ended_at=None)
    online = Login.objects.filter(router=OuterRef("pk"), ended_at=None)
    routers = Router.objects.filter(is_active=True, is_online=True)
    return routers.filter(Exists(usable) | Exists(online)).order_by("pk")


def watch(router: Router) -> None:
    """Look at a router once: count, and put out whoever is not entitled.

    Raises `RouterUnreachable`, and `RouterRefused` if the account may not look.
    """
    with live.speaking_to(router, SECONDS) as (session, deadline):
        rows = live.online(session, deadline)
        now = timezone.now()
        sessions = [live.read_online(row, now) for row in rows]
        look = Look(router, sessions, now)
        names = look.names_to_count()
        counts_all = look.counts_all or len(names) > live.MOST_NAMES
        counted = live.counters(session, deadline, names, and_all_of_ours=counts_all)
        if sessions and counted.ours:
            # A session that ended in between is in both, and would count twice.
            look.note_still_online(live.online(session, deadline))
        if counts_all:
            look.login_url = live.login_url(session, deadline)
    if look.settle(counted, all_counted=counts_all):
        # Those who are in come first: of the others only cookies are left, and they may be many.
        put_out(router, [*look.unwanted(), *look.just_ended()])


def put_out(router: Router, unwanted: Iterable[Unwanted]) -> int:
    """End these sessions and take their cookies; answers how many it ended.

    Raises `RouterUnreachable`, or `RouterRefused` if the account may not look.
    """
    unwanted = list(unwanted)
    if not unwanted:
        return 0
    with live.speaking_to(router, SECONDS) as (session, deadline):
        return live.put_out(session, deadline, unwanted)


def login_url_of(router: Router) -> str:
    """Return where a router's guests log in; the router is asked if no look has learnt it yet.

    Empty if it does not say, or is away.
    """
    watch, _ = Watch.objects.get_or_create(router=router)
    if watch.login_url or not router.is_active:
        return watch.login_url
    try:
        with live.speaking_to(router, _IMPATIENT_SECONDS) as (session, deadline):
            url = live.login_url(session, deadline)
    except DomainError:
        return ""
    Watch.objects.filter(pk=watch.pk, login_url="").update(login_url=url)
    return url
