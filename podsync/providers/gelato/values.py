"""The values of a customer product's options: what a buyer can choose. Pure.

Facts: Gelato Connect's page "Add Variant Option Values". A create takes no values: a second request adds
them to the product that exists, `POST …/customer-products/{id}/variant-values`. Nothing reads, changes or
removes them; what a repetition does is not documented. The listing may show them as texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from podsync.model.diagnostic import Rule, SpecFault
from podsync.model.digests import canonical_json
from podsync.model.frozen import FrozenDict, Json, Spec, freeze
from podsync.providers.normalise import text

if TYPE_CHECKING:
    from podsync.providers.contract import Shown

OPTIONS = "variantOptions"
_Option: TypeAlias = Mapping[str, Any]
#: The id of an attribute's value, as the page "Add Attribute Values" has it.
_ID = r"[a-z0-9_.-]+"


RULES = (
    Rule(
        "values-fixed", "error", "Values that exist would have to go or to change",
        "Gelato Connect's API can only add values. Undo the change, or let a new product take over the name.",
    ),
    Rule(
        "incomplete-value", "error", "A new value does not say what it stands for",
        "`attributeValues` may be left out of a value that exists; a new one is sent with them.",
    ),
    Rule(
        "two-defaults", "error", "Two values of one option are the default",
        "Buyers begin with one value: keep `isDefault` at one of them.",
    ),
    Rule(
        "unmapped-part", "error", "A value speaks of a part that its option does not map",
        "The parts of `attributeValues` are those of the option's `attributesMapping`.",
    ),
    Rule(
        "unmapped-attribute", "error", "A value sets an attribute that its option does not map",
        "The attributes of `attributeValues` are those of the option's `attributesMapping`.",
    ),
    Rule(
        "attribute-value", "error", "An attribute's value has characters that its id cannot have",
        "It is part of what orders say: small letters, digits, `_`, `.` and `-` only.",
    ),
)  # fmt: skip


class Differs(StrEnum):
    """How a value of a document and those of a listing differ."""

    MISSING = "missing"
    EXTRA = "extra"
    DEFAULT = "default"


class ValueDifference(NamedTuple):
    """One value that a listing tells otherwise: not there, there only, or another default."""

    option: str
    value: str
    how: Differs


def without(spec: Spec) -> Spec:
    """Return the spec that a create sends: its options have no values."""
    options = spec.get(OPTIONS) or ()
    for option in options:
        if "values" in option:
            return FrozenDict({**spec, OPTIONS: tuple(map(_defined, options))})
    return spec


def _defined(option: _Option) -> FrozenDict:
    return FrozenDict({key: item for key, item in option.items() if key != "values"})


def canonical(option: _Option) -> Json:
    """Return the comparable form of an option's values: by value, parts in no order."""
    return freeze(sorted(map(_canonical, option.get("values") or ()), key=lambda each: each["value"]))


def _canonical(value: Mapping[str, Any]) -> dict[str, Any]:
    parts = [
        {"partModelId": text(part.get("partModelId")), "attributes": part.get("attributes") or {}}
        for part in value.get("attributeValues") or ()
    ]
    default = {"isDefault": True} if value.get("isDefault") else {}
    parts_json = {"attributeValues": sorted(parts, key=canonical_json)} if parts else {}
    return {"value": text(value.get("value")), **default, **parts_json}


# -- what a second request adds


def _by_id(options: Sequence[_Option]) -> dict[str, _Option]:
    return {text(option.get("id")): option for option in options or ()}


def _by_value(option: _Option | None) -> dict[str, Mapping[str, Any]]:
    return {text(value["value"]): value for value in (option or {}).get("values") or ()}


def _default(option: _Option | None) -> str | None:
    return next((name for name, value in _by_value(option).items() if value.get("isDefault")), None)


def completed(spec: Spec, by: Spec) -> Spec:
    """Return the spec with what `by` tells of the same values, where it leaves that out.

    A value that exists needs no `attributeValues`: no listing tells them, so nobody need know them again.
    """
    others = _by_id(by.get(OPTIONS) or ())
    options = tuple(_completed(each, others.get(text(each.get("id")))) for each in spec.get(OPTIONS) or ())
    return FrozenDict({**spec, OPTIONS: options}) if options and options != spec[OPTIONS] else spec


def _completed(option: _Option, by: _Option | None) -> _Option:
    known = _by_value(by)
    values = tuple(
        FrozenDict({**value, "attributeValues": there["attributeValues"]})
        if "attributeValues" not in value
        and "attributeValues" in (there := known.get(text(value["value"]), FrozenDict()))
        else value
        for value in option.get("values") or ()
    )
    return FrozenDict({**option, "values": values}) if values else option


def grown(before: Spec, after: Spec) -> Spec | None:
    """Return the options once the new values of `after` were added; None where adding leads nowhere.

    `faults` says what cannot be reached by adding.
    """
    after = completed(after, before)
    there = _by_id(before.get(OPTIONS) or ())
    new = any(
        _by_value(option).keys() - _by_value(there.get(text(option["id"]))).keys()
        for option in after.get(OPTIONS) or ()
    )
    return FrozenDict({OPTIONS: after[OPTIONS]}) if new and not any(faults(before, after)) else None


def faults(before: Spec, after: Spec) -> Iterator[SpecFault]:
    """Yield what adding values cannot do: fewer, others, another default, one of which too little is said."""
    there = _by_id(before.get(OPTIONS) or ())
    for index, option in enumerate(completed(after, before).get(OPTIONS) or ()):
        old, new = _by_value(there.get(text(option["id"]))), _by_value(option)
        named = f"option {text(option['id'])!r}"
        for name in sorted(old.keys() - new.keys()):
            yield _fixed((OPTIONS, index), f"the value {name!r} of {named} cannot be taken away")
        default = _default(there.get(text(option["id"])))
        if default is not None and default in new and _default(option) != default:
            yield _fixed((OPTIONS, index), f"{default!r} stays the default of {named}")
        for place, name in enumerate(new):
            path = (OPTIONS, index, "values", place)
            if name not in old and "attributeValues" not in new[name]:
                why = "it is left out only of a value that exists: say what this one stands for"
                yield SpecFault("incomplete-value", path, f"{name!r} of {named} has no attributeValues", why)
            elif name in old and not _alike(old[name], new[name]):
                yield _fixed(path, f"the value {name!r} of {named} cannot be changed")


def _alike(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether two of one name stand for the same, as far as both say it."""
    one, other = _canonical(old).get("attributeValues"), _canonical(new).get("attributeValues")
    return one is None or other is None or bool(freeze(one) == freeze(other))


def _fixed(path: tuple[str | int, ...], summary: str) -> SpecFault:
    remedy = (
        "Gelato Connect's API can only add values: undo the change here, or let a new product take over the "
        "name: `lifecycle: {replace: swap}`"
    )
    return SpecFault("values-fixed", path, summary, remedy)


def sent(before: Spec, body: Spec) -> Json:
    """Return what the second request sends: of each option the values that are new, as they were written."""
    there = _by_id(before.get(OPTIONS) or ())
    items = []
    for option in body.get(OPTIONS) or ():
        known = _by_value(there.get(text(option["id"])))
        new = tuple(v for v in option.get("values") or () if text(v["value"]) not in known)
        if new:
            items.append(FrozenDict({"variantOptionId": option["id"], "values": new}))
    return tuple(items)


def described(before: Spec, body: Spec) -> tuple[str, ...]:
    """Return what the second request adds, for people: `size: 30x40, 50x70`."""
    names = {text(option["id"]): text(option.get("name")) for option in body.get(OPTIONS) or ()}
    return tuple(
        f"{names[key] or key}: {', '.join(text(value['value']) for value in item['values'])}"
        for item in sent(before, body)
        if (key := text(item["variantOptionId"]))
    )


# -- what a listing tells


def listed(option: _Option) -> tuple[str, ...] | None:
    """Return the values that a listed option has, None where the listing does not tell them."""
    shown_values = option.get("values")
    if not isinstance(shown_values, tuple | list):
        return None
    names = [each.get("value") if isinstance(each, Mapping) else each for each in shown_values]
    return tuple(map(text, names)) if all(isinstance(name, str) for name in names) else None


def shown(before: Spec, body: Spec, fields: Spec) -> Shown | None:
    """Return which of the values that a request adds a listed product has, None where it does not say.

    A value that is nobody's here may be one of ours under another spelling: then no absence is sure.
    """
    from podsync.providers.contract import Shown

    there, rows = _by_id(before.get(OPTIONS) or ()), _by_id(fields.get(OPTIONS) or ())
    options, sure = [], True
    for option in body.get(OPTIONS) or ():
        key = text(option["id"])
        known, wanted = _by_value(there.get(key)), _by_value(option)
        shown_values = listed(rows.get(key, FrozenDict()))
        if wanted.keys() - known.keys() and shown_values is None:
            return None
        names = known.keys() | set(shown_values or ())
        sure = sure and names <= wanted.keys() and len(set(shown_values or ())) == len(shown_values or ())
        kept = tuple(value for name, value in wanted.items() if name in names)
        options.append(FrozenDict({**_defined(option), **({"values": kept} if kept else {})}))
    return Shown(FrozenDict({OPTIONS: tuple(options)}), sure)


def said_to_exist(spec: Spec, fields: Spec) -> Spec:
    """Return the options with the values that are listed, and those that no document could have sent.

    An empty list may be how a listing leaves values out.
    """
    rows, options = _by_id(fields.get(OPTIONS) or ()), []
    for option in spec.get(OPTIONS) or ():
        shown_values = listed(rows.get(text(option["id"]), FrozenDict()))
        values = option.get("values") or ()
        kept = tuple(
            v
            for v in values
            if (text(v["value"]) in shown_values if shown_values else "attributeValues" not in v)
        )
        options.append(FrozenDict({**_defined(option), **({"values": kept} if kept else {})}))
    return FrozenDict({OPTIONS: tuple(options)}) if options else FrozenDict()


def differences(spec: Spec, fields: Spec) -> tuple[ValueDifference, ...]:
    """Compare the values of a spec with those of a listed product, by option and value.

    An option of which either side tells nothing, or that the listing does not have, differs in no value. An
    empty list may be how a listing leaves values out.
    """
    found, rows = [], _by_id(fields.get(OPTIONS) or ())
    for option in spec.get(OPTIONS) or ():
        key = text(option.get("id"))
        row = rows.get(key)
        shown_values = None if row is None else listed(row)
        wanted = _by_value(option)
        if not shown_values or row is None or "values" not in option:
            continue
        found += [ValueDifference(key, name, Differs.MISSING) for name in wanted if name not in shown_values]
        found += [ValueDifference(key, name, Differs.EXTRA) for name in shown_values if name not in wanted]
        default, shows = _default(option), text(row.get("defaultValue"))
        if default in shown_values and shows and shows != default:
            found.append(ValueDifference(key, shows, Differs.DEFAULT))
    return tuple(found)


def agree(spec: Spec, fields: Spec) -> bool:
    """Whether a listed product may be that of the spec: it may lack values, since they are added later."""
    return all(each.how is Differs.MISSING for each in differences(spec, fields))


# -- offline rules


def check(spec: Spec) -> Iterator[SpecFault]:
    """Yield what a schema cannot say: a value twice, two defaults, what the option does not map, ids."""
    for index, option in enumerate(spec.get(OPTIONS) or ()):
        values = option.get("values")
        if not values:
            continue
        path = (OPTIONS, index, "values")
        yield from _repeated(path, "value", values, "value", "a value stands once in its option")
        defaults = [place for place, value in enumerate(values) if value.get("isDefault")]
        for place in defaults[1:]:
            summary = f"{values[place]['value']!r} is a second default"
            yield SpecFault(
                "two-defaults", (*path, place, "isDefault"), summary, "one value is what buyers begin with"
            )
        mapped = {
            text(each["partModelId"]): frozenset(map(text, each["attributeIds"]))
            for each in option["attributesMapping"]
        }
        for place, value in enumerate(values):
            yield from _check_parts(
                (*path, place, "attributeValues"), value.get("attributeValues") or (), mapped
            )


def _check_parts(
    path: tuple[str | int, ...], parts: Sequence[Mapping[str, Any]], mapped: Mapping[str, frozenset[str]]
) -> Iterator[SpecFault]:
    yield from _repeated(path, "partModelId", parts, "the part", "say all attributes of a part in one place")
    for place, part in enumerate(parts):
        name = text(part["partModelId"])
        if name not in mapped:
            summary, those = f"the option maps no part {name!r}", ", ".join(sorted(mapped))
            yield SpecFault("unmapped-part", (*path, place, "partModelId"), summary, f"it maps: {those}")
            continue
        for attribute, identity in part["attributes"].items():
            at = (*path, place, "attributes", attribute)
            if text(attribute) not in mapped[name]:
                summary, those = (
                    f"the option maps no {attribute!r} of {name!r}",
                    ", ".join(sorted(mapped[name])),
                )
                yield SpecFault("unmapped-attribute", at, summary, f"it maps: {those}")
            elif not re.fullmatch(_ID, identity):
                why = "it is the id of an attribute's value: small letters, digits, `_`, `.` and `-` only"
                yield SpecFault("attribute-value", at, f"{identity!r} is no id of a value", why)


def _repeated(
    path: tuple[str | int, ...], key: str, items: Sequence[Mapping[str, Any]], what: str, detail: str
) -> Iterator[SpecFault]:
    seen: set[str] = set()
    for place, item in enumerate(items):
        name = text(item[key])
        if name in seen:
            yield SpecFault("repeated-id", (*path, place, key), f"{what} {name!r} stands twice", detail)
        seen.add(name)
