"""Accepting what is listed of one of several products: an override that names all its keys."""

from __future__ import annotations

import pytest

from podsync.catalog.accepting import AcceptedField, CatalogEditor
from podsync.model.address import Address

HEAD = """\
kind: designed_product
name: dino
each: {colour: [red, mint], model: [tee, cap]}
"""
SPEC = """\
spec:
  modelId: "1"
  enName: Dino ${model} ${colour}
  imageUrl: https://cdn.test/${model}-${colour}.png
  colorValue: "#000000"
"""
RED = Address.parse("designed_product.dino[colour=red,model=tee]")
LISTS = {
    "none": "",
    "empty": "{word}: []\n",
    "flow": "{word}: [{colour: mint, model: cap}]\n",
    "block": "{word}:\n  - {colour: mint, model: cap}\n  - colour: mint\n    model: tee\n",
}


@pytest.mark.parametrize("written", LISTS)
def test_a_listed_value_is_taken_for_that_product_alone(folder, written):
    there = LISTS[written].replace("{word}", "overrides").replace("{colour", "{when: {colour")
    there = there.replace("cap}", "cap}, spec: {enName: Other}}").replace(
        "colour: mint\n    model: tee", "when: {colour: mint, model: tee}\n    spec: {enName: Third}"
    )
    folder.write("dino.yaml", HEAD + there + SPEC)
    before = folder.specs()

    editor = CatalogEditor(folder.root)
    fields = [AcceptedField("enName", "Dino tee red", "Price: ${5} #1")]
    assert editor.accept("catalog/dino.yaml", RED, fields)
    folder.write("dino.yaml", editor.files()[0].after)

    after = folder.specs()
    assert after[str(RED)]["enName"] == "Price: ${5} #1"
    assert {key: spec for key, spec in after.items() if spec != before[key]}.keys() == {str(RED)}
    noted = {str(p.address): p.history.changed_there for p in folder.load().catalog}
    assert {key: dict(said) for key, said in noted.items() if said} == {str(RED): {"enName": "Dino tee red"}}


@pytest.mark.parametrize("listed", ["${var.cdn} ${5}", "$${var.cdn}", "${${var.cdn}}", "${var.", "$${5}"])
def test_a_listed_value_names_no_other_one(folder, listed):
    folder.write(
        "plain.yaml", "kind: designed_product\nname: plain\n" + SPEC.replace("${", "").replace("}", "")
    )
    folder.write("dino.yaml", HEAD + SPEC)
    plain = Address.parse("designed_product.plain")

    editor = CatalogEditor(folder.root)
    for name, address in (("plain", plain), ("dino", RED)):
        assert editor.accept(f"catalog/{name}.yaml", address, [AcceptedField("enName", "Dino", listed)])
    for each in editor.files():
        folder.write(each.path.removeprefix("catalog/"), each.after)

    after = folder.specs()
    assert [after[str(address)]["enName"] for address in (plain, RED)] == [listed, listed]


@pytest.mark.parametrize("written", LISTS)
def test_what_is_gone_is_left_out(folder, written):
    folder.write("dino.yaml", HEAD + LISTS[written].replace("{word}", "except") + SPEC)
    before = folder.specs()

    editor = CatalogEditor(folder.root)
    editor.remove("catalog/dino.yaml", RED)
    folder.write("dino.yaml", editor.files()[0].after)

    assert before.keys() - folder.specs().keys() == {str(RED)}
