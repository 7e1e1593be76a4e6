"""Reads a whole catalog at once, as most tests want it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from podsync.catalog.loader import Loaded, begin


def load(root: Path, catalog_dir: str | Path, *arguments: Any, **options: Any) -> Loaded:
    """Read the catalog below `root / catalog_dir`; the other arguments are those of `begin`."""
    with begin(root, catalog_dir, *arguments, **options) as run:
        return run.finish()
