"""Reads and writes the keys of the state file that hold what was learned of providers (see State).

    "observed": {"acme": {"default": {…}}}, "landmarks": {"acme": [{…}]},
    "models": {"acme": {"73": ["PODQRA073"]}}, "foreign": {"acme": ["4990"]},
    "unclaimed": {"acme": ["4991"]},
    "remembered": {"acme": {"4992": {"at": "…", "addresses": ["kind.dino"], "fields": {…}}}},
    "absent": {"acme": {"5012": {"at": "…", "date": "…", "gone": true}}},
    "readings": {"acme": {"3": ["4990"]}}, "released": {"kind.dino": 1},
    "refusals": [{"address": "kind.dino", "provider": "acme", "body": {…}, …}],
    "contacts": {"acme": "…"}, "catalog": "catalog", "unproven": true

What is empty is left out. The refusals of one address follow one another, the newest first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from podsync.model.address import Address
from podsync.model.frozen import freeze, thaw
from podsync.state.entries import Absent, Refusal, RememberedRow
from podsync.state.formats import dataclass_json
from podsync.state.formats.dataclass_json import JsonPlace, Unfit, mapping
from podsync.state.formats.times import time_at, time_from_text, time_to_text
from podsync.state.model import State


def to_json(state: State) -> dict[str, Any]:
    """Return the keys of the state file that hold what was learned, as plain JSON values."""
    document: dict[str, Any] = {
        name: thaw(getattr(state, name))
        for name in ("observed", "landmarks", "models", "foreign", "unclaimed", "catalog", "unproven")
    }
    for name in ("absent", "remembered"):
        document[name] = {
            provider: {each: _object(known) for each, known in ids.items()}
            for provider, ids in getattr(state, name).items()
        }
    document["readings"] = {
        provider: {str(number): list(ids) for number, ids in readings.items()}
        for provider, readings in state.readings.items()
    }
    document["refusals"] = [
        {"address": str(address)} | _object(each)
        for address, refusals in state.refusals.items()
        for each in refusals
    ]
    document["released"] = {str(address): times for address, times in state.released.items()}
    document["contacts"] = {provider: time_to_text(at) for provider, at in state.contacts.items()}
    return {key: value for key, value in document.items() if value}


def _object(value: Absent | Refusal | RememberedRow) -> dict[str, Any]:
    return {**thaw(value.extra), **dataclass_json.to_json(value, time_to_text)}


def from_json(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a `State` that these keys tell; raises Unfit."""
    return {key: read(document[key], key) for key, read in _READERS.items() if key in document}


def _each(read: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    """Read a mapping of values of one kind; those that are empty have no place in a state."""

    def read_all(data: Any, where: str) -> Mapping[str, Any]:
        found = {name: read(value, f"{where}.{name}") for name, value in mapping(data, where).items()}
        return MappingProxyType({name: value for name, value in found.items() if value})

    return read_all


def _list(data: Any, where: str) -> list[Any]:
    if not isinstance(data, list):
        raise Unfit(where, "is not a list")
    return data


def _opaque(data: Any, where: str) -> Any:
    return freeze(mapping(data, where))


def _opaques(data: Any, where: str) -> tuple[Any, ...]:
    return tuple(_opaque(each, f"{where}[{index}]") for index, each in enumerate(_list(data, where)))


def _sorted_texts(data: Any, where: str) -> tuple[str, ...]:
    if not {*map(type, _list(data, where))} <= {str}:
        raise Unfit(where, "is not a list of texts")
    return tuple(sorted(dict.fromkeys(data)))  # mostly in order already, which a set would lose


def _each_id(kind: type[Absent | RememberedRow]) -> Callable[[Any, str], Any]:
    return _each(
        _each(lambda data, where: dataclass_json.from_json(kind, data, JsonPlace(where, time_from_text)))
    )


def _readings(data: Any, where: str) -> Mapping[int, tuple[str, ...]]:
    found = {}
    for number, ids in mapping(data, where).items():
        if not re.fullmatch(r"[1-9][0-9]{0,8}", number):
            raise Unfit(where, f"{number!r:.60} is not the number of a reading")
        found[int(number)] = _sorted_texts(ids, f"{where}.{number}")
    return MappingProxyType(found)


def _refusals(data: Any, where: str) -> Mapping[Address, tuple[Refusal, ...]]:
    found: dict[Address, tuple[Refusal, ...]] = {}
    for index, each in enumerate(_list(data, where)):
        place = f"{where}[{index}]"
        fields = dict(mapping(each, place))
        if "address" not in fields:
            raise Unfit(place, "'address' is missing")
        address = _address(fields.pop("address"), place)
        refusal = dataclass_json.from_json(Refusal, fields, JsonPlace(place, time_from_text))
        found[address] = (*found.get(address, ()), refusal)
    return MappingProxyType(dict(sorted(found.items())))


def _address(data: Any, where: str) -> Address:
    try:
        return Address.parse(data if isinstance(data, str) else "")
    except ValueError as error:
        raise Unfit(where, str(error)) from None


def _released(data: Any, where: str) -> Mapping[Address, int]:
    found = {}
    for text, times in mapping(data, where).items():
        if type(times) is not int or times < 1:
            raise Unfit(f"{where}.{text}", "is not a whole number from 1")
        found[_address(text, where)] = times
    return MappingProxyType(dict(sorted(found.items())))


def _contacts(data: Any, where: str) -> Mapping[str, float]:
    times = mapping(data, where)
    return MappingProxyType({name: time_at(at, f"{where}.{name}") for name, at in times.items()})


def _exactly(kind: type, words: str) -> Callable[[Any, str], Any]:
    def read(data: Any, where: str) -> Any:
        if type(data) is not kind:
            raise Unfit(where, f"{data!r:.60} is not {words}")
        return data

    return read


_READERS: Mapping[str, Callable[[Any, str], Any]] = {
    "observed": _each(_each(_opaque)),
    "landmarks": _each(_opaques),
    "models": _each(_each(_sorted_texts)),
    "foreign": _each(_sorted_texts),
    "unclaimed": _each(_sorted_texts),
    "remembered": _each_id(RememberedRow),
    "absent": _each_id(Absent),
    "readings": _each(_readings),
    "refusals": _refusals,
    "released": _released,
    "contacts": _contacts,
    "catalog": _exactly(str, "text"),
    "unproven": _exactly(bool, "true or false"),
}
