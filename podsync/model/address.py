"""Addresses of products, and which of them a command is about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import translate
from typing import Any, NamedTuple

DEFAULT_ACCOUNT = "default"

_ADDRESS = re.compile(r"(?P<kind>[a-z][a-z0-9_]*)\.(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)")
#: Longest `name` of a product document.
NAME_LIMIT = 100


class Address(NamedTuple):
    """`<kind>.<name>`, unique in a catalog. A tuple, because every plan compares and hashes all of them."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}.{self.name}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read `kind.name`, of whatever kind; raises ValueError for anything that is not an address."""
        match = _ADDRESS.fullmatch(text)
        if match is None or len(match["name"]) > NAME_LIMIT:
            message = f"{text!r} is not an address, KIND.NAME"
            raise ValueError(message)
        return cls(match["kind"], match["name"])


class Selection(NamedTuple):
    """Which addresses a plan is about. Only `*` and `?` are special in the patterns."""

    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    selectors: tuple[tuple[str, str], ...] = ()
    replace: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether it leaves anything out (`replace` asks for more, it does not narrow)."""
        return bool(self.targets or self.excludes or self.selectors)

    def takes(self, address: Address, labels: Mapping[str, str]) -> bool:
        """Whether a create, update or replace of this address is asked for."""
        if self.targets and not self.targeted(address):
            return False
        if any(_glob(pattern, str(address)) for pattern in self.excludes):
            return False
        return all(labels.get(key) == value for key, value in self.selectors)

    def targeted(self, address: Address) -> bool:
        """Whether a `--target` names this address."""
        return any(_glob(pattern, str(address)) for pattern in self.targets)

    def to_json(self) -> dict[str, Any] | None:
        """The form of plan files; None when nothing was selected."""
        data = {
            "targets": list(self.targets),
            "excludes": list(self.excludes),
            "selectors": [f"{key}={value}" for key, value in self.selectors],
            "replace": list(self.replace),
        }
        return {key: value for key, value in data.items() if value} or None

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Selection:
        """The inverse of :meth:`to_json`."""
        if data is None:
            return cls()
        selectors = (text.partition("=") for text in data.get("selectors", ()))
        return cls(
            tuple(data.get("targets", ())),
            tuple(data.get("excludes", ())),
            tuple((key, value) for key, _, value in selectors),
            tuple(data.get("replace", ())),
        )


def _glob(pattern: str, text: str) -> bool:
    """Match with `*` and `?` only: brackets stand for themselves (they are part of future addresses)."""
    return re.fullmatch(translate(pattern.replace("[", "[[]")), text) is not None
