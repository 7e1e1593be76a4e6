"""The page of a plan in headless Chromium: what people see, press and never have to fear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from podsync.output.html.page import About, plan_html
from podsync.plan.action import Action
from podsync.plan.change import Change, FieldChange
from podsync.plan.model import Plan
from tests.browser.conftest import Opened, serious
from tests.browser.gallery import CDN, season, tee, variants
from tests.output import samples
from tests.output.naughty_list import big_list, plan_of
from tests.output.test_html import MARKUP, named

Show = Callable[..., Opened]

#: Type into the filter; return how many cards were made for it, until the page rests.
KEYSTROKE = """async (text) => {
  let made = 0;
  const seen = new MutationObserver((all) => all.forEach((one) => one.addedNodes.forEach((node) => {
    made += node.querySelectorAll ? node.querySelectorAll("[data-index]").length : 0;
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

    assert one.page.locator("[data-index]").count() == len(names)
    assert set(one.requests[1:]) <= pictures(plan)
    assert one.page.locator("main svg, main a, main script, main style, main iframe, main video").count() == 0
    told = one.page.evaluate("[...document.querySelectorAll('[data-index]')].map((card) => card.textContent)")
    plain = [(name, seen) for name, seen in zip(names, told, strict=True) if name.isprintable() and name]
    assert [name for name, seen in plain if name not in seen] == []


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

    assert one.texts(".group h2") == ["Stays on sale until removed by hand · 1"]
    assert "stays on sale until a person removes it" in one.texts(".group header p")[0]
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
    one.page.click("button.total[data-action=create]")
    assert one.count == "6 of 14 changes"
    one.page.click("button.total[data-action=create]")
    one.page.click("button.total[data-action=replace]")
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
def test_it_fits_and_axe_finds_nothingserious(show: Show, axe: str, width: int, scheme: str) -> None:
    for plan in (everything(), season(), samples.refused(), samples.hostile()):
        one = show(plan, width=width, scheme=scheme)
        assert one.page.evaluate("document.documentElement.scrollWidth") <= width
        one.page.evaluate(axe)
        assert serious(one) == []
        one.page.keyboard.press("j")
        one.page.keyboard.press("Enter")
        assert one.page.evaluate("document.querySelector('dialog').scrollWidth") <= width
        assert serious(one) == []
        one.page.keyboard.press("w")
        one.page.keyboard.press("j")
        one.page.keyboard.press("x")
        for slider in one.page.locator("[data-step=how-true]").all():
            slider.click()
        assert serious(one) == []
        one.page.keyboard.press("Escape")
        assert serious(one) == []


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
    assert one.texts("[data-action=replace] .word strong") == ["replace: refused"]


def test_in_print_every_card_is_there(show: Show) -> None:
    one = show(samples.many(60))
    one.page.emulate_media(media="print")
    one.page.evaluate("dispatchEvent(new Event('beforeprint'))")

    assert one.page.locator("[data-index]").count() == 60
    assert not one.page.locator(".bar").is_visible()


def test_ten_thousand_changes_open_and_filter_without_a_stall(show: Show) -> None:
    """Work is counted, not timed: what is not seen is not made. `tests/benchmarks/views.py` has the times."""
    one = show(samples.many(10_000))
    page = one.page
    page.wait_for_selector("[data-index]")
    opened = (page.locator("[data-index]").count(), page.locator("#changes *").count())
    made = {text: page.evaluate(KEYSTROKE, text) for text in ("design", "design 0", "design 07", "navy", "")}
    page.evaluate("scrollTo(0, document.body.scrollHeight / 2)")
    page.wait_for_timeout(500)
    middle = page.locator("[data-index]").count()

    assert 0 < opened[0] <= 60
    assert opened[1] < 5_000
    assert (made["design"], made["design 0"]) == (0, 0)  # all match still: nothing is made anew
    assert all(0 < made[text] <= 60 for text in ("design 07", "navy", ""))
    assert 0 < middle <= 120


def test_every_action_has_a_heading_in_plain_words(show: Show) -> None:
    one = show(everything(), width=390)
    for button in one.page.locator("button.total").all():
        button.click()
        [heading] = one.texts(".group h2")
        assert not set(heading.split()) & {"orphan", "create", "update", "replace", ".", "+", "~"}
        button.click()
    assert one.page.locator("button.total").count() == len({change.action for change in everything().work})


@pytest.mark.parametrize("proportion", [(100, 400), (300, 400), (500, 500), (600, 400), (1600, 400)])
@pytest.mark.parametrize("width", [1280, 390])
def test_pictures_are_shown_whole(show: Show, proportion: tuple[int, int], width: int) -> None:
    """In cards, variants, pairs, artwork, and looked at closely: inside the frame, in its own proportion."""
    one = show(shaped("{}x{}".format(*proportion)), width=width)
    one.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    one.page.wait_for_function(LOADED)

    found = one.page.evaluate(FRAMES)
    for _ in range(4):
        one.page.keyboard.press("j")
        one.page.keyboard.press("Enter")
        one.page.wait_for_function(LOADED)
        found += one.page.evaluate(FRAMES)
        one.page.keyboard.press("Escape")

    wide, high = proportion
    assert {kind for kind, *_ in found} >= {"card", "tile", "pair", "strip", "stage"}
    for kind, natural, fit, frame, box in found:
        assert fit == "contain", kind
        assert natural == pytest.approx(wide / high, rel=0.02), kind
        assert box == pytest.approx(frame, abs=2.5), kind  # the box is the frame, and `contain` crops nothing
        assert frame[0] > 20, kind
        assert frame[1] > 20, kind


#: Every picture has come.
LOADED = """() => [...document.querySelectorAll('.pic img')].every((one) => {
  one.loading = 'eager';
  return one.complete && one.naturalWidth > 0;
})"""
#: Of each picture: where it stands, its own proportion, how it is fitted, and the sizes of frame and box.
FRAMES = """() => [...document.querySelectorAll(".pic img")].filter((it) => it.offsetParent).map((image) => {
  const kind = ["stage", "strip", "pair", "tile", "card"].find((one) => image.closest(`.${one}`));
  const size = (node) => { const box = node.getBoundingClientRect(); return [box.width, box.height]; };
  return [kind, image.naturalWidth / image.naturalHeight, getComputedStyle(image).objectFit,
    size(image.closest(".pic")), size(image)];
})"""


def shaped(size: str) -> Plan:
    """A replace, two variants, and one alone, with all pictures of one size."""

    def spec(colour: str, art: str) -> dict[str, Any]:
        drawn = f"{CDN}/tee/{size}/000000/ffcc00/front{art}"
        return {**tee("Dino", colour, size), "materialImages": [{"imageName": "art", "imageUrl": drawn}]}

    old, new = spec("Navy", "?1"), spec("Lime", "?1")
    field = FieldChange("imageUrl", old["imageUrl"], new["imageUrl"], True)
    replaced = samples.change(
        "old", Action.REPLACE, before=old, after={**old, "imageUrl": new["imageUrl"]}, fields=(field,)
    )
    news = [samples.create(f"n-{one}", spec(one, "?2"), "catalog/a.yaml") for one in ("Ash", "Moss")]
    alone = samples.create("alone", spec("Rust", "?3"), "catalog/b.yaml")
    return samples.plan([replaced, *news, alone])


def test_variants_are_one_block_that_says_once_what_they_share(show: Show) -> None:
    one = show(season())
    one.page.evaluate("dispatchEvent(new Event('beforeprint'))")

    blocks = [" ".join(title.split()) for title in one.texts(".block h3")]
    assert blocks == [
        "Dino Long Sleeve · 2",
        "Dino Raglan Tee · 12",
        "Fox Raglan Tee · 12",
        "Whale Raglan Tee · 12",
    ]
    fox = one.page.locator(".block").nth(2)
    assert fox.locator(".tile").count() == 12
    assert fox.inner_text().count("model 73") == 1
    assert fox.locator(".strip .pic").count() == 1
    assert fox.locator(".tile .name").first.inner_text() == "Ash"
    assert len({box["y"] for box in (fox.locator(".tile").nth(at).bounding_box() for at in range(3))}) == 1


def test_a_block_of_one_document_says_how_many_keys_each_axis_has(show: Show) -> None:
    def block(document: str, count: int) -> list[Change]:
        keys = [
            f"[colour={colour.lower()},model=m{n}]" for colour in ("Ash", "Moss", "Oak") for n in range(2)
        ]
        return [
            samples.create(
                f"{document}{key}", {**tee("Dino", "Ash"), "enName": f"{document} {key}"}, "catalog/a.yaml"
            )
            for key in keys[:count]
        ]

    one = show(samples.plan([*block("dino", 6), *block("fox", 5)]))
    one.page.evaluate("dispatchEvent(new Event('beforeprint'))")

    assert [" ".join(title.split()) for title in one.texts(".block h3")] == [
        "dino · 6 · 3 colours x 2 models",
        "fox · 5 · 3 colours, 2 models",
    ]


def test_the_backs_of_all_variants_are_one_press_away(show: Show) -> None:
    one = show(variants())
    block = one.page.locator(".block").first
    sources = "(all) => all.map((one) => one.src)"
    fronts = block.locator(".tile img").evaluate_all(sources)

    block.locator(".turn").press("Enter")
    backs = block.locator(".tile img").evaluate_all(sources)
    block.locator(".turn").press("Enter")

    assert len(backs) == len(fronts) == 13
    assert all("rear.png" in url for url in backs)
    assert block.locator(".tile img").evaluate_all(sources) == fronts
    assert one.page.evaluate("document.activeElement.className") == "turn"


def test_a_risk_of_several_is_said_once(show: Show) -> None:
    one = show(season())
    one.page.evaluate("dispatchEvent(new Event('beforeprint'))")

    told = one.page.inner_text("#changes")
    assert told.count("it cannot be ordered until its options have values") == 1
    assert told.count("! noted above") == 2


def test_37_new_variants_are_five_screens_of_a_phone(show: Show) -> None:
    one = show(variants(37), width=390)
    one.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    one.page.wait_for_load_state("networkidle")

    assert one.page.locator(".tile").count() == 37
    assert one.page.evaluate("document.documentElement.scrollHeight") / 844 <= 5


def test_no_button_breaks_on_a_phone(show: Show) -> None:
    one = show(season(), width=390)
    one.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    broken = (
        "(all) => all.filter((one) => one.getClientRects().length && one.scrollWidth > one.clientWidth + 1)"
    )
    lines = (
        "(all) => all.map((one) => { const range = document.createRange(); range.selectNodeContents(one);"
        " return new Set([...range.getClientRects()].map((box) => box.y)).size; })"
    )

    assert one.page.locator(".turn").evaluate_all(lines) == [1, 1, 1]
    assert one.page.locator(".turn").evaluate_all(broken) == []


def line(one: Opened) -> str:
    return str(one.page.input_value("#line"))


def test_ticks_are_counted_and_make_a_line_for_the_review(show: Show) -> None:
    one = show(season())
    short = season().hash.partition(":")[2][:12]
    keys = one.page.keyboard
    assert one.texts("#seen") == ["0 of 42 seen"]
    assert line(one) == f"podsync {short}: seen 0/42"

    one.page.locator(".block .title .tick input").first.click()  # a block's tick ticks its cards
    assert one.texts("#seen") == ["2 of 42 seen"]
    keys.press("j")
    keys.press("j")
    keys.press("w")
    assert line(one) == f"podsync {short}: seen 2/42, wrong: designed_product.dino-long-teal"
    keys.press("x")
    assert one.texts("#seen") == ["1 of 42 seen"]
    assert one.page.locator(".block .title .tick input").first.evaluate("(box) => box.indeterminate")
    one.page.click("#left")
    assert one.count == "41 of 42 changes"

    one.page.reload()
    assert one.texts("#seen") == ["1 of 42 seen"]
    assert one.count == "41 of 42 changes"


def test_the_bar_of_ticks_fits_a_phone(show: Show) -> None:
    one = show(samples.many(10_000), width=390)
    one.page.keyboard.press("j")
    one.page.keyboard.press("w")

    assert one.page.locator("#wrong").is_visible()
    assert one.page.evaluate("document.querySelector('.seen').scrollWidth") <= 390
    assert one.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_tick_belongs_to_what_the_card_shows(show: Show) -> None:
    one = show(samples.first_plan())
    one.page.locator(".group .title .tick input").first.click()
    assert one.texts("#seen") == ["4 of 4 seen"]

    first, *rest = samples.first_plan().changes
    other = {**first.after, "imageUrl": "https://cdn.example.com/another.png"}
    plan = replace(samples.first_plan(), changes=(first._replace(after=samples.freeze(other)), *rest))
    Path(one.page.url.removeprefix("file://")).write_text(plan_html(plan), encoding="utf-8")
    one.page.reload()

    assert one.texts("#seen") == ["3 of 4 seen"]


def test_seen_in_the_sheet_goes_on_to_the_next(show: Show) -> None:
    one = show(season())
    one.page.keyboard.press("j")
    one.page.keyboard.press("Enter")
    for _ in range(3):
        one.page.click("[data-step=seen]")

    assert one.page.locator("dialog").get_by_role("status").inner_text() == "4 of 42"
    assert one.texts("#seen") == ["3 of 42 seen"]


def test_the_filter_is_in_the_address(show: Show) -> None:
    one = show(everything())
    one.page.fill("#find", "dino & sons #1")
    one.page.fill("#find", "dino")
    one.page.click("button.total[data-action=replace]")
    one.page.wait_for_url("**/*#find=dino&action=replace")
    address = one.page.url

    one.page.goto("about:blank")
    one.page.goto(address)
    assert one.count == "2 of 14 changes"
    assert one.page.input_value("#find") == "dino"
    one.page.keyboard.press("Escape")
    one.page.wait_for_url(lambda url: "#" not in url)

    one.page.goto(one.page.url + "#open=designed_product.dino-crimson")
    assert one.page.locator("dialog[open] h2").inner_text() == "Dino Tee - Crimson"
    one.page.goto(
        one.page.url.partition("#")[0] + "#kind=%00&folder=../x&action=drop&open=nobody&find=%22%3Cimg"
    )
    one.page.get_by_text("0 of 14 changes").wait_for()
    assert one.page.locator("dialog[open]").count() == 0


def test_old_and_new_by_a_slider(show: Show) -> None:
    one = show(season())
    one.page.keyboard.press("j")
    one.page.keyboard.press("Enter")
    assert one.page.locator("dialog .stage img").count() == 3  # old, new, and the back
    one.page.click("dialog .how button >> text=Slider")
    slide = one.page.locator("dialog input[type=range]")

    slide.focus()
    one.page.keyboard.press("Home")
    start = one.page.locator("dialog .above").evaluate("(image) => getComputedStyle(image).clipPath")
    one.page.keyboard.press("End")
    end = one.page.locator("dialog .above").evaluate("(image) => getComputedStyle(image).clipPath")

    assert (start, end) == ("inset(0px 0px 0px 0%)", "inset(0px 0px 0px 100%)")
    boxes = one.page.locator("dialog .over img").evaluate_all(
        "(all) => all.map((one) => JSON.stringify(one.getBoundingClientRect()))"
    )
    assert len(boxes) == 2
    assert len(set(boxes)) == 1


def test_a_press_shows_a_picture_in_its_own_size(show: Show) -> None:
    one = show(shaped("1600x2400"))
    one.page.keyboard.press("j")
    one.page.keyboard.press("Enter")
    one.page.wait_for_function(LOADED)
    image = one.page.locator("dialog .zoom img").first
    size = "(image) => [image.clientWidth, image.clientHeight]"
    fitted = image.evaluate(size)

    one.page.locator("dialog .zoom").first.press("Enter")

    assert fitted[1] < 900
    assert image.evaluate(size) == [1600, 2400]
    one.page.locator("dialog .zoom").first.press("Enter")
    assert image.evaluate(size) == fitted


CODE = "https://github.com/my-shop/catalog/blob/" + "3f" * 20 + "/"


def test_a_card_leads_to_its_line_on_github(show: Show) -> None:
    strange = samples.create("strange", samples.TOTE, "catalog/ä b#?%/../x.yaml", 9)
    quoted = samples.create("quoted", samples.TOTE, 'catalog/ä "b#?%.yaml', 9)
    plan = samples.plan([*samples.first_plan().changes, samples.orphaned(), strange, quoted])
    one = show(plan, about=About(code=CODE))

    links = one.page.locator("#changes a").evaluate_all("(all) => all.map((one) => [one.href, one.rel])")
    assert [CODE + "catalog/designed/dinosaur-tee.yaml#L2", "noopener noreferrer"] in links
    assert [CODE + "catalog/%C3%A4%20%22b%23%3F%25.yaml#L9", "noopener noreferrer"] in links
    assert len(links) == 5  # none for what is gone, none for a path that climbs


def test_no_link_leaves_github(show: Show) -> None:
    one = show(samples.first_plan(), about=About(code="javascript:alert(1)//"))

    assert one.page.locator("#changes a").count() == 0
    assert one.page.locator("button.place").count() == 4


def test_what_waits_on_the_default_branch_stands_apart(show: Show) -> None:
    plan = season()
    waiting = frozenset(tuple(change.key) for change in plan.work if "fox" in str(change.address))
    one = show(plan, about=About(waiting=waiting))
    one.page.evaluate("dispatchEvent(new Event('beforeprint'))")

    assert one.texts(".divide h2") == ["On the default branch already, not applied yet · 12"]
    below = one.page.locator(".divide ~ .group .tile")
    assert below.count() == 12


def test_what_must_be_known_of_a_model_is_its_name(show: Show) -> None:
    one = show(samples.first_plan(), about=About(models={"1": "Raglan <b>Tee</b>"}))

    assert "model 1 Raglan <b>Tee</b>" in one.texts(".card")[0]
    one.page.fill("#find", "raglan")
    assert one.count == "1 of 4 changes"
