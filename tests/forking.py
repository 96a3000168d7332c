"""Processes that have loaded the product already, and so run a command of it at once.

    Nursery(environment).run(["run_worker", "--threads", "4"], log)

A nursery is a process that has loaded the product and does nothing but divide: what it starts is a
process of its own, the first of its group, that has opened nothing yet. To load the product takes
a process longer than most tests take.
"""

import json
import os
import signal
import subprocess
import sys
import time
import traceback


class Nursery:
    """`environment` is that of all that it starts: settings are read but once."""

    def __init__(self, environment, folder):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.forking"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, arguments, log):
        """Run `manage.py` with these arguments; what it says goes to the file `log`."""
        return Child(self, self._ask("run", arguments, str(log)))

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(30)

    def _ask(self, *words):
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def exit_code(self, pid):
        """Return how it ended, as `subprocess` says it; None while it runs."""
        return self._ask("exit_code", pid)


class Child:
    """What a test does with a process, in the words of `subprocess.Popen`."""

    def __init__(self, nursery, pid):
        self.pid = pid
        self._nursery = nursery
        self._code = None

    def poll(self):
        if self._code is None:
            self._code = self._nursery.exit_code(self.pid)
        return self._code

    def wait(self, seconds):
        give_up_at = time.monotonic() + seconds
        while self.poll() is None:
            if time.monotonic() > give_up_at:
                raise subprocess.TimeoutExpired(str(self.pid), seconds)
            time.sleep(0.01)
        return self._code

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)


def main():
    from django import setup
    from django.core.management import load_command_class
    from django.urls import get_resolver

    setup()
    load_command_class("cloudpilot", "run_worker")
    _ = get_resolver().url_patterns  # what a command's checks load
    for line in sys.stdin:
        act, *words = json.loads(line)
        answer = {"run": _start, "exit_code": _exit_code}[act](*words)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _start(arguments, log):
    if pid := os.fork():
        os.setpgid(pid, pid)  # so that its children can be killed with it
        return pid
    code = 1
    try:
        code = _become(arguments, log)
    except Exception:  # noqa: BLE001 (a process's edge)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _become(arguments, log):
    from django.core.management import execute_from_command_line

    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, in tests in the background
    nothing = os.open(os.devnull, os.O_RDONLY)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for ours, theirs in ((0, nothing), (1, file), (2, file)):
        os.dup2(theirs, ours)
    try:
        execute_from_command_line(["manage.py", *arguments])
    except SystemExit as exc:
        return exc.code if isinstance(exc.code, int) else int(exc.code is not None)
    return 0


def _exit_code(pid):
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


if __name__ == "__main__":
    main()
