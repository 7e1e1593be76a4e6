"""The YAML parser's complaints in plain words: the fault, its place, and its remedy.

libyaml and PyYAML's own parser word the same fault differently; both are understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from podsync.catalog.parsing.source_text import Text
from podsync.catalog.parsing.strictness import TOO_DEEP, StrictnessFault, curly_end, fitting, rest_of_value
from podsync.catalog.validation.fixes import drop_lines, quoted
from podsync.catalog.validation.schemas import field_schemas
from podsync.model.characters import hidden, name_of
from podsync.model.diagnostic import Edit, Fix


class Complaint(NamedTuple):
    """A parser error. `at` and `opened` are 1-based line and column; `opened` is the context's."""

    problem: str
    context: str
    at: tuple[int, int]
    opened: tuple[int, int]


def explain(complaint: Complaint, text: Text) -> StrictnessFault:
    """Return the first explanation that fits, else a general one with the place."""
    if hidden(_character(text, complaint.at)):
        return _hidden(complaint.at, text)
    for needle, explanation in _EXPLANATIONS:
        if re.search(needle, f"{complaint.context}: {complaint.problem}"):
            return explanation(complaint, text)
    return _fault(complaint.at, "from here on this is not YAML", "compare it with a file that works")


def _fault(
    place: tuple[int, int], summary: str, detail: str, fix: Fix = (), *, rule: str = "yaml", length: int = 1
) -> StrictnessFault:
    line, column = place
    return StrictnessFault(rule, (line, column, line, column + length), summary, detail, fix)


def _hidden(place: tuple[int, int], text: Text) -> StrictnessFault:
    line, column = place
    rest = text.line(line)[column - 1 :]
    run = next((n for n, each in enumerate(rest) if each != " " and not hidden(each)), len(rest))
    plain, detail = (" ", "type a space in its place") if rest[run:] else ("", "take it out")
    summary = f"{name_of(rest[0])} stands behind the value: nobody can see it"
    fix = _over(line, column, rest[:run], plain)
    return _fault(place, summary, detail, fix, rule="control-character", length=run)


def _character(text: Text, place: tuple[int, int]) -> str:
    line, column = place
    return text.line(line)[column - 1 : column]


def _insert(line: int, column: int, piece: str) -> Fix:
    return (Edit(line, column, line, column, piece),)


def _over(line: int, column: int, old: str, new: str) -> Fix:
    return (Edit(line, column, line, column + len(old), new),)


def _end(text: Text, line: int) -> int:
    return len(text.line(line).rstrip()) + 1


def _above(text: Text, line: int) -> int:
    """Return the number of the next line above that is not empty, else 0."""
    return next((n for n in range(line - 1, 0, -1) if text.line(n).strip()), 0)


def _indent(text: Text, line: int, of: str = " ") -> str:
    content = text.line(line)
    return content[: len(content) - len(content.lstrip(of))]


def _key_before(text: Text, line: int, column: int) -> str:
    """Return a `key: ` directly before the place, for the help to repeat; else ""."""
    match = re.search(r"([\w-]+): *$", text.line(line)[: column - 1])
    return f"{match[1]}: " if match else ""


def _in_quotes(text: Text, line: int, column: int) -> tuple[str, Fix]:
    """Return the whole value that begins at a place as its field takes it, and the edit."""
    rest = rest_of_value(text, line, column)
    lead = _key_before(text, line, column)
    key = lead.removesuffix(": ")
    meant = fitting(("spec", key), rest) if key else rest
    yaml = quoted(rest if meant is None else meant)
    if key and _takes_texts(key):
        yaml = f"[{yaml}]"
    return lead + yaml, _over(line, column, rest, yaml)


def _takes_texts(key: str) -> bool:
    """Whether the field is a list of texts, in every kind that has it."""
    found = field_schemas(("spec", key))
    return bool(found) and all(
        each.get("type") == "array" and each.get("items", {}).get("type") == "string" for each in found
    )


def _left_open(place: tuple[int, int], text: Text) -> StrictnessFault:
    line, column = place
    quote = _character(text, place)
    curly = curly_end(text, line, column)
    if curly is not None:
        return curly
    end = _end(text, line)
    detail = f"close it with {quote} where the text ends"
    if quote == "'":
        detail += "; inside, write '' for one '"
    fix = _insert(line, end, quote)
    before = text.line(line)[: column - 1]
    if re.search(r"\[[^\]]*$|\{[^}]*$", before):  # inside brackets the line's end need not be the text's
        rest = re.match(rf"{quote}[^,\]}}{quote}]*", text.line(line)[column - 1 :])
        fix = _insert(line, column + len(rest[0].rstrip()), quote) if rest else ()
    return _fault(place, f"the quote {quote} that opens here is never closed", detail, fix)


def _escape(complaint: Complaint, text: Text) -> StrictnessFault:
    line, column = complaint.at
    if _character(text, complaint.at) != "\\":
        column -= 1
    content = text.line(line)
    escape = content[column - 1 : column + 1]
    start = content.rfind('"', 0, column)
    doubled = re.sub(r'\\(?!["\\])', r"\\\\", content[start:])
    detail = "write \\\\ for a backslash, or use single quotes: in them a backslash is just a backslash"
    fix = _over(line, start + 1, content[start:], doubled) if start >= 0 else ()
    return _fault((line, column), f"{escape} means nothing inside double quotes", detail, fix, length=2)


def _half_character(complaint: Complaint, text: Text) -> StrictnessFault:
    line, column = complaint.at
    start = text.line(line).rfind("\\", 0, column)
    column = start + 1 if start >= 0 else column
    detail = 'write the character itself, or \\U and eight digits, such as "\\U0001F600"'
    summary = "this escape is not a character (half of a surrogate pair, or beyond Unicode)"
    return _fault((line, column), summary, detail, rule="encoding", length=6)


def _bare_star(complaint: Complaint, text: Text) -> StrictnessFault:
    character = _character(text, complaint.opened)
    word = {"*": "an alias", "&": "an anchor"}.get(character, "an alias")
    summary = f"an unquoted {character} begins {word}, which is not read here"
    quoted_text, fix = _in_quotes(text, *complaint.opened)
    return _fault(complaint.opened, summary, f"put the text in quotes: {quoted_text}", fix)


def _tab_or_character(complaint: Complaint, text: Text) -> StrictnessFault:
    character = _character(text, complaint.at)
    if character in {"\t", ""}:
        return _tab(complaint, text)
    summary = f"a text cannot begin with {character} unless it is in quotes"
    quoted_text, fix = _in_quotes(text, *complaint.at)
    return _fault(complaint.at, summary, f"put the whole text in quotes: {quoted_text}", fix)


def _tab(complaint: Complaint, text: Text) -> StrictnessFault:
    line, column = complaint.at
    if text.line(line)[: column - 1].strip():
        fix = _over(line, column, "\t", " ")
    else:  # every line that is indented so: one alone would fit none of the others
        indents = ((n, _indent(text, n, " \t")) for n in range(1, len(text.lines) + 1))
        fix = tuple(
            Edit(n, 1, n, len(indent) + 1, indent.replace("\t", "  "))
            for n, indent in indents
            if "\t" in indent
        )
    return _fault(complaint.at, "there is a tab where YAML wants spaces", "indent with spaces only", fix)


def _second_colon(complaint: Complaint, text: Text) -> StrictnessFault:
    line, column = complaint.at
    match = re.match(r"( *(?:- +)*[^:]+: +)(?=\S)", text.line(line)[: column - 1])
    if match:
        quoted_text, fix = _in_quotes(text, line, match.end() + 1)
        return _fault(
            complaint.at, "a second ': ' in an unquoted text", f"put the text in quotes: {quoted_text}", fix
        )
    detail = "indent it like the keys that it belongs to, or check the line above"
    return _fault(complaint.at, "a key cannot stand here", detail, _like_above(text, line))


def _like_above(text: Text, line: int) -> Fix:
    """Give a line the indentation of the last `key: value` above it."""
    above = _above(text, line)
    if not re.match(r" *[\w-]+: +\S", text.line(above)):
        return ()
    return _over(line, 1, _indent(text, line), _indent(text, above))


def _no_key(complaint: Complaint, text: Text) -> StrictnessFault:
    line, _ = complaint.opened
    content = text.line(line)
    match = re.match(r"(\s*(?:- +)*)([A-Za-z_]\w*)(:| *=) *(?=\S)", content)
    if match is None:
        detail = "write `key: value` (with a space after the colon), or indent a text that goes on"
        return _fault(complaint.opened, "this line has no `key: value`", detail)
    rest = content[match.end() :].rstrip()
    corrected, separator = f"{match[2]}: {rest}", content[match.end(2) : match.end()]
    fix = _over(line, match.end(2) + 1, separator, ": ")
    if match[3] == ":":
        return _fault(
            (line, match.end(2) + 1), "a space is missing after the colon", f"write {corrected}", fix
        )
    return _fault((line, match.start(3) + 1), "this line has no `key: value`", f"write {corrected}", fix)


def _unclosed_bracket(complaint: Complaint, text: Text) -> StrictnessFault:
    bracket = _character(text, complaint.opened)
    closing = {"[": "]", "{": "}"}.get(bracket, "]")
    line, column = complaint.at
    opened, start = complaint.opened
    if line == opened and closing in text.line(line)[column - 1 :]:
        fix = _insert(line, column, ", ")
        return _fault(complaint.at, "a comma is missing between two items", "write a comma before this", fix)
    detail = f"write {closing} where it ends, and a comma between the items; it goes wrong at {line}:{column}"
    fix = _insert(opened, _end(text, opened), closing) if closing not in text.line(opened)[start:] else ()
    return _fault(complaint.opened, f"the {bracket} that opens here is not closed", detail, fix)


def _list_after_key(complaint: Complaint, text: Text) -> StrictnessFault:
    line, column = complaint.at
    before = text.line(line)[: column - 1]
    gap = before[len(before.rstrip()) :]
    fix = _over(line, column - len(gap), gap, f"\n  {_indent(text, line)}")
    detail = "put `- …` on the next line"
    return _fault(complaint.at, "a list cannot begin on the line of its key", detail, fix)


def _opened_above(text: Text, line: int, quote: str) -> tuple[int, int] | None:
    """Return where the text begins that this quote ends, if one of the 20 lines above left it open."""
    for number in range(line - 1, max(line - 20, 0), -1) if quote in {"'", '"'} else ():
        match = re.match(r" *(?:- +)*[\w-]+: +(?=['\"])", text.line(number))
        if match and text.line(number)[match.end()] == quote:
            closed = quote in text.line(number)[match.end() + 1 :]
            return None if closed else (number, match.end() + 1)
    return None


def _misplaced_in_mapping(complaint: Complaint, text: Text) -> StrictnessFault:
    line, column = complaint.at
    content = text.line(line)
    if content[: column - 1].strip():
        opened = _opened_above(text, line, content[column - 2])
        if opened is not None:
            return _left_open(opened, text)
        match = re.match(r" *(?:- +)*[^:]+: +(?=\S)", content)
        summary = "nothing may follow the closing quote or bracket"
        if match is None:
            return _fault(complaint.at, summary, "put the whole text in one pair of quotes")
        rest = content[match.end() :].rstrip()
        inner = rest[1:-1] if len(rest) > 1 and rest[0] == rest[-1] and rest[0] in "'\"" else rest
        fix = _over(line, match.end() + 1, rest, quoted(inner))
        lead = _key_before(text, line, match.end() + 1)
        return _fault(
            complaint.at, summary, f"put the whole text in one pair of quotes: {lead}{quoted(inner)}", fix
        )
    detail = "indent it exactly like the other keys of the same mapping"
    fix = _like_above(text, line)
    return _fault(complaint.at, "the indentation of this line fits no line above it", detail, fix)


def _misplaced_in_list(complaint: Complaint, text: Text) -> StrictnessFault:
    line, column = complaint.at
    opened, start = complaint.opened
    above = _above(text, opened)
    key = re.match(r"( *)[\w-]+: *$", text.line(above))
    fix = _over(line, 1, " " * (column - 1), key[1]) if key and len(key[1]) < start - 1 else ()
    detail = "indent it as the list's key is, or begin it with `- `"
    return _fault(complaint.at, "this line stands among list items but is none", detail, fix)


def _after_document(complaint: Complaint, _text: Text) -> StrictnessFault:
    fix = _insert(complaint.at[0], 1, "---\n")
    summary = "a new document must begin with a line `---`"
    return _fault(complaint.at, summary, "put `---` above this line", fix)


def _tag_handle(complaint: Complaint, text: Text) -> StrictnessFault:
    line, _ = complaint.opened
    start = text.line(line).find("!")
    quoted_text, fix = _in_quotes(text, line, start + 1) if start >= 0 else ("", ())
    detail = f"remove it, or put a text that begins with ! in quotes: {quoted_text}"
    return _fault(complaint.at, "tags are not read", detail, fix, rule="tag")


def _directive(complaint: Complaint, text: Text) -> StrictnessFault:
    summary = "% at the start of a line is not read here"
    line = complaint.at[0]
    return _fault(
        complaint.at, summary, "remove the line", drop_lines(text, (line, 1), line), rule="directive"
    )


def _block_header(complaint: Complaint, text: Text) -> StrictnessFault:
    line, column = complaint.at
    start = max(text.line(line).rfind(sign, 0, column) for sign in "|>")
    own, following = _indent(text, line), _indent(text, line + 1)
    summary = "after | or > the line must end"
    if len(following) > len(own) or start < 0:
        fix = _insert(line, column, f"\n{following}") if start >= 0 else ()
        return _fault(complaint.at, summary, "begin the text on the next line", fix)
    quoted_text, fix = _in_quotes(text, line, start + 1)
    return _fault(complaint.at, summary, f"put the text in quotes: {quoted_text}", fix)


def _no_value(complaint: Complaint, text: Text) -> StrictnessFault:
    character = _character(text, complaint.at)
    if not character:
        summary = "the file ends here, and a bracket is still open"
        return _fault(complaint.at, summary, "write ] or } where the list or the mapping ends")
    quoted_text, fix = _in_quotes(text, *complaint.at)
    if not rest_of_value(text, *complaint.at):
        return _fault(complaint.at, f"{character} stands where a value is expected", "remove it")
    detail = f"remove it, or put the text in quotes: {quoted_text}"
    return _fault(complaint.at, f"{character} closes nothing here", detail, fix)


def _nesting(complaint: Complaint, text: Text) -> StrictnessFault:
    return TOO_DEEP._replace(span=text.span_at_line(*complaint.at))


#: Tried in this order. Compiled when one is: a catalog without such a fault needs none.
_EXPLANATIONS: tuple[tuple[str, Callable[[Complaint, Text], StrictnessFault]], ...] = (
    # libyaml has a limit of its own from 0.2.6 on, and looks ahead so far before it tells of any level.
    (r"maximum nesting depth", _nesting),
    (
        r"quoted scalar: found unexpected (end of stream|document)",
        lambda complaint, text: _left_open(complaint.opened, text),
    ),
    (r"unknown escape character|expected escape sequence|did not find expected hexdecimal", _escape),
    (r"invalid Unicode character escape", _half_character),
    (r"scanning an (alias|anchor)", _bare_star),
    (r"found a tab character", _tab),
    (r"cannot start any token", _tab_or_character),
    (r"mapping values are not allowed", _second_colon),
    (r"could not find expected ':'", _no_key),
    (r"parsing a flow (sequence|mapping)", _unclosed_bracket),
    (r"mapping keys are not allowed", _tab_or_character),
    (r"sequence entries are not allowed", _list_after_key),
    (r"parsing a block mapping", _misplaced_in_mapping),
    (r"parsing a block collection|parsing a block sequence", _misplaced_in_list),
    (r"document start", _after_document),
    (r"tag handle|scanning a tag", _tag_handle),
    (r"directive", _directive),
    (r"scanning a block scalar", _block_header),
    (r"expected (the )?node content", _no_value),
)
