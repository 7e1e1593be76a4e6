"""Where the values of products come from: a line a value (`podsync render --explain`)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from podsync.model.frozen import Path
from podsync.model.position import Position
from podsync.model.product import Product
from podsync.output.escape import safe
from podsync.output.layout import GAP, pad

_PATH_COLUMNS, _VALUE_COLUMNS = 28, 44


#: A value: its path in the document, what it is, where it was written, and the names and places of what was
#: put into it.
ExplainedValue: TypeAlias = tuple[Path, Any, Position, tuple[tuple[str, Position], ...]]


def explained(products: Iterable[tuple[Product, Iterable[ExplainedValue]]]) -> str:
    """Return the values of each product, in the order of its document."""
    blocks = ["\n".join([str(product.address), *_lines(values)]) for product, values in products]
    return "\n\n".join(blocks) + "\n"


def _lines(values: Iterable[ExplainedValue]) -> Iterator[str]:
    for path, value, written_at, used in values:
        shown = safe(json.dumps(value, ensure_ascii=False))
        first = pad(_dotted(path), _PATH_COLUMNS)
        yield f"  {first}{GAP}{pad(shown, _VALUE_COLUMNS)}{GAP}{_place(written_at)}"
        for name, at in used:
            yield f"  {pad('', _PATH_COLUMNS)}{GAP}  {pad(safe(name), _VALUE_COLUMNS - 2)}{GAP}{_place(at)}"


def _place(at: Position) -> str:
    return f"{safe(at.path)}:{at.line}:{at.column}"


def _dotted(path: Path) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return safe(text.removeprefix("."))
