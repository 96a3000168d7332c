"""The site builds, needs nothing from elsewhere, and leaves out no setting and no endpoint."""

import re
import subprocess
import sys
from html.parser import HTMLParser

from tests.document import DOCUMENT

from .conftest import ROOT

SETTING = re.compile(r'(?:env\.\w+|_key|_days)\(\s*"([A-Z_]+)"')
ROW = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)


class Fetched(HTMLParser):
    """Collects the addresses that a browser fetches by itself when it shows a page."""

    def __init__(self):
        super().__init__()
        self.addresses = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in {"script", "img", "iframe"}:
            self.addresses.append(given.get("src") or "")
        if tag == "link" and given.get("rel") not in {"canonical", "prev", "next"}:
            self.addresses.append(given.get("href") or "")


def test_no_page_fetches_anything_from_elsewhere(site):
    for page in site.rglob("*.html"):
        reader = Fetched()
        reader.feed(page.read_text())
        assert not [url for url in reader.addresses if url.startswith(("http", "//"))], page


def test_every_page_is_in_the_navigation(site):
    start = (site / "index.html").read_text()

    for page in site.rglob("index.html"):
        address = "." if page.parent == site else f"{page.parent.relative_to(site)}/"
        assert f'href="{address}"' in start, f"{address}: name it in mkdocs.yml"


def test_the_setup_guide_lists_every_setting_and_no_other():
    in_code = set(SETTING.findall((ROOT / "cloudpilot" / "settings.py").read_text()))
    in_guide = set(ROW.findall((ROOT / "docs" / "setup-guide.md").read_text()))

    assert in_guide == in_code


def test_the_reference_has_every_endpoint(site):
    pages = "\n".join(page.read_text() for page in (site / "api-reference").rglob("*.html"))

    for path, item in DOCUMENT["paths"].items():
        for verb in item.keys() & {"get", "post", "put", "patch", "delete"}:
            assert f"<code>{verb.upper()} {path}</code>" in pages
            assert f'id="{item[verb]["operationId"]}"' in pages


def test_the_page_of_the_flow_script_and_its_help_know_the_same_options():
    shown = (ROOT / "docs" / "testing-and-simulator.md").read_text()
    done = subprocess.run(
        [sys.executable, "test_router_api.py", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    for option in re.findall(r"test_router_api\.py[^`]*", shown):
        for name in re.findall(r"--[a-z-]+", option):
            assert name in done.stdout
