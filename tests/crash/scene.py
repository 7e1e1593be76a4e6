"""One folder, both shops, and `podsync apply` as a process of its own that is killed, starved and stopped.

The shops live in the test's own process, on a real socket, so whatever becomes of podsync they keep the
truth. What a dead run left is carried on by the same command line, called in this process: that costs
a tenth of the time, and reads the same disk.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from podsync.cli.environment.clock import SystemClock
from podsync.cli.main import main
from podsync.model.address import Address
from podsync.sandbox import Fault, Rules, Sandbox
from podsync.sandbox.kakaclo.rules import Model
from podsync.state.events import Intent
from podsync.state.formats import journal
from podsync.state.local.store import LocalStore
from podsync.state.model import State
from podsync.state.run_history import RunHistory
from tests.crash import catalogs, hurry, person
from tests.crash.catalogs import Document

TOKEN, KEY = "canary-kakaclo-4c1d", "canary-gelato-9ab2"
#: A doubt of a dead process is settled so many seconds after the next one began.
TIMEOUT, SETTLE = 1.0, 0.4
#: For so many seconds may a request of a process leave.
SEND = 3.0
#: So long a new product is not listed, and a removed one still is.
LAG = 0.1
#: Applies after which everything must be done, whatever the dead one left.
APPLIES = 4
STATE = "podsync.state.json"
_UNWANTED = ("PODSYNC_", "KAKACLO_", "GELATO_", "GITHUB_", "CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS")
_HALT = 120
#: The blank garments of the catalogs; the model list tells all of them.
_MODELS = tuple(Model(number, f"PODQ{number:05d}", f"Model {number}") for number in range(1, 31))


class Run(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Template:
    """A folder in which a first catalog was applied, and what the shops hold then."""

    folder: Path
    data: Path
    url: str


class Scene:
    """See the module. Made by `a_scene`."""

    def __init__(self, folder: Path, shops: Sandbox) -> None:
        self.folder, self.shops = folder, shops
        self.there = catalogs.THERE
        self.wanted = catalogs.addresses(catalogs.WANTED)
        self.left: list[str] = catalogs.LEFT
        self.documents: list[Document] = catalogs.WANTED
        self.by_hand = {_title(document["spec"]) for document in catalogs.ADOPTED}
        ids = {str(p["id"]) for provider in ("kakaclo", "gelato") for p in shops.products(provider)}
        state = self.state() if self.state_path.exists() else State()
        self.removed = {*state.owned("kakaclo"), *state.owned("gelato")} - ids
        self.figures: Counter[str] = Counter()

    # -- what stands in the folder

    def write(self, documents: Iterable[Document], *, parallelism: int = 2, timeout: float = TIMEOUT) -> None:
        """Write the catalog and the settings."""
        catalog = self.folder / "catalog"
        catalog.mkdir(exist_ok=True)
        (catalog / "all.yaml").write_text(catalogs.to_yaml(documents), encoding="utf-8")
        speak = (
            f"{{settle_seconds: {SETTLE}, timeout_seconds: {timeout}, parallelism: {parallelism}, "
            "rate_limit: {burst: 10000, per_second: 10000}}"
        )
        (self.folder / "podsync.yaml").write_text(
            f"version: 1\nproviders:\n  kakaclo: {speak}\n  gelato: {speak}\n"
            "limits: {max_creates: null, max_replaces: null, max_orphans: null}\n",
            encoding="utf-8",
        )

    def only(self, documents: list[Document], **settings: Any) -> None:
        """Want these, and begin without a state: nothing was ever made."""
        for path in [*self.folder.glob(f"{STATE}*"), self.folder / ".podsync"]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for provider in ("kakaclo", "gelato"):
            for product in self.shops.products(provider):
                assert self.shops.delete(provider, product["id"])
        time.sleep(2 * LAG)  # till then they are listed
        self.write(documents, **settings)
        self.there, self.wanted = catalogs.titles(documents), catalogs.addresses(documents)
        self.left, self.documents, self.by_hand = [], documents, set()

    @property
    def state_path(self) -> Path:
        return self.folder / STATE

    @property
    def journal_path(self) -> Path:
        return self.folder / f"{STATE}.journal"

    @property
    def lock_path(self) -> Path:
        return self.folder / f"{STATE}.lock"

    @property
    def memory_path(self) -> Path:
        return RunHistory(self.folder / ".podsync", str(self.state_path.resolve())).path

    def state(self) -> State:
        return LocalStore(self.state_path, clock=SystemClock()).load()

    def intents(self) -> set[str]:
        """Names of the products that the disk says a create may have been sent for."""
        found = set()
        data = self.journal_path.read_bytes() if self.journal_path.exists() else b""
        for event in journal.read(data).events:
            if isinstance(event, Intent) and event.op == "create":
                found.add(_title(event.body))
        state = self.state()
        for entry in state.entries.values():
            bodies = [entry.spec, entry.pending.body if entry.pending else None]
            found |= {_title(body) for body in bodies if body}
        return found | {_title(orphan.spec) for orphan in state.orphans}

    # -- what stands in the shops

    def names(self, provider: str) -> list[str]:
        return sorted(product[person.NAME[provider]] for product in self.shops.products(provider))

    def sent(self) -> list[str]:
        """Names of the products whose create arrived, each as often as it did."""
        creates = [request for request in self.shops.requests if request.operation == "create"]
        return [_title(request.json) for request in creates]

    def quiet(self) -> None:
        """Wait until the shops have dealt with everything that a dead process had sent."""
        gc.collect()  # an apply in this process may have left connections that nobody uses
        self.until(lambda: not self.shops._open)

    # -- runs

    @property
    def program(self) -> list[str]:
        return hurry.program(SEND)

    def start(
        self, *words: str, under: Iterable[str] = (), failpoint: str = "", **facts: Any
    ) -> subprocess.Popen[str]:
        """Start an apply as a process of its own."""
        env = {k: v for k, v in os.environ.items() if not k.startswith(_UNWANTED)} | self.environment
        if failpoint:
            env["PODSYNC_FAILPOINT"] = failpoint
        return subprocess.Popen(
            [*under, *self.program, "apply", "--auto-approve", *words],
            cwd=self.folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **facts,
        )  # fmt: skip

    def run(self, *words: str, **facts: Any) -> Run:
        """An apply as a process of its own, to its end."""
        return ended(self.start(*words, **facts))

    @property
    def environment(self) -> dict[str, str]:
        return {
            "KAKACLO_BASE_URL": self.shops.url_of("kakaclo"), "KAKACLO_ACCESS_TOKEN": TOKEN,
            "GELATO_BASE_URL": self.shops.url_of("gelato"), "GELATO_API_KEY": KEY,
        }  # fmt: skip

    def apply(self, *words: str) -> Run:
        """An apply in this process."""
        return self.command("apply", "--auto-approve", *words)

    def command(self, *words: str) -> Run:
        """Any command in this process, in the folder as it is."""
        before = {name: os.environ.get(name) for name in self.environment}
        os.environ.update(self.environment)
        out, err = io.StringIO(), io.StringIO()
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = main(["-C", str(self.folder), *words])
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})
        assert "Traceback" not in err.getvalue(), err.getvalue()
        assert "canary" not in out.getvalue() + err.getvalue()
        return Run(code, out.getvalue(), err.getvalue())

    # -- the promise

    def recovers(self) -> None:
        """Applying again, a few times at most, ends with 0; then everything is there exactly once."""
        self.quiet()
        self.check_at_most_once()
        for _ in range(APPLIES):
            run = self.apply()
            if run.code == 0:
                break
            assert run.code in {1, 4, 8}, (run.out, run.err)
            self.answer(run)
            time.sleep(SETTLE)  # a refusal is not repeated before
        assert run.code == 0, (run.out, run.err)
        self.check_complete()
        self.check_idle()

    def answer(self, run: Run) -> None:
        """Answer what a run asked of creates in doubt, by what the shops have."""
        for address in person.asked(run.out):
            state = self.state()
            entry = state.entries[Address.parse(address)]
            if entry.pending is None or entry.pending.op == "update":
                continue  # that one is sent again without a person
            title, owned = _title(entry.pending.body), state.owned(entry.provider)
            words = person.answer(self.shops, entry.provider, title, owned)
            told = self.command("state", "settle", address, *words)
            if "can be said from" in told.err:  # the state does not tell that the dead one sends no more
                time.sleep(max(0.0, entry.pending.send_before + TIMEOUT + SETTLE - time.time()))
                told = self.command("state", "settle", address, *words)
            assert told.code == 0, (told.out, told.err)

    def check_at_most_once(self) -> None:
        for provider, wanted in self.there.items():
            counted = Counter(self.names(provider))
            allowed = {*wanted, "Poster named"}
            doubled = {name: number for name, number in counted.items() if number > 1}
            self.figures["doubled"] += sum(number - 1 for number in doubled.values())
            assert not doubled, f"doubled at {provider}: {doubled}"
            assert set(counted) <= allowed, f"unwanted at {provider}: {set(counted) - allowed}"

    def check_complete(self) -> None:
        """What was wanted is there once, and the state knows the id of each."""
        state = self.state()
        for provider, wanted in self.there.items():
            assert self.names(provider) == wanted, provider
            ids = {product["id"] for product in self.shops.products(provider)}
            known = {str(identity) for identity in ids} ^ set(state.owned(provider))
            self.figures["lost"] += len(known)
            assert not known, f"made and not known, or known and not there: {known}"
        assert sorted(map(str, state.entries)) == self.wanted
        assert sorted(str(orphan.address) for orphan in state.orphans) == self.left
        for entry in state.entries.values():
            assert entry.pending is None
            product = next(p for p in self.shops.products(entry.provider) if str(p["id"]) == entry.id)
            assert product[person.NAME[entry.provider]] == _title(entry.spec or {})
        assert not list(self.folder.glob("*.tmp*"))

    def check_idle(self) -> None:
        """A further apply asks nobody and writes nothing."""
        counts, disk = dict(self.shops.counts), self._disk()
        run = self.apply()
        assert run.code == 0, run.err
        assert run.out.splitlines()[-1] == "No changes. The catalog matches the state."
        assert dict(self.shops.counts) == counts
        assert self._disk() == disk

    def _disk(self) -> dict[str, bytes]:
        """All that stands in the folder, but what may be lost; the lock file names its last holder."""
        left_out = {self.lock_path, *(self.folder / ".podsync" / "cache").rglob("*")}
        files = [path for path in self.folder.rglob("*") if path.is_file() and path not in left_out]
        return {str(path): path.read_bytes() for path in files}

    def check_told(self, run: Run) -> None:
        """A run that failed says so once, in words."""
        assert run.code != 0
        assert "Traceback" not in run.err
        assert len(re.findall(r"^error: ", run.err, re.MULTILINE)) == 1, run.err

    def check_report(self, path: Path) -> None:
        """Every change is in the report, and nothing in it is untrue."""
        results = records(path)
        assert len({result["address"] for result in results}) == len(results)
        for result in results:
            document = next((d for d in self.documents if _address(d) == result["address"]), None)
            if document is None or result["outcome"] == "in_doubt":
                continue
            provider, title = _provider(document), _title(document["spec"])
            there = title in self.names(provider)
            undone = result["outcome"] in {"failed", "not_tried"} and result["action"] != "adopt"
            new = result["action"] in {"create", "replace"} and title not in self.by_hand
            assert there or undone, result
            assert not (there and undone and new), result

    def check_kept(self, before: State) -> None:
        """What the old state knew is still known."""
        lost = set(before.owned("kakaclo")) | set(before.owned("gelato"))
        now = self.state()
        lost -= set(now.owned("kakaclo")) | set(now.owned("gelato")) | self.removed
        assert not lost, f"forgotten: {lost}"

    def check_intended(self) -> None:
        """Nothing was sent whose intent was not on the disk."""
        assert set(self.sent()) <= self.intents()

    @staticmethod
    def until(condition: Callable[[], object], process: subprocess.Popen[str] | None = None) -> None:
        """Wait for something that has to happen; a process that ends before it is a failure."""
        end = time.monotonic() + _HALT
        while not condition():
            if process is not None and process.poll() is not None and not condition():
                raise AssertionError(process.communicate())
            assert time.monotonic() < end, "it never happened"
            time.sleep(0.01)


def _address(document: Document) -> str:
    return f"{document['kind']}.{document['name']}"


def _provider(document: Document) -> str:
    return "kakaclo" if document["kind"] == "designed_product" else "gelato"


def _title(spec: Any) -> str:
    return str(spec.get("enName") or spec.get("name"))


def ended(process: subprocess.Popen[str]) -> Run:
    """Wait for a process; one that hangs is killed and fails."""
    try:
        out, err = process.communicate(timeout=_HALT)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError((out, err)) from None
    assert "canary" not in out + err
    return Run(process.returncode, out, err)


def killed(process: subprocess.Popen[str]) -> bool:
    """Wait for a process and say whether it was killed."""
    return ended(process).code == -signal.SIGKILL


def rules(**changes: Any) -> Rules:
    return Rules(
        kakaclo_tokens=(TOKEN,), gelato_keys=(KEY,), kakaclo_bucket=None, gelato_bucket=None,
        **{"kakaclo_lag": LAG, "models": _MODELS, **changes},
    )  # fmt: skip


def a_template(folder: Path) -> Template:
    """Apply BEFORE and then WITHOUT; then a person makes two products by hand and removes an orphan.

    What the person made is listed when the template is done: nobody could adopt it before.
    """
    home, data = folder / "work", folder / "data"
    home.mkdir()
    with Sandbox(rules(), data=data) as shops:
        scene = Scene(home, shops)
        for documents in (catalogs.BEFORE, catalogs.WITHOUT):
            scene.write(documents)
            run = scene.apply()
            assert run.code == 0, run.err
        for document in catalogs.ADOPTED:
            shops.create_by_hand(_provider(document), document["spec"])
        vanished = next(p for p in shops.products("kakaclo") if p["enName"] == "Tee vanished")
        assert shops.delete("kakaclo", vanished["id"])
        scene.write(catalogs.WANTED)
        (home / "memory").write_bytes(scene.memory_path.read_bytes())
        shutil.rmtree(home / ".podsync")
        time.sleep(2 * LAG)
        return Template(home, data, shops.url)


@contextlib.contextmanager
def a_scene(template: Template, folder: Path, *faults: Fault) -> Iterator[Scene]:
    """A copy of the template with shops of its own: another address, another folder."""
    shutil.copytree(template.folder, folder / "work")
    shutil.copytree(template.data, folder / "data", ignore=shutil.ignore_patterns("lock.sqlite*"))
    with Sandbox(rules(), data=folder / "data", faults=faults) as shops:
        scene = Scene(folder / "work", shops)
        text = scene.state_path.read_text(encoding="utf-8")
        scene.state_path.write_text(text.replace(template.url, shops.url), encoding="utf-8")
        scene.memory_path.parent.mkdir(parents=True)
        (scene.folder / "memory").replace(scene.memory_path)
        yield scene


def records(path: Path) -> list[Any]:
    """What `-o json=FILE` holds."""
    results: list[Any] = json.loads(path.read_text(encoding="utf-8"))["results"]
    return results
