"""What the RouterOS layer costs, as ratios to a bare librouteros in the same run."""

import multiprocessing
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from threading import Thread

import librouteros
from librouteros.connections import SocketTransport
from librouteros.protocol import ApiProtocol

from routers.routeros import Command, Deadline, Endpoint, Pool

ROUNDS = 100
USERS = 1000
ROUND_TRIP = 0.04

IDENTITY = Command("/system/identity", "print", proplist=("name",))
ALL_USERS = Command("/ip/hotspot/user", "print", proplist=("name", "profile"))


def main():
    with router() as neighbour, closing(Pool()) as pool:
        endpoint = Endpoint("127.0.0.1", neighbour.port, "admin", "admin")
        rows = [*calls(endpoint, pool), *bulk(endpoint, pool, neighbour.set_latency)]
    rows.append(segments())

    print(f"{'measured':<58}{'result':>10}{'promised':>12}")
    for name, result, promised in rows:
        print(f"{name:<58}{result:>10}{promised:>12}")


def calls(endpoint, pool):
    bare = log_in(endpoint)

    def fresh():
        with closing(log_in(endpoint)) as api:
            identity(api)

    pooled, persistent, reconnecting = medians(
        lambda: pool.run("r1", endpoint, IDENTITY, Deadline(5)),
        lambda: identity(bare),
        fresh,
    )
    bare.close()
    yield "pooled call, microseconds", f"{pooled * 1e6:.0f}", ""
    yield "pooled call / bare persistent call", f"{pooled / persistent:.2f}", "<= 1.3"
    yield "connect, login, call, close / pooled call", f"{reconnecting / pooled:.2f}", ">= 3"


def bulk(endpoint, pool, set_latency):
    commands = [
        Command("/ip/hotspot/user", "add", {"name": f"guest-{number:05}", "password": "12345"})
        for number in range(USERS)
    ]
    set_latency(ROUND_TRIP)
    with pool.session("r1", endpoint, Deadline(30)) as session:
        pipelined = timed(lambda: session.run_many(commands, Deadline(30)))
        single = statistics.median(
            timed(lambda: session.run(IDENTITY, Deadline(30))) for _ in range(10)
        )
    set_latency(0)
    added = int(pool.run("r1", endpoint, COUNT, Deadline(5)).ret)
    yield (
        f"{USERS} users over a {ROUND_TRIP * 1e3:.0f} ms round trip, seconds",
        (f"{pipelined:.2f}"),
        "<= 3",
    )
    yield "the same one by one, estimated seconds", f"{single * USERS:.1f}", ""
    yield "users that are there afterwards", str(added), f">= {USERS}"

    bare = log_in(endpoint)
    pooled, stock = medians(
        lambda: pool.run("r1", endpoint, ALL_USERS, Deadline(5)),
        lambda: tuple(bare("/ip/hotspot/user/print", **{".proplist": "name,profile"})),
        rounds=2,
    )
    bare.close()
    yield f"print of {added} users, pooled / bare", f"{pooled / stock:.2f}", ""


COUNT = Command("/ip/hotspot/user", "print", {"count-only": ""})


def segments():
    """Count what a device receives: no other sentence is under way, so none shares a segment."""
    received = []
    with socket.create_server(("127.0.0.1", 0)) as listener, closing(Pool()) as pool:
        device = Thread(target=count_segments, args=(listener, received), daemon=True)
        device.start()
        endpoint = Endpoint("127.0.0.1", listener.getsockname()[1], "admin", "admin")
        command = Command("/ip/hotspot/user", "add", {"name": "guest", "comment": "x" * 500})
        for _ in range(200):
            pool.run("r1", endpoint, command, Deadline(5))
        pool.close()
        device.join()
    sentences = 201  # and the login
    return "segments per sentence", f"{len(received) / sentences:.2f}", "1"


def count_segments(listener, received):
    connection, _ = listener.accept()

    class Counting(SocketTransport):
        unread = b""

        def read(self, length):
            while len(self.unread) < length:
                segment = self.sock.recv(1 << 16)
                if not segment:
                    raise EOFError
                received.append(len(segment))
                self.unread += segment
            taken, self.unread = self.unread[:length], self.unread[length:]
            return taken

    wire = ApiProtocol(Counting(connection), encoding="utf-8")
    with connection:
        try:
            while True:
                _, words = wire.readSentence()
                wire.writeSentence("!done", words[0])
        except EOFError:
            pass


def log_in(endpoint: Endpoint) -> librouteros.api.Api:
    return librouteros.connect(
        endpoint.host,
        endpoint.username,
        endpoint.password,
        port=endpoint.port,
        encoding="utf-8",
    )


def identity(api: librouteros.api.Api) -> None:
    tuple(api("/system/identity/print", **{".proplist": "name"}))


def medians(*variants: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Time the variants a few calls each in turn, so that all meet the same noise.

    The first call of a turn is not counted: the router may still be putting away what the variant
    before it left, a closed connection say.
    """
    times: list[list[float]] = [[] for _ in variants]
    for _ in range(rounds):
        for variant, taken in zip(variants, times, strict=True):
            variant()
            taken.extend(timed(variant) for _ in range(10))
    return [statistics.median(taken) for taken in times]


def timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


class Neighbour:
    """A simulated router in a process of its own."""

    def __init__(self, pipe):
        self._pipe = pipe
        self.port = pipe.recv()

    def set_latency(self, seconds: float) -> None:
        self._ask("set_latency", seconds)

    def heard(self) -> list[str]:
        """Return the commands that it was sent since it was asked last."""
        return self._ask("heard")

    def _ask(self, *question):
        self._pipe.send(question)
        return self._pipe.recv()


@contextmanager
def router() -> Iterator[Neighbour]:
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=simulate, args=(theirs,), daemon=True)
    process.start()
    theirs.close()  # so that the end of that process is seen here
    try:
        yield Neighbour(ours)
    finally:
        ours.close()
        process.join()


def simulate(pipe) -> None:
    from routers.simulator import Simulator  # only the router's own process needs it

    with Simulator() as simulator:
        device = simulator.devices[0]

        def heard():
            commands = [words[0] for words in device.sentences]
            device.sentences.clear()
            return commands

        acts = {"heard": heard, "set_latency": lambda seconds: device.faults.set(latency=seconds)}
        pipe.send(device.port("api"))
        with suppress(EOFError):  # the benchmark is over
            while True:
                act, *arguments = pipe.recv()
                pipe.send(acts[act](*arguments))


if __name__ == "__main__":
    main()
