from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machine.floor import Floor, a_floor


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The campaign runs only where it is asked for."""
    if "campaign" not in config.option.markexpr:
        here = Path(__file__).parent
        items[:] = [
            i for i in items if here not in i.path.parents or i.get_closest_marker("campaign") is None
        ]


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    with a_floor(tmp_path) as floor:
        yield floor
