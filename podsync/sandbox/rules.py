"""How the simulated providers behave: one switch for each thing that the vendors leave open.

Each default is what a vendor documents or shows in a sample; where nothing is said, the reading that
is most probable. A test turns the switch and so covers the other reading.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from difflib import get_close_matches
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints

Order = Literal["newest", "oldest", "shuffle"]
Pages = Literal["steady", "repeat", "skip"]
PastEnd = Literal["empty", "last", "error"]
TOTAL = re.compile(r"true|page|none|(capped|hidden):[0-9]{1,9}")


@dataclass(frozen=True)
class Rules:
    """The switches that all providers have; `sides` adds each one's own.

    Times are in seconds unless the name says otherwise.

    A bucket is `(size, leak per second)`, None for no limit; a rejected request does not fill it.
    """

    latency: float = 0.0  # before every answer
    order: Order = "newest"  # of a listing; shuffle: one arbitrary order, the same for every page
    order_seed: int = 0  # another seed, another shuffled order
    pages: Pages = "steady"  # repeat: each page repeats a row of the last; skip: a row falls between them
    past_end: PastEnd = "empty"  # a page past the last one: has no row, is the last one again, is refused
    page_size: int | None = None  # no page has more rows, whatever was asked for
    total: str = "true"  # what a listing says that there is: true, capped:N, page, hidden:N (more), none
    replica: float = 0.0  # listings are as of so long ago
    hidden: str = ""  # moderation: what has this in its name, or as its id, is not listed
    search_misses: str = ""  # what has this in its name is found by no search
    names: str = "keep"  # what becomes of a product's name: see `TREATMENTS`
    date_header: bool = True
    date_offset: float = 0.0  # how far the Date header is off
    date_back: float = 0.0  # each Date is so much earlier than the one before
    age: int | None = None  # listings have this Age, as from a cache
    retry_after: str | None = None  # the header's value on a 429 of the bucket; no vendor documents one
    extra_fields: bool = False  # listed rows and answers carry a field nobody has heard of
    create_date_hours: float = 0.0  # how far createDate and createdAt are off UTC

    def __post_init__(self) -> None:
        """Refuse a word that no switch knows, so that a misspelt rule cannot pass for the default."""
        for name, kind in get_type_hints(type(self)).items():
            if get_origin(kind) is Literal and getattr(self, name) not in get_args(kind):
                raise ValueError(f"{name}: {getattr(self, name)!r} is not one of {', '.join(get_args(kind))}")
            if kind is float and not isinstance(getattr(self, name), int | float):
                raise ValueError(f"{name}: {getattr(self, name)!r} is not a number")
        for name, least in (("page_size", 1), ("age", 0)):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, int) and value >= least):
                raise ValueError(f"{name}: {value!r} is not a whole number of {least} or more")
        for name in ("names", "total", "hidden", "search_misses"):
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"{name}: {getattr(self, name)!r} is not a text")
        check_treatments(self.names)
        if not TOTAL.fullmatch(self.total):
            raise ValueError(f"total: {self.total!r} is not true, capped:N, page, hidden:N or none")

    def treated_name(self, name: str) -> str:
        """The name as the shop keeps it."""
        return treated(name, self.names)

    def shown(self, row: dict[str, Any]) -> dict[str, Any]:
        """The row as an answer shows it: with a field nobody has heard of, where these rules say so."""
        return {**row, "sandboxExtra": {"new": True}} if self.extra_fields else row

    def with_changes(self, changes: Mapping[str, Any]) -> Self:
        """These rules with some of them changed; the values as JSON has them. ValueError if unknown."""
        known = {item.name for item in fields(self)}
        unknown = sorted(set(changes) - known)
        if unknown:
            near = get_close_matches(unknown[0], sorted(known), 1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise ValueError(f"no such rule: {', '.join(unknown)}{hint}")
        values: dict[str, Any] = {name: self.parsed(name, value) for name, value in changes.items()}
        return replace(self, **values)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data; `from_dict` reads it back."""
        return {item.name: _to_json(getattr(self, item.name)) for item in fields(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Rules from JSON data; what is not named keeps its default."""
        return cls().with_changes(data)

    @classmethod
    def parsed(cls, name: str, value: object) -> object:  # noqa: ARG003
        """The value of a rule, as JSON has it, in the form of these fields."""
        return _frozen(value)


def _to_json(value: object) -> object:
    if is_dataclass(value):
        return {item.name: _to_json(getattr(value, item.name)) for item in fields(value)}
    return [_to_json(item) for item in value] if isinstance(value, tuple) else value


def _frozen(value: object) -> object:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


_QUOTES = str.maketrans({"‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"'})


def _without_emoji(text: str) -> str:
    return "".join("?" if ord(sign) > 0xFFFF or unicodedata.category(sign) == "So" else sign for sign in text)


# What a shop does to a name before it stores it. No vendor documents any of it; each has been seen at one web
# shop or another. One that takes a number is written with a colon: `cut:40`.
TREATMENTS: Mapping[str, Callable[[str], str]] = {
    "trim": lambda text: " ".join(text.split()),
    "strip": str.strip,
    "fold": lambda text: re.sub(r"\s+", " ", text),
    "entities": html.escape,
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
    "emoji": _without_emoji,
    "quotes": lambda text: text.translate(_QUOTES),
    "ascii": lambda text: "".join(sign if sign.isascii() else "?" for sign in text),
}


def check_treatments(words: str) -> None:
    """Raise ValueError unless `words` is `keep`, or words of TREATMENTS and `cut:N` joined by `+`."""
    if words == "keep":
        return
    for word in words.split("+"):
        if word not in TREATMENTS and not _cut_length(word):
            raise ValueError(
                f"names: {word!r} is not keep, cut:N, {', '.join(TREATMENTS)}, or several joined by +"
            )


def treated(name: str, words: str) -> str:
    """The name after each of the words in turn."""
    for word in words.split("+"):
        if word in TREATMENTS:
            name = TREATMENTS[word](name)
        elif length := _cut_length(word):
            name = name[:length]
    return name


def _cut_length(word: str) -> int:
    head, _, number = word.partition(":")
    return int(number) if head == "cut" and number.isascii() and number.isdigit() else 0
