"""What a listing proves. A row that is there proves presence; that a row is not there proves little.

A reading is *whole* when it was read to an empty page, no id came twice, nothing of it came from a cache, and
it shows every id that is known to be listed. A `total` can only make it incomplete; an empty reading never
proves that nothing was made.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum

from podsync.model.frozen import EMPTY, Spec
from podsync.providers.contract import Listing, Remote
from podsync.providers.habits import Habits
from podsync.providers.knowledge import Provider
from podsync.providers.name_forms import changes


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at an account, made of one listing or of several.

    `rows` maps ids to what was listed, `read` are those of the reading that can prove absence. `of_all` is
    whether everything was asked for, `of_models` are the models all rows of which were asked for, with every
    code that they ever had. `sound` is whether what was asked for was read to its end (`Listing.complete`,
    hidden rows counted). `looked` is the monotonic moment
    at which the reading *began*: what it cannot miss is judged as of then. `vouched` is whether the filter by
    model needs no codes, which may have changed. `twice` is whether it was read so that absence may be said.
    `broken`: it ended before its end; its rows are remembered, and nothing else is made of them.
    """

    rows: Mapping[str, Remote]
    looked: float
    read: frozenset[str] = frozenset()
    of_all: bool = False
    of_models: frozenset[str] = frozenset()
    sound: bool = False
    fresh: bool = True
    excess: int = 0
    date: float | None = None
    pairs: Mapping[str, tuple[str, ...]] = EMPTY
    vouched: bool = True
    twice: bool = False
    broken: bool = False

    def misses(self, known: Mapping[str, str]) -> frozenset[str]:
        """Return the known ids that this reading should show and does not; `known` maps ids to models."""
        return frozenset(
            identity
            for identity, model in known.items()
            if identity not in self.read and (self.of_all or (model in self.of_models))
        )

    def proves_absence(
        self, model: str | None, known: Mapping[str, str], *, excused: Collection[str] = (), knows_all: bool
    ) -> bool:
        """Whether a product of this model that is not among the rows was not there.

        `excused` are known ids that are gone. A reading by model counts only in a state that knows all, and
        where it showed a product of that model that is ours, or the account has none of ours of that model.
        """
        if not (self.sound and self.fresh and self.rows) or self.misses(known) - set(excused):
            return False
        if self.of_all:
            return bool(self.read)
        if model is None or model not in self.of_models or not knows_all:
            return False
        ours = {identity for identity, other in known.items() if other == model} - set(excused)
        if ours:
            return any(identity in self.read for identity in ours)
        return self.vouched or model in self.pairs


def reading_of(
    listing: Listing,
    looked: float,
    *,
    of_all: bool,
    models: Collection[str],
    habits: Habits,
    codes: bool,
    twice: bool,
) -> Reading:
    """Return the reading of one listing for the requested `models`, by `codes` where there are any."""
    hidden = listing.excess > 0 and listing.excess == habits.hidden_rows
    filtered = listing.filtered or not models
    return Reading(
        {item.id: item for item in (*listing.earlier, *listing.items)},
        looked,
        frozenset(item.id for item in listing.items),
        of_all=of_all or not filtered,
        of_models=frozenset(models),
        sound=listing.complete or (hidden and listing.fresh),
        fresh=listing.fresh,
        excess=listing.excess,
        date=listing.date,
        pairs=listing.pairs,
        vouched=not (codes or listing.pairs),
        twice=twice,
    )


def together(one: Reading, other: Reading) -> Reading:
    """Return two looks as one: what either shows is there. It is as old as the older, as whole as `one`."""
    return Reading(
        {**one.rows, **other.rows},
        min(one.looked, other.looked),
        one.read,
        of_all=one.of_all,
        of_models=one.of_models,
        sound=one.sound,
        fresh=one.fresh and other.fresh,
        excess=one.excess,
        date=other.date if other.date is not None else one.date,
        pairs=one.pairs or other.pairs,
        vouched=one.vouched,
        twice=one.twice,
    )


class Version(Enum):
    """Which version of a document a listed product is: the one that was sent, or the one of today."""

    SENT = "sent"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Versions:
    """What was sent for an address at `at`, and what its document says today; `fields` are those that differ.

    `setting` is the pictures setting of the account: what else was observed may be out of date where a person
    has to be asked.
    """

    provider: Provider
    sent: Spec
    wanted: Spec
    at: float
    fields: tuple[str, ...]
    setting: str = "unknown"

    @property
    def apart(self) -> bool:
        """Whether they are two products: no update leads from the one to the other."""
        return not self.provider.mutable.issuperset(self.fields)

    def possible(self, row: Remote) -> tuple[Version, ...]:
        """Return the versions that the row may be, as far as a listing tells: one, or both."""
        habits = Habits(setting=self.setting)
        sent, wanted = (likeness(self.provider, each, row, habits) for each in (self.sent, self.wanted))
        if sent == wanted:
            return (Version.SENT, Version.DOCUMENT)
        return (Version.SENT,) if sent > wanted else (Version.DOCUMENT,)


def likeness(provider: Provider, spec: Spec, row: Remote, habits: Habits) -> tuple[int, bool]:
    """Rank how well a row fits; where two versions share a picture, the name tells them apart."""
    name_of = provider.name_of
    return provider.match(spec, row, habits).rank, changes(name_of(spec), name_of(row.fields)) is not None
