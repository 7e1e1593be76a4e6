"""Every rule is in the table with words that help, and every row of the table is raised somewhere."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

import pytest

from podsync.catalog.rules import _ROW
from podsync.cli.app.formats import installed_rules
from podsync.model.diagnostic import Rule
from podsync.plan.action import Action
from podsync.plan.approval import LIMITED
from podsync.providers.registry import plugins, provider_of
from tests import house
from tests.raised import raised

PAGE = house.ROOT / "podsync" / "docs" / "rules.md"
#: Said by the source with a part that is worked out -> what that may be.
FAMILIES = {
    "max-*": {f"max-{word}" for word in LIMITED},
    "plan-*": {f"plan-{action}" for action in Action if action is not Action.NOOP},
    "*-rename": {f"{info.name}-rename" for info in plugins().values() if info.unique_names},
    "*-replace": {f"{info.name}-replace" for info in plugins().values() if not info.replaces},
}


def test_what_is_raised_is_in_the_table_and_the_other_way_round() -> None:
    found = {each.rule for each in raised()}
    families = {rule for rule in found if "*" in rule}

    assert families == FAMILIES.keys()
    assert (found - families).union(*FAMILIES.values()) == installed_rules().keys()


def test_the_table_says_how_bad_a_rule_is_at_worst() -> None:
    said: dict[str, set[str]] = defaultdict(set)
    for each in raised():
        said[each.rule].add(each.severity)

    rules = [rule for rule in installed_rules().values() if said[rule.id] and "" not in said[rule.id]]
    wrong = {rule.id for rule in rules if rule.severity != min(said[rule.id])}
    assert wrong == {"odd-name", "odd-url"}  # one function says of both that they are warnings


@pytest.mark.parametrize("rule", installed_rules().values(), ids=lambda rule: rule.id)
def test_a_rule_has_a_title_and_a_help_to_act_on(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z]+(?:-[a-z]+)*", rule.id)
    assert rule.title[:1].isupper() or rule.title.startswith("`")
    assert not rule.title.endswith(".")
    assert len(rule.title) <= 90
    assert rule.help.endswith(".")
    assert len(rule.help.split()) >= 3
    assert rule.help != rule.title


def test_the_page_has_the_rows_of_the_providers(request: pytest.FixtureRequest) -> None:
    page = "".join(line + "\n" for line in _page())
    if request.config.getoption("--rewrite-goldens"):
        PAGE.write_text(page, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == page


def _page() -> Iterator[str]:
    """The page as it is, but for the rows of the providers."""
    groups = {}
    for group in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, table = group.partition("\n")
        groups[title] = [Rule(*row) for row in re.findall(_ROW, table, re.MULTILINE)]
    for info in plugins().values():
        groups[info.long_title or info.title] = list(provider_of(info, info.settings).rules())
    yield from ("# Rules", "")
    yield "What podsync can find wrong, by the word that a message has in brackets: `error[same-name]`."
    yield "`podsync help RULE` shows one rule. The message itself names the place and what to write."
    for title, rules in groups.items():
        yield from (
            "",
            f"## {title}",
            "",
            "| rule | severity | what is wrong | what to do |",
            "|---|---|---|---|",
        )
        for rule in rules:
            yield f"| `{rule.id}` | {rule.severity} | {rule.title} | {rule.help} |"
