"""The plan as data: ordered, serialisable, with a hash; decided once, here.

Views and apply ask these values and never work anything out again. `reason` and `risks` are for
people: no code branches on them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from operator import itemgetter
from typing import Self

from podsync.diagnostics import Diagnostic, errors
from podsync.model import (
    EMPTY,
    UNPROTECTED,
    Address,
    Json,
    Lifecycle,
    Position,
    Selection,
    Spec,
    digest,
    wish_of,
)


class Action(StrEnum):
    """What apply does about one address (CONTRACT 6), in the order of the summary line."""

    SETTLE = "settle"
    ADOPT = "adopt"
    RESTORE = "restore"
    MOVE = "move"
    NOTE = "note"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    ORPHAN = "orphan"
    NOOP = "no-op"


#: How each action looks in the first column, beside its word.
SYMBOLS: Mapping[Action, str] = {
    Action.SETTLE: "?",
    Action.ADOPT: "<-",
    Action.RESTORE: "<-",
    Action.MOVE: "->",
    Action.NOTE: "=",
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "+/.",
    Action.ORPHAN: ".",
    Action.NOOP: "",
}

#: Terraform's `change.actions`, so that policies written for its plans read ours.
TERRAFORM_ACTIONS: Mapping[Action, tuple[str, ...]] = {
    Action.CREATE: ("create",),
    Action.UPDATE: ("update",),
    Action.REPLACE: ("create", "forget"),
    Action.ORPHAN: ("forget",),
    Action.SETTLE: ("create",),
}


class _Unknown:
    """The value of a field while an update of it is in doubt."""

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN = _Unknown()


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One changed value. `path` reads `materialImages[0].imageUrl`; None stands for "not there".

    `at` is where the new value stands (None: it was removed, or the plan came from a file).
    """

    path: str
    before: Json
    after: Json
    forces_replace: bool = False
    at: Position | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be done about one address.

    `before` and `after` are specs (None: nothing there). `entry_digest` is the digest of the entry
    that the plan relied on, None where there was none. `distinct` is True when the document says that
    it never had another address (`moved: []`): then it is no rename in disguise. `orphan_created_at`
    with `previous_address` names the orphan that a restore or a move takes. `shown` are the ids that
    people see of what exists already. `source` is the line of the changed value, of the document for a
    create; of an orphan the line where its document last stood, None where that is not known.
    """

    address: Address
    action: Action
    action_reason: str
    reason: str
    provider: str
    account: str
    before: Spec | None = None
    after: Spec | None = None
    labels: Mapping[str, str] = EMPTY
    lifecycle: Lifecycle = UNPROTECTED
    previous_address: Address | None = None
    entry_digest: str | None = None
    orphan_created_at: float | None = None
    importing: str | None = None
    shown: Mapping[str, Json] = EMPTY
    made_at: float | None = None
    fields: tuple[FieldChange, ...] = ()
    risks: tuple[str, ...] = ()
    source: Position | None = None
    distinct: bool = False
    # Not part of a change, and not copied by `replace`: a copy may be about something else.
    _after_digest: str = field(default="", init=False, compare=False, hash=False, repr=False)

    @property
    def after_digest(self) -> str | None:
        """Digest of everything that the document wants (its `wish`), None when there is no document."""
        if self.after is None:
            return None
        return self._after_digest or wish_of(self.after, self.labels, self.lifecycle)

    def knowing(self, wish: str) -> Self:
        """Return this change, told its `after_digest` by who has worked it out before."""
        object.__setattr__(self, "_after_digest", wish)
        return self

    @property
    def place(self) -> str:
        """Where the document stands, as the state keeps it for the day when it is gone."""
        return f"{self.source.path}:{self.source.line}" if self.source is not None else ""

    @property
    def changed(self) -> tuple[str, ...]:
        """The top-level fields of the spec that change, sorted."""
        return tuple(sorted({re.split(r"[.\[]", one.path)[0] for one in self.fields}))

    @property
    def key(self) -> list[str | None]:
        """What of this change the plan's hash covers."""
        return [str(self.address), self.approved_as.value, self.entry_digest, self.after_digest]

    @property
    def approved_as(self) -> Action:
        """What people approve: adopting is the one thing that apply may do instead of creating."""
        return Action.CREATE if self.action is Action.ADOPT else self.action


@dataclass(frozen=True)
class Plan:
    """Everything that apply will do, in order.

    `hosts` maps provider -> {"base_url", "account"} for every provider that the plan touches or the
    state knows. `state_at` is when the state was last applied to (epoch seconds, None: never), and
    `state_run` the CI run of it. `unbound` counts products whose ids are not known yet per provider,
    `unmanaged` those that a refresh saw and nobody here owns. `left_out` is how many changes where nothing
    differs are counted but not listed: a saved plan has them with `--detail full` only.
    """

    lineage: str
    serial: int
    hosts: Mapping[str, Json]
    catalog_digest: str
    changes: tuple[Change, ...]
    selection: Selection = Selection()  # noqa: RUF009 (frozen)
    refreshed: bool = False
    diagnostics: tuple[Diagnostic, ...] = ()
    documents: int = 0
    files: int = 0
    state_label: str = ""
    state_at: float | None = None
    state_run: str | None = None
    unbound: Mapping[str, int] = EMPTY
    unmanaged: Mapping[str, int] = EMPTY
    left_out: int = 0

    @cached_property
    def work(self) -> tuple[Change, ...]:
        """The changes without those where nothing differs."""
        return tuple(c for c in self.changes if c.action is not Action.NOOP)

    @cached_property
    def summary(self) -> Mapping[Action, int]:
        """How many changes of each action, every action named."""
        counts = Counter(change.action for change in self.changes)
        counts[Action.NOOP] += self.left_out
        return {action: counts[action] for action in Action}

    @property
    def errored(self) -> bool:
        """Whether something is refused or over a limit."""
        return bool(errors(self.diagnostics))

    @property
    def applyable(self) -> bool:
        """Whether apply would carry it out: something to do and nothing refused."""
        return not self.errored and bool(self.work)

    @cached_property
    def hash(self) -> str:
        """What people approve: lineage, selection, hosts, accounts and each change (CONTRACT 7)."""
        keys = sorted((change.key for change in self.work), key=itemgetter(0))
        return digest([self.lineage, self.selection.to_json(), self.hosts, keys])


def summary_line(counts: Mapping[Action, int]) -> str:
    """Return the frozen last line of a plan."""
    if not any(counts[action] for action in Action if action is not Action.NOOP):
        return "No changes. The catalog matches the state."
    rare = (Action.SETTLE, Action.ADOPT, Action.RESTORE, Action.MOVE, Action.NOTE)
    always = (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.ORPHAN)
    parts = [f"{counts[a]} to {a.value}" for a in rare if counts[a]]
    parts += [f"{counts[a]} to {a.value}" for a in always]
    return f"Plan: {', '.join(parts)}."
