"""Webhooks: how many a second are kept and answered, and what each costs, with none lost."""

import hmac
import json
import os
import selectors
import socket
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.checks import cpu_seconds, server

EVENTS = int(os.environ.get("EVENTS", "10000"))
TWICE = EVENTS // 10  # so many of them are sent a second time
ACCOUNTS = 20
CLIENTS = 16
PROMISED = {"sqlite": 300, "postgresql": 1000}
KEY = "webhook-key-of-the-benchmark"


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "cloudpilot.settings", "STATE_DIR": folder}
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{Path(folder) / 'db.sqlite3'}")
        tokens, vendor, postmaster = accounts()
        with server() as (web, port):
            requests = [webhook(number, tokens[number % ACCOUNTS]) for number in range(EVENTS)]
            requests += requests[:TWICE]
            send(port, requests[:200])  # which are sent again below
            before = cpu_seconds(web.pid), database_seconds(postmaster), time.process_time()
            began = time.perf_counter()
            took, refused = send(port, requests)
            seconds = time.perf_counter() - began
            after = cpu_seconds(web.pid), database_seconds(postmaster), time.process_time()
        lost, deliveries = books()

    rate = len(requests) / seconds
    each = [(end - start) / len(requests) * 1e3 for start, end in zip(before, after, strict=True)]
    print(f"{vendor}, {CLIENTS} connections, {len(requests)} webhooks of {ACCOUNTS} accounts")
    print(f"{'webhooks a second':<46}{rate:>8.0f}   promised >= {PROMISED[vendor]}")
    print(f"{'p50, ms':<46}{statistics.median(took) * 1e3:>8.1f}")
    print(f"{'p99, ms':<46}{statistics.quantiles(took, n=100)[-1] * 1e3:>8.1f}")
    print(f"{'CPU of the web server for each, ms':<46}{each[0]:>8.2f}")
    print(f"{'CPU of the database server for each, ms':<46}{each[1]:>8.2f}")
    print(f"{'CPU of this generator for each, ms':<46}{each[2]:>8.2f}")
    print(f"{'refused':<46}{refused.total():>8}   promised 0   {dict(refused) or ''}")
    print(f"{'lost':<46}{lost:>8}   promised 0")
    print(f"{'deliveries counted':<46}{deliveries:>8}   sent {len(requests) + 200}")
    failed = rate < PROMISED[vendor] or refused.total() or lost or deliveries != len(requests) + 200
    sys.exit(bool(failed))


def accounts():
    """Return the webhook tokens of some accounts, the database's kind and its server's process."""
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", verbosity=0)
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
