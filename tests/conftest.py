"""What all tests share."""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples on every run: what is new is looked for by the campaigns and by whoever changes a test.
settings.register_profile("podsync", derandomize=True, deadline=None, database=None)
settings.load_profile("podsync")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two for each core: what is killed, waited for and asked again sleeps as long as it computes."""
    return 2 * (os.cpu_count() or 1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-goldens", action="store_true", help="write goldens anew, compare nothing")


def pytest_configure() -> None:
    """Whoever was started in the background ignores SIGINT, and so would all that the tests start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Campaigns run only where `-m` asks for them, tests of shortcuts only where these are on."""
    if os.environ.get("PODSYNC_SHORTCUTS") == "off":
        about = [
            item for item in items if item.get_closest_marker("shortcuts") or _is_of_shortcuts(item.path)
        ]
        config.hook.pytest_deselected(items=about)
        items[:] = [item for item in items if item not in about]
    if config.option.markexpr:
        return
    longer = [item for item in items if item.get_closest_marker("campaign")]
    config.hook.pytest_deselected(items=longer)
    items[:] = [item for item in items if item not in longer]


def _is_of_shortcuts(path: Path) -> bool:
    tests = Path(__file__).parent
    return any(path.is_relative_to(tests / part) for part in ("catalog/cache", "state/lazy"))


@pytest.fixture(scope="session", autouse=True)
def own_home() -> Iterator[None]:
    """Tests, and the processes that they start, keep the key of their caches in a home of their own.

    It lies beside pytest's folders: no key is trusted that lies in a catalog.
    """
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(prefix="podsync-home-") as home:
        patch.setenv("XDG_STATE_HOME", home)
        yield
