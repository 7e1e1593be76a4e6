"""What holds for every document: written by hand or by `each`, and in whatever order."""

from __future__ import annotations

import json
import string
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.catalog.authoring.conftest import Folder

KEYS = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=4)
TEXTS = st.text(string.ascii_letters + " äß;,\"'#:&", min_size=1, max_size=12).map(
    lambda text: f"x{text.strip()}x"
)
AXES = st.dictionaries(
    KEYS.filter(lambda name: name != "var" and not name.isdigit()).map(lambda name: f"a{name}"),
    st.dictionaries(KEYS, TEXTS, min_size=1, max_size=4),
    min_size=1,
    max_size=3,
)


def templated(axes, order):
    """Return the document; each axis with a field `title`."""
    named = {axis: {key: {"title": title} for key, title in order(keys)} for axis, keys in order(axes)}
    titles = " ".join(f"${{{axis}.title}}" for axis in sorted(axes))
    keys = "/".join(f"${{{axis}}}" for axis in sorted(axes))
    return {"kind": "designed_product", "name": "d", "each": named, "spec": spec_of(titles, keys)}


def spec_of(titles, keys):
    return {
        "modelId": "1",
        "enName": titles,
        "imageUrl": f"https://cdn.test/{keys}.png",
        "colorValue": "#000000",
    }


def by_hand(axes):
    """Return the specs that the document means, by address."""
    combinations = [{}]
    for axis in sorted(axes):
        combinations = [each | {axis: key} for each in combinations for key in axes[axis]]
    return {
        "designed_product.d[" + ",".join(f"{axis}={keys[axis]}" for axis in sorted(keys)) + "]": spec_of(
            " ".join(axes[axis][keys[axis]] for axis in sorted(keys)),
            "/".join(keys[axis] for axis in sorted(keys)),
        )
        for keys in combinations
    }


def read(document, **tables):
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(Path(name))
        folder.write("d.yaml", json.dumps(document, ensure_ascii=False))
        for table, content in tables.items():
            folder.write(f"{table}.csv", content)
        loaded = folder.load()
        assert list(loaded.errors) == []
        return {str(each.address): dict(each.spec) for each in loaded.catalog}, loaded.catalog.digest


@given(AXES)
@settings(max_examples=60, deadline=None)
def test_each_makes_what_is_written_by_hand(axes):
    found, _ = read(templated(axes, lambda mapping: list(mapping.items())))

    assert found == by_hand(axes)


@given(AXES)
@settings(max_examples=40, deadline=None)
def test_the_order_of_axes_and_keys_changes_nothing(axes):
    straight = read(templated(axes, lambda mapping: list(mapping.items())))
    reverse = read(templated(axes, lambda mapping: list(reversed(mapping.items()))))

    assert straight == reverse


@given(AXES, st.sampled_from(",;\t"))
@settings(max_examples=60, deadline=None)
def test_a_table_says_the_same_as_fields_in_the_document(axes, delimiter):
    document = templated(axes, lambda mapping: list(mapping.items()))
    tables = {}
    for axis, keys in axes.items():
        document["each"][axis] = {"file": f"{axis}.csv"}
        cells = [["key", "title"], *([key, title] for key, title in keys.items())]
        quoted = [['"' + cell.replace('"', '""') + '"' for cell in row] for row in cells]
        tables[axis] = "".join(delimiter.join(row) + "\r\n" for row in quoted)

    assert read(document, **tables)[0] == by_hand(axes)
