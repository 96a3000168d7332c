"""What a credential costs: a trivial request with one, over the same request without."""

import statistics
import sys
import time

from benchmarks.setting import add_router, database, somebody

ROUNDS = 2000
PROMISED_MS = 1.0
PROMISED = {"access token", "key pair"}  # a router's key also counts its use


def main():
    with database():
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        send = requests()
        medians = measure(list(send.values()))
        counts = []
        for act in send.values():
            with CaptureQueriesContext(connection) as queries:
                act()
            counts.append(len(queries))
        connection.close()

    bare = medians[0]
    print(f"{'measured':<34}{'ms':>8}{'added ms':>10}{'promised':>10}{'ratio':>8}{'queries':>9}")
    for name, took, count in zip(send, medians, counts, strict=True):
        added = f"{took - bare:.3f}" if name != "no credential" else ""
        promised = f"< {PROMISED_MS:.0f}" if name in PROMISED else ""
        print(f"{name:<34}{took:>8.3f}{added:>10}{promised:>10}{took / bare:>8.2f}{count:>9}")
    late = [name for name, took in zip(send, medians, strict=True) if took - bare >= PROMISED_MS]
    sys.exit(bool(PROMISED & set(late)))


def requests():
    """Return what sends each kind of request, by its name; the view does nothing at all."""
    from rest_framework.response import Response
    from rest_framework.test import APIRequestFactory

    from cloudpilot.api import FamilyView
    from routers import keys as router_keys
    from routers.authentication import RouterKeyAuthentication
    from users import keys as user_keys
    from users import tokens

    class Trivial(FamilyView):
        permission_classes = ()

        def get(self, request):
            return Response({"ok": bool(request.user)})

    user = somebody()
    pair = user_keys.make_pair(user, "benchmark")
    bearer = f"Bearer {tokens.start_family(user).access_token}"
    keys = {"HTTP_X_API_KEY": pair.row.public_key, "HTTP_X_PRIVATE_KEY": pair.private_key}
    wrong = {**keys, "HTTP_X_PRIVATE_KEY": pair.private_key[:-1] + "\0"}
    router = add_router(user.personal_company)
    portal = {"HTTP_X_API_KEY": router_keys.issue(router).token}
    factory, people = APIRequestFactory(), Trivial.as_view()
    portals = Trivial.as_view(authentication_classes=(RouterKeyAuthentication,))

    def sending(status=200, view=people, **headers):
        def act():
            assert view(factory.get("/", **headers)).render().status_code == status

        return act

    return {
        "no credential": sending(),
        "access token": sending(HTTP_AUTHORIZATION=bearer),
        "key pair": sending(**keys),
        "key pair, mistyped": sending(401, **wrong),
        "router key": sending(view=portals, **portal),
    }


def measure(acts):
    """Return the median milliseconds of each; they take turns, so all meet the same noise."""
    took = [[] for _ in acts]
    for act in acts:
        act()
    for _ in range(ROUNDS):
        for act, times in zip(acts, took, strict=True):
            started = time.perf_counter()
            act()
            times.append((time.perf_counter() - started) * 1e3)
    return [statistics.median(times) for times in took]


if __name__ == "__main__":
    main()
