from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from podsync.sandbox import Rules, Sandbox
from tests.products import document, tee_spec
from tests.workflows.hub import KEY, TOKEN, Hub

#: Tries everything that a name can try in a log, in a summary, in an output and in a script.
HOSTILE = (
    '::set-output name=hash::0 ##[error]x <img src=x onerror=alert(1)> | ${{ secrets.OTHER }} $(id) `id` "'
)
_SPEAK = {
    "settle_seconds": 1,
    "timeout_seconds": 5,
    "parallelism": 2,
}
#: What the workflows install: any commit will do, for the runner has this checkout's podsync.
COMMIT = "git+https://github.com/acme/podsync@0123456789abcdef0123456789abcdef01234567"
SETTINGS = {
    "version": 1,
    "state": {"backend": "git", "lease_seconds": 10},
    "providers": {"kakaclo": dict(_SPEAK), "gelato": dict(_SPEAK)},
    "limits": {"max_creates": 20},
}


def tee(name: str, title: str = "", **spec: str) -> dict[str, str]:
    """Return the file of a designed product."""
    fields = {"enName": title or f"Tee {name}"} | spec
    text = yaml.safe_dump(document("kakaclo", name, tee_spec(name, **fields)), allow_unicode=True)
    return {f"catalog/{name}.yaml": text}


def tees(*names: str) -> dict[str, str]:
    """Return the files of several."""
    return {path: text for name in names for path, text in tee(name).items()}


def a_shop() -> Sandbox:
    """Both providers, simulated; they ask for the keys of the environment `production`."""
    return Sandbox(
        Rules(kakaclo_tokens=(TOKEN,), gelato_keys=(KEY,), kakaclo_bucket=None, gelato_bucket=None)
    )


def a_hub(began: Path, folder: Path, shops: Sandbox) -> Hub:
    """A copy of the repository that was `began`, on a hub of its own."""
    shutil.copytree(began, folder, symlinks=True, dirs_exist_ok=True)
    made = Hub(folder, shops)
    made.git("remote", "set-url", "origin", str(made.origin))
    return made


@pytest.fixture(scope="session")
def began(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that `podsync init --ci github` began, pushed to main: made once for each worker."""
    missing = [name for name in ("bash", "git") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"the runner needs {' and '.join(missing)}")
    folder = tmp_path_factory.mktemp("began")
    with a_shop() as shops:
        made = Hub(folder, shops)
        made.begin()
    words = [sys.executable, "-m", "podsync", "init", "--ci", "github", "--from", COMMIT]
    subprocess.run(words, cwd=made.clone, check=True, capture_output=True)
    made.commit("main", {"podsync.yaml": json.dumps(SETTINGS)}, base="main")
    return folder


@pytest.fixture
def shops() -> Iterator[Sandbox]:
    """See `a_shop`."""
    with a_shop() as sandbox:
        yield sandbox


@pytest.fixture
def hub(began: Path, tmp_path: Path, shops: Sandbox) -> Hub:
    """See `a_hub`."""
    return a_hub(began, tmp_path, shops)


@pytest.fixture
def made(shops: Sandbox) -> Callable[[], list[str]]:
    """The names of all products that exist, sorted."""
    return lambda: sorted(str(product["enName"]) for product in shops.products("kakaclo"))
