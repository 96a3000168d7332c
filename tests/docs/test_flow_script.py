"""`test_router_api.py`, the script that users run against their own server."""

import subprocess
import sys

import pytest
from django.test import override_settings

from .conftest import ROOT
from .shell import free_port


def run_script(*options):
    return subprocess.run(
        [sys.executable, "test_router_api.py", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_whole_flow_is_ok_with_a_router_of_its_own(live_server):
    done = run_script("--base-url", live_server.url)

    assert "FAIL" not in done.stdout
    assert "steps are ok." in done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize("service", ["api", "api-ssl"])
def test_a_given_router_is_used(live_server, device, service):
    port = str(device.port(service))
    tls = ["--router-tls"] if service == "api-ssl" else []

    done = run_script(
        "--base-url", live_server.url, "--router-host", "127.0.0.1", "--router-port", port, *tls
    )

    assert done.returncode == 0, done.stdout
    assert device.rows("/ip/firewall/address-list") == []


def test_a_failed_step_fails_the_script(live_server):
    with override_settings(ROUTER_HOST_POLICY="saas"):  # the simulated router may not be added
        done = run_script("--base-url", live_server.url)

    assert "FAIL  400  add a router" in done.stdout
    assert done.returncode == 1


def test_no_server_is_a_failure_in_one_line():
    done = run_script("--base-url", f"http://127.0.0.1:{free_port()}", "--router-host", "127.0.0.1")

    assert done.stdout.startswith("FAIL")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_it_is_a_script_and_no_test_module(request):
    assert request.config.getini("testpaths") == ["tests"]
