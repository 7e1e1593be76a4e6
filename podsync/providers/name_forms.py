"""Names that came back changed: whether a listed name is a form of one that was sent, and what was changed.

A provider may trim, fold or cut a name, change its case, write HTML entities, straighten curly quotes, or
write `?` for a character that it cannot store. None of this is documented; each kind is recognised here and
learned in `providers.habits`.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache

from podsync.providers.normalise import text

#: A shorter name is never taken for one that was cut: too many names begin alike.
CUT_LEAST = 20
#: A beginning that is shorter says nothing at all.
BEGINNING_LEAST = 3

#: The kinds of change, as `observed` calls them in the state.
SPACES, QUOTES, ENTITIES, WIDTH, CASE, EMOJI, CUT = (
    "spaces", "quotes", "entities", "width", "case", "emoji", "cut",
)  # fmt: skip

_QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'",
                         "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"', "\u2033": '"',
                         "\u00ab": '"', "\u00bb": '"', "`": "'", "\u00b4": "'"})  # fmt: skip
_WAITS = re.compile(r"\(?next ([0-9a-f]{6})\b")
#: Characters without a width: servers drop them, and people do not see them.
_UNSEEN = re.compile("[\u00ad\u200b-\u200d\u2060\ufe0e\ufe0f\ufeff]")


def _entities(name: str) -> str:
    """Undo HTML entities, also where they were written twice (`&amp;amp;`)."""
    for _ in range(3):
        undone = html.unescape(name)
        if undone == name:
            break
        name = undone
    return name


def _spaces(name: str) -> str:
    return " ".join(_UNSEEN.sub("", name).split())


#: In the order in which they are undone: entities first, since they may hide any other character.
_UNDO: Mapping[str, Callable[[str], str]] = {
    ENTITIES: _entities,
    QUOTES: lambda name: name.translate(_QUOTES),
    WIDTH: lambda name: unicodedata.normalize("NFKC", name),
    SPACES: _spaces,
    CASE: str.casefold,
}


def waiting_mark(listed: str) -> str:
    """Return the mark of a new product that waits for a name, however much of the name is left; else ""."""
    found = _WAITS.match(folded(listed))
    return found[1] if found is not None else ""


@lru_cache(maxsize=65536)
def folded(name: str, leaving_out: str = "") -> str:
    """Return the name with every kind of change undone, but the one named in `leaving_out`."""
    for kind, undo in _UNDO.items():
        if kind != leaving_out:
            name = undo(name)
    return unicodedata.normalize("NFC", name)


def changes(sent: object, listed: object, others: Collection[str] = ()) -> frozenset[str] | None:
    """Return the kinds of change from the sent name to the listed one; None: it is no form of it.

    Equal names (NFC, trimmed) have no kinds: an empty set. `others` are the exact names of all documents:
    what one of them is called is never the cut form of another.
    """
    one, other = text(sent), text(listed)
    if one == other and one:
        return frozenset()
    if not one or not other:
        return None
    if folded(one) == folded(other):
        return _kinds(one, other)
    if _replaced(one, folded(other)):
        return frozenset({EMOJI})
    if len(other) >= CUT_LEAST and len(other) < len(_entities(one)) + 1 and other not in others:
        return _cut(one, folded(other))
    return None


def begins(sent: object, listed: object, others: Collection[str] = ()) -> bool:
    """Whether the listed name is a beginning of the sent one, however short, and no document's exact name.

    Too little to say that it was cut, and too much to say that it is another product.
    """
    one, other = folded(text(sent)), folded(text(listed))
    shorter = BEGINNING_LEAST <= len(other) < len(one)
    return shorter and one.startswith(other) and text(listed) not in others


def _kinds(one: str, other: str) -> frozenset[str]:
    """Return what has to be undone for two names to be equal: each kind without which they are not."""
    needed = {kind for kind in _UNDO if folded(one, kind) != folded(other, kind)}
    if not needed:
        # Two kinds undo the same difference (a no-break space is one of width as well): both are named.
        needed = {kind for kind, undo in _UNDO.items() if undo(one) == undo(other)}
    return frozenset(
        needed or {kind for kind, undo in _UNDO.items() if undo(one) != one or undo(other) != other}
    )


def _replaced(sent: str, other: str) -> bool:
    """Whether `?` stands in the folded listed name just where the sent one has characters outside ASCII."""
    return "?" in other and not sent.isascii() and _pattern(_entities(sent)).fullmatch(other) is not None


def _cut(sent: str, other: str) -> frozenset[str] | None:
    one = folded(sent)
    if one.startswith(other):
        return frozenset({CUT})
    # An ellipsis, or half of an entity, may end what was cut.
    bare = re.sub(r"(\.{2,3}|&[a-z#0-9]*)$", "", other).rstrip()
    if len(bare) >= CUT_LEAST and one.startswith(bare):
        return frozenset({CUT})
    if "?" in other and not sent.isascii():
        whole = _entities(sent)
        for length in range(len(whole), 0, -1):
            if _pattern(whole[:length]).fullmatch(other) is not None:
                return frozenset({CUT, EMOJI})
    return None


@lru_cache(maxsize=4096)
def _pattern(name: str) -> re.Pattern[str]:
    """Match the folded name, any run of characters outside ASCII as it is folded, or as one `?` or several.

    The run is that of the name as it was sent: what has a plain form, a curly quote, is a `?` just as well.
    """
    parts = (
        re.sub(r"\s+", " +", re.escape(part.casefold()).replace("\\ ", " ")) if part.isascii() else _run(part)
        for part in re.split(r"([^\x00-\x7f]+)", name)
    )
    return re.compile("".join(parts))


def _run(part: str) -> str:
    each = "".join(f"(?:{re.escape(_one(character))}|\\?{{1,4}})" for character in part)
    return f"(?:{each}|\\?{{1,{4 * len(part)}}})"


def _one(character: str) -> str:
    return " " if character.isspace() else folded(character)


#: A stretch that may be listed as question marks, with the blanks beside it.
_UNSURE = re.compile(r" *[?\x80-\U0010ffff][ ?\x80-\U0010ffff]*")


def skeleton(name: object) -> str:
    """Return what all changed forms of a name have in common, but for cutting: a key to find them by."""
    return _UNSURE.sub("\0", folded(text(name)))


def skeletons(name: object) -> tuple[str, ...]:
    """Return the skeletons of the whole forms in which this name may be listed.

    There are two where a character outside ASCII has a plain form: it may come back so, or as `?`.
    """
    one = text(name)
    if one.isascii():
        return (skeleton(one),)
    unsure = re.sub(r"[^\x00-\x7f]+", "?", _entities(one))
    return tuple(dict.fromkeys((skeleton(one), skeleton(unsure))))


def keys(name: object) -> Iterator[str]:
    """Yield the skeletons of the forms in which this name may be listed: whole, then shorter and shorter."""
    for whole in skeletons(name):
        yield whole
        for length in range(len(whole) - 1, 0, -1):
            yield whole[:length].strip()
