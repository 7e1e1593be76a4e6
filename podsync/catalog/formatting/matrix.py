"""Which axes rows of values have: columns that vary together, and texts made of them.

A *partition* numbers the rows so that rows with the same value have the same number. Columns of one partition
belong to one axis. Axes make a matrix if every combination of their classes is one row, except for a few that
are missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import prod
from typing import Any, NamedTuple, TypeAlias

Partition: TypeAlias = tuple[int, ...]
#: More axes, and columns that may be one, are not tried.
_MOST_AXES, _MOST_CANDIDATES = 3, 8
#: So many of a matrix's combinations have to be there.
_LEAST_FULL = 0.75
#: A word, a `${…}`, or any other character.
_TOKEN = re.compile(r"\$*\$\{[^{}\n]*\}?|[^\W_]+|[\W_]")


class Hole(NamedTuple):
    """The place of an axis' piece in a text."""

    axis: int


#: A text over axes: literal parts and holes.
Template: TypeAlias = tuple[str | Hole, ...]


class Composition(NamedTuple):
    """How a column is made of the axes: its template, and by axis with a hole the piece of each class."""

    template: Template
    pieces: Mapping[int, Sequence[str]]

    @property
    def literal(self) -> str:
        """What is the same in all texts."""
        return "".join(part for part in self.template if isinstance(part, str))


def partition(values: Sequence[Any]) -> Partition:
    """Return the partition of a column; classes are numbered in order of appearance."""
    numbers: dict[str, int] = {}
    return tuple(numbers.setdefault(repr(value), len(numbers)) for value in values)


def classes(each: Partition) -> int:
    """Return how many classes a partition has."""
    return max(each) + 1


def depends(column: Partition, axis: Partition) -> bool:
    """Whether a column has one value only in each class of an axis."""
    return classes(partition(tuple(zip(column, axis, strict=True)))) == classes(axis)


def axes_of(columns: Sequence[Partition]) -> Iterator[tuple[Partition, ...]]:
    """Yield what may be the axes, the fullest matrix of the most axes first; one axis of all rows at last."""
    rows = len(columns[0])
    known = sorted(dict.fromkeys(each for each in columns if 1 < classes(each) < rows), key=classes)
    for count in range(_MOST_AXES, 1, -1):
        found = [
            chosen
            for chosen in combinations(known[:_MOST_CANDIDATES], count)
            if classes(partition(tuple(zip(*chosen, strict=True)))) == rows
            and rows >= _LEAST_FULL * prod(map(classes, chosen))
        ]
        yield from sorted(found, key=lambda chosen: prod(map(classes, chosen)))
    yield (tuple(range(rows)),)


def made_of(texts: Sequence[str], axes: Sequence[Partition]) -> Composition | None:
    """Return how texts are made of pieces of the axes; None if that is not certain."""
    rows = [tuple(_TOKEN.findall(text)) for text in texts]
    pieces: dict[int, Sequence[str]] = {}
    for number, axis in enumerate(axes):
        others = [each for at, each in enumerate(axes) if at != number]
        taken = _taken(rows, axis, others, Hole(number))
        if taken is None:
            return None
        rows, found = taken
        if len(set(found)) > 1:
            pieces[number] = found
    if len(set(rows)) != 1:
        return None
    return Composition(_joined(rows[0], pieces), pieces)


_Row: TypeAlias = tuple[str | Hole, ...]


def _taken(
    rows: Sequence[_Row], axis: Partition, others: Sequence[Partition], hole: Hole
) -> tuple[list[_Row], list[str]] | None:
    """Put a hole where rows differ that differ in one axis only; return the piece of each class, too."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for number in range(len(rows)):
        groups.setdefault(tuple(each[number] for each in others), []).append(number)
    found: dict[int, str] = {}
    made: list[_Row] = list(rows)
    if all(rows[number] == rows[group[0]] for group in groups.values() for number in group):
        return made, [""] * classes(axis)
    for group in groups.values():
        if len(group) < 2:
            return None  # the part of this axis is ambiguous
        start, end = _around([rows[number] for number in group])
        for number in group:
            row = rows[number]
            middle = row[start : len(row) - end]
            if any(isinstance(token, Hole) for token in middle) or not middle:
                return None
            piece = "".join(str(token) for token in middle)
            if found.setdefault(axis[number], piece) != piece:
                return None
            made[number] = (*row[:start], hole, *row[len(row) - end :])
    return made, [found[number] for number in range(classes(axis))]


def _around(rows: Sequence[_Row]) -> tuple[int, int]:
    """Return how many tokens all rows begin with, and how many they end with, leaving one in each."""
    shortest = min(map(len, rows)) - 1
    start = end = 0
    while start < shortest and len({row[start] for row in rows}) == 1:
        start += 1
    while end < shortest - start and len({row[len(row) - 1 - end] for row in rows}) == 1:
        end += 1
    return start, end


def _joined(row: _Row, pieces: Mapping[int, Sequence[str]]) -> Template:
    """Join the tokens of a row to texts between its holes."""
    made: list[str | Hole] = []
    for token in row:
        last = made[-1] if made else None
        if isinstance(token, str) and isinstance(last, str):
            made[-1] = last + token
        elif isinstance(token, str) or token.axis in pieces:
            made.append(token)
    return tuple(made)
