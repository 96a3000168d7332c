"""Pages as a browser shows them: they render, and ask nobody but us for anything."""

import threading
from collections import Counter
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests import browser

pytestmark = browser.needed
expect.set_options(timeout=60_000)


def test_swagger_ui_lists_every_operation_from_our_own_server(live_server):
    with browser.visit(f"{live_server.url}/swagger/") as page:
        groups = page.locator(".opblock-tag")
        groups.first.wait_for()
        browser.keep(page, "swagger")

        document = page.evaluate("fetch('/openapi.json').then(answer => answer.json())")
        tags = Counter(
            operation["tags"][0]
            for item in document["paths"].values()
            for operation in item.values()
        )

        assert page.title() == "CloudPilot API"
        expect(groups).to_have_count(len(tags))
        for tag, operations in tags.items():
            group = page.locator(f"#operations-tag-{tag}")
            group.click()
            expect(page.locator(f"[id^=operations-{tag}-]")).to_have_count(operations)
            group.click()


def test_redoc_renders_from_our_own_server(live_server):
    with browser.visit(f"{live_server.url}/redoc/") as page:
        page.wait_for_selector("h1")
        browser.keep(page, "redoc")

        assert "CloudPilot API" in page.locator("h1").first.inner_text()


def test_the_console_asks_for_a_login_in_our_own_style(live_server):
    with browser.visit(f"{live_server.url}/console/") as page:
        browser.keep(page, "console")

        assert page.locator("#id_username").is_visible()
        assert page.locator("#id_password").is_visible()
        assert page.evaluate("document.styleSheets.length") > 0


@pytest.fixture
def docs_url(site):
    handler = partial(Quiet, directory=site)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        """Say nothing."""


def test_the_documentation_renders_and_its_search_finds_a_word(docs_url):
    with browser.visit(f"{docs_url}/router-api/") as page:
        browser.keep(page, "docs")
        page.locator("input.md-search__input").click()
        page.locator("input.md-search__input").press_sequentially("fingerprint")
        found = page.locator(".md-search-result__item").first
        found.wait_for()

        assert "fingerprint" in found.inner_text().lower()


def test_the_api_reference_renders(docs_url):
    with browser.visit(f"{docs_url}/api-reference/routers/") as page:
        browser.keep(page, "reference")

        assert page.locator("h2").count() > 5
