"""Dataclasses to JSON and back, driven by their annotations.

The journal and the state file hold the same kinds of values: text, whole numbers, addresses,
specs, and *times*, which are the only floats. How a time looks differs between the two, so it is
passed in.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import cache
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    TypeAlias,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from podsync.model import Address, Lifecycle, freeze, thaw

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_D = TypeVar("_D", bound="DataclassInstance")


class Unfit(ValueError):  # noqa: N818 (it says what a value is; its readers turn it into a StateError)
    """A value is not what its place asks for; the text begins with the place."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}" if where else what)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands, how times are read there, and where keys that nobody knows are put.

    `time` raises ValueError for what is no time.
    """

    where: str
    time: Callable[[Any], float]
    unknown: dict[str, Any] = field(default_factory=dict)

    def down(self, name: str) -> Place:
        """The place of a key below this one."""
        return Place(f"{self.where}.{name}" if self.where else name, self.time)


_Reader: TypeAlias = Callable[[Any, Place], Any]
#: Holds what the reader did not know; it has no place of its own in a file.
_KEPT = "extra"


def to_json(
    value: DataclassInstance, time: Callable[[float], Any], always: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Return plain JSON data; a field that is empty and would be read as empty is left out.

    Fields named in `always` are written even then. A default that is not empty is written too: it
    may be another one in the next version.
    """
    data = {}
    for each in fields(value):
        content = getattr(value, each.name)
        plain = _plain(content, each, time)
        empty = plain is None or (isinstance(plain, str | list | dict) and not plain)
        if each.name != _KEPT and (each.name in always or not empty or content != each.default):
            data[each.name] = plain
    return data


def _plain(value: Any, each: Field[Any], time: Callable[[float], Any]) -> Any:
    if value is None:
        return None
    if str(each.type).startswith("float"):
        return time(value)
    if isinstance(value, Address):
        return str(value)
    if isinstance(value, Lifecycle):
        return value.to_json()
    if is_dataclass(value) and not isinstance(value, type):
        return to_json(value, time)
    return thaw(value)


def from_json(cls: type[_D], data: Any, place: Place) -> _D:
    """Build a `cls` from JSON data. Keys that it does not have land in `place.unknown`.

    Raises Unfit for a value of another type and for a field without a default that is missing.
    """
    if not isinstance(data, Mapping):
        raise Unfit(place.where, "is not a mapping")
    readers = _readers(cls)
    values = {}
    for name, (read, required) in readers.items():
        if name in data:
            below = place.down(name)
            values[name] = read(data[name], below)
            if below.unknown:
                place.unknown[name] = below.unknown
        elif required:
            raise Unfit(place.where, f"{name!r} is missing")
    for name in data:
        if name not in readers:
            place.unknown[name] = data[name]
    return cls(**values)


@cache
def _readers(cls: type[DataclassInstance]) -> dict[str, tuple[_Reader, bool]]:
    """Field name -> how to read it, and whether it must be there."""
    hints = get_type_hints(cls)
    return {
        each.name: (_reader(hints[each.name]), each.default is MISSING and each.default_factory is MISSING)
        for each in fields(cls)
        if each.name != _KEPT
    }


def _reader(hint: Any) -> _Reader:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        (inner,) = (each for each in arguments if each is not types.NoneType)
        read = _reader(inner)
        return lambda value, place: None if value is None else read(value, place)
    if origin is Literal:
        return lambda value, place: _one_of(value, arguments, place)
    if origin is tuple:
        return _texts
    if origin is not None and issubclass(origin, Mapping):
        return _labels if arguments[1] is str else _mapping
    if isinstance(hint, type) and is_dataclass(hint) and hint is not Address:
        return lambda value, place: from_json(hint, value, place)
    return _SCALARS[hint]


def _one_of(value: Any, allowed: tuple[Any, ...], place: Place) -> Any:
    if not isinstance(value, str) or value not in allowed:
        raise Unfit(place.where, f"{value!r:.60} is none of {', '.join(allowed)}")
    return value


def _exactly(kind: type, words: str) -> _Reader:
    def read(value: Any, place: Place) -> Any:
        if type(value) is not kind:  # a bool is an int to isinstance
            raise Unfit(place.where, f"{value!r:.60} is not {words}")
        return value

    return read


def _address(value: Any, place: Place) -> Address:
    try:
        return Address.parse(_TEXT(value, place))
    except ValueError as error:
        raise error if isinstance(error, Unfit) else Unfit(place.where, str(error)) from None


def _texts(value: Any, place: Place) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Unfit(place.where, "is not a list of texts")
    return tuple(value)


def _mapping(value: Any, place: Place) -> Any:
    if not isinstance(value, dict):
        raise Unfit(place.where, "is not a mapping")
    return freeze(value)


def _labels(value: Any, place: Place) -> Any:
    labels = _mapping(value, place)
    if not all(isinstance(each, str) for each in labels.values()):
        raise Unfit(place.where, "holds a value that is not text")
    return labels


def _time(value: Any, place: Place) -> float:
    try:
        return place.time(value)
    except ValueError as error:
        raise Unfit(place.where, str(error)) from None


_TEXT = _exactly(str, "text")
_SCALARS: Mapping[Any, _Reader] = {
    str: _TEXT,
    int: _exactly(int, "a whole number"),
    bool: _exactly(bool, "true or false"),
    float: _time,
    Address: _address,
}
