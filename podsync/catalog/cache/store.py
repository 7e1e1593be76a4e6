"""The cache of a catalog between runs, so that unchanged files are not read.

Only files without faults or warnings are cached, under the digest of their content. A file is recognised by
its `stat` where that is proof, else by its content. It is no proof for a file that was changed shortly before
it was read: a second change within the tick of the disk's clock would look the same (Git calls such a file
racily clean). Its content is compared the next time.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import podsync
from podsync.catalog.cache.table import OF_FILES, OF_PRODUCTS, Table
from podsync.catalog.validation.schemas import sources
from podsync.files.cache_file import FOLDERS, CacheDraft, CacheFile, CacheSections, DamagedCacheError, key_of
from podsync.model.frozen import EMPTY
from podsync.model.json_bytes import compact, parse
from podsync.model.settings import Authoring
from podsync.providers.knowledge import Provider

if TYPE_CHECKING:
    from podsync.catalog.cache.workers import Answer

_NAME = "catalog"
#: Nanoseconds: the coarsest clock of a disk (FAT's) has ticks of two seconds.
_TICK = 2 * 10**9


class CachedTable(NamedTuple):
    """A table as it was saved; columns are read on first use, which may raise DamagedError.

    `files` is their number, `stamp` a digest of all paths and signatures. `sound`: there was no fault between
    the products; `digest` is the catalog's. `needs` are the files that the documents of a file take keys
    from.
    """

    table: Table
    files: int
    stamp: str
    sound: bool
    digest: str
    needs: Mapping[str, Sequence[str]] = EMPTY

    @property
    def tables(self) -> frozenset[str]:
        """All files that documents take keys from."""
        return frozenset(path for paths in self.needs.values() for path in paths)


class CatalogCache(NamedTuple):
    """Caches the records of a catalog below `root`, for these providers and schemas."""

    cache: CacheFile

    @classmethod
    def beside(
        cls, root: os.PathLike[str], providers: "Mapping[str, Provider]", authoring: Authoring = Authoring()
    ) -> "CatalogCache":
        """Return the memory of the folder that podsync works in."""
        return cls(CacheFile(Path(root), FOLDERS, _name(authoring), partial(key, providers, authoring)))

    def recall(self) -> CachedTable | None:
        """Return the last table; None if none can be trusted."""
        kept = self.cache.find()
        if kept is None or len(kept.sizes) != len(_SECTIONS) + 1:
            return None
        try:
            head = parse(kept.section(0))
            counts = dict.fromkeys(OF_FILES, head["files"]) | dict.fromkeys(OF_PRODUCTS, head["products"])
            sound, digest = head["sound"] is True, str(head["digest"])
            needs = {str(path): tuple(map(str, tables)) for path, tables in head["needs"].items()}

            def load(name: str) -> list[str]:
                if name == "tables":  # few files have any, so they are in the head
                    paths = found.paths if needs else [""] * counts[name]
                    return ["\t".join(needs.get(path, ())) for path in paths]
                return _lines(kept, name, counts[name])

            found = Table(load)
            return CachedTable(found, int(head["files"]), str(head["stamp"]), sound, digest, needs)
        except (DamagedCacheError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def remember(self, draft: CacheDraft, known: Table, *, sound: bool, digest: str) -> None:
        """Save a table in place of the last one."""
        if "\n" in "".join((*known.paths, *known.tables)):
            return  # a name of a file is all that could break a column
        files = zip(known.paths, known.tables, strict=True)
        head = {
            "files": len(known.paths),
            "products": len(known.addresses),
            "stamp": stamp(known.paths, known.signatures),
            "sound": sound,
            "digest": digest,
            "needs": {path: tables.split("\t") for path, tables in files if tables},
        }
        self.cache.write(draft, [[compact(head)], *(_pieces(known.column(name)) for name in _SECTIONS)])


_SECTIONS = tuple(name for name in (*OF_FILES, *OF_PRODUCTS) if name != "tables")
#: So many lines of a column are written at once.
_AT_ONCE = 1000


def _pieces(column: Sequence[str]) -> Iterator[bytes]:
    for start in range(0, len(column), _AT_ONCE):
        lines = "\n".join(column[start : start + _AT_ONCE])
        yield f"\n{lines}".encode() if start else lines.encode()


def _lines(kept: CacheSections, name: str, count: int) -> list[str]:
    """Return a column. A line feed only separates its lines."""
    data = kept.section(_SECTIONS.index(name) + 1)
    try:
        lines = data.decode().split("\n") if count else []
    except UnicodeDecodeError:
        lines = []
    if len(lines) != count:
        raise DamagedCacheError(kept.cache.name)
    return lines


def stamp(paths: Sequence[str], signatures: Sequence[str]) -> str:
    """Return a digest of all paths and signatures."""
    text = "\0".join(("\n".join(paths), "\n".join(signatures)))
    return hashlib.sha256(text.encode()).hexdigest()


def provable(answer: "Answer", draft: CacheDraft | None) -> str:
    """Return the signature of a file that was read after `draft` was begun, if it will be proof."""
    if answer is None or draft is None or not draft.dated or answer.changed_at + _TICK >= draft.stamp:
        return ""
    return answer.signature


def _name(authoring: Authoring) -> str:
    """Return the name of the cache file, one for each environment: people switch back and forth."""
    return f"{_NAME}-{authoring.environment}" if authoring.environment else _NAME


def key(providers: "Mapping[str, Provider]", authoring: Authoring = Authoring()) -> str:
    """Return a key of all that a file's verdict depends on but its content: code, schemas, settings."""
    authored = sorted(authoring.variables.items()), *authoring[1:2], *authoring[3:]
    parts = [repr(sorted(providers.items())), repr(authored)]
    parts += [text for _, provider in sorted(providers.items()) for text in sources(provider.kind)]
    modules = {provider.info.package for provider in providers.values()}
    package = Path(podsync.__file__).parent
    # By their files: these are imported only where a file is read.
    rare = {
        str(package / name) for name in ("model/characters.py", "files/foreign.py", "network/signed_url.py")
    }
    always = {"podsync.catalog", "podsync.model", "podsync.providers"}
    return key_of(parts, modules | always | rare)
