"""Lines on a page of a given width: measuring, wrapping, shortening, putting side by side."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from unicodedata import combining, east_asian_width

from podsync.output.style import SGR

#: Between two columns on one line.
GAP = "  "
#: Where the right edge of a wider page is: on the way to a place further off, eyes lose the line.
FAR = 120
#: Below the header line of a product.
INDENT = " " * 6


def cells(text: str) -> int:
    """Return how many terminal columns `text` takes; colours take none, wide characters two."""
    if "\x1b" in text:
        text = SGR.sub("", text)
    if text.isascii():
        return len(text)
    return sum(_cells(char) for char in text)


#: Joiners and variant selectors (text, emoji): part of the character before them.
_JOINING = frozenset("\u200c\u200d\ufe0e\ufe0f")


def _cells(char: str) -> int:
    return 0 if combining(char) or char in _JOINING else 2 if east_asian_width(char) in "WF" else 1


def pad(text: str, columns: int) -> str:
    """Fill up with spaces to `columns`."""
    return (
        text.ljust(columns) if text.isascii() and "\x1b" not in text else text + " " * (columns - cells(text))
    )


def head_of(text: str, columns: int) -> str:
    """Return the longest beginning of `text` that takes at most `columns`."""
    if text.isascii():
        return text[: max(columns, 0)]
    taken = 0
    for index, char in enumerate(text):
        taken += _cells(char)
        if taken > columns:
            return text[:index]
    return text


def tail_of(text: str, columns: int) -> str:
    """Return the longest end of `text` that takes at most `columns`."""
    return head_of(text[::-1], columns)[::-1]


def shorten(text: str, columns: int | None) -> str:
    """Cut the middle out of unpainted text that is too long; None: there is room for all of it."""
    if columns is None or cells(text) <= columns:
        return text
    room = max(columns - 1, 2)
    tail = room * 2 // 5
    return head_of(text, room - tail) + "…" + tail_of(text, tail)


def short_name(name: str) -> str:
    """Shorten a name, of a product or a model, that stands in a line with other facts."""
    return shorten(name, 60)


_URL = r"(?P<scheme>https?://)(?P<host>[^/?#]+)/(?P<path>.+)"


def short_url(url: str, columns: int | None) -> str:
    """Shorten a URL to its host and its last parts, which tell pictures apart: `host/…/day/name.png`."""
    match = re.fullmatch(_URL, url)
    if columns is None or cells(url) <= columns or match is None:
        return shorten(url, columns)
    scheme = "" if match["scheme"] == "https://" else match["scheme"]
    parts = match["path"].split("/")
    for kept in (2, 1):
        short = f"{scheme}{match['host']}/…/{'/'.join(parts[-kept:])}"
        if len(parts) > kept and cells(short) <= columns:
            return short
    return shorten(f"…/{parts[-1]}", columns)


#: A command to paste, to the end of the text or to where the text says that it ends. Few runs print one.
_COMMAND = r"(?:(?<=: )|(?<=\())\S*podsync \S.*?(?=, |; |\)|$)"


def wrap(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    """Break `text` at spaces, but no command; a longer word has its own line. `rest` begins later lines."""
    parts = text.split(" ") if "podsync " not in text else _words(text)
    return _flow(parts, " ", width, first, first if rest is None else rest)


def _words(text: str) -> list[str]:
    """Return the words of a text, a command and what touches it as one."""
    whole = re.sub(_COMMAND, lambda match: match[0].replace(" ", "\n"), text)
    return [word.replace("\n", " ") for word in whole.split(" ")]


def facts(parts: Iterable[str], width: int, first: str = "", rest: str | None = None) -> list[str]:
    """Join short facts by dots, on as many lines as they need; one longer than a line breaks at spaces."""
    lines = _flow([part for part in parts if part], " · ", width, first, first if rest is None else rest)
    if all(cells(line) <= width for line in lines):
        return lines
    return [short for line in lines for short in _broken(line, width)]


def _broken(line: str, width: int) -> list[str]:
    text = line.lstrip(" ")
    indent = line[: len(line) - len(text)]
    return wrap(text, width, indent, indent + GAP) if cells(line) > width else [line]


def _flow(parts: Sequence[str], separator: str, width: int, first: str, rest: str) -> list[str]:
    lines: list[str] = []
    line, start, taken = first, True, cells(first)
    step = len(separator)
    for part in parts:
        size = cells(part)
        if start or taken + step + size <= width:
            line += part if start else separator + part
            taken += size + (0 if start else step)
        else:
            lines.append(line)
            line, taken = rest + part, cells(rest) + size
        start = False
    return [*lines, line]


def beside(left: str, right: str, width: int, indent: str = INDENT) -> list[str]:
    """Put `right` at the right edge; where there is no room for it, on a line of its own."""
    if not right:
        return [left]
    taken = cells(left) + cells(right)
    if taken + len(GAP) > width:
        return [left, indent + right]
    return [left + " " * max(min(width, FAR) - taken, len(GAP)) + right]


def spaced(blocks: Iterable[Iterable[str]]) -> list[str]:
    """Return the lines of all blocks, an empty line behind each one that has any."""
    return [line for found in map(list, blocks) if found for line in (*found, "")]


def page(lines: Iterable[str]) -> str:
    """Join lines to a text that ends with a newline, and in which nothing is a GitHub runner command.

    The runner looks behind leading spaces for `::`, and for `##[` anywhere in a line. Text from
    outside is escaped already; this is for what comes together only by wrapping and marking.
    """
    text = "".join([line.rstrip() + "\n" for line in lines])
    if "::" not in text and "##[" not in text:
        return text
    return "\n".join(map(_no_command, text.replace("##[", "##\\x5b").split("\n")))


def _no_command(line: str) -> str:
    bare = SGR.sub("", line).lstrip() if "::" in line else ""
    return line.replace("::", "\\x3a:", 1) if bare.startswith("::") else line
