from __future__ import annotations

import random
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
    with a_floor(tmp_path, random.Random(0)) as floor:
        floor.sandbox.set_rules(date_header=True, create_date_hours=0.0, gelato_names="allow")
        yield floor
