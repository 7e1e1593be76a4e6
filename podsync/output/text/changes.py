"""The changes of a plan: each on its lines, many equal ones put together, or only their counts."""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Hashable, Iterator, Mapping, Sequence
from math import prod

from podsync.model.frozen import EMPTY, Json, Spec
from podsync.output.colours import colour_name
from podsync.output.escape import safe
from podsync.output.layout import INDENT, facts
from podsync.output.product import customers, model_words, name_of, quoted
from podsync.output.style import Style
from podsync.output.text.change import (
    Layout,
    address_columns,
    change_lines,
    header,
    leaves_behind,
    risk_lines,
)
from podsync.output.text.fields import field_lines
from podsync.output.text.plan_head import TOLD, refused_addresses
from podsync.output.wording import counted, number, some, title
from podsync.plan.action import Action
from podsync.plan.change import Change
from podsync.plan.model import Plan
from podsync.providers.registry import roles_of

#: Risky first, then what changes, then what sends nothing, then what is new.
ORDER = (
    Action.SETTLE, Action.REPLACE, Action.ORPHAN, Action.UPDATE, Action.RESTORE, Action.ADOPT,
    Action.MOVE, Action.NOTE, Action.CREATE, Action.NOOP,
)  # fmt: skip


def by_action(plan: Plan) -> Mapping[Action, list[Change]]:
    """Return the changes of each action, the risky ones first."""
    found: dict[Action, list[Change]] = {action: [] for action in ORDER}
    for change in plan.changes:
        found[change.action].append(change)
    return found


def counts(plan: Plan, style: Style, width: int) -> Iterator[str]:
    """Yield one line for each action and kind instead of the changes."""
    layout = Layout(style, width, address_columns([change.address.kind for change in plan.work], width))
    for action, changes in by_action(plan).items():
        if action is not Action.NOOP:
            for kind, count in sorted(Counter(change.address.kind for change in changes).items()):
                yield from header(layout, action, kind, f"{number(count)} to {action.value}", "")


def changes(plan: Plan, style: Style, width: int, *, full: bool) -> Iterator[str]:
    """Yield every change, or groups of equal ones; with `full`, each one, and what does not change too."""
    refused = refused_addresses(plan)
    shown = plan.changes if full else plan.work
    columns = address_columns([str(c.address) for c in shown[: None if full else 400]], width)
    grouped = False
    for action, changes in by_action(plan).items():
        if action is Action.NOOP and not full:
            continue
        shared = shared_risks(changes) if action is Action.CREATE else {}
        layout = Layout(style, width, columns, full, TOLD | shared.keys(), refused, models=plan.models)
        if len(changes) > FOLD_ABOVE and not full:
            grouped |= yield from _folded(changes, layout, _groups)
        elif action is Action.CREATE and len(changes) > BRIEF_ABOVE and not full:
            grouped |= yield from _folded(changes, layout._replace(brief=True), _equal)
        elif len(changes) > BRIEF_ABOVE and not full:
            grouped |= yield from _documents_folded(changes, layout)
        else:
            for change in changes:
                yield from change_lines(change, layout)
        for risk, who in shared.items():
            yield from risk_lines(shared_risk(who, risk), layout)
    if grouped:
        yield style.dim("    (equal ones are put together: --detail full lists each)")


#: More changes than this of one action are folded; and at most about so many groups are shown.
FOLD_ABOVE = 40

#: Above so many new products, their pictures are left to the page, and so many equal ones are a group.
BRIEF_ABOVE = 12
_EQUAL = 4

_Key = Callable[[Change], Hashable]


def _folded(
    changes: Sequence[Change], layout: Layout, group: Callable[[list[Change]], list[list[Change]]]
) -> Generator[str, None, bool]:
    """Yield what documents make in groups, the rest as `group` does. Returns whether any has several."""
    groups: list[list[Change]] = []
    for part in _parted(changes, layout):
        documents, others = by_document(part)
        groups += [*documents, *(group(others) if others else ())]
    return (yield from _shown(groups, layout))


def _equal(changes: Sequence[Change]) -> list[list[Change]]:
    """Group changes that are equal except for name, colour and pictures; a few are left alone."""
    return [
        found
        for group in _by(_fine, changes)
        for found in ([group] if len(group) >= _EQUAL else [[change] for change in group])
    ]


def _documents_folded(changes: Sequence[Change], layout: Layout) -> Generator[str, None, bool]:
    """Group the products of one document; what is refused is shown one by one."""
    allowed = [change for change in changes if change.address not in layout.refused]
    groups, _ = by_document(allowed, least=BRIEF_ABOVE)
    folded = {id(change) for group in groups for change in group}
    groups += [[change] for change in changes if id(change) not in folded]
    return (yield from _shown(groups, layout))


def _parted(changes: Sequence[Change], layout: Layout) -> Iterator[Sequence[Change]]:
    """Yield what is refused, then the others: no group holds both."""
    if not layout.refused:
        yield changes
        return
    for refused in (True, False):
        if part := [change for change in changes if (change.address in layout.refused) is refused]:
            yield part


def by_document(changes: Sequence[Change], least: int = _EQUAL) -> tuple[list[list[Change]], list[Change]]:
    """Return groups of what one document makes and changes alike, and all that belongs to none."""
    if "[" not in "".join([change.address.name for change in changes]):
        return [], list(changes)
    groups = _by(_design, changes)
    large = [group for group in groups if group[0].address.keys and len(group) >= least]
    small = {id(change) for group in large for change in group}
    return large, [change for change in changes if id(change) not in small]


def _design(change: Change) -> Hashable:
    fields = tuple(sorted({one.path for one in change.fields})) if change.fields else ()
    return _by_kind(change), change.address.document, fields


def matrix(group: Sequence[Change]) -> str:
    """Return `3 designs x 12 colours x 8 models` for products of one document; empty for others."""
    if not group[0].address.keys or len({change.address.document for change in group}) > 1:
        return ""
    keys = [change.address.keys for change in group]
    counts = {axis: len({each.get(axis) for each in keys}) for axis in keys[0]}
    sizes = [counted(count, axis) for axis, count in counts.items()]
    return (" x " if prod(counts.values()) == len(group) else ", ").join(sizes)


def _by(key: _Key, changes: Sequence[Change], most: int = sys.maxsize) -> list[list[Change]]:
    """Return the changes grouped by a key; of more than `most` groups only the beginning."""
    found: dict[Hashable, list[Change]] = defaultdict(list)
    for change in changes:
        found[key(change)].append(change)
        if len(found) > most:
            break
    return list(found.values())


def _shown(groups: Sequence[list[Change]], layout: Layout) -> Generator[str, None, bool]:
    patterns = [_pattern(group) for group in groups]
    for group, pattern in zip(groups[:FOLD_ABOVE], patterns, strict=False):
        if len(group) == 1:
            yield from change_lines(group[0], layout)
        else:
            address = group[0].address
            clear = bool(address.keys) or patterns.count(pattern) == 1
            yield from _group_lines(group, pattern if clear else address.kind, layout)
    left = sum(len(group) for group in groups[FOLD_ABOVE:])
    if left:
        yield layout.style.dim(f"    … and {number(left)} more: --detail full lists each")
    together = [change for group in groups if len(group) > 1 for change in group]
    yield from _risks(together, layout)
    return bool(together)


def _groups(changes: Sequence[Change]) -> list[list[Change]]:
    """Fold as little as gives few groups, at worst by kind; each key splits the previous groups."""
    found = _by(_by_kind, changes)
    for key in (_by_folder, _by_model, _fine):
        finer = _by(key, changes, FOLD_ABOVE)
        if len(finer) > FOLD_ABOVE:
            break
        found = finer
    return found


def _by_kind(change: Change) -> Hashable:
    return change.address.kind, change.account


def _by_folder(change: Change) -> Hashable:
    folder = change.source.path.rpartition("/")[0] if change.source else ""
    fields = tuple(sorted({one.path for one in change.fields})) if change.fields else ()
    return _by_kind(change), folder, fields


def _by_model(change: Change) -> Hashable:
    return _by_folder(change), repr(_model(change))


def _fine(change: Change) -> Hashable:
    spec, roles = _spec(change), roles_of(change.provider)
    return _by_model(change), repr(spec.get(roles.artwork)), repr(spec.get(roles.customers))


def _spec(change: Change) -> Spec:
    return change.after or change.before or {}


def _model(change: Change) -> Json:
    return _spec(change).get(roles_of(change.provider).model)


def _pattern(group: Sequence[Change]) -> str:
    """Return what all addresses of a group begin with, up to a whole word."""
    names = [change.address.document for change in group]
    if group[0].address.keys and len(set(names)) == 1:
        return f"{group[0].address.kind}.{names[0]}"
    return f"{group[0].address.kind}.{_common_start(names).rpartition('-')[0]}-*".replace(".-", ".")


def _common_start(texts: Sequence[str]) -> str:
    """Return what all begin with: what the first and the last by alphabet begin with."""
    first, last = min(texts), max(texts)
    length = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:length]


def _group_lines(group: Sequence[Change], pattern: str, layout: Layout) -> Iterator[str]:
    first = group[0]
    word = counted(len(group), first.action.value)
    if first.address in layout.refused:
        word += ": refused"
    yield from header(layout, first.action, pattern, word, _places(group))
    half = (layout.width - len(INDENT) - 3) // 2
    ends = [quoted(name_of(change.provider, _spec(change)), half) for change in (group[0], group[-1])]
    parts = [matrix(group), f"{ends[0]} … {ends[1]}", *in_common(group, layout.models)]
    yield from facts([fact for fact in parts if fact], layout.width, INDENT)
    yield from _example(group, layout)


def _example(group: Sequence[Change], layout: Layout) -> Iterator[str]:
    """Say what changes in the first of a group, and what all of it leaves behind."""
    first, style, width = group[0], layout.style, layout.width
    if first.fields:
        index = first.address.name.removeprefix(first.address.document)
        yield f"{INDENT}{style.dim(f'for example {index or first.address}:')}"
        yield from field_lines(first, style, width, full=False, anew=first.action is Action.REPLACE)
    if leaves_behind(first) and first.address not in layout.refused:
        which = "the old" if first.action is Action.REPLACE else "these"
        yield f"{INDENT}then by hand: remove {which} {number(len(group))} at {title(first.provider)}"


def _places(group: Sequence[Change]) -> str:
    paths = sorted({change.source.path for change in group if change.source})
    if len(paths) <= 1:
        return "".join(safe(path) for path in paths)
    folder = _common_start(paths).rpartition("/")[0]
    return f"{safe(folder) + '/ ' if folder else ''}({counted(len(paths), 'file')})"


def in_common(group: Sequence[Change], names: Mapping[str, str] = EMPTY) -> Iterator[str]:
    """Yield what all have in common, and how many different ones there are of what they have not."""
    products = [(roles_of(change.provider), _spec(change)) for change in group]
    models = _distinct([spec.get(roles.model) for roles, spec in products])
    one = f"model {model_words(models[0], names)}" if len(models) == 1 else ""
    yield one or _some_of(len(models), "model", group)
    colours = Counter(str(spec[roles.colour]) for roles, spec in products if roles.colour in spec)
    if colours:
        colour_names = dict.fromkeys(colour_name(value) or safe(value) for value, _ in colours.most_common())
        yield f"{counted(len(colours), 'colour')} ({some(list(colour_names), 4)})"
    artworks = _distinct([item for roles, spec in products for item in spec.get(roles.artwork) or ()])
    yield counted(len(artworks), "artwork") if artworks else ""
    buyers = _distinct([spec.get(roles.customers) for roles, spec in products])
    if len(buyers) == 1:
        yield next(customers(roles, buyers[0]) for roles, spec in products if roles.customers in spec)
    else:
        yield _some_of(len(buyers), "different set of customers", group)
    changed = Counter(one.path for change in group for one in change.fields)
    yield from (f"{safe(path)} changes in {number(count)}" for path, count in changed.most_common(3))


def _some_of(count: int, word: str, group: Sequence[Change]) -> str:
    """Count what differs; "" if all differ, which says nothing."""
    plural = word.replace("set ", "sets ") if "set " in word else ""
    return counted(count, word, plural) if 0 < count < len(group) else ""


def _distinct(values: Sequence[Json]) -> list[Json]:
    return list({repr(one): one for one in values if one is not None}.values())


def _risks(changes: Sequence[Change], layout: Layout) -> Iterator[str]:
    counts = Counter(risk for change in changes for risk in change.risks if risk not in layout.said)
    whose = {risk: change for change in reversed(changes) for risk in change.risks}
    for risk, count in counts.most_common(10):
        who = f"{number(count)} products" if count > 1 else str(whose[risk].address)
        yield from risk_lines(shared_risk(who, risk), layout)
    if len(counts) > 10:
        yield layout.style.warn(
            f"    ! and {counted(len(counts) - 10, 'other risk')}: --detail full lists each"
        )


def shared_risk(who: str, risk: str) -> str:
    """Put several subjects before a risk that was worded for one: `it opens …` -> `each opens …`."""
    return f"{who}: {re.sub('^it ', 'each ', risk)}"


def shared_risks(changes: Sequence[Change]) -> dict[str, str]:
    """Return the risks that several changes have in common -> whom they concern, to be said once."""
    whose: dict[str, list[str]] = defaultdict(list)
    for change in changes:
        for risk in change.risks:
            whose[risk].append(change.provider)
    return {
        risk: f"{number(len(names))} {' and '.join(map(title, sorted(set(names))))} products"
        for risk, names in whose.items()
        if len(names) > 1
    }
