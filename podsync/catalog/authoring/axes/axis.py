"""An axis as a value: its keys, their fields, and where each stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from podsync.catalog.parsing.source_text import Text
from podsync.catalog.validation.nearest import slug
from podsync.model.address import NAME_LIMIT
from podsync.model.position import Span

NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
MOST_AXES = 8
#: Where a key (no field) or a field of a key stands.
Place: TypeAlias = Callable[[str, str], tuple[Text, Span]]
WRITTEN_SO = "small letters, digits and single hyphens, at most 100 characters"


class Axis(NamedTuple):
    """An axis: `rows` has the fields of each key, sorted by key. `table`: they are cells of a CSV.

    `was` has former keys of a key. `fields` are all names of fields, for messages; `twice` are those that
    a table has in two columns, so that neither can be meant. `exact` are keys with fields whose texts are
    meant as they are, whatever a spreadsheet could have done to them.
    """

    name: str
    rows: Mapping[str, Mapping[str, Any]]
    place: Place
    fields: Sequence[str]
    was: Mapping[str, tuple[str, ...]]
    table: bool = False
    twice: Sequence[str] = ()
    exact: Container[tuple[str, str]] = ()


def is_key(text: Any) -> bool:
    """Whether a text may be a key or the name of an axis."""
    return isinstance(text, str) and len(text) <= NAME_LIMIT and NAME.fullmatch(text) is not None


def as_key(text: str) -> str:
    """Return the key that is nearest to a text; empty where there is none."""
    return slug(text)[:NAME_LIMIT].strip("-") if text.isprintable() else ""


def key_help(key: str, others: Mapping[str, int] | None = None) -> str:
    """Say how a key is written. `others`: how many keys of the axis are nearest to a key."""
    meant = as_key(key)
    if others is not None and others.get(meant, 0) > 1:
        return f"give it a key of its own, {meant} is that of another one. A key has {WRITTEN_SO}"
    return f"write {meant}. A key has {WRITTEN_SO}" if meant and meant != key else f"a key has {WRITTEN_SO}"
