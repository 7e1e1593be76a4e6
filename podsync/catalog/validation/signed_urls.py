"""Texts of any field: signed URLs, which would end in the state and in comments, and odd ones."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from podsync.model.frozen import Path
from podsync.network.signed_url import signing_key

if TYPE_CHECKING:
    from podsync.providers.contract import SpecFault


def signed_urls(spec: Any) -> Iterator[tuple[Path, str]]:
    """Yield each URL with a signature, an expiry or a key: its path in the document, and that key."""
    for path, value in _texts(spec, ("spec",)):
        key = signing_key(value)
        if key is not None:
            yield path, key


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index))


def odd_texts(document: Mapping[str, Any], told: Collection[Path]) -> Iterator[SpecFault]:
    """Yield a warning for each text that looks like another one, or like several; not at `told` paths."""
    for path, text in (*_texts(document.get("labels"), ("labels",)), *_texts(document["spec"], ("spec",))):
        if (text.isascii() and "," not in text and ";" not in text and "|" not in text) or path in told:
            continue
        yield from _odd(path, text)


def _odd(path: Path, text: str) -> Iterator[SpecFault]:
    from podsync.model.characters import hidden, name_of, seen
    from podsync.providers.contract import SpecFault

    if unseen := hidden(text):
        clean = seen(text).strip()
        summary = f"there is an invisible character in the text: {name_of(unseen)}"
        yield SpecFault("odd-text", path, summary, f"type the text anew: {clean}", "warning", clean or None)
    elif text.startswith("https://"):
        if re.search("[,;|] *https?://", text):
            yield SpecFault("odd-url", path, "two URLs stand in it", "keep one of them", "warning")
        elif end := re.search("[,;|]+$", text):
            whole = text[: end.start()]
            told = f"the URL ends with {end[0]}"
            yield SpecFault("odd-url", path, told, f"if that is not a part of it: {whole}", "warning", whole)
    elif isinstance(path[-1], int) and re.search(r"\w[,;|] *\w", text):
        told = "if these are several, make each an item of its own"
        yield SpecFault("odd-text", path, f"{text!r} is one item of the list", told, "warning")
