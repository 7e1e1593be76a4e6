"""The report of an apply that broke off: the reported outcomes, and the journal about the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from podsync.apply.report import DONE, Outcome, Report, Result
from podsync.model.errors import PodsyncError
from podsync.plan.change import Change
from podsync.plan.model import Plan
from podsync.state.entries import Entry
from podsync.state.model import State
from podsync.state.store import StateStore


def report_of(
    plan: Plan,
    heard: Sequence[Outcome],
    notes: Sequence[str],
    store: StateStore,
    signal: int | None,
    error: BaseException,
) -> Report:
    """Return what is known to be done; a change without a word is in doubt if its intent stands."""
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
