"""Addresses of products, and the selection of a command."""

import re
from collections.abc import Iterable, Mapping
from fnmatch import translate
from functools import cache, lru_cache
from typing import Any, NamedTuple

DEFAULT_ACCOUNT = "default"

_NAME = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_INDEX = rf"\[{_NAME}={_NAME}(?:,{_NAME}={_NAME})*\]"
_ADDRESS = rf"(?P<kind>[a-z][a-z0-9_]*)\.(?P<document>{_NAME})(?P<index>{_INDEX})?"
#: Longest `name` of a product document, and longest key of an axis.
NAME_LIMIT = 100


class Address(NamedTuple):
    """`<kind>.<name>`, unique in a catalog. A tuple, because every plan compares and hashes all of them.

    The name of a product that one document makes among several ends in its keys, sorted by axis:
    `dino[colour=crimson,model=hoodie]`. So it is one text wherever an address is kept or compared.
    """

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}.{self.name}"

    @property
    def word(self) -> str:
        """The address as a word of a command line: keys in double quotes, which every shell reads alike."""
        return f'"{self}"' if "[" in self.name else str(self)

    @property
    def document(self) -> str:
        """The name of the document, which several products may share."""
        return self.name.partition("[")[0]

    @property
    def keys(self) -> Mapping[str, str]:
        """The key of each axis; empty where the document makes one product."""
        return index_of(self.name)

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read `kind.name`, of whatever kind; raises ValueError for anything that is not an address.

        The axes may stand in any order.
        """
        match = _address().fullmatch(text)
        if match is None or len(match["document"]) > NAME_LIMIT:
            message = f"{text!r} is not an address, KIND.NAME"
            raise ValueError(message)
        if match["index"] is None:
            return cls(match["kind"], match["document"])
        keys = index_of(match["index"])
        if len(keys) != match["index"].count("="):
            message = f"{text!r} is not an address: an axis stands twice in it"
            raise ValueError(message)
        return cls(match["kind"], match["document"] + indexed(keys.items()))


def index_of(name: str) -> dict[str, str]:
    """Return the keys that a name ends with, by axis."""
    _, many, inner = name.partition("[")
    return dict(pair.split("=", 1) for pair in inner[:-1].split(",")) if many else {}


def indexed(keys: Iterable[tuple[str, str]]) -> str:
    """Return what follows the document's name: `[colour=crimson,model=hoodie]`, sorted by axis."""
    return f"[{','.join(f'{axis}={key}' for axis, key in sorted(keys))}]"


class Selection(NamedTuple):
    """Which addresses a plan is about. Only `*` and `?` are special in the patterns.

    A pattern without some axes, or without brackets, means all their keys.
    """

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
        if any(_matches(pattern, address) for pattern in self.excludes):
            return False
        return all(labels.get(key) == value for key, value in self.selectors)

    def targeted(self, address: Address) -> bool:
        """Whether a `--target` names this address."""
        return any(_matches(pattern, address) for pattern in self.targets)

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
    def from_json(cls, data: Mapping[str, Any] | None) -> "Selection":
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


def _matches(pattern: str, address: Address) -> bool:
    """Match with `*` and `?` only; axes that a pattern does not name may have any key."""
    name = address.name
    if _pattern(pattern).fullmatch(f"{address.kind}.{name}") is not None:
        return True
    document, many, _ = name.partition("[")
    if not many:
        return False
    wanted, narrowed, keys = pattern.partition("[")
    if _pattern(wanted).fullmatch(f"{address.kind}.{document}") is None:
        return False
    if not narrowed:
        return True
    pairs = [pair.partition("=") for pair in keys.removesuffix("]").split(",")]
    known = address.keys
    return keys.endswith("]") and all(
        axis in known and _pattern(key).fullmatch(known[axis]) is not None for axis, _, key in pairs
    )


@cache
def _address() -> re.Pattern[str]:
    return re.compile(_ADDRESS)


@lru_cache(maxsize=256)
def _pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern. Brackets are literal: they are part of addresses."""
    return re.compile(translate(pattern.replace("[", "[[]")))
