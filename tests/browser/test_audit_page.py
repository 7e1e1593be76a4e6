"""The page of an audit in a real browser: it asks for pictures only, filters, and reads without a script."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from podsync.evidence.state_view import Known
from podsync.inventory.audit import audited
from podsync.model.frozen import freeze
from podsync.output.audit.page import audit_page
from podsync.providers.contract import ListedModel, Listing, Remote
from podsync.providers.kakaclo.provider import KakaClo
from podsync.state.model import State
from tests.browser.conftest import Opened, _answer
from tests.output.naughty import NAUGHTY


def row(number: int, name: str, picture: str) -> Remote:
    fields = {"modelId": "37", "enName": name, "imageUrl": picture, "backImageUrl": None}
    return Remote(str(number), freeze(fields), 1.7e9 + number, freeze({"product": {"spu": f"S{number}"}}))


def page(tmp_path: Path) -> Path:
    rows = [row(n, name, f"https://cdn.example.com/{n}.png") for n, name in enumerate(NAUGHTY)]
    rows += [
        row(900, "Dino", "https://cdn.example.com/d.png"),
        row(901, "Dino", "https://cdn.example.com/d.png"),
    ]
    rows += [row(902, "Insecure", "http://cdn.example.com/no.png")]
    known = Known(KakaClo(), State(), "default")
    audit = audited(
        known,
        "https://developer.kakaclo.com",
        Listing(tuple(rows), True),
        models=[ListedModel("37", "C", "Raglan Tee")],
    )
    file = tmp_path / "audit.html"
    file.write_text("".join(audit_page([audit])), encoding="utf-8")
    return file


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_shows_pictures_and_obeys_no_name(chromium: Any, tmp_path: Path, width: int, script: bool) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script)
    one = Opened(context.new_page())
    context.route(re.compile("^(?!file:)"), _answer)
    one.page.on("request", lambda request: one.requests.append(request.url))
    one.page.on("dialog", lambda dialog: one.dialogs.append(dialog.message))
    one.page.on("pageerror", lambda error: one.faults.append(str(error)))

    one.page.goto(page(tmp_path).as_uri())
    one.page.wait_for_timeout(300)

    assert one.dialogs == one.faults == []
    assert all(url.startswith(("file:", "https://cdn.example.com/")) for url in one.requests)
    assert any(url.startswith("https://cdn.example.com/") for url in one.requests)
    assert one.page.locator(".alike .block").count() >= 1
    assert "model 37 Raglan Tee" in one.texts(".alike .word")[0]
    assert one.page.locator("#products script, #products iframe, #products style, #products a").count() == 0
    assert one.page.evaluate("document.documentElement.scrollWidth") <= width if script else True
    context.close()


def test_counts_and_words_are_filters_and_stand_in_the_address(chromium: Any, tmp_path: Path) -> None:
    context = chromium.new_context()
    one = Opened(context.new_page())
    context.route(re.compile("^(?!file:)"), _answer)
    one.page.goto(page(tmp_path).as_uri())

    one.page.fill("#find", "dino")
    assert one.count == "2 shown"
    one.page.click("button.total[data-only='alike']")
    assert one.page.locator(".group.unmanaged:visible").count() == 0
    address = one.page.url
    one.page.goto("about:blank")
    one.page.goto(address)

    assert one.page.locator("#find").input_value() == "dino"
    assert one.page.locator("button.total[aria-pressed='true']").count() == 1
    one.page.fill("#find", "no such thing")
    assert one.page.locator("#none").is_visible()
    context.close()
