"""One process measured from outside: wall clock, CPU and peak memory, of it and all it starts.

Time comes from `wait4`, so nothing is done beside the process while it runs. Memory has two sources:
`wait4` tells the highest residence of the largest process; where `/proc` is there (Linux), a watched
run also sums the proportional share (PSS) of the whole tree every few milliseconds, which counts pages
that forked workers share once. Watching costs time: watched runs are for memory, the others for time.

The kernel counts what the starting process held as the child's at `exec`: whoever measures stays small
(`floor`), and lets others make the corpora.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_LOOK_EVERY = 0.01
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Took:
    """How a process went: exit code, seconds, CPU seconds, and the peak in bytes."""

    code: int
    seconds: float
    cpu: float
    peak: int


def run(
    words: Sequence[str], *, folder: Path, env: Mapping[str, str], out: Path, watched: bool = False
) -> Took:
    """Run a command to its end in `folder`; what it says, on stdout and stderr, goes to `out`."""
    with out.open("wb") as file:
        began = time.perf_counter()
        process = subprocess.Popen(
            words, cwd=folder, env=dict(env), stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT
        )
        tree = _watch(process.pid) if watched and _PROC.joinpath("self", "smaps_rollup").exists() else 0
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    peak = max(tree, usage.ru_maxrss * _RSS_UNIT)
    return Took(process.returncode, seconds, usage.ru_utime + usage.ru_stime, peak)


def floor() -> int:
    """Bytes below which no peak can be seen: what this process has itself held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT


def _watch(pid: int) -> int:
    """Look at a process and all below it until it ends; it is left to be waited for."""
    highest = 0
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        highest = max(highest, sum(map(proportional, tree(pid))))
        time.sleep(_LOOK_EVERY)
    return highest


def tree(pid: int) -> list[int]:
    """Return a process and all that it and its children have started; Linux only."""
    found = [pid]
    for each in found:  # grows while it is walked
        for told in _PROC.glob(f"{each}/task/*/children"):
            found += map(int, _text(told).split())
    return found


def proportional(pid: int) -> int:
    """Bytes of memory that are this process's share; 0 when it has ended."""
    for line in _text(_PROC / str(pid) / "smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _text(path: Path) -> str:
    """Read a file of a process that may end at any time."""
    try:
        return path.read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""
