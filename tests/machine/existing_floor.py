"""A floor on which documents speak of products that exist: `adopt`, `recreate`, `removed`, and ids to ignore.

What a document names is checked by the id that it names. Of a product that a person made by hand nothing
else is known: podsync has sent nothing for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from podsync.apply.report import Outcome, Report, Result
from podsync.model.address import Address
from podsync.model.errors import StateError
from podsync.model.frozen import FrozenDict
from podsync.model.product import Product
from podsync.model.settings import ProviderSettings
from podsync.plan.change import Change
from podsync.state.entries import Entry
from tests.machine.floor import PROVIDERS, Doubled, Floor, Misbound, Trouble
from tests.plan.build import rewritten
from tests.products import poster_spec, tee_spec

#: What every row tells, and nobody can change.
MODEL = {"kakaclo": "modelId", "gelato": "productModelId"}


class ExistingFloor(Floor):
    """See the module. `ignored` are the ids that the settings ignore, by provider."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.ignored: dict[str, set[str]] = {name: set() for name in PROVIDERS}

    def _settings(self, name: str) -> ProviderSettings:
        ignored = tuple(sorted(self.ignored[name])) if hasattr(self, "ignored") else ()
        return super()._settings(name)._replace(ignored=ignored)

    # -- the catalog

    def write_all(self, *products: Product, without: Address | None = None) -> bool:
        """As on every floor; what is written is not let go, and what it names is remembered."""
        if not super().write_all(*products, without=without):
            return False
        for product in products:
            self.lets_go.discard(str(product.address))
            identity, there = product.history.adopt, self.there(product.provider)
            if identity is None:
                continue
            self.model.named.setdefault(identity, set()).add(product.address)
            if identity in there and self.told(product.provider, there[identity]) != self.told(
                product.provider, product.spec
            ):
                self.model.outdated.add(identity)  # the document is believed, whatever is listed
        return True

    def whole(self, document: Product) -> FrozenDict[str, Any]:
        """The spec with the fields that a new product needs."""
        of = tee_spec if document.provider == "kakaclo" else poster_spec
        return FrozenDict({**of(document.address.name), **document.spec})

    # -- the machine

    def run(self, trouble: Trouble, **options: Any) -> Report | None:
        """As on every floor; a document that names its product gets that one, and none is made for it."""
        open_, owned, before = (
            self._naming(),
            self._owned(),
            {name: set(self.there(name)) for name in PROVIDERS},
        )
        held, flying = self._held(), {*self.model.flying, *self.model.adrift}
        try:
            return super().run(trouble, **options)
        finally:
            flying |= {*self.model.flying}
            with suppress(StateError):
                self._check_named(open_, held, before, flying)
                self._check_ignored(owned)

    def _naming(self) -> dict[Address, Product]:
        """Documents that name a product, where the state has nothing at their address or a former one."""
        with suppress(StateError):
            entries = self.recalled.entries
            return {
                address: document
                for address, document in self.documents.items()
                if document.history.adopt is not None
                and document.history.adopt != document.history.recreate
                and address not in entries
                and not any(Address(address.kind, name) in entries for name in document.history.moved or ())
            }
        return {}

    def _held(self) -> dict[str, Address]:
        """The ids of entries whose documents are there."""
        with suppress(StateError):
            entries = self.state.entries.items()
            return {e.id: address for address, e in entries if e.id is not None and address in self.documents}
        return {}

    def _owned(self) -> Mapping[str, set[str]]:
        with suppress(StateError):
            state = self.state
            return {name: set(state.owned(name)) for name in PROVIDERS}
        return {}

    def _check_named(
        self,
        open_: Mapping[Address, Product],
        held: Mapping[str, Address],
        before: Mapping[str, set[str]],
        flying: set[str],
    ) -> None:
        entries = self.state.entries
        self._check_holders(open_, held)
        others = {self.body(p.provider, p.spec) for a, p in self.documents.items() if a not in open_}
        for address, document in open_.items():
            entry, body = entries.get(address), self.body(document.provider, document.spec)
            if entry is not None and (entry.id != document.history.adopt or _creates(entry)):
                self.figures["misbound"] += 1
                raise Misbound(
                    f"{address} names {document.history.adopt}, and holds {entry.id}, {entry.pending}"
                )
            made = {
                i: e for i, e in self.there(document.provider).items() if i not in before[document.provider]
            }
            beside = [i for i, each in made.items() if self.body(document.provider, each) == body]
            if beside and body not in others | flying:
                self.figures["doubled"] += 1
                raise Doubled(f"{address} names {document.history.adopt}, and {beside} was made for it")
            if entry is not None:
                self.figures["taken by name"] += 1

    def _check_holders(self, open_: Mapping[Address, Product], held: Mapping[str, Address]) -> None:
        """What another document's entry held stays its own, whatever a document names."""
        for address, document in open_.items():
            entry, identity = self.state.entries.get(address), document.history.adopt or ""
            holder = held.get(identity)
            if entry is not None and entry.id == identity and holder not in (None, address):
                self.figures["misbound"] += 1
                raise Misbound(f"{address} has taken {identity}, which {holder} held")

    def _check_ignored(self, owned: Mapping[str, set[str]]) -> None:
        for name, before in owned.items():
            wrong = (self.ignored[name] & set(self.state.owned(name))) - before - self.model.named.keys()
            if wrong:
                self.figures["misbound"] += len(wrong)
                raise Misbound(f"{wrong} of {name} are ignored, and managed")

    # -- the invariants

    def always(self) -> None:
        super().always()
        wrong = list(self._by_hand())
        if wrong:
            self.figures["misbound"] += len(wrong)
            raise Misbound(wrong)

    def _by_hand(self) -> Iterator[str]:
        """Entries that hold a person's product which no document of theirs named, and which differs."""
        for address, entry in self.state.entries.items():
            there = self.there(entry.provider)
            if entry.id not in self.model.hand or entry.id not in there or entry.provisional:
                continue
            field, true, thought = MODEL[entry.provider], there[entry.id], entry.spec or {}
            # A document that names its product and moves is believed about all of it.
            if address in self.model.named.get(entry.id, ()):
                continue
            if str(true[field]) != str(thought.get(field, true[field])):
                yield f"{address} holds {entry.id}, whose model is {true[field]}, not {thought[field]}"
            if not self._looks_the_same(entry, true):
                yield f"{address} holds {entry.id}, which a person made as {true}, not {thought}"

    def _looks_the_same(self, entry: Entry, true: Mapping[str, Any]) -> bool:
        if entry.id in self.model.outdated or entry.pending is not None:
            return True
        return self.told(entry.provider, true) == self.told(entry.provider, entry.spec or {})

    # -- what a person answers

    def _answer(self, outcome: Outcome) -> None:
        """What is said of a product that is not to be had is taken out; all else is answered as ever."""
        document = self.documents.get(outcome.address)
        entry = self.state.entries.get(outcome.address)
        if document is None or outcome.result is not Result.NOT_TRIED:
            super()._answer(outcome)
        elif "take `recreate` out of the document" in outcome.next:
            self._takes_out(document, recreate=None)
        elif any(f"podsync state rm {outcome.address}" in line for line in outcome.next):
            if entry is not None and entry.id not in self.there(outcome.provider):
                self.let_go(outcome.address)
        elif document.history.adopt is not None and entry is None:
            self._takes_out(document, adopt=None)
        else:
            super()._answer(outcome)

    def _takes_out(self, document: Product, **words: None) -> None:
        self.log.append(f"    a person takes {', '.join(words)} out of {document.address}")
        if not self.write(rewritten(document, spec=self.whole(document), **words)):
            self.delete(document.address)  # it is another one's

    def _mend(self, rule: str, detail: str, change: Change | None, changes: Mapping[Address, Change]) -> None:
        if rule == "prevent-orphan" and change is not None:
            self.lets_go.add(str(change.address))
        elif rule == "incomplete-spec" and change is not None:
            document = self.documents[change.address]
            if not self.write(rewritten(document, spec=self.whole(document))):
                self._new_name(change.address)  # another one has the name
        else:
            super()._mend(rule, detail, change, changes)


def _creates(entry: Entry) -> bool:
    return entry.pending is not None and entry.pending.op == "create"
