"""What a listing proves. A row that is there proves presence; that a row is not there proves little.

A reading is *whole* when it was read to its end (`podsync.providers.paging`), no id came twice, nothing of it
came from a cache, and it shows every id that is known to be listed. A `total` can only make it incomplete; an
empty reading never proves that nothing was made.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from string import ascii_lowercase
from typing import ClassVar

from podsync.model.address import Address
from podsync.model.digests import digest
from podsync.model.errors import PodsyncError, ProtectedError
from podsync.model.frozen import EMPTY, Spec, freeze
from podsync.model.product import Product
from podsync.providers import name_forms
from podsync.providers.contract import Listing, Remote
from podsync.providers.habits import Habits
from podsync.providers.knowledge import Provider
from podsync.providers.normalise import text, unmarked
from podsync.state.entries import Entry, Orphan
from podsync.state.events import Event, Noted, Orphaned, Restored

#: So many ids are named.
_FEW = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at an account, made of one listing or of several.

    `rows` maps ids to what was listed, `read` are those of the reading that can prove absence. `of_all` is
    whether everything was asked for, `of_models` are the models all rows of which were asked for, with every
    code that they ever had. `sound` is whether what was asked for was read to its end (`Listing.complete`,
    hidden rows counted). `looked` is the monotonic moment
    at which the reading *began*: what it cannot miss is judged as of then. `vouched` is whether the filter by
    model needs no codes, which may have changed. `twice` is whether it was read so that absence may be said.
    `broken`: it ended before its end; its rows are remembered, and nothing else is made of them. `flaw` says
    in words why it is not sound. `variants` are other contents of listed ids, which may be either.
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
    flaw: str = ""
    variants: tuple[Remote, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether all of the account was read."""
        return self.of_all and self.sound

    def misses(self, known: Mapping[str, str]) -> frozenset[str]:
        """Return the known ids that this reading should show and does not; `known` maps ids to models."""
        return frozenset(
            identity
            for identity, model in known.items()
            if identity not in self.read and (self.of_all or (model in self.of_models))
        )

    def gap(self, known: Mapping[str, str], *, excused: Collection[str] = ()) -> str:
        """Return in words why nothing can be said to be absent; the arguments are as in `proves_absence`."""
        missing = sorted(self.misses(known) - set(excused))
        if self.flaw or not missing:
            once = "" if self.twice else "it was read once only"
            return self.flaw or once or "it shows none of the known products of that model"
        more = f" and {len(missing) - _FEW} more" if len(missing) > _FEW else ""
        return f"it does not show {', '.join(missing[:_FEW])}{more}, listed before and not known to be gone"

    def proves_absence(
        self, model: str | None, known: Mapping[str, str], *, excused: Collection[str] = (), knows_all: bool
    ) -> bool:
        """Whether a product of this model that is not among the rows was not there.

        `excused` are known ids that are gone. A reading by model counts only in a state that knows all, and
        where it showed a product of that model that is ours, or the account has none of ours of that model.
        """
        if not (self.twice and self.sound and self.fresh and self.rows) or self.misses(known) - set(excused):
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
        flaw=listing.flaw,
        variants=listing.variants,
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
        flaw=one.flaw,
        variants=(*one.variants, *other.variants),
    )


class UnownedRows:
    """Unowned rows of a reading, found by what they could be taken for."""

    def __init__(self, provider: Provider, rows: Iterable[Remote]) -> None:
        self._name, *self._others = provider.telling
        self._by: dict[tuple[str, str], list[Remote]] = defaultdict(list)
        for row in rows:
            if called := provider.name_of(row.fields):
                for name in {called, unmarked(called)}:
                    self._by[self._name, name_forms.skeleton(name)].append(row)
            for name in self._others:
                if row.fields.get(name):
                    self._by[name, text(row.fields[name])].append(row)

    def near(self, spec: Spec) -> list[Remote]:
        """Return rows that share a telling value with the spec, or list a changed form of its name."""
        if not self._by:
            return []
        wanted = [(self._name, key) for key in name_forms.keys(spec.get(self._name))]
        wanted += [(name, text(spec.get(name))) for name in self._others]
        found = {id(row): row for key in dict.fromkeys(wanted) for row in self._by.get(key, ())}
        return list(found.values())


#: So many characters of a digest tell the bodies of one address apart.
_NAMED_BY = 6


@dataclass(frozen=True, slots=True)
class Version:
    """Which version of a document a listed product is: one that was sent, or the one of today.

    `which` tells several that were refused at one address apart, by their bodies: what is answered of one
    leaves the names of the others as they are.
    """

    word: str
    which: str = ""

    SENT: ClassVar[Version]
    DOCUMENT: ClassVar[Version]

    @property
    def value(self) -> str:
        """The version as a person types it: `sent`, `sent-3f9ab1`, `document`."""
        return f"{self.word}-{self.which}" if self.which else self.word

    @classmethod
    def of_body(cls, body: Spec) -> Version:
        """Return the version that this body was sent as."""
        return cls(cls.SENT.word, digest(body).rpartition(":")[2][:_NAMED_BY])

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read what a person typed; raises ValueError for what is no version."""
        if re.fullmatch(f"document|sent(-[0-9a-f]{{{_NAMED_BY}}})?", text) is None:
            raise ValueError(f"{text!r} is no version: sent or document, or as it is printed")
        word, _, which = text.partition("-")
        return cls(word, which)


Version.SENT, Version.DOCUMENT = Version("sent"), Version("document")


@dataclass(frozen=True, slots=True)
class Wording:
    """One version of a document; `fields` are those in which it differs from the document of today.

    It was sent at `at`. `before` are ids that were listed then: it made none of them. `id` is the only one
    that it may have, where that is known.
    """

    version: Version
    spec: Spec
    at: float = 0.0
    fields: tuple[str, ...] = ()
    before: frozenset[str] = frozenset()
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Versions:
    """What was sent for an address, and what its document says today.

    `setting` is the pictures setting of the account: what else was observed may be out of date where a person
    has to be asked.
    """

    provider: Provider
    sent: tuple[Wording, ...]
    wanted: Spec
    setting: str = "unknown"

    @property
    def apart(self) -> bool:
        """Whether they are several products: no update leads from one to the other."""
        return any(map(self.is_apart, self.sent))

    def is_apart(self, wording: Wording) -> bool:
        """Whether no update leads from this one to the document of today."""
        return not self.provider.mutable.issuperset(wording.fields)

    def possible(self, row: Remote) -> tuple[Version, ...]:
        """Return the versions that the row may be, as far as a listing tells: one, or several."""
        return tuple(self._fitting(row))

    def wording(self, row: Remote, version: Version) -> Wording | None:
        """Return what was sent as this version of the row; None where it is the document of today."""
        found = self._fitting(row).get(version)
        return found if found is not None and found.version != Version.DOCUMENT else None

    @property
    def known(self) -> tuple[Version, ...]:
        """All versions, whatever a listing tells."""
        return (*(one.version for one in self.sent), Version.DOCUMENT)

    def words(self, version: Version) -> str:
        """Say in words what this version is; several that were sent have each its time."""
        if version == Version.DOCUMENT:
            return "as its document says today"
        alike = (one for one in self.sent if one.version == version and version.which)
        return " ".join(["as it was sent", *(_to_the_second(one.at) for one in alike)])

    def told(self, address: Address, row: Remote, said: Version | None) -> Version:
        """Return which version the row is: the listing tells, or the person.

        Raises ProtectedError, with the answers, where neither does, or where one contradicts the other.
        """
        fitting = self._fitting(row)
        possible = tuple(fitting)
        for version, one in fitting.items():
            if said in (version, one.version):
                return version
        if said is None and (len(possible) == 1 or not self.apart):
            return possible[0]
        if len(possible) == 1:
            raise self.contradicted(address, row, possible[0])
        sent = [one for one in fitting.values() if one.version != Version.DOCUMENT]
        fields = ", ".join(sorted({field for one in sent for field in one.fields}))
        versions = "another version" if len(sent) == 1 else f"{len(sent)} other versions"
        raise ProtectedError(
            f"{address} has sent {versions} than its document describes today ({fields}), and the listing "
            f"does not tell which of them {row.id} is",
            "\n".join(
                f"{letter}) it is {self.words(each)}: {_answer(address, row.id, each)}"
                for letter, each in zip(ascii_lowercase, possible, strict=False)
            ),
        )

    def unlisted(self, address: Address, identity: str, *, today: bool = False) -> PodsyncError:
        """Return the error for a person who names what no listing shows, and not which version it is.

        `today`: what the document says was sent as well.
        """
        sent = [one.version for one in self.sent] if len(self.sent) + today > 1 else [Version.SENT]
        versions = [*sent, *([Version.DOCUMENT] if today else [])]
        lines = [f"it is {self.words(each)}: {_answer(address, identity, each)}" for each in versions]
        if not today:
            lines.append(f"it is {self.words(Version.DOCUMENT)}: it can be taken once it is listed")
        fields = ", ".join(sorted({field for one in self.sent for field in one.fields}))
        return ProtectedError(
            f"{address} has sent another version than its document describes today ({fields}), and no "
            f"listing shows {identity}",
            "\n".join(f"{letter}) {line}" for letter, line in zip(ascii_lowercase, lines, strict=False)),
        )

    def contradicted(self, address: Address, row: Remote, listed: Version) -> PodsyncError:
        """Return the error for a person who says that the row is another version than the listing tells."""
        is_, not_ = "as it was sent", "as its document says today"
        if listed == Version.DOCUMENT:
            is_, not_ = not_, is_
        return ProtectedError(
            f"{row.id} is listed {is_}, and not {not_} for {address}",
            f"if it is that: {_answer(address, row.id, listed)}; else look at the id again",
        )

    def about(self, rows: Iterable[Remote]) -> Versions | None:
        """Return what was sent of which one of these may be; None where none is."""
        possible = [one for row in rows for one in self._fitting(row).values()]
        sent = tuple(one for one in self.sent if one in possible)
        return replace(self, sent=sent) if sent else None

    def but(self, spec: Spec) -> Versions | None:
        """Return what else was sent than this; None for nothing."""
        sent = tuple(one for one in self.sent if self.provider.differing(one.spec, spec))
        return replace(self, sent=sent) if sent else None

    def _fitting(self, row: Remote) -> dict[Version, Wording]:
        """Return the wordings that fit a row best; one that alone was sent is `sent`."""
        habits = Habits(setting=self.setting)
        wordings = [one for one in self.sent if row.id not in one.before and one.id in (None, row.id)]
        wordings.append(Wording(Version.DOCUMENT, self.wanted))
        ranks = [likeness(self.provider, one.spec, row, habits) for one in wordings]
        best = [one for one, rank in zip(wordings, ranks, strict=True) if rank == max(ranks)]
        if sum(one.version.word == Version.SENT.word for one in best) > 1:
            return {one.version: one for one in best}
        return {Version(one.version.word): one for one in best}


def _to_the_second(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _answer(address: Address, identity: str, version: Version) -> str:
    return f"podsync import {address.word} {identity} --as {version.value}"


def likeness(provider: Provider, spec: Spec, row: Remote, habits: Habits) -> tuple[int, bool]:
    """Rank how well a row fits; where two versions share a picture, the name tells them apart."""
    name_of = provider.name_of
    alike = name_forms.changes(name_of(spec), name_of(row.fields)) is not None
    return provider.match(spec, row, habits).rank, alike


def unseen_orphan(
    provider: Provider, orphans: Iterable[Orphan], product: Product, identity: str
) -> Orphan | None:
    """Return the document's orphan with this id, if a look took it and no listing shows what differs."""
    return next(
        (
            orphan
            for orphan in orphans
            if (orphan.address, orphan.id) == (product.address, identity)
            and orphan.is_unseen(provider.fixed(orphan.spec, product.spec))
        ),
        None,
    )


def as_told(
    provider: Provider,
    orphan: Orphan,
    entry: Entry | None,
    product: Product,
    now: float,
    said: Version | None,
) -> list[Event]:
    """A person says what an orphan is that a look once took: as its document says, or as it was.

    As it was it stays an orphan, of which all is known. Raises ProtectedError where the person does not say.
    """
    address, fixed = orphan.address, provider.fixed(orphan.spec, product.spec)
    if said is None or (said != Version.DOCUMENT and entry is not None):
        raise ProtectedError(
            f"{orphan.id} is an orphan of {address}, and no listing shows {' and '.join(fixed)} of it",
            f"a) it is as its document says today: podsync import {address.word} {orphan.id} --as document\n"
            + (
                f'b) it is not: podsync apply --replace "{address}"'
                if entry is not None
                else f"b) it is not: podsync import {address.word} {orphan.id} --as sent"
            ),
        )
    is_so = said == Version.DOCUMENT
    spec: Spec = freeze({name: (product if is_so else orphan).spec.get(name) for name in fixed})
    facts = (product.labels, product.lifecycle)
    events: list[Event] = [
        Restored(address, address, orphan.created_at, now, *facts),
        Noted(address, now, *facts, spec=spec),
    ]
    return events if is_so else [*events, Orphaned(address, now)]


def age(remote: Remote) -> tuple[float, int, str]:
    """Sort key: oldest first, and among equals the one that was numbered first."""
    return remote.created_at or 0.0, len(remote.id), remote.id
