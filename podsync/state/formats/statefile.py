"""The state file: a State as the JSON of format version 2, and back.

    {"version": 2, "podsync_version": "0.1.0", "lineage": "…", "serial": 4,
     "providers": {"acme": {"base_url": "…", "account": "default"}}, "last_apply": {…},
     "entries": {"kind.dino": {"status": "created", "id": "5012", "spec": {…}, …}},
     "orphans": [{"address": "…", …}], …}

What was learned of providers is at the top as well (see `learned_json`). An older format is upgraded as
it is read. Sorted and stable, so that it reads well in a diff. Times are `2026-01-02T03:04:05Z`, with
milliseconds where there are any. What this version does not know is kept: at the top in
`State.extra`, in an entry or an orphan in its `extra`; what was inside `pending`, `window` and
the like goes back there for as long as that exists.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from podsync import __version__
from podsync.files import strict_json
from podsync.files.foreign import Conflict
from podsync.model.address import Address
from podsync.model.errors import StateError
from podsync.model.frozen import EMPTY, freeze, thaw
from podsync.state.formats.dataclass_json import (
    JsonPlace,
    Unfit,
    each_of,
    from_json,
    mapping,
    object_of,
    read_time,
    to_json,
)
from podsync.state.formats.times import time_from_text, time_to_text
from podsync.state.model import Host, State

if TYPE_CHECKING:
    from podsync.state.entries import Entry, Orphan

VERSION = 2
#: Larger files are neither read nor written: some 150,000 products.
LIMIT = 256 << 20

_REQUIRED = ("lineage", "serial", "providers", "entries", "orphans")
_TOP = frozenset({*_REQUIRED, "version", "podsync_version", "last_apply"})
#: Keys of what was learned.
LEARNED = frozenset({
    "observed", "landmarks", "models", "foreign", "unclaimed", "remembered", "absent", "readings", "refusals",
    "released", "contacts", "catalog", "unproven", "timelines",
})  # fmt: skip
_ENTRY_ALWAYS = frozenset({"id", "labels", "lifecycle", "pending", "remote", "spec", "unverified"})
_ORPHAN_ALWAYS = frozenset({"id", "remote", "spec", "replaced_by"})
#: Objects inside an entry or an orphan whose unknown keys can only live as long as they do.
_INNER = ("lifecycle", "pending", "window", "swap")
_APPLY_TIMES = ("at", "ended_at")
#: What `pending.body` is called in the file.
_BODY = {"create": "spec", "update": "fields"}


_KEPT = "the file was left as it is"


class DamagedStateError(StateError):
    """The file is not a whole state file of a version that this podsync reads."""


class UnmergedError(DamagedStateError):
    """The file holds both sides of a merge; either is whole, and the remedy says which to keep."""


def dumps(state: State) -> bytes:
    """Return the bytes of the state file."""
    text = json.dumps(to_document(state), sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    # A lone surrogate is no UTF-8; what the handler puts in its place is just its JSON escape.
    return (text + "\n").encode("utf-8", "backslashreplace")


def to_document(state: State) -> dict[str, Any]:
    """Return what the state file holds, as plain JSON values."""
    document: dict[str, Any] = {
        "version": VERSION,
        "podsync_version": __version__,
        "lineage": state.lineage,
        "serial": state.serial,
        "providers": {name: to_json(host, time_to_text) for name, host in state.hosts.items()},
        "last_apply": None
        if state.last_apply is None
        else _timed(thaw(state.last_apply), lambda time, _: time_to_text(time)),
        "entries": {str(address): _entry_to_json(entry) for address, entry in state.entries.items()},
        "orphans": [
            _with_unknown(_with_body(to_json(each, time_to_text, _ORPHAN_ALWAYS)), each.extra)
            for each in state.orphans
        ],
    }
    if any(getattr(state, name) for name in LEARNED):
        from podsync.state.formats import learned_json

        document |= learned_json.to_json(state)
    for name, unknown in state.extra.get("providers", EMPTY).items():
        _graft(document["providers"].get(name), unknown)
    _graft(document, {key: value for key, value in state.extra.items() if key != "providers"})
    return document


def loads(data: bytes, name: str = "the state file") -> State:
    """Read the bytes of a state file; `name` is how messages call it.

    Raises DamagedStateError for what is empty, cut, not strict JSON or not of this shape, and StateError
    for a newer version, and for what another program has made of the file.
    """
    try:
        return _from_document(_document(data, name))
    except Unfit as error:
        raise _damaged(f"{name} is damaged: {error}") from None
    except RecursionError:
        raise _damaged(f"{name} is damaged: it is nested too deeply") from None


def entry_alone(data: bytes, name: str = "the state file") -> Entry:
    """Read `"kind.dino": {` and what follows up to, not including, its last brace; DamagedStateError."""
    try:
        ((text, content),) = strict_json.loads(b"{" + data + b"}}").items()
        return _entry(text, content)
    except (strict_json.NotStrictError, ValueError, RecursionError) as error:
        raise _damaged(f"{name} is damaged: {error}") from None


def _document(data: bytes, name: str) -> Any:
    if not data.removeprefix(b"\xef\xbb\xbf").strip(b"\0 \t\r\n"):
        raise _damaged(f"{name} is empty")
    if len(data) > LIMIT:
        raise _damaged(f"{name} is larger than {LIMIT >> 20} MiB")
    try:
        document = strict_json.loads(data)
    except strict_json.NotStrictError as error:
        if error.conflict is not None:
            raise UnmergedError(*_unmerged(name, error.conflict)) from None
        if error.remedy:  # what mends this very file is better than any backup
            raise StateError(f"{name} is damaged: {error}", f"{error.remedy}; {_KEPT}") from None
        raise _damaged(f"{name} is damaged: {error}") from None
    if not isinstance(document, dict) or type(document.get("version")) is not int:
        raise _damaged(f"{name} is not a state of podsync: it has no version")
    if document["version"] > VERSION:
        version = document["version"]
        message = f"{name} is of format {version}; podsync {__version__} reads formats up to {VERSION}"
        raise StateError(message, "upgrade podsync; the file was left as it is")
    return document if document["version"] == VERSION else _upgraded(document, name)


_KEEP = (
    "keep the side that was applied last, as a whole (git checkout --ours FILE, or --theirs), then git add "
    f"it, and look, which asks about what only the other side has made: podsync plan --refresh; {_KEPT}"
)


def _unmerged(name: str, found: Conflict) -> tuple[str, str]:
    """Return the fault and its remedy; what one side has made is not undone by choosing the other."""
    message = f"{name} holds an unresolved merge conflict, from line {found.line} on"
    ours, theirs = _history(found.ours), _history(found.theirs)
    if ours is None or theirs is None:
        return message, _KEEP
    if (ours.timeline, ours.serial) == (theirs.timeline, theirs.serial):
        return f"{message}: both sides have serial {ours.serial}", _KEEP
    one, other = found.names[0] or "ours", found.names[1] or "theirs"
    message = f"{message}: {one} has serial {ours.serial}, {other} serial {theirs.serial}"
    if ours.includes(theirs.timeline, theirs.serial):
        side = "ours"
    elif theirs.includes(ours.timeline, ours.serial):
        side = "theirs"
    else:
        return f"{message}, and neither includes what happened in the other", _KEEP
    remedy = f"keep the side that includes the other: git checkout --{side} {name}, then git add {name}"
    return message, f"{remedy}, and look: podsync plan --refresh; {_KEPT}"


def _history(side: str) -> State | None:
    """Return a state of which only its history is known; None where that cannot be read."""
    try:
        document = strict_json.loads(side.encode("utf-8", "surrogatepass"))
        told = {key: document[key] for key in ("timelines",) if key in document}
        history = State(lineage=document["lineage"], serial=document["serial"], **_learned(told))
    except (strict_json.NotStrictError, Unfit, KeyError, TypeError):
        return None
    return history if type(history.serial) is int and isinstance(history.lineage, str) else None


def _upgraded(document: dict[str, Any], name: str) -> dict[str, Any]:
    from podsync.state.formats.upgrades import UPGRADES  # an old file is seldom

    while document["version"] < VERSION:
        upgrade = UPGRADES.get(document["version"])
        if upgrade is None:
            raise _damaged(f"{name} is damaged: there is no format {document['version']}")
        document = upgrade(document)
    return document


def _damaged(message: str) -> DamagedStateError:
    return DamagedStateError(message, f"put a backup of it in its place; {_KEPT}")


def _from_document(document: dict[str, Any]) -> State:
    for key in _REQUIRED:
        if key not in document:
            raise Unfit("", f"{key!r} is missing")
    lineage, serial = document["lineage"], document["serial"]
    if not isinstance(lineage, str) or not lineage:
        raise Unfit("lineage", "is not text, or is empty")
    if type(serial) is not int or serial < 0:
        raise Unfit("serial", "is not a whole number from 0")
    extra = {key: value for key, value in document.items() if key not in _TOP and key not in LEARNED}
    top = JsonPlace("", time_from_text)
    hosts = each_of(object_of(Host))(document["providers"], top, "providers")
    extra |= top.unknown
    entries = [_entry(text, data) for text, data in mapping(document["entries"], "entries").items()]
    return State(
        lineage=lineage,
        serial=serial,
        entries=MappingProxyType({each.address: each for each in sorted(entries, key=lambda e: e.address)}),
        orphans=_orphans(document["orphans"]),
        hosts=hosts,
        last_apply=_last_apply(document.get("last_apply")),
        extra=freeze(extra),
        **_learned(document),
    )


def _learned(document: dict[str, Any]) -> dict[str, Any]:
    if document.keys().isdisjoint(LEARNED):
        return {}
    from podsync.state.formats import learned_json

    return learned_json.learned_from(document)


def _last_apply(data: Any) -> Any:
    if data is None:
        return None
    place = JsonPlace("last_apply", time_from_text)
    return freeze(_timed(mapping(data, place.where), lambda value, name: read_time(value, place, name)))


def _timed(last: Mapping[str, Any], time: Callable[[Any, str], Any]) -> dict[str, Any]:
    """Return what is kept of the last apply, each time in it converted."""
    times = {key: time(last[key], key) for key in _APPLY_TIMES if last.get(key) is not None}
    if "dates" in last:
        dates = mapping(last["dates"], "last_apply.dates")
        times["dates"] = {name: time(date, f"dates.{name}") for name, date in dates.items()}
    return {**last, **times}


def _entry(text: str, data: Any) -> Entry:
    from podsync.state.entries import Entry

    place = JsonPlace(f"entries.{text}", time_from_text)
    read = mapping(data, place.where)
    for key in ("status", "id", "spec"):
        if key not in read:
            raise Unfit(place.where, f"{key!r} is missing")
    known = {key: value for key, value in read.items() if key not in {"status", "address"}}
    pending = _pending_body(read.get("pending"), place)
    # A document that names a product by its id may say nothing of it; of what was made, something is known.
    nothing = read["spec"] == {} and read.get("origin", "created") == "created"
    known |= {"address": text, "spec": None if nothing else read["spec"], "pending": pending}
    entry = from_json(Entry, known, place)
    if read["status"] != entry.status:
        raise Unfit(place.where, f"status {read['status']!r:.60} and pending do not agree")
    if entry.spec is None and entry.pending is None:
        raise Unfit(place.where, "spec is empty")
    if "address" in read:
        return replace(entry, extra=freeze(place.unknown | {"address": read["address"]}))
    return entry


def _entry_to_json(entry: Entry) -> dict[str, Any]:
    data = to_json(entry, time_to_text, _ENTRY_ALWAYS)
    del data["address"]
    data["status"] = entry.status
    data["spec"] = data["spec"] or {}
    return _with_unknown(_with_body(data), entry.extra)


def _with_body(data: dict[str, Any]) -> dict[str, Any]:
    if data.get("pending"):
        data["pending"][_BODY[data["pending"]["op"]]] = data["pending"].pop("body")
    return data


def _pending_body(data: Any, place: JsonPlace) -> Any:
    if not isinstance(data, dict) or data.get("op") not in _BODY:
        return data
    name = _BODY[data["op"]]
    if name not in data:
        raise Unfit(f"{place.where}.pending", f"{name!r} is missing")
    return {"body" if key == name else key: value for key, value in data.items()}


def _orphans(data: Any) -> tuple[Orphan, ...]:
    if not isinstance(data, list):
        raise Unfit("orphans", "is not a list")
    if not data:
        return ()
    from podsync.state.entries import Orphan

    orphans: dict[tuple[Address, float], Orphan] = {}
    for index, each in enumerate(data):
        place = JsonPlace(f"orphans[{index}]", time_from_text)
        read = mapping(each, place.where)
        if "id" not in read:
            raise Unfit(place.where, "'id' is missing")
        orphan = from_json(Orphan, read | {"pending": _pending_body(read.get("pending"), place)}, place)
        # Address and instant name an orphan; a file written by hand may not tell them apart.
        made = orphan.created_at if "created_at" in read else orphan.orphaned_at
        while (orphan.address, made) in orphans:
            made = round(made + 0.001, 3)
        orphans[orphan.address, made] = replace(orphan, created_at=made)
    return tuple(orphans[key] for key in sorted(orphans))


def _with_unknown(data: dict[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Put back what was not understood; inside `pending` and the like only where that still exists."""
    for key in _INNER:
        _graft(data.get(key), extra.get(key, EMPTY))
    _graft(data, {key: value for key, value in extra.items() if key not in _INNER})
    return data


def _graft(target: Any, unknown: Any) -> None:
    if isinstance(target, dict) and isinstance(unknown, Mapping):
        for key, value in unknown.items():
            target.setdefault(key, thaw(value))
