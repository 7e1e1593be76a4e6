"""A catalog file with its keys in order and even indentation; values and comments are unchanged.

A comment or a blank line belongs to the key below it. A comment indented deeper than the next key ends the
block above. Lines before the first key of a document, up to a blank line, stay on top.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from podsync.catalog.formatting.form import Formatted, ordered, schema_of
from podsync.catalog.formatting.nodes import Node, UnknownLayout, parted, tree
from podsync.catalog.parsing.document import Document, ParsedFile
from podsync.catalog.parsing.yaml_reader import read
from podsync.model.diagnostic import Diagnostic

_STEP = 2
_BOM = b"\xef\xbb\xbf"


def formatted(path: str, raw: bytes) -> Formatted:
    """Return a file in order. Never raises for any content."""
    reading = read(path, raw)
    if reading.diagnostics:
        return Formatted(raw, reading.diagnostics)
    try:
        content = _content(reading)
    except UnknownLayout as unknown:
        return Formatted(raw, (_left(reading, unknown.line),))
    made = (_BOM if raw.startswith(_BOM) else b"") + content.encode()
    if made != raw and not _same(reading, read(path, made)):
        return Formatted(raw, (_left(reading, 1),))
    return Formatted(made, (), tuple(_tables(reading)))


def _tables(reading: ParsedFile) -> Iterator[str]:
    """Yield the names of the tables of `each`, as written."""
    for document in reading.documents:
        axes = document.data.get("each")
        for axis in axes.values() if isinstance(axes, dict) else ():
            name = axis.get("file") if isinstance(axis, dict) else None
            if isinstance(name, str) and name.lower().endswith(".csv"):
                yield name


def _left(reading: ParsedFile, line: int) -> Diagnostic:
    return reading.text.fault(
        "layout",
        reading.text.span_at_line(line, 1),
        "this is written in a form that fmt does not move; the file is left as it is",
        "write each key on a line of its own: key: value",
        severity="warning",
    )


def _same(before: ParsedFile, after: ParsedFile) -> bool:
    """Whether only places have changed: every value and every word of every line is the same."""
    # As text, 1, 1.0 and true differ, and the order of keys does not count.
    data = [json.dumps([one.data for one in each.documents], sort_keys=True) for each in (before, after)]
    lines = [[line.strip(" -\r") for line in each.text.content.split("\n")] for each in (before, after)]
    words = [Counter(filter(None, each)) for each in lines]
    return not after.diagnostics and data[0] == data[1] and words[0] == words[1]


def _content(reading: ParsedFile) -> str:
    lines = reading.text.content.split("\n")
    unended = bool(lines[-1])
    returns = unended and any(line.endswith("\r") for line in lines[:-1])
    if returns:
        lines[-1] += "\r"  # another document may follow it
    made: list[str] = []
    at = 0
    for number, document in enumerate(reading.documents):
        following = reading.documents[number + 1 :]
        end = _separator(lines, following[0]) if following else len(lines)
        writer = _DocumentWriter(lines, document)
        made += writer.document(at, end)
        at = end
    made += lines[at:]
    if unended and made[-1].strip() != lines[-1].strip():
        made.append("")  # the item that is last now had a line end
    elif returns:
        made[-1] = made[-1].removesuffix("\r")
    return "\n".join(made)


def _separator(lines: Sequence[str], document: Document) -> int:
    """Return the line of the last `---` before a document."""
    number = document.start[0] - 1
    while not lines[number].startswith("---"):
        number -= 1
    return number


class _DocumentWriter:
    """Writes one document; its lines are those of the whole file."""

    def __init__(self, lines: Sequence[str], document: Document) -> None:
        self._lines = lines
        self._document = document
        self._about: Mapping[str, Any] = schema_of(document.data)

    def document(self, start: int, end: int) -> list[str]:
        """Return lines `start` to before `end` in form: the document, with the lines before and after it."""
        root = tree(self._document, self._lines)
        if not root.children:
            return list(self._lines[start:end])
        above = list(self._lines[start : root.first])
        kept = _kept_on_top(above)
        root.children[0].lead = above[kept:]
        below = list(self._lines[root.last + 1 : end])
        foot, rest = parted(below, root.column)
        return [*above[:kept], *self._block(root, 0, "", foot), *map(_at_margin, rest)]

    def _block(self, node: Node, column: int, prefix: str, foot: Sequence[str]) -> list[str]:
        """Return a block whose items begin at `column`; the first one follows `prefix`."""
        children = self._in_order(node)
        made: list[str] = []
        last = node.children[-1]
        inner = parted(foot, node.column) if last.children else ([], list(foot))
        last.foot = [*last.foot, *inner[0]]
        for number, child in enumerate(children):
            first = prefix if number == 0 else " " * column
            lead_column = len(prefix) - len(prefix.lstrip(" ")) if number == 0 and prefix else column
            made += _indented(child.lead, lead_column)
            made += self._item(child, column, first) if node.keys == () else self._entry(child, column, first)
        return [*made, *_indented(inner[1], column)]

    def _in_order(self, node: Node) -> list[Node]:
        """Return the items in order; blank lines before the first item stay before the new first one."""
        if not node.keys:
            return node.children
        by_key = dict(zip(node.keys, node.children, strict=True))
        children = [by_key[key] for key in ordered(node.keys, node.path, self._about)]
        first, was = children[0], node.children[0]
        if first is not was:
            blank = next((n for n, line in enumerate(first.lead) if line.strip(" \r")), len(first.lead))
            was.lead = [*first.lead[:blank], *was.lead]
            first.lead = first.lead[blank:]
        return children

    def _entry(self, child: Node, column: int, prefix: str) -> list[str]:
        """Return `key: value`, the key at `column` behind `prefix`."""
        head = prefix + self._lines[child.line][child.indent :]
        if child.children:
            inner = column + _STEP
            return [head, *self._block(child, inner, " " * inner, child.foot)]
        rest = self._lines[child.line + 1 : child.last + 1]
        return [head, *_shifted(rest, column - child.indent), *child.foot]

    def _item(self, child: Node, column: int, prefix: str) -> list[str]:
        """Return `- value`, the dash at `column` behind `prefix`."""
        inner = column + _STEP
        rest = self._lines[child.line][child.indent + 1 :]
        more = self._lines[child.line + 1 : child.last + 1]
        if not rest.strip(" \r") or rest.lstrip(" ").startswith("#"):  # the value begins on a line of its own
            head = prefix + "-" + rest
            if child.children:
                return [head, *self._block(child, inner, " " * inner, child.foot)]
            return [head, *_shifted(more, column - child.indent)]
        if child.children:
            return self._block(child, inner, prefix + "- ", child.foot)
        return [prefix + "- " + rest.lstrip(" "), *_shifted(more, inner - child.column)]


def _kept_on_top(above: Sequence[str]) -> int:
    """Return how many of the lines before the first key are about the whole document."""
    mark = max((number + 1 for number, line in enumerate(above) if line.startswith("---")), default=0)
    words = [bool(line.strip(" \r")) for line in above]
    blanks = [number + 1 for number in range(mark, len(above)) if not words[number]]
    if not blanks:
        return len(above)
    # Blank lines alone belong to the item below them.
    return blanks[-1] if any(words[mark : blanks[-1]]) else mark


def _indented(lines: Sequence[str], column: int) -> list[str]:
    """Return lines of comments at a column; blank lines stay blank."""
    return [" " * column + line.lstrip(" ") if line.strip(" \r") else line for line in lines]


def _at_margin(line: str) -> str:
    """Return a line below a document; a comment moves to the margin, like the document."""
    bare = line.lstrip(" ")
    return bare if bare.startswith("#") else line


def _shifted(lines: Sequence[str], by: int) -> list[str]:
    """Return the further lines of a value, moved; empty ones stay empty."""
    if by >= 0:
        return [" " * by + line if line.rstrip("\r") else line for line in lines]
    return [line[min(-by, len(line) - len(line.lstrip(" "))) :] for line in lines]
