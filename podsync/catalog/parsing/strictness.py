"""What strict reading refuses in YAML that a parser would take, in words. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from podsync.catalog.parsing.encoding import UNWANTED
from podsync.catalog.parsing.source_text import MAX_DEPTH, START, Text
from podsync.catalog.validation.fixes import drop_lines, quoted
from podsync.catalog.validation.nearest import nearest
from podsync.catalog.validation.schemas import field_schemas
from podsync.model.characters import is_curly, name_of
from podsync.model.diagnostic import Edit, Fix
from podsync.model.frozen import Path
from podsync.model.position import Span

_COMMENT_AFTER_TEXT = r"[ \t,\]}]*[ \t]#"
_COMMENT_AFTER_NOTHING = r"[ \t]*#"
_KEY_LINE = r"\s*(?:- +)*[A-Za-z_]\w*:(?:\s|$)"
#: What may follow a closing quote.
_ENDS = re.compile(r"\s*(?:[,\]}]|\s#|$)")
#: A document that says one of these twice has probably lost the line `---` above the second.
HEADS = frozenset({"kind", "name", "spec"})


class StrictnessFault(NamedTuple):
    """One fault: its place, what is wrong, and what to write instead."""

    rule: str
    span: Span
    summary: str
    detail: str
    fix: Fix = ()


#: Faults that say the same wherever they are; the first is of what the parser gives up without saying where.
NOT_YAML = StrictnessFault("yaml", START, "this is not YAML", "save the file as UTF-8 text")
_DEPTH = f"more than {MAX_DEPTH} levels of nesting"
TOO_DEEP = StrictnessFault("too-deep", START, _DEPTH, "no product needs as many; check the brackets")
MAPPING_AS_KEY = StrictnessFault("key", START, "a key must be text", "write `key: value`")
_WRITTEN_OUT = "write the keys out here: a reviewer must see what is sent"
MERGE_KEY = StrictnessFault("merge-key", START, "merge keys (<<) are not read", _WRITTEN_OUT)


def too_many(span: Span, count: int) -> StrictnessFault:
    """Say that the rest of a file is not read."""
    summary = f"{count} faults up to here; the rest of the file was not read"
    return StrictnessFault("too-many", span, summary, "fix these first; is it a catalog file?")


def directive(text: Text, span: Span) -> StrictnessFault:
    """Refuse `%YAML 1.1` and the like."""
    first = next((n for n, line in enumerate(text.lines, start=1) if line.startswith("%")), span[0])
    fix = drop_lines(text, (first, 1), first)
    return StrictnessFault("directive", span, "% lines (directives) are not read", "remove the line", fix)


def comment_in_text(text: Text, value: str | None, span: Span, path: Path) -> StrictnessFault | None:
    """Refuse ` #…` behind an unquoted text (or nothing): it may have been meant as part of the text."""
    line, column = span[2], span[3]
    content = text.line(line)
    pattern = _COMMENT_AFTER_NOTHING if value is None else _COMMENT_AFTER_TEXT
    match = re.compile(pattern).match(content, column - 1)
    if match is None:
        return None
    comment = content[match.end() - 1 :].rstrip()
    key = path[-1] if isinstance(path[-1], str) else ""
    lead = f"{key}: " if key else ""
    at = text.span_at_line(line, match.end(), len(comment))
    end = match.end() + len(comment)
    if value is None:
        summary = f"# began a comment here, so {key or 'this item'} is empty"
        meant = fitting(path, comment)
        if meant is None:
            return StrictnessFault(
                "comment-in-text", at, summary, f"write a value before it: {lead}… {comment}"
            )
        space = "" if content[match.end() - 2 : match.end() - 1].isspace() else " "
        fix: Fix = (Edit(line, match.end(), line, end, space + quoted(meant)),)
        return StrictnessFault(
            "comment-in-text", at, summary, f"put the text in quotes: {lead}{quoted(meant)}", fix
        )
    whole = quoted(f"{value}{content[column - 1 : match.end() - 1]}{comment}")
    fix = (Edit(span[0], span[1], line, end, whole),) if not match.group().strip(" \t#") else ()
    summary = f"# began a comment here, so the text is only {value!r}"
    detail = (
        f"if it belongs to the text, put all of it in quotes: {lead}{whole}; "
        "if it is a comment, put it on a line of its own"
    )
    return StrictnessFault("comment-in-text", at, summary, detail, fix)


def fitting(path: Path, text: str) -> str | None:
    """Return how a text is written in the field at `path`, of any kind; None if no kind takes it."""
    found = field_schemas(path)
    if not found:
        return text
    known = (schema for schema in found if schema.get("type", "string") == "string")
    return next(filter(None, (nearest(text, schema) for schema in known)), None)


def curly_end(text: Text, line: int, column: int) -> StrictnessFault | None:
    """Refuse a text that a straight quote opens and a curly one was meant to close."""
    rest = text.line(line)[column:]
    end = next((n for n, each in enumerate(rest) if is_curly(each) and _ENDS.match(rest, n + 1)), None)
    if end is None:
        return None
    whole = quoted(rest[:end])
    summary = f"{rest[end]} is a curly quote (U+{ord(rest[end]):04X}), which closes nothing"
    key = re.search(r"([\w-]+: +)$", text.line(line)[: column - 1])
    detail = f"write {key[1] if key else ''}{whole}"
    at = text.span_at_line(line, column + 1 + end)
    return StrictnessFault("yaml", at, summary, detail, (Edit(line, column, line, column + 2 + end, whole),))


def swallowed(text: Text, span: Span) -> StrictnessFault | None:
    """Refuse a quoted text that goes on over lines `key: value`: its quote was meant to close before."""
    line, column, end, _ = span
    if not any(re.match(_KEY_LINE, text.line(number)) for number in range(line + 1, end + 1)):
        return None
    quote = text.line(line)[column - 1]
    curly = curly_end(text, line, column)
    if curly is not None:
        return curly
    close = len(text.line(line).rstrip()) + 1
    summary = f"the quote {quote} that opens here is not closed on its line; it takes in {end - line} more"
    at = text.span_at_line(line, column)
    detail = f"close it with {quote} where the text ends"
    return StrictnessFault("yaml", at, summary, detail, (Edit(line, close, line, close, quote),))


def unwanted_character(value: str, span: Span) -> StrictnessFault | None:
    """Refuse what escapes inside double quotes can bring into a text."""
    match = re.search(UNWANTED, value)
    if match is None:
        return None
    character = match.group()
    fix = (Edit(*span, quoted(re.sub(UNWANTED, "", value).strip())),)
    if "\ud800" <= character <= "\udfff":
        summary = f"the escape \\u{ord(character):04x} is not a character (half of a surrogate pair)"
        return StrictnessFault(
            "encoding", span, summary, "write the character itself, or take the half out", fix
        )
    summary = f"the text holds {name_of(character)}, which nobody can see"
    return StrictnessFault("control-character", span, summary, "take it out of the text", fix)


def repeated_key(text: Text, key: str, first: Span, span: Span, *, lost: bool) -> StrictnessFault:
    """Refuse a key that appears twice in one mapping. `lost`: a line `---` is surely missing above."""
    same = first[0] == span[0]
    again = "twice on line" if same else f"on line {first[0]} and again on line"
    summary = f"the key '{key}' appears {again} {span[0]}"
    line, column = span[:2]
    if lost:
        fix: Fix = (Edit(line, 1, line, 1, "---\n"),) if column == 1 else ()
        return StrictnessFault("duplicate-key", span, summary, "put a line `---` above this line", fix)
    choice = "keep one of the two" + ("" if same else f", line {first[0]} or line {span[0]}")
    whole = re.match(r"\s*[\w-]+: +[^\s|>&{\[]", text.line(line)) and text.line(line + 1)[:column].strip()
    fix = drop_lines(text, (line, column), line) if whole or not text.line(line + 1) else ()
    return StrictnessFault("duplicate-key", span, summary, choice, () if same else fix)


def not_a_key(written: str, span: Span) -> StrictnessFault:
    """Refuse a key that YAML reads as a number, a boolean or nothing."""
    detail = f'put it in quotes: "{written}"' if written else "write a key before the colon"
    fix = (Edit(*span, f'"{written}"'),) if written else ()
    return StrictnessFault("key", span, f"a key must be text; {written or 'nothing'} is not", detail, fix)


def tag(text: Text, span: Span, path: Path) -> StrictnessFault:
    """Refuse `!!str 1`, `!secret x`."""
    line, column = span[:2]
    start = (
        text.line(line).rfind("!", 0, column) if text.line(line)[column - 1 : column] != "!" else column - 1
    )
    rest = rest_of_value(text, line, start + 1)
    word = re.match(r"!\S*", rest)
    summary = f"tags such as {word[0] if word else '!'} are not read"
    if word is None or span[0] != span[2] or rest.endswith(("{", "[", "|", ">")):
        return StrictnessFault("tag", span, summary, "remove it; for text put the value in quotes")
    value = rest[word.end() :].strip() if word[0].startswith("!!") else rest
    meant = fitting(path, value.strip("\"'")) or value
    fix = (Edit(line, start + 1, line, start + 1 + len(rest), quoted(meant)),)
    return StrictnessFault(
        "tag", span, summary, f"remove it, and put the text in quotes: {quoted(meant)}", fix
    )


def rest_of_value(text: Text, line: int, column: int) -> str:
    """Return an unquoted text from its first character to its end, as a person sees it.

    Inside brackets it ends at a comma or a bracket, elsewhere with the line or before a comment.
    """
    content = text.line(line)
    before, rest = content[: column - 1], content[column - 1 :]
    inside = max(before.rfind("["), before.rfind("{")) > max(before.rfind("]"), before.rfind("}"))
    rest = re.split(r"[,\]}]", rest, maxsplit=1)[0] if inside else rest
    return re.split(r"\s#", rest, maxsplit=1)[0].rstrip()


def aliases(text: Text, spans: Sequence[Span]) -> StrictnessFault:
    """Refuse anchors and aliases, all of a file at once: they come in crowds."""
    summary = "anchors (&) and aliases (*) are not read: a reviewer must see what is sent"
    found = [start for span in spans if (start := _mark(text, span)) is not None]
    marks = {text.line(line)[column - 1] for line, column in found}
    if len(marks) == 1 and len(found) == len(spans):
        # Nothing refers to anything: texts were meant that begin so.
        rests = [(*start, rest_of_value(text, *start)) for start in found]
        fix = tuple(
            Edit(line, column, line, column + len(rest), quoted(rest)) for line, column, rest in rests
        )
        detail = f"if text is meant, put it in quotes: {quoted(rests[0][2])}"
        more = f" (and so on {len(rests) - 1} more lines)" if len(rests) > 1 else ""
        return StrictnessFault("alias", min(spans), summary, detail + more, fix)
    lines = sorted({span[0] for span in spans})
    shown = ", ".join(str(line) for line in lines[:8]) + (", …" if len(lines) > 8 else "")
    detail = f"write the value out at each place (line {shown}), or put text that begins so in quotes"
    return StrictnessFault("alias", min(spans), summary, detail)


def _mark(text: Text, span: Span) -> tuple[int, int] | None:
    """Return the place of the & or * of a value: at its start, or before it on its line."""
    content, column = text.line(span[0]), span[1]
    if content[column - 1 : column] in {"*", "&"}:
        return span[0], column
    start = content.rfind("&", 0, column - 1)
    return (span[0], start + 1) if start >= 0 else None


def not_finite(written: str, span: Span, path: Path) -> StrictnessFault:
    """Refuse 1e999, .inf and .nan: JSON has no such numbers."""
    summary = f"{written} is not a number that can be sent"
    if fitting(path, written) is None:
        return StrictnessFault("number", span, summary, "write a number")
    detail = f"if text is meant, put it in quotes: {quoted(written)}"
    return StrictnessFault("number", span, summary, detail, (Edit(*span, quoted(written)),))


def not_a_mapping(value: object, span: Span) -> StrictnessFault:
    """Refuse a document that is a list or a single value."""
    what = "a list" if isinstance(value, list) else "text" if isinstance(value, str) else "a single value"
    summary = f"a document must be a mapping of `key: value` lines; this is {what}"
    return StrictnessFault("schema", span, summary, "begin it with `kind:`, `name:` and `spec:`")
