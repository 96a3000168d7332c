"""Keys that nobody set, from several processes at once, and what replaces them in `.env`."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.fernet import Fernet
from django.conf import settings as live
from django.core.management import call_command

from cloudpilot.management.commands.generate_encryption_key import put_in_env_file

NAMES = ["SECRET_KEY", "JWT_SIGNING_KEY", "ROUTER_KEY_SECRET", "ENCRYPTION_KEY"]
PRINT_KEYS = (
    "from cloudpilot.settings import *; print(SECRET_KEY, JWT_SIGNING_KEY, ENCRYPTION_KEYS)"
)


def python(code, **environment):
    """Run code in a process that has nothing of ours in its environment."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=live.BASE_DIR,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_processes_that_start_together_find_the_same_keys(tmp_path):
    state = str(tmp_path / "var")

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: python(PRINT_KEYS, STATE_DIR=state), range(4)))

    assert {each.returncode for each in done} == {0}
    assert len({each.stdout for each in done}) == 1
    made = {path.name.upper() for path in (tmp_path / "var").iterdir() if path.is_file()}
    assert made == set(NAMES)


def test_keys_are_readable_by_their_owner_alone(tmp_path):
    python(PRINT_KEYS, STATE_DIR=str(tmp_path / "var"))

    files = [path for path in (tmp_path / "var").iterdir() if path.is_file()]
    assert {mode_of(path) for path in files} == {0o600}
    assert mode_of(tmp_path / "var") == 0o700


@pytest.mark.parametrize("name", NAMES)
def test_a_key_that_is_too_short_is_named_and_not_shown(tmp_path, name):
    done = python(PRINT_KEYS, STATE_DIR=str(tmp_path), **{name: "canary"})

    assert done.returncode != 0
    assert name in done.stderr
    assert "canary" not in done.stderr


@pytest.mark.parametrize("text", ["{good},canary", "{good},,{good}", "canary" * 8, "é" * 44])
def test_one_bad_key_of_several_is_enough(tmp_path, text):
    value = text.format(good=Fernet.generate_key().decode())

    done = python(PRINT_KEYS, STATE_DIR=str(tmp_path), ENCRYPTION_KEY=value)

    assert "ENCRYPTION_KEY must hold Fernet keys" in done.stderr
    assert value not in done.stderr
    assert "canary" not in done.stderr


def test_a_key_may_come_from_a_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("k" * 40)

    done = python(
        "from cloudpilot.settings import *; print(SECRET_KEY, GENERATED_KEYS)",
        STATE_DIR=str(tmp_path / "var"),
        SECRET_KEY_FILE=str(secret),
    )

    assert done.stdout.startswith("k" * 40)
    assert "'SECRET_KEY'" not in done.stdout


def written(path):
    (line,) = [x for x in path.read_text().splitlines() if "ENCRYPTION_KEY" in x]
    return line.removeprefix("ENCRYPTION_KEY=").split(",")


def test_a_written_key_stands_before_those_in_use(tmp_path, settings, capsys):
    settings.BASE_DIR = tmp_path

    call_command("generate_encryption_key", "--write")

    new, *rest = written(tmp_path / ".env")
    assert rest == settings.ENCRYPTION_KEYS
    assert new not in rest
    assert mode_of(tmp_path / ".env") == 0o600
    assert new not in capsys.readouterr().out


@pytest.mark.parametrize(
    "line",
    ["ENCRYPTION_KEY=old", "export ENCRYPTION_KEY=old", " ENCRYPTION_KEY = old", "ENCRYPTION_KEY="],
)
def test_the_line_that_set_the_key_before_is_gone(tmp_path, line):
    path = tmp_path / ".env"
    path.write_text(f"A=1\n{line}\nENCRYPTION_KEY_FILE_OLD=x\n# a comment")

    put_in_env_file(path, "new")

    assert path.read_text() == ("A=1\nENCRYPTION_KEY_FILE_OLD=x\n# a comment\nENCRYPTION_KEY=new\n")


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path):
    path = tmp_path / ".env"
    path.write_text("A=1\n")
    path.chmod(0o644)

    put_in_env_file(path, "new")

    assert mode_of(path) == 0o600
    assert [found.name for found in tmp_path.iterdir()] == [".env"]
