from __future__ import annotations

from dataclasses import replace

import pytest

from podsync.images.facts import SeenImage, UnseenImage
from podsync.images.formats import Header
from podsync.images.places import ImagePlace, PrintSize
from podsync.images.rules import judge
from podsync.model.address import Address
from podsync.model.position import Position
from podsync.providers.contract import Role

URL = "https://cdn.test/a.png"
GOOD = SeenImage(Header("picture", "PNG", 3600, 4800, alpha=True), size=2_000_000, media_type="image/png")
A4 = PrintSize(210, 297)


def place(name="tee", line=6, role=Role.FRONT, url=URL, size=None):
    at = Position(f"catalog/{name}.yaml", line, 13, line, 40)
    path = ("spec", "imageUrl")
    return ImagePlace(url, role, Address("designed_product", name), path, at, f"  imageUrl: {url}", size)


def faults(seen, *places):
    return [
        (str(d.at), d.severity, d.rule, d.summary) for d in judge(places or [place()], {URL: seen, "b": seen})
    ]


def rules(seen, *places):
    return [rule for _, _, rule, _ in faults(seen, *places)]


def header(**changes):
    return replace(GOOD, header=replace(GOOD.header, **changes))


def test_a_good_picture_is_no_word_worth():
    assert faults(GOOD, place(), place(role=Role.ARTWORK, size=A4)) == []


def test_what_cannot_be_fetched_is_an_error_at_its_url():
    (found,) = judge([place()], {URL: UnseenImage("HTTP 404", "upload it again")})

    assert (str(found.at), found.severity) == ("catalog/tee.yaml:6:13", "error")
    assert (found.rule, found.summary) == (
        "picture-unreachable",
        "the front picture cannot be fetched: HTTP 404",
    )
    assert (found.detail, found.snippet) == ("upload it again", "  imageUrl: https://cdn.test/a.png")
    assert found.address == Address("designed_product", "tee")


def test_what_is_not_public_has_a_rule_of_its_own():
    assert rules(UnseenImage("…", rule="picture-not-public")) == ["picture-not-public"]


def test_one_fault_of_a_picture_that_many_products_share_is_told_once():
    places = [place(f"tee-{number}") for number in range(6)]

    (found,) = judge(reversed(places), {URL: UnseenImage("HTTP 404")})

    assert found.at == places[0].at
    named = ", ".join(f"catalog/tee-{number}.yaml:6" for number in (1, 2, 3))
    assert found.detail == f"the same picture stands at {named} and 2 more"


@pytest.mark.parametrize(
    ("verdict", "kind", "summary"),
    [
        ("other", "HTML page", "the front picture is not a picture (HTML page)"),
        ("damaged", "PNG", "the front picture is a broken PNG: its header makes no sense or breaks off"),
    ],
)
def test_what_is_no_picture_is_an_error(verdict, kind, summary):
    found = faults(SeenImage(Header(verdict, kind), media_type="image/png"))

    assert found == [("catalog/tee.yaml:6:13", "error", "picture-not-an-image", summary)]


def test_a_format_that_few_show_is_a_warning():
    assert rules(SeenImage(Header("unusual", "TIFF"))) == ["picture-format"]


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        ("", []), ("image/jpeg", []), ("binary/octet-stream", []), ("application/octet-stream", []),
        ("text/html", ["picture-media-type"]), ("application/json", ["picture-media-type"]),
    ],
)  # fmt: skip
def test_a_picture_under_another_name_is_a_warning(media, expected):
    assert rules(replace(GOOD, media_type=media)) == expected


@pytest.mark.parametrize(("alpha", "expected"), [(True, []), (None, []), (False, ["picture-opaque"])])
def test_artwork_without_transparency_is_a_warning(alpha, expected):
    assert rules(header(alpha=alpha), place(role=Role.ARTWORK)) == expected
    assert rules(header(alpha=alpha), place()) == []


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (499, 300, ["picture-small"]), (500, 1, []), (1, 500, []), (499, None, []), (None, None, []),
        (20_000, 25_000, []), (20_000, 25_001, ["picture-huge"]), (65_535, 65_535, ["picture-huge"]),
    ],
)  # fmt: skip
def test_too_few_and_too_many_pixels_are_warnings(width, height, expected):
    assert rules(header(width=width, height=height)) == expected


def test_the_resolution_of_a_print_is_told_with_its_size():
    found = faults(header(width=1000, height=1000), place(role=Role.ARTWORK, size=PrintSize(280, 350)))

    assert found == [
        (
            "catalog/tee.yaml:6:13",
            "warning",
            "picture-low-dpi",
            (
                "the artwork has 91 dpi when it is printed 280 × 350 mm (1,000 × 1,000 pixels); "
                "at least 150 are wanted"
            ),
        )
    ]


@pytest.mark.parametrize(
    ("pixels", "size", "dpi"),
    [
        ((3600, 4800), PrintSize(304.8, 406.4), 300),
        ((3600, 1200), PrintSize(304.8, 406.4), 300),  # a wide one is as wide as the area
        ((1200, 4800), PrintSize(304.8, 406.4), 300),
        ((72, 72), PrintSize(25.4, 25.4), 72),
    ],
)
def test_a_print_is_fitted_into_its_area(pixels, size, dpi):
    assert size.dpi(*pixels) == pytest.approx(dpi)


def test_a_document_may_ask_for_more():
    artwork = place(role=Role.ARTWORK, size=PrintSize(304.8, 406.4, min_dpi=301))

    assert rules(GOOD, artwork) == ["picture-low-dpi"]


@pytest.mark.parametrize(
    ("role", "size", "expected"),
    [
        (Role.FRONT, 10_000_000, []), (Role.FRONT, 10_000_001, ["picture-large"]),
        (Role.BACK, 10_000_001, ["picture-large"]), (Role.ARTWORK, 10_000_001, []),
        (Role.ARTWORK, 10**13, ["picture-large"]), (Role.ARTWORK, None, []),
    ],
)  # fmt: skip
def test_too_many_bytes_are_a_warning(role, size, expected):
    assert rules(replace(GOOD, size=size), place(role=role)) == expected


def test_what_will_not_last_is_a_warning():
    assert rules(replace(GOOD, signed="X-Amz-Signature", expires="Fri, 21 Dec 2029")) == [
        "picture-signed",
        "picture-expires",
    ]


# -- the same picture


def twice(one, other, **changes):
    facts = {"url": "b", "name": "mug", **changes}
    return judge([place(), place(**facts)], {URL: one, "b": other})


def test_the_same_bytes_in_front_of_two_products_are_a_warning():
    seen = replace(GOOD, digest="abc")

    (found,) = twice(seen, seen)

    assert (str(found.at), found.severity, found.rule) == (
        "catalog/tee.yaml:6:13", "warning", "picture-duplicate",
    )  # fmt: skip
    assert "designed_product.mug at catalog/mug.yaml:6" in found.summary


def test_an_equal_strong_etag_size_and_beginning_are_the_same_picture():
    seen = replace(GOOD, etag='"v1"', start="abc")

    assert len(twice(seen, seen)) == 1
    for change in ({"etag": 'W/"v1"'}, {"size": 5}, {"start": "abd"}, {"etag": ""}, {"size": None}):
        assert twice(seen, replace(seen, **change)) == ()
    assert len(twice(seen, replace(seen, digest="abc"))) == 1  # only one of them was read to its end
    assert twice(replace(seen, digest="abc"), replace(seen, digest="abd")) == ()


@pytest.mark.parametrize(
    "changes", [{"role": Role.ARTWORK}, {"role": Role.BACK}, {"url": URL}, {"name": "tee", "line": 9}]
)
def test_what_is_shared_on_purpose_is_no_fault(changes):
    seen = replace(GOOD, digest="abc")

    assert twice(seen, seen, **changes) == ()


def test_two_error_pages_are_no_duplicates():
    seen = SeenImage(Header("other", "HTML page"), digest="abc")

    assert {found.rule for found in twice(seen, seen)} == {"picture-not-an-image"}
