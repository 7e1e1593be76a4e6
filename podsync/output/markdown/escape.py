"""Text from the catalog or a provider as GitHub's Markdown: shown as it is, never obeyed.

Entities are used instead of backslashes, because they mean the same in paragraphs, tables and `<summary>`.
What GitHub links after rendering (`@name`, `#1`, URLs, e-mail) is broken by a zero-width space.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from podsync.model.frozen import Json
from podsync.model.position import Position
from podsync.output.colours import colour_name
from podsync.output.escape import safe

#: Characters of a value that are shown.
SHOWN = 120
_PICTURE_LIMIT = 800
_BREAK = "&#8203;"
_ENTITIES = {ord(char): f"&#{ord(char)};" for char in '\\`*_{}[]<>|&~^$@#"'}
#: Behind these, GitHub makes links, mentions, references and emoji of plain text.
_LINKING = re.compile(
    r"@(?=\w)|#(?=\w)|\bGH-(?=\d)|:(?=//)|\bwww(?=\.)|(?<!:):(?=[a-z0-9_+-]+:)|\b(?:mailto|xmpp)(?=:)",
    re.IGNORECASE,
)
_LEADING = re.compile(r"^(\s*)([-+.:=]|\d+(?=[.)]))")
_CODE = re.compile(r"[A-Za-z0-9.-](?:[A-Za-z0-9_./,+ '()*=;!?%-]|:(?!:))*")
_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_MARK = "\x00"


def clip(text: str, most: int = SHOWN) -> str:
    """Cut the middle out of `text` when it has more than `most` characters (not columns: some have none)."""
    if len(text) <= most:
        return text
    tail = most * 2 // 5
    return f"{text[: most - tail - 1]}…{text[len(text) - tail :]}"


def plain(text: str, most: int = SHOWN) -> str:
    """Return text that renders as itself, anywhere behind the beginning of a line.

    It takes at most about four bytes for each of `most` characters, whatever they are.
    """
    shown = _escaped(safe(clip(text, most)))
    shown = f"&#32;{shown[1:]}" if shown.startswith(" ") else shown  # four of them would begin code
    return shown if size(shown) <= 4 * most else _escaped(safe(clip(text, max(most // 4, 8))))


def _escaped(text: str) -> str:
    broken = _LINKING.sub(lambda match: match[0] + _MARK, text)
    return _LEADING.sub(_harmless, broken.translate(_ENTITIES).replace(_MARK, _BREAK))


def _harmless(match: re.Match[str]) -> str:
    """Keep a leading dash or number from making a list: an item may begin with this text."""
    first = match[2]
    shown = f"&#{ord(first)};" if not first.isalnum() else first + _BREAK
    return match[1] + shown


def written(value: Json) -> str:
    """Return any value of a spec as text, not yet escaped."""
    from podsync.output.product import text_of

    return clip(value, 4 * SHOWN) if isinstance(value, str) else text_of(value)


def code(text: str, most: int = SHOWN) -> str:
    """Return text in a fixed-width face; where it could end a code span, as HTML."""
    shown = clip(text, most)
    if not shown.isascii() or _CODE.fullmatch(shown) is None or shown.endswith(" "):
        return f"<code>{plain(shown, most)}</code>"
    return f"`{shown}`"


def placed(at: Position | None) -> str:
    """Return `file:line`, "" where there is none."""
    return "" if at is None else code(f"{clip(at.path, 100)}:{at.line}")


def colour(value: str) -> str:
    """Return `#A72525` in backticks, beside which GitHub shows a swatch, and the nearest colour's name."""
    if _HEX.fullmatch(value) is None:
        return plain(value)
    return f"`{value}` {colour_name(value)}".rstrip()


def picture(url: Json, alt: str, width: int = 72) -> str:
    """Return a thumbnail, "" for what is no plain `https` address. GitHub fetches it through its proxy."""
    address = _address(url)
    if not address:
        return ""
    return f'<img src="{address}" width="{width}" alt="{plain(alt, 60)}">'


def link(text: str, url: str) -> str:
    """Return a link to an address of our own; the bare words when it is no `https` address."""
    address = _address(url)
    return f'<a href="{address}">{plain(text)}</a>' if address else plain(text)


def _address(url: Json) -> str:
    """Return an `https` URL that is safe in an attribute, "" for anything else."""
    if not isinstance(url, str) or not url.startswith("https://") or len(url) > _PICTURE_LIMIT:
        return ""
    try:
        parts = urlsplit(url)
        host, user, _ = parts.hostname, parts.username, parts.port
    except ValueError:
        return ""
    if not host or user is not None or re.fullmatch(r"[A-Za-z0-9.-]+(:\d+)?", parts.netloc) is None:
        return ""
    whole = quote(url, safe="%/:=&?~+!,;@.-_#", errors="replace").replace("::", ":%3A")
    return whole.replace("&", "&amp;")


def row(cells: Iterable[str]) -> str:
    """Return one row of a table; the cells are Markdown in one line each."""
    return f"| {' | '.join(cells)} |"


def size(text: str) -> int:
    """Return what GitHub's limits may count of a line: bytes are never fewer than characters."""
    return len(text.encode("utf-8", "replace")) + 1
