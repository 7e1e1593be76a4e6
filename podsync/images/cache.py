"""Seen pictures, in `.podsync/pictures.json`; a server that answers "not modified" is trusted.

The file is disposable. A file that is missing, damaged, written by another version, or without this user's
seal (see `podsync.files.seal`) counts as empty: every picture is fetched again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import astuple, fields
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
    return entry | {"header": list(astuple(seen.header))}


#: A field's annotation -> the types that its values have.
_TYPES: Final[Mapping[Any, tuple[type, ...]]] = {
    "str": (str,), "str | None": (str, type(None)), "int | None": (int, type(None)),
    "bool | None": (bool, type(None)), "Verdict": (str,), "Header": (Header,),
}  # fmt: skip


def _seen(entry: Any) -> SeenImage:
    header = Header(*entry["header"])
    seen = SeenImage(**{**entry, "header": header})
    typed = all(type(getattr(one, f.name)) in _TYPES[f.type] for one in (seen, header) for f in fields(one))
    sent_back = f"{seen.etag}{seen.modified}"
    if not (typed and header.verdict in _VERDICTS and sent_back.isascii() and sent_back.isprintable()):
        raise ValueError("not an entry of ours")
    return seen
