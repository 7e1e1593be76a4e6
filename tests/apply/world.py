"""One catalog, one state, one machine and the vendors, with a clock that tests move.

`World.apply` is what the command line does for an apply, in this process: lock, load, plan, carry out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from podsync.apply.context import Options, ProviderConnection
from podsync.apply.engine import Origin, carry_out
from podsync.apply.history import StateHistory
from podsync.apply.lookup.preview import preview
from podsync.apply.rate_limit import Bucket
from podsync.apply.report import Outcome, Report
from podsync.apply.run import others_of
from podsync.cli.environment.connect import spoken_to
from podsync.evidence.findings import Findings
from podsync.evidence.situation import former_of
from podsync.files.os_files import OsFiles
from podsync.model.address import Address
from podsync.model.errors import StoppedError
from podsync.model.frozen import freeze, thaw
from podsync.model.product import Catalog, Product
from podsync.model.settings import Limits, ProviderSettings, RateLimit
from podsync.network.request import Request
from podsync.plan.model import Plan
from podsync.plan.planner import make_plan
from podsync.providers.contract import Query, Receipt
from podsync.providers.registry import bare_id, plugins, provider_of
from podsync.state import operations
from podsync.state.events import Adopted, Disowned, Event, Settled
from podsync.state.local.account_lock import account_digest
from podsync.state.local.newest_state import NewestState
from podsync.state.local.remembered_rows import RememberedRows
from podsync.state.local.store import LocalStore
from podsync.state.model import State
from podsync.state.reducer.reducer import replay
from podsync.state.run_history import RunHistory
from tests.apply.vendor_server import VendorServer
from tests.plan.build import as_history, rewritten
from tests.products import poster_spec, tee_spec

KAKACLO_KEY = "canary-kakaclo-8d1f60"
GELATO_KEY = "canary-gelato-77ab01"
OTHER_KAKACLO_KEY = "canary-other-kakaclo-5c"
OTHER_GELATO_KEY = "canary-other-gelato-5d"
KEYS = {"kakaclo": KAKACLO_KEY, "gelato": GELATO_KEY}
SETTLE, TIMEOUT = 600.0, 30.0
QUIET_AFTER = dict.fromkeys(("kakaclo", "gelato"), SETTLE + TIMEOUT)
#: More waits than any apply needs: a run that waits for ever fails instead of hanging.
WAITS = 4000
PLUGINS = plugins()


class Killed(BaseException):
    """The process is gone: nothing that it held in memory counts any more."""


class FakeClock:
    """Time that passes only by sleeping, and not while a request is on its way.

    `moved` is how far a person has moved the wall clock.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turn = threading.RLock()
        self._idle = threading.Condition()
        self._requests = 0
        self._mine = threading.local()
        self._passed = 0.0
        self._waits = 0
        self._appointments: list[tuple[float, Callable[[], object]]] = []
        self.moved = 0.0
        self.stop: Stop | None = None

    def now(self) -> float:
        return self.true() + self.moved

    def true(self) -> float:
        """The time of the world, and of the vendors."""
        return 1_760_000_000.0 + self._passed

    def monotonic(self) -> float:
        return 1000.0 + self._passed

    def sleep(self, seconds: float) -> None:
        if self.stop is not None and self.stop.signal:
            raise StoppedError("Stopped.")
        self._wait_for_requests()
        self.pass_by(seconds)
        with self._lock:
            self._waits += 1
            waits = self._waits
        assert waits < WAITS, "it waits for ever"
        if self.stop is not None and self.stop.signal:
            raise StoppedError("Stopped.")

    @contextmanager
    def busy(self) -> Iterator[None]:
        """A request is on its way in this thread."""
        self._count(1)
        self._mine.busy = True
        try:
            yield
        finally:
            self._mine.busy = False
            self._count(-1)

    def _count(self, step: int) -> None:
        with self._idle:
            self._requests += step
            self._idle.notify_all()

    def _wait_for_requests(self) -> None:
        waits = getattr(self._mine, "busy", False)
        if waits:
            self._count(-1)
        with self._idle:
            # Bounded: a request may itself wait for something that this thread has to do.
            self._idle.wait_for(lambda: self._requests == 0, 1)
        if waits:
            self._count(1)

    def pass_by(self, seconds: float) -> None:
        # Time stands still while what is due happens: another thread must not sleep on meanwhile.
        with self._turn:
            with self._lock:
                self._passed += max(0.0, seconds)
                due = [what for when, what in self._appointments if when <= self._passed]
                self._appointments = [each for each in self._appointments if each[0] > self._passed]
            for what in due:
                what()

    def after(self, seconds: float, what: Callable[[], object]) -> None:
        """Let something happen so many seconds from now."""
        with self._lock:
            self._appointments.append((self._passed + seconds, what))

    def begin(self) -> None:
        self._waits = 0

    @property
    def passed(self) -> float:
        return self._passed


@dataclass
class Stop:
    """What a signal leaves behind."""

    signal: int = 0


@dataclass
class Heard:
    """A listener that remembers."""

    outcomes: list[Outcome] = field(default_factory=list)
    waits: list[tuple[str, str, float]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def outcome(self, outcome: Outcome, done: int, total: int) -> None:  # noqa: ARG002
        self.outcomes.append(outcome)

    def waiting(self, provider: str, what: str, until: float) -> None:
        self.waits.append((provider, what, until))

    def note(self, text: str) -> None:
        self.notes.append(text)


class Life:
    """The life of one process; `die` ends it at the next thing it does to the world."""

    def __init__(self, at: Callable[[str, str], bool] | None = None) -> None:
        self._at = at
        self.over = False

    def point(self, word: str, what: str) -> None:
        """A moment (`before` or `after`) of something; the process may die here."""
        if self._at is not None and not self.over and self._at(word, what):
            self.over = True
        if self.over:
            raise Killed


class MortalWriter:
    def __init__(self, inner: Any, life: Life, clock: FakeClock) -> None:
        self._inner, self._life, self._clock = inner, life, clock

    def send(self, request: Request, send_before: float) -> Receipt:
        what = f"{request.method} {request.path}"
        self._life.point("before", what)
        try:
            with self._clock.busy():
                receipt: Receipt = self._inner.send(request, send_before)
        finally:
            self._life.point("after", what)
        return receipt


class MortalReader:
    def __init__(self, inner: Any, life: Life, clock: FakeClock) -> None:
        self._inner, self._life, self._clock = inner, life, clock

    def find(self, query: Query) -> Any:
        self._life.point("before", "find")
        with self._clock.busy():
            listing = self._inner.find(query)
        self._life.point("after", "find")
        return listing


class MortalStore(LocalStore):
    life: Life

    def append(self, events: Sequence[Event]) -> None:
        for event in events:
            self.life.point("before", type(event).__name__)
        super().append(events)
        for event in events:
            self.life.point("after", type(event).__name__)

    def compact(self, state: State) -> None:
        self.life.point("before", "compact")
        super().compact(state)


class World:
    """See the module."""

    def __init__(self, folder: Path, clock: FakeClock, server: VendorServer) -> None:
        self.folder, self.clock, self.server = folder, clock, server
        self.path = folder / "podsync.state.json"
        self.locks = folder / "locks"
        self.keys: dict[str, str] = dict(KEYS)
        #: How the vendors are reached: through what, and under which addresses.
        self.proxies: dict[str, str] = {}
        self.urls: Callable[[], Mapping[str, str]] = server.urls
        self.settings: dict[str, Any] = {
            "rate_limit": RateLimit(1000, 1000), "parallelism": 4, "timeout_seconds": TIMEOUT,
            "settle_seconds": SETTLE, "retry_seconds": 300.0,
        }  # fmt: skip
        self.pictures = "unknown"
        self.limits = Limits()
        self.documents: dict[Address, Product] = {}
        #: Addresses that the catalog names under `removed:`.
        self.lets_go: set[str] = set()
        self.heard = Heard()
        self.reports: list[Report] = []
        self.files: OsFiles | None = None
        #: A lost state takes its orphans along: no document tells of them.
        self.forgot_orphans = False

    # -- the catalog

    def tee(self, slug: str = "tee", *, doc: Mapping[str, Any] | None = None, **spec: Any) -> Address:
        """Write a designed product; `doc` holds what stands beside the spec."""
        whole = tee_spec(slug, **spec)
        return self._write(Address("designed_product", slug), "kakaclo", whole, doc or {})

    def poster(self, slug: str = "poster", *, doc: Mapping[str, Any] | None = None, **spec: Any) -> Address:
        """Write a customer product."""
        whole = poster_spec(slug, **spec)
        return self._write(Address("customer_product", slug), "gelato", whole, doc or {})

    def _write(self, address: Address, provider: str, spec: Any, doc: Mapping[str, Any]) -> Address:
        self.documents[address] = Product(address, provider, "default", freeze(spec), **as_history(doc))
        return address

    def delete(self, address: Address) -> Product:
        return self.documents.pop(address)

    # -- what stands where

    @property
    def state(self) -> State:
        return self._store(Life()).load()

    def entry(self, address: Address) -> Any:
        return self.state.entries[address]

    def _store(self, life: Life) -> MortalStore:
        store = MortalStore(self.path, clock=self.clock, files=self.files, on_note=self.heard.notes.append)
        store.life = life
        tell = self.heard.notes.append
        store.copy = NewestState(self.folder / ".podsync", store.identity, tell, self.files)
        return store

    @property
    def accounts(self) -> dict[str, str]:
        return {name: f"{url} default" for name, url in self.urls().items()}

    def _settings(self, name: str) -> ProviderSettings:
        return ProviderSettings(self.urls()[name], pictures=self.pictures, **self.settings)  # type: ignore[arg-type]

    # -- the runs

    def plan(self, state: State | None = None, **options: Any) -> Plan:
        """What apply would do."""
        found = {name: provider_of(plugin, self._settings(name)) for name, plugin in PLUGINS.items()}
        hosts = {name: {"base_url": self.urls()[name], "account": "default"} for name in found}
        products = tuple(self.documents[address] for address in sorted(self.documents))
        catalog = Catalog(products, 1, lets_go=frozenset(self.lets_go))
        known = self.state if state is None else state
        options = {"limits": self.limits, **options}
        return make_plan(catalog, known, found, hosts=freeze(hosts), **options)

    def apply(
        self,
        *,
        dies: Callable[[str, str], bool] | None = None,
        stop: Stop | None = None,
        plan: Plan | None = None,
        selecting: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Report:
        """Apply once; `dies(word, what)` says whether the process dies at that moment (then: Killed)."""
        self.clock.begin()
        life, stop = Life(dies), stop or Stop()
        self.clock.stop = stop
        store = self._store(life)
        with store.lock("apply", 0.0):
            state = store.recalled(self.accounts)
            plan = plan or self.plan(state, **(selecting or {}))
            if plan.errored:
                return self._kept(Report(plan, refused="a limit or a protection was hit"))
            needed = spoken_to(plan)
            if not plan.work and not needed:
                return self._kept(Report(plan))
            memory = RunHistory(self.folder / ".podsync", str(self.path.resolve()))
            remembered = StateHistory(memory, store, self.clock, self.heard.notes.append, self.rows)
            connections = {name: self._connection(name, life) for name in sorted(needed)}
            return self._kept(
                carry_out(
                    plan, state, store, connections, clock=self.clock, listener=self.heard, stop=stop,
                    memory=remembered, options=Options(**options), origin=Origin(machine="here"),
                    locks=self.locks,
                    others=others_of(
                        [self.documents[a] for a in sorted(self.documents)], state, connections,
                        {change.address for change in plan.work},
                    ),
                )
            )  # fmt: skip

    def refresh(self) -> Mapping[str, Findings]:
        """`plan --refresh`: look at both vendors, without the lock."""
        self.clock.begin()
        life = Life()
        store, rows = self._store(life), self.rows
        state = store.recalled(self.accounts)
        plan = self.plan(state)
        memory = RunHistory(self.folder / ".podsync", str(self.path.resolve()))
        history = StateHistory(memory, store, self.clock, self.heard.notes.append, rows)
        return preview(
            plan, replay(state, rows.read(state)), [self.documents[a] for a in sorted(self.documents)],
            {name: self._connection(name, life) for name in PLUGINS}, clock=self.clock,
            lost=history.lost(state), compares=True, keep=rows.keep,
        )  # fmt: skip

    @property
    def rows(self) -> RememberedRows:
        """What looks without the lock have shown."""
        tell = self.heard.notes.append
        return RememberedRows(self.folder / ".podsync", self.accounts, tell, files=self.files)

    def _kept(self, report: Report) -> Report:
        self.reports.append(report)
        return report

    def _connection(self, name: str, life: Life) -> ProviderConnection:
        settings, plugin = self._settings(name), PLUGINS[name]
        pace = Bucket(settings.rate_limit, self.clock)
        reader, writer = plugin.connect(settings, self.keys[name], self.clock, pace, self.proxies)
        mortal = MortalReader(reader, life, self.clock), MortalWriter(writer, life, self.clock)
        account = account_digest(name, settings.base_url, self.keys[name])
        return ProviderConnection(provider_of(plugin, settings), *mortal, pace, settings, account)

    def dies(self, at: Callable[[str, str], bool], **options: Any) -> None:
        """An apply that is killed."""
        try:
            self.apply(dies=at, **options)
        except Killed:
            return
        raise AssertionError("it was to die, and did not")

    def answer(self, address: Address, adopt: str | None) -> None:
        """A person says what became of a doubt: this product, or nothing."""
        event = Settled(address, self.clock.now(), found=adopt is not None, id=adopt)
        store = self._store(Life())
        with store.lock("state settle", 0.0):
            state = store.load()
            store.append([event])
            store.compact(replay(state, [event]))

    def step_answer(self, address: Address, *, made: bool, step: str = "values") -> None:
        """A person types `state settle --step`."""
        answer = operations.SettleAnswer(address, step=step, made=made)
        store = self._store(Life())
        with store.lock("state settle", 0.0):
            state = store.load()
            events = operations.settle(state, [answer], self.clock.now(), QUIET_AFTER, bare_id)
            store.append(events)
            store.compact(replay(state, events))

    def forget(self, address: Address) -> None:
        """A person types `state rm`."""
        store, now = self._store(Life()), self.clock.now()
        with store.lock("state rm", 0.0):
            state = store.load()
            events = operations.remove(state, address, now, QUIET_AFTER)
            memory = RunHistory(self.folder / ".podsync", str(self.path.resolve()))
            facts = {"timeline": state.timeline, "serial": state.serial, "at": now}
            assert memory.forgets(state.entries[address].provider, **facts) is None
            store.append(events)
            store.compact(replay(state, events))

    def settled(self, *answers: operations.SettleAnswer) -> None:
        """A person types `state settle`; that nothing was made once that can be said."""
        if any(answer.adopt is None for answer in answers):
            self.clock.pass_by(SETTLE + 2 * TIMEOUT)
        store = self._store(Life())
        with store.lock("state settle", 0.0):
            state = store.load()
            events = operations.settle(state, answers, self.clock.now(), QUIET_AFTER, bare_id)
            store.append(events)
            store.compact(replay(state, events))

    def person_answers(self, report: Report) -> None:
        """A person who looks at the vendor's own page answers what was asked."""
        for outcome in report.outcomes:
            entry = self.state.entries.get(outcome.address)
            words = " ".join(outcome.next)
            if "state settle" in words and entry is not None and entry.pending is not None:
                self.answer(outcome.address, self._really(entry.provider, entry.pending.body))
            elif "podsync import" in words:
                self._imported(outcome)

    def _really(self, provider: str, spec: Any) -> str | None:
        """The id of what podsync made of this spec, as the vendor alone knows."""
        owned = set(self.state.owned(provider))
        made = [
            p["id"] for p in self.server.products(provider) if not p["hand"] and freeze(p["spec"]) == spec
        ]
        left = [each.removeprefix("cp-") for each in made if each.removeprefix("cp-") not in owned]
        return left[0] if left else None

    def _imported(self, outcome: Outcome) -> None:
        """A person says of the rows that may be it which one is ours, or that none is."""
        document, now = self.documents[outcome.address], self.clock.now()
        provider = provider_of(PLUGINS[outcome.provider], self._settings(outcome.provider))
        spec, former = document.spec, former_of(provider, document)
        mine = self._really(outcome.provider, spec)
        if mine is None and former is not None:
            mine, spec = self._really(outcome.provider, former), former
        ids = outcome.next[-1].split()[5:]
        event: Event = Disowned(outcome.provider, now, tuple(sorted(ids)))
        if mine is not None:
            facts = (outcome.provider, "default", now, mine, spec)
            event = Adopted(outcome.address, *facts, origin="imported")
        store = self._store(Life())
        with store.lock("import", 0.0):
            state = store.load()
            store.append([event])
            store.compact(replay(state, [event]))

    # -- the promise

    def settle(self) -> None:
        """The vendors are well again, time passes, apply runs: everything is true, exactly once."""
        self.server.behave()
        self.clock.pass_by(3 * SETTLE)
        for number in range(4):
            # Where the state was lost and a document edited, a person has to say that a namesake is not it.
            report = self.apply(first_contact=self.forgot_orphans and number > 0)
            if report.exit_code == 0 and not self.plan().work and not self.plan().unbound:
                break
            self.person_answers(report)
        assert report.exit_code == 0, [o for o in report.outcomes if o.error]
        self.check()
        before = self.path.read_bytes() if self.path.exists() else b""
        count = len(self.server.requests)
        assert self.apply().exit_code == 0
        assert len(self.server.requests) == count
        assert (self.path.read_bytes() if self.path.exists() else b"") == before

    def check(self) -> None:
        """One product an address, and what podsync made is what the state knows."""
        self.at_most_one()
        state = self.state
        assert not [e for e in state.entries.values() if e.pending]
        for provider in ("kakaclo", "gelato"):
            made = {p["id"] for p in self.server.products(provider) if not p["hand"]}
            assert self.forgot_orphans or made <= set(state.owned(provider)), "made and not known"
            there = {p["id"] for p in self.server.products(provider)}
            known = {e.id for e in state.entries.values() if e.provider == provider}
            assert known <= there, "known and not there"
        assert set(state.entries) == set(self.documents)

    def at_most_one(self) -> None:
        """No two products that podsync made have one spec."""
        for provider in ("kakaclo", "gelato"):
            made = [freeze(p["spec"]) for p in self.server.products(provider) if not p["hand"]]
            assert len(set(made)) == len(made), [p.get("enName", p.get("name")) for p in made]


def plain(spec: Any) -> Any:
    return thaw(spec)


def at(word: str, what: str, times: int = 1) -> Callable[[str, str], bool]:
    """The moment at which a process dies: the n-th time that `what` begins or ends."""
    left = [times]

    def dies(told: str, happens: str) -> bool:
        if told != word or what not in happens:
            return False
        left[0] -= 1
        return left[0] == 0

    return dies


@contextmanager
def a_world(folder: Path) -> Iterator[World]:
    """A world for one test; at its end no key may be found anywhere but at its own provider."""
    clock = FakeClock()
    server = VendorServer(clock.true, kakaclo_key=KAKACLO_KEY, gelato_key=GELATO_KEY)
    server.accounts["kakaclo"][OTHER_KAKACLO_KEY] = "other"
    server.accounts["gelato"][OTHER_GELATO_KEY] = "other"
    world = World(folder, clock, server)
    try:
        yield world
        assert server.leaks == []
        assert "canary" not in repr((world.reports, world.heard))
        for path in folder.rglob("*"):
            assert not path.is_file() or b"canary" not in path.read_bytes(), path
    finally:
        server.stop()


def changed(product: Product, **facts: Any) -> Product:
    """The same document with something else beside the spec."""
    return rewritten(product, **facts)
