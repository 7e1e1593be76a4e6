"""What the command line tells the page of a plan: its lines on GitHub, what waits on the default branch."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from podsync.cli.environment.origin import code_address
from tests.cli.conftest import TEE, Run

Page = Callable[..., Any]


def git(*words: str) -> str:
    told = ["-c", "user.name=a", "-c", "user.email=a@localhost", "-c", "commit.gpgSign=false"]
    return subprocess.run(
        ["git", *told, *words], check=True, capture_output=True, text=True, encoding="utf-8"
    ).stdout.strip()


@pytest.fixture
def pushed(play: Path) -> str:
    """A repository whose commit the remote has; returns the commit."""
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "one")
    commit = git("rev-parse", "HEAD")
    git("update-ref", "refs/remotes/origin/main", commit)
    return commit


@pytest.fixture
def page(podsync: Callable[..., Run]) -> Page:
    """The data of the page that `plan` writes."""

    def data(*args: str) -> Any:
        done = podsync("plan", *args, "-o", "html=../plan.html")
        assert done.code == 0, done.err
        text = Path("../plan.html").read_text(encoding="utf-8")
        found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
        assert found
        return json.loads(found[1])

    return data


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/my-shop/print.catalog",
        "https://github.com/my-shop/print.catalog.git",
        "https://x-access-token:ghs_secret@github.com/my-shop/print.catalog.git",
        "git@github.com:my-shop/print.catalog.git",
        "ssh://git@github.com/my-shop/print.catalog.git",
    ],
)
def test_the_lines_stand_on_github(pushed: str, page: Page, remote: str) -> None:
    git("remote", "add", "origin", remote)

    assert page()["code"] == f"https://github.com/my-shop/print.catalog/blob/{pushed}/"


@pytest.mark.parametrize(
    "remote",
    [
        "https://evil.example/my-shop/catalog",
        "https://github.com.evil.example/my-shop/catalog",
        "https://evil.example/https://github.com/my-shop/catalog",
        "https://github.com/my-shop/../catalog",
        "https://github.com/my-shop/..",
        "https://github.com/my-shop/..git",
        "https://github.com/my-shop",
        "https://github.com/my-shop/catalog/tree/x",
        'https://github.com/my-shop/cat"><script>alert(1)</script>',
        "javascript:alert(1)//github.com/my-shop/catalog",
        "http://github.com/my-shop/catalog",
        "/srv/git/catalog.git",
    ],
)
def test_no_other_remote_makes_a_link(pushed: str, page: Page, remote: str) -> None:
    git("config", "remote.origin.url", remote)

    assert page()["code"] == ""


def test_a_commit_that_nobody_has_or_an_edited_catalog_makes_no_link(pushed: str, play: Path) -> None:
    git("config", "remote.origin.url", "git@github.com:my-shop/catalog.git")
    here = Path.cwd()
    assert code_address(here, "catalog") != ""

    (play / "new.yaml").write_text(TEE, encoding="utf-8")
    assert code_address(here, "catalog") == ""
    (play / "new.yaml").unlink()
    (play / "tee.yaml").rename(play / "away.yaml")
    assert code_address(here, "catalog") == ""
    (play / "away.yaml").rename(play / "tee.yaml")
    (play / "tee.yaml").write_bytes((play / "tee.yaml").read_bytes().replace(b"\n", b"\r\n"))
    assert code_address(here, "catalog") != ""  # as a checkout on Windows writes it
    (play / "tee.yaml").write_text("\n" + TEE, encoding="utf-8")
    assert code_address(here, "catalog") == ""
    git("commit", "-qam", "two")
    assert code_address(here, "catalog") == ""
    git("update-ref", "refs/remotes/pull/5/merge", "HEAD")
    assert code_address(here, "catalog") != ""


def test_a_catalog_in_a_folder_of_the_repository(
    pushed: str, page: Page, podsync: Callable[..., Run]
) -> None:
    git("config", "remote.origin.url", "git@github.com:my-shop/catalog.git")
    below = Path("my shops#1")
    below.mkdir()
    git("mv", "catalog", "podsync.yaml", str(below))
    git("commit", "-qm", "moved")
    git("update-ref", "refs/remotes/origin/main", "HEAD")

    assert code_address(below.resolve(), "catalog").endswith(
        f"/blob/{git('rev-parse', 'HEAD')}/my%20shops%231/"
    )
    (below / "catalog" / "tee.yaml").write_text("\n" + TEE, encoding="utf-8")
    assert code_address(below.resolve(), "catalog") == ""


def test_what_waits_on_the_default_branch_is_set_apart(
    play: Path, podsync: Callable[..., Run], page: Page
) -> None:
    assert podsync("plan", "-o", "json=../base.json").code == 0
    (play / "new.yaml").write_text(
        TEE.replace("name: tee", "name: new").replace("Test Tee", "New").replace("front.png", "new.png"),
        encoding="utf-8",
    )
    (play / "tote.yaml").write_text(
        (play / "tote.yaml").read_text(encoding="utf-8").replace("Test Tote", "Other Tote"), encoding="utf-8"
    )

    found = {one["address"]: one.get("waiting", False) for one in page("--base", "../base.json")["changes"]}

    assert found == {
        "designed_product.tee": True,
        "designed_product.new": False,
        "customer_product.tote": False,  # waits there too, but not as it would be made now
    }
