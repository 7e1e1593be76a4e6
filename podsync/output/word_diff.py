"""What changed inside a text, word by word: `Poster [SP -> Satin]`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from podsync.output.layout import cells, head_of, shorten, tail_of
from podsync.output.style import Style

#: Words, and everything between them one by one; scripts without spaces are compared by character.
_WORD = r"(?s)[^\W\u2e80-\u9fff\uac00-\ud7af]+|."
#: Above this, comparing word by word costs more than it tells.
_MOST_WORDS = 400


class Part(NamedTuple):
    """A stretch that is equal in both texts (`old == new`), or differs."""

    old: str
    new: str

    @property
    def same(self) -> bool:
        """Whether it did not change."""
        return self.old == self.new


def parts(before: str, after: str) -> list[Part]:
    """Split two texts into stretches; one part when they have little in common."""
    one, other = re.findall(_WORD, before), re.findall(_WORD, after)
    start, end = _shared(one, other)
    stop, halt = len(one) - end, len(other) - end
    if stop + halt - 2 * start > _MOST_WORDS:
        return _ends(before, after)
    from difflib import SequenceMatcher

    head, tail = "".join(one[:start]), "".join(one[stop:])
    between = SequenceMatcher(None, one[start:stop], other[start:halt], autojunk=False).get_opcodes()
    found = [
        Part(head, head),
        *(
            Part("".join(one[start + a : start + b]), "".join(other[start + c : start + d]))
            for _, a, b, c, d in between
        ),
        Part(tail, tail),
    ]
    found = list(_merged([part for part in found if any(part)]))
    common = sum(len(part.old) for part in found if part.same)
    return found if common * 3 >= max(len(before), len(after)) else [Part(before, after)]


def _shared(one: Sequence[str], other: Sequence[str]) -> tuple[int, int]:
    """Return how many words both begin with, and how many of the rest both end with."""
    limit = min(len(one), len(other))
    start = next((i for i in range(limit) if one[i] != other[i]), limit)
    room = limit - start
    return start, next((i for i in range(room) if one[-1 - i] != other[-1 - i]), room)


def _merged(found: list[Part]) -> Iterator[Part]:
    """Join two changes with next to nothing between them: `[a b -> c d]`."""
    held: Part | None = None
    for index, part in enumerate(found):
        trifle = part.same and len(part.old) <= 1 and 0 < index < len(found) - 1
        if part.same and not trifle:
            if held is not None:
                yield held
                held = None
            yield part
        else:
            held = part if held is None else Part(held.old + part.old, held.new + part.new)
    if held is not None:
        yield held


def _ends(before: str, after: str) -> list[Part]:
    """Find the first and the last difference only."""
    start, end = _shared(before, after)
    middle = Part(before[start : len(before) - end], after[start : len(after) - end])
    tail = before[len(before) - end :]
    return [part for part in (Part(before[:start], before[:start]), middle, Part(tail, tail)) if any(part)]


def marked(before: str, after: str, style: Style, columns: int | None = None) -> str:
    """Return one text with the changes in brackets; what did not change is shortened to make it fit."""
    found = parts(before, after)
    if len(found) == 1:
        half = None if columns is None else max((columns - 4) // 2, 8)
        return f"{style.bad(shorten(before, half))} -> {style.good(shorten(after, half))}"
    for keep in (None, 40, 24, 16, 8, 4):
        if columns is None or _size(found) <= columns:
            break
        if keep is not None:
            found = [_clipped(part, keep, index, len(found)) for index, part in enumerate(found)]
    if columns is not None and _size(found) > columns:
        changes = sum(not part.same for part in found)
        most = max(8, (columns - 8 * len(found)) // (2 * changes))
        found = [part if part.same else Part(*(shorten(text, most) for text in part)) for part in found]
    return "".join(_text(part, style) for part in found)


def _size(found: list[Part]) -> int:
    return sum(cells(part.old) if part.same else cells(part.old) + cells(part.new) + 6 for part in found)


def _clipped(part: Part, keep: int, index: int, count: int) -> Part:
    """Keep the part of an unchanged stretch that is beside a change."""
    if not part.same or cells(part.old) <= keep + 1:
        return part
    if index == 0:
        tail = tail_of(part.old, keep)
        edge = re.search("[/ ]", tail[: keep // 2])
        text = "…" + (tail[edge.start() :] if edge else tail)
    elif index == count - 1:
        text = head_of(part.old, keep) + "…"
    else:
        text = shorten(part.old, keep + 1)
    return Part(text, text)


def _text(part: Part, style: Style) -> str:
    if part.same:
        return part.old
    words = [style.bad(_seen(part.old)), "->", style.good(_seen(part.new))]
    return f"[{' '.join(word for word in words if word)}]"


def _seen(text: str) -> str:
    """Drop spaces at the edges, where brackets and arrow are; if there is nothing else, show them."""
    return text.strip(" ") or "␣" * len(text)
