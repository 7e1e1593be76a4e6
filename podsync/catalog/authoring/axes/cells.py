"""What spreadsheets make of values, recognised where a value is used."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import NamedTuple

from podsync.model.characters import SHEET_DATE, SHEET_ERROR, SHEET_NUMBER, name_of

#: A cell that says this leaves the field out.
LEAVE_OUT = "-"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_COLOUR = re.compile("#[0-9A-Fa-f]{6}")
_HEX = re.compile("[0-9A-Fa-f]{6}")
_DIGITS = 6


class CellFault(NamedTuple):
    """What is wrong with a value, and what to do about it."""

    summary: str
    detail: str


def checker(column: Collection[str], example: str = "") -> Callable[[str], CellFault | None]:
    """Return a function that says what a spreadsheet has spoilt in a cell of `column`, None for nothing.

    `example` is one of the field that takes the whole value, "" if there is none.
    """
    with_zeros = _zeros(column, example)

    def fault_of(text: str) -> CellFault | None:
        if not text:
            return CellFault("the cell is empty", "write a value, or - to leave the field out")
        first = text[0]
        if first == "#" and re.fullmatch(SHEET_ERROR, text):
            return CellFault(f"{text} is an error of the spreadsheet", "mend the formula, and save it again")
        if not ("0" <= text[-1] <= "9" or first.isdigit()):
            return unfit(text)
        if re.fullmatch(SHEET_NUMBER, text):
            summary = f"{text} is a number that the spreadsheet has shortened"
            return CellFault(summary, "format the column as text, and write the number anew")
        if re.fullmatch(SHEET_DATE, text):
            summary = f"{text} is a date that the spreadsheet has made"
            return CellFault(summary, "format the column as text, and write it anew")
        if text.isascii() and text.isdigit() and (meant := with_zeros(text)):
            summary = f"{text} is a number that has lost its zeros"
            return CellFault(summary, f"format the column as text, and write {meant} if that is meant")
        return unfit(text)

    return fault_of


def unfit(text: str) -> CellFault | None:
    """Return why a value may not be put into a text, wherever it is from."""
    if text.isprintable() and "${" not in text:
        return None
    if (control := _CONTROL.search(text)) is not None:
        return CellFault(f"it holds {name_of(control[0])}, which nobody can see", "take it out")
    if "${" in text:
        return CellFault("it holds ${, but a value is put in as it is: no name in it counts", "take it out")
    return None


def _zeros(column: Collection[str], example: str) -> Callable[[str], str]:
    """Return a function from a number to its text with zeros, "" if nothing shows that it had some."""
    cells = {cell for cell in column if cell and cell != LEAVE_OUT}
    colours = example.startswith("#") or any(map(_COLOUR.fullmatch, cells))
    padded = {len(cell) for cell in cells if cell.startswith("0") and cell.isascii() and cell.isdigit()}
    whole = {cell for cell in cells if not (cell.isdigit() and len(cell) < _DIGITS)}
    hexes = bool(whole) and all(map(_HEX.fullmatch, whole)) and not all(map(str.isdigit, whole))
    padded.discard(1)
    width = _DIGITS if hexes else (padded.pop() if len(padded) == 1 else 0)

    def with_zeros(text: str) -> str:
        if colours and len(text) <= _DIGITS:
            return "#" + text.zfill(_DIGITS)
        return text.zfill(width) if len(text) < width else ""

    return with_zeros
