"""The pages of help: they are there, read well, and what they say to type works."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from podsync.cli.app.help_text import rendered
from podsync.cli.commands.help import pages
from podsync.output.layout import cells
from podsync.output.style import PLAIN, Style

TOPICS = {
    "adding-a-provider",
    "architecture",
    "authoring",
    "ci",
    "existing",
    "exit-codes",
    "glossary",
    "pictures",
    "protocol",
    "providers",
    "review",
    "rules",
    "speed",
    "state",
}
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_topics_that_there_are():
    assert pages().keys() >= TOPICS


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_a_page_says_what_it_is_about_first(topic):
    lines = pages()[topic].read_text(encoding="utf-8").split("\n")

    assert lines[0].startswith("# ")
    assert lines[1] == ""
    assert lines[2].endswith(".")


def test_without_a_topic_each_is_named(podsync):
    run = podsync("help")

    assert run.code == 0
    assert all(re.search(rf"^  {topic} +\S", run.out, re.MULTILINE) for topic in TOPICS)


def test_a_topic_is_rendered(podsync):
    run = podsync("help", "exit-codes")

    assert run.code == 0
    assert run.out.startswith("Exit codes\n")
    assert "| 0 |" not in run.out
    assert "```" not in run.out


def test_a_command_is_a_topic_too(podsync):
    assert podsync("help", "plan").out.startswith("Usage: podsync plan ")


def test_a_rule_is_a_topic_too(podsync):
    run = podsync("help", "long-name")

    assert run.out == (
        "warning[long-name]: A name may be too long for KakaClo\n\nIt may be cut or refused. Shorten it.\n"
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("autoring", "authoring"), ("exitcodes", "exit-codes"), ("pln", "plan"), ("same-nam", "same-name")],
)
def test_a_near_miss_is_told(podsync, typed, meant):
    run = podsync("help", typed)

    assert run.code == 64
    assert f"did you mean {meant}" in run.err


def test_what_is_like_nothing_lists_the_pages(podsync):
    told = podsync("help", "xyzzy").err

    assert (
        "there are: adding-a-format, adding-a-provider, adding-a-rule, adding-a-store, architecture" in told
    )


def test_the_version_is_a_command_and_an_option(podsync):
    assert podsync("version").out == podsync("--version").out


@pytest.mark.parametrize("topic", sorted(TOPICS))
@pytest.mark.parametrize("width", [60, 100])
def test_prose_keeps_inside_the_terminal(topic, width):
    text = pages()[topic].read_text(encoding="utf-8")
    wide = [
        line
        for line in rendered(text, PLAIN, width).split("\n")
        if cells(line) > width and not line.startswith("    ") and len(line.split()) > 1
    ]

    assert wide == []


def test_colour_changes_nothing_but_colour():
    text = "# A\n\n**b** and `c`\n\n| x | y |\n|---|---|\n| `1` | *z* |\n"
    plain = re.sub(r"\x1b\[[0-9;]*m", "", rendered(text, Style(colour=True), 80))

    assert plain == rendered(text, PLAIN, 80)


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_every_command_of_a_page_works(topic, tmp_path):
    """Block after block, in one folder that holds the example catalog."""
    bash = next((path for path in ("/bin/bash", "/usr/bin/bash") if Path(path).exists()), None)
    if bash is None:
        pytest.skip("no bash")
    home = tmp_path / "home"
    home.mkdir()
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    env = {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8"}
    shop = "podsync init . && mkdir catalog/designed && cp catalog/_examples/* catalog/designed/"
    for block in [shop, *BLOCK.findall(pages()[topic].read_text(encoding="utf-8"))]:
        done = subprocess.run(
            [bash, "-ec", block],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, (block, done.stdout, done.stderr)
