"""Purchases while everything fails: processes, database, providers, routers. Is any money lost?"""

import json
import os
import random
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from operator import attrgetter
from pathlib import Path

from tqdm import tqdm

from payments.simulator import ProviderSimulator
from routers.simulator import Simulator
from tests.on_postgres import running_server

PURCHASES = int(os.environ.get("PURCHASES", "1000"))
GUESTS = int(os.environ.get("GUESTS", "16"))  # at once
SEED = int(os.environ.get("SEED", "1"))
CAFES = 4
WORKERS = 2
LOOKS = 0.5  # seconds between two looks of a guest
PATIENCE = 60.0  # seconds that a guest looks for
RECOVERY = 240.0  # seconds in which all must be right once nothing fails any more
OFTEN = 4  # times as often as all of us, or the database, one process is killed
SLOWEST = 10  # purchases that are shown with what failed meanwhile
# What guests and providers do, as the simulator tells by a phone's last digits, and how often.
STORIES = {
    "000": 50, "001": 2, "002": 2, "004": 15, "005": 6, "006": 6, "008": 3, "009": 4, "011": 2,
    "012": 2, "018": 4, "019": 4,
}  # fmt: skip
WITHOUT_WEBHOOK = {"004", "009", "011", "018", "019"}


def main():
    with ExitStack() as stack:
        folder = os.environ.get("KEPT_IN") or stack.enter_context(tempfile.TemporaryDirectory())
        database = stack.enter_context(running_server()) if "postgresql" in sys.argv else None
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "cloudpilot.settings", "STATE_DIR": folder,
            "DATABASE_URL": database.url if database else f"sqlite:///{folder}/db.sqlite3",
        }  # fmt: skip
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            port = free.getsockname()[1]
        providers = stack.enter_context(ProviderSimulator(running=True, seed=SEED))
        routers = stack.enter_context(Simulator(count=CAFES))
        os.environ |= {
            "PORT": str(port), "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "ALLOWED_HOSTS": "127.0.0.1", "KOPOKOPO_BASE_URL": providers.url("kopokopo"),
        }  # fmt: skip
        cafes = open_cafes(providers, routers)
        log = stack.enter_context((Path(folder) / "log").open("wb"))
        run = [sys.executable, "-m", "gunicorn", "-c", "python:cloudpilot.gunicorn_conf"]
        web = stack.enter_context(Kept(run, log))
        work = [sys.executable, "manage.py", "run_worker"]
        workers = [stack.enter_context(Kept(work, log)) for _ in range(WORKERS)]
        wait_for(port)
        began = datetime.now(UTC) - timedelta(minutes=1)
        chaos = Chaos(providers, routers, web, workers, database, port)
        with chaos:
            guests = sell(port, cafes)
        sys.exit(not report(providers, guests, chaos, recover(providers, began)))


def open_cafes(providers, routers):
    """Return for each café its router's key and its package, all of one company."""
    import django
    from django.core.management import call_command
    from django.db import connection, transaction

    django.setup()
    call_command("migrate", verbosity=0)
    from hotspot.models import Package
    from payments.credentials import services as credentials
    from routers import keys
    from routers.models import Router
    from users import services

    user, _ = services.register(
        username=f"campaign-{secrets.token_hex(4)}",
        email="a@example.com",
        password="mango-teapot-7",
    )
    company = user.personal_company
    given = providers.open_account("kopokopo")
    changes = {name: given[name] for name in ("api_key", "private_key", "extra")}
    with transaction.atomic():
        account = credentials.open_account(company, named="kopokopo", **changes)
    providers.set_webhook_url(given, account.webhook_url)
    cafes = []
    for device in routers.devices:
        router = Router.objects.create(
            company=company, name=f"Café {device.port('api')}", host="127.0.0.1",
            port=device.port("api"), username="admin", password="admin",
        )  # fmt: skip
        package = Package.objects.create(
            company=company, router=router, name="Day", package_type="hourly", duration_hours=24,
            price=2000, download_speed_mbps=5, upload_speed_mbps=2,
        )  # fmt: skip
        cafes.append((keys.issue(router).token, package.pk))
    connection.close()
    return cafes


class Kept:
    """A process that is started again whenever it dies, as a supervisor does."""

    def __init__(self, command, log):
        self._command, self._log = command, log
        self._over = threading.Event()
        self._start()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._over.set()
        self._thread.join()
        self.process.terminate()
        self.process.wait()

    @property
    def children(self):
        return _children(self.process.pid)

    def kill(self):
        """End it, and what it has started, with no time for anything; another follows."""
        killed = self.process
        for pid in [killed.pid, *self.children]:
            os.kill(pid, signal.SIGKILL)
        while self.process is killed:
            time.sleep(0.05)

    def _start(self):
        self.process = subprocess.Popen(self._command, stdout=self._log, stderr=self._log)

    def _keep(self):
        while not self._over.wait(0.2):
            if self.process.poll() is not None:
                self._start()


def _children(pid):
    try:
        return [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


class Chaos:
    """Something fails every few seconds, until the block ends; then all is put right.

    Whatever was killed is back before the next thing fails, however slow the machine is: what dies
    together is what is killed together.
    """

    def __init__(self, providers, routers, web, workers, database, port):
        self._providers, self._routers, self._web, self._workers = providers, routers, web, workers
        self._database, self._port = database, port
        self._dice = random.Random(SEED)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.done = []  # what, from when and until when
        self.returns = []  # by router's port: when it went, and when it came back

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._over.set()
        self._thread.join()
        self._providers.faults.clear()

    def during(self, began, ended):
        """Return what failed in this time, or shortly before it."""
        return [what for what, start, end in self.done if start <= ended and end >= began - 5]

    def nothing_ran(self, began, ended):
        """Return for how many seconds of this time nobody could have been told anything."""
        outages = [times for what, *times in self.done if what in ("kill_all", "kill_database")]
        return sum(max(0.0, min(ended, end) - max(began, start)) for start, end in outages)

    def _run(self):
        acts = []
        while not self._over.wait(self._dice.uniform(2, 6)):
            acts = acts or self._deck()
            act = acts.pop()
            began = time.time()
            act()
            self.done.append((act.__name__.strip("_"), began, time.time()))

    def _deck(self):
        """Return all that can fail, in an order of chance, so that nothing of it is left out."""
        acts = OFTEN * [
            self._kill_worker, self._kill_web, self._cut_router, self._drop_answers, self._refuse,
        ] + [self._kill_all] + [self._kill_database] * bool(self._database)  # fmt: skip
        self._dice.shuffle(acts)
        return acts

    def _kill_worker(self):
        worker = self._dice.choice(self._workers)
        worker.kill()
        self._wait_until_at_work([worker])

    def _kill_web(self):
        if children := self._web.children:
            os.kill(self._dice.choice(children), signal.SIGKILL)

    def _kill_all(self):
        """Kill every process of ours at once, in whatever transaction it is."""
        for kept in (self._web, *self._workers):
            kept.kill()
        self._wait_until_well()
        self._wait_until_at_work(self._workers)

    def _kill_database(self):
        self._database.kill()
        self._database.start()
        self._wait_until_well()

    def _wait_until_well(self):
        time.sleep(0.2)  # or it is a process that is being killed that answers
        while not call(self._port, "", "/health/", None, {}):
            time.sleep(0.05)

    def _wait_until_at_work(self, workers):
        while not _have_entered({worker.process.pid for worker in workers}):
            time.sleep(0.1)

    def _cut_router(self):
        device = self._dice.choice(self._routers.devices)
        gone = datetime.now(UTC)
        device.switch_off()
        self._over.wait(self._dice.uniform(5, 15))
        device.switch_on()
        self.returns.append((device.port("api"), gone, datetime.now(UTC)))

    def _drop_answers(self):
        route = self._dice.choice(["charge", "fetch", "token"])
        effect = self._dice.choice(["drop_request", "drop_response"])
        self._providers.faults.add(
            "kopokopo", route, times=self._dice.randint(1, 3), **{effect: True}
        )

    def _refuse(self):
        status = self._dice.choice([429, 500, 503])
        self._providers.faults.add("kopokopo", "", times=self._dice.randint(1, 5), status=status)


def _have_entered(pids):
    """Whether the workers with these pids are in the list of workers."""
    from django.db import Error, connection

    from cloudpilot.models import Worker

    try:
        return Worker.objects.filter(pid__in=pids).count() == len(pids)
    except Error:  # a connection from before the database was killed
        return False
    finally:
        connection.close()


def wait_for(port):
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)


def sell(port, cafes):
    """Let all guests buy and look until they see a code, or have no more patience."""
    dice = random.Random(SEED)
    stories = dice.choices(list(STORIES), STORIES.values(), k=PURCHASES)
    with ThreadPoolExecutor(GUESTS) as pool:
        orders = [(port, *cafes[n % CAFES], f"+2547{n:05}{s}") for n, s in enumerate(stories)]
        bought = pool.map(lambda order: buy(*order), orders)
        return [*tqdm(bought, total=PURCHASES, disable=None, leave=False)]


def buy(port, key, package, phone):
    """Return what a guest was told last, and when a code was seen."""
    order = {"package": package, "phone_number": phone}
    again = {"Idempotency-Key": phone}
    until = time.time() + PATIENCE
    seen = {"status": "not sold", "phone": phone, "at": None, "receipt": None}
    while time.time() < until and not seen["at"]:
        path = f"/portal/purchases/{seen['receipt']}/" if seen["receipt"] else "/portal/purchases/"
        said = call(port, key, path, None if seen["receipt"] else order, again)
        if said:
            seen |= {"status": said["status"], "receipt": said["receipt"]}
            seen["at"] = time.time() if said["voucher"] else None
            if said["status"] in ("failed", "review"):
                break
        time.sleep(LOOKS)
    return seen


def call(port, key, path, body, headers):
    """Return what was answered, None if nothing good was: whoever asks does so again."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"X-API-KEY": key, "Content-Type": "application/json", **headers}
    try:
        method, data = ("POST", json.dumps(body)) if body else ("GET", None)
        connection.request(method, path, data, headers if body else {"X-API-KEY": key})
        response = connection.getresponse()
        said = response.read()
        return json.loads(said) if response.status in (200, 201) else None
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        connection.close()


def recover(providers, began):
    """Wait until all is right, and return what is not by the end of its time."""
    until = time.time() + RECOVERY
    while (found := judge(providers))["lost"] != 0 and time.time() < until:
        time.sleep(2)
    from payments import reconciliation
    from payments.models import Credentials

    now = datetime.now(UTC)
    compared = reconciliation.reconcile(Credentials.objects.get(), began, now)
    broken = reconciliation.verify_books(began, now)
    found["unexplained"] = len(compared.findings) + len(broken)
    return found


def judge(providers):
    """Compare what the providers took with what guests were given for it."""
    from django.db import Error, connection

    try:
        return _judge(providers)
    except Error:  # it was killed a moment ago
        connection.close()
        return {"lost": None}


def _judge(providers):
    from hotspot.models import Voucher
    from payments.models import Attempt, Payment

    paid = providers.ledger.moved()
    rows = Attempt.objects.select_related("payment__voucher", "payment__router")
    attempts = {row.reference: row for row in rows}
    found = Counter(lost=0, on_router=0, review=0, refunded=0, vouchers=0)
    charged = Counter()
    for entry in paid:
        attempt = attempts.get(entry.reference)
        payment = attempt.payment if attempt else None
        charged[payment.pk if payment else entry.reference] += 1
        if payment and payment.state in ("review", "refunded", "refund_pending"):
            found["review" if payment.state == "review" else "refunded"] += 1
        elif payment and payment.voucher and payment.voucher.on_router_at:
            found["on_router"] += 1
        else:
            found["lost"] += 1
    sold = Voucher.objects.filter(source=Voucher.Source.SALE)
    found["vouchers"] = sold.count()
    extra = sold.count() - Payment.objects.exclude(voucher=None).count()
    twice = sum(times - 1 for times in charged.values())
    return {**found, "paid": len(paid), "duplicated": extra + twice}


def report(providers, guests, chaos, found):
    """Print what happened; answer whether it is what is promised."""
    from django.db import connection

    failed = Counter(what for what, *_ in chaos.done)
    told = Counter(guest["status"] for guest in guests)
    print(f"{connection.vendor}: {PURCHASES} purchases, {GUESTS} guests at once, {dict(failed)}")
    print(f"guests were told last: {dict(told)}")
    for name in ("paid", "vouchers", "on_router", "review", "refunded"):
        print(f"{name:<56}{found[name]:>8}")
    good = True
    for name in ("lost", "duplicated", "unexplained"):
        print(f"{name:<56}{found[name]:>8}   promised 0")
        good &= found[name] == 0
    waits = _waits(providers, guests, chaos)
    for how, promised in (("with", 3), ("without", 20)):
        some = [wait for wait in waits if (wait.story in WITHOUT_WEBHOOK) == (how == "without")]
        _print_seconds(f"paid to code seen, {how} webhook", [wait.seconds for wait in some])
        own = "  less the time in which nothing of ours ran"
        p99 = _print_seconds(own, [wait.own for wait in some], f"p99 <= {promised}")
        good &= p99 <= promised
    worst = max(_access_after_return(chaos), default=0.0)
    good &= worst <= 60
    print(f"{'access after a router is back, at most, s':<56}{worst:>8.1f}   promised <= 60")
    print("the slowest, less the time in which nothing of ours ran, and what failed meanwhile:")
    for wait in sorted(waits, key=attrgetter("own"), reverse=True)[:SLOWEST]:
        meanwhile = ", ".join(chaos.during(wait.paid_at, wait.seen_at))
        print(f"  {wait.own:5.1f} s of {wait.seconds:5.1f} s, {wait.phone}: {meanwhile}")
    return good


@dataclass(frozen=True)
class Wait:
    """How long a guest who had paid saw no code."""

    phone: str
    paid_at: float
    seen_at: float
    own: float  # less the time in which nothing of ours ran, or the database was away

    @property
    def story(self):
        return self.phone[-3:]

    @property
    def seconds(self):
        return max(0.0, self.seen_at - self.paid_at)


def _waits(providers, guests, chaos):
    from payments.models import Payment

    refs = {payment.receipt: payment.provider_ref for payment in Payment.objects.all()}
    when = {entry.ref: entry.time for entry in providers.ledger.moved()}
    waits = []
    for guest in guests:
        if guest["at"] and (paid_at := when.get(refs.get(guest["receipt"]))):
            own = guest["at"] - paid_at - chaos.nothing_ran(paid_at, guest["at"])
            waits.append(Wait(guest["phone"], paid_at, guest["at"], max(0.0, own)))
    return waits


def _print_seconds(title, seconds, promised=""):
    """Print how long it took; returns the p99."""
    p50, p95, p99 = (_percentile(seconds, share) for share in (50, 95, 99))
    promise = f"   promised {promised}" if promised else ""
    print(f"{f'{title}: p50 p95 p99, s':<56}{p50:>8.2f}{p95:>8.2f}{p99:>8.2f}{promise}")
    return p99


def _percentile(values, share):
    return statistics.quantiles(values, n=100)[share - 1] if len(values) > 1 else 0.0


def _access_after_return(chaos):
    """Return for each voucher that waited for a router the seconds from its return to access."""
    from payments.models import Payment

    sold = Payment.objects.exclude(voucher=None).select_related("voucher", "router")
    return [
        (payment.voucher.on_router_at - back).total_seconds()
        for payment in sold
        for port, gone, back in chaos.returns
        if payment.router.port == port
        and gone <= payment.settled_at <= back
        and payment.voucher.on_router_at
        and payment.voucher.on_router_at > back
    ]


if __name__ == "__main__":
    main()
