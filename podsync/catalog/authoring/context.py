"""What documents may draw on besides themselves, read once for a run: defaults, tables, variables."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from hashlib import blake2b
from pathlib import Path

from podsync.catalog.authoring.chains import Chains, combined
from podsync.catalog.discovery import FoundFile, Signed, read_bytes, read_signed, shown, walk, within
from podsync.catalog.parsing.document import Document, ParsedFile
from podsync.catalog.parsing.source_text import START, Text
from podsync.model.diagnostic import Diagnostic
from podsync.model.digests import short_digest
from podsync.model.position import Position, Span
from podsync.model.settings import Authoring


class AuthoringContext:
    """The files around a catalog's documents; each is read once. `defaults` are its `_defaults.yaml`."""

    def __init__(
        self, root: Path, folder: Path, settings: Authoring = Authoring(), defaults: Sequence[FoundFile] = ()
    ) -> None:
        self.settings = settings
        self.root = root
        self._folder = os.path.realpath(folder)
        self.defaults = tuple(defaults)
        #: Returns the defaults for the file at a path, those of the outermost folder first.
        self.chain_of = Chains(defaults).of
        self._parsed: dict[str, ParsedFile] = {}
        #: The faults of each `_defaults.yaml` that was read.
        self.judged: dict[str, tuple[Diagnostic, ...]] = {}
        self.signed = lru_cache(maxsize=None)(read_signed)

    @classmethod
    def of(cls, root: Path, folder: Path, settings: Authoring) -> AuthoringContext:
        """Return the context of a catalog, after a search for its defaults."""
        return cls(root, folder, settings, walk([folder] if folder.is_dir() else [], root).defaults)

    def needs(self, path: str, tables: Iterable[str] = ()) -> tuple[FoundFile, ...]:
        """Return the files that the file at `path` depends on: its defaults, and `tables` by path."""
        found = (FoundFile(os.path.join(self.root, each), each) for each in tables)  # noqa: PTH118
        return (*self.chain_of(path), *found)

    def parsed(self, found: FoundFile) -> ParsedFile:
        """Read a YAML file with the place of every value; one that cannot be read has a diagnostic."""
        if found.path not in self._parsed:
            signed = self.signed(found)
            if isinstance(signed, Diagnostic):
                self._parsed[found.path] = ParsedFile(Text(found.path, ""), (), (signed,))
            else:
                self._parsed[found.path] = _read(found.path, signed.raw)
        return self._parsed[found.path]

    def line_at(self, at: Position) -> str:
        """Return the line of a position in a table or in defaults."""
        signed = self.signed(FoundFile(os.path.join(self.root, at.path), at.path))  # noqa: PTH118
        if isinstance(signed, Diagnostic):
            return ""
        content = signed.raw.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
        return Text(at.path, content).line(at.line)

    # -- where a table is

    def beside(self, document: FoundFile, name: str) -> FoundFile:
        """Return the file that a document calls `name`."""
        location = os.path.normpath(os.path.join(os.path.dirname(document.location), name))  # noqa: PTH118, PTH120
        return FoundFile(location, shown(location, self.root))

    def stays_inside(self, document: FoundFile, found: FoundFile) -> bool:
        """Whether a file is in the catalog, links resolved; for a document elsewhere, in its folder."""
        real, own = os.path.realpath(found.location), os.path.realpath(os.path.dirname(document.location))  # noqa: PTH120
        limits = self._folder if within(own, self._folder) else own
        return within(real, limits)

    # -- dependencies, for the cache

    def digest(self, own: str, needs: Sequence[FoundFile]) -> str:
        """Return a digest of a file's content and of all its dependencies."""
        if not needs:
            return own
        contents = [signed.raw if isinstance(signed := self.signed(f), Signed) else b"" for f in needs]
        return short_digest([own, *(blake2b(raw, digest_size=16).hexdigest() for raw in contents)])

    def signature(self, own: str, needs: Sequence[FoundFile]) -> str:
        """Return a file's signature together with those of all it depends on; empty where one has none."""
        found = [s.signature if isinstance(s := self.signed(f), Signed) else "" for f in needs]
        return combined(own, found) if found else own

    def changed_at(self, own: int, needs: Sequence[FoundFile]) -> int:
        """Return when the youngest of these files was changed, in nanoseconds."""
        found = (self.signed(each) for each in needs)
        return max([own, *(each.changed_at for each in found if isinstance(each, Signed))])

    # -- variables

    def place_of(self, variable: str) -> tuple[Text, Span]:
        """Return where the settings define a variable: the chosen environment first, then the top level.

        Then the other environments, the last one first: its value holds there.
        """
        found, chosen = self._read_settings, self.settings.environment
        if found is None:
            return Text(self.settings.file, ""), START
        others = reversed(self.settings.environments)
        own, *inner = [("environments", name, "vars", variable) for name in (chosen, *others)]
        spans = (found.places.get(path) for path in (own, ("vars", variable), *inner))
        return found.text, next(filter(None, spans), START)

    @cached_property
    def _read_settings(self) -> Document | None:
        location = os.path.join(self.root, self.settings.file)  # noqa: PTH118
        found = FoundFile(location, shown(location, self.root))
        raw = read_bytes(found)
        documents = () if isinstance(raw, Diagnostic) else _read(found.path, raw).documents
        return documents[0] if documents else None


def _read(path: str, raw: bytes) -> ParsedFile:
    """Read with all places; most runs meet no file that others draw on."""
    from podsync.catalog.parsing.yaml_reader import read

    return read(path, raw)
