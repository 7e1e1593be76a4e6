"""A page of help as text for a terminal: the little Markdown that the pages use."""

from __future__ import annotations

import re
from collections.abc import Iterator

from podsync.output.layout import wrap
from podsync.output.style import Style

_LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
_BOLD = re.compile(r"\*\*([^*]+)\*\*")
_ITALIC = re.compile(r"(?<![*\w])\*([^*\s][^*]*)\*(?![*\w])")
_CODE = re.compile(r"`([^`]+)`")
_RULE = re.compile(r"\|(?:\s*:?-+:?\s*\|)+")
_ITEM = re.compile(r"(\s*)([-*]|\d+\.) +(.*)")


def rendered(text: str, style: Style, width: int) -> str:
    """Return the page: headings, wrapped paragraphs, lists, tables row by row, code as it is."""
    return "\n".join(_HelpPage(style, width).lines(text.split("\n"))).rstrip() + "\n"


class _HelpPage:
    def __init__(self, style: Style, width: int) -> None:
        self._style = style
        self._width = width
        self._head: list[str] = []

    def lines(self, lines: list[str]) -> Iterator[str]:
        """Yield what each line becomes; empty lines stay."""
        code = False
        for line in lines:
            if line.lstrip().startswith("```"):
                code = not code
            elif code:
                yield f"    {line}".rstrip()
            elif line.startswith("|"):
                yield from self._row(line)
            else:
                self._head = []
                yield from self._prose(line)

    def _prose(self, line: str) -> Iterator[str]:
        heading = re.match(r"#+ (.*)", line)
        if heading:
            yield self._style.bold(self._inline(heading[1]))
            return
        item = _ITEM.match(line)
        if item:
            label = f"{item[1]}{item[2]} "
            yield from wrap(self._inline(item[3]), self._width, label, " " * len(label))
        else:
            yield from wrap(self._inline(line.strip()), self._width) if line.strip() else [""]

    def _row(self, line: str) -> Iterator[str]:
        """Yield a row of a table: its first cell, and below it the others with the names of their columns."""
        if _RULE.fullmatch(line.strip()):
            return
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        if not self._head:
            self._head = cells
            return
        first, *others = cells
        shown = [(name, cell) for name, cell in zip(self._head[1:], others, strict=False) if cell]
        yield from wrap(self._style.bold(self._inline(first)), self._width, "  ", "    ")
        for name, cell in shown:
            lead = f"{self._inline(name)}: " if name and len(shown) > 1 else ""
            yield from wrap(lead + self._inline(cell), self._width, "      ", "      ")

    def _inline(self, text: str) -> str:
        text = _LINK.sub(lambda link: link[1] if link[2].startswith("#") else f"{link[1]} ({link[2]})", text)
        text = _BOLD.sub(lambda bold: self._style.bold(bold[1]), text)
        text = _ITALIC.sub(r"\1", text)
        return _CODE.sub(
            lambda code: self._style.bold(code[1]) if self._style.colour else f"`{code[1]}`", text
        )
