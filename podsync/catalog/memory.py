"""What is remembered of a catalog from run to run, so that a file that has not changed is not read.

Only files without any fault or warning are remembered, under the digest of their content. A file is
known again by what `stat` says of it, where that is proof; else by its content. It is no proof for a
file that was changed shortly before it was read: a second change within the tick of the disk's clock
would look the same (Git calls such a file racily clean). Then its content is asked again next time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from podsync.cache import FOLDERS, Cache, DamagedError, Draft, Kept, key_of
from podsync.catalog import table
from podsync.catalog.files import Found, signature_of
from podsync.catalog.schema import schema_text
from podsync.catalog.table import Table

if TYPE_CHECKING:
    from podsync.catalog.crew import Answer
    from podsync.ports import Provider

#: A smaller catalog is read about as soon as its cache is; and nothing appears in a new folder.
WORTH_A_CACHE = 100
#: Nanoseconds: the coarsest clock of a disk (FAT's) has ticks of two seconds.
_TICK = 2 * 10**9


class Remembered(NamedTuple):
    """A table as it was saved. `sound`: nothing was wrong between the products; `digest`: the catalog's."""

    table: Table
    sound: bool
    digest: str


@dataclass(frozen=True, slots=True)
class Memory:
    """Keeps what a catalog's files hold, below `root`, for these providers and schemas."""

    cache: Cache

    @classmethod
    def beside(cls, root: os.PathLike[str], providers: Mapping[str, Provider]) -> Memory:
        """Return the memory of the folder that podsync works in."""
        return cls(Cache(Path(root), FOLDERS, "catalog", key(providers)))

    def recall(self) -> Remembered | None:
        """Return what was remembered last; None where there is nothing that can be trusted."""
        kept = self.cache.find()
        if kept is None or len(kept.sizes) != 3:
            return None
        try:
            told = json.loads(kept.section(0))
            found = table.load(
                told["columns"], lambda: _lines(kept, 1, found), lambda: _lines(kept, 2, found)
            )
            return Remembered(found, told["sound"] is True, str(told["digest"]))
        except (DamagedError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    def remember(self, draft: Draft, known: Table, *, sound: bool, digest: str) -> None:
        """Save a table in place of the last one."""
        head = {"columns": table.dump(known), "sound": sound, "digest": digest}
        sections = [json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()]
        sections += ["\n".join(known.traits).encode(), "\n".join(known.bodies).encode()]
        self.cache.write(draft, sections)


def _lines(kept: Kept, number: int, known: Table) -> list[str]:
    """Return a column of texts, of which JSON and hex leave no line feeds; raises DamagedError."""
    lines = kept.section(number).decode().split("\n") if known.addresses else []
    if len(lines) != len(known.addresses):
        raise DamagedError(kept.cache.name)
    return lines


def signatures(files: Sequence[Found]) -> list[str]:
    """Return what `stat` says of each file now; empty where it is no proof or says nothing."""
    if os.name != "posix":
        return [""] * len(files)  # the time of the last change is not told there
    found = []
    for file in files:
        try:
            found.append(signature_of(os.stat(file.location)))  # noqa: PTH116 (called once per file)
        except OSError:
            found.append("")
    return found


def provable(answer: Answer, draft: Draft | None) -> str:
    """Return the signature of a file that was read after `draft` was begun, if it will be proof."""
    if answer is None or draft is None or answer.changed_at + _TICK >= draft.stamp:
        return ""
    return answer.signature


def key(providers: Mapping[str, Provider]) -> str:
    """Name all that the verdict on a file depends on beside its content: code, schemas, settings."""
    parts = [repr(sorted(providers.items()))]
    parts += [schema_text(provider.kind) for _, provider in sorted(providers.items())]
    modules = {type(provider).__module__ for provider in providers.values()}
    return key_of(parts, modules | {"podsync.catalog", "podsync.model", "podsync.signatures"})
