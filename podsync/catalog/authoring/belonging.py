"""A document in the chosen environment: whether it applies there, and which ids it has there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from podsync.catalog.parsing.document import Document
from podsync.catalog.validation.nearest import suggestion
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import Path
from podsync.model.settings import Authoring

ONLY = "only"
#: Words that take an id, or one for each environment.
_IDS = ("adopt", "recreate")


class Belonging(NamedTuple):
    """A document in one environment, and its faults; unless it `applies` there, it makes no product."""

    document: Document
    applies: bool = True
    faults: tuple[Diagnostic, ...] = ()


def says_where(data: Mapping[str, Any]) -> bool:
    """Whether a document has words that depend on the environment."""
    return ONLY in data or any(isinstance(data.get(word), dict) for word in _IDS)


def in_environment(document: Document, settings: Authoring) -> Belonging:
    """Return a document with the values of the settings' environment."""
    data = dict(document.data)
    faults: list[Diagnostic] = []
    only = data.pop(ONLY, None)
    if ONLY in document.data:
        faults += _names(document, only, settings.environments)
    for word in _IDS:
        ids = data.get(word)
        if not isinstance(ids, dict) or any("=" in name for name in ids):
            continue  # keys with = name products of the document, not environments
        faults += _unknown(document, [((word, name), name) for name in ids], settings.environments, key=True)
        data |= {word: ids.get(settings.environment)}
        if data[word] is None:
            del data[word]
    applies = not isinstance(only, list) or settings.environment in only
    return Belonging(document._replace(data=data), applies, tuple(faults))


def _names(document: Document, only: Any, known: tuple[str, ...]) -> Iterable[Diagnostic]:
    if not isinstance(only, list) or not only or not all(isinstance(name, str) for name in only):
        summary = "only has the names of environments"
        return [document.fault("environment-name", (ONLY,), summary, "write a list: only: [staging]")]
    return _unknown(document, [((ONLY, number), name) for number, name in enumerate(only)], known)


def _unknown(
    document: Document, names: list[tuple[Path, str]], known: tuple[str, ...], *, key: bool = False
) -> Iterable[Diagnostic]:
    for path, name in names:
        if name not in known:
            there = f"there are: {', '.join(known)}" if known else "podsync.yaml has no environments"
            detail = suggestion(name, known, there)
            yield document.fault(
                "environment-name", path, f"there is no environment '{name}'", detail, key=key
            )
