"""Pages as a browser shows them: they render, and ask nobody but us for anything."""

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import sync_playwright

from tests import browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(browser.why_missing()), reason=browser.why_missing() or "installed"),
]


@contextmanager
def visit(url):
    """Open a page and hand it over; afterwards, no request has gone elsewhere and no script broke."""
    origin = "/".join(url.split("/")[:3])
    asked, broken = [], []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=browser.path(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.on("request", lambda request: asked.append(request))
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", lambda line: broken.append(line.text) if _is_error(line) else None)
        page.goto(url, wait_until="networkidle")
        yield page
        # What the page's own policy kept the browser from asking, nobody was asked.
        sent = [request.url for request in asked if request.failure != "csp"]
        chromium.close()
    assert sent
    assert not [url for url in sent if not url.startswith((origin, "data:", "blob:"))]
    assert not broken


def _is_error(line):
    is_ours = "Content Security Policy" not in line.text
    return line.type == "error" and is_ours and not line.location["url"].endswith("/favicon.ico")


def keep(page, name):
    if folder := browser.shots_folder():
        page.screenshot(path=folder / f"{name}.png")


def test_swagger_ui_lists_every_operation_from_our_own_server(live_server):
    with visit(f"{live_server.url}/swagger/") as page:
        page.wait_for_selector(".opblock")
        keep(page, "swagger")

        document = page.evaluate("fetch('/openapi.json').then(answer => answer.json())")
        operations = sum(len(item) for item in document["paths"].values())

        assert page.title() == "CloudPilot API"
        assert page.locator(".opblock").count() == operations


def test_redoc_renders_from_our_own_server(live_server):
    with visit(f"{live_server.url}/redoc/") as page:
        page.wait_for_selector("h1")
        keep(page, "redoc")

        assert "CloudPilot API" in page.locator("h1").first.inner_text()


def test_the_console_asks_for_a_login_in_our_own_style(live_server):
    with visit(f"{live_server.url}/console/") as page:
        keep(page, "console")

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
    with visit(f"{docs_url}/router-api/") as page:
        keep(page, "docs")
        page.locator("input.md-search__input").click()
        page.locator("input.md-search__input").press_sequentially("fingerprint")
        found = page.locator(".md-search-result__item").first
        found.wait_for()

        assert "fingerprint" in found.inner_text().lower()


def test_the_api_reference_renders(docs_url):
    with visit(f"{docs_url}/api-reference/routers/") as page:
        keep(page, "reference")

        assert page.locator("h2").count() > 5
