"""What putting a file into form comes to."""

from __future__ import annotations

from typing import NamedTuple

from podsync.model.diagnostic import Diagnostic


class Formatted(NamedTuple):
    """A file in its form, or its faults: then `content` is unchanged.

    `tables` are the names of CSV files that its documents read, as they are written there.
    """

    content: bytes
    faults: tuple[Diagnostic, ...] = ()
    tables: tuple[str, ...] = ()
