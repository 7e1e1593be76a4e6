"""strace as the hand of fate: a signal or an error at the n-th of some system call.

Each thread counts for itself, so a call that the main thread makes often during start-up hides what the
workers do; `paths` narrows to the files that matter. strace stops a killed call before it takes effect.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest


def needed() -> None:
    """Skip where strace cannot trace; in CI it has to."""
    why = ""
    if shutil.which("strace") is None:
        why = "strace is not installed"
    elif subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False).returncode:
        why = "strace is not allowed to trace here"
    if why and os.environ.get("CI"):
        pytest.fail(why)
    if why:
        pytest.skip(why)


def injecting(*injections: str, paths: Iterable[Path] = ()) -> list[str]:
    """The command that runs another one, with `write:signal=SIGKILL:when=3` and the like happening."""
    calls = ",".join(sorted({text.partition(":")[0] for text in injections}))
    words = ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={calls}"]
    if not any("signal=" in text for text in injections):
        # Faster, for only the named calls stop; but a signal is lost where the kernel filters.
        words.append("--seccomp-bpf")
    for text in injections:
        words += ["-e", f"inject={text}"]
    for path in paths:
        words += ["-P", str(path)]
    return words
