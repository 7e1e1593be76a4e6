"""How a fault can be fixed: in words, and as edits of the file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from podsync.catalog.parsing.document import Document
from podsync.catalog.parsing.scalars import resolve
from podsync.catalog.parsing.source_text import Text
from podsync.model.diagnostic import Edit, Fix
from podsync.model.frozen import Path
from podsync.model.position import Span

_PLAIN = r"[A-Za-z0-9][A-Za-z0-9_./-]*"


class Fixing(NamedTuple):
    """The remedy at the path of a fault. `text` is YAML.

    put: write it as the value; name: write it as the key; add: insert it, some `key: value` lines, into the
    mapping; drop: remove the item or the key; under: move the pair below the key `text` next to it.
    """

    how: Literal["put", "name", "add", "drop", "under"]
    text: str = ""


def quoted(text: str) -> str:
    """Return a text as YAML that no reader takes for anything else."""
    written = json.dumps(text, ensure_ascii=False)
    return written if written.isprintable() else "".join(map(_visible, written))


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"


def flow(value: Any) -> str:
    """Return a value as YAML on one line; texts are unquoted where that is safe."""
    if isinstance(value, str):
        safe = re.fullmatch(_PLAIN, value) and isinstance(resolve(value), str)
        return value if safe else quoted(value)
    if isinstance(value, list):
        return f"[{', '.join(map(flow, value))}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def line_of(key: str, value: Any) -> str:
    """Return `key: value`; a text in quotes unless it is the name of a kind or of a product."""
    if isinstance(value, str) and key not in {"kind", "name"}:
        return f"{key}: {quoted(value)}"
    return f"{key}: {flow(value)}"


def block(data: Mapping[str, Any]) -> str:
    """Return a mapping as `key: value` lines; inner lists and mappings are on one line each."""
    return "\n".join(line_of(key, value) for key, value in data.items())


def edits(document: Document, path: Path, mend: Fixing) -> Fix:
    """Return the edits of a remedy; none if the way the value is written makes them uncertain."""
    return _HOW[mend.how](document, path, mend.text)


def _put(document: Document, path: Path, text: str) -> Fix:
    span = document.places.get(path)
    if span is None:
        return ()
    if span[3] == 1 and span[2] > span[0]:  # a block ends where the next line begins
        last = span[2] - 1
        return (Edit(*span[:2], last, len(document.text.line(last)) + 1, text),)
    if span[:2] != span[2:]:
        return (Edit(*span, text),)
    key = document.keys.get(path)
    if key is None:
        return ()
    line, after = key[2], key[3]
    colon = document.text.line(line).find(":", after - 1)
    return (Edit(line, colon + 2, line, colon + 2, f" {text}"),) if colon >= 0 else ()


def _name(document: Document, path: Path, text: str) -> Fix:
    span = document.keys.get(path)
    return (Edit(*span, text),) if span else ()


def _add(document: Document, path: Path, text: str) -> Fix:
    first = _first_key(document, path)
    if first is None:
        span = document.places.get(path)
        empty = span is not None and document.text.written(span) == "{}"
        return (Edit(*span, "{" + ", ".join(text.split("\n")) + "}"),) if span and empty else ()
    line, column = first
    if _is_flow(document, path):
        return (Edit(line, column, line, column, ", ".join(text.split("\n")) + ", "),)
    indent = " " * (column - 1)
    lines = "".join(f"{each}\n{indent}" for each in text.split("\n"))
    return (Edit(line, column, line, column, lines),)


def _drop(document: Document, path: Path, _text: str) -> Fix:
    span = document.places.get(path)
    key = document.keys.get(path)
    if span is None:
        return ()
    start = key[:2] if key else span[:2]
    if not _is_flow(document, path[:-1]):
        return drop_lines(document.text, start, span[2])
    rest = document.text.line(span[2])[span[3] - 1 :]
    comma = re.match(r"\s*,\s*", rest)
    if comma:
        return (Edit(*start, span[2], span[3] + comma.end(), ""),)
    before = re.search(r",\s*$", document.text.line(start[0])[: start[1] - 1])
    return (Edit(start[0], before.start() + 1, span[2], span[3], ""),) if before else ()


def _under(document: Document, path: Path, text: str) -> Fix:
    span, key = document.places.get(path), document.keys.get(path)
    if span is None or key is None or span[0] != span[2] or _is_flow(document, path[:-1]):
        return ()
    gone = _drop(document, path, "")
    pair = document.text.line(key[0])[key[1] - 1 : span[3] - 1]
    into = _add(document, (*path[:-1], text), pair)
    return (*gone, *into) if gone and into else ()


def drop_lines(text: Text, start: tuple[int, int], end_line: int) -> Fix:
    """Take whole lines out, if what begins at `start` begins its line."""
    line, column = start
    if text.line(line)[: column - 1].strip(" -"):
        return ()
    return (Edit(line, 1, end_line + 1, 1, ""),)


def _first_key(document: Document, path: Path) -> tuple[int, int] | None:
    inside = [span[:2] for key, span in document.keys.items() if key[:-1] == path]
    return min(inside) if inside else None


def _is_flow(document: Document, path: Path) -> bool:
    span: Span | None = document.places.get(path)
    return span is not None and document.text.written(span)[:1] in {"{", "["}


_HOW = {"put": _put, "name": _name, "add": _add, "drop": _drop, "under": _under}
