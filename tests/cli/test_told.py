"""What people and programs are told: bytes that arrive as they are meant, who writes, what is missing."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from podsync.apply.report import Outcome, Result
from podsync.cli.app.console import Console
from podsync.cli.app.progress import ApplyListener
from podsync.cli.app.session import Session, program
from podsync.model.address import Address
from podsync.plan.action import Action
from podsync.providers.registry import default_settings
from podsync.state.local.lock import runs
from podsync.state.lock import Holder
from podsync.state.rate_limit_store import Levels
from tests.workflows.conftest import COMMIT

SPOKEN = "Größe ☂ 🦊"


def raw(*args: str, encoding: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(
        [sys.executable, "-m", "podsync", *args],
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        input=stdin, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
@pytest.mark.parametrize(
    "words",
    [
        ("plan", "-o", "json"), ("plan", "-o", "sarif"), ("plan", "-o", "html"), ("plan", "-o", "markdown"),
        ("render", "designed_product.tee"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_programs_read_is_utf8(play, encoding, words):
    tee = play / "tee.yaml"
    tee.write_text(tee.read_text().replace("Test Tee", SPOKEN), encoding="utf-8")
    text = raw(*words, encoding=encoding).decode("utf-8")

    if "json" in words or "sarif" in words:  # ASCII by themselves: JSON has an escape for everything
        assert json.loads(text)
        assert "Gr\\u00f6\\u00dfe" in text or SPOKEN in text
    else:
        assert SPOKEN in text
    assert "\\U0001f98a" not in text


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_report_that_a_program_reads_is_utf8(play, encoding):
    tee = play / "tee.yaml"
    tee.write_text(tee.read_text().replace("Test Tee", SPOKEN), encoding="utf-8")
    words = ("apply", "--auto-approve", "--target", "*.tee", "-o", "markdown")

    assert SPOKEN in raw(*words, encoding=encoding).decode("utf-8")


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
@pytest.mark.parametrize("form", ["csv", "json"])
def test_pairs_that_a_program_reads_are_utf8(play, podsync, folder, encoding, form):
    tee = play / "tee.yaml"
    tee.write_text(tee.read_text().replace("Test Tee", SPOKEN), encoding="utf-8")
    assert podsync("apply", "--auto-approve").code == 0
    for path in (folder / ".podsync" / "sandbox").glob("podsync.state.json*"):
        path.unlink()

    told = raw("import", "--match", "-o", form, encoding=encoding)

    assert told.count(SPOKEN.encode()) == 2
    assert b"\r\n" not in told


def test_what_pull_wrote_push_reads(play, podsync):
    tee = play / "tee.yaml"
    tee.write_text(tee.read_text().replace("Test Tee", SPOKEN), encoding="utf-8")
    assert podsync("apply", "--auto-approve").code == 0
    pulled = raw("state", "pull", "--sandbox", encoding="cp1252")

    assert SPOKEN in pulled.decode("utf-8")
    told = raw("state", "push", "--sandbox", "-", encoding="cp1252", stdin=b"\xef\xbb\xbf" + pulled)
    assert b"nothing was written" in told


def test_a_plan_with_a_mark_at_its_start_is_read(play, podsync):
    podsync("plan", "-o", "json=plan.json")
    plan = Path("plan.json")
    plan.write_bytes(b"\xef\xbb\xbf" + plan.read_bytes())

    assert podsync("show", "plan.json").code == 0


def test_a_plan_in_utf16_is_named(play, podsync):
    podsync("plan", "-o", "json=plan.json")
    plan = Path("plan.json")
    plan.write_bytes(plan.read_text(encoding="utf-8").encode("utf-16"))
    run = podsync("show", "plan.json")

    assert run.code == 1
    assert "it is UTF-16" in run.err
    assert "Windows PowerShell writes it" in run.err


def test_a_backup_beside_a_missing_state_is_named(catalog, podsync):
    Path("podsync.yaml").write_text("version: 1\n", encoding="utf-8")
    podsync("init")
    state = Path("podsync.state.json")
    state.rename("podsync.state.json.backup.1")
    run = podsync("plan")

    assert run.code == 0
    assert re.search(r"podsync\.state\.json is missing or empty; .*backup\.1; copy it over", run.err)
    state.with_name("podsync.state.json.backup.1").rename(state)
    assert "missing" not in podsync("plan").err


def test_a_state_that_another_program_wrote_is_mended_as_that_asks(play, podsync):
    """A backup would be older than what stands in the file."""
    for _ in range(2):
        assert podsync("apply", "--auto-approve").code == 0
        (play / "tote.yaml").unlink(missing_ok=True)
    path = Path(".podsync/sandbox/podsync.state.json")
    whole = path.read_text(encoding="utf-8")
    serial = next(line for line in whole.splitlines(keepends=True) if '"serial"' in line)
    later = serial.replace(": ", ": 9")
    path.write_text(whole.replace(serial, f"<<<<<<< HEAD\n{serial}=======\n{later}>>>>>>> x\n"), "utf-8")
    conflict = podsync("plan")
    path.write_bytes(whole.encode("utf-16"))
    foreign = podsync("plan")

    assert conflict.code == foreign.code == 1
    assert "git checkout --theirs" in conflict.err
    assert "backup" not in conflict.err + foreign.err
    assert "-Encoding utf8" in foreign.err


@pytest.mark.skipif(os.name == "nt", reason="other processes cannot be asked for there")
def test_who_writes_the_state_is_named_by_plan(catalog, podsync):
    Path("podsync.yaml").write_text("version: 1\n", encoding="utf-8")
    lock = Path("podsync.state.json.lock")

    def held_by(pid: int) -> None:
        holder = Holder("a1b2", "ann@desk", pid, 0.0, "apply")
        lock.write_bytes(b"\n" + json.dumps(holder.to_json()).encode())

    held_by(os.getppid())
    assert "note: ann@desk" in podsync("plan").err
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    held_by(gone.pid)
    assert "ann@desk" not in podsync("plan").err
    assert not runs(Holder("x", "y", gone.pid, 0.0, "apply"))


def test_what_was_not_tried_is_counted_once(capsys):
    session = Session()
    session.console = Console.standard()
    heard = ApplyListener(session, on_stdout=True)
    heard.start()
    for number in range(104):
        address = Address("designed_product", f"p-{number}")
        heard.outcome(Outcome(address, Action.CREATE, Result.NOT_TRIED, "kakaclo"), number + 1, 104)
    heard.close()
    heard.count_untried()
    out, err = capsys.readouterr()

    assert out == ""
    assert err == "104 not tried\n"
    assert len(heard.outcomes) == 104


def test_a_bucket_that_an_apply_has_filled_counts_in_the_forecast(catalog, podsync):
    import time

    Path("podsync.yaml").write_text("version: 1\n", encoding="utf-8")
    told = default_settings()["kakaclo"]
    assert "about 1 s." in podsync("plan").out
    Levels(Path(".podsync"), f"kakaclo {told.account} {told.base_url}", time.time).write(160)
    run = podsync("plan", "--target", "designed_product.*")

    assert re.search(
        r"1 create at 2/s with a burst of 120, of which 120 are used up: about (19|20|21) s\.", run.out
    )


def test_the_first_push_works_whatever_the_branch_is_called(folder, podsync):
    git = shutil.which("git")
    assert git is not None
    identity = {
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@b",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b",
    }
    env = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull}
    for words in (["init", "--bare", "-b", "main", "../far.git"], ["init", "-b", "master", "."],
                  ["remote", "add", "origin", "../far.git"]):  # fmt: skip
        subprocess.run([git, *words], check=True, capture_output=True, env=env)
    run = podsync("init", "--ci", "github", "--from", COMMIT)
    line = re.search(r"^  1\. (git .*)$", run.out, re.MULTILINE)
    assert line is not None
    done = subprocess.run(line[1], shell=True, check=False, capture_output=True, text=True, env=env)  # noqa: S602

    assert done.returncode == 0, done.stderr
    listed = subprocess.run([git, "ls-remote", "origin", "master"], check=True, capture_output=True, env=env)
    assert b"refs/heads/master" in listed.stdout


def test_without_an_active_environment_the_path_is_printed(monkeypatch, tmp_path):
    there = tmp_path / "bin" / "podsync"
    monkeypatch.setattr(sys, "argv", [str(there), "demo"])
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert program() == str(there)
    there.parent.mkdir()
    there.write_text("#!/bin/sh\n")
    there.chmod(0o755)
    monkeypatch.setenv("PATH", str(there.parent))

    assert program() == "podsync"


def test_editors_are_told_which_extension_reads_the_schemas(podsync):
    podsync("init")

    assert json.loads(Path(".vscode/extensions.json").read_text())["recommendations"] == [
        "redhat.vscode-yaml"
    ]


def test_terminal_faults_are_painted_and_wrapped(terminal, play):
    (play / "tee.yaml").write_text(
        "kind: designed_product\nname: Tee\nspec:\n  modelId: 1\n", encoding="utf-8"
    )
    run = terminal("validate")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", run.out)

    assert run.code == 3
    assert "\x1b[31merror[schema]\x1b[0m" in run.out
    assert max(len(line) for line in plain.split("\n")) <= 100
