"""Checking a fix before it is proposed: it is applied, and the document is read again.

A fix that leaves its fault or adds another is not proposed. If the next fault has a fix of its own, both
become one fix; if not, its detail becomes the help.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from os.path import commonprefix
from typing import TypeAlias

from podsync.catalog.parsing.source_text import Text
from podsync.model.diagnostic import Diagnostic, Edit, Fix, mended

#: Returns all faults of a file's content, their fixes unchecked.
Check: TypeAlias = Callable[[str], Sequence[Diagnostic]]
#: At most this many fixes are checked in one file; the others are not proposed.
_MOST = 60
#: Faults of one value that lie behind one another: it has to be quoted, then it is no list, ...
_DEPTH = 3
_MOST_CHARACTERS = 200_000
_SEPARATOR = re.compile(r"---(?:\s|$)")
_MOVING = re.compile(r"\bline \d+|\d+:\d+")


def proved(text: Text, found: Sequence[Diagnostic], check: Check) -> list[Diagnostic]:
    """Return the faults with checked fixes; faults of other files lose theirs."""
    proof = _Proof(text, check)
    return [
        proof.of(each) if each.fix and each.path == text.path and number < _MOST else each._replace(fix=())
        for number, each in enumerate(found)
    ]


class _Proof:
    """Checks fixes by reading the document of a fault before and after them."""

    def __init__(self, text: Text, check: Check) -> None:
        self._text = text
        self._check = check
        self._starts = [1, *(n for n, line in enumerate(text.lines, 1) if _SEPARATOR.match(line))]
        self._before: dict[str, Counter[tuple[str, str, str]]] = {}

    def of(self, fault: Diagnostic) -> Diagnostic:
        """Return the fault with a fix that removes it, or with the detail of the fault behind it."""
        content = self._document(fault.fix)
        if len(content) > _MOST_CHARACTERS:
            return fault._replace(fix=())
        if content not in self._before:
            self._before[content] = _kinds(self._check(content))
        allowed = self._before[content] - _kinds([fault])
        detail, now, fix = fault.detail, content, fault.fix
        for _ in range(_DEPTH):
            now = mended(now, fix)
            left = self._check(now)
            new = _kinds(left) - allowed
            if not new:
                whole = fault.fix if fix is fault.fix else _difference(content, now)
                return fault._replace(detail=detail, fix=whole)
            following = next(each for each in left if _kind(each) in new)
            if _kind(following) == _kind(fault):
                break
            detail, fix = following.detail or detail, following.fix
            if not fix:
                break
        literal = fault.fix[0].text.strip()
        return fault._replace(detail=detail if literal and literal in fault.detail else fault.detail, fix=())

    def _document(self, fix: Fix) -> str:
        """Return the file reduced to the document of a fix; line numbers stay."""
        first, last = min(edit.line for edit in fix), max(edit.end_line for edit in fix)
        start = max((n for n in self._starts if n <= first), default=1)
        end = min((n for n in self._starts if n > max(first, last)), default=len(self._text.lines) + 1)
        return "\n" * (start - 1) + "\n".join(self._text.lines[start - 1 : end - 1])


def _kind(each: Diagnostic) -> tuple[str, str, str]:
    """Return what stays the same when lines move."""
    return each.severity, each.rule, _MOVING.sub("", each.summary)


def _kinds(found: Iterable[Diagnostic]) -> Counter[tuple[str, str, str]]:
    return Counter(map(_kind, found))


def _difference(old: str, new: str) -> Fix:
    """Return the one edit that makes `new` of `old`: all between what they begin and end with alike."""
    start = len(commonprefix([old, new]))  # noqa: RUF071 (by characters)
    end = len(commonprefix([old[start:][::-1], new[start:][::-1]]))  # noqa: RUF071 (as above)
    lines = Text("", old)
    line, column = lines.span_at(start)[:2]
    end_line, end_column = lines.span_at(len(old) - end)[:2]
    return (Edit(line, column, end_line, end_column, new[start : len(new) - end]),)
