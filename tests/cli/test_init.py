from __future__ import annotations

import json
import os
from pathlib import Path

import yaml

from podsync.catalog import settings_file
from podsync.cli.commands.init.starter_files import settings_text


def test_init_then_validate_then_plan(podsync):
    made = podsync("init")

    assert made.code == 0, made.err
    assert podsync("validate").code == 0
    plan = podsync("plan", "--detailed-exitcode")
    assert plan.code == 0
    assert plan.out.splitlines()[-1] == "No changes. The catalog matches the state."


def test_init_makes_what_it_lists(podsync, folder):
    out = podsync("init").out

    listed = {line.split()[1] for line in out.splitlines() if line.startswith("made ")}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    beside = {f"podsync.state.json.{end}" for end in ("lock", "journal")}
    assert listed == there - beside
    assert listed >= {
        "podsync.yaml", "podsync.state.json", ".gitignore", ".vscode/settings.json",
        "schemas/catalog.schema.json", "catalog/_examples/dinosaur-tee.yaml",
    }  # fmt: skip
    assert len([name for name in listed if name.startswith("catalog/_examples/")]) == 6


def test_init_again_writes_nothing(podsync, folder):
    podsync("init")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    run = podsync("init")

    assert run.code == 0
    assert "nothing was written" in run.out
    assert "made " not in run.out
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_init_overwrites_nothing(podsync, folder):
    (folder / "podsync.yaml").write_text("version: 1\nsandbox: true\n")
    (folder / ".gitignore").write_text("node_modules/")
    (folder / "podsync.state.json").write_text("precious")

    run = podsync("init")

    assert run.code == 0
    assert "kept   podsync.yaml" in run.out
    assert "kept   podsync.state.json" in run.out
    assert (folder / "podsync.yaml").read_text() == "version: 1\nsandbox: true\n"
    assert (folder / "podsync.state.json").read_text() == "precious"
    assert (folder / ".gitignore").read_text().startswith("node_modules/\n.podsync\n")


def test_init_in_another_folder_prints_commands_that_work(podsync, folder):
    run = podsync("init", "my shop")

    assert (folder / "my shop" / "podsync.yaml").is_file()
    steps = [line.strip()[3:] for line in run.out.splitlines() if line.lstrip()[:3] in {"0. ", "2. ", "3. "}]
    assert steps == ["cd 'my shop'", "podsync validate", "podsync apply --sandbox"] or os.name == "nt"
    # Each where it is printed: after the first one, in the folder that was made.
    assert podsync("-C", "my shop", *steps[1].split()[1:]).code == 0


def test_an_example_becomes_a_product_by_copying_it(podsync, folder):
    podsync("init")
    example = folder / "catalog" / "_examples" / "dinosaur-tee.yaml"
    (folder / "catalog" / "designed").mkdir()
    (folder / "catalog" / "designed" / "tee.yaml").write_bytes(example.read_bytes())

    assert "Plan: 1 to create" in podsync("plan").out


def test_the_commented_settings_are_the_defaults(folder):
    lines = [
        line[2:] if line.startswith("# ") and ":" in line else line for line in settings_text().splitlines()
    ]
    text = "\n".join(line for line in lines if not line.startswith(("yaml-lang", "The settings")))

    path = folder / "all.yaml"
    path.write_text(text)

    assert set(yaml.safe_load(text)) == {"version", "catalog", "sandbox", "state", "providers", "limits"}
    assert settings_file.load(path) == settings_file.defaults()


def test_the_editor_finds_the_schemas(podsync, folder):
    podsync("init")

    settings = json.loads((folder / ".vscode" / "settings.json").read_text())

    for schema in settings["yaml.schemas"]:
        assert (folder / schema).is_file()
    for example in (folder / "catalog" / "_examples").iterdir():
        first = example.read_text().splitlines()[0]
        relative = first.partition("$schema=")[2]
        assert not relative or (example.parent / relative).resolve().is_file()


def test_a_folder_that_cannot_be_made_is_one_sentence(podsync, folder):
    Path("taken").write_text("")

    run = podsync("init", "taken/shop")

    assert run.code == 1
    assert run.err.startswith("error: cannot write")
