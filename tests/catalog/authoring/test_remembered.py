"""The cache knows what a document draws on: whatever of that changes is read again."""

from __future__ import annotations

import os
import time

import pytest

pytestmark = pytest.mark.shortcuts

ROWS = "".join(f"k{number:03},#{number:06X}\n" for number in range(120))
TEMPLATE = """\
kind: designed_product
name: {name}
each: {{row: {{file: {file}}}}}
spec:
  modelId: "1"
  enName: {name} ${{row}} ${{var.season}}
  imageUrl: https://cdn.test/{name}/${{row}}.png
  colorValue: ${{row.hex}}
"""


@pytest.fixture
def many(folder):
    """A catalog that is worth a cache for its products, not for its files; all of it is old."""
    folder.vars = {"season": "spring"}
    folder.write("a.yaml", TEMPLATE.format(name="a", file="rows.csv"))
    folder.write("b/b.yaml", TEMPLATE.format(name="b", file="shades.yaml"))
    folder.write("rows.csv", "slug,hex\n" + ROWS)
    folder.write("b/shades.yaml", 'red: {hex: "#FF0000"}\n')
    folder.write("_defaults.yaml", "designed_product: {labels: {shop: one}}\n")
    age(folder)
    return folder


def age(folder):
    """Let the tick of the disk's clock pass in which a second change would look the same."""
    then = time.time() - 60
    for path in folder.root.rglob("catalog/**/*.*"):
        os.utime(path, (then, then))


def seen(loaded):
    assert not loaded.errors, loaded.errors
    return {
        str(each.address): (dict(each.spec), dict(each.labels), str(each.at(("spec", "colorValue"))))
        for each in loaded.catalog
    }


CHANGES = {
    "nothing": lambda _: None,
    "a row": lambda shop: shop.write("rows.csv", "slug,hex\n" + ROWS.replace("#000001", "#00FF01")),
    "rows in another order": lambda shop: shop.write(
        "rows.csv", "slug,hex\n" + "\n".join(reversed(ROWS.split()))
    ),
    "the YAML of an axis": lambda shop: shop.write("b/shades.yaml", 'mint: {hex: "#00FF00"}\n'),
    "defaults": lambda shop: shop.write("_defaults.yaml", "designed_product: {labels: {shop: two}}\n"),
    "new defaults below": lambda shop: shop.write("b/_defaults.yaml", "designed_product: {labels: {x: y}}\n"),
    "no defaults": lambda shop: (shop.root / "catalog" / "_defaults.yaml").unlink(),
    "a variable": lambda shop: shop.vars.update(season="autumn"),
    "a template": lambda shop: shop.write("a.yaml", TEMPLATE.format(name="c", file="rows.csv")),
    "a document gone": lambda shop: (shop.root / "catalog" / "a.yaml").unlink(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_remembered_catalog_is_what_reading_it_anew_says(many, change):
    seen(many.remembered())
    time.sleep(2.1)  # a draft that is begun now proves what was written before
    assert seen(many.remembered()) == seen(many.load())
    assert (many.root / ".podsync" / "cache" / "catalog").exists()

    CHANGES[change](many)

    assert seen(many.remembered()) == seen(many.load())
    assert seen(many.remembered()) == seen(many.load())


def test_a_file_that_is_no_table_any_more_is_a_document_again(many):
    many.remembered()
    (many.root / "catalog" / "b" / "b.yaml").unlink()

    told = [str(each.at) for each in many.remembered().errors]

    assert told == [str(each.at) for each in many.load().errors] == ["catalog/b/shades.yaml:1:1"] * len(told)
    assert told


def test_broken_defaults_are_told_each_time(many):
    many.remembered()
    many.write("_defaults.yaml", "designed_product: {label: {}}\n")

    for _ in range(2):
        assert [str(each.at) for each in many.remembered().errors] == ["catalog/_defaults.yaml:1:20"]
