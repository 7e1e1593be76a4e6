"""The patch that accepts drift: for `git apply` in the folder that podsync works in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path
from typing import NamedTuple

from podsync.catalog.accepting import AcceptedField, accepted, can_be_written, listing_more, without
from podsync.catalog.discovery import FoundFile, read_bytes
from podsync.catalog.parsing.document import ParsedFile
from podsync.catalog.parsing.yaml_reader import read
from podsync.model.diagnostic import Diagnostic, Edit, mended
from podsync.plan.drift.compare import DriftKind
from podsync.plan.drift.values import Drift

#: The file that holds what is let go, beside the products.
_REMOVED = "removed.yaml"


class Patch(NamedTuple):
    """The text of a patch, and what could not be put into it."""

    text: str
    left: tuple[str, ...]


def patch_of(drift: Sequence[Drift], root: Path, catalog: str, settings: str) -> Patch:
    """Return the patch that accepts all of this drift; `catalog` and `settings` are paths below `root`.

    A changed value goes into its document, what is gone loses its document, a twin is ignored from now on.
    """
    writer = _PatchWriter(root, catalog, settings)
    for each in drift:
        writer.add(each)
    return Patch("".join(writer.diffs()), tuple(writer.left))


class _PatchWriter:
    def __init__(self, root: Path, catalog: str, settings: str) -> None:
        self._root, self._catalog, self._settings = root, catalog, settings
        self._changed: dict[str, list[Drift]] = defaultdict(list)
        self._gone: dict[str, list[Drift]] = defaultdict(list)
        self._twins: list[Drift] = []
        self.left: list[str] = []

    def add(self, drift: Drift) -> None:
        """Take one product in."""
        if drift.kind is DriftKind.TWIN:
            self._twins.append(drift)
        elif drift.kind in (DriftKind.CHANGED, DriftKind.GONE) and drift.source is not None:
            group = self._changed if drift.kind is DriftKind.CHANGED else self._gone
            group[drift.source.path].append(drift)
        elif drift.kind is DriftKind.CHANGED:
            self.left.append(f"{drift.address}: it has no document")

    def diffs(self) -> list[str]:
        """Return the diff of each file that changes, in the order of their paths."""
        after: dict[str, str] = {}
        before: dict[str, str] = {}
        for path in sorted({*self._changed, *self._gone}):
            parsed = self._parsed(path)
            if parsed is not None:
                before[path] = parsed.text.content
                after[path] = self._edited(path, parsed)
        gone = sorted(str(each.address) for group in self._gone.values() for each in group)
        if gone:
            self._list(before, after, f"{self._catalog}/{_REMOVED}", ("removed",), gone)
        ids: dict[str, list[str]] = defaultdict(list)
        for each in self._twins:
            ids[each.provider] += each.twins
        for provider, some in sorted(ids.items()):
            self._list(before, after, self._settings, ("ignore", provider), sorted(set(some)))
        return [
            diff(path, before[path], after[path]) for path in sorted(after) if before[path] != after[path]
        ]

    def _list(
        self,
        before: dict[str, str],
        after: dict[str, str],
        path: str,
        keys: tuple[str, ...],
        items: list[str],
    ) -> None:
        if path not in after:
            parsed = self._parsed(path)
            before[path] = after[path] = parsed.text.content if parsed is not None else ""
        after[path] = listing_more(after[path], keys, items)

    def _parsed(self, path: str) -> ParsedFile | None:
        raw = read_bytes(FoundFile(str(self._root / path), path))
        return None if isinstance(raw, Diagnostic) else read(path, raw)

    def _edited(self, path: str, parsed: ParsedFile) -> str:
        """Return the content of a file after all that is accepted in it."""
        documents = {f"{each.data.get('kind')}.{each.data.get('name')}": each for each in parsed.documents}
        fixes: list[Edit] = []
        for drift in self._changed.get(path, ()):
            document = documents.get(str(drift.address))
            fields = [AcceptedField(*each[:2], each.listed) for each in drift.fields]
            written = [each for each in fields if can_be_written(each.listed)]
            self.left += [
                f"{drift.address}: {each.field} has to be written by hand"
                for each in fields
                if each not in written
            ]
            if document is not None and written:
                fixes += accepted(document, written)
        content = mended(parsed.text.content, tuple(fixes))
        for drift in self._gone.get(path, ()):
            again = read(path, content.encode()).documents
            name = (drift.address.kind, drift.address.name)
            found = [each for each in again if (each.data.get("kind"), each.data.get("name")) == name]
            content = without(content, found[0], again) if found else content
        return content


def diff(path: str, before: str, after: str) -> str:
    """Return a unified diff as `git apply` takes it in the folder that the path is relative to."""
    tab = "\t" if " " in path else ""
    old = f"a/{path}{tab}" if before else "/dev/null"
    new = f"b/{path}{tab}" if after else "/dev/null"
    lines = unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), old, new)
    unended = "\n\\ No newline at end of file\n"
    return "".join(line if line.endswith("\n") else line + unended for line in lines)
