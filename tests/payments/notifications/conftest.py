import asyncio
import threading
from datetime import timedelta

import pytest
from aiosmtpd.smtp import SMTP
from django.db.models import F

from cloudpilot import jobs
from payments.models import Channel, Delivery, Endpoint, Message
from tests.factories import (
    ChannelFactory,
    CredentialsFactory,
    EndpointFactory,
    PackageFactory,
    PaidFactory,
    RouterFactory,
)

from .servers import HttpServer


@pytest.fixture(scope="session")
def _receiver():
    with HttpServer().running() as server:
        yield server


@pytest.fixture
def receiver(_receiver, settings):
    """Where the operator's webhooks go: a server on this machine."""
    settings.WEBHOOKS_TO_LOOPBACK = True
    _receiver.reset()
    return _receiver


@pytest.fixture
def endpoint(operator, receiver):
    return EndpointFactory(owner=operator, url=f"{receiver.url}/hook")


@pytest.fixture(scope="session")
def _telegram():
    with HttpServer().running() as server:
        yield server


@pytest.fixture
def telegram(_telegram, settings):
    settings.TELEGRAM_BASE_URL = _telegram.url
    _telegram.reset()
    return Telegram(_telegram)


class Telegram:
    """Telegram's side of it: what it was told, and what it will answer."""

    def __init__(self, server):
        self._server = server
        self.url = server.url

    @property
    def heard(self):
        return self._server.heard

    @property
    def texts(self):
        return [heard.data["text"] for heard in self.heard]

    def refuse(self, status, description, *, times=1, **parameters):
        body = {"ok": False, "error_code": status, "description": description}
        if parameters:
            body["parameters"] = parameters
        self._server.answer(status, body, times=times)

    def accept(self, times=100):
        self._server.answer(200, {"ok": True, "result": {}}, times=times)


@pytest.fixture
def chat(operator, telegram):
    return ChannelFactory(owner=operator)


class Mailbox:
    """A mail server that keeps what it is handed, and may refuse it."""

    def __init__(self):
        self.letters = []
        self.refuses = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refuses:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.letters.append((list(envelope.rcpt_tos), envelope.content.decode()))
        return "250 OK"


@pytest.fixture(scope="session")
def _mail_server():
    mailbox = Mailbox()
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        loop.create_server(lambda: SMTP(mailbox, loop=loop, hostname="localhost"), "127.0.0.1", 0)
    )
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield mailbox, server.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    server.close()
    loop.run_until_complete(server.wait_closed())
    loop.close()


@pytest.fixture
def mailbox(_mail_server, settings):
    """The server that mail goes through."""
    mailbox, port = _mail_server
    mailbox.letters.clear()
    mailbox.refuses.clear()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    return mailbox


def run_due():
    """Run what is due of the jobs that carry notices; routers are none of this."""
    jobs.Job.objects.exclude(task__startswith="payments.notifications.").delete()
    jobs.run_due()


@pytest.fixture
def package(operator):
    router = RouterFactory(owner=operator, name="Café Uhuru")
    return PackageFactory(router=router, name="One day", price=5000)


@pytest.fixture
def sell(package):
    """Return a function that has a guest pay, and everybody told who is to be told at once."""

    credentials = CredentialsFactory(company=package.company)

    def sell(**facts):
        payment = PaidFactory(package=package, credentials=credentials, **facts)
        run_due()
        return payment

    return sell


@pytest.fixture
def later(db):
    """Return a function that has time pass, as far as notices go, and runs what is due then."""

    def later(seconds=0.0, **more):
        passed = timedelta(seconds=seconds, **more)
        for model in (Endpoint, Channel):
            for field in ("failing_since", "paused_until"):
                rows = model.objects.exclude(**{field: None})
                rows.update(**{field: F(field) - passed})
        Endpoint.objects.exclude(previous_secret_until=None).update(
            previous_secret_until=F("previous_secret_until") - passed
        )
        Delivery.objects.update(due_at=F("due_at") - passed, created_at=F("created_at") - passed)
        Message.objects.update(created_at=F("created_at") - passed)
        jobs.Job.objects.filter(state="queued").update(due_at=F("due_at") - passed)
        run_due()

    return later
