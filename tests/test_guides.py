"""The pages on adding things, done literally: files are written and changed as they say, commands run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.house import ROOT

_FILE = re.compile(r"^`([^`]+)`, (new|changed):$")


class Step(NamedTuple):
    """A block of a page. `path` is the file that it is about, empty for commands."""

    language: str
    path: str
    text: str


def steps(page: str) -> Iterator[Step]:
    """Yield the blocks of a page in order."""
    path, language, block = "", "", []
    for line in (ROOT / "podsync" / "docs" / f"{page}.md").read_text(encoding="utf-8").split("\n"):
        if line.startswith("```"):
            if language:
                yield Step(language, path if language != "sh" else "", "\n".join(block))
            language, block = ("" if language else line[3:]), []
        elif language:
            block.append(line)
        elif found := _FILE.match(line):
            path = found[1]


def do(step: Step, copy: Path) -> None:
    """Write or change one file of the copy."""
    file = copy / step.path
    if step.language != "diff":
        file.parent.mkdir(parents=True, exist_ok=True)
        assert not file.exists(), f"{step.path} is there already"
        file.write_text(step.text + "\n", encoding="utf-8")
        return
    lines = step.text.split("\n")
    before = "\n".join(line[1:] for line in lines if not line.startswith("+"))
    after = "\n".join(line[1:] for line in lines if not line.startswith("-"))
    content = file.read_text(encoding="utf-8")
    assert content.count(f"\n{before}\n") == 1, f"{step.path} has no such lines: {before}"
    file.write_text(content.replace(f"\n{before}\n", f"\n{after}\n"), encoding="utf-8")


class Guided(NamedTuple):
    """What came of a page: its files, and what each of its commands said."""

    files: list[str]
    said: list[str]


@pytest.fixture
def follow(tmp_path: Path):
    """Do what a page says, in a copy of podsync and a folder with the example catalog."""
    copy, shop = tmp_path / "copy", tmp_path / "shop"
    for name in ("podsync", "schemas", "catalog"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    program = tmp_path / "bin" / "podsync"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m podsync "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    path = os.pathsep.join((str(program.parent), os.environ["PATH"]))
    env = {"PATH": path, "PYTHONPATH": str(copy), "HOME": str(tmp_path), "LANG": "C.UTF-8"}

    def run(command: str) -> str:
        done = subprocess.run(
            ["sh", "-ec", command], cwd=shop, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def followed(page: str) -> Guided:
        shop.mkdir()
        run("podsync init . && mkdir catalog/designed && cp catalog/_examples/* catalog/designed/")
        found = Guided([], [])
        for step in steps(page):
            if step.language == "sh":
                found.said.extend(map(run, step.text.split("\n")))
            else:
                do(step, copy)
                found.files.append(step.path)
        return found

    return followed


def test_adding_a_format(follow) -> None:
    done = follow("adding-a-format")

    assert sorted({*done.files}) == ["podsync/cli/app/formats.py", "podsync/output/json/lines.py"]
    [lines] = done.said
    assert '{"address": "designed_product.dinosaur-tee", "action": "create"' in lines


def test_adding_a_rule_of_one_document(follow) -> None:
    done = follow("adding-a-rule")

    assert sorted({*done.files}) == ["podsync/catalog/rules.py", "podsync/docs/rules.md"]
    told, _, validated = done.said
    assert told.startswith("warning[shouted-name]: The name of a product is in capitals\n")
    assert "spec.enName: the name is in capitals" in validated
    assert "write it as people read it: Dinosaur" in validated


def test_adding_a_store(follow) -> None:
    done = follow("adding-a-store")

    assert sorted({*done.files}) == [
        "podsync/state/backends.py", "podsync/state/home/__init__.py", "podsync/state/home/store.py",
    ]  # fmt: skip
    moved, _, listed, schema = done.said
    assert "my-shop.json holds the state now: serial 0" in moved
    assert "No products" in listed
    assert "home: a file in the home of this user." in schema
