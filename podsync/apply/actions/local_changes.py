"""What of a plan sends nothing: moves, notes, orphans."""

from __future__ import annotations

from podsync.apply.context import OutcomeBoard, Stop
from podsync.apply.ledger import Ledger
from podsync.apply.report import DONE, Outcome
from podsync.model.address import Address
from podsync.model.clock import Clock
from podsync.model.digests import short_digest
from podsync.model.frozen import EMPTY, FrozenDict
from podsync.model.product import seen_ids
from podsync.plan.action import Action
from podsync.plan.change import Change
from podsync.plan.model import Plan
from podsync.state.events import Moved, Noted, Orphaned


class LocalChanges:
    """Carries out changes of the state alone."""

    def __init__(self, plan: Plan, ledger: Ledger, board: OutcomeBoard, clock: Clock, stop: Stop) -> None:
        self._work, self._ledger, self._board, self._clock, self._stop = plan.work, ledger, board, clock, stop
        #: Address -> the temporary address of its entry while documents exchange their specs.
        self._aside: dict[Address, Address] = {}

    def carry_out(self) -> None:
        """Carry out what sends nothing: moves, notes, orphans."""
        self._exchange()
        for change in self._work:
            if self._stop.signal:
                return
            if change.action in (Action.UPDATE, Action.REPLACE, Action.CREATE, Action.RESTORE):
                self.move(change)
            elif change.action is Action.MOVE and change.orphan_created_at is None:
                self.move(change)
                self._note(change)
                self._done(change)
            elif change.action is Action.NOTE and not change.accepts:
                self._note(change)
                self._done(change)
            elif change.action is Action.ORPHAN:
                self._ledger.record(Orphaned(change.address, self._clock.now()))
                self._done(change)

    def _exchange(self) -> None:
        """Make room where documents have exchanged their specs: one entry of each circle steps aside.

        A process that dies half way leaves it under an address of no document; the next plan moves it on.
        """
        moves = {
            change.previous_address: change
            for change in self._work
            if change.action is Action.MOVE and change.orphan_created_at is None
        }
        for source, change in sorted(moves.items(), key=lambda each: str(each[0])):
            if source is None or self._ledger.entry(change.address) is None or change.address not in moves:
                continue
            aside = Address(change.address.kind, f"aside-{short_digest(str(change.address))[:12]}")
            if self._ledger.entry(aside) is None:
                self._ledger.record(Moved(change.address, aside, self._clock.now(), change.place))
                self._aside[change.address] = aside

    def move(self, change: Change) -> None:
        """Put the entry under its new address."""
        source = self._aside.get(change.previous_address, change.previous_address)  # type: ignore[arg-type]
        if source is None or change.orphan_created_at is not None or self._ledger.entry(source) is None:
            return
        self._ledger.record(Moved(source, change.address, self._clock.now(), change.place))

    def _note(self, change: Change) -> None:
        entry = self._ledger.entry(change.address)
        wanted = change.after or EMPTY
        noted = FrozenDict({name: wanted.get(name) for name in change.changed})
        if entry is None:
            return
        differs = (entry.labels, entry.lifecycle) != (change.labels, change.lifecycle)
        if noted or entry.steps_left or differs:
            facts = (change.labels, change.lifecycle, change.place, noted, tuple(sorted(noted)))
            self._ledger.record(Noted(change.address, self._clock.now(), *facts))

    def _done(self, change: Change) -> None:
        entry = self._ledger.entry(change.address)
        outcome = Outcome(
            change.address,
            change.action,
            DONE[change.action],
            change.provider,
            change.account,
            id=entry.id if entry is not None else None,
            remote=seen_ids(entry.remote) if entry is not None else EMPTY,
        )
        self._board.report(outcome)
