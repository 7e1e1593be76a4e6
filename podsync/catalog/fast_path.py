"""The only way to `catalog.cache`. Each answer may be None: then the straight way is taken."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from podsync.shortcuts import may_use

if TYPE_CHECKING:
    from podsync.catalog.cache.fast_schema import Check
    from podsync.catalog.cache.load_run import CachedRun
    from podsync.catalog.cache.settings_cache import SettingsMemory

_CACHE = "catalog/cache"


def cached_run() -> type[CachedRun] | None:
    """Return what reads a catalog faster than `straight.StraightRun`."""
    if not may_use(_CACHE):
        return None
    from podsync.catalog.cache.load_run import CachedRun

    return CachedRun


def settings_cache(root: Path, raw: bytes) -> SettingsMemory | None:
    """Return what may know a settings file of this content."""
    if not may_use(_CACHE):
        return None
    from podsync.catalog.cache.settings_cache import SettingsMemory

    return SettingsMemory.beside(root, raw)


def quick_check(name: str) -> Check | None:
    """Return a check that says yes to data that surely satisfies schema `name`; its no decides nothing."""
    if not may_use(_CACHE):
        return None
    from podsync.catalog.cache.fast_schema import check_of

    return check_of(name)
