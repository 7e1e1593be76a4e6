from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from podsync.cli.main import main
from podsync.sandbox import Rules, Sandbox

#: What CI or a developer may have set, and what would change what is tested.
_UNWANTED = ("PODSYNC_", "KAKACLO_", "GELATO_", "GITHUB_", "CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS")

TOKEN = "canary-kakaclo-0123456789"
KEY = "canary-gelato-0123456789"

TEE = """\
kind: designed_product
name: tee
labels: {season: spring}
spec:
  modelId: "1"
  enName: Test Tee
  imageUrl: https://cdn.example.com/tee/front.png
  backImageUrl: https://cdn.example.com/tee/back.png
  materialImages: [{imageName: art, imageUrl: https://cdn.example.com/tee/art.png}]
  colorValue: "#A72525"
"""

TOTE = """\
kind: customer_product
name: tote
spec:
  name: Test Tote
  customerIds: ["*"]
  productModelId: model-tote
  variantOptions:
    - id: size
      name: Size
      attributesMapping: [{partModelId: body, attributeIds: [attr-one]}]
"""


class Run(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test works in an empty folder of its own, with a clean environment."""
    for name in list(os.environ):
        if name.startswith(_UNWANTED):
            monkeypatch.delenv(name)
    home = tmp_path / "work"
    home.mkdir()
    monkeypatch.chdir(home)
    return home


@pytest.fixture
def podsync(capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """Run a command in this process."""

    def run(*args: str) -> Run:
        code = main([str(arg) for arg in args])
        return Run(code, *capsys.readouterr())

    return run


@pytest.fixture
def process(folder: Path) -> Callable[..., Run]:
    """Run `python -m podsync` as a process of its own."""

    def run(*args: str, env: Mapping[str, str] | None = None, stdin: str = "") -> Run:
        done = subprocess.run(
            [sys.executable, "-m", "podsync", *args],
            cwd=folder, env={**os.environ, **(env or {})}, input=stdin, capture_output=True,
            text=True, encoding="utf-8", timeout=120, check=False,
        )  # fmt: skip
        return Run(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def catalog(folder: Path) -> Path:
    """Two products: one for each provider."""
    documents = folder / "catalog"
    documents.mkdir()
    (documents / "tee.yaml").write_text(TEE, encoding="utf-8")
    (documents / "tote.yaml").write_text(TOTE, encoding="utf-8")
    return documents


@pytest.fixture
def play(folder: Path, catalog: Path) -> Path:
    """The same, with the sandbox in the settings."""
    (folder / "podsync.yaml").write_text("version: 1\nsandbox: true\n", encoding="utf-8")
    return catalog


@pytest.fixture
def terminal(folder: Path) -> Callable[..., Run]:
    """Run `python -m podsync` on a terminal; `answer` is typed when it asks. Both streams come as `out`.

    `meanwhile` is called while the question is open.
    """
    pty = pytest.importorskip("pty", reason="terminals are POSIX here")

    def run(
        *args: str,
        answer: bytes = b"",
        question: str = " to go on: ",
        meanwhile: Callable[[], object] = lambda: None,
    ) -> Run:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "podsync", *args],
            cwd=folder, env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            preexec_fn=lambda: _take_terminal(theirs),  # noqa: PLW1509 (no threads here yet)
        )  # fmt: skip
        os.close(theirs)
        seen, answered = b"", False
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # Linux's word for the end
                break
            if not piece:
                break
            seen += piece
            if answer and not answered and question.encode() in seen:
                answered = True
                meanwhile()
                os.write(ours, answer)
        os.close(ours)
        return Run(process.wait(60), seen.decode("utf-8", "replace").replace("\r\n", "\n"), "")

    return run


def _take_terminal(descriptor: int) -> None:
    import fcntl
    import termios

    fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)


@pytest.fixture
def shops(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Both providers, simulated, with real-looking keys and hosts in the environment."""
    rules = Rules(kakaclo_tokens=(TOKEN,), gelato_keys=(KEY,), kakaclo_bucket=None, gelato_bucket=None)
    with Sandbox(rules) as sandbox:
        monkeypatch.setenv("KAKACLO_BASE_URL", sandbox.url_of("kakaclo"))
        monkeypatch.setenv("GELATO_BASE_URL", sandbox.url_of("gelato"))
        monkeypatch.setenv("KAKACLO_ACCESS_TOKEN", TOKEN)
        monkeypatch.setenv("GELATO_API_KEY", KEY)
        yield sandbox
