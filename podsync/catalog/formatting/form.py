"""What putting a file into form comes to."""

from __future__ import annotations

from typing import NamedTuple

from podsync.model.diagnostic import Diagnostic


class Formatted(NamedTuple):
    """A file as it would be written, or what is wrong with it: then `content` is what it was.

    `tables` are the names of CSV files that its documents read, as they are written there.
    """

    content: bytes
    faults: tuple[Diagnostic, ...] = ()
    tables: tuple[str, ...] = ()
