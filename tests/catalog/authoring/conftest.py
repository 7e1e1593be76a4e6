from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from podsync.catalog.loader import WORTH_A_CACHE, Loaded
from podsync.model.settings import Authoring, Settings
from podsync.providers.registry import providers
from tests.catalog.loading import load

PROVIDERS = providers(Settings())


class Folder:
    """A folder with a catalog, read with the real providers."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.vars: dict[str, Any] = {}
        self.max_each: int | None = 10_000

    def write(self, name: str, content: str | bytes) -> None:
        path = self.root / "catalog" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def load(self, *paths: str, remember_from: int | None = None) -> Loaded:
        authoring = Authoring(self.vars, self.max_each)
        return load(self.root, "catalog", PROVIDERS, paths, remember_from=remember_from, authoring=authoring)

    def remembered(self) -> Loaded:
        """Read with the cache, as commands do."""
        return self.load(remember_from=WORTH_A_CACHE)

    def specs(self, *paths: str) -> Mapping[str, Any]:
        """The spec of each product by address; nothing may be wrong."""
        loaded = self.load(*paths)
        assert [line(each) for each in loaded.diagnostics] == []
        return {str(each.address): dict(each.spec) for each in loaded.catalog}

    def faults(self) -> list[str]:
        return [line(each) for each in self.load().diagnostics]


def line(fault: Any) -> str:
    """`file:line:column rule: summary`, and where the values stand."""
    values = [each for each in fault.detail.split("\n") if each.startswith("${")]
    place = str(fault.at).removeprefix("catalog/")
    return " | ".join([f"{place} {fault.rule}: {fault.summary}", *values])


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "catalog").mkdir()
    return Folder(tmp_path)
