"""Seen pictures, in `.podsync/pictures.json`; a server that answers "not modified" is trusted.

The file is disposable. A file that is missing, damaged, written by another version, or without this user's
seal (see `podsync.files.seal`) counts as empty: every picture is fetched again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from podsync.files.notes import Note
from podsync.images.facts import SeenImage
from podsync.images.formats import Header

#: Increased when the meaning of the recorded facts changes.
VERSION: Final = 2
_LIMIT = 64 * 1024 * 1024
_VERDICTS: Final = frozenset({"picture", "unusual", "damaged", "other"})


class ImageCache:
    """Remembers what can be asked about again: a `SeenImage` with an ETag or a date."""

    def __init__(self, folder: Path) -> None:
        self._note = Note(folder, "pictures.json", f"pictures {os.path.realpath(folder)}", _LIMIT)

    def read(self) -> dict[str, SeenImage]:
        """Return URL -> seen picture; empty if the file cannot be trusted to the last byte."""
        try:
            note, own = self._note.read()
            believed = note["seen"] if own and note["version"] == VERSION else {}
            return {url: _seen(entry) for url, entry in believed.items()}
        except (LookupError, TypeError, ValueError, AttributeError):
            return {}

    def write(self, seen: Mapping[str, SeenImage]) -> None:
        """Remember; what cannot be written is looked at again next time."""
        kept = {url: _entry(one) for url, one in seen.items() if one.etag or one.modified}
        with suppress(OSError):
            self._note.write({"version": VERSION, "seen": kept})


def _entry(seen: SeenImage) -> dict[str, Any]:
    entry = {field.name: getattr(seen, field.name) for field in fields(seen)}
    header = seen.header
    return entry | {"header": [header.verdict, header.kind, header.width, header.height, header.alpha]}


def _seen(entry: Any) -> SeenImage:
    verdict, kind, width, height, alpha = entry["header"]
    header = Header(verdict, kind, width, height, alpha)
    seen = SeenImage(**{**entry, "header": header})
    texts = (
        kind,
        seen.start,
        seen.etag,
        seen.modified,
        seen.final,
        seen.signed,
        seen.expires,
        seen.media_type,
    )
    numbers = (width, height, seen.size)
    sound = (
        verdict in _VERDICTS
        and all(type(text) is str for text in texts)
        and all(number is None or type(number) is int for number in numbers)
        and (alpha is None or type(alpha) is bool)
        and (seen.digest is None or type(seen.digest) is str)
        and (seen.etag + seen.modified).isascii()
        and (seen.etag + seen.modified).isprintable()
    )
    if not sound:
        raise ValueError("not an entry of ours")
    return seen
