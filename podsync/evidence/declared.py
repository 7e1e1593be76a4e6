"""A person's decisions about listed products, as events: a product is ours, or it is not.

A person knows more than a listing shows, and may mistype an id: a decision is accepted only if the listing
does not contradict it. Pure. Raises PodsyncError, with a remedy, for a decision that is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from podsync.evidence.listing import Version, Versions, as_told, likeness, unseen_orphan
from podsync.evidence.sent import came_after, identified, not_listed, seen_though_refused, unverified
from podsync.evidence.situation import former_of
from podsync.evidence.state_view import Known
from podsync.evidence.steps import as_said
from podsync.model.address import Address
from podsync.model.errors import PodsyncError, ProtectedError, UsageError
from podsync.model.frozen import EMPTY, Spec, freeze
from podsync.model.product import Product
from podsync.providers.contract import Match, Remote
from podsync.providers.habits import Habits
from podsync.providers.name_forms import changes
from podsync.providers.normalise import unmarked
from podsync.state.entries import Entry, Pending
from podsync.state.events import (  # fmt: skip
    Adopted,
    Answered,
    Bound,
    Confirmed,
    Event,
    Intent,
    Noted,
    Settled,
    Unbound,
)


@dataclass(frozen=True)
class Declarations:
    """What a person says at one time of one provider's products.

    `rows` are the listed products that were looked up, by id. `named` are all addresses of which it is said
    what they are, with their documents, `claimed` the ids that they are said to be. `now` is our wall clock.
    """

    known: Known
    rows: Mapping[str, Remote]
    now: float
    named: Mapping[Address, Product | None] = field(default_factory=dict)
    claimed: Collection[str] = frozenset()

    @cached_property
    def _owned(self) -> Mapping[str, Address]:
        return self.known.state.owned(self.known.name)

    def ours(self, address: Address, identity: str, version: Version | None = None) -> list[Event]:
        """The product of `address` is the listed one; no event where that is known already.

        `version` says which it is where the document has changed since something was sent: it is needed
        where the listing does not tell.
        """
        entry, product = self.known.state.entries.get(address), self.named.get(address)
        if identity not in self.rows:
            if entry is not None and entry.sought:
                return self._identified(entry, identity, version)
            if entry is not None and entry.pending is not None:
                raise not_listed(self.known.provider, identity)
            told = seen_though_refused(self.known, self.rows, product, identity, self.now, version)
            self._may_replace(address, entry)
            return told
        row = self._row(identity)
        if product is not None and (entry is None or entry.pending is None):
            orphan = unseen_orphan(self.known.provider, self.known.orphans, product, identity)
            if orphan is not None:
                return as_told(self.known.provider, orphan, entry, product, self.now, version)
        if entry is not None and entry.id == identity and entry.pending is None and not entry.provisional:
            return self._as_the_document_says(entry)
        events = self._events(address, entry, row, version)
        answers = self._answers_refusals(address, row, events)
        return [*events, Answered(address, self.now)] if answers else events

    def _as_the_document_says(self, entry: Entry) -> list[Event]:
        """A look took it; a person says that it is as the document says in what no listing shows."""
        product = self.named.get(entry.address)
        fixed = self.known.provider.fixed(entry.spec or EMPTY, product.spec) if product is not None else ()
        if product is None or not entry.is_unseen(fixed):
            return []
        told: Spec = freeze({name: product.spec.get(name) for name in fixed})
        return [Noted(entry.address, self.now, entry.labels, entry.lifecycle, spec=told)]

    def _answers_refusals(self, address: Address, row: Remote, events: Sequence[Event]) -> bool:
        """Whether the product may be all that was refused here: another version may have been made, too."""
        refusals, canonical = self.known.state.refusals.get(address, ()), self.known.provider.canonical
        taken = [each for each in events if isinstance(each, Adopted)]
        made = [canonical(self.known.provider.first(each.spec)) for each in taken]
        made += [canonical(each.body) for each in events if isinstance(each, Intent)]
        return bool(refusals) and all(
            not each.body or (self._fits(each.body, row) > 0 and (not made or canonical(each.body) in made))
            for each in refusals
        )

    def not_ours(self, identity: str) -> bool:
        """Whether it is news that the listed product is not ours; raises PodsyncError if it is managed."""
        self._row(identity)
        holder = self._owned.get(identity)
        if holder is not None:
            raise PodsyncError(
                f"{identity} belongs to {holder}: it is managed here",
                f"to let it go, though it stays on sale: podsync state rm {holder.word}",
            )
        return identity not in self.known.foreign

    def settled(self, entry: Entry, identity: str, version: Version | None = None) -> list[Event]:
        """A create in doubt made the listed product; of the `version` of today, it is the document's instead.

        Without `version` a row that is listed as the document says today is refused.
        """
        if identity not in self.rows:
            return self._identified(entry, identity, version)
        row, versions = self._row(identity), self._versions(entry)
        if versions is not None and version is None and versions.possible(row) == (Version.DOCUMENT,):
            raise versions.contradicted(entry.address, row, Version.DOCUMENT)
        return self._doubted(entry, row, version)

    def _doubted(self, entry: Entry, row: Remote, version: Version | None) -> list[Event]:
        """A create in doubt, or the document since, made the row; a newer state may have updated it."""
        pending, address = entry.pending, entry.address
        assert pending is not None  # noqa: S101 (the caller saw it)
        told, versions = self._version(entry, row, version), self._versions(entry)
        if told == Version.DOCUMENT and versions is not None and any(one.id is None for one in versions.sent):
            return self._beside_a_doubt(entry, pending, row)
        newer = versions.wording(row, told) if versions is not None else None
        body = newer.spec if newer is not None and newer.id is not None else pending.body
        freed = self._freed(address, row)
        self._agrees(address, body, row)
        came_after(address, row.id, self.known.before(pending))
        since: Spec = freeze({name: v for name, v in body.items() if v != pending.body.get(name)})
        noted = Noted(address, self.now, pending.labels, pending.lifecycle, spec=since)
        return [*freed, self._found(address, pending.body, row), *([noted] if since else [])]

    def _beside_a_doubt(self, entry: Entry, pending: Pending, row: Remote) -> list[Event]:
        """The row is the document's of today: what was sent before stays open, as an orphan without an id."""
        address, product = entry.address, self.named.get(entry.address)
        if pending.takes or (product is not None and product.lifecycle.prevent_replace):
            why = "prevent_replace protects it" if not pending.takes else "it is to take over a name"
            settle = f"podsync state settle {address.word}"
            raise ProtectedError(
                f"{address} has sent another version, and {why}: what became of that is to be said first",
                f"a) it was made: {settle} --adopt ID --as sent\nb) it was not: {settle} --not-created",
            )
        return [Settled(address, self.now, found=True), *self._adopted(address, None, row)]

    def _identified(self, entry: Entry, identity: str, version: Version | None) -> list[Event]:
        return identified(self.known, self.rows, entry, identity, self.now, self._versions(entry), version)

    # -- which version

    def _versions(self, entry: Entry) -> Versions | None:
        return self.known.versions_of(entry, self._wanted(entry.address))

    def _wanted(self, address: Address) -> Spec | None:
        product = self.named.get(address)
        return product.spec if product is not None else None

    def _version(self, entry: Entry, row: Remote, said: Version | None) -> Version:
        """Return which version a row is: the listing tells, or the person; refuse where neither does."""
        versions = self._versions(entry) if entry.pending is not None or entry.unlisted else None
        if versions is None or not versions.apart:
            return Version.SENT
        return versions.told(entry.address, row, said)

    # -- what fits

    def _events(
        self, address: Address, entry: Entry | None, row: Remote, version: Version | None
    ) -> list[Event]:
        product = self.named.get(address)
        if entry is not None and entry.pending is not None:
            if entry.pending.step:
                settle = f"podsync state settle {address.word} --step {entry.pending.step}"
                raise PodsyncError(
                    f"{address}: a step of {entry.id} is in doubt, {entry.pending.step}",
                    f"a) it was done: {settle} --made\nb) it was not: {settle} --not-made",
                )
            if entry.pending.op == "update":
                raise PodsyncError(
                    f"{address}: an update of {entry.id} is in doubt",
                    f"a) it took effect: podsync state settle {address.word} --adopt {entry.id}\n"
                    f"b) it did not: podsync state settle {address.word} --not-created",
                )
            if not self._is_what_it_replaces(entry, entry.pending, row):
                return self._doubted(entry, row, version)
            return self._bound(entry, row)
        if entry is not None and version != Version.DOCUMENT:
            taking_over = self._taking_over(entry, row)
            if taking_over is not None:
                return taking_over
        if entry is None or self._is_replaced(entry, product, row):
            return self._refused_or_wanted(address, entry, row, version)
        if self._version(entry, row, version) == Version.DOCUMENT:
            return self._adopted(address, entry, row)
        self._agrees(address, entry.spec or EMPTY, row)
        return self._bound(entry, row)

    def _is_replaced(self, entry: Entry, product: Product | None, row: Remote | None = None) -> bool:
        """Whether the document wants another product than the one that was made, whose id is sure.

        Where that one is swapped out, `row` has to fit the document as well as what was sent.
        """
        provider = self.known.provider
        if product is None or entry.unlisted or not (provider.replaces or self._swaps(product)):
            return False
        sent, wanted, habits = entry.spec or EMPTY, product.spec, self.known.habits
        if provider.canonical(sent) == provider.canonical(wanted):
            return False
        if row is None or provider.replaces:
            return True
        return likeness(provider, wanted, row, habits) >= likeness(provider, sent, row, habits)

    def _swaps(self, product: Product) -> bool:
        return bool(product.lifecycle.replace) and self.known.provider.info.swaps

    def _taking_over(self, entry: Entry, row: Remote) -> list[Event] | None:
        """A refused create made it, to take over a name: until the two are swapped the old product has that.

        Return None where no such request has made it.
        """
        product, refusals = self.named.get(entry.address), self.known.state.refusals.get(entry.address, ())
        perhaps = [each for each in refusals if row.id not in self.known.before(each)]
        refusal = max(perhaps, key=lambda each: self._fits(each.body, row), default=None)
        if product is None or refusal is None or not self._swaps(product):
            return None
        if self._fits(refusal.body, row) <= self._fits(entry.spec or EMPTY, row):
            return None
        self._free(entry.address, row)
        return self._made_as_sent(row, product, refusal.body, refusal.reading)

    def _refused_or_wanted(
        self, address: Address, entry: Entry | None, row: Remote, said: Version | None
    ) -> list[Event]:
        """A refused create made it all the same; or it is what the document says today, whoever made it.

        What an update changes is one product: it is known with the values that were sent.
        """
        product, wanted = self.named.get(address), self._wanted(address)
        versions = self.known.versions_of_address(address, wanted)
        if (
            versions is None
            and said not in (None, Version.DOCUMENT)
            and address not in self.known.state.refusals
        ):
            raise UsageError(f"nothing was sent for {address} besides its document", "leave out --as")
        sent = versions.wording(row, versions.told(address, row, said)) if versions is not None else None
        if product is None or versions is None or sent is None:
            return self._adopted(address, entry, row)
        if not versions.is_apart(sent) and sent.id is not None and entry is not None:
            return self._adopted(address, entry, row)  # an orphan has the name that an update would take
        if not versions.is_apart(sent):
            values = {field_: sent.spec[field_] for field_ in sent.fields if field_ in sent.spec}
            return self._adopted(address, entry, row, values)
        self._may_replace(address, entry)
        freed = self._freed(address, row)
        self._agrees(address, sent.spec, row)
        return [*freed, *self._made_as_sent(row, product, sent.spec)]

    def _made_as_sent(
        self, row: Remote, product: Product, body: Spec, reading: int | None = None
    ) -> list[Event]:
        """The request that was refused is in doubt after all, and found."""
        intent = self.known.refused_intent(product, body, self.now, reading)
        return [intent, self._found(product.address, body, row)]

    def _found(self, address: Address, body: Spec, row: Remote) -> Settled:
        not_listed = unverified(body, row)
        return Settled(address, self.now, found=True, id=row.id, remote=row.shown, unverified=not_listed)

    def _fits(self, spec: Spec, row: Remote) -> int:
        return self.known.provider.match(spec, row, self.known.habits).rank

    def _is_what_it_replaces(self, entry: Entry, pending: Pending, row: Remote) -> bool:
        """Whether the row is the product that has no sure id yet, and not the one that a doubt has made.

        What was listed before the doubt it has not made.
        """
        if entry.window is None or row.id in self.known.before(entry.window):
            return False
        if row.id in self.known.before(pending):
            return True
        return self._fits(entry.spec or EMPTY, row) > self._fits(pending.body, row)

    def _may_replace(self, address: Address, entry: Entry | None) -> None:
        if entry is not None and entry.lifecycle.prevent_replace:
            raise ProtectedError(
                f"{address} holds {entry.id}, and prevent_replace protects it", "lift the protection first"
            )

    def _adopted(
        self, address: Address, entry: Entry | None, row: Remote, values: Spec = EMPTY
    ) -> list[Event]:
        """The row is what the document says, but for `values`, which were sent before.

        Listed under the name from before a rename it has that name still: the rename is to come.
        """
        product = self.named.get(address)
        if product is None:
            raise UsageError(
                f"neither the catalog nor the state knows {address}",
                "the addresses: podsync plan --detail full",
            )
        self._may_replace(address, entry)
        freed = self._freed(address, row)
        self._agrees(address, product.spec, row)
        values = {**self._name_before(product, row), **values}
        wanted, takes = freeze({**product.spec, **values}), self._to_take_over(entry, product, row)
        if takes:
            wanted = freeze({**wanted, **{name: row.fields.get(name) for name in takes}})
        spec = as_said(self.known.provider, wanted, row)
        adopted = Adopted(
            address, self.known.name, product.account, self.now, row.id, spec, row.shown,
            unverified(spec, row), product.labels, product.lifecycle, "imported",
            f"{product.declared_at.path}:{product.declared_at.line}", takes,
        )  # fmt: skip
        return [*freed, adopted]

    def _name_before(self, product: Product, row: Remote) -> Spec:
        """Return the name that it has still: one that a swap gave it, or that the document had before."""
        provider, name_of = self.known.provider, self.known.provider.name_of
        former, called = former_of(provider, product), name_of(row.fields)
        if unmarked(called) != called:
            return {provider.name_field: called}
        if former is None or changes(name_of(product.spec), called) is not None:
            return EMPTY
        field_ = provider.name_field
        return {field_: former[field_]} if changes(name_of(former), called) is not None else EMPTY

    def _to_take_over(self, entry: Entry | None, product: Product, row: Remote) -> Spec:
        """Return the name of the product at the address, where the listed one is marked to take it over."""
        name, called = self.known.provider.name_field, self.known.provider.name_of(row.fields)
        waits = entry is not None and self._swaps(product) and unmarked(called) != called
        takes: Spec = freeze({name: product.spec.get(name)} if waits else {})
        return takes

    def _bound(self, entry: Entry, row: Remote) -> list[Event]:
        """Its id was not known, or not for certain, or is another product's."""
        address = entry.address
        if entry.id == row.id:
            return [Confirmed(address, self.now, remote=row.shown)]
        if entry.window is not None:
            came_after(address, row.id, self.known.before(entry.window))
        elif entry.id is not None:
            self._is_not_as_sent(entry, row)
        taken_back: list[Event] = [Unbound(address, self.now)] if entry.provisional else []
        exchanged = self._exchanged(entry, row)
        return [*taken_back, *exchanged, Bound(address, self.now, row.id, row.shown)]

    def _is_not_as_sent(self, entry: Entry, row: Remote) -> None:
        """Refuse to give up what is listed as it was sent, or more like that than the row is."""
        present, sent = self.rows.get(entry.id or ""), entry.spec or EMPTY
        like = -1 if present is None else self._fits(sent, present)
        same, word = like >= Match.SAME.rank, entry.address.word
        if same or (like > self._fits(sent, row) and entry.id not in self.claimed):
            how = "just as it was sent" if same else f"more like what was sent than {row.id}"
            to = f"if it is {row.id}: podsync state rm {word}, then: podsync import {word} {row.id}"
            raise PodsyncError(f"{entry.address} is {entry.id}, which is listed {how}", to)

    def _exchanged(self, entry: Entry, row: Remote) -> list[Event]:
        """Return what becomes of the address that holds this product: it gets what `entry` gives up.

        That is so where a listing without pictures could have taken the two for one another; else nobody may
        own it.
        """
        holder = self._owned.get(row.id)
        other = self.known.state.entries.get(holder) if holder is not None else None
        if other is None or other.id != row.id or self._gives_up(other):
            return self._freed(entry.address, row)
        identity, spec = self.known.provider.identity, other.spec or EMPTY
        alike = identity(entry.spec or EMPTY, Habits()) == identity(spec, Habits())
        sure = other.pending is not None or self.known.provider.match(spec, row) is Match.SAME
        if not alike or sure or not (entry.id or other.provisional) or entry.id in self.claimed:
            return self._freed(entry.address, row)
        if entry.id is None:
            return [Unbound(other.address, self.now)]
        present = self.rows.get(entry.id)
        shown = present.shown if present is not None else entry.remote
        return [Bound(other.address, self.now, entry.id, shown, provisional=other.provisional)]

    # -- checks of one row

    def _row(self, identity: str) -> Remote:
        row = self.rows.get(identity)
        if row is None:
            raise not_listed(self.known.provider, identity)
        return row

    def _freed(self, address: Address, row: Remote) -> list[Event]:
        """Return what becomes of the address that holds this product; refuse where it does not give it up.

        An id that is only likely, and listed otherwise than it was sent, is no more than a guess. So is the
        id of `address` itself, of which it is said now that it is another version.
        """
        holder = self._owned.get(row.id)
        entry = self.known.state.entries.get(holder) if holder is not None else None
        if entry is not None and entry.id == row.id and entry.guessed:
            like = self.known.provider.match(entry.spec or EMPTY, row, self.known.habits)
            if holder == address or like is not Match.SAME:
                return [Unbound(entry.address, self.now)]
        self._free(address, row)
        return []

    def _free(self, address: Address, row: Remote) -> None:
        """Refuse a product that somebody owns, be it `address` itself: it is what that was before."""
        holder = self._owned.get(row.id)
        if holder is None:
            return
        entry = self.known.state.entries.get(holder)
        if entry is None or entry.id != row.id:
            raise PodsyncError(
                f"{row.id} belongs to the orphan {holder} already",
                "apply restores an orphan whose document is back as it was",
            )
        if holder == address:
            raise PodsyncError(
                f"{row.id} is what {address} was before: it is to be replaced", "look at the id again"
            )
        if not self._gives_up(entry):
            raise PodsyncError(
                f"{row.id} belongs to {holder} already",
                "one product has one address; to give it this one: "
                f"podsync state mv {holder.word} {address.word}",
            )

    def _gives_up(self, entry: Entry) -> bool:
        """Whether it is said of this entry, too, that it is another product.

        What is replaced keeps its id, as an orphan.
        """
        named = entry.address in self.named
        return named and entry.pending is None and not self._is_replaced(entry, self.named[entry.address])

    def _agrees(self, address: Address, spec: Spec, row: Remote) -> None:
        provider = self.known.provider
        model, wanted = row.fields.get(provider.model_field), spec.get(provider.model_field)
        differs = None not in (model, wanted) and self.known.model(row.fields) != self.known.model(spec)
        if differs and not self.known.may_be_sought(address, spec, row):
            raise PodsyncError(
                f"{row.id} is of model {model}, and {address} of model {wanted}",
                "look at the id again, or at the document",
            )
