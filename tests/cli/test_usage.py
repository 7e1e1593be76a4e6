from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from podsync import __version__
from podsync.cli.app.framework import global_options
from podsync.cli.app.session import Session
from podsync.cli.main import cli


def commands() -> Iterator[tuple[str, ...]]:
    root = click.Context(cli, info_name="podsync")
    for name in cli.list_commands(root):
        yield (name,)
        command = cli.get_command(root, name)
        if isinstance(command, click.Group):
            yield from ((name, inner) for inner in command.list_commands(root))


COMMANDS = list(commands())


def find(path: tuple[str, ...]) -> click.Command:
    found: click.Command | None = cli
    for name in path:
        assert isinstance(found, click.Group)
        found = found.get_command(click.Context(cli), name)
    assert found is not None
    return found


OPTIONS = [
    (path, option.name)
    for path in COMMANDS
    for option in find(path).params
    if isinstance(option, click.Option) and option.name != "version"
]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_help_of_every_command_has_an_example_and_fits_80_columns(podsync, path):
    run = podsync(*path, "--help")

    assert run.code == 0
    assert "Example" in run.out
    assert f"podsync {path[0]}" in run.out
    assert max(map(len, run.out.splitlines())) <= 80
    assert run.err == ""


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_h_is_help_too(podsync, path):
    assert podsync(*path, "-h").out == podsync(*path, "--help").out


def test_the_help_names_every_command(podsync):
    out = podsync("--help").out

    for path in COMMANDS:
        assert len(path) > 1 or f"\n  {path[0]} " in out


@pytest.mark.parametrize("args", [["--version"], ["plan", "--version"], ["state", "list", "--version"]])
def test_the_version_stands_on_either_side(podsync, args):
    assert podsync(*args) == (0, f"podsync {__version__}\n", "")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["plna"], "no such command: plna; did you mean plan?"),
        (["state", "orphan"], "did you mean orphans?"),
        (["plan", "--tagret", "x"], "did you mean --target or --target-file?"),
        (["apply", "-auto-approve"], "two dashes here: --auto-approve"),
        (["plan", "-target=x"], "two dashes here: --target"),
        (["plan", "-out=plan.json"], "-o ut: no such format"),
        (["plan", "extra"], "unexpected extra argument"),
        (["plan", "--allow", "creates"], "creates=N"),
        (["plan", "--allow", "updates=3"], "creates=N"),
        (["plan", "-l", "spring"], "season=spring"),
        (["plan", "--detail", "long"], "'summary', 'short', 'full'"),
        (["apply", "-o", "html"], "not a format of this command"),
        (["apply", "-o", "sarif=x.sarif"], "not a format of this command"),
        (["validate", "-o", "html"], "not a format of this command"),
        (["show", "plan.json", "-o", "github"], "not a format of this command"),
        (["state", "list", "-o", "markdown"], "it has: text, json"),
        (["plan", "-o", "json", "-o", "github"], "only one format"),
        (["plan", "-o", "jsno"], "did you mean json?"),
        (["plan", "-o", "json="], "name is missing"),
        (["plan", "-o", "json", "-o", "text"], "only one format"),
        (["plan", "-o", "json=a", "-o", "text=./a"], "two outputs for one file"),
        (["apply", "--expect", "abc"], "12 to 64 hex digits"),
        (["apply", "--lock-timeout", "soon"], "30s or 5m"),
        (["apply", "--limit", "0"], "--limit"),
        (["apply", "--max-failures", "x"], "--max-failures"),
        (["apply", "p.json", "--target", "x"], "cannot be narrowed"),
        (["apply", "p.json", "--allow", "creates=5"], "cannot be narrowed"),
        (["apply", "p.json"], "no such plan file"),
        (["show"], "missing argument"),
        (["show", "nothing.json"], "no such plan file"),
        (["show", "."], "is a folder"),
        (["init", "--ci", "jenkins"], "not available"),
        (["schema", "designed_prodct"], "nearest: designed_product"),
        (["completion", "tcsh"], "'bash', 'zsh', 'fish'"),
        (["sandbox", "--fault", "nonsense"], "unknown kind of fault"),
        (["sandbox", "--port", "99999"], "--port"),
        (["-C", "nowhere", "plan"], "cannot work in nowhere"),
        (["plan", "--config", "nowhere.yaml"], "no such file: nowhere.yaml"),
        (["render", "designed_product.te"], "nearest: designed_product.tee"),
        (["state", "show", "designed_product.te"], "the state knows no designed_product.te"),
        (["plan", "--target", "designed_product.te"], "matches nothing"),
        (["plan", "-l", "season=winter"], "matches nothing"),
        (["validate", "nowhere"], "nowhere does not exist"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_64_and_says_what_was_meant(podsync, catalog, args, told):
    run = podsync(*args)

    assert run.code == 64
    assert told in run.err
    assert run.err.startswith("error: ")
    assert "Traceback" not in run.err
    assert run.out == ""


@pytest.mark.parametrize("args", [[], ["state"]])
def test_no_command_shows_the_help_and_is_wrong_usage(podsync, args):
    run = podsync(*args)

    assert run.code == 64
    assert run.err.startswith("Usage: podsync")
    assert run.out == ""


@pytest.mark.parametrize("args", [["plan"], ["validate"], ["apply"], ["render", "x.y"], ["state", "list"]])
def test_without_a_catalog_it_says_how_to_begin(podsync, args):
    run = podsync(*args)

    assert run.code == 64
    assert "no catalog here" in run.err
    assert "podsync init" in run.err


@pytest.mark.parametrize("args", [["plan", "--detailed-exitcode"], ["validate"], ["apply", "--auto-approve"]])
def test_a_folder_that_is_not_there_is_no_catalog_without_products(podsync, folder, args):
    (folder / "podsync.yaml").write_text("version: 1\ncatalog: catalogue\n")

    run = podsync(*args)

    assert run.code == 64
    assert "no catalog here: there is no folder catalogue" in run.err


def test_without_a_catalog_it_points_to_the_one_above(podsync, folder, monkeypatch):
    (folder / "podsync.yaml").write_text("version: 1\n")
    (folder / "docs").mkdir()
    monkeypatch.chdir(folder / "docs")

    assert "podsync -C .. …" in podsync("plan").err


@pytest.mark.parametrize("args", [["-C", "shop", "plan"], ["plan", "-C", "shop"], ["--chdir=shop", "plan"]])
def test_global_options_stand_on_either_side(podsync, catalog, folder, args):
    (folder / "shop").mkdir()
    catalog.rename(folder / "shop" / "catalog")

    run = podsync(*args)

    assert run.code == 0, run.err
    assert Path.cwd() == folder


def test_config_names_other_settings(podsync, catalog, folder):
    (folder / "other.yaml").write_text("version: 1\ncatalog: products\n")
    catalog.rename(folder / "products")

    assert podsync("--config", "other.yaml", "validate").code == 0
    assert podsync("validate", "--config", "other.yaml").code == 0


@pytest.mark.parametrize(("path", "name"), OPTIONS, ids=lambda value: "-".join([*value]) if value else "")
def test_every_long_option_comes_from_the_environment_too(monkeypatch, path, name):
    samples = {
        "output": "json", "allow": "creates=1", "selector": "a=b", "detail": "full", "expect": "a" * 12,
        "limit": "3", "max_failures": "3", "lock_timeout": "5s", "port": "0", "lag": "5s", "images": "head",
        "to": "local", "of_version": "sent",
    }  # fmt: skip
    variable = "_".join(["PODSYNC", *path, name]).upper()
    monkeypatch.setenv(variable, samples.get(name, "1"))
    command = find(path)
    # A command keeps the help option of the first context that it is in.
    facts = {"auto_envvar_prefix": "PODSYNC", "help_option_names": ["-h", "--help"]}
    parent = click.Context(cli, info_name="podsync", **facts)
    for group in path[:-1]:
        parent = click.Context(find((group,)), parent, group)

    arguments = ["x" for param in command.params if isinstance(param, click.Argument) and param.required]
    if path == ("completion",):
        arguments = ["bash"]
    if isinstance(command, click.Group):
        arguments = ["list"]
    ctx = command.make_context(path[-1], arguments, parent, obj=Session())

    assert ctx.get_parameter_source(name) is click.core.ParameterSource.ENVIRONMENT


def test_options_from_the_environment_are_named(podsync, catalog, monkeypatch):
    monkeypatch.setenv("PODSYNC_PLAN_TARGET", "designed_product.tee")
    monkeypatch.setenv("PODSYNC_NO_COLOR", "1")

    run = podsync("plan")

    assert "from the environment: PODSYNC_NO_COLOR, PODSYNC_PLAN_TARGET" in run.err
    assert "1 to create" in run.out


def test_several_values_from_the_environment_are_taken_apart_as_a_shell_would(podsync, catalog, monkeypatch):
    monkeypatch.setenv("PODSYNC_PLAN_OUTPUT", "'json=my plan.json' text")

    assert podsync("plan").code == 0
    assert Path("my plan.json").is_file()


def test_a_misspelt_variable_is_told(podsync, catalog, monkeypatch):
    monkeypatch.setenv("PODSYNC_PLAN_TAGRET", "x")

    err = podsync("plan").err

    assert "warning: PODSYNC_PLAN_TAGRET names no option of podsync plan" in err
    assert "did you mean PODSYNC_PLAN_TARGET?" in err


def test_a_bad_value_from_the_environment_names_the_variable(podsync, catalog, monkeypatch):
    monkeypatch.setenv("PODSYNC_PLAN_ALLOW", "all")

    run = podsync("plan")

    assert run.code == 64
    assert "(from the environment: PODSYNC_PLAN_ALLOW)" in run.err


def test_the_help_imports_nothing_slow():
    code = (
        "import sys; from podsync.cli.main import main; main(['--help']); "
        "slow = {'yaml', 'jsonschema', 'requests', 'deepdiff', 'rich', 'filelock', 'podsync.sandbox'}; "
        "sys.exit(str(slow & set(sys.modules) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.stderr.strip() == ""


def test_global_options_are_the_documented_ones():
    names = {name for option in global_options(hidden=False) for name in option.opts}

    assert names == {"-C", "--chdir", "--config", "--env", "-v", "--verbose", "--version", "--no-color"}


@pytest.mark.skipif(sys.platform == "win32", reason="a folder in use cannot be removed there")
def test_a_folder_that_is_gone_is_one_sentence(podsync, folder):
    folder.rmdir()

    run = podsync("plan")

    assert run.code == 64
    assert run.err.startswith("error: the folder that this was started in is gone")


def test_printed_commands_repeat_the_global_options(podsync, catalog, folder, monkeypatch):
    (folder / "other.yaml").write_text("version: 1\n")
    monkeypatch.chdir(folder.parent)

    run = podsync(
        "-C", "work", "--config", "other.yaml", "apply", "--sandbox", "--target", "designed_product.*"
    )

    assert (
        "podsync -C work --config other.yaml apply --target 'designed_product.*' --auto-approve --sandbox"
        in run.err
    )
