"""What a product is, in the words of a person who sells it: name, model, colour, pictures, customers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from podsync.model import Json, Spec, canonical_json
from podsync.views.colours import colour_name
from podsync.views.escape import safe
from podsync.views.page import GAP, INDENT, cells, facts, pad, short_url, shorten
from podsync.views.style import PLAIN, Style
from podsync.views.wording import counted, some

#: How many customers, options and the like are named before the rest is counted.
_NAMED = 5


def text_of(value: Json) -> str:
    """Return any value of a spec as one safe line."""
    if isinstance(value, str):
        return safe(value)
    return safe(canonical_json(value))


def name_of(spec: Spec) -> str:
    """Return the product's name, not yet escaped."""
    return str(spec.get("enName") or spec.get("name") or "")


def quoted(text: str, columns: int | None = None) -> str:
    """Return escaped text in quotes, its middle cut out if it is longer than `columns`."""
    return f'"{shorten(safe(text), None if columns is None else max(columns - 2, 12))}"'


def with_colour(value: str) -> str:
    """Return `#A72525 (brown-red)`."""
    name = colour_name(value)
    return f"{safe(value)} ({name})" if name else safe(value)


def customers(ids: Json, style: Style = PLAIN) -> str:
    """Return `for customer-123, customer-456`; every customer is said in capitals."""
    if not isinstance(ids, Sequence) or isinstance(ids, str):
        return ""
    if "*" in ids:
        return f"for {style.bold('EVERY customer')}"
    return f"for {some([safe(str(one)) for one in ids], _NAMED)}" if ids else "for no customer"


def _items(value: Json) -> list[Mapping[str, Json]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, tuple | list) else []


def product_facts(spec: Spec) -> Iterator[str]:
    """Yield what tells this product from others, shortest first; nothing for a spec of unknown form."""
    model = spec.get("modelId", spec.get("productModelId"))
    if model is not None:
        yield f"model {text_of(model)}"
    colour = spec.get("colorValue")
    if isinstance(colour, str):
        yield f"colour {with_colour(colour)}"
    if "materialImages" in spec:
        yield counted(len(_items(spec["materialImages"])), "artwork")
    options = [safe(str(option.get("name", ""))) for option in _items(spec.get("variantOptions"))]
    if options:
        yield f"{'option' if len(options) == 1 else 'options'} {some(options, _NAMED)}"
    parts = _items(spec.get("partQuantities"))
    if parts:
        yield "parts " + some([_part(part) for part in parts], _NAMED)


def _part(part: Mapping[str, Json]) -> str:
    return f"{text_of(part.get('quantity', '?'))} × {text_of(part.get('partModelId', '?'))}"


def product_lines(spec: Spec, style: Style, width: int, *, pictures: bool = True) -> Iterator[str]:
    """Describe a product in two to four lines below its address."""
    name = quoted(name_of(spec), width - len(INDENT)) if name_of(spec) else ""
    known = [shorten(fact, width - len(INDENT)) for fact in product_facts(spec)]
    if "customerIds" in spec:
        who = customers(spec["customerIds"], style)
        together = cells(name) + 1 + cells(who) <= width - len(INDENT)
        yield from facts([f"{name} {who}", *known] if together else [name, who, *known], width, INDENT)
    else:
        if name:
            yield INDENT + name
        if known:
            yield from facts(known, width, INDENT)
    for label, field in (("front", "imageUrl"), ("back ", "backImageUrl")):
        url = spec.get(field)
        if pictures and isinstance(url, str) and url:
            yield f"{INDENT}{label} {short_url(safe(url), width - len(INDENT) - 6)}"
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
