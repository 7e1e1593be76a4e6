"""A real browser for the pages: Playwright drives the system's Chromium; pictures are answered here."""

from __future__ import annotations

import itertools
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from podsync.output.html.page import About, plan_html
from podsync.plan.model import Plan
from tests.browser.gallery import GONE, svg
from tests.npm import file_of

AXE = "axe-core@4.14.1"
AXE_SHA512 = (
    "1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b73"
    "4f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5"
)

ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass
class Opened:
    """A page, and what it asked for and said."""

    page: Any
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def texts(self, selector: str) -> list[str]:
        return [text.strip() for text in self.page.locator(selector).all_inner_texts()]

    @property
    def count(self) -> str:
        return str(self.page.locator("#count").inner_text())


def _missing(reason: str) -> None:
    """A machine without a browser skips; CI has one, and must say so if it has not."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("Playwright is not installed: pip install -e '.[dev]'")
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        _missing("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


def _answer(route: Any) -> None:
    url = route.request.url
    if GONE in url:
        route.abort()
    else:
        route.fulfill(status=200, content_type="image/svg+xml", body=svg(url))


@pytest.fixture
def browse(chromium: Any) -> Iterator[Callable[..., Opened]]:
    """Open a file; every test proves also that no script failed, and that no dialog opened."""
    opened: list[Opened] = []

    def open_file(file: Path, *, width: int = 1280, scheme: str = "light", script: bool = True) -> Opened:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script
        )
        one = Opened(context.new_page())
        one.page.set_default_timeout(20_000)
        context.route(re.compile("^(?!file:)"), _answer)
        one.page.on("request", lambda request: one.requests.append(request.url))
        one.page.on("dialog", lambda dialog: (one.dialogs.append(dialog.message), dialog.dismiss()))
        one.page.on("pageerror", lambda error: one.faults.append(str(error)))
        one.page.goto(file.as_uri())
        opened.append(one)
        return one

    yield open_file
    for one in opened:
        one.page.context.close()
        assert (one.dialogs, one.faults) == ([], [])


@pytest.fixture
def show(browse: Callable[..., Opened], tmp_path: Path) -> Callable[..., Opened]:
    """Open the page of a plan from disk."""
    count = itertools.count()

    def open_page(plan: Plan, *, about: About = About(), **how: Any) -> Opened:
        file = tmp_path / f"plan-{next(count)}.html"
        file.write_text(plan_html(plan, about), encoding="utf-8")
        return browse(file, **how)

    return open_page


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The accessibility checker, from npm, one version and no other."""
    return file_of(AXE, AXE_SHA512, "package/axe.min.js", tmp_path_factory.mktemp("axe"))


def serious(one: Opened) -> list[str]:
    """Return what the checker, which runs in the page by now, finds that keeps somebody from reading it."""
    found = one.page.evaluate("axe.run().then((result) => result.violations)")
    return [
        f"{fault['id']}: {node['html'][:200]}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"][:3]
    ]
