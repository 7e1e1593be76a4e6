"""`PROTOCOL.md` beside this file: each rule names tests, and each of them exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TABLE = (HERE / "PROTOCOL.md").read_text(encoding="utf-8").splitlines()
HEADS = {"rule", "schedule", "promise"}
NAMED = re.compile(r"`(?P<file>[\w/]+\.py)::(?P<test>test_\w+)(?:\[[^`]*\])?`")


def rows() -> list[tuple[str, str]]:
    """Rule and tests of each line of each table."""
    lines = (line.strip("| ").split(" | ") for line in TABLE if line.startswith("| "))
    return [(first, rest[-1] if rest else "") for first, *rest in lines if first not in HEADS]


@cache
def defined_in(file: str) -> frozenset[str]:
    tree = ast.parse((HERE / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_rule_names_a_test():
    assert [rule for rule, tests in rows() if not NAMED.search(tests)] == []


def test_nothing_but_tests_stands_beside_a_rule():
    assert [rule for rule, tests in rows() if NAMED.sub("", tests).strip(", ")] == []


@pytest.mark.parametrize("file", sorted({m["file"] for _, tests in rows() for m in NAMED.finditer(tests)}))
def test_every_test_that_is_named_exists(file):
    named = {m["test"] for _, tests in rows() for m in NAMED.finditer(tests) if m["file"] == file}

    assert named - defined_in(file) == set()


def test_no_rule_stands_twice():
    rules = [rule for rule, _ in rows()]

    assert sorted(rules) == sorted(set(rules))


def test_every_test_of_the_rules_is_named():
    """`apply/test_rules.py` and the tests of `podsync.evidence` are there for this table."""
    named = {(m["file"], m["test"]) for _, tests in rows() for m in NAMED.finditer(tests)}
    evidence = sorted(path.name for path in (HERE / "evidence").glob("test_*.py"))
    files = ("apply/test_rules.py", *(f"evidence/{name}" for name in evidence))
    there = {(file, name) for file in files for name in defined_in(file) if name.startswith("test_")}

    assert there - named == set()


def test_bugs_name_tests_that_exist():
    told = (HERE / "BUGS.md").read_text(encoding="utf-8")
    named = [(m["file"], m["test"]) for m in NAMED.finditer(told)]

    assert named
    assert [each for each in named if each[1] not in defined_in(each[0])] == []
