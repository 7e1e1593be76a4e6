"""Commands in texts, as they have to be typed where the run was started."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from podsync.cli.app.session import _PLAYS, Session
from podsync.cli.main import cli


@pytest.fixture
def session():
    session = Session()
    session.chdir, session.config, session.sandbox = "my shop", "other.yaml", True
    return session


HERE = "podsync -C 'my shop' --config other.yaml"


@pytest.mark.parametrize(
    ("plain", "typed"),
    [
        ("then: podsync apply", f"then: {HERE} apply --sandbox"),
        ("podsync state settle A --adopt 5, then: podsync plan",
         f"{HERE} state settle --sandbox A --adopt 5, then: {HERE} plan --sandbox"),
        ("podsync show plan.json", f"{HERE} show plan.json"),
        ("podsync plan --sandbox", f"{HERE} plan --sandbox"),
        ("git show 1a2b:state | podsync state push --force -",
         f"git -C 'my shop' show 1a2b:state | {HERE} state push --sandbox --force -"),
        ("podsync notices when they are gone", "podsync notices when they are gone"),
        ("pip install 'podsync[postgres]'", "pip install 'podsync[postgres]'"),
        ("see podsync help state", "see podsync help state"),
    ],
)  # fmt: skip
def test_each_command_repeats_the_options_of_the_run(session, plain, typed):
    assert session.as_typed(plain) == typed
    assert session.as_typed(typed) == typed


def test_without_options_it_stays_as_it_is():
    assert Session().as_typed("podsync apply, git show x") == "podsync apply, git show x"


def test_a_command_line_repeats_them_too(session):
    assert session.command_line("apply", "--auto-approve") == f"{HERE} apply --auto-approve --sandbox"
    assert session.as_typed(session.command_line("apply")) == session.command_line("apply")
    assert session.command_line("init") == f"{HERE} init"


def test_a_printed_command_repeats_sandbox_wherever_it_is_taken():
    """The names stand in a list: making every command to learn them would take too long."""
    context = click.Context(cli)
    commands = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    take = {name for name, one in commands.items() if one and _takes(one, "--sandbox")}

    assert take - _PLAYS == set()
    assert {name for name in _PLAYS & commands.keys() if name not in take} == set()


def _takes(command: click.Command, option: str) -> bool:
    return any(option in parameter.opts for parameter in command.params)


def test_a_program_that_was_started_by_a_relative_path_is_named_where_it_is(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "shop").mkdir()
    (tmp_path / "bin" / "podsync").write_text("from podsync.cli.main import run\nrun()\n")

    done = subprocess.run(
        [sys.executable, "bin/podsync", "-C", "shop", "plan"],
        cwd=tmp_path, capture_output=True, text=True, check=False, env={"PATH": "/nowhere"},
    )  # fmt: skip

    assert f"{tmp_path / 'bin' / 'podsync'} -C shop init" in done.stderr
