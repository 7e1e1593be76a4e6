"""One apply, step by step: the checks before anything is sent, and the report after."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from podsync.apply.context import Options, ProviderConnection
from podsync.apply.engine import carry_out
from podsync.apply.history import StateHistory
from podsync.apply.report import DONE, Outcome, Report, Result
from podsync.apply.run import others_of
from podsync.cli.app import formats
from podsync.cli.app.console import whole
from podsync.cli.app.outputs import Outputs
from podsync.cli.app.progress import listener_for
from podsync.cli.commands.apply.checks import (
    confirmed,
    expected_plan,
    must_be_able_to_ask,
    refuse_older,
    saved_plan,
)
from podsync.cli.commands.apply.request import ApplyRequest, first_of_all
from podsync.cli.commands.saved_plan import read_plan
from podsync.cli.environment.clock import Signals, SystemClock
from podsync.cli.environment.connect import connected, findings_of, keys_for, rows_seen, spoken_to, with_keys
from podsync.cli.environment.github_actions import append, of_report, tell
from podsync.cli.environment.origin import origin
from podsync.cli.environment.placement import catalog_of
from podsync.cli.workspace import CACHE, Workspace
from podsync.evidence.findings import Findings
from podsync.files.seal import key_folder, own_seal
from podsync.model.errors import PodsyncError, ProviderError
from podsync.model.frozen import EMPTY, FrozenDict
from podsync.output.forecast import forecast
from podsync.output.text.plan_head import selection_words
from podsync.plan.action import Action
from podsync.plan.change import Change
from podsync.plan.model import Plan, summary_line
from podsync.plan.refresh import refreshed
from podsync.state.entries import Entry
from podsync.state.local.account_lock import locks_folder
from podsync.state.model import State
from podsync.state.run_history import RunHistory
from podsync.state.store import StateStore

_DECLINED = 1
_REFUSED = 5
_PROTECTED = "a limit or a protection was hit"


@dataclass
class Applying:
    """Carries out one apply; `run` returns its exit code."""

    space: Workspace
    request: ApplyRequest
    outputs: Outputs
    _state: State = field(default_factory=State)
    _rest_of: str | None = None
    #: The plan as a person has seen it after the look, and whether they said yes to it.
    _approved: Plan | None = None
    _asked_already: bool = False
    _declined: bool = False
    #: Whether the plan is refused, and only doubts are settled.
    _refused: bool = False

    def run(self) -> int:
        """Hold the state's lock for all of it: what was planned is what is there."""
        saved = read_plan(self.request.plan, self.space.session) if self.request.plan is not None else None
        checked = self._ahead(saved)
        if isinstance(checked, int):
            return checked
        if saved is None and self.request.asks:
            # Look, show, ask: a question over lunch must not keep others from the state.
            code = self._look_and_ask(checked or self._planned())
            if code is not None:
                return code
        with self.space.store.lock("apply", self.request.lock_timeout):
            plan = checked if checked is not None and self._is_unchanged() else self._decided(saved)
            if (open_ := self._to_settle(plan)) is not None:
                return self._settle_beside(plan, open_)
            code = self._ended(plan)
            return self._carry(plan, self._ready(plan)) if code is None else code

    def _look_and_ask(self, plan: Plan) -> int | None:
        """Without the lock: return the exit code where there is nothing to do or nobody wants it."""
        if self._to_settle(plan) is not None:
            return None
        code = self._ended(plan)
        if code is not None:
            return code
        keys = self._ready(plan)
        if not self._asks(plan):
            return None
        clock = SystemClock()
        with connected(self.space, spoken_to(plan), clock, keys=keys) as connections:
            try:
                looks = findings_of(
                    self.space,
                    plan,
                    self._state,
                    connections,
                    clock,
                    first_contact=self.request.first_contact,
                )
            except ProviderError:
                # Under the lock it is read again, and reported there with all that follows from it.
                self._show_plan(plan, needed_by_person=True)
                return self._confirmed(plan)
        seen = refreshed(plan, self.space.providers, looks, by_hand=self.request.compared)
        self._show_plan(seen, needed_by_person=True)
        self._approved = seen
        if seen.errored or not any(change.action is not Action.NOOP for change in seen.work):
            return None
        return self._confirmed(seen)

    def _confirmed(self, plan: Plan) -> int | None:
        if confirmed(self.space, plan):
            self._asked_already = True
            return None
        self.space.session.console.say("Apply cancelled. Nothing was sent.")
        return _DECLINED

    def _still_wanted(self, plan: Plan, looks: Mapping[str, Findings]) -> bool:
        """Ask again, under the lock, only where the plan is another one than the person has seen."""
        if self._approved is None:
            return True
        seen = refreshed(plan, self.space.providers, looks, by_hand=self.request.compared)
        now, then = ([(change.key, change.action) for change in each.work] for each in (seen, self._approved))
        if now == then:
            return True
        self.space.session.console.say("The plan has changed since you were asked:")
        self._show_plan(seen, needed_by_person=True)
        self._declined = not confirmed(self.space, seen)
        return not self._declined

    def _ahead(self, saved: Plan | None) -> Plan | int | None:
        """Check before the lock what can be checked without it: on a branch, the lock is a push.

        Return the plan, or the exit code where there is nothing to hold the lock for; None where this has to
        wait, since somebody holds it.
        """
        if self.space.state_settings.backend != "git" or self.space.store.holder() is not None:
            return None
        plan = self._decided(saved)
        if self._to_settle(plan) is not None:
            return plan
        code = self._ended(plan)
        if code is None and (saved is not None or not self.request.asks):  # else it comes before the question
            self._ready(plan)
        return plan if code is None else code

    def _is_unchanged(self) -> bool:
        """Whether the state under the lock is the one that was planned from before."""
        now, before = self.space.load(), self._state
        return (now.lineage, now.serial) == (before.lineage, before.serial)

    def _decided(self, saved: Plan | None) -> Plan:
        if saved is None:
            return self._planned()
        self._state = self.space.load()
        return saved_plan(self.space, self.request, self._state, saved)

    # -- what would be done

    def _planned(self) -> Plan:
        with self.space.reading() as reading:
            self._state = self.space.load()
            plan = self.space.plan(self._state, reading, self.request.selection, dict(self.request.allow))
        if self.request.expect is not None:
            self._rest_of = expected_plan(self.space, self._state, plan, self.request.expect)
        return plan

    # -- doing it

    def _ended(self, plan: Plan) -> int | None:
        """Return the exit code of a plan that is refused, or that has nothing to do."""
        if plan.errored:
            self._show_plan(plan, needed_by_person=True)
            self._finish(Report(plan, refused=_PROTECTED), shown_already=True)
            return _REFUSED
        if plan.work or spoken_to(plan):
            return None
        if plan.selection:
            self.space.session.console.say(f"selected: {selection_words(plan.selection)}")
        self._finish(Report(plan), text=summary_line(plan.summary))
        return 0

    def _to_settle(self, plan: Plan) -> Plan | None:
        """Return what is open beside what is refused: a fault of one document keeps no doubt of others open.

        None where the plan is not refused, where nothing is open, or where nobody could be asked about it.
        What no document wants is left as it is: what is refused may be that it leaves the catalog.
        """
        if not plan.errored:
            return None
        keys = with_keys(self.space)
        settle = [c for c in plan.work if c.action is Action.SETTLE and c.after is not None]
        doubts = [change for change in settle if change.provider in keys]
        unbound = {name: count for name, count in plan.unbound.items() if name in keys}
        if not (doubts or any(unbound.values())):
            return None
        try:
            refuse_older(self.space, self.request, self._state)
        except PodsyncError:
            return None
        left = replace(plan, changes=tuple(doubts), diagnostics=())
        return replace(left, unbound=FrozenDict(unbound), unwanted=EMPTY)

    def _settle_beside(self, plan: Plan, open_: Plan) -> int:
        """Settle open doubts and refuse the rest; send nothing."""
        self._show_plan(plan, needed_by_person=True)
        last = (self._state.last_apply or EMPTY).get("hash")
        self._rest_of = last if isinstance(last, str) else None  # an earlier approval stays
        self._refused = True
        self._carry_with(open_, keys_for(self.space, spoken_to(open_)))
        return _REFUSED

    def _ready(self, plan: Plan) -> dict[str, str]:
        """Refuse what must not or cannot be carried out, and return the keys."""
        refuse_older(self.space, self.request, self._state)
        if self._asks(plan):
            must_be_able_to_ask(self.space, self.request.whole_words())
        return keys_for(self.space, spoken_to(plan))

    def _asks(self, plan: Plan) -> bool:
        return self.request.asks and bool(plan.work)

    def _carry(self, plan: Plan, keys: dict[str, str]) -> int:
        asks = self._asks(plan) and not self._asked_already
        if plan.work and not self._asked_already and self._approved is None:
            self._show_plan(plan, needed_by_person=asks)
        if asks and self._approved is None and (code := self._confirmed(plan)) is not None:
            return code
        # Not before: at the question Ctrl-C has to end it at once.
        return self._carry_with(plan, keys)

    def _carry_with(self, plan: Plan, keys: dict[str, str]) -> int:
        with Signals(_STOPPING) as signals:
            clock = SystemClock(lambda: signals.signal)
            with connected(self.space, spoken_to(plan), clock, keys=keys) as connections:
                return self._send(plan, connections, signals, clock)

    def _send(
        self, plan: Plan, connections: dict[str, ProviderConnection], signals: Signals, clock: SystemClock
    ) -> int:
        request = self.request
        on_screen = self.outputs.screen == "text"
        catalog = catalog_of(self.space.settings, self._state.catalog)
        origins = origin(os.environ, Path.cwd(), catalog)
        if on_screen:
            self._say_head(plan, origins.run_url or "")
        facts = self.space.plan_facts(plan)
        seconds = forecast(plan, facts.rates, facts.levels).seconds
        with listener_for(self.space.session, on_stdout=on_screen, seconds=seconds) as heard:
            try:
                report = carry_out(
                    plan,
                    self._state,
                    self.space.store,
                    connections,
                    clock=clock,
                    listener=heard,
                    stop=signals,
                    options=Options(
                        not request.no_wait,
                        request.first_contact,
                        request.limit,
                        request.max_failures,
                        settles=self._refused,
                        compared=frozenset(request.compared),
                    ),
                    memory=self._memory(clock),
                    origin=origins,
                    approved_as=self._rest_of,
                    others=others_of(
                        self.space.catalog_read,
                        self._state,
                        connections,
                        {change.address for change in plan.work},
                    ),
                    locks=None if self.space.sandbox else locks_folder(os.environ),
                    still_wanted=lambda looks: self._still_wanted(plan, looks),
                )
            except BaseException as error:
                heard.close()
                # What was done is told even when the run breaks off.
                store, signal = self.space.store, signals.signal or None
                self._finish(report_of(plan, heard.outcomes, heard.notes, store, signal, error))
                raise
        if self._refused:
            report = replace(report, refused=_PROTECTED)
        self._finish(report)
        return _DECLINED if self._declined else report.exit_code

    def _memory(self, clock: SystemClock) -> StateHistory:
        store, say = self.space.store, self.space.session.console.say
        if own_seal(Path(), make=True) is None:
            where = key_folder() or "a home folder"
            say(
                f"note: no key of your own can be kept in {where}: what {CACHE} says of this run is taken "
                "with caution by the next one, which may wait longer than it has to"
            )
        memory = RunHistory(CACHE, self.space.store.identity)
        return StateHistory(memory, store, clock, lambda note: say(f"note: {note}"), rows_seen(self.space))

    # -- telling

    def _say_head(self, plan: Plan, run: str) -> None:
        approved = self.request.expect is not None or self.request.plan is not None
        session = self.space.session
        session.console.result(
            "\n" + formats.apply_head(plan, session, approved=approved, run=run, sandbox=self.space.sandbox)
        )

    def _finish(self, report: Report, *, text: str | None = None, shown_already: bool = False) -> None:
        """Write the report everywhere; `shown_already`: stdout has it already."""
        words = self.request.words(report.plan.selection)
        again = self.space.command_line(
            "apply", *words, *self.request.approval(report, self._state.last_apply)
        )
        session = self.space.session
        report = replace(report, next=(*first_of_all(self.space, self.request, report, again), *report.next))
        place = "or Re-run failed jobs" if session.console.in_github else ""
        shown = dict(formats.report_forms(report, session, again, place))
        if text is not None:
            shown["text"] = lambda: text
        result = self.outputs.write(shown)
        if not (shown_already and self.outputs.screen == "text"):
            session.console.result(result, exact=self.outputs.exact)
        append(shown["markdown"], session)
        tell(lambda: of_report(report), session)

    def _show_plan(self, plan: Plan, *, needed_by_person: bool = False) -> None:
        """Show the plan on stdout; where that is taken, on stderr to whoever is asked."""
        console = self.space.session.console
        facts = self.space.plan_facts(plan, self._state.to_remove)
        shown = formats.plan_forms(plan, self.space.session, facts)
        if self.outputs.screen == "text":
            console.result(shown["text"]())
        elif needed_by_person:
            console.say(whole(shown["text"]()))


_STOPPING = (
    "\nStopping: nothing new is sent, what is on its way is waited for (up to 6 s). "
    "Once more leaves at once; nothing is lost either way.\n"
)


def report_of(
    plan: Plan,
    heard: Sequence[Outcome],
    notes: Sequence[str],
    store: StateStore,
    signal: int | None,
    error: BaseException,
) -> Report:
    """Return the report of a run that broke off; a change without a word is in doubt if its intent stands."""
    finished = {outcome.address for outcome in heard}
    state = _loaded(store)
    rest = tuple(_outcome(change, state) for change in plan.work if change.address not in finished)
    why = f"the run broke off: {error}" if isinstance(error, PodsyncError) else "the run broke off"
    return Report(plan, (*heard, *rest), signal=signal, notes=(*notes, why), broke_off=True)


def _loaded(store: StateStore) -> State | None:
    try:
        return store.load()
    except PodsyncError:
        return None


def _outcome(change: Change, state: State | None) -> Outcome:
    entry = None if state is None else state.entries.get(change.address)
    outcome = Outcome(
        change.address, change.action, Result.NOT_TRIED, change.provider, change.account, source=change.source
    )
    if entry is not None and _was_done(change, entry):
        return replace(outcome, result=DONE[change.action], id=entry.id)
    # If the state cannot be read, the report must not claim that nothing was sent.
    if state is None or (entry is not None and entry.pending is not None):
        error = "sent, or about to be sent, when the run broke off"
        return replace(outcome, result=Result.IN_DOUBT, error=error)
    return outcome


def _was_done(change: Change, entry: Entry) -> bool:
    """Whether the answer was recorded although the run broke off before it was reported."""
    return entry.pending is None and entry.spec == change.after and entry.digest != change.entry_digest
