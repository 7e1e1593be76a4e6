"""Signed picture URLs in a spec: they would end in the state and in comments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from podsync.model import Path
from podsync.signatures import signing_key


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
