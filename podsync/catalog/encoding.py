"""Bytes -> text: UTF-8 without anything that an editor would not show."""

from __future__ import annotations

import re
import unicodedata

from podsync.catalog.files import MAX_BYTES, too_large
from podsync.catalog.text import START, Text
from podsync.diagnostics import Diagnostic

#: Control characters (not tab and line feed), line ends of other systems, a byte order mark in the
#: middle, half characters, and what is no character at all.
_CLASS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff"
UNWANTED = re.compile(f"[{_CLASS}\r]")
#: In a file, a carriage return may stand before a line feed.
_UNWANTED_IN_FILE = re.compile(f"[{_CLASS}]|\r(?!\n)")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SHORT_NAMES = {"\x00": "NUL", "\x1b": "ESC", "\r": "a carriage return", "\x7f": "DEL"}


def decode(path: str, raw: bytes) -> tuple[Text, Diagnostic | None]:
    """Return the text of a file, and what forbids to read it."""
    if len(raw) > MAX_BYTES:
        return Text(path, ""), too_large(path, len(raw))
    if raw.startswith(_UTF16_MARKS):
        text = Text(path, "")
        return text, text.fault("encoding", START, "this file is UTF-16", "save it as UTF-8")
    try:
        content = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return Text(path, ""), _not_utf8(path, raw, error)
    content = content.removeprefix("\ufeff")
    text = Text(path, content)
    # What can be printed is wanted; asking that first takes a fifth of the time.
    match = None if content.replace("\n", "").isprintable() else _UNWANTED_IN_FILE.search(content)
    if match is None:
        return text, None
    summary = f"the file holds {name_of(match.group())}, which nobody can see"
    detail = "take it out (was the file saved as UTF-8 text?)"
    return text, text.fault("control-character", text.span_at(match.start()), summary, detail)


def name_of(character: str) -> str:
    """Return how people call a character that cannot be shown: `ESC (U+001B)`."""
    name = _SHORT_NAMES.get(character) or unicodedata.name(character, "a control character")
    return f"{name} (U+{ord(character):04X})"


def _not_utf8(path: str, raw: bytes, error: UnicodeDecodeError) -> Diagnostic:
    before = raw[: error.start].decode("utf-8").removeprefix("\ufeff")
    # Undecodable bytes become one visible character each, so that the column stays right.
    shown = Text(path, before + raw[error.start :].decode("utf-8", "replace"))
    summary = f"byte 0x{raw[error.start]:02X} is not UTF-8"
    detail = "save the file as UTF-8 (it may be Latin-1 or Windows-1252)"
    return shown.fault("encoding", shown.span_at(len(before)), summary, detail)
