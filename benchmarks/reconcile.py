"""What a pass costs over a router with thousands of hotspot users, with that router next door."""

import statistics
import sys
from contextlib import closing

from benchmarks.routeros import log_in, router, timed
from benchmarks.setting import database
from routers.routeros import Endpoint

USERS = 5000
ADDED = 1000
ROUND_TRIP = 0.04
ROUNDS = 5
MENU = "/ip/hotspot/user"
FIELDS = ".id,comment,name,password,profile,limit-uptime,limit-bytes-total,disabled"


def main():
    with database(), router() as neighbour:
        rows = list(measured(neighbour))
    print(f"{'measured':<62}{'result':>10}{'promised':>12}")
    for name, result, promised in rows:
        shown = f"{result:.2f}" if isinstance(result, float) else str(result)
        print(f"{name:<62}{shown:>10}{'' if promised is None else f'<= {promised}':>12}")
    sys.exit(any(promised is not None and result > promised for _, result, promised in rows))


def measured(neighbour):
    from routers.reconcile import services
    from routers.reconcile.providers import PROVIDERS

    wanted = []
    PROVIDERS["benchmark"] = lambda _: wanted
    own = make_router(neighbour.port)

    def make_pass():
        services.mark_dirty([own.pk])
        return services.reconcile(own)

    wanted[:] = map(guest, range(USERS))
    first = timed(make_pass)
    yield f"add {USERS} users, no latency, seconds", first, None

    neighbour.heard()
    with closing(log_in(Endpoint("127.0.0.1", neighbour.port, "admin", "admin"))) as bare:
        idle, printed = in_turns(make_pass, lambda: everything(bare))
    yield f"a pass over {USERS} users with nothing to do, seconds", idle, 2.0
    yield "the same / bare librouteros print of the rows", idle / printed, None
    yield "commands in all of them that were no print", writes(neighbour), 0

    neighbour.set_latency(ROUND_TRIP)
    wanted[:] = map(guest, range(USERS + ADDED))
    yield f"add {ADDED} users to those, {ROUND_TRIP * 1e3:.0f} ms, seconds", timed(make_pass), None
    wanted[:] = ()
    neighbour.set_latency(0)
    make_pass()
    neighbour.set_latency(ROUND_TRIP)
    wanted[:] = map(guest, range(ADDED))
    yield f"add {ADDED} users to none, {ROUND_TRIP * 1e3:.0f} ms, seconds", timed(make_pass), 4.0


def make_router(port):
    from routers.models import Router
    from users import services

    user, _ = services.register(username="bench", email="b@example.com", password="teapot-mango")
    return Router.objects.create(
        company=user.personal_company,
        name="Neighbour",
        host="127.0.0.1",
        port=port,
        username="admin",
        password="admin",
    )


def guest(number):
    from routers.reconcile.rows import Desired

    attributes = {
        "name": f"guest-{number:05}",
        "password": f"{number:06}",
        "profile": "default",
        "limit-uptime": "1h30m",
        "limit-bytes-total": str(500_000_000 + number),
        "disabled": "no",
    }
    return Desired(MENU, f"cp:benchmark:{number}", attributes)


def everything(api):
    return tuple(api(f"{MENU}/print", **{".proplist": FIELDS}))


def in_turns(*acts):
    """Return each one's median, of turns in which all met the same noise."""
    times = [[timed(act) for act in acts] for _ in range(ROUNDS)]
    return map(statistics.median, zip(*times, strict=True))


def writes(neighbour):
    return sum(not command.endswith(("/print", "/login")) for command in neighbour.heard())


if __name__ == "__main__":
    main()
