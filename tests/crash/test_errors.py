"""P5 and P6: writes, fsyncs and renames that fail; a disk that is full or read-only."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections import Counter

import pytest

from tests.crash import catalogs, tracing
from tests.crash.scene import STATE, Run, a_scene

#: Errors of calls on the journal, and whether it is the first create already that cannot be written down.
ON_JOURNAL = {
    "no room from the beginning": (("write:error=ENOSPC",), True),
    "no room for the second write": (("write:error=ENOSPC:when=2",), False),
    "no room from the third write on": (("write:error=ENOSPC:when=3+",), False),
    "an I/O error in a write": (("write:error=EIO:when=4",), False),
    "no room, and it cannot be cut off": (("write:error=ENOSPC:when=3", "ftruncate:error=EIO"), False),
    "fsync fails at once": (("fsync:error=EIO",), True),
    "the second fsync fails": (("fsync:error=EIO:when=2",), False),
    "fsync fails from the fourth on": (("fsync:error=EIO:when=4+",), False),
    "it cannot be opened": (("openat:error=EACCES",), True),
    "no locks here": (("flock:error=ENOLCK",), True),
}
IN_THE_MIDDLE = (
    "no room from the third write on", "no room, and it cannot be cut off", "the second fsync fails",
    "fsync fails from the fourth on",
)  # fmt: skip
#: Errors of calls on any file: the memory, the backup, the snapshot, the folder.
ANYWHERE = (
    "rename:error=EIO:when=1", "rename:error=EIO:when=2", "rename:error=ENOSPC:when=3+",
    "fsync:error=EIO:when=3", "fsync:error=EIO:when=9+", "mkdir:error=EROFS", "ftruncate:error=EIO:when=2+",
)  # fmt: skip
REPORT = ("-o", "text", "-o", "json=report.json")


@pytest.fixture(scope="module")
def strace():
    tracing.needed()


def check_after(scene, run, before):
    """What must hold after any run that an error ended, and after the next one."""
    scene.quiet()
    assert "Traceback" not in run.err
    scene.check_intended()
    scene.check_kept(before)
    if (scene.folder / "report.json").exists():
        scene.check_report(scene.folder / "report.json")
        (scene.folder / "report.json").unlink()
    scene.recovers()


@pytest.mark.parametrize(
    ("work", "name"),
    [*[("everything", name) for name in ON_JOURNAL], *[("creates", name) for name in IN_THE_MIDDLE]],
)
def test_the_journal_cannot_be_written(scene, strace, work, name):
    injections, at_once = ON_JOURNAL[name]
    if work == "creates":
        scene.only(catalogs.many(12)[:6], parallelism=1)  # one worker: every run makes the same calls
    before = scene.state()

    run = scene.run(*REPORT, under=tracing.injecting(*injections, paths=[scene.journal_path]))

    scene.check_told(run)
    if at_once:
        assert scene.sent() == []
    check_after(scene, run, before)


@pytest.mark.parametrize("injection", ANYWHERE)
def test_another_file_cannot_be_written(scene, strace, injection):
    before = scene.state()

    run = scene.run(*REPORT, under=tracing.injecting(injection))

    if run.code != 0:
        scene.check_told(run)
    check_after(scene, run, before)


# -- whole disks


@contextlib.contextmanager
def mounted(folder, options):
    """A file system in memory; skips where nobody may mount one."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"tmpfs cannot be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=False, capture_output=True)


@pytest.mark.parametrize("left", [0, 4096, 8192, 16384])
def test_the_disk_is_full(template, tmp_path, left):
    """No room at all, room for some events, room for the journal but not for the snapshot."""
    with mounted(tmp_path / "disk", "size=256k") as disk, a_scene(template, disk) as scene:
        filler = disk / "filler"
        fill(filler, left)
        before = scene.state()

        run = scene.run()

        scene.check_told(run)
        filler.unlink()
        check_after(scene, run, before)


def fill(path, left):
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 1024):
            pass
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - left)


def test_the_folder_is_read_only(template, tmp_path):
    with mounted(tmp_path / "disk", "size=1m") as disk, a_scene(template, tmp_path) as scene:
        home = scene.folder
        scene.folder = disk / "work"
        subprocess.run(["cp", "-a", home, scene.folder], check=True)
        before = scene.state()
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)

        run = scene.run()

        scene.check_told(run)
        assert scene.shops.counts == {}
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
        check_after(scene, run, before)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_the_folder_is_somebody_elses(scene):
    before = scene.state()
    scene.folder.chmod(0o555)
    try:
        run = scene.run()
    finally:
        scene.folder.chmod(0o755)

    scene.check_told(run)
    assert scene.shops.counts == {}
    check_after(scene, run, before)


def test_the_error_is_told_once_and_names_the_file(scene, strace):
    run = scene.run(under=tracing.injecting("write:error=ENOSPC", paths=[scene.journal_path]))

    assert isinstance(run, Run)
    assert f"{STATE}.journal could not be written: No space left on device" in run.err
    assert Counter(run.err.split())["error:"] == 1
