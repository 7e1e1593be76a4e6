"""Measuring from outside sees the whole tree of processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks import measure

_HOLD = "import sys; held = b'x' * (40 << 20); print('held', flush=True); sys.stdin.read()"
_TWO = f"""
import subprocess, sys
words = [sys.executable, "-c", {_HOLD!r}]
both = [subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)]
for each in both:
    each.stdout.readline()
print("ready", flush=True)
sys.stdin.read()
for each in both:
    each.communicate()
"""
needs_proc = pytest.mark.skipif(
    not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux's /proc/PID/smaps_rollup"
)


@needs_proc
def test_what_children_hold_counts() -> None:
    with subprocess.Popen([sys.executable, "-c", _TWO], stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"

        held = sum(map(measure.proportional, measure.tree(process.pid)))
        process.communicate()

    assert held > 80 << 20


@needs_proc
def test_a_process_that_has_ended_holds_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as process:
        process.wait()

    assert measure.proportional(process.pid) == 0
    assert measure.tree(process.pid) == [process.pid]


@pytest.mark.parametrize("watched", [False, True])
def test_a_run_is_told_with_all_that_it_said(tmp_path: Path, watched: bool) -> None:
    code = "import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit(7)"

    took = measure.run(
        [sys.executable, "-c", code], folder=tmp_path, env={}, out=tmp_path / "said", watched=watched
    )

    assert (took.code, (tmp_path / "said").read_text()) == (7, "out\nerr\n")
    assert took.cpu > 0
    assert took.peak > 1 << 20
