"""The parts of the views: measuring, marking, colours, forecasts."""

from __future__ import annotations

import pytest

from podsync.model.product import Lifecycle
from podsync.model.settings import Limits, RateLimit
from podsync.output.colours import colour_name
from podsync.output.forecast import PUBLISHED, PlanFacts, forecast_text
from podsync.output.html.page import About, plan_html
from podsync.output.layout import beside, cells, facts, page, short_url, shorten, wrap
from podsync.output.markdown.plan import plan_markdown
from podsync.output.style import PLAIN, SGR, Style
from podsync.output.text.plan import plan_text
from podsync.output.word_diff import marked
from podsync.output.wording import counted, duration, listed, run_name, some, time_of_day
from podsync.plan.action import Action
from tests.output import samples
from tests.plan.build import designed, made, plan, state


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("Poster SP", "Poster Satin", "Poster [SP -> Satin]"),
        ("a/crimson-fornt.png", "a/crimson-front.png", "a/crimson-[fornt -> front].png"),
        ("Premium Tote Bag", "Premium Bag", "Premium [Tote ->]Bag"),
        ("Premium Bag", "Premium Tote Bag", "Premium [-> Tote]Bag"),
        ("Tote Bag", "Tote  Bag", "Tote [-> ␣]Bag"),
        ("one", "two", "one -> two"),
        ("恐龙圆领短袖", "恐龙长袖短袖", "恐龙[圆领 -> 长袖]短袖"),
        (
            "Red Tee for Kids, Spring",
            "Blue Tee for Kids, Autumn",
            "[Red -> Blue] Tee for Kids, [Spring -> Autumn]",
        ),
    ],
)
def test_what_changed_is_marked(before: str, after: str, expected: str) -> None:
    assert marked(before, after, PLAIN) == expected


def test_what_did_not_change_is_shortened_to_show_what_did() -> None:
    front = "https://cdn.example.com/a/very/long/way/to/the/picture/of/a/dinosaur/crimson-"

    text = marked(f"{front}fornt.png", f"{front}front.png", PLAIN, 50)

    assert text == "…/of/a/dinosaur/crimson-[fornt -> front].png"


@pytest.mark.parametrize("columns", [10, 20, 30, 60])
def test_marks_of_long_texts_fit(columns: int) -> None:
    long = "word " * 500

    assert cells(marked(long + "old", long + "new", PLAIN, columns)) <= max(columns, 20)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (None, "https://cdn.example.com/a/b/c/20240325/picture.png"),
        (50, "https://cdn.example.com/a/b/c/20240325/picture.png"),
        (45, "cdn.example.com/…/20240325/picture.png"),
        (30, "cdn.example.com/…/picture.png"),
        (16, "…/picture.png"),
        (10, "…/pict…png"),
    ],
)
def test_urls_are_shortened_in_the_middle(columns: int | None, expected: str) -> None:
    shown = short_url("https://cdn.example.com/a/b/c/20240325/picture.png", columns)

    assert shown == expected


def test_wide_characters_take_two_columns() -> None:
    assert cells("T恤") == 3
    assert cells("\x1b[1mT恤\x1b[0m") == 3
    assert cells("e\u0301") == 1
    assert cells("❤\ufe0e❤\ufe0f") == 2
    assert cells(shorten("恐龙圆领短袖儿童装", 9)) <= 9


def test_lines_break_at_words_and_at_facts() -> None:
    assert wrap("one two three", 9, "- ", "  ") == ["- one two", "  three"]
    assert wrap("then: podsync plan -o x, and", 9, "- ", "  ") == ["- then:", "  podsync plan -o x,", "  and"]
    assert facts(["one", "", "two", "three"], 9, "  ") == ["  one", "  two", "  three"]
    assert facts(["one", "two"], 12, "  ") == ["  one · two"]


def test_a_place_stands_at_the_right_edge_or_below() -> None:
    assert beside("left", "right", 12) == ["left   right"]
    assert beside("left", "right", 10) == ["left", "      right"]


def test_no_line_is_a_runner_command() -> None:
    assert page(["  ::error::x", "a ##" + "[group]", "\x1b[1m::x\x1b[0m"]) == (
        "  \\x3a:error::x\na ##\\x5bgroup]\n\x1b[1m\\x3a:x\x1b[0m\n"
    )


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("#A72525", "brown-red"), ("#000000", "black"), ("#fff", "white"), ("#FFFFFF", "white"),
        ("#10204a", "navy"), ("#ff0000", "red"), ("#00ff00", "lime"), ("#0000ff", "blue"),
        ("#808080", "grey"), ("#ffc0cb", "pink"), ("#ffa500", "orange"), ("#800080", "purple"),
        ("red", ""), ("#12345", ""), ("#A72525\n", ""), ("", ""),
    ],
)  # fmt: skip
def test_colours_have_plain_names(value: str, name: str) -> None:
    assert colour_name(value) == name


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1 s"),
        (0.2, "1 s"),
        (59.5, "1 min"),
        (60, "1 min"),
        (154, "2 min 34 s"),
        (4940, "1 h 22 min"),
        (7200, "2 h"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_forecast_follows_the_published_rates() -> None:
    assert forecast_text(samples.many(428), PUBLISHED) == (
        "428 creates at 2/s with a burst of 120: about 2 min 34 s."
    )
    assert forecast_text(samples.many(120), PUBLISHED) == "120 creates, about 1 s."
    assert forecast_text(samples.many(11), {"kakaclo": RateLimit(1, 0.5)}) == (
        "11 creates at 0.5/s with a burst of 1: about 20 s."
    )
    assert forecast_text(samples.plan([samples.orphaned()]), PUBLISHED) == "Nothing is sent."


def test_every_view_counts_what_the_bucket_still_holds() -> None:
    made = samples.many(30)
    levels = {"kakaclo": 150.0}
    known = PlanFacts(levels=levels)
    sentence = forecast_text(made, PUBLISHED, levels)

    assert sentence != forecast_text(made, PUBLISHED)
    for text in (
        plan_text(made, known, style=PLAIN, width=200),
        plan_markdown(made, known),
        plan_html(made, About(levels=levels)),
    ):
        assert sentence in " ".join(text.replace("&#8203;", "").split())


def test_words() -> None:
    assert (counted(1, "create"), counted(10_000, "create")) == ("1 create", "10,000 creates")
    assert (listed([]), listed(["a"]), listed(["a", "b", "c"])) == ("", "a", "a, b and c")
    assert some(["a", "b", "c"], 2) == "a, b and 1 more"
    assert run_name("https://github.com/o/r/actions/runs/8101/attempts/2") == "run 8101"
    assert time_of_day(samples.SENT_AT, on=samples.SENT_AT) == "02:13:58 UTC"
    assert time_of_day(1e300, on=0) == "at an unknown time"


def test_colour_changes_no_text() -> None:
    plan = samples.every_action()

    painted = plan_text(plan, style=Style(colour=True))

    assert SGR.sub("", painted) == plan_text(plan, style=PLAIN)


def test_ten_thousand_changes_are_readable_at_once() -> None:
    text = plan_text(samples.many(10_000), style=PLAIN)

    assert len(text.splitlines()) < 200
    assert "--detail full lists each" in text


def test_a_design_in_many_colours_is_one_group() -> None:
    text = plan_text(samples.many(16), style=PLAIN)

    groups = [line for line in text.splitlines() if line.startswith("+ ")]
    assert [line.split("  ")[-1].split()[0] for line in groups] == [
        "catalog/designed/design-0000.yaml",
        "catalog/designed/design-0001.yaml",
    ]
    assert all("8 creates" in line for line in groups)
    assert '"Design 0000 - 0" … "Design 0000 - 7" · model 0' in text


def test_a_group_of_refused_changes_says_so_and_holds_no_other() -> None:
    kept = Lifecycle(prevent_orphan=True)
    entries = [
        made(
            designed(
                f"d[n=k{number:02}]", enName=f"D {number}", lifecycle=kept if number < 42 else Lifecycle()
            )
        )
        for number in range(50)
    ]

    text = plan_text(plan([], state(*entries), limits=Limits(max_orphans=None)), style=PLAIN)

    groups = [" ".join(line.split()) for line in text.splitlines() if line.startswith(".   ")]
    assert groups == [". designed_product.d 42 orphans: refused", ". designed_product.d 8 orphans"]
    assert "8 orphans   each stays on sale until a person removes it" in text
    assert text.count("then by hand: remove these 8 at KakaClo") == text.count("then by hand") == 1


def test_a_few_new_products_are_shown_one_by_one() -> None:
    text = plan_text(samples.many(12), style=PLAIN)

    assert sum(line.startswith("+ ") for line in text.splitlines()) == 12
    assert text.count("      front ") == 12


@pytest.mark.parametrize("action", [one for one in Action if one is not Action.NOOP])
def test_full_detail_hides_nothing(action: Action) -> None:
    changes = [
        samples.change(f"product-{i}", action, before=samples.DINOSAUR, after=samples.DINOSAUR)
        for i in range(60)
    ]

    text = plan_text(samples.plan(changes), style=PLAIN, detail="full")

    assert all(f"designed_product.product-{i} " in text for i in range(60))
    assert "…" not in text
