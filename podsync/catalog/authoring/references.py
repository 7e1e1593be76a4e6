"""`${…}` in a text: the name of a value, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

_MARK = re.compile(r"(?P<escape>\$)?\$\{(?P<inner>[^{}\n]*)(?P<end>\}?)")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
VARIABLE = "var"
LITERAL = "to write it as it is: $${"


class Reference(NamedTuple):
    """A value by its name: a field of an axis, its key (no `field`), or a variable (`name` is `var`)."""

    name: str
    field: str
    text: str


#: A text taken apart; texts stand as they are.
Pieces: TypeAlias = tuple[str | Reference, ...]


class NoReferenceError(Exception):
    """What stands behind `${` is no name; `mark` is how it was written."""

    def __init__(self, mark: str, summary: str, detail: str) -> None:
        super().__init__(summary)
        self.mark, self.summary, self.detail = mark, summary, detail


def pieces(text: str, *, axes: bool) -> Pieces:
    """Take a text apart; `$${` is the text `${`. Without `axes` only `${var.…}` is a name.

    Raises NoReferenceError.
    """
    found: list[str | Reference] = []
    at = 0
    for match in _MARK.finditer(text):
        inner = match["inner"]
        if not (match["escape"] or _is_special(inner, axes=axes)):
            continue
        found.append(text[at : match.start()])
        at = match.end()
        if match["escape"]:
            found.append(match[0][1:])
            continue
        found.append(_reference(match[0], inner, closed=bool(match["end"])))
    found.append(text[at:])
    return tuple(piece for piece in _joined(found) if piece)


def strays(text: str) -> Iterator[tuple[str, str]]:
    """Yield what looks like a name and is none, in a document without axes: as written, and what is in it."""
    for match in _MARK.finditer(text):
        if not (match["escape"] or _is_special(match["inner"], axes=False)):
            yield match[0], match["inner"].strip()


def literal(value: Any) -> Any:
    """Return a value whose texts, and those inside of it, `pieces` takes as they were."""
    if isinstance(value, Mapping):
        return {key: literal(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(literal(each) for each in value)
    if not isinstance(value, str) or "${" not in value:
        return value
    return _MARK.sub(lambda match: f"${match[0]}", value)


def for_axes(text: str) -> str:
    """Return what a text of a document without axes is written as in one that has some."""
    found = pieces(text, axes=False)
    return "".join(each.text if isinstance(each, Reference) else literal(each) for each in found)


def _is_special(inner: str, *, axes: bool) -> bool:
    return axes or inner.startswith(f"{VARIABLE}.")


def _reference(mark: str, inner: str, *, closed: bool) -> Reference:
    if not closed:
        raise NoReferenceError(mark, "`${` is not closed", f"end the name with a brace; {LITERAL}")
    name, dot, field = inner.partition(".")
    if _NAME.fullmatch(name) and (bool(field) if dot else name != VARIABLE):
        return Reference(name, field, mark)
    detail = f"write ${{axis}}, ${{axis.field}} or ${{var.NAME}}; {LITERAL}"
    raise NoReferenceError(mark, f"{mark} is no name of a value", detail)


def _joined(found: list[str | Reference]) -> list[str | Reference]:
    joined: list[str | Reference] = []
    for piece in found:
        last = joined[-1] if joined else None
        if isinstance(piece, str) and isinstance(last, str):
            joined[-1] = last + piece
        else:
            joined.append(piece)
    return joined
