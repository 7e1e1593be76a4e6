"""What all tests share."""

import pytest
from hypothesis import settings

# The same examples on every run: what is new is looked for by the campaigns and by whoever changes a test.
settings.register_profile("podsync", derandomize=True, deadline=None, database=None)
settings.load_profile("podsync")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-goldens", action="store_true", help="write goldens anew, compare nothing")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Campaigns run only where `-m` asks for them."""
    if config.option.markexpr:
        return
    longer = [item for item in items if item.get_closest_marker("campaign")]
    config.hook.pytest_deselected(items=longer)
    items[:] = [item for item in items if item not in longer]
