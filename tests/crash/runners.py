"""Runners that share nothing but a remote: each `podsync apply` is a process in a clone on a new disk."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from podsync.sandbox import Sandbox
from tests.crash import catalogs, hurry, person
from tests.crash.scene import _UNWANTED, KEY, SETTLE, TOKEN, Run, ended, rules
from tests.state.git.places import ENVIRON, Remote

#: Applies after which everything must be done, whatever a lost runner left.
APPLIES = 4
#: A lost runner's lock is anybody's after so many seconds; its requests may leave for so long.
LEASE, SEND = 3, 5.0


class Runners:
    """See the module. Made by `runners`."""

    def __init__(self, folder: Path, shops: Sandbox, documents: list[catalogs.Document]) -> None:
        self.folder, self.shops, self.documents = folder, shops, documents
        self.remote = Remote(folder)
        self._numbers = count(1)

    def runner(self) -> Path:
        """A new disk with the catalog and a shallow clone of nothing else."""
        path = self.folder / f"runner-{next(self._numbers)}"
        clone = self.remote.clone()
        clone.rename(path)
        (path / "catalog").mkdir()
        (path / "catalog" / "all.yaml").write_text(catalogs.to_yaml(self.documents), encoding="utf-8")
        speak = (
            f"{{settle_seconds: {SETTLE}, timeout_seconds: 1, parallelism: 4, "
            "rate_limit: {burst: 10000, per_second: 10000}}"
        )
        (path / "podsync.yaml").write_text(
            f"version: 1\nstate: {{backend: git, lease_seconds: {LEASE}}}\n"
            f"providers:\n  kakaclo: {speak}\n  gelato: {speak}\n"
            "limits: {max_creates: null, max_replaces: null, max_orphans: null}\n",
            encoding="utf-8",
        )
        return path

    def start(self, runner: Path, *words: str, failpoint: str = "") -> subprocess.Popen[str]:
        env = {name: value for name, value in ENVIRON.items() if not name.startswith(_UNWANTED)}
        env |= {
            "KAKACLO_BASE_URL": self.shops.url_of("kakaclo"), "KAKACLO_ACCESS_TOKEN": TOKEN,
            "GELATO_BASE_URL": self.shops.url_of("gelato"), "GELATO_API_KEY": KEY,
        }  # fmt: skip
        if failpoint:
            env["PODSYNC_FAILPOINT"] = failpoint
        return subprocess.Popen(
            [*hurry.program(SEND), *words],
            cwd=runner, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, *words: str, failpoint: str = "") -> Run:
        """A command on a runner of its own, whose disk is gone afterwards."""
        runner = self.runner()
        run = ended(self.start(runner, *words, failpoint=failpoint))
        shutil.rmtree(runner)
        return run

    def apply(self, *words: str, failpoint: str = "") -> Run:
        """An apply on a runner of its own."""
        return self.run("apply", "--auto-approve", *words, failpoint=failpoint)

    def killed_apply(self, moment: Callable[[], bool], delay: float) -> bool:
        """An apply that is killed some time after a moment, and its disk with it; whether it was."""
        runner = self.runner()
        process = self.start(runner, "apply", "--auto-approve", "--lock-timeout", "30s")
        end = time.monotonic() + 60
        while not moment() and process.poll() is None:
            assert time.monotonic() < end, "it never happened"
            time.sleep(0.005)
        time.sleep(delay)
        process.kill()
        dead = ended(process).code < 0
        shutil.rmtree(runner, ignore_errors=True)
        return dead

    def recovers(self) -> dict[str, int]:
        """Applying again ends with 0, and then everything is there exactly once; how far from that it was."""
        for _ in range(APPLIES):
            run = self.apply("--lock-timeout", "60s")
            if run.code == 0:
                break
            assert run.code in {1, 4, 8}, (run.out, run.err)
            self.answer(run)
            time.sleep(SETTLE)
        assert run.code == 0, (run.out, run.err)
        figures = self.figures()
        assert figures["doubled"] == figures["lost"] == figures["missing"] == 0, figures
        assert self.apply("--lock-timeout", "60s").out.splitlines()[-1].startswith("No changes.")
        return figures

    def answer(self, run: Run) -> None:
        """Answer what a run asked of creates in doubt, by what the shops have."""
        for address in person.asked(run.out):
            entries = json.loads(self.remote.file("podsync.state.json"))["entries"]
            provider = entries[address]["provider"]
            owned = {str(entry["id"]) for entry in entries.values() if entry["provider"] == provider}
            (title,) = (
                title
                for document in self.documents
                if catalogs.addresses([document]) == [address]
                for title in catalogs.titles([document])[provider]
            )
            words = person.answer(self.shops, provider, title, owned)
            told = self.run("state", "settle", address, *words)
            assert told.code == 0, (told.out, told.err)

    def figures(self) -> dict[str, int]:
        """Products made; more than once; not known to the state; wanted and not there."""
        there = {p["id"]: p.get("enName") or p["name"] for p in self.products()}
        names = Counter(there.values())
        state = json.loads(self.remote.file("podsync.state.json"))
        known = {str(entry["id"]) for entry in state["entries"].values()}
        wanted = {d["spec"].get("enName") or d["spec"]["name"] for d in self.documents}
        assert all(entry["pending"] is None for entry in state["entries"].values())
        return {
            "made": len(there),
            "doubled": sum(number - 1 for number in names.values()),
            "lost": len({str(each) for each in there} ^ known),
            "missing": len(wanted - names.keys()),
        }

    def products(self) -> list[dict[str, str]]:
        return [*self.shops.products("kakaclo"), *self.shops.products("gelato")]


@contextmanager
def runners(folder: Path, documents: list[catalogs.Document]) -> Iterator[Runners]:
    folder.mkdir(parents=True, exist_ok=True)
    with Sandbox(rules()) as shops:
        yield Runners(folder, shops, documents)
