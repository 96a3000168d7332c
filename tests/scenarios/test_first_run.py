"""A newcomer's first minutes: what `make run` starts, and the lines that it prints."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest
from django.conf import settings

BUY = (
    "Buy an hour of WiFi at the demo router, as its captive portal does. No money moves: this phone"
)
END = "Ctrl-C stops it all."


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What `manage.py run_demo` says once everything is up, on a machine with no state at all."""
    folder = tmp_path_factory.mktemp("demo")
    environment = {**os.environ, "STATE_DIR": str(folder / "var")}
    environment["DATABASE_URL"] = f"sqlite:///{folder / 'db.sqlite3'}"
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run_demo", "--port", "0"],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line.strip() == END:
            break
    yield lines
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 0


@pytest.mark.skipif(not shutil.which("curl"), reason="the printed lines are curl's; install curl")
def test_the_printed_lines_take_a_newcomer_from_registration_to_a_guest_online(printed):
    script = "\n".join(line for line in printed[: printed.index(BUY)] if "curl -s" in line)

    result = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=True)
    registered, tested, executed, info, online = map(json.loads, result.stdout.splitlines())

    assert registered["message"] == "User registered successfully"
    assert tested["is_online"] is True
    assert executed["result"]["version"] == info["device_info"]["version"]
    assert [guest["user"][:2] for guest in online] == ["00"]


@pytest.mark.skipif(not shutil.which("curl"), reason="the printed lines are curl's; install curl")
def test_the_printed_lines_buy_an_hour_of_wifi_by_phone_and_by_card(printed):
    key, bought, receipt, look, by_card = (
        line for line in printed[printed.index(BUY) :] if re.match("KEY|.*(curl|RECEIPT)", line)
    )
    look_until_it_is_paid = f"until {{ {look}; }} | tee /dev/stderr | grep -q completed; do :; done"
    script = "\n".join([key, bought, receipt, look_until_it_is_paid, by_card])

    result = subprocess.run(
        ["bash", "-euc", script], capture_output=True, text=True, check=True, timeout=120
    )

    by_phone = json.loads(result.stderr.splitlines()[-1])
    assert by_phone["voucher"]["passcode"]
    assert [json.loads(line)["currency"] for line in result.stdout.splitlines()] == ["KES", "MXN"]


@pytest.mark.skipif(not shutil.which("curl"), reason="the printed lines are curl's; install curl")
def test_the_page_that_plays_the_guests_phone_is_there(printed):
    phone = next(line.split()[1] for line in printed if line.strip().startswith("Phone"))

    assert "The guest's phone" in _fetch(phone)


@pytest.mark.skipif(not shutil.which("curl"), reason="the printed lines are curl's; install curl")
def test_swagger_and_its_assets_come_from_our_own_server_with_no_collectstatic(printed):
    swagger = next(line.split()[-1] for line in printed if "Swagger UI" in line)

    page = _fetch(swagger)
    asset = next(part for part in page.split('"') if part.endswith("swagger-ui-bundle.js"))

    assert asset.startswith("/static/")
    assert "SwaggerUIBundle" in _fetch(swagger.removesuffix("/swagger/") + asset)


def _fetch(url):
    return subprocess.run(["curl", "-sf", url], capture_output=True, text=True, check=True).stdout
