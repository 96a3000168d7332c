"""Which process this is, and which others beside it are gone for certain.

Nobody can tell a worker elsewhere that died from one that is only slow: that is what leases are
for. Of one beside us the kernel knows. Whatever leaves a doubt counts as alive.
"""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    place: str  # where its pid means something: one boot of one machine, one set of namespaces
    pid: int
    born: int  # in the kernel's ticks since the boot: a pid is given out again, but not with this

    def is_gone(self, proc: Path = _PROC) -> bool:
        """Whether it has certainly ended. A process that is elsewhere never has."""
        here = this(proc)
        return here is not None and here.place == self.place and self._has_ended(proc)

    def _has_ended(self, proc: Path) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass  # it is somebody else's, so it is there
        try:
            now = _read(proc / str(self.pid))
        except (OSError, ValueError):
            return False  # /proc may hide what is there (hidepid)
        return now.born != self.born or now.is_dead


def this(proc: Path = _PROC) -> Process | None:
    """Return this process, None where the kernel does not tell of processes as Linux does."""
    try:
        if not _shows_our_pids(proc):
            return None
        boot = (proc / "sys/kernel/random/boot_id").read_text().strip()
        names = [socket.gethostname(), boot, str((proc / "self/ns/pid").readlink())]
        clock = proc / "self/ns/time"  # ticks are shown by its clock; older kernels have but one
        if clock.is_symlink():
            names.append(str(clock.readlink()))
        return Process("/".join(names), os.getpid(), _read(proc / "self").born)
    except (OSError, ValueError):
        return None


def _shows_our_pids(proc: Path) -> bool:
    """Whether it is the /proc of our own pid namespace, and not one that was handed in."""
    lines = (proc / "self/status").read_text().splitlines()
    [pids] = [line.split()[1:] for line in lines if line.startswith("NSpid:")]
    return pids == [str(os.getpid())]


@dataclass(frozen=True)
class _Stat:
    born: int
    is_dead: bool


def _read(folder: Path) -> _Stat:
    # The second field is the program's name, in parentheses, with whatever it likes within.
    _, _, rest = (folder / "stat").read_text().rpartition(")")
    fields = rest.split()
    state, threads, born = fields[0], int(fields[17]), int(fields[19])
    # One that nobody has waited for yet is still listed. Its other threads may end after the first.
    return _Stat(born, is_dead=state in "ZX" and threads <= 1)
