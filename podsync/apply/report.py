"""The result of an apply, as a value: complete and true in every case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from podsync.model.address import Address
from podsync.model.frozen import EMPTY, Json
from podsync.model.position import Position
from podsync.plan.action import Action
from podsync.plan.model import Plan


class Result(StrEnum):
    """How one change ended."""

    SETTLED = "settled"
    ADOPTED = "adopted"
    RESTORED = "restored"
    MOVED = "moved"
    NOTED = "noted"
    CREATED = "created"
    UPDATED = "updated"
    REPLACED = "replaced"
    ORPHANED = "orphaned"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    NOT_TRIED = "not_tried"


#: Results of changes that are still to do.
LEFT = (Result.FAILED, Result.IN_DOUBT, Result.NOT_TRIED)
#: What each action is called once it is done.
DONE: Mapping[Action, Result] = {
    Action.SETTLE: Result.SETTLED,
    Action.ADOPT: Result.ADOPTED,
    Action.RESTORE: Result.RESTORED,
    Action.MOVE: Result.MOVED,
    Action.NOTE: Result.NOTED,
    Action.CREATE: Result.CREATED,
    Action.UPDATE: Result.UPDATED,
    Action.REPLACE: Result.REPLACED,
    Action.ORPHAN: Result.ORPHANED,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one change ended. `error` is one sentence; `next` are commands or steps for a person.

    `id` is known for certain; `provisional_id` is one that the answer told, or that is likely, and that no
    listing has confirmed. `since` and `until` (epoch seconds) say when a doubt arose and until when it is
    looked for. `replans`:
    what `next` asks for makes another plan, so that an apply of this one would end the same way.
    `steps_done` and `steps_left` name the requests of a product that takes several, `step` the one that is
    in doubt. `leaves` is what the old product is called once its name has passed to another one.
    """

    address: Address
    action: Action
    result: Result
    provider: str
    account: str = "default"
    id: str | None = None
    provisional_id: str | None = None
    remote: Mapping[str, Json] = EMPTY
    previous_address: Address | None = None
    source: Position | None = None
    attempts: int = 0
    http_status: int | None = None
    provider_code: int | None = None
    error: str | None = None
    next: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None
    replans: bool = False
    steps_done: tuple[str, ...] = ()
    steps_left: tuple[str, ...] = ()
    step: str = ""
    leaves: str = ""

    @property
    def half_made(self) -> str:
        """That a product is there and some of its requests are not done, "" of any other."""
        if not (self.steps_done and self.steps_left):
            return ""
        return f"created, {len(self.steps_done)} of {len(self.steps_done) + len(self.steps_left)} steps"


@dataclass(frozen=True)
class Report:
    """The whole apply. `stopped` says per provider why nothing more was sent to it.

    `signal` is 2 or 15 when a person or the machine asked to stop. `notes` are facts worth a line
    (ids not known yet, pictures re-hosted, what differs from the catalog after settling).
    `keys_refused` names the providers whose key was refused, `other_accounts` those at which nothing of what
    the state knows is visible, `first_contacts` those at which nothing is created without a word of consent,
    `unread` those of which a person has to say that what is wanted is not there: no listing tells.
    `repeated` is how many creates were sent again, as no listing showed what the first request may have made.
    `begun`: the state has taken the plan down as approved. `broke_off`: the run ended by an error, so that
    what was done may not all be in the state.
    """

    plan: Plan
    outcomes: tuple[Outcome, ...] = ()
    stopped: Mapping[str, str] = EMPTY
    credentials_refused: bool = False
    refused: str | None = None
    signal: int | None = None
    notes: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    keys_refused: tuple[str, ...] = ()
    other_accounts: tuple[str, ...] = ()
    first_contacts: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    repeated: int = 0
    begun: bool = False
    broke_off: bool = False

    @property
    def counts(self) -> Mapping[Result, int]:
        """How many outcomes of each result, every result named."""
        counted = Counter(outcome.result for outcome in self.outcomes)
        return {result: counted[result] for result in Result}

    @property
    def left(self) -> int:
        """How many changes are still to do."""
        return sum(self.counts[result] for result in LEFT)

    @property
    def asked(self) -> int:
        """How many of these wait for a person."""
        return sum(outcome.result in LEFT and bool(outcome.next) for outcome in self.outcomes)

    @property
    def goes_on(self) -> bool:
        """Whether an apply of the same plan would continue with the rest."""
        left = any(outcome.result in LEFT and not outcome.replans for outcome in self.outcomes)
        return self.refused is None and (left or bool(self.stopped))

    @property
    def outcome(self) -> str:
        """One word for scripts."""
        if self.refused is not None:
            return "refused"
        if self.signal is not None:
            return "interrupted"
        if self.counts[Result.IN_DOUBT]:
            return "in_doubt"
        if self.left or self.stopped or self.credentials_refused or self.broke_off:
            return "incomplete"
        return "complete" if self.outcomes else "nothing_to_do"

    @property
    def exit_code(self) -> int:
        """What must happen first: 130/143, 9, 8, 4; 5 when nothing was begun."""
        if self.refused is not None:
            return 5
        if self.signal is not None:
            return 128 + self.signal
        if self.credentials_refused or self.other_accounts:
            return 9
        if self.counts[Result.IN_DOUBT]:
            return 8
        # A provider that had to stop may have had nothing to do but to be read: that is not complete.
        return 4 if self.left or self.stopped else 0


def report_line(report: Report) -> str:
    """Return the frozen last line of an apply."""
    counts = report.counts
    rare = (Result.SETTLED, Result.ADOPTED, Result.RESTORED, Result.MOVED, Result.NOTED)
    always = (Result.CREATED, Result.UPDATED, Result.REPLACED, Result.ORPHANED)
    done = [f"{counts[r]} {r.value}" for r in rare if counts[r]] + [f"{counts[r]} {r.value}" for r in always]
    if report.exit_code == 0 and not report.broke_off:
        return f"Apply complete: {', '.join(done)}."
    failed, doubt = counts[Result.FAILED], counts[Result.IN_DOUBT]
    tail = f"{failed} failed, {doubt} in doubt, {counts[Result.NOT_TRIED]} not tried"
    return f"Apply incomplete: {', '.join(done)}; {tail}."
