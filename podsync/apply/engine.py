"""Carries a plan out: the order of the phases, the workers of each provider, and the final report.

    moves of what is in doubt · look (every provider) · first contact? · what needs no network ·
    work (every provider at once) · finish (settle, bind) · compact

Nothing is sent before every provider was looked at. The caller holds the store's lock and has
checked that the plan is not stale.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from podsync.apply.actions.create import adopt, adopt_all, take, take_all
from podsync.apply.actions.local_changes import LocalChanges
from podsync.apply.actions.settle import finish
from podsync.apply.context import Context, Listener, Options, OutcomeBoard, ProviderConnection, Stop
from podsync.apply.guard import guarded
from podsync.apply.history import StateHistory
from podsync.apply.ledger import Ledger
from podsync.apply.lookup.before_send import look
from podsync.apply.outcomes import asked_together, listed, tell_otherwise
from podsync.apply.report import Outcome, Report, Result
from podsync.apply.run import Others, ProviderRun
from podsync.apply.workers import work
from podsync.evidence.ages import SEND_SECONDS
from podsync.evidence.findings import Findings
from podsync.failpoints import hit
from podsync.model.clock import Clock
from podsync.model.errors import StoppedError
from podsync.model.frozen import EMPTY, FrozenDict, freeze
from podsync.plan.action import Action
from podsync.plan.answers import unknown_products
from podsync.plan.approval import approved
from podsync.plan.change import Change
from podsync.plan.checks import name_order, vacated, waits_for
from podsync.plan.model import Plan
from podsync.providers.knowledge import Provider
from podsync.state.events import Begun, Contacted, Ended
from podsync.state.local.account_lock import sole_writer
from podsync.state.model import State
from podsync.state.store import StateStore

#: After a signal, requests that are on their way get so long to end.
GRACE_SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class Origin:
    """Who applies and from what: kept in the state's `last_apply`.

    `catalog` is the catalog's folder in its repository, empty where there is none to tell; `machine` is a
    digest of the machine.
    """

    commit: str | None = None
    actor: str | None = None
    run_url: str | None = None
    machine: str = ""
    catalog: str = ""


def carry_out(
    plan: Plan,
    state: State,
    store: StateStore,
    connections: Mapping[str, ProviderConnection],
    *,
    clock: Clock,
    listener: Listener,
    stop: Stop,
    memory: StateHistory,
    options: Options = Options(),
    origin: Origin = Origin(),
    approved_as: str | None = None,
    others: Mapping[str, Others] = EMPTY,
    locks: Path | None = None,
    still_wanted: Callable[[Mapping[str, Findings]], bool] = lambda _: True,
) -> Report:
    """Carry `plan` out and return how every change ended.

    `approved_as` is the approved hash, if this is the rest of that plan. `others` is the rest of the catalog,
    by provider. Raises StateError when the state can no longer be written, LockedError when another process
    of this user writes to one of the accounts (`locks` is the folder of those locks). Every other fault of
    the world ends in the report.
    """
    apply = _Apply(
        plan, state, store, connections, clock, listener, stop, memory, options, origin, others, still_wanted
    )
    accounts = {each.provider.title: each.account for each in connections.values() if each.account}
    with sole_writer(locks, accounts):
        return apply.run(approved_as)


@dataclass(eq=False)
class _Apply:
    _plan: Plan
    _state: State
    _store: StateStore
    _connections: Mapping[str, ProviderConnection]
    _clock: Clock
    _listener: Listener
    _stop: Stop
    _memory: StateHistory
    _options: Options
    _origin: Origin
    _others: Mapping[str, Others]
    #: Called with the findings under the lock, before anything is sent.
    _still_wanted: Callable[[Mapping[str, Findings]], bool]

    def __post_init__(self) -> None:
        state, clock, options = self._state, self._clock, self._options
        changes = {change.address: change for change in self._plan.work}
        self._board = OutcomeBoard(changes, self._listener, options.max_failures)
        # If the last apply ran on another machine, its process may live: a local lock proves nothing.
        elsewhere = (state.last_apply or EMPTY).get("machine", "") not in ("", self._origin.machine)
        began = clock.monotonic() + (SEND_SECONDS if self._store.shared or elsewhere else 0.0)
        memory, ahead = self._memory, self._store.ahead
        lost = memory.lost(state)
        self._context = Context(clock, self._stop, options, self._board, memory, began, lost, ahead)
        self._ledger = Ledger(self._store, state)
        self._runs: list[ProviderRun] = []
        self._contacts: list[str] = []
        self._local = LocalChanges(self._plan, self._ledger, self._board, clock, self._stop)

    def run(self, approved_as: str | None) -> Report:
        """Do it all."""
        self._ledger.prelude = self._begun(approved_as)
        self._runs = self._provider_runs()
        self._memory.begins()
        if rows := self._memory.remembered(self._state):
            self._ledger.record(*rows)
        elif self._store.owes:
            self._ledger.begin()
        for change in self._plan.work:
            if change.action is Action.SETTLE:
                self._local.move(change)
        self._together(look)
        hit("apply.looked")
        findings = {run.provider.name: run.findings for run in self._runs if run.findings is not None}
        if not self._still_wanted(findings):
            return self._report("the plan has changed, and nobody wanted it as it is now")
        refused = self._first_contact()
        if refused is None:
            self._local.carry_out()
            for run in self._runs:
                run.worked = True
            self._together(work)
            hit("apply.worked")
            self._together(finish)
            hit("apply.finished")
        return self._report(refused)

    def _begun(self, approved_as: str | None) -> Begun:
        origin = self._origin
        last = self._state.last_apply
        rest = approved_as is not None and last is not None and approved_as == last.get("hash")
        return Begun(
            self._clock.now(),
            approved_as or self._plan.hash,
            self._plan.serial,
            self._plan.hosts,
            last["approved"] if rest and last is not None else approved(self._plan),
            origin.commit,
            origin.actor,
            origin.run_url,
            machine=origin.machine,
            catalog=origin.catalog,
        )

    def _provider_runs(self) -> list[ProviderRun]:
        providers: dict[str, Provider] = {name: c.provider for name, c in self._connections.items()}
        remote = tuple(c for c in self._plan.work if c.provider in providers)
        waits = waits_for(remote, providers, self._state)
        ordered = name_order(remote, providers, self._state)
        vacates = vacated(remote, providers, self._state)
        return [
            ProviderRun(
                connection,
                [c for c in ordered if c.provider == name],
                waits,
                vacates,
                self._ledger,
                self._context,
                self._others.get(name, Others()),
            )
            for name, connection in sorted(self._connections.items())
        ]

    def _together(self, phase: Callable[[ProviderRun], None]) -> None:
        """Run one phase for every provider at once; the main thread watches for signals."""
        crashes: list[BaseException] = []

        def lane(run: ProviderRun) -> None:
            try:
                phase(run)
            except StoppedError:
                pass
            except BaseException as error:  # noqa: BLE001 (raised again below, in the main thread)
                crashes.append(error)
                run.stop(str(error))

        threads = [threading.Thread(target=lane, args=(run,), daemon=True) for run in self._runs]
        for thread in threads:
            thread.start()
        deadline: float | None = None
        while any(thread.is_alive() for thread in threads):
            for thread in threads:
                thread.join(0.05)
            if self._stop.signal:
                deadline = deadline or self._clock.monotonic() + GRACE_SECONDS
                if self._clock.monotonic() > deadline:
                    break
        if crashes:
            raise crashes[0]

    def _first_contact(self) -> str | None:
        """Return the refusal to create next to unknown products without consent; None if it is not needed."""
        # Where a look has stopped, nothing is known of all that is listed: nobody can have agreed to it.
        looked = [run for run in self._runs if run.stopped is None]
        found = [run for run in looked if run.first_contact and self._makes(run)]
        if self._context.options.first_contact:
            for run in looked:
                self._contacted(run)
            return None
        if not found:
            return None
        for run in found:
            self._adopt_only(run)
        self._contacts = [run.provider.name for run in found]
        contacts = "; ".join(
            f"{run.provider.title} lists {unknown_products(len(run.first_contact))} "
            f"({listed(run, run.first_contact[:3])}{', …' if len(run.first_contact) > 3 else ''})"
            for run in found
        )
        return f"first contact: {contacts}"

    def _contacted(self, run: ProviderRun) -> None:
        """A person agreed: what is listed may be nobody's here. It says of no row whose it is."""
        if run.findings is not None and run.findings.unowned and not run.known.made_any:
            self._ledger.record(Contacted(run.provider.name, self._clock.now()))

    def _makes(self, run: ProviderRun) -> bool:
        """Whether something is still to be created there; listed products are adopted without consent."""
        ended = self._board.ended
        return any(
            change.makes and not ended(change.address, *Result) and run.adopted(change.address) is None
            for change in run.changes
        )

    def _adopt_only(self, run: ProviderRun) -> None:
        """Adopt products that are surely ours; send nothing."""
        take_all(run, run.changes)
        for change in adopt_all(run, run.changes):
            entry, remote = run.ledger.entry(change.address), run.adopted(change.address)
            in_doubt = entry is not None and entry.pending is not None
            if change.named is not None:
                guarded(run, change, take)
            elif in_doubt or remote is None or self._board.ended(change.address, *Result):
                continue  # what a doubt has made is said by who settles it
            elif change.makes:
                adopt(run, change, remote)
        run.record_doubts()

    def _report(self, refused: str | None) -> Report:
        """Say how every change ended; what nobody spoke of was not tried, or is on its way still."""
        state = self._ledger.close()
        stopped = {run.provider.name: run.stopped for run in self._runs if run.stopped is not None}
        for change in self._plan.work:
            if change.address not in self._board.outcomes:
                self._board.report(self._unspoken(change, state, stopped))
        for run in self._runs:
            tell_otherwise(run)
        report = Report(
            self._plan,
            asked_together([self._board.outcomes[address] for address in sorted(self._board.outcomes)]),
            freeze(stopped),
            any(run.credentials_refused for run in self._runs),
            refused,
            self._stop.signal or None,
            tuple(self._board.notes),
            keys_refused=tuple(run.provider.name for run in self._runs if run.credentials_refused),
            other_accounts=tuple(run.provider.name for run in self._runs if run.another_account),
            first_contacts=tuple(self._contacts) if refused is not None else (),
            unread=tuple(run.provider.name for run in self._runs if run.unread),
            repeated=len(self._board.repeated),
            begun=self._ledger.begun,
        )
        if self._ledger.begun:
            dates = {run.provider.name: run.sender.ended_at() for run in self._runs}
            known_until = FrozenDict({name: round(at, 3) for name, at in self._known_until().items()})
            state = self._ledger.end(Ended(self._clock.now(), left=report.left > 0, dates=known_until))
            self._store.compact(state)
            hit("apply.compacted")
            self._remember_what_is_whole()
            self._memory.ended(state, dates)
            hit("apply.remembered")
        elif refused is None:
            self._store.compact(state)
        self._memory.recorded()
        return report

    def _known_until(self) -> Mapping[str, float]:
        """Until when the state knows all that is ours, by provider: as before where a question is open."""
        before = (self._state.last_apply or EMPTY).get("dates", EMPTY)
        until = dict(before)
        for run in self._runs:
            name, found = run.provider.name, run.findings
            # A provider without a look at all wanted products knows no more than before.
            open_ = run.stopped is not None or found is None or bool(found.questions or run.others.wants)
            # As between runs, the earlier of the two clocks counts: a Date may be ahead.
            ended = min(run.sender.ended_at() or math.inf, self._clock.now())
            known = run.known_before if open_ else ended
            if known is not None:
                until[name] = known
            else:
                until.pop(name, None)
        return until

    def _remember_what_is_whole(self) -> None:
        """A state that was lost stays so at a provider until every document has got its answer there."""
        for run in self._runs:
            makers = [change.address for change in run.changes if change.makes]
            open_ = [address for address in makers if self._board.ended(address, Result.NOT_TRIED)]
            open_questions = run.findings.questions if run.findings is not None else {}
            asks = run.was_new and any(address in open_questions for address in open_)
            if asks or (run.young and open_):
                self._memory.unanswered(run.provider.name)
            elif run.caught_up and not open_ and not self._plan.selection:
                self._memory.caught_up(run.provider.name)

    def _unspoken(self, change: Change, state: State, stopped: Mapping[str, str]) -> Outcome:
        entry = state.entries.get(change.address)
        facts = (change.provider, change.account)
        if entry is not None and entry.pending is not None:
            words = "it was on its way when the run had to stop"
            since = entry.pending.written_at
            return Outcome(change.address, change.action, Result.IN_DOUBT, *facts, error=words, since=since)
        return Outcome(
            change.address, change.action, Result.NOT_TRIED, *facts, error=self._why_not(change, stopped)
        )

    def _why_not(self, change: Change, stopped: Mapping[str, str]) -> str:
        if self._stop.signal:
            return "the run was asked to stop"
        if change.provider in stopped:
            return stopped[change.provider]
        options = self._context.options
        if self._board.too_many_failures:
            return f"--max-failures {options.max_failures} was reached"
        if options.limit is not None and self._board.creates >= options.limit:
            return f"--limit {options.limit} was reached"
        return "not begun"
