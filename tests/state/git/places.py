"""A bare repository as the remote, and clones of it: what the tests of the git store stand on."""

from __future__ import annotations

import json
import os
import subprocess
from itertools import count
from pathlib import Path
from typing import Any

from podsync.cli.environment.clock import SystemClock
from podsync.state.git.store import GitStore
from podsync.state.git.writer import Batching

BRANCH = "podsync-state"
#: Nobody's own settings, and no other repository than the test's.
ENVIRON = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(folder: Path, *words: str, data: bytes = b"") -> str:
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")
    done = subprocess.run(
        ["git", *identity, *words], cwd=folder, env=ENVIRON, input=data, capture_output=True, check=False
    )
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout.decode().strip()


class Remote:
    """See `tests.contracts.Place`; every store works in a clone of its own, unless it is given one."""

    def __init__(self, folder: Path, **batching: Any) -> None:
        self.folder, self.batching = folder, Batching(**{"quiet": 0.02, "lease": 20.0, **batching})
        self.bare = folder / "remote.git"
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(self.bare))
        self._numbers = count(1)

    def clone(self, *options: str) -> Path:
        path = self.folder / f"clone-{next(self._numbers)}"
        if options:
            git(self.folder, "clone", "--quiet", *options, f"file://{self.bare}", str(path))
        else:
            git(self.folder, "init", "--quiet", "--initial-branch=main", str(path))
            git(path, "remote", "add", "origin", str(self.bare))
        return path

    def store(self, note=lambda _text: None, *, clone: Path | None = None, **facts: Any) -> GitStore:
        given = {"environment": ENVIRON, "batching": self.batching, "who": lambda: "ann@host", **facts}
        return GitStore(clone or self.clone(), clock=SystemClock(), on_note=note, **given)

    def load(self):
        store = self.store()
        store.refresh()
        return store.load()

    # -- what stands on the remote

    def head(self) -> str:
        return git(self.bare, "for-each-ref", "--format=%(objectname)", f"refs/heads/{BRANCH}")

    def names(self) -> list[str]:
        head = self.head()
        return git(self.bare, "ls-tree", "-r", "--name-only", head).splitlines() if head else []

    def file(self, name: str) -> str:
        return git(self.bare, "show", f"{self.head()}:{name}")

    def stored(self) -> dict[str, str]:
        return {name: self.file(name) for name in self.names() if name != "lock.json"}

    def pushes(self) -> int:
        return int(git(self.bare, "rev-list", "--count", BRANCH)) if self.head() else 0

    def put(self, name: str, text: str) -> None:
        """Commit a file on the remote, as a person does on the web page."""
        clone = self.clone()
        git(clone, "fetch", "--quiet", "origin", f"{BRANCH}:{BRANCH}")
        git(clone, "checkout", "--quiet", BRANCH)
        (clone / name).write_text(text, encoding="utf-8")
        git(clone, "add", name)
        git(clone, "commit", "--quiet", "--message", "by hand")
        git(clone, "push", "--quiet", "origin", BRANCH)

    def damage(self) -> None:
        self.put("podsync.state.json", self.file("podsync.state.json")[:-9])

    def add_key(self, key: str, value: Any) -> None:
        self.put("podsync.state.json", json.dumps(json.loads(self.file("podsync.state.json")) | {key: value}))

    def backups(self) -> list[str]:
        """The snapshots in the history, each as it was when the next one took its place."""
        found: list[str] = []
        for commit in git(self.bare, "rev-list", BRANCH).splitlines():
            if "podsync.state.json" in git(self.bare, "ls-tree", "--name-only", commit).splitlines():
                text = git(self.bare, "show", f"{commit}:podsync.state.json")
                found += [text] if text not in found else []
        return found[1:]
