"""The page of a plan in headless Chromium: what people see, press and never have to fear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from podsync.plan.plan import Action, Plan
from tests.browser.conftest import Opened
from tests.npm import file_of
from tests.views import samples
from tests.views.naughty_list import big_list, plan_of
from tests.views.test_html import MARKUP, named

Show = Callable[..., Opened]

AXE = "axe-core@4.14.1"
AXE_SHA512 = (
    "1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b73"
    "4f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5"
)
#: Type into the filter; return how many cards were made for it, until the page rests.
KEYSTROKE = """async (text) => {
  let made = 0;
  const seen = new MutationObserver((all) => all.forEach((one) => one.addedNodes.forEach((node) => {
    made += node.querySelectorAll ? node.querySelectorAll(".card").length : 0;
  })));
  seen.observe(document.getElementById("changes"), { childList: true, subtree: true });
  const find = document.getElementById("find");
  find.value = text;
  find.dispatchEvent(new Event("input", { bubbles: true }));
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  for (let count = 0; count < 6; count++) await frame();
  seen.disconnect();
  return made;
}"""


def everything() -> Plan:
    """Every action, with a picture that is gone."""
    every = samples.every_action()
    more = (samples.replaced(), samples.orphaned(), *samples.first_plan().changes)
    return replace(every, changes=(*every.changes, *more))


def addresses(value: Any) -> set[str]:
    """Every https address somewhere in a plan."""
    if isinstance(value, str):
        return {value} if value.startswith("https://") else set()
    if isinstance(value, dict):
        return {url for one in value.values() for url in addresses(one)}
    if isinstance(value, tuple | list):
        return {url for one in value for url in addresses(one)}
    return set()


def pictures(plan: Plan) -> set[str]:
    fields = [(field.before, field.after) for change in plan.changes for field in change.fields]
    return addresses([(change.before, change.after) for change in plan.changes]) | addresses(fields)


def test_it_asks_for_the_pictures_and_for_nothing_else(show: Show) -> None:
    plan = everything()

    one = show(plan)
    one.page.wait_for_load_state("networkidle")

    page, *rest = one.requests
    assert page.startswith("file:")
    assert rest
    assert set(rest) <= pictures(plan)


def test_hostile_text_stays_text(show: Show) -> None:
    one = show(named(*MARKUP, *samples.HOSTILE))
    total = len(MARKUP) + len(samples.HOSTILE)
    names = []
    for _ in range(total):
        one.page.keyboard.press("j")
        one.page.keyboard.press("Enter")
        names.append(one.page.text_content("dialog h2"))
        one.page.keyboard.press("Escape")
    one.page.wait_for_load_state("networkidle")

    assert one.count == f"{total} changes"
    assert one.requests[1:] == []
    assert one.page.locator("main img, main svg, main a, main script, dialog img, iframe").count() == 0
    assert names[:11] == list(MARKUP[:11])
    assert names[11] == "\\ufeff\\u2028\\u2029\\u202e\\x00\\x1b[31m"


def test_the_big_list_of_naughty_strings_stays_text(show: Show, tmp_path: Path) -> None:
    names = big_list(tmp_path)
    plan = plan_of(names)
    one = show(plan)
    one.page.evaluate("dispatchEvent(new Event('beforeprint'))")  # every card at once
    one.page.wait_for_load_state("networkidle")

    assert one.page.locator(".card").count() == len(names)
    assert set(one.requests[1:]) <= pictures(plan)
    assert one.page.locator("main svg, main a, main script, main style, main iframe, main video").count() == 0
    told = one.page.locator("button.name").all_text_contents()
    plain = [(name, seen) for name, seen in zip(names, told, strict=True) if name.isprintable() and name]
    assert [name for name, _ in plain] == [seen for _, seen in plain]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "http://plain.example/a.png",
        "data:image/svg+xml,<svg onload=alert(1)>",
        "//evil.example/a.png",
        "file:///etc/passwd",
        " https://evil.example/a.png",
        "https://name:word@evil.example/a.png",
        "blob:https://evil.example/1",
    ],
)
def test_only_https_becomes_a_picture(show: Show, url: str) -> None:
    one = show(samples.plan([samples.create("odd", {**samples.DINOSAUR, "imageUrl": url}, "a.yaml")]))

    assert one.texts(".pics .lost b") == ["No picture: not an https address"]
    assert one.page.locator(f'[src="{url.strip()}"], [href]:not(.skip)').count() == 0
    assert url.strip() not in one.requests


def test_a_picture_that_does_not_load_says_so(show: Show) -> None:
    one = show(samples.plan([samples.replaced()]))
    one.page.wait_for_selector(".lost")

    assert one.texts(".old .lost b") == ["This picture did not load"]
    assert "crimson-fornt.png" in one.texts(".old .lost p")[0]
    assert one.page.locator(".new img").count() == 1


def test_old_and_new_stand_side_by_side(show: Show) -> None:
    one = show(samples.plan([samples.replaced(), samples.renamed()]))

    old, new = (one.page.locator(f"figure.{side}").bounding_box() for side in ("old", "new"))
    assert old["y"] == new["y"]
    assert old["x"] + old["width"] < new["x"]
    assert one.texts(".diff del") == ["fornt", "SP"]
    assert one.texts(".diff ins") == ["front", "Satin"]


def test_orphans_say_the_sentence(show: Show) -> None:
    one = show(samples.plan([samples.orphaned()]))

    assert "stays on sale until a person removes it" in one.texts(".card .risk")[0]
    assert "then by hand: remove SPU QCUT00915 at kakaclo.com" in one.texts(".card")[0]


def test_what_a_product_is(show: Show) -> None:
    one = show(samples.first_plan())

    tee, cotton, _, tote = one.texts(".card")
    assert "#A72525" in tee
    assert "brown-red" in tee
    assert one.page.locator(".swatch i").first.evaluate("e => e.style.backgroundColor") == "rgb(167, 37, 37)"
    assert one.page.locator(".strip img").count() == 1
    assert all(
        word in cotton for word in ("Size", "fabric", "attr-size-small", "customer-123", "customer-456")
    )
    assert "EVERY customer" in tote
    assert "catalog/gelato/tote-bag.yaml:2" in tote


def test_filters(show: Show) -> None:
    one = show(everything())
    assert one.count == "14 changes"

    one.page.fill("#find", "dino NAVY")
    assert (one.count, one.texts("h3")) == ("1 of 14 changes", ["Dino Tee - Navy"])
    one.page.fill("#find", "teal")
    assert one.texts("h3") == ["Dino Tee - Teal"]
    one.page.fill("#find", "there is no such thing")
    assert one.page.locator("#none").is_visible()
    one.page.click("#clear")
    assert one.count == "14 changes"

    one.page.select_option("#kind", "customer_product")
    assert one.count == "5 of 14 changes"
    one.page.select_option("#folder", "catalog/designed")
    assert one.count == "0 of 14 changes"
    one.page.keyboard.press("Escape")
    one.page.click("button.total[data-action=replace]")
    assert one.count == "2 of 14 changes"
    assert one.page.get_attribute("button.total[data-action=replace]", "aria-pressed") == "true"
    one.page.select_option("#action", "create")
    assert one.count == "4 of 14 changes"
    one.page.select_option("#action", "")
    one.page.check("#risk")
    assert one.count == "9 of 14 changes"


def test_keyboard(show: Show) -> None:
    one = show(everything())
    keys, page = one.page.keyboard, one.page

    def focused() -> str:
        return str(page.evaluate("document.activeElement.textContent"))

    keys.press("j")
    assert focused() == "Dino Tee - Moss"
    keys.press("j")
    keys.press("ArrowRight")
    keys.press("k")
    assert focused() == "Dino Tee - Rust"
    ring = page.evaluate("getComputedStyle(document.activeElement.closest('.card')).boxShadow")
    assert ring != "none"
    keys.press("Enter")
    assert page.locator("dialog[open] h2").inner_text() == "Dino Tee - Rust"
    keys.press("j")
    assert page.locator("dialog[open] h2").inner_text() == "Dino Tee - Crimson"
    keys.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    assert focused() == "Dino Tee - Crimson"

    keys.press("/")
    keys.type("tote bag")
    assert one.count == "2 of 14 changes"
    keys.press("Enter")
    assert focused() == "Tote Bag"
    keys.press("Escape")
    assert one.count == "14 changes"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_and_axe_finds_nothing_serious(show: Show, axe: str, width: int, scheme: str) -> None:
    for plan in (everything(), samples.refused(), samples.hostile()):
        one = show(plan, width=width, scheme=scheme)
        assert one.page.evaluate("document.documentElement.scrollWidth") <= width
        one.page.evaluate(axe)
        assert _serious(one) == []
        one.page.keyboard.press("j")
        one.page.keyboard.press("Enter")
        assert one.page.evaluate("document.querySelector('dialog').scrollWidth") <= width
        assert _serious(one) == []


def _serious(one: Opened) -> list[str]:
    found = one.page.evaluate("axe.run().then((result) => result.violations)")
    return [
        f"{fault['id']}: {node['html'][:200]}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"][:3]
    ]


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The accessibility checker, from npm, one version and no other."""
    return file_of(AXE, AXE_SHA512, "package/axe.min.js", tmp_path_factory.mktemp("axe"))


def test_without_javascript(show: Show) -> None:
    one = show(everything(), script=False)

    text = one.page.inner_text("main")
    assert "Pictures and the filter need JavaScript" in text
    assert "designed_product.dino-crimson" in text


def test_nothing_to_do(show: Show) -> None:
    one = show(samples.plan(samples.unchanged(12), documents=12, files=12))

    assert one.texts("h1") == ["No changes"]
    assert not one.page.locator(".bar").is_visible()
    assert "No changes. The catalog matches the state." in one.texts("footer")[0]


def test_a_refused_plan_says_why(show: Show) -> None:
    one = show(samples.refused())

    assert "looks-like-a-rename" in one.texts(".panel.bad")[0]
    assert one.texts("[data-action=replace] .word strong") == ["+/. replace: refused"]


def test_in_print_every_card_is_there(show: Show) -> None:
    one = show(samples.many(60))
    one.page.emulate_media(media="print")
    one.page.evaluate("dispatchEvent(new Event('beforeprint'))")

    assert one.page.locator(".card").count() == 60
    assert not one.page.locator(".bar").is_visible()


def test_ten_thousand_changes_open_and_filter_without_a_stall(show: Show) -> None:
    """Work is counted, not timed: what is not seen is not made. `tests/benchmarks/views.py` has the times."""
    one = show(samples.many(10_000))
    page = one.page
    page.wait_for_selector(".card")
    opened = (page.locator(".card").count(), page.locator("#changes *").count())
    made = {text: page.evaluate(KEYSTROKE, text) for text in ("design", "design 0", "design 07", "navy", "")}
    page.evaluate("scrollTo(0, document.body.scrollHeight / 2)")
    page.wait_for_timeout(500)
    middle = page.locator(".card").count()

    assert 0 < opened[0] <= 60
    assert opened[1] < 5_000
    assert (made["design"], made["design 0"]) == (0, 0)  # all match still: nothing is made anew
    assert all(0 < made[text] <= 60 for text in ("design 07", "navy", ""))
    assert 0 < middle <= 120


def test_every_action_has_its_own_word(show: Show) -> None:
    one = show(everything(), width=390)
    page = one.page
    for action in Action:
        if action is not Action.NOOP and page.locator(f"#action option[value='{action}']").count():
            page.select_option("#action", action.value)
            assert all(action.value in word for word in one.texts(".word strong"))
