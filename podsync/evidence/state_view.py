"""The state's knowledge of one provider, in the form that a look needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from podsync.evidence.ages import Moment
from podsync.evidence.listing import Version, Versions, Wording
from podsync.model.address import Address
from podsync.model.frozen import EMPTY, Json, Spec, freeze
from podsync.model.product import Product, seen_ids
from podsync.providers.contract import Remote
from podsync.providers.habits import Habits
from podsync.providers.knowledge import Provider
from podsync.providers.name_forms import changes
from podsync.providers.normalise import number, unmarked
from podsync.state.entries import Entry, Orphan, Pending, Refusal, Window
from podsync.state.events import Intent
from podsync.state.model import State

#: The key of a claim: an address, and for a sent product its moment (0: it is in doubt).
Key: TypeAlias = tuple[Address, float]


@dataclass(frozen=True)
class Known:
    """One provider's part of a state.

    `setting` is the pictures setting; `ignored` are ids that the settings declare unmanaged.
    """

    provider: Provider
    state: State
    account: str
    setting: str = "unknown"
    ignored: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The provider's name."""
        return self.provider.name

    @property
    def seen_key(self) -> str:
        """The name of the visible id, "" if there is none."""
        return self.provider.info.visible_id[1]

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The entries of this provider."""
        return tuple(e for e in self.state.entries.values() if e.provider == self.name)

    @cached_property
    def orphans(self) -> tuple[Orphan, ...]:
        """The orphans of this provider."""
        return tuple(o for o in self.state.orphans if o.provider == self.name)

    @cached_property
    def items(self) -> tuple[Entry | Orphan, ...]:
        """What exists as far as the state knows: entries that are made, and orphans."""
        return (*(e for e in self.entries if e.spec is not None), *self.orphans)

    @property
    def doubts(self) -> tuple[Entry, ...]:
        """Entries whose create is in doubt."""
        return tuple(e for e in self.entries if e.pending is not None and e.pending.op == "create")

    @property
    def unbound(self) -> tuple[Entry | Orphan, ...]:
        """Products that were made and have no id yet."""
        return tuple(item for item in self.items if item.id is None)

    @property
    def provisional(self) -> tuple[Entry | Orphan, ...]:
        """Products with an id that no listing has confirmed yet."""
        return tuple(item for item in self.items if item.provisional)

    @property
    def answered(self) -> tuple[Entry | Orphan, ...]:
        """Products with an id that only an answer has reported."""
        return tuple(item for item in self.provisional if not presumed(item))

    @property
    def presumed(self) -> tuple[Entry | Orphan, ...]:
        """Products whose id a listing has shown, but not as it was sent."""
        return tuple(item for item in self.provisional if presumed(item))

    @property
    def sent(self) -> tuple[Spec, ...]:
        """Bodies of products without an id: creates in doubt, and acknowledged ones."""
        bodies = (entry.pending.body for entry in self.doubts if entry.pending is not None)
        return (*bodies, *(item.spec or EMPTY for item in self.unbound))

    @cached_property
    def identified(self) -> Mapping[str, Address]:
        """Ids that a person has seen on the web page, and no listing has shown yet, with their addresses."""
        found = ((i.window.said, i.address) for i in self.entries if i.identified and i.window is not None)
        return {identity: address for identity, address in found if identity and identity not in self.owned}

    @cached_property
    def owned(self) -> frozenset[str]:
        """Ids that an entry or an orphan holds."""
        return frozenset(item.id for item in self.items if item.id is not None)

    @property
    def foreign(self) -> frozenset[str]:
        """Ids that a person, or a look with an up-to-date state, has declared not ours."""
        return self.ignored.union(self.state.foreign.get(self.name, ()))

    @cached_property
    def unclaimed(self) -> frozenset[str]:
        """Ids that were listed while the state did not know all of our products: one of them may be ours."""
        return frozenset(self.state.unclaimed.get(self.name, ()))

    @cached_property
    def remembered(self) -> dict[str, Remote]:
        """Products that a look saw and that may be ours, until somebody has said what they are, by id."""
        seen = self.state.remembered.get(self.name, EMPTY)
        return {
            each: Remote(each, row.fields, row.made, row.remote, last_listed=row.at)
            for each, row in seen.items()
            if each not in self.owned and each not in self.foreign
        }

    @cached_property
    def removed(self) -> frozenset[str]:
        """Remembered ids which a person has said are removed: they count where they are listed."""
        rows = self.state.remembered.get(self.name, EMPTY)
        return frozenset(each for each, row in rows.items() if row.removed_at is not None)

    def remembered_for(self, address: Address) -> frozenset[str]:
        """Return the ids of those of which a look said that they may be what this address sent or wants."""
        return self._remembered_for.get(str(address), frozenset())

    def may_be_sought(self, address: Address, spec: Spec, row: Remote) -> bool:
        """Whether the row may be what this address sent, its model told in a form that nobody knew.

        A question has named it; or it has the name of what is sought, and was not listed before that.
        """
        if row.id in self.remembered_for(address):
            return True
        entry = self.state.entries.get(address)
        sent = None if entry is None else entry.pending or entry.window
        if entry is None or sent is None or not entry.sought or row.id in self.before(sent):
            return False
        return changes(spec.get(self.provider.name_field), self.provider.name_of(row.fields)) is not None

    def remembered_since(
        self, address: Address, sent: Pending | Window, moment: float, *named: str | None
    ) -> frozenset[str]:
        """Return what was first seen for this address after it was sent, and the ids that were `named`.

        Where a reading from before tells what was there then (see `before`), no clock is asked.
        """
        rows, read = self.state.remembered.get(self.name, EMPTY), sent.reading is not None
        since = (each for each in self.remembered_for(address) if read or rows[each].at >= moment)
        aside = self.owned | self.foreign
        return frozenset(since).union(each for each in named if each is not None and each not in aside)

    @cached_property
    def _remembered_for(self) -> Mapping[str, frozenset[str]]:
        rows, found = self.state.remembered.get(self.name, EMPTY), defaultdict[str, set[str]](set)
        for identity in self.remembered:
            for address in rows[identity].addresses:
                found[address].add(identity)
        return {address: frozenset(ids) for address, ids in found.items()}

    def known_as(self, address: Address) -> Mapping[str, Spec]:
        """Return what a newer state, which is not there any more, had as products of this address, by id."""
        return self._known_as.get(str(address), EMPTY)

    @cached_property
    def _known_as(self) -> Mapping[str, Mapping[str, Spec]]:
        rows, found = self.state.remembered.get(self.name, EMPTY), defaultdict[str, dict[str, Spec]](dict)
        for identity in self.remembered:
            for address, spec in rows[identity].known_as.items():
                found[address][identity] = spec
        return found

    @cached_property
    def contents(self) -> Mapping[str, Sequence[Spec]]:
        """What was known of each remembered id: as it was listed, and as a newer state sent it."""
        rows = self.state.remembered.get(self.name, EMPTY)
        return {
            each: [row.fields, *row.earlier, *row.known_as.values()]
            for each, row in rows.items()
            if each in self.remembered
        }

    @property
    def absent(self) -> Mapping[str, Json]:
        """Ids that a whole reading missed, and tombstones."""
        return self.state.absent.get(self.name, EMPTY)

    @cached_property
    def gone(self) -> frozenset[str]:
        """Ids that are gone at the provider."""
        return frozenset(identity for identity, each in self.absent.items() if each.gone)

    @cached_property
    def listed(self) -> Mapping[str, str]:
        """Ids that a listing has shown, and that are not gone, with the model of each."""
        return {
            item.id: self.model(item.spec or EMPTY)
            for item in self.items
            if item.id is not None and item.window is None and item.id not in self.gone
        }

    @cached_property
    def likely(self) -> Mapping[str, Mapping[str, Json]]:
        """Ids that tell the account, though no listing of this state showed them, with their visible ids.

        They are unsure, or an answer told them, or a newer state had them, or a person has seen them on the
        web page.
        """
        newer = {each for known_as in self._known_as.values() for each in known_as}
        unsure = {item.id: seen_ids(item.remote) for item in self.provisional if item.id is not None}
        told = {entry.pending.answered for entry in self.entries if entry.pending is not None}
        told |= {item.window.named for item in self.unbound if item.window is not None}
        said = dict.fromkeys(sorted(each for each in told if each is not None), EMPTY)
        return {**said, **{each: seen_ids(self.remembered[each].shown) for each in newer}, **unsure}

    @cached_property
    def shown(self) -> Mapping[str, Mapping[str, Json]]:
        """The ids that a listing has shown, with their visible ids."""
        return {
            item.id: seen_ids(item.remote)
            for item in self.items
            if item.id is not None and item.id in self.listed
        }

    def ids_of(self, addresses: Iterable[Address]) -> Iterator[str]:
        """Yield the known ids of the entries at these addresses, and of what they are to take over from."""
        for address in addresses:
            for item in (self.state.entries.get(address), self.found_by_orders(address)):
                if item is not None and item.id is not None:
                    yield item.id

    def found_by_orders(self, address: Address) -> Entry | Orphan | None:
        """Return what has the name of this address: while a swap is open, the product that it began with."""
        entry = self.state.entries.get(address)
        if entry is None or entry.swap is None:
            return entry
        key = (entry.swap.source, entry.swap.made_at)
        return next((each for each in self.state.orphans if (each.address, each.created_at) == key), None)

    @property
    def landmarks(self) -> tuple[Json, ...]:
        """Products to know the account by."""
        return tuple(self.state.landmarks.get(self.name, ()))

    @property
    def habits(self) -> Habits:
        """The known habits of this account."""
        return Habits(self.state.observed.get(self.name, EMPTY).get(self.account, EMPTY), self.setting)

    @property
    def pairs(self) -> Mapping[str, tuple[str, ...]]:
        """The codes that each model ever had."""
        return self.state.models.get(self.name, EMPTY)

    @property
    def is_new(self) -> bool:
        """Whether nothing of this account was ever seen, but for what people have said of some products.

        That tells nothing of the others, until an apply has looked at all of them.
        """
        if not (self.entries or self.orphans or self.foreign or self.contacted):
            return True
        made = any(getattr(item, "origin", "created") == "created" for item in self.items)
        return self.last_apply() is None and not (made or self.doubts or self.contacted)

    @property
    def contacted(self) -> bool:
        """Whether a person agreed that the account may hold unmanaged products."""
        return self.name in self.state.contacts

    @property
    def made_any(self) -> bool:
        """Whether this state knows a product here that it made, or that a person named."""
        return any(getattr(item, "origin", "created") != "adopted" for item in self.items)

    @property
    def sent_any(self) -> bool:
        """Whether something was sent here that may be there: a product that is gone tells no account."""
        return bool(self.doubts) or any(item.id not in self.gone for item in self.items)

    def model(self, spec: Spec) -> str:
        """The model that a spec names, as it is compared."""
        return number(spec.get(self.provider.model_field))

    def refusals(self) -> Iterator[tuple[Key, Refusal]]:
        """Refusals without an answer."""
        for address, refusals in self.state.refusals.items():
            for refusal in refusals:
                if refusal.provider == self.name:
                    yield (address, refusal.at), refusal

    def before(self, sent: Pending | Window | Refusal) -> frozenset[str]:
        """Ids that were listed before this was sent: it made none of them."""
        listed = self._readings.get(sent.reading, frozenset()) if sent.reading is not None else frozenset()
        beside = getattr(sent, "beside", ())
        return listed.union(beside) if beside else listed

    @cached_property
    def _readings(self) -> Mapping[int, frozenset[str]]:
        """What each kept reading listed: one set serves all that was sent after it."""
        readings: Mapping[int, tuple[str, ...]] = self.state.readings.get(self.name, {})
        return {number: frozenset(listed) for number, listed in readings.items()}

    def versions_of_doubt(self, entry: Entry, wanted: Spec | None) -> Versions | None:
        """Return what a create in doubt has sent beside what the document says; None where it is one."""
        pending = entry.pending
        if pending is None or pending.op != "create":
            return None
        versions = self._versions(pending.body, pending.takes, pending.written_at, wanted)
        newer = tuple(self._newer(entry.address, wanted)) if wanted is not None else ()
        if wanted is None or not newer:
            return versions
        if versions is None:
            return Versions(self.provider, newer, self.provider.first(wanted), self.setting)
        return replace(versions, sent=(*versions.sent, *newer))

    def versions_of_made(self, entry: Entry, wanted: Spec | None) -> Versions | None:
        """Return what was made beside what the document says; None where that is the same."""
        takes = entry.swap.takes if entry.swap is not None else EMPTY
        at = entry.window.since if entry.window is not None else entry.created_at
        return self._versions(entry.spec or EMPTY, takes, at, wanted)

    def versions_of(self, entry: Entry, wanted: Spec | None) -> Versions | None:
        """Return what is in doubt, or else what was made, beside what the document says."""
        in_doubt = entry.pending is not None and entry.pending.op == "create"
        return self.versions_of_doubt(entry, wanted) if in_doubt else self.versions_of_made(entry, wanted)

    def versions_of_address(self, address: Address, wanted: Spec | None) -> Versions | None:
        """Return what was refused and may have been made, and what a newer state had.

        None where that is what the document says.
        """
        refused = [each for each in self.state.refusals.get(address, ()) if each.body]
        if wanted is None or not (refused or self.known_as(address)):
            return None
        found = list(self._newer(address, wanted))
        for each in reversed(refused):
            name = self.provider.name_field
            waits = unmarked(called := self.provider.name_of(each.body)) != called
            takes = freeze({name: wanted.get(name)}) if waits else EMPTY
            sent, _ = self._wordings(Version.of_body(each.body), each.body, takes, each.at, wanted)
            if sent.fields:
                found.append(replace(sent, before=self.before(each)))
        first = self.provider.first(wanted)
        return Versions(self.provider, tuple(found), first, self.setting) if found else None

    def _newer(self, address: Address, wanted: Spec) -> Iterator[Wording]:
        """Yield what a newer state had at this address, where that is not what its document says."""
        for identity, spec in self.known_as(address).items():
            at = self.state.remembered[self.name][identity].at
            known, _ = self._wordings(Version.of_body(spec), spec, EMPTY, at, wanted)
            if known.fields:
                yield replace(known, id=identity)

    def _versions(self, sent: Spec, takes: Spec, at: float, wanted: Spec | None) -> Versions | None:
        if wanted is None:
            return None
        wording, today = self._wordings(Version.SENT, sent, takes, at, wanted)
        return Versions(self.provider, (wording,), today, self.setting) if wording.fields else None

    def _wordings(
        self, version: Version, sent: Spec, takes: Spec, at: float, wanted: Spec
    ) -> tuple[Wording, Spec]:
        """Return what was sent, and the document of today as it would be sent in its place.

        `takes` are fields that the new product gets later: until then it has values of its own.
        """
        staged = {name: sent.get(name) for name in takes if wanted.get(name) == takes[name]}
        first = self.provider.first
        one, other = first(sent), first(freeze({**wanted, **staged}))
        return Wording(version, one, at, self.provider.differing(one, other)), other

    def refused_intent(self, product: Product, body: Spec, now: float, reading: int | None = None) -> Intent:
        """Return the request that was refused, as one that is in doubt after all.

        What is called as a product that waits for a name is to take over that of its document.
        """
        provider, field = self.provider, self.provider.name_field
        steps: tuple[str, ...] = ()
        takes, called = EMPTY, provider.name_of(body)
        if unmarked(called) != called:
            whole = freeze({**product.spec, field: body.get(field)})
            steps = tuple(step.name for step in provider.steps(body, whole))
            takes = freeze({field: product.spec.get(field)})
        return Intent(
            product.address, self.name, product.account, "create", body, now, now,
            labels=product.labels, lifecycle=product.lifecycle, reading=reading, steps_left=steps,
            place=f"{product.declared_at.path}:{product.declared_at.line}", takes=takes,
        )  # fmt: skip

    def last_apply(self) -> float | None:
        """Until when this state knew all that is ours, by the provider's clock or ours; None: nobody can say.

        A state of an older version tells when its last apply ended. That one has begun says nothing.
        """
        last = self.state.last_apply
        if last is None:
            return None
        if "dates" in last:
            date: float | None = last["dates"].get(self.name)
            return date
        ended: float | None = last.get("ended_at")
        return ended


def presumed(item: Entry | Orphan) -> bool:
    """Whether its id is that of a product which is not listed as it was sent: it may be another one."""
    window = item.window
    if item.id is None or window is None:
        return False
    return window.answered is None or window.shown is not None


def when(pending: Pending) -> Moment | None:
    """Return the moment at which the call was known to be over, None where its sender died."""
    return None if pending.ended_at is None else Moment(pending.ended_at, pending.ended_date)
