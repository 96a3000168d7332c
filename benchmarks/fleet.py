"""What it costs to know how a thousand routers are, and what a silent one costs the others."""

import http.client
import json
import multiprocessing
import os
import resource
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Event, Thread

from benchmarks.setting import add_router, database, somebody

ROUND_TRIP = 0.02
FLEET, SILENT = 1000, 50
SWEEPS = 4

USED, CLIENTS, THINKING = 49, 6, 0.02
TURNS, TURN_SECONDS = 24, 1.5
DEADLINE = 10.0


def main() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    print(f"{'measured':<64}{'result':>10}{'promised':>12}")
    with database():
        for measure in (sweeps, neighbours):
            for name, result, promised in measure():
                print(f"{name:<64}{result:>10}{promised:>12}", flush=True)


# --- The sweeps -----------------------------------------------------------------------------


def sweeps() -> Iterator[tuple[str, str, str]]:
    from django.utils import timezone

    from routers.fleet.sweeps import sweep_fleet, sweep_silent
    from routers.models import Router, RouterStatus

    with routers(FLEET) as (ports, set_faults):
        user = somebody()
        for port in ports:
            add_router(user.personal_company, port=port)
        set_faults(range(FLEET), latency=ROUND_TRIP)
        first = timed(sweep_silent)
        sweep_fleet()  # from here on it knows how long each takes
        well, newly, known, patient = [], [], [], []
        falling_silent = range(0, FLEET, FLEET // SILENT)
        for _ in range(SWEEPS):
            well += [timed(sweep_fleet), timed(sweep_fleet)]
            set_faults(falling_silent, silent=True)
            newly.append(timed(sweep_fleet))
            patient.append(timed(sweep_silent))
            known += [timed(sweep_fleet), timed(sweep_fleet)]
            set_faults(falling_silent, silent=False)
            RouterStatus.objects.exclude(next_check_at=None).update(next_check_at=timezone.now())
            sweep_silent()  # over new connections
        assert RouterStatus.objects.filter(is_up=True).count() == FLEET
        Router.objects.all().delete()

    usual = statistics.median(well)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    of = f"{FLEET} routers, {ROUND_TRIP * 1e3:.0f} ms round trip"
    yield f"first contact with {of}, seconds", f"{first:.2f}", ""
    yield f"sweep of {of}, seconds", f"{usual:.2f}", "<= 10"
    yield "most memory of the sweeping process, MB", f"{peak:.0f}", "< 300"
    ratio = statistics.median(newly) / usual
    yield f"{SILENT} of them have just fallen silent, times as long", f"{ratio:.2f}", "<= 1.2"
    ratio = statistics.median(known) / usual
    yield f"{SILENT} of them are known to be silent, times as long", f"{ratio:.2f}", "<= 1.2"
    yield f"to be sure of {SILENT} silent ones, seconds", f"{statistics.median(patient):.2f}", ""


# --- The neighbours of a silent router ------------------------------------------------------


def neighbours() -> Iterator[tuple[str, str, str]]:
    """Use 49 routers through two web servers in short turns; of one a silent router is asked too.

    Of the other, as often, one that answers.
    """
    from users import tokens

    with routers(USED + 2) as (ports, set_faults), web_server() as calm, web_server() as beside:
        user = somebody()
        *used, well, silent = [add_router(user.personal_company, port=port).pk for port in ports]
        set_faults(range(USED + 2), latency=ROUND_TRIP)
        set_faults([USED + 1], silent=True)
        bearer = f"Bearer {tokens.start_family(user).access_token}"
        with insisting(calm, bearer, well) as heard, insisting(beside, bearer, silent) as unheard:
            took: dict[int, list[float]] = {calm: [], beside: []}
            for turn in range(2 * TURNS):
                port = (calm, beside)[turn % 2]
                taken = use(port, bearer, used)
                took[port] += taken if turn > 3 else []  # the first turns make connections

    assert {status for status, _ in heard} == {200}
    assert {status for status, _ in unheard} == {503}
    usual, with_silent = (statistics.quantiles(took[port], n=20)[-1] for port in (calm, beside))
    slowest = max(seconds for _, seconds in unheard)
    yield "p95 of a call to one of 49 routers, ms", f"{usual * 1e3:.0f}", ""
    yield "the same beside a silent one, times", f"{with_silent / usual:.2f}", "<= 1.1"
    yield "slowest 503 of the silent one, seconds", f"{slowest:.2f}", f"<= {DEADLINE * 1.1:.0f}"


def use(port: int, bearer: str, used: list[int]) -> list[float]:
    """Have several clients use the routers for a while; return how long each call took."""
    over = time.monotonic() + TURN_SECONDS
    taken: list[float] = []

    def client(number: int) -> None:
        turn = number
        while time.monotonic() < over:
            status, seconds = ask(port, bearer, used[turn % len(used)])
            assert status == 200, status
            taken.append(seconds)
            turn += CLIENTS
            time.sleep(THINKING)

    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(client, range(CLIENTS)))
    return taken


@contextmanager
def insisting(port: int, bearer: str, router: int) -> Iterator[list[tuple[int, float]]]:
    """Let two clients ask for one router all the time; give the status and time of each answer."""
    over = Event()
    answers: list[tuple[int, float]] = []

    def client() -> None:
        while not over.wait(0.2):
            answers.append(ask(port, bearer, router))

    threads = [Thread(target=client) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        over.set()
        for thread in threads:
            thread.join()


def ask(port: int, bearer: str, router: int) -> tuple[int, float]:
    """Read a router's device info; return the status and the seconds that it took."""
    start = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", f"/routers/{router}/device-info/", headers={"Authorization": bearer})
    answer = connection.getresponse()
    json.load(answer)
    connection.close()
    return answer.status, time.perf_counter() - start


@contextmanager
def web_server() -> Iterator[int]:
    """Run the product's web server in processes of its own; give its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "-c", "python:cloudpilot.gunicorn_conf"]
    environment = {**os.environ, "PORT": str(port)}
    server = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        while not is_up(port):
            assert server.poll() is None, "the web server has ended"
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait()


def is_up(port: int) -> bool:
    """Whether the server answers; it listens some time before."""
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/health/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


# --- What both need -------------------------------------------------------------------------


def timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


@contextmanager
def routers(count: int) -> Iterator[tuple[list[int], Callable[..., None]]]:
    """Run simulated routers in a process of their own; give their ports, and a way to spoil them."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=simulate, args=(theirs, count), daemon=True)
    process.start()
    theirs.close()  # so that the end of that process is seen here

    def set_faults(which, **faults) -> None:
        ours.send((list(which), faults))
        ours.recv()

    try:
        yield ours.recv(), set_faults
    finally:
        ours.close()
        process.join()


def simulate(pipe, count: int) -> None:
    from routers.simulator import Simulator  # only the routers' own process needs it

    with Simulator(count) as simulator:
        pipe.send([device.port("api") for device in simulator.devices])
        with suppress(EOFError):  # the benchmark is over
            while True:
                which, faults = pipe.recv()
                for number in which:
                    simulator.devices[number].faults.set(**faults)
                pipe.send(True)


if __name__ == "__main__":
    main()
