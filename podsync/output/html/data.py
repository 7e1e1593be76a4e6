"""The data of the page's script: every change, those of one design in one block."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Mapping
from typing import Any

from podsync.model.digests import short_digest
from podsync.model.frozen import EMPTY
from podsync.output.colours import colour_name
from podsync.output.json.text import printable
from podsync.output.product import choice_text
from podsync.output.text.change import anew_name, leaves_behind, removal, word_of
from podsync.output.text.plan_head import OLD_STAYS, STAYS, refused_addresses, renamed
from podsync.output.wording import day, title, visible_id
from podsync.plan.action import Action
from podsync.plan.change import Change, FieldChange, UnknownValue
from podsync.plan.model import Plan
from podsync.providers.registry import roles_of

#: What each group of changes is called, what it means, and the word below its count; in the page's order.
GROUPS: Mapping[Action, tuple[str, str, str]] = {
    Action.SETTLE: (
        "Sent earlier, outcome not known",
        "apply finds out what became of it before anything else",
        "in doubt",
    ),
    Action.REPLACE: ("Replaced by a new product", OLD_STAYS, "replaced"),
    Action.ORPHAN: (
        "Stays on sale until removed by hand",
        f"no document makes it any more: nothing is sent, and it {STAYS}",
        "to remove by hand",
    ),
    Action.UPDATE: ("Changed in place", "only what is marked is sent", "changed"),
    Action.RESTORE: ("Wanted again", "taken back if it is still there, else created", "wanted again"),
    Action.ADOPT: ("Exists there already", "taken over as it is: nothing is sent", "exist already"),
    Action.MOVE: ("Same product, new address", "nothing is sent", "moved"),
    Action.NOTE: ("Only labels or protection differ", "nothing is sent", "noted"),
    Action.CREATE: ("New", "created once; no API can delete what is created", "new"),
}
#: What HTML reads inside a script element; JSON has an escape for each.
_MARKUP = {ord(one): f"\\u{ord(one):04x}" for one in "<>&"}
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False)
#: Hex digits of a digest: nobody makes two cards that share one by trying.
_DIGITS = 32


def page_data(
    plan: Plan,
    *,
    models: Mapping[str, str] = EMPTY,
    code: str = "",
    waiting: Collection[tuple[str | None, ...]] = (),
) -> dict[str, Any]:
    """Return every change that does something, risky ones first.

    `models` maps a model's id to its name. `code` is the address below which the files of the plan can be
    looked at, "" where there is none. `waiting` holds the keys (`Change.key`) of what is on the default
    branch already and is not applied yet.
    """
    refused = refused_addresses(plan)
    order = {action: index for index, action in enumerate(GROUPS)}
    work = sorted(plan.work, key=lambda c: (order[c.action], c.action is Action.UPDATE and not c.risks))
    values = {str(value) for change in work for value in _colours(change)}
    used = {str(model) for change in work for model in _models(change)}
    known = {model: models[model] for model in sorted(used) if model in models}
    records = [_record(change, refused, known, waiting) for change in work]
    _into_blocks(records, [_design(change, one) for change, one in zip(work, records, strict=True)])
    return {
        "hash": plan.hash,
        "code": code,
        "groups": {action.value: words[:2] for action, words in GROUPS.items()},
        "kinds": {c.address.kind: f"{title(c.provider)} · {c.address.kind.replace('_', ' ')}s" for c in work},
        "roles": {c.address.kind: roles_of(c.provider).to_json() for c in work},
        "colours": {value: name for value in sorted(values) if (name := colour_name(value))},
        "models": known,
        "changes": records,
    }


def embedded(data: Mapping[str, Any]) -> Iterator[str]:
    r"""Yield JSON for a script element: one change a line, nothing in it that HTML or a runner obeys."""
    rest = _json({key: value for key, value in data.items() if key != "changes"})
    yield f'{rest[:-1]}, "changes": [\n'
    for index, change in enumerate(data["changes"]):
        yield (",\n" if index else "") + _json(change)
    yield "\n]}"


def _json(value: object) -> str:
    return printable(_JSON.encode(value)).translate(_MARKUP)


def _record(
    change: Change,
    refused: Collection[Any],
    models: Mapping[str, str],
    waiting: Collection[tuple[str | None, ...]],
) -> dict[str, Any]:
    """Return one change, without what is empty; of the old spec only what differs from the new one."""
    spec = change.spec
    old = change.before if change.after is not None and change.before is not None else spec
    shown = {
        "address": str(change.address),
        "provider": title(change.provider),
        "action": change.action.value,
        "word": word_of(change, refused),
        "reason": change.reason,
        "anew": anew_name(change),
        "half": bool(change.steps_done),
        "id": visible_id(change.provider, change.shown) or change.importing or "",
        "made": day(change.made_at) if change.made_at is not None else "",
        "was": str(change.previous_address) if change.previous_address is not None else "",
        "hand": removal(change) if leaves_behind(change) and change.address not in refused else "",
        "refused": change.address in refused,
        "renamed": renamed(change),
        "labels": dict(change.labels),
        "spec": spec,
        "old": {key: value for key, value in old.items() if key not in spec or spec[key] != value},
        "gone": [key for key in spec if key not in old],
        "fields": [_field(field, change) for field in change.fields],
        "risks": list(change.risks),
    }
    record: dict[str, Any] = {key: value for key, value in shown.items() if value or key == "spec"}
    names = [models[model] for model in map(str, _models(change)) if model in models]
    # The place is left out of it: a line that is added above a product makes it no other product.
    record["digest"] = short_digest([record, names] if names else record)[:_DIGITS]
    source = change.source
    if source is not None:
        record |= {"file": source.path, "line": source.line}
    if waiting and tuple(change.key) in waiting:
        record["waiting"] = True
    return record


def _design(change: Change, record: Mapping[str, Any]) -> Hashable:
    """Return what all variants of one document or design share, None for a change without a block."""
    document, many, _ = change.address.name.partition("[")
    spec = change.after if change.after is not None else change.before or {}
    artwork = spec.get(roles_of(change.provider).artwork)
    if not many and not artwork:
        return None
    design = document if many else short_digest(artwork)
    paths = tuple([field.path for field in change.fields])
    return change.address.kind, design, change.action, record["word"], record.get("waiting"), paths


def _into_blocks(records: list[dict[str, Any]], designs: list[Hashable]) -> None:
    """Number the blocks of two or more changes."""
    counts = Counter(designs)
    numbers: dict[Hashable, int] = {}
    for record, design in zip(records, designs, strict=True):
        if design is not None and counts[design] > 1:
            record["block"] = numbers.setdefault(design, len(numbers))


def _field(field: FieldChange, change: Change) -> list[Any]:
    """Return path, old value, new value, and what is to be said: `unknown`, `forces`, both or nothing.

    Without the values, path and words, where the two specs have them: a third of such a record.
    """
    unknown = isinstance(field.before, UnknownValue)
    words = ["unknown", field.before.words] if isinstance(field.before, UnknownValue) else []
    words += ["forces"] * field.forces_replace
    specs = (change.before, change.after)
    if None not in specs and [(spec or {}).get(field.path) for spec in specs] == [field.before, field.after]:
        return [field.path, words]
    roles = roles_of(change.provider)
    before, after = (choice_text(roles, value) or value for value in (field.before, field.after))
    return [field.path, None if unknown else before, after, *words]


def _colours(change: Change) -> Iterator[object]:
    role = roles_of(change.provider).colour
    for spec in (change.before, change.after):
        if spec is not None:
            yield spec.get(role, "")
    for field in change.fields:
        if field.path == role:
            yield from (field.before, field.after)


def _models(change: Change) -> Iterator[object]:
    for spec in (change.before, change.after):
        if spec is not None:
            yield spec.get(roles_of(change.provider).model)
