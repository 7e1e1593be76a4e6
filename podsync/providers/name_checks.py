"""What is odd about a text that is sent: no API can take it back, and people order by a name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from podsync.model.diagnostic import SpecFault
from podsync.model.frozen import Path, Spec

_ENTITY = r"&(?:amp|lt|gt|quot|apos|nbsp|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});"
#: What UTF-8 becomes when somebody reads it as Windows-1252: `Ã¤`, `â€™`.
_MISREAD = "[\u00c2-\u00c5\u00e2][\u0080-\u00bf\u0152-\u0178\u02c6-\u02dc\u2013-\u2122]"


def odd_name(field: str, spec: Spec) -> Iterable[SpecFault]:
    """Return a warning for each thing that is odd about the name in `field`; most names are plain."""
    name = spec.get(field, "")
    if not name.isascii() or name != " ".join(name.split()) or "&" in name:
        return _odd((field,), name, "name", "odd-name")
    return ()


def odd_url(path: Path, url: str) -> Iterable[SpecFault]:
    """Return a warning for what nobody sees in a URL, or what a web page has escaped in it."""
    if not url.isascii() or "&" in url:
        return _odd(path, url, "URL", "odd-url")
    return ()


def _odd(path: Path, text: str, noun: str, rule: str) -> Iterator[SpecFault]:
    from podsync.model.characters import folded, hidden, is_curly, name_of, seen, unwrapped

    def warning(summary: str, detail: str, instead: str | None) -> SpecFault:
        remedy = f"{detail}: {instead}" if instead and instead.strip() else detail
        return SpecFault(rule, path, summary, remedy, "warning", instead or None)

    if text != text.strip() and not hidden(text):
        summary = f"the {noun} begins or ends with a space"
        yield warning(summary, "remove it, also inside the quotes", text.strip())
    unseen = hidden(text)
    if unseen:
        summary = f"there is an invisible character in the {noun}: {name_of(unseen)}"
        clean = seen(text).strip() if noun == "name" else "".join(seen(text).split())
        yield warning(summary, f"type the {noun} anew", clean)
    elif "  " in text.strip():
        yield warning(f"there are two spaces in a row in the {noun}", "write one", folded(text))
    if entity := re.search(_ENTITY, text):
        import html

        summary = f"{entity[0]} is how HTML writes a character; the {noun} is no HTML"
        yield warning(summary, "write the character itself", html.unescape(text))
    if len(text) > 1 and is_curly(text[0]) and is_curly(text[-1]):
        remedy = "YAML knows the straight ones only: \" or '"
        yield warning(f"the curly quotes are part of the {noun}", remedy, unwrapped(text))
    if (right := _read_right(text)) is not None:
        summary = f"the {noun} was UTF-8 and has been read as something else"
        yield warning(summary, "write it anew", right)


def _read_right(text: str) -> str | None:
    """Return what a text was before somebody read its UTF-8 as Windows-1252; None for any other text."""
    if re.search(_MISREAD, text) is None:
        return None
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return None
