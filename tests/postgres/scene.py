"""Applies on machines that are lost with their disks: all that stays is the database and the shops."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from podsync.sandbox import Fault, Sandbox
from podsync.state.events import Intent
from podsync.state.formats.event_json import event_from_json
from podsync.state.model import State
from tests.crash import catalogs, hurry
from tests.crash.catalogs import Document
from tests.crash.scene import Run, Scene, rules
from tests.postgres.place import Schema

#: For so many seconds may a request of a lost machine leave.
SEND = 1.0


class Runners(Scene):
    """A scene in which each run has a folder of its own, with nothing but catalog and settings in it."""

    def __init__(self, root: Path, shops: Sandbox, place: Schema, url: str = "") -> None:
        self._root, self._numbers, self.place = root, itertools.count(1), place
        self._url = url or place.server.url()
        super().__init__(self._empty(), shops)

    def _empty(self) -> Path:
        folder = self._root / f"machine-{next(self._numbers)}"
        folder.mkdir(parents=True)
        return folder

    def _machine(self) -> None:
        """Move to a new machine, with what is in version control."""
        before, self.folder = self.folder, self._empty()
        shutil.copytree(before / "catalog", self.folder / "catalog")
        shutil.copy(before / "podsync.yaml", self.folder)

    def write(self, documents: Iterable[Document], **settings: Any) -> None:
        super().write(documents, **settings)
        with (self.folder / "podsync.yaml").open("a", encoding="utf-8") as file:
            file.write(f"state: {{backend: postgres, schema: {self.place.name}}}\n")

    def only(self, documents: list[Document], **settings: Any) -> None:
        self.write(documents, **settings)
        self.there, self.wanted = catalogs.titles(documents), catalogs.addresses(documents)
        self.left, self.documents, self.by_hand = [], documents, set()

    @property
    def program(self) -> list[str]:
        return hurry.program(SEND)

    @property
    def environment(self) -> dict[str, str]:
        home = self._root / "homes" / self.folder.name  # machines share no lock but that of the state
        return super().environment | {"PODSYNC_POSTGRES_URL": self._url, "XDG_CACHE_HOME": str(home)}

    def start(self, *words: str, **facts: Any) -> subprocess.Popen[str]:
        self._machine()
        return super().start(*words, **facts)

    def apply(self, *words: str) -> Run:
        self._machine()
        return super().apply(*words)

    def state(self) -> State:
        return self.place.load()

    def intents(self) -> set[str]:
        """Names of the products for which the database has, or had, an Intent."""
        if not self.place.ask("SELECT 1 FROM pg_tables WHERE schemaname = %s", self.place.name):
            return set()
        rows = self.place.ask("SELECT document FROM {s}.event")
        events = [event_from_json(row[0]) for row in rows]
        bodies = [e.body for e in events if isinstance(e, Intent) and e.op == "create"]
        return {str(body.get("enName") or body.get("name")) for body in bodies}

    def _disk(self) -> Any:
        return self.place.stored()


@contextlib.contextmanager
def some_runners(
    place: Schema, folder: Path, count: int, *faults: Fault, url: str = "", **settings: Any
) -> Iterator[Runners]:
    """So many products that nobody has made yet."""
    with Sandbox(rules(), data=folder / "data", faults=faults) as shops:
        scene = Runners(folder / "machines", shops, place, url)
        scene.only(catalogs.many(count), **settings)
        yield scene


def stopped(scene: Scene, process: subprocess.Popen[str]) -> None:
    """Wait until the process has stopped itself (SIGSTOP at a failpoint)."""
    stat = Path(f"/proc/{process.pid}/stat")
    scene.until(lambda: stat.read_text().rpartition(")")[2].split()[0] in "TZ", process)
    assert process.poll() is None, process.communicate()


def go_on(process: subprocess.Popen[str]) -> None:
    os.kill(process.pid, signal.SIGCONT)
