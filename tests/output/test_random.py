"""Whole plans and reports of any text at all, through GitHub's renderer and a parser of HTML (P18)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote

from hypothesis import given, settings
from hypothesis import strategies as st

from podsync.apply.report import Report, report_line
from podsync.output.escape import safe
from podsync.output.html.page import About, page_data, plan_html
from podsync.output.markdown.escape import clip
from podsync.output.markdown.plan import COMMENT, plan_markdown
from podsync.output.markdown.report import report_markdown
from podsync.output.product import name_of
from podsync.plan.action import Action
from podsync.plan.change import Change
from podsync.plan.model import Plan, summary_line
from tests.output.test_hostile import TEXTS, plans, reports
from tests.output.test_html import Page as Html
from tests.output.test_markdown import WHERE, Page, assert_inert, spaceless

SHA = "3f2a1bc0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4"
MARKER = re.compile(r"<!-- podsync:plan v=1 env=([\w./]+) (\{[^<>]*\}) -->")
EXAMPLES = settings(max_examples=60)


def addresses(value: Any) -> Iterator[str]:
    """Every text that a plan has as the address of a picture, or could have."""
    if isinstance(value, str):
        yield unquote(value)
    elif isinstance(value, dict):
        for one in value.values():
            yield from addresses(one)
    elif isinstance(value, tuple | list):
        for one in value:
            yield from addresses(one)


def of_products(changes: Iterable[Change]) -> set[str]:
    return set(addresses([[change.before, change.after] for change in changes]))


def plain_words(page: Page) -> str:
    return spaceless("".join(page.texts))


@given(plans(folded=False), TEXTS)
@EXAMPLES
def test_a_comment_is_found_again_fits_and_obeys_nothing(plan: Plan, environment: str) -> None:
    text = plan_markdown(plan, environment=environment, head_sha=SHA, where=WHERE)

    marker = MARKER.fullmatch(text.split("\n", 1)[0])
    assert marker is not None
    assert json.loads(marker[2]) == {"plan_hash": plan.hash, "head_sha": SHA}
    assert max(len(text), len(text.encode())) <= COMMENT <= 65_536
    page = assert_inert(text)
    assert {unquote(url) for url in page.pictures} <= of_products(plan.changes)
    assert f"`{summary_line(plan.summary)}`" in text


@given(plans(folded=False))
@EXAMPLES
def test_every_name_in_a_comment_reads_as_itself(plan: Plan) -> None:
    words = plain_words(Page(plan_markdown(plan, where=WHERE)))

    for change in plan.work:
        names = {name_of(change.provider, spec) for spec in (change.before, change.after) if spec is not None}
        assert any(spaceless(safe(clip(name))) in words for name in names)
        assert str(change.address) in words or change.action is Action.CREATE


@given(reports())
@EXAMPLES
def test_a_report_fits_and_obeys_nothing(report: Report) -> None:
    text = report_markdown(report, command="podsync apply", place="Re-run", where=WHERE)

    assert len(text.encode()) <= COMMENT
    page = assert_inert(text)
    assert page.pictures == []
    assert report_line(report) in text
    assert all(str(outcome.address) in "".join(page.texts) for outcome in report.outcomes)


@given(plans(folded=False), st.booleans())
@EXAMPLES
def test_no_value_becomes_a_tag_of_the_page(plan: Plan, sandbox: bool) -> None:
    page = Html(plan_html(plan, About(sandbox=sandbox)))

    assert {tag for tag, _ in page.tags} <= {
        "html", "head", "meta", "title", "style", "body", "a", "header", "p", "h1", "h2", "div", "code",
        "main", "section", "ul", "li", "b", "i", "span", "small", "button", "form", "label", "input",
        "select", "noscript", "footer", "strong", "kbd", "br", "dialog", "script",
    }  # fmt: skip
    for _, attributes in page.tags:
        assert not [
            key for key in attributes if key.startswith("on") or key in {"src", "style", "action", "srcset"}
        ]
    assert page.data == json.loads(json.dumps(page_data(plan)))
    assert sorted(one["address"] for one in page.data["changes"]) == sorted(str(c.address) for c in plan.work)
