from urllib.parse import urlsplit

from routers.simulator.commands import Session
from routers.simulator.faults import Faults
from routers.simulator.menus.users import POLICIES
from routers.simulator.router import Identity, Router
from routers.simulator.web import WebAnswer
from tests.conftest import Client


class Box:
    """A simulated router with nothing but its console and a web that is this installation."""

    def __init__(self, router=None, **identity):
        self.router = router or Router(Identity(**identity), Faults())
        self.router.web = self.ask
        self.client = Client()
        self.asked = []
        self.mac = self.router.identity.mac(1).lower()

    def ask(self, request):
        url = urlsplit(request.url)
        self.asked.append(request)
        headers = {name: value for name, value in request.headers.items() if name != "Content-Type"}
        answer = self.client.generic(
            request.method,
            f"{url.path}?{url.query}" if url.query else url.path,
            request.body,
            "application/json" if request.body else "application/octet-stream",
            headers=headers,
        )
        return WebAnswer(answer.status_code, answer.content)

    def paste(self, line):
        """Run a line as somebody at the console does; return what is put out."""
        session = Session("admin", "full", frozenset(POLICIES), via="console")
        return self.router.agenda.run(line, session)

    def rows(self, path):
        return self.router.rows(path)

    def ours(self, path):
        """Return the comments of our rows."""
        found = (row.get("comment", "") for row in self.rows(path))
        return [comment for comment in found if comment.startswith("cp:")]

    def poll(self, seconds=60):
        """Let the time come at which the router asks; return the paths that it asked."""
        self.asked.clear()
        self.router.advance(seconds)
        return [urlsplit(request.url).path for request in self.asked]
