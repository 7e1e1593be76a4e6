"""What holds for every document: written by hand or by `each`, and in whatever order."""

from __future__ import annotations

import json
import string
import tempfile
from collections import Counter
from itertools import product as combined
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from podsync.model.address import indexed
from podsync.model.settings import Limits
from podsync.plan.planner import make_plan
from podsync.state.model import State
from tests.catalog.authoring.conftest import PROVIDERS, Folder
from tests.catalog.authoring.test_matrix import HOSTS, applied

NAMES = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=4)
TEXTS = st.text(string.ascii_letters + " äß恐🦊;,\"'#:&$", min_size=1, max_size=12).map(
    lambda text: f"x{text.strip()}x"
)
AXES = st.dictionaries(
    NAMES.map(lambda name: f"a{name}"),
    st.dictionaries(NAMES, TEXTS, min_size=1, max_size=4),
    min_size=1,
    max_size=3,
)
#: What an override may say. It leaves the front picture alone, which tells the products apart.
SAID = {
    "spec": {
        "colorValue": st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06X}"),
        "backImageUrl": st.sampled_from([None, "https://cdn.test/other.png"]),
        "enName": TEXTS,
    },
    "labels": {"cut": st.sampled_from(["wide", "slim"]), "season": st.sampled_from(["spring", None])},
    "lifecycle": {"prevent_orphan": st.booleans()},
}
BACK, BLACK = "https://cdn.test/back.png", "#000000"


@st.composite
def documents(draw):
    """A valid document with its axes, exceptions and overrides; and the keys of the products it makes."""
    axes = draw(AXES)
    left = [dict(zip(axes, keys, strict=True)) for keys in combined(*axes.values())]
    excepts = []
    for _ in range(draw(st.integers(0, 2))):
        told = draw(conditions(axes, left))
        if rest := [keys for keys in left if not fits(told, keys)]:
            excepts.append(told)
            left = rest
    overrides = [
        {"when": draw(conditions(axes, left))}
        | {word: draw(st.fixed_dictionaries({}, optional=fields)) for word, fields in SAID.items()}
        for _ in range(draw(st.integers(0, 3)))
    ]
    names = sorted(axes)
    document = {
        "kind": "designed_product",
        "name": "d",
        "each": {axis: {key: {"title": text} for key, text in keys.items()} for axis, keys in axes.items()},
        "except": excepts,
        "overrides": overrides,
        "labels": {"season": "autumn"},
        "spec": {
            "modelId": "1",
            "enName": " ".join(f"${{{axis}.title}}" for axis in names),
            "imageUrl": f"https://cdn.test/{'/'.join(f'${{{axis}}}' for axis in names)}.png",
            "backImageUrl": BACK,
            "colorValue": BLACK,
        },
    }
    return document, left


@st.composite
def conditions(draw, axes, left):
    """Partial keys that fit something of what is left: a key, or a list of some."""
    some = draw(st.sampled_from(left))
    told = {}
    for axis in draw(st.lists(st.sampled_from(sorted(axes)), min_size=1, unique=True)):
        more = draw(st.lists(st.sampled_from(sorted(axes[axis])), unique=True))
        told[axis] = draw(st.permutations(sorted({some[axis], *more}))) if more else some[axis]
    return told


def fits(condition, keys):
    return all(keys[axis] in ([told] if isinstance(told, str) else told) for axis, told in condition.items())


def by_hand(document, left):
    """Return the documents that somebody would have written instead, by the addresses of the products."""
    written = {}
    for keys in left:
        spec = {
            "modelId": "1",
            "enName": " ".join(document["each"][axis][keys[axis]]["title"] for axis in sorted(keys)),
            "imageUrl": f"https://cdn.test/{'/'.join(keys[axis] for axis in sorted(keys))}.png",
            "backImageUrl": BACK,
            "colorValue": BLACK,
        }
        own = {"labels": {"season": "autumn"}, "lifecycle": {}, "spec": spec}
        for override in document["overrides"]:
            if fits(override["when"], keys):
                own = {word: said | override[word] for word, said in own.items()}
        own = {word: {k: v for k, v in said.items() if v is not None} for word, said in own.items()}
        written[f"designed_product.d{indexed(keys.items())}"] = own
    return written


def read(**files):
    """Return the catalog of documents (data) and tables (text); nothing is wrong with it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(Path(name))
        for file, content in files.items():
            if isinstance(content, str):
                folder.write(f"{file}.csv", content)
            else:
                folder.write(f"{file}.yaml", json.dumps(content, ensure_ascii=False))
        loaded = folder.load()
        assert list(loaded.errors) == []
        return loaded.catalog


def told_by(catalog):
    """Return what a catalog wants of each product."""
    return {
        str(each.address): {
            "labels": dict(each.labels),
            "lifecycle": {"prevent_orphan": each.lifecycle.prevent_orphan},
            "spec": dict(each.spec),
        }
        for each in catalog
    }


def planned(catalog, state):
    """Return how often a plan does what to what; names left aside."""
    limits, lots = Limits(None, None, None, None), {"orphans": 999}
    plan = make_plan(catalog, state, PROVIDERS, hosts=HOSTS, limits=limits, allow=lots)
    return Counter(
        (change.action.value, json.dumps([change.before, change.after, change.labels], sort_keys=True))
        for change in plan.work
    )


@given(documents())
@settings(max_examples=60, deadline=None)
def test_each_makes_what_is_written_by_hand(made):
    document, _ = made
    wanted = by_hand(*made)
    for each in wanted.values():
        each["lifecycle"].setdefault("prevent_orphan", False)

    assert told_by(read(d=document)) == wanted


@given(documents(), documents())
@settings(max_examples=25, deadline=None)
def test_plans_of_both_are_the_same_and_from_one_to_the_other_all_is_moved(made, earlier):
    """Beside a shop in which another document was applied."""
    document, _ = made
    alone = {
        f"p{number}": {"kind": "designed_product", "name": f"p{number}", **each}
        for number, each in enumerate(by_hand(*made).values())
    }
    together, apart = read(d=document), read(**alone)
    before = applied(read(e=earlier[0] | {"name": "e"}))

    assert planned(together, State(lineage="l")) == planned(apart, State(lineage="l"))
    assert {action for action, _ in planned(together, applied(apart))} == {"move"}
    assert {action for action, _ in planned(apart, applied(together))} == {"move"}
    assert planned(together, before) == planned(apart, before)


@given(documents(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_axes_keys_and_exceptions_changes_nothing(made, luck):
    document, _ = made

    def shuffled(mapping):
        return dict(luck.sample(list(mapping.items()), len(mapping)))

    other = shuffled(
        document
        | {
            "each": shuffled({axis: shuffled(keys) for axis, keys in document["each"].items()}),
            "except": luck.sample(document["except"], len(document["except"])),
            "overrides": [each | {"when": shuffled(each["when"])} for each in document["overrides"]],
        }
    )
    straight, odd = read(d=document), read(d=other)

    assert (told_by(straight), straight.digest) == (told_by(odd), odd.digest)
    assert [each.address for each in straight] == [each.address for each in odd]


@given(documents(), st.sampled_from(",;\t"), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_a_table_in_any_order_says_the_same_as_fields_in_the_document(made, delimiter, luck):
    document, _ = made
    tables, each = {}, {}
    for axis, keys in document["each"].items():
        each[axis] = {"file": f"{axis}.csv", "key": "key"}
        columns = luck.sample(["key", "title", "note"], 3)
        rows = [{"key": key, "title": told["title"], "note": "free"} for key, told in keys.items()]
        cells = [columns, *([row[column] for column in columns] for row in luck.sample(rows, len(rows)))]
        quoted = [['"' + cell.replace('"', '""') + '"' for cell in row] for row in cells]
        tables[axis] = "".join(delimiter.join(row) + "\r\n" for row in quoted)

    assert told_by(read(d=document | {"each": each}, **tables)) == told_by(read(d=document))
