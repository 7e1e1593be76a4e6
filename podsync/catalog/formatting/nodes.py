"""A document as a tree of nodes over its lines, by indentation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from podsync.catalog.parsing.document import Document
from podsync.model.frozen import Path


class UnknownLayout(Exception):  # noqa: N818 (never leaves this package)
    """A document is written in a form whose lines cannot be moved; `line` counts from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


@dataclass
class Node:
    """A value over lines `first` to `last` (from 0, both inside), beginning at `column` (from 0).

    `children` are those of a block mapping (`keys` beside them) or of a block sequence; a value of any other
    form has none and is one piece. A child begins on `line` at `indent`, with its key or its dash; `lead` are
    the lines of comments and blanks before it, `foot` those that end its block.
    """

    path: Path
    first: int
    last: int
    column: int
    children: list[Node] = field(default_factory=list)
    keys: tuple[str, ...] = ()
    line: int = 0
    indent: int = 0
    lead: list[str] = field(default_factory=list)
    foot: list[str] = field(default_factory=list)


def tree(document: Document, lines: Sequence[str]) -> Node:
    """Return the nodes of a document; raises UnknownLayout."""
    return _Builder(document, lines).node((), document.data)


class _Builder:
    def __init__(self, document: Document, lines: Sequence[str]) -> None:
        self._places = document.places
        self._keys = document.keys
        self._lines = lines

    def node(self, path: Path, value: Any) -> Node:
        line, column, end, end_column = self._places[path]
        first, start = line - 1, column - 1
        sign = self._lines[first][start : start + 1]
        if isinstance(value, dict) and value and sign != "{":
            return self._mapping(path, value)
        if isinstance(value, list) and value and sign != "[":
            return self._sequence(path, value, first, start)
        last = end - 1 if end_column > 1 or end == line else end - 2
        if sign in ("|", ">") and "+" not in self._lines[first][start : start + 3]:
            while last > first and not self._lines[last].rstrip("\r"):
                last -= 1  # of no meaning there, and wanted between two keys
        return Node(path, first, last, start)

    def _mapping(self, path: Path, value: dict[str, Any]) -> Node:
        children = []
        for number, (key, item) in enumerate(value.items()):
            inner = (*path, key)
            line, column = self._keys[inner][:2]
            child = replace(self.node(inner, item), line=line - 1, indent=column - 1)
            children.append(child)
            before = self._lines[child.line][: child.indent]
            plain = not before.strip(" ") or (number == 0 and not before.strip(" -"))
            if child.indent != children[0].indent or not plain:
                raise UnknownLayout(line)
        first = children[0]
        return self._with_leads(Node(path, first.line, 0, first.indent, children, tuple(value)))

    def _sequence(self, path: Path, value: list[Any], first: int, column: int) -> Node:
        children: list[Node] = []
        for number, item in enumerate(value):
            node = self.node((*path, number), item)
            dash = first if number == 0 else self._dash(children[-1].last + 1, column, node.first)
            children.append(replace(node, line=dash, indent=column, last=max(node.last, dash)))
        if self._lines[first][column : column + 1] != "-":
            raise UnknownLayout(first + 1)
        return self._with_leads(Node(path, first, 0, column, children))

    def _dash(self, start: int, column: int, end: int) -> int:
        for number in range(start, end + 1):
            if self._lines[number].startswith(" " * column + "-"):
                return number
        raise UnknownLayout(end + 1)

    def _with_leads(self, node: Node) -> Node:
        """Give the lines between two children to the one before (if indented deeper) or to the one after."""
        for before, child in pairwise(node.children):
            between = list(self._lines[before.last + 1 : child.line])
            if child.line <= before.last:
                raise UnknownLayout(child.line + 1)
            before.foot, child.lead = parted(between, node.column) if before.children else ([], between)
        for child in node.children:
            if child.children:
                inner = child.children[0]
                inner.lead = list(self._lines[child.line + 1 : inner.line])
        node.last = node.children[-1].last
        return node


def parted(lines: Sequence[str], column: int) -> tuple[list[str], list[str]]:
    """Split lines of comments and blanks: those indented deeper than `column`, and the rest."""
    end = 0
    for number, line in enumerate(lines):
        bare = line.lstrip(" ")
        if bare.rstrip("\r"):
            if len(line) - len(bare) <= column:
                break
            end = number + 1
    return list(lines[:end]), list(lines[end:])
