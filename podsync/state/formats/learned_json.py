"""Reads and writes the keys of the state file that hold what was learned of providers (see State).

    "observed": {"acme": {"default": {…}}}, "landmarks": {"acme": [{…}]},
    "models": {"acme": {"73": ["PODQRA073"]}}, "foreign": {"acme": ["4990"]},
    "unclaimed": {"acme": ["4991"]},
    "remembered": {"acme": {"4992": {"at": "…", "addresses": ["kind.dino"], "fields": {…}, "known_as": {…}}}},
    "absent": {"acme": {"5012": {"at": "…", "date": "…", "gone": true}}},
    "readings": {"acme": {"3": ["4990"]}}, "released": {"kind.dino": 1},
    "refusals": [{"address": "kind.dino", "provider": "acme", "body": {…}, …}],
    "contacts": {"acme": "…"}, "catalog": "catalog", "unproven": true, "timelines": [{"id": "…", "since": 31}]

What is empty is left out. The refusals of one address follow one another, the newest first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from podsync.model.address import Address
from podsync.model.frozen import thaw
from podsync.state.entries import Absent, Refusal, RememberedRow
from podsync.state.formats import dataclass_json
from podsync.state.formats.dataclass_json import (
    JsonPlace,
    Reader,
    Unfit,
    each_of,
    exactly,
    from_json,
    items,
    mapping,
    object_of,
    read_address,
    read_opaque,
    read_texts,
    read_time,
)
from podsync.state.formats.times import time_from_text, time_to_text
from podsync.state.model import State, Timeline


def to_json(state: State) -> dict[str, Any]:
    """Return the keys of the state file that hold what was learned, as plain JSON values."""
    document = {name: _plain(getattr(state, name)) for name in _READERS}
    document["refusals"] = [
        {"address": address} | each for address, refused in document["refusals"].items() for each in refused
    ]
    document["contacts"] = {provider: time_to_text(at) for provider, at in state.contacts.items()}
    return {key: value for key, value in document.items() if value}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Timeline):
        return dataclass_json.to_json(value, time_to_text)
    if isinstance(value, Absent | Refusal | RememberedRow):
        return {**thaw(value.extra), **dataclass_json.to_json(value, time_to_text)}
    return value


def learned_from(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a `State` that these keys tell; raises Unfit."""
    place = JsonPlace("", time_from_text)
    return {key: read(document[key], place, key) for key, read in _READERS.items() if key in document}


def _ids(value: Any, place: JsonPlace, name: str) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(read_texts(value, place, name))))


def _number(text: str, place: JsonPlace, name: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise Unfit(place.below(name), f"{text!r:.60} is not the number of a reading")
    return int(text)


def _times(value: Any, place: JsonPlace, name: str) -> int:
    if type(value) is not int or value < 1:
        raise Unfit(place.below(name), "is not a whole number from 1")
    return value


def _refusals(value: Any, place: JsonPlace, name: str) -> Mapping[Address, tuple[Refusal, ...]]:
    found: dict[Address, tuple[Refusal, ...]] = {}
    for each in items(_refusal)(value, place, name):
        found[each[0]] = (*found.get(each[0], ()), each[1])
    return MappingProxyType(dict(sorted(found.items())))


def _refusal(value: Any, place: JsonPlace, name: str) -> tuple[Address, Refusal]:
    below, fields = place.inside(name), dict(mapping(value, place.below(name)))
    if "address" not in fields:
        raise Unfit(below.where, "'address' is missing")
    return read_address(fields.pop("address"), place, name), from_json(Refusal, fields, below)


#: What is empty has no place in a state, but for a reading that showed nothing.
_full = partial(each_of, full=True)
_READERS: Mapping[str, Reader] = {
    "observed": _full(_full(read_opaque)),
    "landmarks": _full(items(read_opaque)),
    "models": _full(_full(_ids)),
    "foreign": _full(_ids),
    "unclaimed": _full(_ids),
    "remembered": _full(each_of(object_of(RememberedRow))),
    "absent": _full(each_of(object_of(Absent))),
    "readings": _full(each_of(_ids, _number)),
    "refusals": _refusals,
    "released": each_of(_times, read_address),
    "contacts": each_of(read_time),
    "catalog": exactly(str, "text"),
    "unproven": exactly(bool, "true or false"),
    "timelines": items(object_of(Timeline)),
}
