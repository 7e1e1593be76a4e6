"""The change for one pair of document and entry, and the faults that refuse it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple

from podsync.model.address import Selection
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import EMPTY, Path, Spec, freeze
from podsync.model.position import Position
from podsync.model.product import UNPROTECTED, Product
from podsync.plan.action import (
    ADOPT_DECLARED,
    CANNOT_UPDATE,
    MOVE_NAMED,
    NOT_IN_STATE,
    NOTE_ACCEPTED,
    NOTE_TOLD,
    RECREATE,
    SET_BACK,
    STAGED,
    SWAP_EDITED,
    SWAP_OPEN,
    Action,
)  # fmt: skip
from podsync.plan.answers import COMPLETE, PUT_BACK, again_risk, perhaps_added, quoted
from podsync.plan.change import (
    BELIEVED,
    RENAMED_THERE,
    STAGED_RISKS,
    SWAP_RISKS,
    UNKNOWN,
    Change,
    FieldChange,
    left_by,
    temporary_name,
)  # fmt: skip
from podsync.plan.diff import (
    Defaults,
    can_set_back,
    differing_fields,
    edited_since,
    field_changes,
    is_reached,
    may_be_there,
    never_learned,
    one_field,
    progress,
    sent_again,
    shown_of,
    with_defaults_risk,
    with_steps,
)  # fmt: skip
from podsync.plan.matching import Pair, last_place
from podsync.providers.knowledge import Provider
from podsync.providers.known_models import left_model

if TYPE_CHECKING:
    from podsync.state.entries import Entry, Orphan, Swap


class Decided(NamedTuple):
    """A change and its faults."""

    change: Change
    faults: list[Diagnostic]


def decide(
    pair: Pair, providers: Mapping[str, Provider], selection: Selection, defaults: Defaults = None
) -> Decided:
    """Return the one change for a pair; see `planner.make_plan`."""
    decision = _PairDecision(pair, providers[pair.known.provider], selection)
    return Decided(with_defaults_risk(decision.make(), pair, defaults), decision.faults)


class _PairDecision:
    """Decides about one pair and collects the faults."""

    def __init__(self, pair: Pair, provider: Provider, selection: Selection) -> None:
        self.pair = pair
        self.provider = provider
        self.forced = bool(selection.replace) and (
            str(pair.address) in selection.replace
            or Selection(targets=selection.replace).targeted(pair.address)
        )
        self.faults: list[Diagnostic] = []
        product, entry = pair.product, pair.entry
        #: What is to be there once this plan is done: a staged product keeps its temporary names.
        self.wanted: Spec = product.spec if product is not None else EMPTY
        swap = entry.swap if entry is not None else None
        making = entry is not None and entry.pending is not None and entry.pending.op == "create"
        if product and entry and swap and product.lifecycle.replace == STAGED and not making:
            named = {name: (entry.spec or EMPTY).get(name) for name in swap.takes}
            self.wanted = freeze({**self.wanted, **named})

    def make(self) -> Change:
        """Return the one change for this pair."""
        product, entry, orphan = self.pair.product, self.pair.entry, self.pair.orphan
        if entry is not None and entry.pending is not None and entry.pending.op == "create":
            return self._settle(entry, product)
        if entry is not None and entry.swap is not None and self.pair.nameless:
            return self._take_name(entry, entry.swap)
        if product is None:
            assert entry is not None  # noqa: S101 (a pair has at least one side)
            return self._orphan(entry)
        if entry is None:
            return self._arrival(product) if orphan is None else self._restore(product, orphan)
        if entry.id is not None and entry.id == product.history.recreate and entry.pending is None:
            return self._recreate(product, entry)
        names = self._differing(entry)
        accepted = self._accepted(product, entry, names)
        names = tuple(name for name in names if name not in accepted)
        if not names and not self.forced and accepted:
            fields = self._fields(product, entry, accepted)
            return self._change(Action.NOTE, NOTE_ACCEPTED, "somebody changed it there", fields, risks=())
        if not names and not self.forced:
            return self._unchanged(product, entry)
        adopt = product.history.adopt
        named = self.pair.previous is not None and adopt is not None and entry.id == adopt and not self.forced
        unsaid = [name for name in self.provider.missing(product.spec) if name in names]
        if unsaid and not named:
            left = f"leaves out {' and '.join(unsaid)}, which no request can take away"
            self._refuse("incomplete-spec", f"{product.address}: the document {left}", PUT_BACK, ("spec",))
            return self._change(Action.UPDATE, "update_because_mutable", "refused", risks=())
        if self.forced and can_set_back(self.provider, entry, self.wanted, names):
            return self._set_back(product, entry, names)
        if not unsaid and not self.forced and is_reached(self.provider, entry, self.wanted, names):
            return self._update(product, entry, names)
        return self._take_word(product, entry, names) if named else self._replace(product, entry, names)

    def _arrival(self, product: Product) -> Change:
        adopt = product.history.adopt
        if adopt is None:
            if (first := self.provider.first(product.spec)) is not product.spec:  # else one request is all
                self._refuse_unreachable(product, first)
            return self._change(Action.CREATE, NOT_IN_STATE, "not in the state")
        reason = f"its document says that it is {adopt}"
        return self._change(Action.ADOPT, ADOPT_DECLARED, reason, risks=(), importing=adopt)

    def _take_word(self, product: Product, entry: Entry, names: tuple[str, ...]) -> Change:
        """Move the product that the document names by id: the id is trusted, and nothing is created."""
        fields = tuple(one._replace(forces_replace=False) for one in self._fields(product, entry, names))
        risks = (f"the document is believed about {', '.join(names)}: {BELIEVED}",)
        reason = f"its document says that it is {entry.id}"
        return self._change(Action.MOVE, MOVE_NAMED, reason, fields, risks=risks, importing=entry.id)

    def _recreate(self, product: Product, entry: Entry) -> Change:
        self._refuse_incomplete(product)
        self._refuse_unreachable(product, self.provider.first(product.spec))
        risk = again_risk(self.provider, entry, gone=self.pair.gone)
        change = self._change(Action.CREATE, RECREATE, "its product is gone, and its document wants it again")
        return change._replace(before=None, risks=(risk, *self._risks(None, product.spec)))

    def _accepted(self, product: Product, entry: Entry, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the fields that were changed there, from the very value that the state holds."""
        before, known = product.history.changed_there, entry.spec or EMPTY
        if entry.pending is not None or self.pair.previous is not None:
            return ()
        return tuple(
            name
            for name in names
            if name in before and not differing_fields(self.provider, *one_field(name, known, before))
        )

    def _set_back(self, product: Product, entry: Entry, names: tuple[str, ...]) -> Change:
        kept: Collection[str] = ()
        if entry.swap is not None:
            self._check_swap(product, entry.swap)
            kept = entry.swap.takes if product.lifecycle.replace == STAGED else ()
        fields = sent_again(self.provider, entry.spec or EMPTY, product, names, kept)
        name = self.provider.unique_name(product.spec)
        risks = () if name is None else (f"orders find it by {quoted(name)} alone then: {RENAMED_THERE}",)
        if entry.swap is not None and not kept:
            risks = (*risks, *SWAP_RISKS)
        if not set(names) <= self.provider.mutable:
            added = (*self._risks(entry.spec, product.spec), *may_be_there(self.provider, entry, self.wanted))
            risks = (*risks, *added)
        reason = "asked for by --replace: its values are sent again"
        change = self._change(Action.UPDATE, SET_BACK, reason, fields, risks=risks)
        old = product.history.renamed_from
        return change if old is None else change._replace(asks=freeze({**change.asks, "renamed_from": old}))

    def _differing(self, entry: Entry) -> tuple[str, ...]:
        names = set(differing_fields(self.provider, entry.spec or EMPTY, self.wanted))
        names -= never_learned(self.provider, entry, self.wanted)
        if entry.pending is not None:
            names |= set(entry.pending.body)
        return tuple(sorted(names))

    def _refuse_unreachable(self, product: Product, before: Spec) -> bool:
        """Refuse differences that no step can make; returns whether there are any."""
        found = list(self.provider.unreachable(before, product.spec))
        for fault in found:
            self._refuse(
                fault.rule, f"{product.address}: {fault.summary}", fault.detail, ("spec", *fault.path)
            )
        return bool(found)

    def _change(
        self,
        action: Action,
        code: str,
        reason: str,
        fields: tuple[FieldChange, ...] = (),
        *,
        risks: tuple[str, ...] | None = None,
        taken: Orphan | None = None,
        temporary: Spec = EMPTY,
        importing: str | None = None,
    ) -> Change:
        """Return a change of this pair. `taken`: the orphan that it takes; `risks`: else the provider's."""
        (product, entry, orphan), known = self.pair[:3], self.pair.known
        before = entry.spec if entry is not None else None
        after = self.wanted if product is not None else None
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
            previous_address=self.pair.former(taken) if taken is not None else self.pair.previous,
            entry_digest=entry.digest if entry is not None else None,
            orphan_created_at=taken.created_at if taken is not None else None,
            importing=taken.id if taken is not None else importing,
            shown=shown_of(entry or orphan),
            made_at=(entry.created_at or None) if entry is not None else None,
            fields=fields,
            risks=self._risks(before if fields else None, after) if risks is None else risks,
            source=self._source(fields),
            declared=product.declared_at if product is not None and fields else None,
            distinct=product is not None and product.history.moved == (),
            asks=product.history.asks if product is not None else EMPTY,
            temporary=temporary,
            spec_hash=product.spec_hash if product is not None else "",
        )
        change = with_steps(change, self.provider, entry)
        return change if product is None or change.spec_hash else change.knowing(product.spec_hash)

    def _source(self, fields: tuple[FieldChange, ...]) -> Position | None:
        if self.pair.product is None:
            return last_place(self.pair.entry)
        places = sorted(f.at for f in fields if f.at is not None)
        return places[0] if places else self.pair.product.declared_at

    def _settle(self, entry: Entry, product: Product | None) -> Change:
        pending = entry.pending
        assert pending is not None  # noqa: S101 (the caller saw it)
        temporary = freeze({name: pending.body.get(name) for name in pending.takes})
        reason = "sent earlier, outcome not known"
        if product is None:
            reason += f"; {left_by(entry.address)}: if it exists it becomes an orphan"
        elif pending.body != self.provider.first(freeze({**product.spec, **temporary})):
            reason += "; the document was edited since"
        return self._change(Action.SETTLE, "settle_because_in_doubt", reason, risks=(), temporary=temporary)

    def _orphan(self, entry: Entry) -> Change:
        if entry.lifecycle.prevent_orphan and not self.pair.released:
            self._refuse(
                "prevent-orphan",
                f"{entry.address} is protected by lifecycle.prevent_orphan, but {left_by(entry.address)}",
                "restore the document; or let the product go: write "
                f"`removed: [{entry.address.word}]` as a document of its own",
            )
        reason, gone = left_by(entry.address), self.pair.gone
        reason = f"{reason}, and the product itself is gone" if gone else reason
        risks = () if gone else ("it stays on sale until a person removes it",)
        return self._change(Action.ORPHAN, "orphan_because_no_document", reason, risks=risks)

    def _restore(self, product: Product, orphan: Orphan) -> Change:
        action, code, reason = Action.RESTORE, "restore_because_wanted_again", "an orphan, wanted again"
        if differing_fields(self.provider, orphan.spec, product.spec):
            reason = "an orphan, wanted again; what it lacks is added by the apply after this one"
        if orphan.address != product.address:
            reason = f"{orphan.address} has the same spec and nobody wants it under that address"
            action, code = Action.MOVE, "move_because_equal_spec"
        return self._change(action, code, reason, risks=(), taken=orphan)

    def _unchanged(self, product: Product, entry: Entry) -> Change:
        new_fields = never_learned(self.provider, entry, product.spec)
        fields = self._fields(product, entry, tuple(sorted(new_fields)))
        if self.pair.previous is not None:
            named = self.pair.previous.name in (product.history.moved or ())
            code = "move_because_declared" if named else "move_because_equal_spec"
            return self._change(Action.MOVE, code, "the same product under a new address", fields, risks=())
        if fields:
            reason = "the document tells what was not known"
            return self._change(Action.NOTE, NOTE_TOLD, reason, fields, risks=())
        if entry.steps_left:
            reason = "what was to be added is not wanted any more"
            return self._change(Action.NOTE, "note_because_not_wanted", reason, risks=())
        if product.labels != entry.labels or product.lifecycle != entry.lifecycle:
            reason = "only labels or lifecycle differ"
            return self._change(Action.NOTE, "note_because_labels", reason, risks=())
        return self._change(Action.NOOP, "no_difference", "nothing differs", risks=())

    def _fields(self, product: Product, entry: Entry, names: tuple[str, ...]) -> tuple[FieldChange, ...]:
        unknown = dict.fromkeys(entry.pending.body if entry.pending else (), UNKNOWN)
        return field_changes(self.provider, entry.spec or EMPTY, product, names, unknown)

    def _update(self, product: Product, entry: Entry, names: tuple[str, ...]) -> Change:
        fields = tuple(one._replace(forces_replace=False) for one in self._fields(product, entry, names))
        code, reason = self._why_update(entry)
        name, old = self.provider.unique_name(self.wanted), self.provider.unique_name(entry.spec or EMPTY)
        renamed = self.provider.name_field in names and name != old
        if entry.swap is not None:
            self._check_swap(product, entry.swap)
        elif renamed and product.history.renamed_from != old:
            self._refuse(
                f"{self.provider.name}-rename",
                f"{product.address}: renaming {old!r} to {name!r} breaks orders that still say {old!r}",
                f"put `renamed_from: {quoted(old or '')}` into the document if that is meant",
                ("spec", self.provider.name_field),
            )
        takes = entry.swap is not None and self.provider.name_field in names
        change = self._change(Action.UPDATE, code, reason, fields, risks=SWAP_RISKS if takes else None)
        return change._replace(risks=(*change.risks, *may_be_there(self.provider, entry, self.wanted)))

    def _why_update(self, entry: Entry) -> tuple[str, str]:
        pending, words = entry.pending, self.provider.info.steps
        if pending is not None and pending.step:
            what = words.get(pending.step, pending.step)
            reason = f"{what}: sent earlier, outcome not known" if pending.attempts else perhaps_added(what)
            return "update_because_in_doubt", reason
        if pending is not None:
            return "update_because_mutable", "an update is in doubt and is sent again"
        done, left = progress(self.provider, entry)
        progress_text = f"created, {len(done)} of {len(done) + len(left)} steps"
        if what := " and ".join(words.get(step, step) for step in entry.steps_left):
            return "update_because_half_made", f"{progress_text}: {what} are not added yet"
        if entry.swap is not None:
            return "update_because_swap", f"{progress_text}: it stands ready to take over the name"
        return "update_because_mutable", "only fields that can change"

    def _check_swap(self, product: Product, swap: Swap) -> None:
        """Refuse a document that no longer says how the new product gets its name, or wants another one."""
        if not product.lifecycle.replace:
            self._refuse(
                "swap-open",
                f"{product.address}: a new product stands ready to take over the name, and the document no "
                "longer says that it may",
                "put back `lifecycle: {replace: swap}`, or `staged`; the former spec takes that product back",
                ("lifecycle",),
            )
        elif product.lifecycle.replace != STAGED:
            self._refuse_rename(product, swap.takes)

    def _refuse_rename(self, product: Product, taken: Spec) -> None:
        """A new product takes over the name as it is: a rename besides is a change of its own."""
        if any(product.spec.get(name) != value for name, value in taken.items()):
            name = quoted(str(taken.get(self.provider.name_field)))
            self._refuse(
                f"{self.provider.name}-rename",
                f"{product.address}: the new product takes over the name {name}: its document has another",
                f"write {name} back, and rename it in a change of its own, before or after",
                ("spec", self.provider.name_field),
            )

    def _take_name(self, entry: Entry, swap: Swap) -> Change:
        """Finish an exchange of names, whatever the document says by now: until then orders find nothing."""
        before, after = entry.spec or EMPTY, freeze({**(entry.spec or EMPTY), **swap.takes})
        since = edited_since(self.provider, self.pair.product, entry, after)
        fields = tuple(FieldChange(name, before.get(name), value) for name, value in swap.takes.items())
        code, reason = SWAP_EDITED if since else SWAP_OPEN, f"the name is missing until this rename{since}"
        change = self._change(Action.UPDATE, code, reason, fields, risks=())
        return change._replace(after=after, labels=entry.labels, lifecycle=entry.lifecycle)

    def _risks(self, before: Spec | None, after: Spec | None) -> tuple[str, ...]:
        provider, model = self.provider, (after or EMPTY).get(self.provider.model_field)
        return (*provider.risks(before, after), *left_model(provider.known, provider.title, model))

    def _replace(self, product: Product, entry: Entry, names: tuple[str, ...]) -> Change:
        fields = self._fields(product, entry, names)
        orphan, swaps = self.pair.orphan, bool(product.lifecycle.replace) and self.provider.info.swaps
        taken_back = orphan is not None and not self.forced
        if not (self.provider.replaces or swaps or (taken_back and entry.swap is not None)):
            return self._refused_replace(product, entry, names, fields)
        if orphan is not None and taken_back:
            of = self.pair.former(orphan)
            reason = "the replace was reverted" if of is None else f"an orphan of {of} has the same spec"
            return self._change(Action.RESTORE, "restore_because_reverted", reason, fields, taken=orphan)
        if product.lifecycle.prevent_replace:
            self._refuse(
                "prevent-replace",
                f"{product.address} is protected by lifecycle.prevent_replace, "
                f"but {', '.join(names) or '--replace'} would replace it",
                "undo the change, or remove prevent_replace in a change of its own",
                ("lifecycle", "prevent_replace"),
            )
        self._refuse_incomplete(product)
        code = "replace_by_request" if self.forced else CANNOT_UPDATE
        reason = "asked for by --replace" if self.forced else f"{self.provider.title} cannot change it"
        if swaps:
            return self._swap(product, entry, code, reason, fields)
        risks = (
            "the old product stays on sale beside the new one until a person removes it",
            *self._risks(entry.spec, product.spec),
        )
        return self._change(Action.REPLACE, code, reason, fields, risks=risks)

    def _swap(
        self, product: Product, entry: Entry, code: str, reason: str, fields: tuple[FieldChange, ...]
    ) -> Change:
        """Make it under a temporary name; then the two exchange names, or (staged) wait until they may."""
        self.wanted = product.spec  # the name that it is to take, whatever is staged already
        field, provider = self.provider.name_field, self.provider
        held = {field: (entry.spec or EMPTY).get(field)} if entry.swap is None else entry.swap.takes
        self._refuse_rename(product, held)
        self._refuse_unreachable(product, provider.first(product.spec))
        # A product that was staged before and given up may have the name that the same facts would make.
        facts = (provider.canonical(product.spec), entry.created_at, entry.updated_at)
        risks = STAGED_RISKS if product.lifecycle.replace == STAGED else SWAP_RISKS
        return self._change(
            Action.REPLACE,
            code,
            reason,
            fields,
            risks=(*risks, *provider.risks(entry.spec, product.spec)),
            temporary=freeze({field: temporary_name(product, product.spec.get(field), *facts)}),
        )

    def _refuse_incomplete(self, product: Product) -> None:
        if missing := self.provider.missing(product.spec):
            needs = f"a new product needs {', '.join(missing)}, and the document does not say"
            self._refuse("incomplete-spec", f"{product.address}: {needs}", COMPLETE, ("spec",))

    def _refused_replace(
        self, product: Product, entry: Entry, names: tuple[str, ...], fields: tuple[FieldChange, ...]
    ) -> Change:
        fixed = [name for name in names if name not in self.provider.mutable]
        if not self.forced and self._refuse_unreachable(product, entry.spec or EMPTY):
            return self._change(Action.REPLACE, CANNOT_UPDATE, "refused", fields)
        self._refuse(
            f"{self.provider.name}-replace",
            f"{product.address}: {self.provider.title} cannot change {', '.join(fixed) or 'this product'}",
            self.provider.info.replace_remedy,
            ("spec", fixed[0]) if fixed else (),
        )
        return self._change(Action.REPLACE, CANNOT_UPDATE, "refused", fields)

    def _refuse(self, rule: str, summary: str, remedy: str, path: Path = ()) -> None:
        product = self.pair.product
        at = product.at(path) if product is not None and path else (product.declared_at if product else None)
        self.faults.append(Diagnostic("error", rule, summary, at, remedy, self.pair.address))
