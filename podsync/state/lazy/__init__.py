"""A large state file read without making its entries. It never changes a result."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from podsync.state.formats import statefile
from podsync.state.model import State

__all__ = ["WORTH_AN_OUTLINE", "loads_beside"]

#: A smaller file is read whole: that takes no longer than to look for its outline.
WORTH_AN_OUTLINE = 100_000


def loads_beside(root: Path, name: str, read: Callable[[], Iterable[bytes]]) -> Callable[[bytes, str], State]:
    """Return what reads the state called `name`; outlines are kept in `root`, where podsync works."""

    def loads(data: bytes, label: str) -> State:
        if len(data) < WORTH_AN_OUTLINE:
            return statefile.loads(data, label)
        from podsync.state.lazy.entries import Outlines

        return Outlines.beside(root, name, read).loads(data, label)

    return loads
