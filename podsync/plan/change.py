"""One change of a plan as data: the action for an address, and the values that differ.

A change is computed once; views and apply only read it. `reason` and `risks` are for people.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from podsync.model.address import Address
from podsync.model.digests import digest, short_digest
from podsync.model.frozen import EMPTY, Json, Spec, freeze
from podsync.model.position import NOWHERE, Position
from podsync.model.product import UNPROTECTED, Lifecycle, Product, spec_digest_of
from podsync.plan.action import ADOPT_DECLARED, MAKING, NOTE_ACCEPTED, RECREATE, SET_BACK, STAGED, Action

#: What a person should know of either; the second one is what no order of two renames can spare.
SWAP_RISKS = (
    "the old product stays under another name until a person removes it",
    (
        "the name is missing for about two requests, longer where the listing lags, or after a crash until "
        "the next apply"
    ),
)
#: Of a document that names a product which the state knows otherwise.
BELIEVED = (
    "nothing is sent, and what is listed otherwise is drift then. To change the product, rename the document "
    "first, and edit it in a change of its own"
)
RENAMED_THERE = "if somebody renamed it there, apply asks for renamed_from"
STAGED_RISKS = (f"{STAGED}: orders find the old product until the document says `replace: swap`",)


def temporary_name(product: Product, name: Json, wanted: Json, *since: float) -> str:
    """Return the name of a new product until it takes over its final one."""
    mark = short_digest([str(product.address), wanted, [round(each, 3) for each in since]])[:6]
    return f"(next {mark}) {name}"


class UnknownValue:
    """An unknown value; `words` say why it is unknown."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __repr__(self) -> str:
        return "unknown"


#: The value of a field while an update of it is in doubt.
UNKNOWN = UnknownValue("in doubt")
#: That of a field which is set whatever somebody made of it at the provider.
WHATEVER = UnknownValue("whatever is there")


class FieldChange(NamedTuple):
    """One changed value. `path` reads `pictures[0].url`; None stands for "not there".

    `at` is where the new value stands (None: it was removed, or the plan came from a file).
    """

    path: str
    before: Json
    after: Json
    forces_replace: bool = False
    at: Position | None = None


class _ChangeFields(NamedTuple):
    """The fields of a :class:`Change`."""

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
    declared: Position | None = None
    distinct: bool = False
    temporary: Spec = EMPTY
    steps_done: tuple[str, ...] = ()
    steps_left: tuple[str, ...] = ()
    asks: Mapping[str, Json] = EMPTY
    spec_hash: str = ""


class Change(_ChangeFields):
    """What is to be done about one address. A tuple: a plan makes as many as there are products.

    `before` and `after` are specs (None: nothing there). `entry_digest` is the digest of the entry
    that the plan relied on, None where there was none. `distinct` is True when the document says that
    it never had another address (`moved: []`): then it is no rename in disguise. `orphan_created_at`
    with `previous_address` names the orphan that a restore or a move takes. `shown` are the ids that
    people see of what exists already. `temporary` are fields in which a new product differs from `after` at
    first: it takes over the names of the one before it. `steps_done` and `steps_left` name the requests that
    a product takes, where there are several. `source` is the line of the changed value, of the document for a
    create; of an orphan the line where its document last stood, None where that is not known. `declared` is
    where the document stands, if that is not `source`. `asks` is what
    the document asks about an existing product (`History.asks`). `spec_hash` is that of the document,
    where it is known: no part of what is compared, and not copied, as a copy may be about something else.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Change) and self[:-1] == other[:-1]

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self[:-1])

    def _replace(self, **values: Any) -> Self:
        return super()._replace(**{"spec_hash": "", **values})

    @property
    def after_digest(self) -> str | None:
        """Digest of what the document wants (its `spec_digest`, and of which id), None when there is none."""
        if self.after is None:
            return None
        wanted = (
            f"sha256:{self.spec_hash}"
            if self.spec_hash
            else spec_digest_of(self.after, self.labels, self.lifecycle, self.asks)
        )
        return wanted if self.named is None else digest([wanted, self.named])

    def knowing(self, spec_hash: str) -> Self:
        """Return this change, with the `spec_hash` of its document, which was worked out before."""
        return self._replace(spec_hash=spec_hash)

    @property
    def made(self) -> Spec | None:
        """What is made of `after` at first: under a temporary name, where it takes over another one's."""
        return freeze({**self.after, **self.temporary}) if self.after and self.temporary else self.after

    @property
    def takes(self) -> Spec:
        """What a new product takes over from the one before it."""
        takes: Spec = freeze({name: (self.after or EMPTY).get(name) for name in self.temporary})
        return takes

    @property
    def named(self) -> str | None:
        """The id of the existing product that the document names, while it is to be adopted."""
        return self.importing if self.action_reason == ADOPT_DECLARED else None

    @property
    def takes_orphan(self) -> bool:
        """Whether it takes an orphan, which `previous_address` names where it is another address's."""
        return self.orphan_created_at is not None

    @property
    def leaves_orphan(self) -> bool:
        """Whether the product that its address has becomes an orphan."""
        instead = self.action is Action.RESTORE and self.before is not None
        return instead or self.action in (Action.REPLACE, Action.ORPHAN)

    @property
    def accepts(self) -> bool:
        """Whether it accepts values that somebody changed at the provider."""
        return self.action_reason == NOTE_ACCEPTED

    @property
    def recreates(self) -> str | None:
        """The id of the product that is gone and is made again by this change."""
        return self.asks.get("recreate") if self.action_reason == RECREATE else None

    @property
    def gives_up(self) -> str | None:
        """The name that somebody gave the product there and that orders lose by this change."""
        return self.asks.get("renamed_from") if self.action_reason == SET_BACK else None

    @property
    def makes(self) -> bool:
        """Whether it may have to create something."""
        return self.after is not None and self.action in MAKING and self.named is None

    @property
    def document(self) -> Product:
        """The wanted product, as far as a change describes it."""
        return Product(
            self.address,
            self.provider,
            self.account,
            self.after or EMPTY,
            self.labels,
            self.lifecycle,
            declared_at=self.source or NOWHERE,
        )

    @property
    def spec(self) -> Spec:
        """The wanted spec; without a document, that of the existing product."""
        return self.after if self.after is not None else self.before or EMPTY

    @property
    def place(self) -> str:
        """The place of the document, kept in the state in case it is deleted."""
        at = self.declared or self.source
        return f"{at.path}:{at.line}" if at is not None else ""

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
        """What people approve: apply may adopt what exists already instead of making it."""
        if self.action is not Action.ADOPT or self.named is not None:
            return self.action
        return Action.CREATE if self.before is None else Action.REPLACE


def left_by(address: Address) -> str:
    """Say why nothing wants the product of an entry: a document of several may be there still."""
    return "no document makes it any more" if address.keys else "its document is gone"
