"""Dataclasses to JSON and back, driven by their annotations.

The journal and the state file hold the same kinds of values: text, whole numbers, addresses,
specs, and *times*, which are the only floats. How a time looks differs between the two, so it is
passed in.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
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

from podsync.model.address import Address
from podsync.model.frozen import FrozenDict, freeze
from podsync.model.product import Lifecycle

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_D = TypeVar("_D", bound="DataclassInstance")


class Unfit(ValueError):  # noqa: N818 (it says what a value is; its readers turn it into a StateError)
    """A value is not what its place asks for; the text begins with the place."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}" if where else what)


class JsonPlace:
    """Where a value is, how times are read there, and where keys that nobody knows are put.

    `time` raises ValueError for what is no time.
    """

    __slots__ = ("_above", "_name", "time", "unknown", "where")

    def __init__(
        self, where: str, time: Callable[[Any], float], above: JsonPlace | None = None, name: str = ""
    ) -> None:
        self.where, self.time = where, time
        self.unknown: dict[str, Any] = {}
        self._above, self._name = above, name

    def inside(self, name: str) -> JsonPlace:
        """The place of a key below this one; what is unknown there is so here, too."""
        return JsonPlace(self.below(name), self.time, self, name)

    def below(self, name: str) -> str:
        """How messages call the value of a key below this one."""
        return f"{self.where}.{name}" if self.where else name

    def keep(self, name: str, value: Any) -> None:
        """Keep the value of an unknown key."""
        self.unknown[name] = value
        if self._above is not None:
            self._above.keep(self._name, self.unknown)


#: Reads the value at a place under a name.
Reader: TypeAlias = Callable[[Any, JsonPlace, str], Any]
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
    for name, default, is_time in _written(type(value)):
        content = getattr(value, name)
        plain = _times(content, time) if is_time and content is not None else _plain(content, time)
        # What is empty and equals its default; `0` and `False` are not empty.
        if plain in _EMPTY and type(plain) in _CAN_BE_EMPTY and content == default and name not in always:
            continue
        data[name] = plain
    return data


_EMPTY: tuple[Any, ...] = (None, "", [], {})
_CAN_BE_EMPTY = {type(each) for each in _EMPTY}


@cache
def _written(cls: type[DataclassInstance]) -> tuple[tuple[str, Any, bool], ...]:
    """Name, default, and whether it holds times, of each field that has a place in a file."""
    return tuple(
        (each.name, each.default, str(each.type).startswith(("float", "Mapping[str, float]")))
        for each in fields(cls)
        if each.name != _KEPT
    )


def _times(value: Any, time: Callable[[float], Any]) -> Any:
    return {key: time(each) for key, each in value.items()} if isinstance(value, Mapping) else time(value)


def _plain(value: Any, time: Callable[[float], Any]) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {key: _plain(each, time) for key, each in value.items()}
    if isinstance(value, tuple | list) and not isinstance(value, Address):
        return [_plain(each, time) for each in value]
    if isinstance(value, Address):
        return str(value)
    if isinstance(value, Lifecycle):
        return value.to_json()
    return to_json(value, time) if is_dataclass(value) and not isinstance(value, type) else value


def from_json(cls: type[_D], data: Any, place: JsonPlace) -> _D:
    """Build a `cls` from JSON data. Keys that it does not have land in `place.unknown`.

    They also become its `extra`, if it has that. Raises Unfit for a value of another type and for a
    field without a default that is missing.
    """
    if not isinstance(data, dict):
        raise Unfit(place.where, "is not a mapping")
    readers = _readers(cls)
    values = {}
    for name, (read, required) in readers.items():
        if name in data:
            values[name] = read(data[name], place, name)
        elif required:
            raise Unfit(place.where, f"{name!r} is missing")
    for name in data:
        if name not in readers:
            place.keep(name, data[name])
    if place.unknown and _KEPT in cls.__dataclass_fields__:
        values[_KEPT] = freeze(place.unknown)
    return cls(**values)


def mapping(data: Any, where: str) -> dict[str, Any]:
    """Return `data`; raises Unfit for what is no JSON object."""
    if not isinstance(data, dict):
        raise Unfit(where, "is not a mapping")
    return data


@cache
def _readers(cls: type[DataclassInstance]) -> dict[str, tuple[Reader, bool]]:
    """Field name -> how to read it, and whether it must be there."""
    hints = get_type_hints(cls)
    return {
        each.name: (_reader(hints[each.name]), each.default is MISSING and each.default_factory is MISSING)
        for each in fields(cls)
        if each.name != _KEPT
    }


def _reader(hint: Any) -> Reader:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        (inner,) = (each for each in arguments if each is not types.NoneType)
        read = _reader(inner)
        return lambda value, place, name: None if value is None else read(value, place, name)
    if origin is Literal:
        return _one_of(arguments)
    if origin is tuple:
        return read_texts if arguments[0] is str else items(_reader(arguments[0]))
    if origin is not None and issubclass(origin, Mapping):
        return read_opaque if arguments[1] is Any else each_of(_reader(arguments[1]))
    if isinstance(hint, type) and is_dataclass(hint) and hint is not Address:
        return object_of(hint)
    return _SCALARS[hint]


def _one_of(allowed: tuple[Any, ...]) -> Reader:
    def read(value: Any, place: JsonPlace, name: str) -> Any:
        if not isinstance(value, str) or value not in allowed:
            raise Unfit(place.below(name), f"{value!r:.60} is none of {', '.join(allowed)}")
        return value

    return read


def object_of(cls: type[DataclassInstance]) -> Reader:
    """Return what reads a `cls`."""
    return lambda value, place, name: from_json(cls, value, place.inside(name))


def exactly(kind: type, words: str) -> Reader:
    """Return what reads a value of just this type, as messages call it."""

    def read(value: Any, place: JsonPlace, name: str) -> Any:
        if type(value) is not kind:  # a bool is an int to isinstance
            raise Unfit(place.below(name), f"{value!r:.60} is not {words}")
        return value

    return read


def read_address(value: Any, place: JsonPlace, name: str) -> Address:
    """Read an address."""
    text = _TEXT(value, place, name)
    try:
        return Address.parse(text)
    except ValueError as error:
        raise Unfit(place.below(name), str(error)) from None


def read_texts(value: Any, place: JsonPlace, name: str) -> tuple[str, ...]:
    """Read a list of texts."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Unfit(place.below(name), "is not a list of texts")
    return tuple(value)


def read_opaque(value: Any, place: JsonPlace, name: str) -> Any:
    """Read a mapping of which nothing more is known."""
    return freeze(mapping(value, place.below(name)))


def items(read: Reader) -> Reader:
    """Return what reads a list of such."""

    def read_all(value: Any, place: JsonPlace, name: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Unfit(place.below(name), "is not a list")
        return tuple(read(each, place, f"{name}[{index}]") for index, each in enumerate(value))

    return read_all


def each_of(read: Reader, key: Reader | None = None, *, full: bool = False) -> Reader:
    """Return what reads a mapping of such, with these keys; `full`: what is empty in it is left out."""

    def read_all(value: Any, place: JsonPlace, name: str) -> Any:
        below = place.inside(name)
        found = {
            text if key is None else key(text, place, name): read(each, below, text)
            for text, each in mapping(value, below.where).items()
        }
        return FrozenDict({each: inner for each, inner in found.items() if inner} if full else found)

    return read_all


def read_time(value: Any, place: JsonPlace, name: str) -> float:
    """Read a time."""
    try:
        return place.time(value)
    except ValueError as error:
        raise Unfit(place.below(name), str(error)) from None


_TEXT = exactly(str, "text")
_SCALARS: Mapping[Any, Reader] = {
    str: _TEXT,
    int: exactly(int, "a whole number"),
    bool: exactly(bool, "true or false"),
    float: read_time,
    Address: read_address,
}
