"""The picture: an XML document whatever the labels say, and every point where it belongs."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from tests.benchmarks.chart import Line, Scale, spread, svg

NAUGHTY = "</text><script>alert(1)</script> & \"q\" 'a' ]]> \x00\x1b[31m \ud800 \u202e 名"
SPACE = "{http://www.w3.org/2000/svg}"


def picture(*lines: Line) -> ET.Element:
    return ET.fromstring(svg("Time", lines, across="products", up="seconds"))  # noqa: S314 (our own)


def test_a_hostile_label_is_a_label() -> None:
    line = Line(NAUGHTY, ((1, 1), (10, 10)))

    root = ET.fromstring(svg(NAUGHTY, [line], across=NAUGHTY, up=NAUGHTY))  # noqa: S314 (our own)

    readable = NAUGHTY.replace("\x00", "\ufffd").replace("\x1b", "\ufffd").replace("\ud800", "\ufffd")
    assert {each.tag.removeprefix(SPACE) for each in root.iter()} == {
        "svg", "title", "style", "rect", "text", "path",
    }  # fmt: skip
    assert [each.text for each in root.iter(f"{SPACE}text")].count(readable) == 4


def test_the_file_can_be_written() -> None:
    told = svg(NAUGHTY, [Line(NAUGHTY, ((1, 1),))], across="", up="")

    assert ET.fromstring(told.encode("utf-8")).tag == f"{SPACE}svg"  # noqa: S314 (our own)


def test_powers_of_ten_are_equally_far_apart() -> None:
    scale = Scale.over([1_000, 100_000], 0, 400)

    assert [scale.at(value) for value in (1_000, 10_000, 100_000)] == [0, 200, 400]


def test_a_scale_reaches_around_what_it_shows() -> None:
    assert Scale.over([0.04, 26.4], 0, 1).ticks() == [0.01, 0.1, 1, 10, 100]


def test_a_single_value_has_a_scale() -> None:
    assert Scale.over([1_000], 0, 1).ticks() == [1_000, 10_000]


def test_each_point_has_a_dot() -> None:
    root = picture(Line("a", ((1, 1), (10, 2), (100, 3))), Line("b", ((1, 2),), group=2))

    dots = [each.get("class") for each in root.iter(f"{SPACE}path") if "dot" in str(each.get("class"))]
    assert dots == ["dot g0"] * 3 + ["dot g2"]


def test_labels_do_not_cover_each_other() -> None:
    assert spread([10, 12, 50, 51]) == [10, 27, 50, 67]


def test_the_reader_s_dark_scheme_is_followed() -> None:
    assert "@media (prefers-color-scheme: dark)" in svg("", [Line("", ((1, 1),))], across="", up="")


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        picture(Line("empty", ()))
