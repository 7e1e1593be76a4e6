from __future__ import annotations

from pathlib import Path

import click
import pytest

from podsync.cli import main as boundary
from podsync.cli.app.framework import Command

KEY = "canary-key-0123456789"


@pytest.fixture(autouse=True)
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command("broken", cls=Command)
    def command() -> int:
        raise RuntimeError(f"the key is {KEY}\nand more")

    monkeypatch.setenv("KAKACLO_ACCESS_TOKEN", KEY)
    monkeypatch.setattr(boundary, "broken", command, raising=False)
    monkeypatch.setattr(boundary.cli, "table", {"broken": ("main:broken", "")})


def test_a_bug_is_one_line_and_the_log_has_the_rest(podsync, folder):
    (folder / "podsync.yaml").write_text("version: 1\n")

    run = podsync("broken")

    assert run.code == 1
    assert run.out == ""
    assert len(run.err.splitlines()) == 1
    log = next((folder / ".podsync").glob("bug-*.log")).read_text()
    assert "Traceback" in log
    assert KEY not in log + run.err


def test_in_ci_the_log_is_on_stderr(podsync, folder, monkeypatch):
    monkeypatch.setenv("CI", "true")

    run = podsync("broken")

    assert run.code == 1
    assert "Traceback" in run.err
    assert KEY not in run.err
    assert not (folder / ".podsync").exists()


def test_where_podsync_has_no_business_it_leaves_no_folder(podsync, folder, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    run = podsync("broken")

    assert run.code == 1
    assert list(folder.iterdir()) == []
    assert list(Path(tmp_path).glob("bug-*.log"))
