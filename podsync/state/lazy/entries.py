"""Reads a large state file without making its entries: each is cut out of the file when it is needed.

The file that `statefile.dumps` writes has one line `  "kind.dino": {` for each entry, and
no other line that is indented by two spaces and opens an object there. A file of that form is the same
as its head and tail (read as a state without entries) and the entries between them (each read alone).
Any other file is read whole. Once all entries of a file were read and found good, an outline of them is
remembered under the digest of the file's content: the next time they are not read at all.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from podsync.files.cache_file import FOLDERS, CacheFile, DamagedCacheError, key_of
from podsync.model.errors import StateError
from podsync.model.json_bytes import compact, parse
from podsync.state.formats import statefile
from podsync.state.model import LazyEntries, Outline, State
from podsync.state.store import changed

if TYPE_CHECKING:
    from podsync.state.entries import Entry

#: A smaller file is read whole: that takes no longer than to look for its outline.
WORTH_AN_OUTLINE = 100_000
#: A larger file is read again for the entries that are needed: that takes longer, and holds less.
HELD = 1 << 24
_BEGIN, _END = b'\n "entries": {\n', b"\n }"
#: What follows an entry, and behind the last one.
_BETWEEN, _LAST = b"\n  },\n", b"\n  }"


class _Form(NamedTuple):
    """The places in a file: the entries as a whole, and the length of each."""

    start: int
    end: int
    lengths: tuple[int, ...]

    def rest(self, data: bytes) -> bytes:
        return data[: self.start - 1] + data[self.end + 1 :]


class Outlines(NamedTuple):
    """Remembers the outline of one state file of `worth` bytes or more.

    `read` reads the file again, in pieces; one of at most `held` bytes is kept for its first question.
    """

    cache: CacheFile
    read: Callable[[], Iterable[bytes]]
    worth: int = WORTH_AN_OUTLINE
    held: int = HELD

    @classmethod
    def beside(cls, root: Path, name: str, read: Callable[[], Iterable[bytes]]) -> Outlines:
        """Return the memory for the state called `name`, in the folder that podsync works in."""
        return cls(CacheFile(root, FOLDERS, name, _key), read)

    def loads(self, data: bytes, name: str) -> State:
        """Read the bytes of a state file like `statefile.loads`, which see for what is raised."""
        if len(data) < self.worth:
            return statefile.loads(data, name)
        digest = hashlib.sha256(data).hexdigest()
        known = self._recall(digest)
        if known is None:
            known = self._scan(data, name, digest)
        if known is None:
            return statefile.loads(data, name)
        form, outline = known
        try:
            state = statefile.loads(form.rest(data), name)
        except StateError:
            return statefile.loads(data, name)  # and say what is wrong where it is
        held = data if len(data) <= self.held else None
        cutter = _EntryCutter(self, name, digest, form, outline, held)
        return replace(state, entries=LazyEntries(outline, cutter.entry, cutter.entries))

    def _scan(self, data: bytes, name: str, digest: str) -> tuple[_Form, Outline] | None:
        """Read every entry once; None for a file of another form, or with anything wrong in it."""
        from podsync.state.lazy.scan import scan, scan_closely

        form = _form_of(data)
        if form is None:
            return None
        spec_digests: dict[str, str] = {}
        providers: set[str] = set()
        unbound: Counter[str] = Counter()
        start, last = form.start, ""
        for length in form.lengths:
            piece = data[start : start + length]
            try:
                seen = scan(piece) or scan_closely(piece, name)
            except StateError:
                return None
            if seen.address <= last:
                return None
            start, last = start + length + len(_BETWEEN), seen.address
            spec_digests[seen.address] = seen.spec_digest
            providers.add(seen.provider)
            unbound[seen.provider] += seen.unbound
        outline = Outline(
            spec_digests, frozenset(providers), Counter({p: n for p, n in unbound.items() if n})
        )
        self._remember(digest, form, outline)
        return form, outline

    def _recall(self, digest: str) -> tuple[_Form, Outline] | None:
        kept = self.cache.find()
        try:
            stored: Any = parse(kept.section(0)) if kept is not None else [""]
            if stored[0] != digest:
                return None
            _, start, end, lengths, addresses, spec_digests, providers, unbound = stored
            form = _Form(start, end, tuple(lengths))
            known = zip(addresses.split(" "), spec_digests.split(" "), strict=True)
            outline = Outline(dict(known), frozenset(providers), Counter(unbound))
        except (DamagedCacheError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return None
        return (form, outline) if len(outline.spec_digests) == len(form.lengths) else None

    def _remember(self, digest: str, form: _Form, outline: Outline) -> None:
        texts = " ".join(outline.spec_digests), " ".join(outline.spec_digests.values())
        stored = [digest, *form, *texts, sorted(outline.providers), dict(outline.unbound)]
        with self.cache.drafting() as draft:
            if draft is not None:
                self.cache.write(draft, [[compact(stored)]])


def _key() -> str:
    return key_of((), ("podsync.state", "podsync.model", "podsync.model.json_bytes"))


def _form_of(data: bytes) -> _Form | None:
    begin = data.find(_BEGIN)
    start = begin + len(_BEGIN)
    end = data.find(_END, start)
    if begin < 0 or end < 0 or not _is_top(data[:begin]):
        return None
    lengths, at = [], start
    while (following := data.find(_BETWEEN, at, end)) >= 0:
        lengths.append(following - at)
        at = following + len(_BETWEEN)
    last = end - len(_LAST) if data.endswith(_LAST, at, end) else end
    return _Form(start, end, (*lengths, last - at))


def _is_top(head: bytes) -> bool:
    """Whether what comes before the entries is whole if the outermost object ended there."""
    try:
        return isinstance(parse(head.removesuffix(b",") + b"}"), dict)
    except (ValueError, RecursionError):
        return False


class _EntryCutter:
    """Cuts entries out of the file; a plan without changes needs none.

    `held` is the file's content, until some were cut out: the next ones are cut out of the file itself.
    """

    def __init__(
        self, outlines: Outlines, name: str, digest: str, form: _Form, outline: Outline, held: bytes | None
    ) -> None:
        self._outlines, self._name, self._digest, self._form = outlines, name, digest, form
        self._outline, self._held = outline, held
        self._all: dict[str, bytes] = {}

    def entry(self, address: str) -> Entry:
        """Make one entry, and keep the others at hand. Raises StateError as `entries` does."""
        if not self._all:
            self._all = dict(self._pieces(self._outline.spec_digests))
        return statefile.entry_alone(self._all[address], self._name)

    def entries(self, addresses: Container[str]) -> Iterator[Entry]:
        """Make these entries. Raises StateError when the file is another one by now."""
        for _, piece in self._pieces(addresses):
            yield statefile.entry_alone(piece, self._name)

    def _pieces(self, addresses: Container[str]) -> list[tuple[str, bytes]]:
        wanted = [span for span in self._spans() if span[0] in addresses]
        if self._held is not None:
            held, self._held = self._held, None
            return [(address, held[start:end]) for address, start, end in wanted]
        return self._pieces_of_file(wanted)

    def _pieces_of_file(self, wanted: Sequence[tuple[str, int, int]]) -> list[tuple[str, bytes]]:
        found: list[tuple[str, bytes]] = []
        digest, tail, at = hashlib.sha256(), b"", 0
        for block in self._outlines.read():
            digest.update(block)
            data, at = tail + block, at - len(tail)
            upto = at + len(data)
            while len(found) < len(wanted) and wanted[len(found)][2] <= upto:
                address, start, end = wanted[len(found)]
                found.append((address, data[start - at : end - at]))
            # The next one may have begun in this block already.
            start = min(wanted[len(found)][1], upto) if len(found) < len(wanted) else upto
            tail, at = data[start - at :], upto
        if digest.hexdigest() != self._digest:
            raise changed(self._name)
        return found

    def _spans(self) -> Iterator[tuple[str, int, int]]:
        start = self._form.start
        for address, length in zip(self._outline.spec_digests, self._form.lengths, strict=True):
            yield address, start, start + length
            start += length + len(_BETWEEN)
