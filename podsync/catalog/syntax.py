"""The YAML parser's complaints in plain words: what is wrong, where, and what to write instead.

libyaml and PyYAML's own parser word the same fault differently; both are understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from podsync.catalog.refusals import Refusal, too_deep
from podsync.catalog.text import Text


class Complaint(NamedTuple):
    """What the parser said. `at` and `opened` are 1-based line and column; `opened` is the context's."""

    problem: str
    context: str
    at: tuple[int, int]
    opened: tuple[int, int]


def explain(complaint: Complaint, text: Text) -> Refusal:
    """Return the first explanation that fits, else the parser's own words."""
    for needle, explanation in _EXPLANATIONS:
        if re.search(needle, f"{complaint.context}: {complaint.problem}"):
            return explanation(complaint, text)
    return _fault(complaint.at, f"this is not YAML: {complaint.problem}", "compare it with a file that works")


def _fault(
    place: tuple[int, int], summary: str, detail: str, *, rule: str = "yaml", length: int = 1
) -> Refusal:
    line, column = place
    return Refusal(rule, (line, column, line, column + length), summary, detail)


def _character(text: Text, place: tuple[int, int]) -> str:
    line, column = place
    return text.line(line)[column - 1 : column]


def _unclosed_quote(complaint: Complaint, text: Text) -> Refusal:
    quote = _character(text, complaint.opened)
    detail = f"close it with {quote} where the text ends"
    if quote == "'":
        detail += "; inside, write '' for one '"
    return _fault(complaint.opened, f"the quote {quote} that opens here is never closed", detail)


def _escape(complaint: Complaint, text: Text) -> Refusal:
    line, column = complaint.at
    if _character(text, complaint.at) != "\\":
        column -= 1
    escape = text.line(line)[column - 1 : column + 1]
    detail = "write \\\\ for a backslash, or use single quotes: in them a backslash is just a backslash"
    return _fault((line, column), f"{escape} means nothing inside double quotes", detail, length=2)


def _half_character(complaint: Complaint, text: Text) -> Refusal:
    line, column = complaint.at
    start = text.line(line).rfind("\\", 0, column)
    column = start + 1 if start >= 0 else column
    detail = 'write the character itself, or \\U and eight digits, such as "\\U0001F600"'
    summary = "this escape is not a character (half of a surrogate pair, or beyond Unicode)"
    return _fault((line, column), summary, detail, rule="encoding", length=6)


def _bare_star(complaint: Complaint, text: Text) -> Refusal:
    character = _character(text, complaint.opened)
    word = {"*": "an alias", "&": "an anchor"}.get(character, "an alias")
    summary = f"an unquoted {character} begins {word}, which is not read here"
    return _fault(complaint.opened, summary, f'put the text in quotes: "{character}"')


def _tab_or_character(complaint: Complaint, text: Text) -> Refusal:
    character = _character(text, complaint.at)
    if character in {"\t", ""}:
        return _tab(complaint, text)
    summary = f"a text cannot begin with {character} unless it is in quotes"
    return _fault(complaint.at, summary, f'put the whole text in quotes: "{character}…"')


def _tab(complaint: Complaint, _text: Text) -> Refusal:
    return _fault(complaint.at, "a tab stands where YAML wants spaces", "indent with spaces only")


def _second_colon(complaint: Complaint, text: Text) -> Refusal:
    line, column = complaint.at
    before = text.line(line)[: column - 1]
    key, colon, rest = before.partition(": ")
    if colon and rest.strip():
        value = text.line(line)[len(key) + 2 :].strip()
        hint = f'put the text in quotes: {key.strip()}: "{value}"'
        return _fault(complaint.at, "a second ': ' in an unquoted text", hint)
    detail = "indent it like the keys that it belongs to, or check the line above"
    return _fault(complaint.at, "a key cannot stand here", detail)


def _no_key(complaint: Complaint, _text: Text) -> Refusal:
    detail = "write `key: value` (with a space after the colon), or indent a text that goes on"
    return _fault(complaint.opened, "this line has no `key: value`", detail)


def _unclosed_bracket(complaint: Complaint, text: Text) -> Refusal:
    bracket = _character(text, complaint.opened)
    closing = {"[": "]", "{": "}"}.get(bracket, "]")
    line, column = complaint.at
    detail = f"write {closing} where it ends, and a comma between the items; it goes wrong at {line}:{column}"
    return _fault(complaint.opened, f"the {bracket} that opens here is not closed", detail)


def _list_after_key(complaint: Complaint, _text: Text) -> Refusal:
    return _fault(complaint.at, "a list cannot begin on the line of its key", "put `- …` on the next line")


def _misplaced_in_mapping(complaint: Complaint, text: Text) -> Refusal:
    line, column = complaint.at
    if text.line(line)[: column - 1].strip():
        detail = "put the whole text in one pair of quotes; inside '…', write '' for one '"
        return _fault(complaint.at, "nothing may follow the closing quote or bracket", detail)
    detail = "indent it exactly like the other keys of the same mapping"
    return _fault(complaint.at, "the indentation of this line fits no line above it", detail)


def _misplaced_in_list(complaint: Complaint, _text: Text) -> Refusal:
    detail = "begin it with `- `, or indent it as the list's key is"
    return _fault(complaint.at, "this line stands among list items but is none", detail)


def _after_document(complaint: Complaint, _text: Text) -> Refusal:
    return _fault(complaint.at, "a new document must begin with a line `---`", "put `---` above this line")


def _tag_handle(complaint: Complaint, _text: Text) -> Refusal:
    detail = "remove it, or put a text that begins with ! in quotes"
    return _fault(complaint.at, "tags are not read", detail, rule="tag")


def _directive(complaint: Complaint, _text: Text) -> Refusal:
    summary = "% at the start of a line is not read here"
    return _fault(complaint.at, summary, "remove the line", rule="directive")


def _block_header(complaint: Complaint, _text: Text) -> Refusal:
    detail = "begin the text on the next line, or put it in quotes"
    return _fault(complaint.at, "after | or > the line must end", detail)


def _no_value(complaint: Complaint, text: Text) -> Refusal:
    character = _character(text, complaint.at)
    if not character:
        summary = "the file ends here, and a bracket is still open"
        return _fault(complaint.at, summary, "write ] or } where the list or the mapping ends")
    return _fault(complaint.at, f"{character} closes nothing here", "remove it, or put the text in quotes")


def _nesting(complaint: Complaint, _text: Text) -> Refusal:
    line, column = complaint.at
    return too_deep((line, column, line, column + 1))


#: Tried in this order. Compiled when one is: a catalog without such a fault needs none.
_EXPLANATIONS: tuple[tuple[str, Callable[[Complaint, Text], Refusal]], ...] = (
    # libyaml has a limit of its own from 0.2.6 on, and looks ahead so far before it tells of any level.
    (r"maximum nesting depth", _nesting),
    (r"quoted scalar: found unexpected (end of stream|document)", _unclosed_quote),
    (r"unknown escape character|expected escape sequence|did not find expected hexdecimal", _escape),
    (r"invalid Unicode character escape", _half_character),
    (r"scanning an (alias|anchor)", _bare_star),
    (r"found a tab character", _tab),
    (r"cannot start any token", _tab_or_character),
    (r"mapping values are not allowed", _second_colon),
    (r"could not find expected ':'", _no_key),
    (r"parsing a flow (sequence|mapping)", _unclosed_bracket),
    (r"sequence entries are not allowed", _list_after_key),
    (r"parsing a block mapping", _misplaced_in_mapping),
    (r"parsing a block collection|parsing a block sequence", _misplaced_in_list),
    (r"document start", _after_document),
    (r"tag handle|scanning a tag", _tag_handle),
    (r"directive", _directive),
    (r"scanning a block scalar", _block_header),
    (r"expected (the )?node content", _no_value),
)
