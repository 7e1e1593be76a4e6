"""Field changes between two specs.

Equality is decided elsewhere, on `Provider.canonical`; here is only shown what differs. Plain values
are compared directly; deepdiff (slow to import, 1 ms a call) is asked for nested ones alone, and with
lists turned into mappings by their natural key, or an insertion would show as a cascade.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self, TypeAlias

from podsync.model.digests import canonical_json
from podsync.model.frozen import EMPTY, Json, Path, Spec, freeze
from podsync.model.position import Position
from podsync.model.product import Product, seen_ids
from podsync.plan.action import CANNOT_UPDATE, NOT_IN_STATE, SWAP, Action
from podsync.plan.answers import perhaps_added
from podsync.plan.change import WHATEVER, Change, FieldChange, UnknownValue, left_by
from podsync.plan.matching import Pair, last_place
from podsync.providers.knowledge import Provider

if TYPE_CHECKING:
    from podsync.providers.contract import ProductStep
    from podsync.state.entries import Entry, Orphan


def differing_fields(provider: Provider, before: Spec, after: Spec) -> tuple[str, ...]:
    """Return the top-level fields whose canonical values differ, sorted, apart from omitted optional ones."""
    return provider.differing(before, after)


def is_unsure(provider: Provider, entry: Entry, step: ProductStep) -> bool:
    """Whether a step may have been done already, and no person has said that it was not."""
    return entry.may_have_more and bool(differing_fields(provider, entry.lacks, step.body))


def may_be_there(provider: Provider, entry: Entry, wanted: Spec) -> Iterator[str]:
    """Yield what a person should know of steps that are to be done and that others may have done already."""
    words = provider.info.steps
    for step in provider.steps(entry.spec or EMPTY, wanted) if entry.pending is None else ():
        if is_unsure(provider, entry, step):
            why = perhaps_added(words.get(step.name, step.name))
            yield f"{why}: where the listing does not tell, apply asks before it sends any"


def leads_to(provider: Provider, before: Spec, after: Spec, names: Collection[str]) -> bool:
    """Whether updates and steps can give these fields the wanted values, without a new product."""
    fixed = set(differing_fields(provider, before, after)) & set(names) - provider.mutable
    return not fixed or fixed <= {field for step in provider.steps(before, after) for field in step.body}


def is_reached(provider: Provider, entry: Entry, wanted: Spec, names: Collection[str]) -> bool:
    """Whether what exists, or may exist by now, can become what is wanted without being made anew."""
    spec, pending = entry.spec or EMPTY, entry.pending
    perhaps = [spec] if pending is None or not pending.step else [spec, freeze({**spec, **pending.body})]
    return any(leads_to(provider, each, wanted, names) for each in perhaps)


def can_set_back(provider: Provider, entry: Entry, wanted: Spec, names: Collection[str]) -> bool:
    """Whether --replace sends values again: what an update reaches is not made anew under that word.

    A step in doubt is no part of that: it is settled by the update that sent it.
    """
    if provider.replaces:
        return False
    in_doubt = entry.pending is not None and entry.pending.step
    return set(names) <= provider.mutable or (not in_doubt and is_reached(provider, entry, wanted, names))


def one_field(name: str, *specs: Spec) -> tuple[Spec, ...]:
    """Return each spec with this field alone."""
    return tuple({name: spec[name]} if name in spec else {} for spec in specs)


def shown_of(known: Entry | Orphan | None) -> Mapping[str, Json]:
    """Return the ids that people see of what exists."""
    return EMPTY if known is None else seen_ids(known.remote)


def progress(provider: Provider, entry: Entry) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which requests of a product are done, and which are left."""
    spec, first = entry.spec or EMPTY, provider.first(entry.spec or EMPTY)
    added = (step.name for step in provider.steps(first, spec) if step.name not in entry.steps_left)
    return ("create", *added), (*entry.steps_left, *((SWAP,) if entry.swap else ()))


def with_steps(change: Change, provider: Provider, entry: Entry | None) -> Change:
    """Say which requests a product takes, and which are done, where there are several."""
    if change.action in (Action.CREATE, Action.REPLACE) and (made := change.made) is not None:
        first = provider.first(made)
        if first is made and not change.temporary:
            return change
        steps = provider.steps(first, made)
        left = ("create", *(step.name for step in steps), *((SWAP,) if change.temporary else ()))
        return change._replace(steps_left=left) if len(left) > 1 else change
    if change.action is Action.UPDATE and entry is not None and (entry.steps_left or entry.swap):
        done, left = progress(provider, entry)
        return change._replace(steps_done=done, steps_left=left)
    return change


def never_learned(provider: Provider, entry: Entry | Orphan, wanted: Spec) -> frozenset[str]:
    """Return the fields of a wanted spec whose current values the state does not know.

    podsync has not sent them: it adopted the product, and the listing or its document did not have them.
    """
    if entry.origin == "created":
        return frozenset()
    absent = wanted.keys() - (entry.spec or EMPTY).keys()
    return frozenset(absent if entry.origin == "imported" else absent & provider.unlisted)


class Unseen(NamedTuple):
    """A product that may be the wanted one already: of `fields` nobody knows what they are there."""

    product: Entry | Orphan
    fields: tuple[str, ...]


def unseen(
    provider: Provider, entry: Entry | None, orphans: Iterable[Orphan], change: Change
) -> Unseen | None:
    """Return the product for whose unseen fields alone another one would be made; `orphans` are any.

    A look took it as it is listed, and what no listing shows was believed of its document. That one may have
    been deleted since, or replaced, and be back.
    """
    if change.action_reason not in (CANNOT_UPDATE, NOT_IN_STATE):
        return None
    held: list[Entry | Orphan] = [orphan for orphan in orphans if orphan.address == change.address]
    if entry is not None and change.action_reason == CANNOT_UPDATE:
        held.insert(0, entry)
    for known in held:
        before, after = known.spec or EMPTY, change.after or EMPTY
        learned = never_learned(provider, known, after)
        fixed = tuple(name for name in provider.fixed(before, after) if name not in learned)
        if known.id is not None and known.is_unseen(fixed):
            return Unseen(known, fixed)
    return None


def field_changes(
    provider: Provider,
    before: Spec,
    product: Product,
    names: tuple[str, ...],
    unknown: Mapping[str, UnknownValue],
) -> tuple[FieldChange, ...]:
    """Return every change inside the fields `names`; those in `unknown` have no certain old value."""
    changes: list[FieldChange] = []
    for name in names:
        old, new = before.get(name), product.spec.get(name)
        forces = name not in provider.mutable
        if name in unknown:
            changes.append(FieldChange(name, unknown[name], new, forces, product.at(("spec", name))))
            continue
        for path, was, now in _walk(provider, (name,), old, new):
            at = None if now is None else product.at(("spec", *path))
            changes.append(FieldChange(_text(path), was, now, forces, at))
    return tuple(changes)


def edited_since(provider: Provider, product: Product | None, entry: Entry, made: Spec) -> str:
    """Return what to say of a change that ends what was begun for `made`; "" if that is wanted still."""
    if product is None:
        return f"; {left_by(entry.address)}"
    return "; the document was edited since" if differing_fields(provider, made, product.spec) else ""


def sent_again(
    provider: Provider, before: Spec, product: Product, names: Collection[str], kept: Collection[str]
) -> tuple[FieldChange, ...]:
    """Return what --replace sends: the fields `names`, and all that an update sets but for those `kept`."""
    mutable = [name for name in product.spec if name in provider.mutable and name not in kept]
    whatever = dict.fromkeys(mutable, WHATEVER)
    fields = field_changes(provider, before, product, tuple(sorted({*mutable, *names})), whatever)
    return tuple(one._replace(forces_replace=False) for one in fields)


def _walk(provider: Provider, path: Path, old: Json, new: Json) -> Iterator[tuple[Path, Json, Json]]:
    nested = _nested(old) and _nested(new)
    if not nested:
        yield path, old, new
        return
    from deepdiff import DeepDiff

    one, other = _keyed(provider, path, old), _keyed(provider, path, new)
    tree = DeepDiff(one, other, view="tree", threshold_to_diff_deeper=0)
    items = [item for kind in tree.values() for item in kind if item.t1 != item.t2]  # 1 and 1.0 are equal
    if not items:  # the order alone differs
        yield path, old, new
    found = [(tuple(item.path(output_format="list")), item) for item in items]
    for inner, item in sorted(found, key=lambda pair: [str(step) for step in pair[0]]):
        yield (*path, *inner), _shown(item.t1), _shown(item.t2)


def _nested(value: Json) -> bool:
    """Lists of plain values are shown whole; mappings and lists of mappings are looked into."""
    if isinstance(value, tuple):
        return any(isinstance(item, Mapping) for item in value)
    return isinstance(value, Mapping)


def _keyed(provider: Provider, path: Path, value: Json) -> Any:
    """Turn lists of mappings into mappings by natural key, so that an insertion is one change."""
    if isinstance(value, Mapping):
        return _Keyed(value, {key: _keyed(provider, (*path, key), item) for key, item in value.items()})
    if not isinstance(value, tuple):
        return value
    if not _nested(value):
        return _Leaf(value)
    field = provider.natural_key(path)
    keys: list[Any] = [item.get(field) if isinstance(item, Mapping) and field else None for item in value]
    if None in keys or len(set(keys)) < len(keys):
        keys = list(range(len(value)))
    pairs = zip(keys, value, strict=True)
    return _Keyed(value, {key: _keyed(provider, (*path, key), item) for key, item in pairs})


class _Keyed(dict[Any, Any]):
    """What deepdiff looks into, in place of `value`."""

    __slots__ = ("value",)

    def __init__(self, value: Json, items: Mapping[Any, Any]) -> None:
        super().__init__(items)
        self.value = value


class _Leaf(str):
    """A list of plain values as one text, so that deepdiff compares it whole."""

    __slots__ = ("value",)
    value: Json

    def __new__(cls, value: Json) -> Self:
        leaf = super().__new__(cls, canonical_json(value))
        leaf.value = value
        return leaf


def _shown(value: Any) -> Json:
    if isinstance(value, _Leaf | _Keyed):
        return value.value
    return None if type(value).__name__ == "NotPresent" else value


def _text(path: Path) -> str:
    head, *rest = path
    return str(head) + "".join(f".{s}" if isinstance(s, str) and s.isidentifier() else f"[{s}]" for s in rest)


class Inheritance(Protocol):
    """What knows where documents take values from that they do not say themselves."""

    def given(self, file: str, kind: str, path: Path) -> Position | None:
        """Return where the defaults for `file` say the value at `path`, None where they do not."""

    def says(self, product: Product, path: Path) -> bool:
        """Whether the document of a product says the value at `path` itself."""


#: Makes it when it is asked for; None where nobody knows.
Defaults: TypeAlias = Callable[[], Inheritance] | None
#: At most this many values of a change are named.
_MOST_INHERITED = 8


def with_defaults_risk(change: Change, pair: Pair, defaults: Defaults) -> Change:
    """Return the change; where other defaults hold since its file was moved, that is its last risk."""
    product, entry = pair.product, pair.entry
    if defaults is None or product is None or entry is None or (former := last_place(entry)) is None:
        return change
    folder = former.path.rpartition("/")[0]
    if change.action is Action.NOOP or folder == product.declared_at.path.rpartition("/")[0]:
        return change
    inherited, files = defaults(), (former.path, product.declared_at.path)
    found: list[str] = []
    for path in _paths(change, product, entry):
        if not inherited.says(product, path):
            old, new = (inherited.given(file, product.address.kind, path) for file in files)
            if old is not None or new is not None:
                found.append(f"{'.'.join(map(str, path))} ({_place(old)} -> {_place(new)})")
    if not found:
        return change
    if len(found) > _MOST_INHERITED:
        found = [*found[:_MOST_INHERITED], f"{len(found) - _MOST_INHERITED} more"]
    risk = f"moved from {folder}/, other defaults hold: {', '.join(found)}"
    return change._replace(risks=(*change.risks, risk)).knowing(product.spec_hash)


def _paths(change: Change, product: Product, entry: Entry) -> Iterator[Path]:
    """Yield the values that change: those of the spec whole, then labels and protections."""
    yield from (("spec", name) for name in change.changed)
    for word, old, new in (
        ("labels", entry.labels, product.labels),
        ("lifecycle", entry.lifecycle.to_json(), product.lifecycle.to_json()),
    ):
        yield from ((word, name) for name in sorted({*old, *new}) if old.get(name) != new.get(name))


def _place(at: Position | None) -> str:
    return "none" if at is None else f"{at.path}:{at.line}"
