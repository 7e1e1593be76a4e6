"""A page of help as text for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO
from typing import ClassVar

from rich.console import Console, ConsoleOptions
from rich.markdown import CodeBlock, Heading, Markdown
from rich.text import Text
from rich.theme import Theme

from podsync.output.style import Style

#: Bold is readable on every background.
_BOLD = Theme(
    {
        **dict.fromkeys(("markdown.code", "markdown.h1", "markdown.h2", "markdown.h3"), "bold"),
        **dict.fromkeys(("markdown.table.border", "markdown.table.header", "markdown.item.bullet"), "none"),
    }
)


class _PageHeading(Heading):
    """A heading at the left edge."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        yield Text(self.text.plain, style=self.style_name)


class _PageCode(CodeBlock):
    """Commands to paste: no line of them is broken."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        for line in self.text.plain.rstrip("\n").split("\n"):
            yield Text(f"    {line}".rstrip(), no_wrap=True, overflow="ignore")


class _HelpPage(Markdown):
    elements: ClassVar = {**Markdown.elements, "heading_open": _PageHeading, "fence": _PageCode}


def rendered(text: str, style: Style, width: int) -> str:
    """Return a page in Markdown at most `width` columns wide, commands as they are."""
    page = _HelpPage(text, hyperlinks=False)
    for word in (child for token in page.parsed for child in token.children or ()):
        if word.type == "code_inline":  # not every terminal shows what is bold
            word.content = f"`{word.content}`"
    console = Console(
        file=StringIO(), width=width, color_system="standard" if style.colour else None, theme=_BOLD
    )
    with console.capture() as captured:
        console.print(page, highlight=False, crop=False)
    shown = re.sub(r"(?: |\x1b\[1m +\x1b\[0m)+$", "", captured.get(), flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", shown).rstrip() + "\n"
