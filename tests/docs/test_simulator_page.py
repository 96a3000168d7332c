"""The tables of the simulator's page against the simulator itself."""

import re
import subprocess
import sys
from dataclasses import fields

from routers.simulator import FaultSettings

from .conftest import ROOT

PAGE = (ROOT / "docs" / "testing-and-simulator.md").read_text()


def test_every_fault_is_in_the_table_and_no_other():
    table = PAGE.partition("### Faults")[2].partition("###")[0]
    shown = {name for row in table.splitlines() for name in re.findall(r"^\| `([a-z_]+)", row)}

    assert shown == {field.name for field in fields(FaultSettings)}


def test_every_option_is_in_the_table_and_no_other():
    done = subprocess.run(
        [sys.executable, "manage.py", "simulate_router", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    of_django = {"settings", "pythonpath", "traceback", "no-color", "force-color", "help",
                 "verbosity", "skip-checks"}  # fmt: skip
    offered = set(re.findall(r"--([a-z-]+)", done.stdout.partition("options:")[2])) - of_django
    table = PAGE.partition("| Option |")[2].partition("###")[0]

    assert set(re.findall(r"`--([a-z-]+)`", table)) == offered
