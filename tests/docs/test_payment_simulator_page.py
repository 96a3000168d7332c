"""The tables of the payment simulator's page against the simulator itself."""

import re
import subprocess
import sys
from dataclasses import fields

from payments.simulator.faults import Fault
from payments.simulator.stories import STORIES

from .conftest import ROOT

PAGE = (ROOT / "docs" / "payment-simulator.md").read_text()


def table_after(heading):
    rows = PAGE.partition(heading)[2].lstrip().partition("\n\n")[0].splitlines()
    return {name for row in rows for name in re.findall(r"`([a-z0-9_]+)`", row.split("|")[1])}


def test_every_story_is_in_the_table_and_no_other():
    assert table_after("| Digits | What happens |") == set(STORIES)


def test_every_fault_is_in_the_table_and_no_other():
    where_and_how_often = {"provider", "route", "times"}

    effects = {field.name for field in fields(Fault) if field.init} - where_and_how_often
    assert table_after("| Fault | What is wrong |") == effects


def test_every_option_is_in_the_table_and_no_other():
    done = subprocess.run(
        [sys.executable, "manage.py", "simulate_providers", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    of_django = {"settings", "pythonpath", "traceback", "no-color", "force-color", "help",
                 "verbosity", "skip-checks", "version"}  # fmt: skip
    offered = set(re.findall(r"--([a-z-]+)", done.stdout.partition("options:")[2])) - of_django
    table = PAGE.partition("| Option |")[2].partition("\n\n")[0]

    assert set(re.findall(r"`--([a-z-]+)`", table)) == offered
