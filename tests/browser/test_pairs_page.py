"""The page of `import --match` in a real browser: documents beside listed products, with pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from podsync.evidence.pairs import PairVerdict, ProposedPair
from podsync.evidence.state_view import Known
from podsync.inventory.pairs import paired
from podsync.model.address import Address
from podsync.model.frozen import EMPTY, freeze
from podsync.output.pairs.page import PairsAbout, pairs_page
from podsync.providers.contract import Remote
from podsync.providers.kakaclo.provider import KakaClo
from podsync.state.model import State
from tests.browser.conftest import Opened, serious
from tests.browser.gallery import CDN, tee
from tests.output.naughty import NAUGHTY

Browse = Callable[..., Opened]
COPIES = "https://img.example.com"


def row(number: int, spec: dict[str, object], **listed: object) -> Remote:
    fields = {key: spec.get(key) for key in ("modelId", "enName", "imageUrl", "backImageUrl")} | listed
    facts = {"price": "9.90", "orders": 12 * number}
    shown = freeze({"product": {"spu": f"QCUT00{number}"}})
    return Remote(str(number), freeze(fields), 1.7e9 + 86400 * number, shown, freeze(facts))


def copied(spec: dict[str, object]) -> dict[str, object]:
    """A name in capitals and pictures at another host: what a provider may make of what it was sent."""
    return {
        "enName": str(spec["enName"]).upper(),
        "imageUrl": str(spec["imageUrl"]).replace(CDN, COPIES),
        "backImageUrl": str(spec["backImageUrl"]).replace(CDN, COPIES),
    }


def page(tmp_path: Path) -> Path:
    """One of each verdict, doubles of which nobody knows, and every hostile name on both sides."""
    dino, fox, whale = tee("Dino", "Crimson"), tee("Fox", "Teal"), tee("Whale", "Sand")
    made = [
        (PairVerdict.LOOK_ALIKE, row(501, dino, **copied(dino)), "dino", dino),
        (PairVerdict.LOOK_ALIKE, row(502, dino, imageUrl=fox["imageUrl"]), "dino", dino),
        (PairVerdict.SEVERAL, row(503, fox), "fox", fox),
        (PairVerdict.SEVERAL, row(504, fox), "fox", fox),
        (PairVerdict.SEVERAL, row(504, fox), "fox-again", fox),
        (PairVerdict.SAME, row(505, whale), "whale", whale),
        (PairVerdict.LOOK_ALIKE, row(506, whale, imageUrl=f"{CDN}/x.png?sig=sesame"), "whale-two", whale),
    ]
    proposed = [
        ProposedPair(verdict, listed, Address("designed_product", name), freeze(spec))
        for verdict, listed, name, spec in made
    ]
    proposed += [
        ProposedPair(
            PairVerdict.LOOK_ALIKE,
            row(1000 + n, dino, enName=name),
            Address("designed_product", f"n{n}"),
            freeze({**dino, "enName": name[::-1]}),
        )
        for n, name in enumerate(NAUGHTY)
    ]
    strangers = [row(507, tee("Dino", "Oak")), row(508, tee("Dino", "Oak")), row(509, tee("Fox", "Plum"))]
    proposed += [ProposedPair(PairVerdict.NONE, each, None, EMPTY) for each in strangers]
    known = Known(KakaClo(), State(), "default")
    account = paired(known, "https://developer.kakaclo.com", proposed, whole=True)
    about = PairsAbout(
        lambda *words: " ".join(["podsync -C shop", *words]),
        {"designed_product.dino": "catalog/dino.yaml:2"},
        ["designed_product.new"],
    )
    file = tmp_path / "pairs.html"
    file.write_text("".join(pairs_page([account], about)), encoding="utf-8")
    return file


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_obeys_no_name_and_axe_finds_nothing_serious(
    browse: Browse, tmp_path: Path, axe: str, width: int, scheme: str
) -> None:
    one = browse(page(tmp_path), width=width, scheme=scheme)
    one.page.evaluate(axe)

    assert serious(one) == []
    assert one.page.evaluate("document.documentElement.scrollWidth") <= width
    assert all(url.startswith(("file:", CDN, COPIES)) for url in one.requests)
    assert not any("sesame" in url for url in one.requests)
    assert one.page.locator("#products script, #products iframe, #products style, #products a").count() == 0


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("width", [1280, 390])
def test_both_pictures_stand_side_by_side_with_what_differs(
    browse: Browse, tmp_path: Path, width: int, script: bool
) -> None:
    one = browse(page(tmp_path), width=width, script=script)
    block = one.page.locator(".pairing").first
    document, listed = block.locator(".card").nth(0), block.locator(".card").nth(1)

    left, right = (each.locator(".pic").first.bounding_box() for each in (document, listed))
    assert left["x"] + left["width"] <= right["x"]
    assert abs(left["y"] - right["y"]) < left["height"]
    assert document.locator("img").first.get_attribute("src").startswith(CDN)
    assert listed.locator("img").first.get_attribute("src").startswith(COPIES)
    assert one.texts(".pairing:first-child h3")[0] == "designed_product.dino catalog/dino.yaml:2"
    differs = listed.locator(".differs").inner_text()
    assert "Dino Raglan Tee - Crimson\nDINO RAGLAN TEE - CRIMSON" in differs
    assert "equal: modelId" in listed.locator(".beside").inner_text()
    assert listed.locator(".answer code").all_inner_texts() == [
        "podsync -C shop import designed_product.dino 501",
        "podsync -C shop import --not-ours kakaclo 501",
    ]
    assert "it may be that of designed_product.fox-again, too" in (one.page.text_content("#products") or "")


def test_a_document_is_found_whole_and_its_command_is_copied(browse: Browse, tmp_path: Path) -> None:
    one = browse(page(tmp_path))
    one.page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    one.page.fill("#find", "QCUT00502")
    assert one.count == "2 shown"
    assert one.page.locator(".pairing:visible .card:visible").count() == 3
    one.page.fill("#find", "")
    one.page.click("button.total[data-only='same']")
    assert one.page.locator(".pairing:visible h3").all_inner_texts() == ["designed_product.whale"]
    one.page.locator(".pairing:visible .answer button").first.click()

    assert one.page.evaluate("navigator.clipboard.readText()") == (
        "podsync -C shop import designed_product.whale 505"
    )
