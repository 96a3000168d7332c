"""Checking vouchers: how many a second, how long one takes, and what guessing does to others."""

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path

from benchmarks.setting import add_router, database, somebody

CHECKS = 2_000
GUESSES = 1_000
CLIENTS = 4
PROMISED_A_SECOND = 300
PROMISED_P99_MS = 50


def main():
    with database():
        (here, codes), (elsewhere, others) = cafes(2)
        with server() as (process, port):
            in_parallel(port, here, codes * CLIENTS)
            began, began_cpu = time.perf_counter(), cpu_seconds(process.pid)
            took = in_parallel(port, here, codes * (CHECKS // len(codes)))
            rate = CHECKS / (time.perf_counter() - began)
            cpu = (cpu_seconds(process.pid) - began_cpu) / CHECKS * 1e3
            quiet = send(port, elsewhere, others)
            beside_good = beside(port, elsewhere, others, here, codes * (GUESSES // len(codes)))
            beside_wrong = beside(port, elsewhere, others, here, ["WRONG"] * GUESSES)

    p50, p99 = statistics.median(took), statistics.quantiles(took, n=100)[-1]
    print(f"{'checks a second':<46}{rate:>8.0f}   promised >= {PROMISED_A_SECOND}")
    print(f"{'CPU time that the server spends on one, ms':<46}{cpu:>8.2f}")
    print(f"{f'{CLIENTS} guests at once: p50, ms':<46}{p50:>8.1f}")
    print(f"{f'{CLIENTS} guests at once: p99, ms':<46}{p99:>8.1f}   promised <= {PROMISED_P99_MS}")
    print(f"{'one guest: p50, ms':<46}{statistics.median(quiet):>8.1f}")
    print(
        f"{'one guest beside checks of good codes: p50, ms':<46}{statistics.median(beside_good):>8.1f}"
    )
    print(
        f"{f'one guest beside {GUESSES} guesses: p50, ms':<46}{statistics.median(beside_wrong):>8.1f}"
    )
    sys.exit(rate < PROMISED_A_SECOND or p99 > PROMISED_P99_MS)


def cafes(count):
    """Return the router's key of each of some cafés, and the codes of a hundred vouchers."""
    from django.db import connection

    from hotspot import issuing
    from hotspot.models import Package
    from routers import keys

    user = somebody()
    company = user.personal_company
    made = []
    for _ in range(count):
        router = add_router(company)
        package = Package.objects.create(
            company=company, router=router, name="Day", package_type="hourly", duration_hours=24,
            price=5000, download_speed_mbps=5, upload_speed_mbps=2,
        )  # fmt: skip
        issuing.issue_batch(package, 100, user=user)
        codes = [voucher.code for voucher in router.vouchers.all()]
        made.append((keys.issue(router).token, codes))
    connection.close()
    return made


@contextmanager
def server(**environment):
    """Run CloudPilot as in production; gives its process and its port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "-c", "python:cloudpilot.gunicorn_conf"]
    environment = {**os.environ, "PORT": str(port), "ALLOWED_HOSTS": "127.0.0.1", **environment}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        while process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        yield process, port
    finally:
        process.terminate()
        process.wait()


def cpu_seconds(pid):
    """Return what a process and those that it started have used until now."""
    try:
        used = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0  # it has ended, and its parent counts what it used
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK") + sum(map(cpu_seconds, children))


def beside(port, key, codes, loud_key, loud_codes):
    """Check the codes one by one, while all clients check those of somebody else."""
    with ThreadPoolExecutor(1) as pool:
        loud = pool.submit(in_parallel, port, loud_key, loud_codes)
        took = send(port, key, codes)
        loud.result()
    return took


def in_parallel(port, key, codes):
    """Check the codes from as many connections as there are clients; return how long each took."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        shares = [codes[number::CLIENTS] for number in range(CLIENTS)]
        return [*chain.from_iterable(pool.map(lambda share: send(port, key, share), shares))]


def send(port, key, codes):
    """Check one code after the other; return the milliseconds that each took.

    As bytes over a bare socket: an HTTP client would take the server's cores from it.
    """
    requests = {code: request_of(key, code) for code in codes}
    took = []
    with closing(socket.create_connection(("127.0.0.1", port))) as connection:
        for code in codes:
            began = time.perf_counter()
            connection.sendall(requests[code])
            status = read_status(connection)
            took.append((time.perf_counter() - began) * 1e3)
            assert status == b"200" or code == "WRONG", status
    return took


def request_of(key, code):
    body = json.dumps({"code": code})
    head = (
        "POST /portal/vouchers/check/ HTTP/1.1",
        "Host: 127.0.0.1",
        f"X-API-Key: {key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*head, "", body)).encode()


def read_status(connection):
    """Read a whole answer, and return its status."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65_536)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split()[0])
    while len(body) < length:
        body += connection.recv(65_536)
    return head.split()[1]


if __name__ == "__main__":
    main()
