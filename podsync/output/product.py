"""What a product is, in the words of a person who sells it: name, model, colour, pictures, customers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from podsync.model.digests import canonical_json
from podsync.model.frozen import EMPTY, Json, Spec
from podsync.output.colours import colour_name
from podsync.output.escape import safe
from podsync.output.layout import GAP, INDENT, cells, facts, pad, short_url, shorten
from podsync.output.style import PLAIN, Style
from podsync.output.wording import counted, some
from podsync.providers.descriptor import FieldRoles
from podsync.providers.registry import roles_of

#: How many customers, options and the like are named before the rest is counted.
_NAMED = 5


def text_of(value: Json) -> str:
    """Return any value of a spec as one safe line."""
    if isinstance(value, str):
        return safe(value)
    return safe(canonical_json(value))


def name_of(provider: str, spec: Spec) -> str:
    """Return the product's name, not yet escaped."""
    return roles_of(provider).name_of(spec)


def quoted(text: str, columns: int | None = None) -> str:
    """Return escaped text in quotes, its middle cut out if it is longer than `columns`."""
    return f'"{shorten(safe(text), None if columns is None else max(columns - 2, 12))}"'


def with_colour(value: str) -> str:
    """Return `#A72525 (brown-red)`."""
    name = colour_name(value)
    return f"{safe(value)} ({name})" if name else safe(value)


def customers(roles: FieldRoles, ids: Json, style: Style = PLAIN) -> str:
    """Return `for customer-123, customer-456`; every customer is said in capitals."""
    if not isinstance(ids, Sequence) or isinstance(ids, str):
        return ""
    if roles.everybody and roles.everybody in ids:
        return f"for {style.bold('EVERY customer')}"
    return f"for {some([safe(str(one)) for one in ids], _NAMED)}" if ids else "for no customer"


def _items(value: Json) -> list[Mapping[str, Json]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, tuple | list) else []


def model_words(model: Json, models: Mapping[str, str]) -> str:
    """Return `37 Raglan Tee`, the id alone where its name is not known; `models` maps ids to names."""
    name = models.get(str(model), "")
    return f"{text_of(model)} {safe(name)}" if name else text_of(model)


def product_facts(roles: FieldRoles, spec: Spec, models: Mapping[str, str] = EMPTY) -> Iterator[str]:
    """Yield what tells this product from others, shortest first; nothing for a spec of unknown form."""
    if (model := spec.get(roles.model)) is not None:
        yield f"model {model_words(model, models)}"
    if isinstance(colour := spec.get(roles.colour), str):
        yield f"colour {with_colour(colour)}"
    if roles.artwork in spec:
        yield counted(len(_items(spec[roles.artwork])), "artwork")
    options = [_option(roles, option) for option in _items(spec.get(roles.options))]
    if options:
        yield f"{'option' if len(options) == 1 else 'options'} {some(options, _NAMED)}"
    parts = [
        (part.get(roles.part_count, "?"), part.get(roles.part_name, "?"))
        for part in _items(spec.get(roles.parts))
    ]
    if parts:
        yield "parts " + some([f"{text_of(count)} × {text_of(name)}" for count, name in parts], _NAMED)


def _option(roles: FieldRoles, option: Mapping[str, Json]) -> str:
    """Return an option's name, with what can be chosen where the document says it."""
    name = safe(str(option.get(roles.option_name, "")))
    choices = [safe(str(each.get(roles.choice, ""))) for each in _items(option.get(roles.option_choices))]
    return f"{name} ({some(choices, _NAMED)})" if choices else name


def choice_text(roles: FieldRoles, value: Json) -> str | None:
    """Return a value that a buyer can choose, and what it stands for, not escaped; None for anything else."""
    if not (roles.choice and isinstance(value, Mapping) and roles.choice in value):
        return None
    parts = [
        f"{part.get(roles.option_part, '')} "
        + ", ".join(f"{key} {details}" for key, details in (part.get(roles.choice_attributes) or {}).items())
        for part in _items(value.get(roles.choice_parts))
    ]
    default = ["default"] if value.get(roles.choice_default) else []
    details = "; ".join([*default, *parts])
    return f"{value[roles.choice]} ({details})" if details else str(value[roles.choice])


def product_lines(
    roles: FieldRoles,
    spec: Spec,
    style: Style,
    width: int,
    *,
    pictures: bool = True,
    models: Mapping[str, str] = EMPTY,
) -> Iterator[str]:
    """Describe a product in two to four lines below its address."""
    name = quoted(roles.name_of(spec), width - len(INDENT)) if roles.name_of(spec) else ""
    known = [shorten(fact, width - len(INDENT)) for fact in product_facts(roles, spec, models)]
    if roles.customers in spec:
        who = customers(roles, spec[roles.customers], style)
        together = cells(name) + 1 + cells(who) <= width - len(INDENT)
        yield from facts([f"{name} {who}", *known] if together else [name, who, *known], width, INDENT)
    else:
        if name:
            yield INDENT + name
        if known:
            yield from facts(known, width, INDENT)
    for label, field in roles.pictures:
        url = spec.get(field)
        if pictures and isinstance(url, str) and url:
            yield f"{INDENT}{label:<5} {short_url(safe(url), width - len(INDENT) - 6)}"
    if not name and not known:
        yield from facts(
            [f"{safe(key)} {text_of(value)}" for key, value in sorted(spec.items())], width, INDENT
        )


def whole_product(spec: Spec) -> Iterator[str]:
    """Yield every value that is sent, however long."""
    leaves = [(safe(path), text_of(value)) for path, value in _leaves("", spec)]
    widest = max((cells(path) for path, _ in leaves), default=0)
    for path, text in leaves:
        yield f"{INDENT}{pad(path, widest)}{GAP}{text}"


def _leaves(path: str, value: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(value, Mapping) and value:
        for key in value:
            yield from _leaves(f"{path}.{key}" if path else str(key), value[key])
    elif isinstance(value, tuple | list) and any(isinstance(item, Mapping | tuple | list) for item in value):
        for index, item in enumerate(value):
            yield from _leaves(f"{path}[{index}]", item)
    elif isinstance(value, tuple | list):
        yield path, ", ".join(item if isinstance(item, str) else canonical_json(item) for item in value)
    else:
        yield path, value
