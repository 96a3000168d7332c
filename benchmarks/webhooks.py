"""Webhooks: how many a second are kept and answered, and what each costs, with none lost."""

import hmac
import json
import os
import selectors
import socket
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.checks import cpu_seconds, server
from benchmarks.setting import database

EVENTS = int(os.environ.get("EVENTS", "10000"))
TWICE = EVENTS // 10  # so many of them are sent a second time
ACCOUNTS = 20
CLIENTS = 16
WARM = 1000  # are sent before, so that every thread has its connection
PROMISED = {"sqlite": 300, "postgresql": 1000}
KEY = "webhook-key-of-the-benchmark"


def main():
    with database():
        tokens, vendor, postmaster = accounts()
        requests = [webhook(number, tokens[number % ACCOUNTS]) for number in range(EVENTS)]
        requests += requests[:TWICE]
        bare = measured(requests, postmaster, DJANGO_SETTINGS_MODULE="benchmarks.bare")
        ours = measured(requests, postmaster)
        lost, deliveries = books()

    print(f"{vendor}, {CLIENTS} connections, {len(requests)} webhooks of {ACCOUNTS} accounts")
    print(f"{'':<46}{'':>8}   a view that adds a row")
    show("webhooks a second", ours.rate, bare.rate, f"promised >= {PROMISED[vendor]}")
    show("p50, ms", ours.p50, bare.p50)
    show("p99, ms", ours.p99, bare.p99)
    show("CPU of the web server for each, ms", ours.web, bare.web)
    show("CPU of the database server for each, ms", ours.database, bare.database)
    show("CPU of this generator for each, ms", ours.generator, bare.generator)
    refused = ours.refused
    print(f"{'refused':<46}{refused.total():>8}   promised 0   {dict(refused) or ''}")
    print(f"{'lost':<46}{lost:>8}   promised 0")
    print(f"{'deliveries counted':<46}{deliveries:>8}   sent {len(requests) + WARM}")
    wrong = refused.total() or lost or deliveries != len(requests) + WARM
    sys.exit(bool(ours.rate < PROMISED[vendor] or wrong))


@dataclass
class Measured:
    """Of CPU, milliseconds for each."""

    rate: float
    p50: float
    p99: float
    web: float
    database: float
    generator: float
    refused: Counter


def measured(requests, postmaster, **environment):
    """Send all to a server of its own."""
    with server(**environment) as (web, port):
        send(port, requests[:WARM])  # which are sent again
        before = cpu_seconds(web.pid), database_seconds(postmaster), time.process_time()
        began = time.perf_counter()
        took, refused = send(port, requests)
        seconds = time.perf_counter() - began
        after = cpu_seconds(web.pid), database_seconds(postmaster), time.process_time()
    each = [(end - start) / len(requests) * 1e3 for start, end in zip(before, after, strict=True)]
    p50, p99 = statistics.median(took) * 1e3, statistics.quantiles(took, n=100)[-1] * 1e3
    return Measured(len(requests) / seconds, p50, p99, *each, refused)


def show(what, ours, bare, promised=""):
    digits = 0 if ours >= 100 else 2
    print(f"{what:<46}{ours:>8.{digits}f}   {bare:.{digits}f}   {promised}")


def accounts():
    """Return the webhook tokens of some accounts, the database's kind and its server's process."""
    from django.db import connection

    from payments.credentials.services import webhook_index
    from payments.models import Credentials, CredentialsVersion
    from users.models import Company

    tokens = []
    for number in range(ACCOUNTS):
        token = f"token-{time.time_ns()}-{number}"
        credentials = Credentials.objects.create(
            company=Company.objects.create(name=f"Company {number}"), provider="kopokopo",
            named="kopokopo", webhook_token=token, webhook_index=webhook_index(token),
        )  # fmt: skip
        CredentialsVersion.objects.create(
            credentials=credentials, number=1, environment="sandbox", api_key="id",
            private_key="secret", extra=json.dumps({"webhook_key": KEY}), last4="cret",
            fingerprint="0" * 12,
        )  # fmt: skip
        tokens.append(token)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare (body TEXT)")
    postmaster = None
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            postmaster = parent_of(cursor.fetchone()[0])
    connection.close()
    return tokens, connection.vendor, postmaster


def books():
    """Return how many events are not kept, and how many deliveries were counted in all."""
    from django.db.models import Count, Sum

    from payments.models import WebhookEvent

    kept = WebhookEvent.objects.filter(key__contains="bench-").aggregate(
        events=Count("pk"), deliveries=Sum("deliveries")
    )
    return EVENTS - kept["events"], kept["deliveries"]


def webhook(number, token):
    """Return a request as Kopo Kopo sends it, byte for byte."""
    body = json.dumps(
        {
            "topic": "buygoods_transaction_received",
            "id": f"bench-{number}",
            "created_at": "2026-11-21T10:43:20+03:00",
            "event": {
                "type": "Buygoods Transaction",
                "resource": {
                    "id": f"458712f-{number}", "amount": "100.0", "status": "Received",
                    "system": "Lipa Na M-PESA", "currency": "KES", "reference": f"OJ{number:08}",
                    "till_number": "514459", "sender_phone_number": "+254999999999",
                    "origination_time": "2026-11-21T10:43:19+03:00",
                },
            },
        }
    ).encode()  # fmt: skip
    head = (
        f"POST /payments/webhooks/kopokopo/{token}/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"X-KopoKopo-Signature: {hmac.digest(KEY.encode(), body, 'sha256').hex()}\r\n\r\n"
    )
    return head.encode() + body


class Line:
    """One kept connection; it carries one request at a time."""

    def __init__(self, port, selector):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.began = 0.0
        self.answer = b""
        selector.register(self.socket, selectors.EVENT_READ, self)

    def send(self, request):
        self.began = time.perf_counter()
        self.answer = b""
        self.socket.sendall(request)

    def is_answered(self):
        """Read what has come; whether it is the whole answer, or the server has hung up."""
        part = self.socket.recv(65536)
        self.answer += part
        return self.answer.endswith(b'{"received": true}') or not part or b"error" in part


def send(port, requests):
    """Send all over some connections, each as soon as it is free: one thread, and little work.

    Returns how long each took, and what was answered instead of 200, how often.
    """
    waiting = iter(requests)
    took, refused = [], Counter()
    with selectors.DefaultSelector() as selector:
        for _ in range(CLIENTS):
            Line(port, selector).send(next(waiting))
        while len(took) < len(requests):
            for event, _ in selector.select():
                line = event.data
                if not line.is_answered():
                    continue
                answer = line.answer
                took.append(time.perf_counter() - line.began)
                if not answer.startswith(b"HTTP/1.1 200"):
                    refused[answer[9:12].decode() or "hung up"] += 1
                selector.unregister(line.socket)
                following = next(waiting, None)
                if b"onnection: close" in answer or following is None:
                    line.socket.close()
                    line = Line(port, selector) if following is not None else None
                else:
                    selector.register(line.socket, selectors.EVENT_READ, line)
                if line and following is not None:
                    line.send(following)
    return took, refused


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def database_seconds(postmaster):
    return cpu_seconds(postmaster) if postmaster else 0.0


if __name__ == "__main__":
    main()
