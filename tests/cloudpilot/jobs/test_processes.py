"""Who is gone for certain: nobody of whom there is any doubt."""

import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from cloudpilot.jobs import processes
from tests.processes import eventually

HERE = processes.this()

pytestmark = pytest.mark.skipif(HERE is None, reason="the kernel does not tell of processes")


@pytest.fixture
def child():
    process = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE)
    with process:
        yield process
        process.kill()


@pytest.fixture
def proc(tmp_path):
    """A /proc that shows this process alone, as the real one does."""
    own = tmp_path / "self"
    (own / "ns").mkdir(parents=True)
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    boot = Path("sys/kernel/random/boot_id")
    (tmp_path / boot).write_text(("/proc" / boot).read_text())
    for name in ("stat", "status"):
        (own / name).write_text(Path("/proc/self", name).read_text())
    for link in Path("/proc/self/ns").iterdir():
        (own / "ns" / link.name).symlink_to(link.readlink())
    return tmp_path


def seen(child):
    """Return the child as it would have entered itself."""
    stat = Path("/proc", str(child.pid), "stat").read_text()
    return processes.Process(HERE.place, child.pid, int(stat.rpartition(")")[2].split()[19]))


def test_who_lives_is_not_gone(child):
    assert not HERE.is_gone()
    assert not seen(child).is_gone()


def test_who_sleeps_is_not_gone(child):
    process = seen(child)
    child.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)

    assert not process.is_gone()


def test_who_was_killed_is_gone_before_anybody_waits_for_it_and_after(child):
    process = seen(child)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    eventually(process.is_gone)

    child.wait()

    assert process.is_gone()


def test_a_pid_that_another_has_by_now_is_not_the_same_process(child):
    assert replace(seen(child), born=seen(child).born - 1).is_gone()


@pytest.mark.parametrize("part", [0, 1, 2, -1])
def test_of_another_machine_boot_or_namespace_nothing_is_known(child, part):
    process = seen(child)
    child.kill()
    child.wait()
    names = process.place.split("/")
    names[part] += "0"

    assert not replace(process, place="/".join(names)).is_gone()


def test_without_proc_nobody_is_known_to_be_gone(child, tmp_path):
    process = seen(child)
    child.kill()
    child.wait()

    assert processes.this(tmp_path) is None
    assert not process.is_gone(tmp_path)


def test_a_proc_of_another_namespace_is_not_believed(proc):
    assert processes.this(proc) == HERE
    (proc / "self/status").write_text(f"Name:\tx\nNSpid:\t{os.getpid()}\t7\n")

    assert processes.this(proc) is None


def test_who_lives_and_is_hidden_is_not_gone(child, proc):
    assert not seen(child).is_gone(proc)


def test_a_process_whose_first_thread_alone_has_ended_is_not_gone(child, proc):
    process = seen(child)
    folder = proc / str(child.pid)
    folder.mkdir()
    name, _, rest = Path("/proc", str(child.pid), "stat").read_text().rpartition(")")
    fields = rest.split()
    fields[0] = "Z"
    (folder / "stat").write_text(f"{name}) {' '.join(fields)}")
    assert process.is_gone(proc)

    fields[17] = "2"
    (folder / "stat").write_text(f"{name}) {' '.join(fields)}")

    assert not process.is_gone(proc)
