"""Which combinations of keys there are: all, but for `except`; and which overrides fit each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any, NamedTuple

from podsync.catalog.authoring.axes.axis import Axis
from podsync.catalog.authoring.layers import MERGED
from podsync.catalog.parsing.document import Document
from podsync.catalog.validation.nearest import suggestion
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import Path

#: At most this many combinations are examined, before `except` removes any.
MOST_COMBINATIONS = 1_000_000


#: The keys of an override beside `when`.
_SAID = (*MERGED, "changed_there")


class Combination(NamedTuple):
    """The keys of a product, in the order of the axes, and the overrides that fit, in their order."""

    keys: tuple[str, ...]
    overrides: tuple[int, ...] = ()


class _Condition(NamedTuple):
    """A part of a combination: the number of each axis, and the keys of it that fit."""

    number: int
    keys: Mapping[int, frozenset[str]]

    def fits(self, keys: Sequence[str]) -> bool:
        return all(keys[axis] in wanted for axis, wanted in self.keys.items())


class _Conditions:
    """Many conditions, found by one of their keys: few of them concern a combination."""

    def __init__(self, conditions: Sequence[_Condition]) -> None:
        self._by_key: dict[tuple[int, str], list[_Condition]] = {}
        self._axes: set[int] = set()
        for each in conditions:
            axis = min(each.keys, key=lambda axis: len(each.keys[axis]))
            self._axes.add(axis)
            for key in each.keys[axis]:
                self._by_key.setdefault((axis, key), []).append(each)

    def __bool__(self) -> bool:
        return bool(self._axes)

    def fitting(self, keys: Sequence[str]) -> list[int]:
        found = [
            each.number
            for axis in self._axes
            for each in self._by_key.get((axis, keys[axis]), ())
            if each.fits(keys)
        ]
        return sorted(found)


class Choices:
    """Reads `except` and `overrides` of a document; faults go to `faults`."""

    def __init__(self, document: Document, axes: Mapping[str, Axis], most: int | None) -> None:
        self.faults: list[Diagnostic] = []
        self._document = document
        self._axes = axes
        self._most = most
        self._excepts = _Conditions(self._conditions("except", self._except))
        self._wanted = self._conditions("overrides", self._override)
        self._overrides = _Conditions(self._wanted)

    def combinations(self) -> Iterator[Combination]:
        """Yield the combinations that `except` leaves, sorted; nothing if there are too many."""
        keys = [list(axis.rows) for axis in self._axes.values()]
        count = prod(map(len, keys))
        if count > MOST_COMBINATIONS:
            self._too_many(count)
            return
        found = []
        has_excepts, has_overrides = bool(self._excepts), bool(self._wanted)
        used: set[int] = set()
        for each in product(*keys):
            if has_excepts and self._excepts.fitting(each):
                continue
            fitting = tuple(self._overrides.fitting(each)) if has_overrides else ()
            used.update(fitting)
            found.append(Combination(each, fitting))
        if self._most is not None and len(found) > self._most:
            self._too_many(len(found))
            return
        if not found:
            self._refuse(("except",), "nothing is left of all combinations", "remove an entry")
        for override in self._wanted:
            if override.number not in used:
                path: Path = ("overrides", override.number, "when")
                self._refuse(path, "this fits no product", "remove it, or mend its keys")
        yield from found

    def _too_many(self, count: int) -> None:
        most = self._most if self._most is not None else MOST_COMBINATIONS
        counts = " x ".join(f"{len(axis.rows):,} {name}" for name, axis in self._axes.items())
        summary = f"{counts} make {count:,} products; one document may make {most:,}"
        detail = "take keys out, or split it into several documents"
        if count <= MOST_COMBINATIONS:
            detail += "; limits.max_each in podsync.yaml raises it"
        self.faults.append(self._document.fault("max-each", ("each",), summary, detail))

    def _refuse(self, path: Path, summary: str, detail: str, *, key: bool = False) -> None:
        self.faults.append(self._document.fault("each", path, summary, detail, key=key))

    def _conditions(self, word: str, read: Callable[[int, Any], _Condition | None]) -> list[_Condition]:
        items = self._document.data.get(word, [])
        if not isinstance(items, list):
            self._refuse((word,), f"{word} is a list", f"write {word}: [...]")
            return []
        return [found for number, data in enumerate(items) if (found := read(number, data)) is not None]

    def _except(self, number: int, data: Any) -> _Condition | None:
        return self._condition(number, data, ("except", number))

    def _override(self, number: int, override: Any) -> _Condition | None:
        path: Path = ("overrides", number)
        if not isinstance(override, dict) or "when" not in override:
            example = "write {when: {axis: key}, spec: {…}}"
            self._refuse(path, "an override says when it holds, and what holds then", example)
            return None
        for key in override:
            if key not in {"when", *_SAID}:
                detail = suggestion(key, ["when", *_SAID], f"known keys: when, {', '.join(_SAID)}")
                self._refuse((*path, key), f"unknown key '{key}'", detail, key=True)
                return None
            if key != "when" and not isinstance(override[key], dict):
                self._refuse((*path, key), f"{key} is a mapping", "write `name: value` pairs")
                return None
        return self._condition(number, override["when"], (*path, "when"))

    def _condition(self, number: int, condition: Any, path: Path) -> _Condition | None:
        if not isinstance(condition, dict) or not condition:
            self._refuse(path, "this names no key", f"write {{{next(iter(self._axes), 'axis')}: key}}")
            return None
        before = len(self.faults)
        found: dict[int, frozenset[str]] = {}
        names = list(self._axes)
        for name, keys in condition.items():
            if name not in self._axes:
                detail = suggestion(name, names, f"the axes: {', '.join(names)}")
                self._refuse((*path, name), f"there is no axis '{name}'", detail, key=True)
                continue
            wanted = keys if isinstance(keys, list) else [keys]
            known = self._axes[name].rows
            for index, key in enumerate(wanted):
                if not isinstance(key, str) or key not in known:
                    inner = (*path, name, index) if isinstance(keys, list) else (*path, name)
                    detail = suggestion(key, known, f"keys: {', '.join(list(known)[:8])}")
                    self._refuse(inner, f"the axis {name} has no key {key!r}", detail)
            if not wanted:
                self._refuse((*path, name), "this names no key", "write one, or remove the axis")
            found[names.index(name)] = frozenset(map(str, wanted))
        return _Condition(number, found) if len(self.faults) == before else None
