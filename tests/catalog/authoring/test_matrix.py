"""A matrix of 3 designs, 12 colours and 8 models: exactly what must change changes."""

from __future__ import annotations

from collections import Counter

import pytest

from podsync.model.settings import Limits
from podsync.plan.planner import make_plan
from podsync.state.entries import Entry
from podsync.state.model import State
from tests.catalog.authoring.conftest import PROVIDERS

HOSTS = {"kakaclo": {"base_url": "https://kakaclo.test", "account": "default"}}
DINO = """\
kind: designed_product
name: dino
each:
  design: [rex, stego, tri]
  colour: {file: colours.csv}
  model: {m1: {id: "1"}, m2: {id: "2"}, m3: {id: "3"}, m4: {id: "4"},
          m5: {id: "5"}, m6: {id: "6"}, m7: {id: "7"}, m8: {id: "8"}}
spec:
  modelId: ${model.id}
  enName: Dino ${design} ${model} ${colour.title}
  imageUrl: https://cdn.test/${design}/${model}-${colour.slug}.png
  colorValue: ${colour.hex}
"""
ROWS = [f"c{number:02},Colour {number},s{number},#{number * 77:06X}" for number in range(12)]


def table(*rows, header="key,title,slug,hex"):
    return "\n".join([header, *rows]) + "\n"


@pytest.fixture
def shop(folder):
    folder.write("dino.yaml", DINO)
    folder.write("colours.csv", table(*ROWS))
    return folder


def applied(catalog):
    """Return the state in which all of a catalog is as it wants it."""
    entries = {
        product.address: Entry(
            product.address,
            product.provider,
            product.account,
            product.spec,
            str(number),
            labels=product.labels,
            lifecycle=product.lifecycle,
        )
        for number, product in enumerate(catalog)
    }
    return State(lineage="l", entries=entries)


def changes(shop, state):
    """Return the changes of a plan, and how many of each action."""
    loaded = shop.load()
    assert loaded.errors == ()
    limits = Limits(None, None, None, None)
    plan = make_plan(loaded.catalog, state, PROVIDERS, hosts=HOSTS, limits=limits, allow={"orphans": 999})
    return plan.work, Counter(change.action.value for change in plan.work)


def edit(shop, name, old, new):
    text = (shop.root / "catalog" / name).read_text()
    assert old in text
    shop.write(name, text.replace(old, new))


def keys_of(work, axis):
    return {change.address.keys[axis] for change in work}


def test_all_of_it_is_new_at_first(shop):
    work, counts = changes(shop, State(lineage="l"))

    assert counts == {"create": 288}
    assert {str(change.source) for change in work} == {"catalog/dino.yaml:1:1"}


def test_exactly_what_must_change_changes(shop):
    state = applied(shop.load().catalog)

    shop.write("colours.csv", table(*ROWS, "c99,New,s99,#ABCDEF"))
    work, counts = changes(shop, state)
    assert (counts, keys_of(work, "colour")) == ({"create": 24}, {"c99"})

    shop.write("colours.csv", table(*reversed(ROWS)))
    assert changes(shop, state) == ((), {})

    shop.write("colours.csv", table(*(f"{row},x" for row in ROWS), header="key,title,slug,hex,note"))
    assert changes(shop, state) == ((), {})

    shop.write("colours.csv", table(*ROWS))
    edit(shop, "dino.yaml", ', m3: {id: "3"}', "")
    work, counts = changes(shop, state)
    assert (counts, keys_of(work, "model")) == ({"orphan": 36}, {"m3"})

    shop.write("dino.yaml", DINO)
    edit(shop, "colours.csv", "#00004D", "#00004E")
    work, counts = changes(shop, state)
    assert (counts, keys_of(work, "colour")) == ({"replace": 24}, {"c01"})
    assert {(one.path, str(one.at)) for change in work for one in change.fields} == {
        ("colorValue", "catalog/colours.csv:3:17")
    }


def test_a_key_that_is_renamed_keeps_its_products(shop):
    state = applied(shop.load().catalog)
    edit(shop, "colours.csv", "c05,", "sea,")
    edit(shop, "dino.yaml", "spec:", "renamed: {colour: {c05: sea}}\nspec:")

    work, counts = changes(shop, state)

    assert counts == {"move": 24}
    assert {(change.previous_address.keys["colour"], change.address.keys["colour"]) for change in work} == {
        ("c05", "sea")
    }
    shop.write("dino.yaml", DINO)
    shop.write("colours.csv", table(*(f"{row}," for row in ROWS), header="key,title,slug,hex,was"))
    edit(shop, "colours.csv", "c05,Colour 5,s5,#000181,", "sea,Colour 5,s5,#000181,c05")
    assert changes(shop, state)[1] == {"move": 24}


def test_a_document_that_is_renamed_keeps_its_products(shop):
    state = applied(shop.load().catalog)
    edit(shop, "dino.yaml", "name: dino", "name: saurus\nmoved: [dino]")
    edit(shop, "dino.yaml", "Dino ${design}", "Saurus ${design}")

    work, counts = changes(shop, state)

    assert counts == {"replace": 288}
    assert all(change.previous_address.keys == change.address.keys for change in work)


def test_from_documents_to_one_and_back_everything_moves(shop):
    """Nothing is said of former names: equal specs tell."""
    made = {str(product.address): product for product in shop.load().catalog}
    shop.write("dino.yaml", "")
    for number, product in enumerate(made.values()):
        spec = "".join(f"  {key}: '{value}'\n" for key, value in product.spec.items())
        shop.write(f"p{number}.yaml", f"kind: designed_product\nname: p{number}\nspec:\n{spec}")
    alone = applied(shop.load().catalog)
    for number in range(len(made)):
        (shop.root / "catalog" / f"p{number}.yaml").unlink()
    shop.write("dino.yaml", DINO)

    assert changes(shop, alone)[1] == {"move": 288}


def test_names_of_old_are_mapped_one_by_one(shop):
    shop.write(
        "f.yaml",
        """\
kind: designed_product
name: f
each: {c: [a, b, none]}
moved: {"c=a": old, "c=b": ["older[x=y]", oldest]}
adopt: {"c=b": "5012"}
spec: {modelId: "1", enName: "F ${c}", imageUrl: "https://cdn.test/${c}.png", colorValue: "#000000"}
""",
    )

    found = {
        p.address.name: p.history for p in shop.load("catalog/f.yaml").catalog if p.address.document == "f"
    }

    assert {name: (each.moved, each.adopt) for name, each in found.items()} == {
        "f[c=a]": (("old",), None),
        "f[c=b]": (("older[x=y]", "oldest"), "5012"),
        "f[c=none]": (None, None),
    }


def test_one_product_of_several_can_be_let_go_and_named_in_any_order(shop):
    text = 'removed: ["designed_product.gone[model=m1,colour=c01]"]\n'
    shop.write("removed.yaml", text)
    shop.write(
        "back.yaml",
        "kind: designed_product\nname: back\nmoved: [\"gone[model=m2,colour=c01]\"]\nspec:\n  modelId: '1'\n"
        "  enName: Back\n  imageUrl: https://cdn.test/back.png\n  colorValue: '#000000'\n",
    )

    catalog = shop.load().catalog

    assert set(catalog.removed) == {"designed_product.gone[colour=c01,model=m1]"}
    assert [each.history.moved for each in catalog if each.address.name == "back"] == [
        ("gone[colour=c01,model=m2]",)
    ]
    shop.write("removed.yaml", text.replace("model", "colour"))
    assert [each.startswith("removed.yaml:1:11 schema: ") for each in shop.faults()] == [True]
