"""Bytes -> text: UTF-8 without anything that an editor would not show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from podsync.catalog.discovery import MAX_BYTES, too_large
from podsync.catalog.parsing.source_text import MAX_FAULTS, START, Text
from podsync.files.foreign import conflict, has_marker, may_be_pointer, recognised
from podsync.model.characters import SPACES, UNSEEN, hidden, name_of, seen
from podsync.model.diagnostic import Diagnostic, Edit

#: Control characters (not tab and line feed), line ends of other systems, a byte order mark in the
#: middle, half characters, and what is no character at all.
_CLASS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff"
UNWANTED = f"[{_CLASS}\r]"
#: In a file, a carriage return is allowed before a line feed.
_UNWANTED_IN_FILE = f"[{_CLASS}]|\r(?!\n)"
#: Where YAML wants a space or nothing: at the start of a line, around `key:`, behind `-`.
_HIDDEN = f"[{SPACES}{UNSEEN}]"
_MISPLACED = (
    rf"^ *(?P<indent>{_HIDDEN}[ {SPACES}{UNSEEN}]*)"
    rf"|^ *-(?P<dash>{_HIDDEN}+)"
    rf"|^ *(?:- +)*[\w-]+(?P<before>{_HIDDEN}+) *:(?=\s)"
    rf"|^ *(?:- +)*[\w-]+:(?P<after>{_HIDDEN}+)"
)


def decode(path: str, raw: bytes) -> tuple[Text, tuple[Diagnostic, ...]]:
    """Return the text of a file, and the faults that forbid reading it."""
    if len(raw) > MAX_BYTES:
        return Text(path, ""), (too_large(path, len(raw)),)
    try:
        content = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return Text(path, ""), (_foreign(path, raw) or _not_utf8(path, raw, error),)
    content = content.removeprefix("\ufeff")
    text = Text(path, content)
    # What can be printed is wanted; asking that first takes a fifth of the time.
    found = () if content.replace("\n", "").isprintable() else tuple(islice(_unwanted(text, raw), MAX_FAULTS))
    if found or not (has_marker(content) or may_be_pointer(raw)):
        return text, found
    return text, tuple(_unmerged(text)) or tuple(filter(None, (_foreign(path, raw),)))


def _foreign(path: str, raw: bytes) -> Diagnostic | None:
    foreign = recognised(raw)
    if foreign is None:
        return None
    return Text(path, "").fault(foreign.rule, START, f"this file {foreign.summary}", foreign.detail)


def _unwanted(text: Text, raw: bytes) -> Iterator[Diagnostic]:
    """Yield characters that editors do not show and no text needs."""
    match = re.search(_UNWANTED_IN_FILE, text.content)
    if match is not None:
        summary = f"the file holds {name_of(match.group())}, which nobody can see"
        span = text.span_at(match.start())
        detail = "take it out (was the file saved as UTF-8 text?)"
        yield _foreign(text.path, raw) or text.fault(
            "control-character", span, summary, detail, (Edit(*span, ""),)
        )
        return
    if not hidden(text.content):
        return
    for match in re.finditer(_MISPLACED, text.content, re.MULTILINE):
        where, characters = next((name, part) for name, part in match.groupdict().items() if part)
        plain = seen(characters) if where in {"indent", "before"} else " "
        span = text.span_at(match.start(where), len(characters))
        place = {"indent": "in the indentation", "before": "before the colon", "after": "after the colon"}
        summary = (
            f"{name_of(hidden(characters))} stands {place.get(where, 'behind the hyphen')}: nobody can see it"
        )
        spaces = "spaces" if len(plain) > 1 else "a space"
        detail = f"type {spaces} in its place" if plain else "take it out"
        yield text.fault("control-character", span, summary, detail, (Edit(*span, plain),))


def _unmerged(text: Text) -> Iterator[Diagnostic]:
    found = conflict(text.content)
    if found is None:
        left = re.search(r"^(?:[<>|]{7}(?: .*)?|={7})$", text.content, re.MULTILINE)
        if left is not None:
            span = text.span_at(left.start(), len(left[0]))
            yield text.fault(
                "merge-conflict",
                span,
                "a marker of a merge conflict was left behind",
                "remove the line, and look whether what stands around it is what both sides want",
                (Edit(span[0], 1, span[0] + 1, 1, ""),),
            )
        return
    ours, theirs = (name or side for name, side in zip(found.names, ("ours", "theirs"), strict=True))
    sides = f": {ours} above line {found.middle}, {theirs} below it" if found.middle else ""
    detail = (
        "keep one side, or put together what both want; remove the lines <<<<<<<, ======= and >>>>>>>; "
        "then: git add FILE, and finish the merge"
    )
    span = text.span_at_line(found.line, 1, len(text.line(found.line)))
    yield text.fault("merge-conflict", span, f"an unresolved merge conflict{sides}", detail)


def _not_utf8(path: str, raw: bytes, error: UnicodeDecodeError) -> Diagnostic:
    before = raw[: error.start].decode("utf-8").removeprefix("\ufeff")
    # Undecodable bytes become one visible character each, so that the column stays right.
    shown = Text(path, before + raw[error.start :].decode("utf-8", "replace"))
    summary = f"byte 0x{raw[error.start]:02X} is not UTF-8"
    detail = "save the file as UTF-8 (it may be Latin-1 or Windows-1252)"
    return shown.fault("encoding", shown.span_at(len(before)), summary, detail)
