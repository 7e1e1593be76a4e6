"""Which defaults hold for a file, and what makes a file's signature one with those of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from podsync.catalog.discovery import FoundFile


class Chains:
    """The `_defaults.yaml` of a catalog, by folder."""

    def __init__(self, defaults: Sequence[FoundFile]) -> None:
        self._own: Mapping[str, FoundFile] = {each.path.rpartition("/")[0]: each for each in defaults}
        self._known: dict[str, tuple[FoundFile, ...]] = {}

    def of(self, path: str) -> tuple[FoundFile, ...]:
        """Return those for the file at `path`, that of the outermost folder first."""
        return self._of_folder(path.rpartition("/")[0]) if self._own else ()

    def _of_folder(self, folder: str) -> tuple[FoundFile, ...]:
        found = self._known.get(folder)
        if found is None:
            above = self._of_folder(folder.rpartition("/")[0]) if folder else ()
            found = (*above, self._own[folder]) if folder in self._own else above
            self._known[folder] = found
        return found


def combined(own: str, others: Iterable[str]) -> str:
    """Return one signature for a file and its dependencies; empty if one of them has none."""
    signatures = [own, *others]
    return "" if "" in signatures else "+".join(signatures)
