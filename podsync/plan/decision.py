"""What is to be done about one pair of document and entry, and what of it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from podsync.model.address import Selection
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import EMPTY, Json, Path, Spec
from podsync.model.position import Position
from podsync.model.product import UNPROTECTED, Product, seen_ids
from podsync.plan.action import ADOPT_DECLARED, NOTE_ACCEPTED, NOTE_TOLD, RECREATE, SET_BACK, Action
from podsync.plan.answers import COMPLETE
from podsync.plan.change import Change, FieldChange
from podsync.plan.diff import differing_fields, field_changes, untold
from podsync.plan.matching import Pair

if TYPE_CHECKING:
    from podsync.providers.knowledge import Provider
    from podsync.state.entries import Entry, Orphan


class Decided(NamedTuple):
    """A change, and what is refused about it."""

    change: Change
    faults: list[Diagnostic]


def decide(pair: Pair, providers: Mapping[str, Provider], selection: Selection) -> Decided:
    """Return the one change for a pair."""
    decision = _PairDecision(pair, providers[pair.known.provider], selection)
    return Decided(decision.make(), decision.faults)


class _PairDecision:
    """Decides about one pair; collects what is refused."""

    def __init__(self, pair: Pair, provider: Provider, selection: Selection) -> None:
        self.pair = pair
        self.provider = provider
        self.forced = bool(selection.replace) and (
            str(pair.address) in selection.replace
            or Selection(targets=selection.replace).targeted(pair.address)
        )
        self.faults: list[Diagnostic] = []

    def make(self) -> Change:
        """Return the one change for this pair."""
        product, entry, orphan = self.pair.product, self.pair.entry, self.pair.orphan
        if entry is not None and entry.pending is not None and entry.pending.op == "create":
            return self._settle(entry, product)
        if product is None:
            assert entry is not None  # noqa: S101 (a pair has at least one side)
            return self._orphan(entry)
        if entry is None and orphan is None:
            return self._arrival(product)
        if entry is None:
            return self._restore(product)
        if entry.id is not None and entry.id == product.history.recreate and entry.pending is None:
            return self._recreate(product, entry)
        names = self._differing(product, entry)
        accepted = self._accepted(product, entry, names)
        names = tuple(name for name in names if name not in accepted)
        if not names and not self.forced:
            return self._accept(product, entry, accepted) if accepted else self._unchanged(product, entry)
        if self.forced and not self.provider.replaces and set(names) <= self.provider.mutable:
            return self._set_back(product, entry)
        if not self.forced and set(names) <= self.provider.mutable:
            return self._update(product, entry, names)
        return self._replace(product, entry, names)

    def _arrival(self, product: Product) -> Change:
        adopt = product.history.adopt
        if adopt is None:
            return self._change(Action.CREATE, "create_because_not_in_state", "not in the state")
        reason = f"its document says that it is {adopt}"
        return self._change(Action.ADOPT, ADOPT_DECLARED, reason, risks=(), importing=adopt)

    def _recreate(self, product: Product, entry: Entry) -> Change:
        self._refuse_incomplete(product)
        reason = f"{entry.id} is gone, and its document wants it again"
        change = self._change(Action.CREATE, RECREATE, reason)
        return replace(change, before=None, risks=self.provider.risks(None, product.spec))

    def _accepted(self, product: Product, entry: Entry, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the fields that were changed there, from the very value that the state holds."""
        before, known = product.history.changed_there, entry.spec or EMPTY
        if entry.pending is not None or self.pair.previous is not None:
            return ()
        return tuple(
            name
            for name in names
            if name in before and not differing_fields(self.provider, *_one(name, known, before))
        )

    def _accept(self, product: Product, entry: Entry, names: tuple[str, ...]) -> Change:
        fields = self._fields(product, entry, names)
        return self._change(Action.NOTE, NOTE_ACCEPTED, "somebody changed it there", fields, risks=())

    def _set_back(self, product: Product, entry: Entry) -> Change:
        mutable = tuple(sorted(name for name in product.spec if name in self.provider.mutable))
        fields = field_changes(self.provider, entry.spec or EMPTY, product, mutable, frozenset(mutable))
        return self._change(
            Action.UPDATE, SET_BACK, "asked for by --replace: its values are sent again", fields
        )

    def _differing(self, product: Product, entry: Entry) -> tuple[str, ...]:
        names = set(differing_fields(self.provider, entry.spec or EMPTY, product.spec))
        names -= untold(self.provider, entry, product.spec)
        if entry.pending is not None:
            names |= set(entry.pending.body)
        return tuple(sorted(names))

    def _change(
        self,
        action: Action,
        code: str,
        reason: str,
        fields: tuple[FieldChange, ...] = (),
        *,
        risks: tuple[str, ...] | None = None,
        taken: Orphan | None = None,
        importing: str | None = None,
    ) -> Change:
        """Return a change of this pair. `taken`: the orphan that it takes; `risks`: else the provider's."""
        product, entry, orphan = self.pair.product, self.pair.entry, self.pair.orphan
        known = self.pair.known
        before = entry.spec if entry is not None else None
        after = product.spec if product is not None else None
        change = Change(
            known.address,
            action,
            code,
            reason,
            known.provider,
            known.account,
            before=before,
            after=after,
            labels=product.labels if product is not None else EMPTY,
            lifecycle=product.lifecycle if product is not None else UNPROTECTED,
            previous_address=self.pair.previous,
            entry_digest=entry.digest if entry is not None else None,
            orphan_created_at=taken.created_at if taken is not None else None,
            importing=taken.id if taken is not None else importing,
            shown=_shown(entry or orphan),
            made_at=(entry.created_at or None) if entry is not None else None,
            fields=fields,
            risks=self.provider.risks(before if fields else None, after) if risks is None else risks,
            source=self._source(fields),
            distinct=product is not None and product.history.moved == (),
            asks=product.history.asks if product is not None else EMPTY,
        )
        return change if product is None else change.knowing(product.spec_digest)

    def _source(self, fields: tuple[FieldChange, ...]) -> Position | None:
        if self.pair.product is None:
            return _last_place(self.pair.entry)
        places = sorted(f.at for f in fields if f.at is not None)
        return places[0] if places else self.pair.product.declared_at

    def _settle(self, entry: Entry, product: Product | None) -> Change:
        sent: Spec | None = entry.pending.body if entry.pending else None
        reason = "sent earlier, outcome not known"
        if product is None:
            reason += "; its document is gone: if it exists it becomes an orphan"
        elif sent != product.spec:
            reason += "; the document was edited since"
        return self._change(Action.SETTLE, "settle_because_in_doubt", reason, risks=())

    def _orphan(self, entry: Entry) -> Change:
        if entry.lifecycle.prevent_orphan and not self.pair.released:
            self._refuse(
                "prevent-orphan",
                f"{entry.address} is protected by lifecycle.prevent_orphan, but its document is gone",
                "restore the document; or let the product go: write "
                f"`removed: [{entry.address.word}]` as a document of its own",
            )
        if self.pair.gone:
            reason = "its document is gone, and so is the product"
            return self._change(Action.ORPHAN, "orphan_because_no_document", reason, risks=())
        risk = ("it stays on sale until a person removes it",)
        return self._change(Action.ORPHAN, "orphan_because_no_document", "its document is gone", risks=risk)

    def _restore(self, product: Product) -> Change:
        orphan = self.pair.orphan
        assert orphan is not None  # noqa: S101 (the caller saw it)
        action, code, reason = Action.RESTORE, "restore_because_wanted_again", "an orphan, wanted again"
        if orphan.address != product.address:
            reason = f"{orphan.address} has the same spec and nobody wants it under that address"
            action, code = Action.MOVE, "move_because_equal_spec"
        return self._change(action, code, reason, risks=(), taken=orphan)

    def _unchanged(self, product: Product, entry: Entry) -> Change:
        told = untold(self.provider, entry, product.spec)
        fields = self._fields(product, entry, tuple(sorted(told)))
        if self.pair.previous is not None:
            named = self.pair.previous.name in (product.history.moved or ())
            code = "move_because_declared" if named else "move_because_equal_spec"
            return self._change(Action.MOVE, code, "the same product under a new address", fields, risks=())
        if fields:
            reason = "the document tells what was not known"
            return self._change(Action.NOTE, NOTE_TOLD, reason, fields, risks=())
        if product.labels != entry.labels or product.lifecycle != entry.lifecycle:
            return self._change(
                Action.NOTE, "note_because_labels", "only labels or lifecycle differ", risks=()
            )
        return self._change(Action.NOOP, "no_difference", "nothing differs", risks=())

    def _fields(self, product: Product, entry: Entry, names: tuple[str, ...]) -> tuple[FieldChange, ...]:
        unknown = frozenset(entry.pending.body) if entry.pending else frozenset()
        return field_changes(self.provider, entry.spec or EMPTY, product, names, unknown)

    def _update(self, product: Product, entry: Entry, names: tuple[str, ...]) -> Change:
        fields = self._fields(product, entry, names)
        reason = "an update is in doubt and is sent again" if entry.pending else "only fields that can change"
        name, old = self.provider.unique_name(product.spec), self.provider.unique_name(entry.spec or EMPTY)
        if self.provider.name_field in names and name != old and product.history.renamed_from != old:
            self._refuse(
                f"{self.provider.name}-rename",
                f"{product.address}: renaming {old!r} to {name!r} breaks orders that still say {old!r}",
                f"put `renamed_from: {_quoted(old or '')}` into the document if that is meant",
                ("spec", self.provider.name_field),
            )
        return self._change(Action.UPDATE, "update_because_mutable", reason, fields)

    def _replace(self, product: Product, entry: Entry, names: tuple[str, ...]) -> Change:
        fields = self._fields(product, entry, names)
        if not self.provider.replaces:
            return self._refused_replace(product, names, fields)
        orphan = self.pair.orphan
        if orphan is not None and not self.forced:
            code, reason = "restore_because_reverted", "the replace was reverted"
            return self._change(Action.RESTORE, code, reason, fields, taken=orphan)
        if product.lifecycle.prevent_replace:
            self._refuse(
                "prevent-replace",
                f"{product.address} is protected by lifecycle.prevent_replace, "
                f"but {', '.join(names) or '--replace'} would replace it",
                "undo the change, or remove prevent_replace in a change of its own",
                ("lifecycle", "prevent_replace"),
            )
        self._refuse_incomplete(product)
        code = "replace_by_request" if self.forced else "replace_because_cannot_update"
        reason = "asked for by --replace" if self.forced else f"{self.provider.title} cannot change it"
        risks = (
            "the old product stays on sale beside the new one until a person removes it",
            *self.provider.risks(entry.spec, product.spec),
        )
        return self._change(Action.REPLACE, code, reason, fields, risks=risks)

    def _refuse_incomplete(self, product: Product) -> None:
        if missing := self.provider.missing(product.spec):
            self._refuse(
                "incomplete-spec",
                f"{product.address}: a new product needs {', '.join(missing)}, and the document does not say",
                COMPLETE,
                ("spec",),
            )

    def _refused_replace(
        self, product: Product, names: tuple[str, ...], fields: tuple[FieldChange, ...]
    ) -> Change:
        fixed = [name for name in names if name not in self.provider.mutable]
        self._refuse(
            f"{self.provider.name}-replace",
            f"{product.address}: {self.provider.title} cannot change {', '.join(fixed) or 'this product'}",
            self.provider.info.replace_remedy,
            ("spec", fixed[0]) if fixed else (),
        )
        return self._change(Action.REPLACE, "replace_because_cannot_update", "refused", fields)

    def _refuse(self, rule: str, summary: str, remedy: str, path: Path = ()) -> None:
        product = self.pair.product
        at = product.at(path) if product is not None and path else (product.declared_at if product else None)
        self.faults.append(Diagnostic("error", rule, summary, at, remedy, self.pair.address))


def _one(name: str, *specs: Spec) -> tuple[Spec, ...]:
    """Return each spec with this field alone."""
    return tuple({name: spec[name]} if name in spec else {} for spec in specs)


def _last_place(entry: Entry | None) -> Position | None:
    """Return where the document of an entry stood when the state last heard of it."""
    path, _, line = (entry.place if entry is not None else "").rpartition(":")
    known = bool(path) and line.isascii() and line.isdigit() and len(line) < 10
    return Position(path, int(line)) if known else None


def _shown(known: Entry | Orphan | None) -> Mapping[str, Json]:
    return EMPTY if known is None else seen_ids(known.remote)


def _quoted(text: str) -> str:
    """Quote for YAML: double quotes, with the two characters that matter escaped."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
