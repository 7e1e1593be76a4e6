"""P1 and P2: killed at a system call, then applied again. A sample here, all of them as a campaign."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from tests.crash import catalogs, tracing
from tests.crash.scene import a_scene, killed

#: Calls on the files of the state and of `.podsync`; and calls on whatever there is. Workers share writes
#: as it happens, so the last few of a call are not reached in every run: these are.
ON_FILES = {
    "everything": {"write": (1, 2, 4, 6), "fsync": (2, 5, 8), "openat": (3, 5, 8, 10), "ftruncate": (1, 2),
                   "flock": (1, 2)},
    "creates": {"write": (2, 3, 4, 5), "fsync": (2, 4, 6), "openat": (7,), "ftruncate": (1,)},
}  # fmt: skip
ANYWHERE = {
    "everything": {"rename": (1, 2, 3, 4), "sendto": (1, 2, 3), "recvfrom": (1,), "connect": (1,)},
    "creates": {"rename": (1, 2, 3), "sendto": (1, 2, 3), "recvfrom": (2, 3)},
}
#: The calls of which a campaign tries every one. Others are made by the hundred while Python starts.
ALL_ON_FILES = (
    "write",
    "fsync",
    "openat",
    "ftruncate",
    "flock",
    "close",
    "read",
    "fstat",
    "newfstatat",
    "lseek",
)
ALL_ANYWHERE = (
    "rename", "sendto", "recvfrom", "connect", "write", "fsync", "ftruncate", "flock", "mkdir", "unlink",
    "socket", "clone3", "clone", "fcntl", "poll", "setsockopt", "getsockname", "shutdown", "fchmod", "chmod",
)  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def strace():
    tracing.needed()


def killed_at(scene, work, call, number, *, files):
    """Apply under strace until the call is reached; whether it was."""
    if work == "creates":
        scene.only(catalogs.many(12)[:6], parallelism=1)  # one worker: every run makes the same calls
    else:
        scene.write(catalogs.WANTED, parallelism=1)
    paths = ()
    if files:
        paths = scene.folder, scene.state_path, scene.journal_path, scene.lock_path, scene.memory_path
    return killed(scene.start(under=tracing.injecting(f"{call}:signal=SIGKILL:when={number}", paths=paths)))


def sample(calls):
    return [
        pytest.param(work, call, number, id=f"{work}-{call}-{number}")
        for work, counts in calls.items()
        for call, numbers in counts.items()
        for number in numbers
    ]


@pytest.mark.parametrize(("work", "call", "number"), sample(ON_FILES))
def test_killed_at_a_call_on_its_files(scene, work, call, number):
    assert killed_at(scene, work, call, number, files=True)

    scene.recovers()


@pytest.mark.parametrize(("work", "call", "number"), sample(ANYWHERE))
def test_killed_at_a_call(scene, work, call, number):
    assert killed_at(scene, work, call, number, files=False)

    scene.recovers()


@pytest.mark.campaign
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("work", ["everything", "creates"])
@pytest.mark.parametrize(
    ("call", "files"), [*[(call, True) for call in ALL_ON_FILES], *[(call, False) for call in ALL_ANYWHERE]]
)
def test_killed_at_every_call(template, tmp_path, capsys, work, call, files):
    figures: Counter[str] = Counter()
    for number in itertools.count(1):
        folder = tmp_path / str(number)
        folder.mkdir()
        with a_scene(template, folder) as scene:
            reached = killed_at(scene, work, call, number, files=files)
            scene.recovers()
            figures += scene.figures
        if not reached:
            break
    with capsys.disabled():
        where = "on the state's files" if files else "anywhere"
        told = f"{number - 1} kills, {figures['doubled']} doubled, {figures['lost']} lost"
        print(f"\n{work}, {call} {where}: {told}")  # noqa: T201
