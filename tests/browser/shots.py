"""Screenshots of the page of a plan: python -m tests.browser.shots FOLDER."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from podsync.output.html.page import About, plan_html
from tests.browser.conftest import ARGUMENTS, _answer
from tests.browser.gallery import season, variants

ABOUT = About(models={"73": "Raglan Tee"}, code="https://github.com/my-shop/catalog/blob/3f2a1bc/")


def main(folder: Path) -> None:
    """Open the page in both widths and schemes; what a click shows as well."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as made:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        for name, plan in (("season", season()), ("variants", variants())):
            file = Path(made) / f"{name}.html"
            file.write_text(plan_html(plan, ABOUT), encoding="utf-8")
            for width, high in ((1280, 900), (390, 844)):
                for scheme in ("light", "dark"):
                    context = browser.new_context(
                        viewport={"width": width, "height": high}, color_scheme=scheme
                    )
                    context.route(re.compile("^(?!file:)"), _answer)
                    _shots(context.new_page(), file, folder / f"{name}-{width}-{scheme}", high)
                    context.close()
        browser.close()


def _shots(page: Any, file: Path, name: Path, high: int) -> None:
    page.goto(file.as_uri())
    page.evaluate("dispatchEvent(new Event('beforeprint'))")  # every card, also those that nobody sees yet
    page.wait_for_timeout(400)
    tall = page.evaluate("document.documentElement.scrollHeight")
    sys.stdout.write(f"{name.name}: {tall / high:.1f} screens\n")
    page.screenshot(path=f"{name}-first.png")
    page.set_viewport_size({"width": page.viewport_size["width"], "height": tall})
    page.wait_for_timeout(200)
    page.screenshot(path=f"{name}.png", full_page=True)
    page.set_viewport_size({"width": page.viewport_size["width"], "height": high})
    if "season" in name.name:
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_timeout(200)
        page.screenshot(path=f"{name}-sheet.png")
        page.click("[data-step='how-true']")
        page.wait_for_timeout(200)
        page.screenshot(path=f"{name}-slider.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
