"""Fits sections of lines into a budget of bytes: the risky ones first, the rest counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from podsync.output.markdown.escape import size
from podsync.output.wording import number

#: What a section costs beside its items and the address of the rest: heading, fold, words, a table's head.
_RESERVE = 500
#: Above this many items, a section begins folded.
FOLD_ABOVE = 12
#: Items of a section that are worth their full form.
_MOST_FULL = 300


@dataclass(frozen=True)
class Section:
    """Items of one heading.

    `short` is the form that items take before they are only counted: of a `risky` section, all of them if
    need be; of another one, those behind the first. `first` are so many items that are shown before the fold.
    """

    title: str
    items: Sequence[Any]
    full: Callable[[Any], str]
    short: Callable[[Any], str] | None = None
    risky: bool = False
    head: str = ""
    notes: tuple[str, ...] = ()
    first: int = 0


def fitted(sections: Sequence[Section], room: int, where: str) -> Iterator[str]:
    """Yield the lines of all sections in at most `room` bytes, line ends included."""
    left = room - (_RESERVE + size(where)) * len(sections)
    for section in sections:
        notes: list[str] = []
        for note in section.notes:
            if size(note) < left // 4:
                notes.append(note)
                left -= size(note) + 1
        full, short = _chosen(section, max(left, 0))
        left -= sum(map(size, full)) + sum(map(size, short)) + 2
        yield from _lines(section, full, short, notes, where)


def _chosen(section: Section, room: int) -> tuple[list[str], list[str]]:
    """Return the items that are shown in full, and those that follow in short."""
    if section.short is None:
        return _taken(map(section.full, section.items), room), []
    if not section.risky:
        return _first_in_full(section, section.short, room)
    short = _taken(map(section.short, section.items), room)
    if len(short) < len(section.items):
        return [], short
    spare = room - sum(map(size, short))
    full: list[str] = []
    for item, brief in zip(section.items[:_MOST_FULL], short, strict=False):
        text = section.full(item)
        spare -= size(text) - size(brief)
        if spare < 0:
            break
        full.append(text)
    return full, short[len(full) :]


def _first_in_full(section: Section, short: Callable[[Any], str], room: int) -> tuple[list[str], list[str]]:
    """Spend two thirds on full items and the rest on short ones; all are full if they fit."""
    full = _taken(map(section.full, section.items), room)
    if len(full) == len(section.items):
        return full, []
    full = _taken(iter(full), room * 2 // 3)
    return full, _taken(map(short, section.items[len(full) :]), room - sum(map(size, full)))


def _taken(texts: Iterator[str], room: int) -> list[str]:
    found: list[str] = []
    for text in texts:
        room -= size(text)
        if room < 0:
            break
        found.append(text)
    return found


def _lines(
    section: Section, full: list[str], short: list[str], notes: list[str], where: str
) -> Iterator[str]:
    folded = len(section.items) > FOLD_ABOVE
    seen = min(section.first, len(full)) if folded else len(full)
    if not folded or seen:
        yield from (f"### {section.title}", "")
    yield from _table(section, full[:seen])
    if folded:
        words = f"{number(len(section.items) - seen)} more" if seen else section.title
        yield from (f"{'<details open>' if section.risky else '<details>'}<summary>{words}</summary>", "")
        yield from _table(section, full[seen:])
    if short:
        yield from ([*short, ""])
    left = len(section.items) - len(full) - len(short)
    if left:
        shown = "more" if full or short else "not shown here"
        yield from (f"… and {number(left)} {shown}: {where}", "")
    if folded:
        yield from ("</details>", "")
    for note in notes:
        yield from (note, "")


def _table(section: Section, rows: list[str]) -> Iterator[str]:
    if rows:
        yield from filter(None, [section.head])
        yield from rows
        yield from [] if rows[-1].endswith("\n") else [""]
