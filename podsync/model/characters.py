"""Characters that are invisible or resemble others: their names, and texts without them."""

from __future__ import annotations

import re
import unicodedata

#: Spaces that are none to YAML, to a URL or to who compares names.
SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
#: Characters without any width, and those that turn the direction of what follows. Joiners are not
#: among them: emoji and some scripts need those.
UNSEEN = "\u00ad\u200b\u2060\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069"
_CURLY = "\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u00ab\u00bb\u2032\u2033\u2039\u203a\uff02"
_SHORT_NAMES = {"\x00": "NUL", "\x1b": "ESC", "\r": "a carriage return", "\x7f": "DEL"}
#: Quotes and brackets that other programs put around a text: typographic ones, Markdown's.
_PAIRS = (*((a, b) for a in _CURLY for b in _CURLY), ("`", "`"), ("<", ">"))


# Patterns are compiled where one is used: most runs meet no such character.


def hidden(text: str) -> str:
    """Return the first invisible character of a text; empty if there is none."""
    match = None if text.isascii() else re.search(f"[{SPACES}{UNSEEN}]", text)
    return match[0] if match else ""


def name_of(character: str) -> str:
    """Return how people call a character that cannot be shown: `ESC (U+001B)`."""
    name = _SHORT_NAMES.get(character) or unicodedata.name(character, "a control character")
    return f"{name} (U+{ord(character):04X})"


def seen(text: str) -> str:
    """Return the text without hidden characters: an unusual space becomes a space, the others nothing."""
    if text.isascii():
        return text
    return re.sub(f"[{UNSEEN}]", "", re.sub(f"[{SPACES}]", " ", text))


def unwrapped(text: str) -> str:
    """Return the text without one pair of curly quotes, backquotes or angle brackets around it."""
    if len(text) > 2 and (text[0], text[-1]) in _PAIRS:
        return text[1:-1]
    return text


def is_curly(character: str) -> bool:
    """Whether it is a quote as word processors set them."""
    return character != "" and character in _CURLY


def folded(text: str) -> str:
    """Return what two texts have in common that look alike: NFC, seen, every run of spaces one space."""
    return " ".join(seen(unicodedata.normalize("NFC", text)).split())


#: What spreadsheets take for a formula. An apostrophe that stands there already must stay.
_FORMULA = r"'*[=+\-@\t\r]"


def protected(text: str) -> str:
    """Return the text as a cell that no spreadsheet takes for a formula: a `'` before one that it would."""
    return f"'{text}" if re.match(_FORMULA, text) else text


def unprotected(text: str) -> str:
    """Return what `protected` was given; a text that it did not change is returned as it is."""
    return text[1:] if text.startswith("'") and re.match(_FORMULA, text) else text


#: What spreadsheets make of a formula that has no value.
SHEET_ERROR = r"#(?:REF!|N/A|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!|#+)"
#: A number as spreadsheets shorten it; `12E456` may be a colour.
SHEET_NUMBER = r"[-+]?[0-9]+(?:[.,][0-9]+)?E[-+][0-9]+"
_MONTH = "(?:Jan|Feb|Mar|Mrz|Apr|May|Mai|Jun|Jul|Aug|Sep|Oct|Okt|Nov|Dec|Dez)"
#: A date as spreadsheets make it of other texts.
SHEET_DATE = rf"[0-9]{{1,2}}(?:-|\. ?){_MONTH}(?:[-. ][0-9]{{2,4}})?|{_MONTH}-[0-9]{{2}}"
_DIGITS = "[0-9]+"


def exact(text: str, *, numbers: bool = False) -> str:
    """Return the cell of a table that a document reads as this text, whatever the text looks like.

    A `'` stands before what would be refused or left out, and around what begins or ends with a blank.
    `numbers`: also before digits alone.
    """
    bare = text.strip("'")
    if bare != bare.strip():
        return f"'{text}'"
    marked = _misread(text.lstrip("'")) and (numbers or not re.fullmatch(_DIGITS, text))
    return f"'{text}" if marked else text


def exactly(cell: str) -> str | None:
    """Return the text that `exact` has marked; None where a cell has no such mark."""
    if not cell.startswith("'"):
        return None
    bare = cell.strip("'")
    if bare != bare.strip():
        return cell[1:-1] if cell.endswith("'") else None
    return cell[1:] if _misread(cell.lstrip("'")) else None


def _misread(text: str) -> bool:
    """Whether documents take the text of a cell for something else, or for spoilt, in some column."""
    return (
        text in ("", "-")
        or "${" in text
        or any(re.fullmatch(each, text) for each in (SHEET_ERROR, SHEET_NUMBER, SHEET_DATE, _DIGITS))
    )
