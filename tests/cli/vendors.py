"""The vendors as the independent server of the apply's tests plays them, for the command line."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.apply.vendor_server import VendorServer
from tests.cli.conftest import KEY, TOKEN

TEE, TOTE = "designed_product.tee", "customer_product.tote"
#: Seconds after which a listing shows what was made.
SETTLE = 0.5
_SETTINGS = f"""\
version: 1
providers:
  kakaclo: {{settle_seconds: {SETTLE}, timeout_seconds: 5, retry_seconds: 5}}
  gelato: {{settle_seconds: {SETTLE}, timeout_seconds: 5, retry_seconds: 5}}
"""


@contextmanager
def a_server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VendorServer]:
    """Both vendors, with keys and hosts in the environment, and settings that wait for little."""
    server = VendorServer(time.time, kakaclo_key=TOKEN, gelato_key=KEY)
    for name, url in server.urls().items():
        monkeypatch.setenv(f"{name.upper()}_BASE_URL", url)
    monkeypatch.setenv("KAKACLO_ACCESS_TOKEN", TOKEN)
    monkeypatch.setenv("GELATO_API_KEY", KEY)
    (folder / "podsync.yaml").write_text(_SETTINGS, encoding="utf-8")
    try:
        yield server
    finally:
        server.stop()


def settled() -> None:
    """Wait until a listing shows for certain what was made."""
    time.sleep(SETTLE + 0.2)


def lose(folder: Path) -> None:
    """The state is lost, and what this machine remembers of it."""
    for path in folder.glob("podsync.state.json*"):
        path.unlink()
    shutil.rmtree(folder / ".podsync", ignore_errors=True)


def state(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "podsync.state.json").read_text(encoding="utf-8"))
    return told


def entries(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = state(folder)["entries"]
    return told


def more(catalog: Path, name: str) -> str:
    """A second tee beside the first."""
    text = (catalog / "tee.yaml").read_text(encoding="utf-8")
    text = text.replace("name: tee", f"name: {name}").replace("Test Tee", name.title())
    (catalog / f"{name}.yaml").write_text(text.replace("/tee/", f"/{name}/"), encoding="utf-8")
    return f"designed_product.{name}"
