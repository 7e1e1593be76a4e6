"""Former names of a document's products: `moved`, `renamed`, and a column `was`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from podsync.catalog.authoring.axes.axis import Axis, is_key, key_help
from podsync.catalog.parsing.document import Document
from podsync.catalog.validation.nearest import suggestion
from podsync.model.address import Address, indexed
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import Path

#: A kind for texts that are names of products of any kind.
_ANY = "any"


class FormerNames:
    """Reads `moved` and `renamed` of a document; faults go to `faults`."""

    def __init__(self, document: Document, axes: Mapping[str, Axis]) -> None:
        self.faults: list[Diagnostic] = []
        self._document = document
        self._axes = axes
        self._were = {name: {key: list(was) for key, was in axis.was.items()} for name, axis in axes.items()}
        self._columns()
        self._renamed(document.data.get("renamed"))
        self._documents: list[str] | None = None
        self._named: dict[str, list[str]] = {}
        moved = document.data.get("moved")
        if isinstance(moved, dict):
            self._mapping(moved)
        elif moved is not None:
            self._list(moved)
        for word in ("adopt", "recreate"):
            self._ids(word)

    def of(self, keys: Sequence[str]) -> list[str] | None:
        """Return the former names of the product of these keys; None where the document does not say."""
        pairs = list(zip(self._axes, keys, strict=True))
        found = list(self._named.get(indexed(pairs), ()))
        were = [[key, *self._were[name].get(key, ())] for name, key in pairs]
        name = str(self._document.data.get("name"))
        found += [
            document + indexed(zip(self._axes, former, strict=True))
            for document in (name, *(self._documents or ()))
            for former in product(*were)
            if document != name or former != tuple(keys)
        ]
        return found or (None if self._documents is None else [])

    def value_for(self, by_keys: Any, index: str) -> Any:
        """Return the value for one product in a mapping by keys (`colour=red,model=tee`); None if absent."""
        return next((value for keys, value in by_keys.items() if self._index(keys) == index), None)

    def _refuse(self, path: Path, summary: str, detail: str, *, key: bool = False) -> None:
        self.faults.append(self._document.fault("each", path, summary, detail, key=key))

    def _ids(self, word: str) -> None:
        ids = self._document.data.get(word)
        first: dict[str, str] = {}
        for keys, identity in ids.items() if isinstance(ids, dict) else ():
            index = self._index(keys)
            if index is None:
                self._no_product(word, keys)
            elif index in first:
                other = f"'{keys}' names the same product as '{first[index]}'"
                self._refuse((word, keys), other, "keep one of the two", key=True)
            elif isinstance(identity, dict):
                outside = f'environments stand outside: {word}: {{staging: {{"{keys}": ID}}}}'
                self._refuse((word, keys), f"the id for '{keys}' is a mapping", outside)
            else:
                first[index] = keys

    def _no_product(self, word: str, keys: str) -> None:
        example = ",".join(f"{name}={next(iter(axis.rows))}" for name, axis in self._axes.items())
        detail = f'name a key of every axis: "{example}"'
        summary = f"'{keys}' names no product of this document"
        self._refuse((word, keys), summary, detail, key=True)

    # -- keys

    def _columns(self) -> None:
        for name, axis in self._axes.items():
            for key, was in axis.was.items():
                for old in was:
                    if not is_key(old) or old in axis.rows:
                        summary = (
                            f"'{old}' is a key of this axis still" if is_key(old) else f"{old!r} is no key"
                        )
                        text, span = axis.place(key, "was")
                        detail = "take it out, or rename that row" if is_key(old) else key_help(old)
                        self.faults.append(text.fault("each", span, f"{name}: {summary}", detail))

    def _renamed(self, renamed: Any) -> None:
        if renamed is None:
            return
        if not isinstance(renamed, dict) or not all(isinstance(each, dict) for each in renamed.values()):
            detail = "write {axis: {old: new}}"
            self._refuse(("renamed",), "renamed has the old and the new keys of axes", detail)
            return
        for name, keys in renamed.items():
            if name not in self._axes:
                detail = suggestion(name, self._axes, f"the axes: {', '.join(self._axes)}")
                self._refuse(("renamed", name), f"there is no axis '{name}'", detail, key=True)
                continue
            known = self._axes[name].rows
            for old, new in keys.items():
                path: Path = ("renamed", name, old)
                if not is_key(old) or old in known:
                    summary = (
                        f"the axis {name} has the key {old} still" if old in known else f"{old!r} is no key"
                    )
                    self._refuse(path, summary, "on the left stands the old key", key=True)
                elif not isinstance(new, str) or new not in known:
                    detail = suggestion(new, known, "on the right stands the new key")
                    self._refuse(path, f"the axis {name} has no key {new!r}", detail)
                else:
                    self._were[name].setdefault(new, []).append(old)

    # -- names

    def _list(self, names: Any) -> None:
        wanted = "a list of former names, or a mapping from keys to one"
        if not isinstance(names, list):
            self._refuse(("moved",), f"moved is {wanted}", 'write [old-name] or {"colour=red": old}')
            return
        for number, name in enumerate(names):
            if not is_key(name):
                detail = 'a name with keys belongs to one product: {"colour=red": "' + str(name)[:100] + '"}'
                help_ = detail if isinstance(name, str) and "[" in name else "a name that this document had"
                self._refuse(("moved", number), f"{name!r} is no name of a document", help_)
        self._documents = [name for name in names if is_key(name)]

    def _mapping(self, by_keys: Mapping[str, Any]) -> None:
        for keys, names in by_keys.items():
            path: Path = ("moved", keys)
            index = self._index(keys)
            if index is None:
                self._no_product("moved", keys)
                continue
            for number, name in enumerate(names if isinstance(names, list) else [names]):
                former = _name(name)
                if former is None:
                    inner = (*path, number) if isinstance(names, list) else path
                    detail = "write the old name, such as dino-red or dino[colour=red]"
                    self._refuse(inner, f"{name!r} is no name of a product", detail)
                else:
                    self._named.setdefault(index, []).append(former)

    def _index(self, text: str) -> str | None:
        """Return the index of `colour=red,model=tee`; None if there is no such product."""
        pairs = [pair.strip().partition("=") for pair in text.strip("[]").split(",")]
        keys = {name.strip(): key.strip() for name, _, key in pairs}
        if keys.keys() != self._axes.keys() or len(pairs) != len(keys):
            return None
        known = all(keys[name] in axis.rows for name, axis in self._axes.items())
        return indexed(keys.items()) if known else None


def _name(text: Any) -> str | None:
    """Return the name of a product as addresses have it, None for anything else."""
    try:
        return Address.parse(f"{_ANY}.{text}").name if isinstance(text, str) else None
    except ValueError:
        return None
