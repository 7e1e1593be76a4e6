"""The last content of `podsync.yaml`, so that a run without changes parses no YAML.

It is kept under the digest of the file's content, and only beside existing caches: nothing appears in a new
folder. A file that sets the address of a provider is never cached and never trusted from the cache. Keys are
sent to that address, so it is read from the file that people have reviewed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from podsync.catalog.validation.schemas import sources
from podsync.files.cache_file import FOLDERS, CacheFile, DamagedCacheError, key_of


class SettingsMemory(NamedTuple):
    """Keeps the document of a settings file that had no fault, as plain data."""

    cache: CacheFile

    @classmethod
    def beside(cls, root: Path, raw: bytes) -> SettingsMemory:
        """Return the memory of a file of this content, in the folder that podsync works in."""
        return cls(CacheFile(root, FOLDERS, "settings", partial(_key, raw)))

    def recall(self) -> Mapping[str, Any] | None:
        """Return the document; None if no cached one can be trusted."""
        kept = self.cache.find()
        if kept is None or len(kept.sizes) != 1:
            return None
        try:
            data: Any = json.loads(kept.section(0))
        except (DamagedCacheError, ValueError, RecursionError):
            return None
        return None if not isinstance(data, dict) or _tells_where(data) else data

    def remember(self, data: Mapping[str, Any]) -> None:
        """Save the document of a file without any fault."""
        # `Path.is_dir` raises where somebody else's folder cannot be looked into.
        if _tells_where(data) or not os.path.isdir(self.cache.root.joinpath(*FOLDERS)):  # noqa: PTH112
            return
        with self.cache.drafting() as draft:
            if draft is not None:
                self.cache.write(draft, [[json.dumps(data, separators=(",", ":")).encode()]])


def _key(raw: bytes) -> str:
    return key_of((hashlib.sha256(raw).hexdigest(), *sources(None)), ("podsync.catalog",))


def _tells_where(data: Mapping[str, Any]) -> bool:
    inner = data.get("environments", {})
    if not isinstance(inner, dict) or not all(isinstance(each, dict) for each in inner.values()):
        return True
    blocks = [each.get("providers", {}) for each in (data, *inner.values())]
    return any(not isinstance(providers, dict) for providers in blocks) or any(
        not isinstance(each, dict) or "base_url" in each
        for providers in blocks
        for each in providers.values()
    )
