"""What strict reading refuses in YAML that a parser would take, in words. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from podsync.catalog.encoding import UNWANTED, name_of
from podsync.catalog.text import MAX_DEPTH, RawSpan, Text
from podsync.model import Path

_COMMENT_AFTER_TEXT = re.compile(r"[ \t,\]}]*[ \t]#")
_COMMENT_AFTER_NOTHING = re.compile(r"[ \t]*#")
#: A document that says one of these twice has probably lost the line `---` above the second.
HEADS = frozenset({"kind", "name", "spec"})


class Refusal(NamedTuple):
    """One fault: where, what is wrong, what to write instead."""

    rule: str
    span: RawSpan
    summary: str
    detail: str


def too_deep(span: RawSpan) -> Refusal:
    """Refuse more nesting than any product needs."""
    summary = f"more than {MAX_DEPTH} levels of nesting"
    return Refusal("too-deep", span, summary, "no product needs as many; check the brackets")


def comment_in_text(text: Text, value: str | None, span: RawSpan, path: Path) -> Refusal | None:
    """Refuse ` #…` behind an unquoted text (or nothing): it may have been meant as part of the text."""
    line, column = span[2], span[3]
    content = text.line(line)
    pattern = _COMMENT_AFTER_NOTHING if value is None else _COMMENT_AFTER_TEXT
    match = pattern.match(content, column - 1)
    if match is None:
        return None
    comment = content[match.end() - 1 :].rstrip()
    key = path[-1] if isinstance(path[-1], str) else ""
    lead = f"{key}: " if key else ""
    if value is None:
        summary = f"# began a comment here, so {key or 'this item'} is empty"
        detail = f'put the text in quotes: {lead}"{comment}"'
    else:
        summary = f"# began a comment here, so the text is only {value!r}"
        detail = (
            f'if it belongs to the text, put all of it in quotes: {lead}"{value} {comment}"; '
            "if it is a comment, put it on a line of its own"
        )
    return Refusal("comment-in-text", text.span_at_line(line, match.end(), len(comment)), summary, detail)


def unwanted_character(value: str, span: RawSpan) -> Refusal | None:
    """Refuse what escapes inside double quotes can bring into a text."""
    match = UNWANTED.search(value)
    if match is None:
        return None
    character = match.group()
    if "\ud800" <= character <= "\udfff":
        summary = f"the escape \\u{ord(character):04x} is not a character (half of a surrogate pair)"
        return Refusal("encoding", span, summary, "write the character itself")
    summary = f"the text holds {name_of(character)}, which nobody can see"
    return Refusal("control-character", span, summary, "take it out of the text")


def repeated_key(key: str, first: RawSpan, span: RawSpan, *, top: bool) -> Refusal:
    """Refuse a key that stands twice in one mapping; the usual cause at the top is a lost `---`."""
    same = first[0] == span[0]
    choice = "keep one of the two" + ("" if same else f", line {first[0]} or line {span[0]}")
    detail = f"is a line `---` missing above? Otherwise {choice}" if top and key in HEADS else choice
    again = "twice on line" if same else f"on line {first[0]} and again on line"
    summary = f"the key '{key}' stands {again} {span[0]}"
    return Refusal("duplicate-key", span, summary, detail)


def not_a_key(written: str, span: RawSpan) -> Refusal:
    """Refuse a key that YAML reads as a number, a boolean or nothing."""
    detail = f'put it in quotes: "{written}"' if written else "write a key before the colon"
    return Refusal("key", span, f"a key must be a text; {written or 'nothing'} is none", detail)


def mapping_as_key(span: RawSpan) -> Refusal:
    """Refuse `? [a, b]` and `[a]: b`."""
    return Refusal("key", span, "a key must be a text", "write `key: value`")


def merge_key(span: RawSpan) -> Refusal:
    """Refuse `<<: *base`."""
    detail = "write the keys out here: a reviewer must see what is sent"
    return Refusal("merge-key", span, "merge keys (<<) are not read", detail)


def tag(text: Text, span: RawSpan) -> Refusal:
    """Refuse `!!str 1`, `!secret x`."""
    words = re.findall(r"!\S*", text.written(span)) or ["!"]
    detail = "remove it; for a text put the value in quotes"
    return Refusal("tag", span, f"tags such as {words[0]} are not read", detail)


def aliases(spans: Sequence[RawSpan]) -> Refusal:
    """Refuse anchors and aliases, all of a file at once: they come in crowds."""
    lines = sorted({span[0] for span in spans})
    shown = ", ".join(str(line) for line in lines[:8]) + (", …" if len(lines) > 8 else "")
    summary = "anchors (&) and aliases (*) are not read: a reviewer must see what is sent"
    detail = f"write the value out at each place (line {shown}), or put a text that begins so in quotes"
    return Refusal("alias", min(spans), summary, detail)


def not_finite(written: str, span: RawSpan) -> Refusal:
    """Refuse 1e999, .inf and .nan: JSON has no such numbers."""
    detail = f'write a number, or for a text put it in quotes: "{written}"'
    return Refusal("number", span, f"{written} is not a number that can be sent", detail)


def not_a_mapping(value: object, span: RawSpan) -> Refusal:
    """Refuse a document that is a list or a single value."""
    what = "a list" if isinstance(value, list) else "a text" if isinstance(value, str) else "a single value"
    summary = f"a document must be a mapping of `key: value` lines; this is {what}"
    return Refusal("schema", span, summary, "begin it with `kind:`, `name:` and `spec:`")
