from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.scene import Scene, Template, a_scene, a_template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Made once for each worker: every scene is a copy of it."""
    return a_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def scene(template: Template, tmp_path: Path) -> Iterator[Scene]:
    with a_scene(template, tmp_path) as scene:
        yield scene
