"""The page of an audit in a real browser: it asks for pictures only, filters, and reads without a script."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from podsync.evidence.state_view import Known
from podsync.inventory.audit import audited
from podsync.model.frozen import freeze
from podsync.model.known_ids import KnownModel
from podsync.output.audit.page import audit_page
from podsync.providers.contract import Listing, Remote
from podsync.providers.kakaclo.provider import KakaClo
from podsync.state.model import State
from tests.browser.conftest import Opened, serious
from tests.output.naughty import NAUGHTY

Browse = Callable[..., Opened]


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
        models=[KnownModel("37", "Raglan Tee", "C")],
    )
    file = tmp_path / "audit.html"
    file.write_text("".join(audit_page([audit])), encoding="utf-8")
    return file


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_shows_pictures_and_obeys_no_name(
    browse: Browse, tmp_path: Path, width: int, script: bool
) -> None:
    one = browse(page(tmp_path), width=width, script=script)
    one.page.wait_for_timeout(300)

    assert all(url.startswith(("file:", "https://cdn.example.com/")) for url in one.requests)
    assert any(url.startswith("https://cdn.example.com/") for url in one.requests)
    assert one.page.locator(".alike .block").count() >= 1
    assert "model 37 Raglan Tee" in one.texts(".alike .word")[0]
    assert one.page.locator("#products script, #products iframe, #products style, #products a").count() == 0
    assert one.page.evaluate("document.documentElement.scrollWidth") <= width if script else True


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browse: Browse, tmp_path: Path, axe: str, scheme: str) -> None:
    one = browse(page(tmp_path), scheme=scheme)
    one.page.evaluate(axe)

    assert serious(one) == []


def test_counts_and_words_are_filters_and_stand_in_the_address(browse: Browse, tmp_path: Path) -> None:
    one = browse(page(tmp_path))

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
