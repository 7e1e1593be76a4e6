"""Print sizes, and the places that the catalog does not keep."""

from __future__ import annotations

import pytest

from podsync.catalog.source_lookup import Sources
from podsync.images.places import PrintSize, places
from podsync.model.settings import Settings
from podsync.providers.contract import Role
from podsync.providers.registry import providers
from tests.catalog.loading import load

TEE = """\
kind: designed_product
name: tee
print:
  art: {width_mm: 280, height_mm: 350.5}
spec:
  modelId: "1"
  enName: Tee
  imageUrl: https://cdn.test/front.png
  backImageUrl: https://cdn.test/back.png
  materialImages:
    - {imageName: art, imageUrl: "https://cdn.test/art.png"}
    - imageName: other
      imageUrl: https://cdn.test/other.png
  colorValue: "#A72525"
"""
PROVIDERS = providers(Settings())


@pytest.fixture
def found(tmp_path):
    """What a catalog of this text means: its products, its faults, its pictures."""
    folder = tmp_path / "catalog"
    folder.mkdir()

    def read(text, changed=None):
        (folder / "f.yaml").write_text(text, encoding="utf-8")
        loaded = load(tmp_path, "catalog", PROVIDERS)
        if changed is not None:
            (folder / "f.yaml").write_text(changed, encoding="utf-8")
        pictures = list(places(loaded.catalog, PROVIDERS, Sources(tmp_path).of))
        return (
            loaded,
            [f"{d.at.line}:{d.at.column} {d.rule}: {d.summary}" for d in loaded.diagnostics],
            pictures,
        )

    return read


def test_every_picture_stands_at_its_url(found):
    _, _, pictures = found("---\n" + TEE.replace("tee", "mug").replace("front", "mug") + "---\n" + TEE)

    mine = [one for one in pictures if one.address.name == "tee"]
    assert [(one.url.rpartition("/")[2], one.role, str(one.at), one.at.end_column) for one in mine] == [
        ("front.png", Role.FRONT, "catalog/f.yaml:24:13", 39),
        ("back.png", Role.BACK, "catalog/f.yaml:25:17", 42),
        ("art.png", Role.ARTWORK, "catalog/f.yaml:27:34", 60),
        ("other.png", Role.ARTWORK, "catalog/f.yaml:29:17", 43),
    ]
    assert mine[3].snippet == "      imageUrl: https://cdn.test/other.png"


def test_a_print_size_belongs_to_its_artwork(found):
    _, faults, pictures = found(TEE)

    assert faults == []
    assert [one.print_size for one in pictures] == [None, None, PrintSize(280, 350.5), None]


def test_a_print_size_may_ask_for_a_resolution(found):
    _, _, pictures = found(TEE.replace("350.5", "350.5, min_dpi: 300"))

    assert pictures[2].print_size == PrintSize(280, 350.5, 300)


def test_a_print_size_is_no_part_of_what_is_sent_or_planned(found):
    with_print, _, _ = found(TEE)
    without, _, _ = found(TEE.replace("print:\n  art: {width_mm: 280, height_mm: 350.5}\n", ""))

    assert [p.spec for p in with_print.catalog] == [p.spec for p in without.catalog]
    assert with_print.catalog.digest == without.catalog.digest


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("  arts: {width_mm: 1, height_mm: 1}", "4:3 print: print: there is no artwork 'arts'"),
        ("  art: {width_mm: 1}", "4:3 schema: print.art: 'height_mm' is missing"),
        ("  art: {width_mm: 0, height_mm: 1}", "4:19 schema: print.art.width_mm: "),
        ("  art: {width_mm: wide, height_mm: 1}", "4:19 schema: print.art.width_mm: "),
        ("  art: {width_mm: 1, height_mm: 1, dpi: 300}", "4:36 schema: print.art: "),
        ("  art: 300", "4:8 schema: print.art: "),
    ],
)
def test_a_print_size_that_means_nothing_is_an_error(found, line, fault):
    _, faults, _ = found(TEE.replace("  art: {width_mm: 280, height_mm: 350.5}", line))

    assert len(faults) == 1
    assert faults[0].startswith(fault)


def test_the_artwork_that_was_meant_is_named(found):
    loaded, _, _ = found(TEE.replace("  art: {", "  atr: {"))

    assert loaded.diagnostics[0].detail == "did you mean 'art'?"


def test_a_customer_product_has_no_print(found):
    _, faults, _ = found("kind: customer_product\nname: x\nprint: {}\nspec: {}\n")

    assert any("print" in fault for fault in faults)


@pytest.mark.shortcuts  # the straight way has the places already
@pytest.mark.parametrize("changed", ["", "nonsense", "kind: designed_product\nname: mug\n", "\0"])
def test_a_file_that_was_changed_meanwhile_leaves_the_place_of_its_document(found, changed):
    _, _, pictures = found(TEE, changed)

    assert [str(one.at) for one in pictures] == ["catalog/f.yaml:1:1"] * 4
    assert {one.print_size for one in pictures} == {None}
