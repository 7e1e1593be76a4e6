"""Frozen JSON: mappings and lists that cannot be changed.

A *spec* is what a provider is sent, in the provider's own field names. It is frozen all the way down
(:func:`freeze`), yet stays a `dict` with `str` keys, so that `json.dumps` takes it as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, TypeAlias

_SCALARS = frozenset({str, int, float, bool, type(None)})

#: Any JSON value after :func:`freeze`: mappings are `FrozenDict`, sequences are tuples.
Json: TypeAlias = Any
Spec: TypeAlias = Mapping[str, Json]
#: The path of a value in a document: `("spec", "pictures", 0, "url")`.
Path: TypeAlias = tuple[str | int, ...]


class FrozenDict(dict[str, Json]):
    """A `dict` that cannot be changed after it was made."""

    __slots__ = ()

    def _refuse(self, *_args: object, **_kwargs: object) -> NoReturn:
        message = "this value is frozen"
        raise TypeError(message)

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        """Hash by content, as frozen dataclasses that hold one do."""
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[FrozenDict], tuple[dict[str, Json]]]:
        """Let `copy` and `pickle` rebuild it without assigning items."""
        return FrozenDict, (dict(self),)


EMPTY: FrozenDict = FrozenDict()


def freeze(value: Any) -> Json:
    """Return `value` with every mapping a `FrozenDict` and every list a tuple."""
    kind = type(value)
    # What a parser returns is just this, and most of it is text: asking for the type is three times as fast.
    if kind is dict:
        frozen = FrozenDict(value)
        for key, item in value.items():
            if type(item) not in _SCALARS:
                dict.__setitem__(frozen, key, freeze(item))
        return frozen
    if kind is list:
        return tuple([item if type(item) is str else freeze(item) for item in value])
    if kind in _SCALARS:
        return value
    if isinstance(value, Mapping):
        return FrozenDict({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple([freeze(item) for item in value])
    return value


def thaw(value: Json) -> Any:
    """Return a plain, changeable copy: `dict` and `list` again (jsonschema refuses tuples)."""
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [thaw(item) for item in value]
    return value


def is_flat(value: Json) -> bool:
    """Whether it is a text, a number, nothing, or a list of such: what a line of YAML holds."""
    items = value if isinstance(value, tuple) else (value,)
    return all(isinstance(item, str | int | float | None) for item in items)


def value_at(data: Any, path: Path) -> Any:
    """Return the value at a path inside mappings and lists; None if there is none."""
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data
