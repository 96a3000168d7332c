"""Every command and every JSON body of the pages, run in page order against a live server."""

import json
import re
import shutil
from contextlib import closing

import pytest

from .blocks import blocks_of
from .conftest import NOT_RUN, ROOT
from .likeness import ANY, difference
from .shell import Shell, free_port

PAGES = sorted((ROOT / "docs").rglob("*.md"))
# For a page with nothing to run no server is started.
TO_RUN = [page for page in PAGES if any(not block.reason_not_run for block in blocks_of(page))]


def name_of(page):
    return str(page.relative_to(ROOT / "docs"))


# The ports that pages name, and what listens there.
WEB, SITE, GUNICORN, API, API_SSL = 8000, 8001, 8002, 8728, 8729
REST, NOBODY, CONTROL, PROVIDERS = 8080, 8730, 8790, 8770
_STARTS = {WEB: "manage.py runserver", API: "manage.py simulate_router"}


@pytest.fixture
def shell_for(clone, live_server, device, bare_environment):
    """Return a function that opens a terminal for one page."""

    def open_shell(blocks):
        ports = {
            WEB: int(live_server.url.rpartition(":")[2]),
            SITE: free_port(),
            GUNICORN: free_port(),
            API: device.port("api"),
            API_SSL: device.port("api-ssl"),
            REST: device.port("rest"),
            NOBODY: free_port(),
            CONTROL: free_port(),
            PROVIDERS: free_port(),
        }
        for port, command in _STARTS.items():  # what a page starts itself is its own
            if any(block.runs_on and command in block.body for block in blocks):
                ports[port] = free_port()
        return Shell(clone, ports, bare_environment)

    return open_shell


@pytest.mark.django_db(transaction=True, reset_sequences=True)  # ids begin at 1, as in the pages
@pytest.mark.parametrize("page", TO_RUN, ids=name_of)
def test_a_page_does_what_it_says(page, shell_for, clone, request, settings, live_server):
    if page.name == "mesh-onboarding.md":  # a router follows the address that we call ourselves by
        settings.PUBLIC_URL = live_server.url
    blocks = blocks_of(page)
    migrates = any("manage.py migrate" in block.body for block in blocks)
    if migrates:
        shutil.copy(request.getfixturevalue("migrated"), clone / "db.sqlite3")

    with closing(shell_for(blocks)) as shell:
        last = None
        for block in blocks:
            if not block.reason_not_run:
                last = _carry_out(shell, block, last)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_block_that_is_not_run_says_why(page, request):
    for block in blocks_of(page):
        if block.reason_not_run:
            request.config.stash[NOT_RUN].append(f"{block}: {block.reason_not_run}")
        runs = block.language in {"bash", "json", "text"} and not block.note.startswith("not run")
        assert runs or len(block.reason_not_run) > 10, f"{block}: run it, or say why not"


def _carry_out(shell, block, last):
    """Run or check one block; returns the outcome that the next block may show."""
    if block.language == "bash" and block.runs_on:
        shell.run_on(block.body, _port_of(block.body))
        return None
    if block.language == "bash":
        outcome = shell.run(block.body)
        assert outcome.code == 0, f"{block}: exit {outcome.code}\n{outcome.errors}{outcome.output}"
        return outcome
    assert last, f"{block}: nothing ran before it"
    if block.language == "json":
        _compare_json(block, last)
    else:
        shown = ".*".join(re.escape(part) for part in block.body.strip().split(ANY))
        assert re.fullmatch(shown, last.output.strip(), re.DOTALL), f"{block}:\n{last.output}"
    return last


def _compare_json(block, last):
    try:
        answered = json.loads(last.output)
    except ValueError:
        raise AssertionError(f"{block}: the answer is no JSON: {last.output!r}") from None
    differs = difference(json.loads(block.body), answered)
    assert not differs, f"{block}: {differs}\n{last.output}"
    assert block.status in {"", last.status}, f"{block}: the status was {last.status}"


def _port_of(command):
    return int(re.search(r"\b(80\d\d|87\d\d)\b", command)[1])
