"""The page of `podsync review` in headless Chromium: renewed in place, with its policy intact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from podsync.cli.commands.review.page_server import PageServer
from podsync.model.diagnostic import Diagnostic
from podsync.model.position import Position
from podsync.output.html.page import review_pieces
from podsync.plan.model import Plan
from tests.browser.conftest import _answer
from tests.browser.gallery import season
from tests.output import samples

FAULT = Diagnostic(
    "error", "schema", "<img src=x onerror=alert(1)> is no colour", Position("catalog/a.yaml", 7, 9)
)


#: The name on the first card that can be seen.
TOP = """() => [...document.querySelectorAll("[data-index] .name")]
  .find((one) => one.getBoundingClientRect().bottom > 0).textContent"""


@pytest.fixture
def server() -> Iterator[PageServer]:
    with PageServer() as server:
        yield server


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A page that may ask this machine, and gets its pictures here; it proves that no script failed."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    faults: list[str] = []
    context.route("https://**", _answer)
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
    yield page
    context.close()
    assert faults == []


def show(server: PageServer, plan: Plan | None, found: Sequence[Diagnostic] = ()) -> None:
    server.show(lambda version: review_pieces(plan, found=found, version=version))


def test_an_open_page_makes_way_for_the_next_one(server: PageServer, page: Any) -> None:
    show(server, samples.first_plan())
    page.goto(server.url)
    page.fill("#find", "tote")
    page.locator(".card .tick input").first.click()

    show(server, season())
    page.get_by_text("42 changes to look at").wait_for()

    assert page.locator("#count").inner_text() == "1 of 42 changes"  # the filter is in the address
    assert page.locator("#seen").inner_text() == "0 of 42 seen"  # another picture, another card


def test_it_stays_where_it_was(server: PageServer, page: Any) -> None:
    show(server, season())
    page.goto(server.url)
    for _ in range(3):
        page.evaluate("scrollTo(0, 2000)")
        page.wait_for_timeout(200)
    page.wait_for_timeout(300)
    before = page.evaluate(TOP)

    show(server, samples.plan([*season().changes, samples.replaced()]))
    page.get_by_text("43 changes to look at").wait_for()
    page.wait_for_timeout(300)

    assert page.evaluate("scrollY") > 500
    assert page.evaluate(TOP) == before


def test_faults_come_and_go(server: PageServer, page: Any) -> None:
    show(server, None, [FAULT])
    page.goto(server.url)
    assert "catalog/a.yaml:7:9" in page.inner_text(".faults pre")
    assert page.locator("main img").count() == 0

    show(server, samples.first_plan())
    page.wait_for_selector(".card")
    assert page.locator(".faults").count() == 0
    show(server, samples.first_plan(), [FAULT])
    page.wait_for_selector(".faults")
    assert "the last catalog without faults" in page.inner_text(".faults")
    assert page.locator(".card").count() == 4


def test_the_end_is_told(server: PageServer, page: Any) -> None:
    with PageServer() as other:
        show(other, samples.first_plan())
        page.goto(other.url)
        page.wait_for_selector(".live")

    page.get_by_text("podsync review has ended").wait_for()
