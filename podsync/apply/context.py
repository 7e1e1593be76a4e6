"""Shared by all lanes of one apply: the ledger, the clock, the listener, and the stop signal."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from podsync.apply.history import Lost, StateHistory
from podsync.apply.report import Outcome, Result
from podsync.evidence.state_view import Known
from podsync.model.address import Address
from podsync.model.clock import Clock, Pace
from podsync.model.settings import ProviderSettings
from podsync.plan.change import Change
from podsync.providers.contract import Reader, Writer
from podsync.providers.knowledge import Provider
from podsync.state.model import State


@dataclass(frozen=True, slots=True)
class ProviderConnection:
    """One provider, ready to be read and written. `account` is the digest that names the account here."""

    provider: Provider
    reader: Reader
    writer: Writer
    pace: Pace
    settings: ProviderSettings
    account: str = ""

    def known(self, state: State) -> Known:
        """Return what a state knows of it."""
        settings = self.settings
        ignored = frozenset(map(self.provider.info.bare_id, settings.ignored))
        return Known(self.provider, state, settings.account, settings.pictures, ignored)


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the command line. `settles`: nothing is sent, only doubts are settled.

    Of the providers in `compared` a person has said that what no listing shows of this plan is not there.
    """

    wait: bool = True
    first_contact: bool = False
    limit: int | None = None
    max_failures: int | None = None
    settles: bool = False
    compared: frozenset[str] = frozenset()


class Listener(Protocol):
    """Hears what happens while it happens; called from several threads, one call at a time."""

    def outcome(self, outcome: Outcome, done: int, total: int) -> None:
        """A change ended."""

    def waiting(self, provider: str, what: str, until: float) -> None:
        """Something is waited for, until that moment (epoch seconds); stopping is safe."""

    def note(self, text: str) -> None:
        """Take note of a fact that the report will tell."""


class Stop(Protocol):
    """Whether the run was asked to stop."""

    @property
    def signal(self) -> int:
        """2, 15, or 0 for no."""


@dataclass
class OutcomeBoard:
    """The outcomes so far. Thread-safe; each address is reported once, the last word counts.

    `doubtful` are creates in doubt that nobody has reported yet; for `--max-failures` they count. `repeated`
    were sent a second time, in this run or after an earlier one.
    """

    changes: Mapping[Address, Change]
    listener: Listener
    max_failures: int | None = None
    outcomes: dict[Address, Outcome] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    creates: int = 0
    doubtful: set[Address] = field(default_factory=set)
    repeated: set[Address] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)
    #: How many of `outcomes` count for `--max-failures`: asked before every product.
    _bad: int = 0

    def report(self, outcome: Outcome) -> None:
        """Record an outcome and tell the listener."""
        with self.lock:
            change = self.changes.get(outcome.address)
            if change is not None:
                outcome = replace(outcome, source=change.source, previous_address=change.previous_address)
                if not outcome.steps_done:
                    outcome = replace(outcome, steps_done=change.steps_done, steps_left=change.steps_left)
            before = self.outcomes.get(outcome.address)
            self._bad += _is_bad(outcome) - (before is not None and _is_bad(before))
            self.doubtful.discard(outcome.address)
            self.outcomes[outcome.address] = outcome
            self.listener.outcome(outcome, len(self.outcomes), len(self.changes))

    def withdraw(self, address: Address) -> None:
        """Take back a question that is answered by now: what becomes of its product is reported anew."""
        with self.lock:
            if self.ended(address, Result.IN_DOUBT):
                self._bad -= 1
                del self.outcomes[address]

    def answered(self, command: str) -> None:
        """Take back the advice to type this: the run has found it out by itself."""
        with self.lock:
            for address, outcome in self.outcomes.items():
                left = tuple(step for step in outcome.next if command not in step)
                self.outcomes[address] = replace(outcome, next=left)

    def note(self, text: str) -> None:
        """Take a fact down for the report, once."""
        with self.lock:
            if text not in self.notes:
                self.notes[text] = None
                self.listener.note(text)

    def ended(self, address: Address, *results: Result) -> bool:
        """Whether this address ended in one of these ways."""
        with self.lock:
            outcome = self.outcomes.get(address)
            return outcome is not None and outcome.result in results

    @property
    def too_many_failures(self) -> bool:
        """Whether `--max-failures` was reached."""
        with self.lock:
            return self.max_failures is not None and self._bad + len(self.doubtful) >= self.max_failures


def _is_bad(outcome: Outcome) -> bool:
    return outcome.result in (Result.FAILED, Result.IN_DOUBT)


@dataclass(frozen=True)
class Context:
    """The context of a lane.

    `began` is the monotonic moment since which no request of an earlier run can leave any more. A local lock
    is free because its holder is dead: that is when we got it. A shared store's holder may live, but whatever
    it wrote down before we got the lock leaves within `SEND_SECONDS` of that, or never. `ahead` is the
    store's: see `state.store.StateStore`.
    """

    clock: Clock
    stop: Stop
    options: Options
    board: OutcomeBoard
    memory: StateHistory
    began: float
    lost: Lost | None = None
    ahead: int = 1

    @property
    def halted(self) -> bool:
        """Whether nothing new may be begun."""
        return bool(self.stop.signal) or self.board.too_many_failures or self.options.settles
