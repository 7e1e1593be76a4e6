"""A fast check that an entry of a state file is written as podsync writes it, and is nothing unusual.

Nearly every entry is one that exists and is in no doubt. What is accepted here is read by `statefile`
without a word; what is not goes there, which decides and explains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, get_args

from podsync.model.address import Address
from podsync.model.json_bytes import canonical, parse
from podsync.model.product import UNPROTECTED, Lifecycle, spec_digest_of
from podsync.state.entries import Origin
from podsync.state.formats.statefile import entry_alone
from podsync.state.formats.times import time_from_text


class EntryOutline(NamedTuple):
    """What an outline holds of an entry.

    `unbound` is whether no listing has shown its id yet.
    `spec_digest` is `spec_digest_of` without `sha256:`; empty for what is in doubt, half made or has no spec.
    """

    address: str
    provider: str
    unbound: bool
    spec_digest: str


def scan(piece: bytes) -> EntryOutline | None:
    """Look at `"kind.dino": {` and what follows up to, not including, its last brace."""
    written = b"{\n%b}}" % piece
    try:
        found = parse(written)
        # An object with two equal keys, a number that is none: what we write of it is something else.
        if canonical(found) != _without_spaces(written):
            return None
        ((address, entry),) = found.items()
        Address.parse(address)
        if not (entry.keys() >= _REQUIRED and all(_IS[key](value) for key, value in entry.items())):
            return None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    lifecycle = Lifecycle.from_json(entry["lifecycle"]) if entry["lifecycle"] else UNPROTECTED
    spec_digest = spec_digest_of(entry["spec"], entry["labels"], lifecycle)
    return EntryOutline(address, entry["provider"], entry["id"] is None, spec_digest.partition(":")[2])


def _without_spaces(written: bytes) -> bytes:
    """Undo the indentation. Inside a text no line ends, and `": ` in one makes the comparison fail."""
    return b"".join([line.lstrip(b" ") for line in written.split(b"\n")]).replace(b'": ', b'":')


def scan_closely(piece: bytes, name: str) -> EntryOutline:
    """Read the whole entry; `name` is how messages call the file. Raises DamagedStateError."""
    entry = entry_alone(piece, name)
    certain = entry.pending is None and entry.spec is not None
    certain = certain and not (entry.steps_left or entry.swap)
    spec_digest = (
        spec_digest_of(entry.spec, entry.labels, entry.lifecycle).partition(":")[2] if certain else ""
    )
    return EntryOutline(str(entry.address), entry.provider, entry.unlisted, spec_digest)


def _is_text(value: Any) -> bool:
    return type(value) is str


@lru_cache(maxsize=64)
def _is_time(value: Any) -> bool:
    """Whether it is a time; most products were last changed when they were made."""
    time_from_text(value)
    return True


_ORIGINS = frozenset(get_args(Origin))
_PROTECTIONS = frozenset({"prevent_orphan", "prevent_replace"})
_REQUIRED = frozenset({"account", "id", "labels", "lifecycle", "provider", "spec", "status"})
#: Key -> whether nothing is unusual about its value. A doubt, a window and unknown keys are unusual.
_IS: Mapping[str, Callable[[Any], bool]] = {
    "account": _is_text,
    "created_at": _is_time,
    "id": lambda value: value is None or type(value) is str,
    "labels": lambda value: type(value) is dict and all(map(_is_text, value.values())),
    "lifecycle": lambda value: (
        value == {} or (value.keys() <= _PROTECTIONS and all(each is True for each in value.values()))
    ),
    "origin": lambda value: value in _ORIGINS,
    "pending": lambda value: value is None,
    "place": _is_text,
    "provider": _is_text,
    "remote": lambda value: type(value) is dict,
    "spec": lambda value: type(value) is dict and value != {},
    "status": lambda value: value == "created",
    "unverified": lambda value: type(value) is list and all(map(_is_text, value)),
    "updated_at": _is_time,
}
