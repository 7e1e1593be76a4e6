"""Reads and writes the journal: a line per event, and what a crash can leave of the last ones.

    podsync-journal 1 5b0c11aa {"base":"<checkpoint>","lineage":"<uuid>"}
    42 41 183 9ae0c1ff {"type":"intent",…}
    43 41 77 0d1c2b3a {"type":"intent",…}

The header names the snapshot that the events build on. A record is its sequence number (the state's
serial after it), the last sequence number that was durable when it was written, the length of its
JSON, the CRC-32 of all of these, and the JSON, in ASCII. It is whole only with its newline.

Records that name the same durable one left in one write, followed by one fsync. So a crash can
damage only the records of the last write. A killed process leaves a beginning of it; a loss of
power also zeros up to the end of the file, or whole sectors of zeros. Exactly these are an
*unfinished tail*: nothing of it was acknowledged to whoever wrote it, so nothing can have been sent
on the strength of it. Any other damage is refused.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from podsync.files import strict_json
from podsync.model.errors import StateError

if TYPE_CHECKING:
    from podsync.state.events import Event

#: Larger journals are not read: a million events.
LIMIT = 512 << 20
_VERSION = 1
_MAGIC = b"podsync-journal "
_BEGIN = _MAGIC + b"%d " % _VERSION
_HEADER = rb"podsync-journal ([0-9]{1,9}) ([0-9a-f]{8}) (\{.*\})"
_HEAD = re.compile(rb"([1-9][0-9]{0,17}) (0|[1-9][0-9]{0,17}) ([1-9][0-9]{0,8}) ([0-9a-f]{8}) ")
_CUT_HEAD = rb"[0-9]+( [0-9]*( [0-9]*( [0-9a-f]{0,8})?)?)?"
#: Disks write sectors of this size, or multiples of it, as a whole or not at all.
_SECTOR = 512


class JournalContents(NamedTuple):
    """What a journal holds.

    `first` is the sequence number of the first event (0 when there is none); `size` how many bytes
    are whole, so where the next record goes; `unfinished` whether anything was cut off behind them.
    `lineage` and `base` are empty while there is no header.
    """

    lineage: str = ""
    base: str = ""
    first: int = 0
    events: "tuple[Event, ...]" = ()
    size: int = 0
    unfinished: bool = False

    @property
    def last(self) -> int:
        """The sequence number of the last event, 0 when there is none."""
        return self.first + len(self.events) - 1 if self.events else 0


def header(lineage: str, base: str) -> bytes:
    """Return the first line of a journal of `lineage` whose events build on the snapshot `base`."""
    text = _ascii_json({"base": base, "lineage": lineage})
    return b"%s%08x %s\n" % (_BEGIN, crc32(text), text)


def payload(event: "Event") -> bytes:
    """Return the JSON of an event, ready for :func:`record`."""
    from podsync.state.formats.event_json import event_to_json

    return _ascii_json(event_to_json(event))


def record(serial: int, durable: int, text: bytes) -> bytes:
    """Return the line of one event."""
    return b"%d %d %d %08x %s\n" % (serial, durable, len(text), _checksum(serial, durable, text), text)


def records(serial: int, texts: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the lines of events that are written at once, after the durable event `serial`."""
    return (record(number, serial, text) for number, text in enumerate(texts, serial + 1))


def _ascii_json(data: object) -> bytes:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _checksum(serial: int, durable: int, text: bytes) -> int:
    return crc32(b"%d %d %s" % (serial, durable, text))


class _Record(NamedTuple):
    serial: int
    durable: int
    text: bytes


def read(data: bytes, name: str = "the journal") -> JournalContents:
    """Read the bytes of a journal; `name` is how messages call it.

    Raises StateError for damage that no crash leaves, for a gap, and for what a newer version wrote.
    """
    end = data.find(b"\n")
    if end < 0 or (start := _header(data[:end], name)) is None:
        if not data or _is_unfinished_header(data):
            return JournalContents(unfinished=bool(data))
        raise _damaged(name, "its first line is not the one of a journal")
    records, size = _records(data, end + 1)
    for before, after in pairwise(records):
        if after.serial != before.serial + 1:
            raise _damaged(name, f"event {before.serial} is followed by {after.serial}")
    last = records[-1].serial if records else None
    if size < len(data) and not _is_unfinished(data, size, last):
        which = "its first event" if last is None else f"what follows event {last}"
        raise _damaged(name, f"{which} is not whole")
    lineage, base = start
    first = records[0].serial if records else 0
    return JournalContents(lineage, base, first, tuple(_events(records, name)), size, size < len(data))


def _damaged(name: str, what: str) -> StateError:
    return StateError(
        f"{name} is damaged: {what}",
        "put an undamaged copy of it in its place. Without one, move it aside: the next apply finds what"
        " exists in the providers' listings and creates nothing twice. The file was left as it is",
    )


def _header(line: bytes, name: str) -> tuple[str, str] | None:
    """Return lineage and base; None for what is not a header."""
    match = re.fullmatch(_HEADER, line, re.DOTALL)
    if match is None:
        return None
    version = int(match[1])
    if version > _VERSION:
        message = f"{name} is of format {version}; this podsync reads formats up to {_VERSION}"
        raise StateError(message, "upgrade podsync; the file was left as it is")
    if version != _VERSION or int(match[2], 16) != crc32(match[3]):
        return None
    try:
        names = strict_json.loads(match[3])
        return str(names["lineage"]), str(names["base"])
    except (strict_json.NotStrictError, KeyError):
        return None


def _record(line: bytes) -> _Record | None:
    """Return the record in a line without its newline; None if anything about it is wrong."""
    match = _HEAD.match(line)
    if match is None:
        return None
    text = line[match.end() :]
    serial, durable = int(match[1]), int(match[2])
    if len(text) != int(match[3]) or _checksum(serial, durable, text) != int(match[4], 16):
        return None
    return _Record(serial, durable, text)


def _records(data: bytes, start: int) -> tuple[list[_Record], int]:
    """Return the whole records from `start` on, and where the first that is not whole begins."""
    records = []
    while (end := data.find(b"\n", start)) >= 0:
        found = _record(data[start:end])
        if found is None:
            break
        records.append(found)
        start = end + 1
    return records, start


def _events(records: Iterable[_Record], name: str) -> "Iterable[Event]":
    from podsync.state.formats.event_json import event_from_json

    for each in records:
        try:
            yield event_from_json(strict_json.loads(each.text))
        except strict_json.NotStrictError as error:
            raise _damaged(name, f"event {each.serial}: {error}") from None
        except StateError as error:
            message = f"{name}, event {each.serial}: {error.message}"
            raise StateError(message, error.remedy) from None


def _is_unfinished_header(data: bytes) -> bool:
    text = data.rstrip(b"\0")
    if b"\0" in text:
        return _has_only_lost_sectors(data, 0, len(text)) and _same_write(text, 0)
    return b"\n" not in text and (_BEGIN.startswith(text) or text.startswith(_BEGIN))


def _is_unfinished(data: bytes, start: int, last: int | None) -> bool:
    """Whether a crash during one write explains everything from `start` on."""
    tail = data[start:]
    text = tail.rstrip(b"\0")
    if not _same_write(tail, last):
        return False
    if b"\0" in text:
        return _has_only_lost_sectors(data, start, start + len(text))
    return b"\n" not in text and _is_beginning(text, last)


def _same_write(tail: bytes, last: int | None) -> bool:
    """Whether no whole record in `tail` was written after the one that is missing became durable."""
    found = [each for line in tail.split(b"\n") if (each := _record(line)) is not None]
    return len({each.durable for each in found}) <= 1 and not (last and any(r.durable > last for r in found))


def _has_only_lost_sectors(data: bytes, start: int, end: int) -> bool:
    """Whether each run of zeros is whole sectors, or the rest of the one in which the write began."""
    runs = re.finditer(rb"\0+", data[start:end])
    places = [(start + run.start(), start + run.end()) for run in runs]
    return all(e % _SECTOR == 0 and (s % _SECTOR == 0 or s == start) for s, e in places)


def _is_beginning(text: bytes, last: int | None) -> bool:
    """Whether `text` is how the record after `last` may begin."""
    if last is not None:
        begin = b"%d " % (last + 1)
        if not (text.startswith(begin) or begin.startswith(text)):
            return False
    head = _HEAD.match(text)
    if head is None:
        return not text or re.fullmatch(_CUT_HEAD, text) is not None
    body = text[head.end() :]
    return len(body) <= int(head[3]) and body.isascii() and body.decode("ascii").isprintable()
