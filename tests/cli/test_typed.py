"""Commands in texts, as they have to be typed where the run was started."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from shutil import which

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podsync.cli.app.session import _PLAYS, Session
from podsync.cli.main import cli
from podsync.model.address import Address, Selection, indexed
from podsync.output.text.plan_head import selection_words
from tests.cli.printed import unquoted


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


NAMES = st.from_regex(r"[a-z0-9]{1,4}(-[a-z0-9]{1,3})?", fullmatch=True)
ADDRESSES = st.builds(
    lambda name, keys: str(Address.parse(f"designed_product.{name}{indexed(keys.items())}")),
    NAMES,
    st.dictionaries(NAMES, NAMES, min_size=1, max_size=3),
)
#: A pattern as people write one; a file of this folder fits each, so that a bare one would be replaced.
PATTERNS = st.builds(str.replace, ADDRESSES, st.sampled_from("aeiou0"), st.sampled_from("*?"))
SHELLS = [("dash", "-c"), ("bash", "-O", "failglob", "-c"), ("zsh", "-c")]


@pytest.mark.parametrize("shell", [words for words in SHELLS if which(words[0])], ids=lambda words: words[0])
@given(words=st.lists(ADDRESSES | PATTERNS, min_size=20, max_size=40))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_addresses_with_keys_come_through_every_shell(shell, words, tmp_path):
    plain = [word for word in words if not re.search("[*?]", word)]
    for one in plain:
        for key in one.partition("[")[2]:
            (tmp_path / f"{one.partition('[')[0]}{key}").touch()
    printed = [
        *(Session().command_line("plan", "--target", word) for word in words),
        *(f"podsync state rm {Address.parse(word).word}" for word in plain),
        *(f"podsync plan {selection_words(Selection(targets=(word,)))}" for word in words),
    ]

    script = "podsync() { printf '%s\\n' \"$@\"; }\n" + "\n".join(printed)
    done = subprocess.run([*shell, script], cwd=tmp_path, capture_output=True, text=True, check=True)

    wanted = [each for word in words for each in ("plan", "--target", word)]
    wanted += [each for word in plain for each in ("state", "rm", word)]
    wanted += [each for word in words for each in ("plan", "--target", word)]
    assert done.stdout.split("\n")[:-1] == wanted == [w for line in printed for w in shlex.split(line)[1:]]


def test_no_address_stands_bare_in_a_command():
    assert unquoted() == []
