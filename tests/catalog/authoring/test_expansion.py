"""`each`: which products a document makes, and every fault at its place."""

from __future__ import annotations

import re

import pytest

from tests.catalog.authoring.conftest import line

DINO = """\
kind: designed_product
name: dino
each:
  model: {tee: {id: "1", title: Tee}, hoodie: {id: "37", title: Hoodie}}
  colour: {file: colours.csv, key: slug}
spec:
  modelId: ${model.id}
  enName: Dino ${model.title} ${colour.title}
  imageUrl: ${var.cdn}/${model}-${colour}.png
  colorValue: ${colour.hex}
"""
COLOURS = "title,slug,hex\nMint,mint,#9FE2BF\nRed,red,#A72525\n"


@pytest.fixture
def dino(folder):
    folder.vars = {"cdn": "https://cdn.test"}
    folder.write("dino.yaml", DINO)
    folder.write("colours.csv", COLOURS)
    return folder


def test_each_combination_is_a_product(dino):
    assert dino.specs() == {
        f"designed_product.dino[colour={slug},model={model}]": {
            "modelId": number,
            "enName": f"Dino {title} {colour}",
            "imageUrl": f"https://cdn.test/{model}-{slug}.png",
            "colorValue": value,
        }
        for slug, colour, value in (("mint", "Mint", "#9FE2BF"), ("red", "Red", "#A72525"))
        for model, number, title in (("tee", "1", "Tee"), ("hoodie", "37", "Hoodie"))
    }


@pytest.mark.parametrize(
    "written",
    [
        b"\xef\xbb\xbf" + COLOURS.encode(),
        COLOURS.replace(",", ";").encode(),
        COLOURS.replace(",", "\t").encode(),
        ("sep=;\r\n" + COLOURS.replace(",", ";").replace("\n", "\r\n")).encode(),
        COLOURS.replace("\n", "\r").encode(),
        (COLOURS + "\n\n").encode(),
        COLOURS.replace("Mint,mint", '"Mint", mint ').encode(),
        COLOURS.replace("\n", ",,\n").encode(),
        COLOURS.replace("hex", "hex,was,note,").replace("#9FE2BF", "#9FE2BF,,free").encode(),
    ],
)
def test_a_table_is_read_as_spreadsheets_write_it(dino, written):
    before = dino.specs()
    dino.write("colours.csv", written)

    assert dino.specs() == before


def test_keys_of_a_yaml_file_are_no_documents(dino):
    before = dino.specs()
    dino.write("dino.yaml", DINO.replace("{file: colours.csv, key: slug}", "{file: shades.yaml}"))
    dino.write("shades.yaml", 'red: {title: Red, hex: "#A72525"}\nmint: {title: Mint, hex: "#9FE2BF"}\n')

    assert dino.specs() == before


def test_exceptions_and_overrides(dino):
    extra = """\
except: [{model: hoodie, colour: [mint]}]
overrides:
  - when: {colour: [mint, red]}
    labels: {season: "${colour}"}
    spec: {colorValue: "#000000", backImageUrl: "https://cdn.test/back.png"}
  - when: {model: hoodie}
    spec: {colorValue: "#FFFFFF", backImageUrl: null}
"""
    dino.write("dino.yaml", DINO.replace("spec:", extra + "spec:", 1))
    found = {
        each.address.name: (each.spec["colorValue"], each.spec.get("backImageUrl"), each.labels)
        for each in dino.load().catalog
    }

    assert found == {
        "dino[colour=mint,model=tee]": ("#000000", "https://cdn.test/back.png", {"season": "mint"}),
        "dino[colour=red,model=hoodie]": ("#FFFFFF", None, {"season": "red"}),
        "dino[colour=red,model=tee]": ("#000000", "https://cdn.test/back.png", {"season": "red"}),
    }


def test_what_is_removed_may_be_removed_again(dino):
    back = "backImageUrl: https://cdn.test/back.png"
    extra = f"""\
overrides:
  - {{when: {{colour: mint}}, spec: {{backImageUrl: null}}}}
  - {{when: {{model: tee}}, spec: {{backImageUrl: null}}}}
  - {{when: {{colour: red, model: tee}}, spec: {{{back}}}}}
spec:
  {back}
"""
    dino.write("dino.yaml", DINO.replace("spec:\n", extra, 1))

    assert {key for key, spec in dino.specs().items() if "backImageUrl" in spec} == {
        "designed_product.dino[colour=red,model=hoodie]",
        "designed_product.dino[colour=red,model=tee]",
    }
    dino.write("dino.yaml", DINO.replace("spec:\n", "spec:\n  backImageUrl: null\n", 1))
    assert dino.faults() == [
        (
            "dino.yaml:7:17 schema: spec.backImageUrl: null is not a value, but text is expected, in "
            "[colour=mint,model=hoodie] and 3 more"
        )
    ]


def test_a_value_takes_the_type_of_its_field_and_a_hyphen_leaves_it_out(folder):
    folder.write(
        "poster.yaml",
        """\
kind: customer_product
name: poster
each: {row: {file: rows.csv}}
spec:
  name: Poster ${row}
  customerIds: ["${row.customer}", "${row.second}"]
  productModelId: m-${row.model}
  variantOptions:
    - {id: size, name: Size, attributesMapping: [{partModelId: p, attributeIds: [x]}]}
  partQuantities:
    - {partModelId: p, quantity: "${row.quantity}"}
""",
    )
    folder.write("rows.csv", "key,customer,second,model,quantity\na,007,-,07,2\nb,x,y,11,12\n")
    found = {key[-2:-1]: spec for key, spec in folder.specs().items()}

    assert found["a"]["customerIds"] == ("007",)
    assert found["a"]["productModelId"] == "m-07"
    assert [each["quantity"] for each in found["a"]["partQuantities"]] == [2]
    assert found["b"]["customerIds"] == ("x", "y")


@pytest.mark.parametrize(
    ("text", "mark", "meant"),
    [
        ("a ${ var.cdn }", "${ var.cdn }", "cdn"),
        ("a ${CDN} $${b}", "${CDN}", "cdn"),
        ("a ${HOME}", "${HOME}", "NAME"),
        ("a ${ var.cdn", "${ var.cdn", "cdn"),
    ],
)
@pytest.mark.parametrize("inherited", [False, True])
def test_what_is_no_name_in_a_single_product_is_said_where_it_is_written(
    folder, text, mark, meant, inherited
):
    folder.vars = {"cdn": "https://cdn.test"}
    said = {"enName": f'  enName: "{text}"\n'}
    document = "kind: designed_product\nname: tee\nspec:\n  modelId: '1'\n"
    document += "  imageUrl: https://cdn.test/a.png\n  colorValue: '#FFFFFF'\n"
    if inherited:
        folder.write("_defaults.yaml", "designed_product:\n spec:\n" + said["enName"])
    folder.write("tee.yaml", document if inherited else document + said["enName"])

    (fault,) = folder.load().diagnostics

    place = "_defaults.yaml:3:14" if inherited else "tee.yaml:7:14"
    assert line(fault) == f"{place} odd-text: spec.enName: {mark} is no name of a value, and is sent as it is"
    assert (fault.severity, fault.detail) == (
        "warning",
        f"to put a value of the settings in: ${{var.{meant}}}; to write it as it is: $${{",
    )
    (spec,) = [dict(each.spec) for each in folder.load().catalog]
    assert spec["enName"] == text.replace("$$", "$")


def test_texts_are_filled_in_once_and_only_where_they_say_so(folder):
    folder.vars = {"a": "A", "n": 7, "yes": True}
    plain = "kind: designed_product\nname: {name}\n{each}spec:\n  modelId: '1'\n  enName: \"{text}\"\n"
    rest = "  imageUrl: https://cdn.test/{name}.png\n  colorValue: '#FFFFFF'\n"
    text = "${var.a} $${var.a} $${other} ${var.n}${var.yes}"
    for name, each in (("plain", ""), ("many", "each: {k: [x]}\n")):
        content = (plain + rest).replace("{name}", name).replace("{each}", each).replace("{text}", text)
        folder.write(f"{name}.yaml", content)

    assert {key: spec["enName"] for key, spec in folder.specs().items()} == {
        "designed_product.plain": "A ${var.a} ${other} 7true",
        "designed_product.many[k=x]": "A ${var.a} ${other} 7true",
    }


FAULTS = {
    "typo in a cell": (
        ("colours.csv", "#9FE2BF", "#9FE2BG"),
        [
            (
                "dino.yaml:10:15 schema: spec.colorValue: '#9FE2BG' is not a colour "
                'such as "#A72525", in '
                "[colour=mint,model=hoodie] and 1 more | ${colour.hex} is catalog/colours.csv:2:11"
            )
        ],
    ),
    "typo in the template": (
        ("dino.yaml", "${var.cdn}", "http:/"),
        [
            (
                "dino.yaml:9:13 schema: spec.imageUrl: 'http://hoodie-mint.png' "
                "is not an https URL of the front "
                'picture such as "https://cdn.example.com/dino/front.png", in [colour=mint,model=hoodie] and '
                "3 more | ${model} is catalog/dino.yaml:4:39 | ${colour} is catalog/colours.csv:2:6"
            ),
        ],
    ),
    "unknown field": (
        ("dino.yaml", "${colour.hex}", "${colour.hexx}"),
        ["dino.yaml:10:15 reference: spec.colorValue: the keys of colour have no field 'hexx'"],
    ),
    "unknown axis": (
        ("dino.yaml", "${model.title}", "${modle.title}"),
        ["dino.yaml:8:16 reference: spec.enName: there is no axis 'modle'"],
    ),
    "unknown variable": (
        ("dino.yaml", "${var.cdn}", "${var.cnd}"),
        ["dino.yaml:9:13 reference: spec.imageUrl: vars of the settings have no 'cnd'"],
    ),
    "not closed": (
        ("dino.yaml", "${colour.hex}", '"${colour.hex"'),
        ["dino.yaml:10:16 reference: spec.colorValue: `${` is not closed"],
    ),
    "code": (
        ("dino.yaml", "${model.title}", "${model.title|upper}"),
        ["dino.yaml:8:16 reference: spec.enName: the keys of model have no field 'title|upper'"],
    ),
    "empty cell": (
        ("colours.csv", "#9FE2BF", ""),
        [
            (
                "dino.yaml:10:15 value: spec.colorValue: ${colour.hex} of mint: the cell is empty, in "
                "[colour=mint,model=hoodie] and 1 more | ${colour.hex} is catalog/colours.csv:2:11"
            )
        ],
    ),
    "zeros lost": (
        ("colours.csv", "#9FE2BF", "0"),
        [
            (
                "dino.yaml:10:15 value: spec.colorValue: ${colour.hex} of mint: "
                "0 is a number that has lost its "
                "zeros, in [colour=mint,model=hoodie] and 1 more | ${colour.hex} "
                "is catalog/colours.csv:2:11"
            )
        ],
    ),
    "error": (
        ("colours.csv", "Mint,", "#REF!,"),
        [
            (
                "dino.yaml:8:31 value: spec.enName: ${colour.title} of mint: #REF! is an error of the "
                "spreadsheet, in [colour=mint,model=hoodie] and 1 more | ${colour.title} "
                "is catalog/colours.csv:2:1"
            )
        ],
    ),
    "date": (
        ("colours.csv", "Mint,", "3-Apr,"),
        [
            (
                "dino.yaml:8:31 value: spec.enName: ${colour.title} of mint: 3-Apr "
                "is a date that the spreadsheet "
                "has made, in [colour=mint,model=hoodie] and 1 more | ${colour.title} "
                "is catalog/colours.csv:2:1"
            )
        ],
    ),
    "injection": (
        ("colours.csv", "Mint,", "${var.cdn},"),
        [
            (
                "dino.yaml:8:31 value: spec.enName: ${colour.title} of mint: it "
                "holds ${, but a value is put in as "
                "it is: no name in it counts, in [colour=mint,model=hoodie] and "
                "1 more | ${colour.title} is "
                "catalog/colours.csv:2:1"
            )
        ],
    ),
    "control character": (
        ("colours.csv", "Mint,", "Mi\x1bnt,"),
        [
            (
                "dino.yaml:8:31 value: spec.enName: ${colour.title} of mint: it "
                "holds ESC (U+001B), which nobody "
                "can see, in [colour=mint,model=hoodie] and 1 more | ${colour.title} "
                "is catalog/colours.csv:2:1"
            )
        ],
    ),
    "key twice": (
        ("colours.csv", "red", "mint"),
        ["colours.csv:3:5 table: the key mint stands in line 2 already"],
    ),
    "no key": (("colours.csv", "red", "Dark Red"), ["colours.csv:3:5 table: 'Dark Red' is no key"]),
    "cells": (
        ("colours.csv", "Red,", "Red, dark,"),
        ["colours.csv:3:1 table: 4 cells, and the header has 3"],
    ),
    "column twice": (
        ("colours.csv", "hex", "hex,hex"),
        ["dino.yaml:10:15 reference: spec.colorValue: the table of colour has two columns 'hex'"],
    ),
    "adopted twice": (
        (
            "dino.yaml",
            "spec:",
            'adopt: {"colour=red,model=tee": "1", "model=tee,colour=red": "2"}\nspec:',
        ),
        ["dino.yaml:6:38 each: 'model=tee,colour=red' names the same product as 'colour=red,model=tee'"],
    ),
    "environments inside": (
        ("dino.yaml", "spec:", 'adopt: {"colour=red,model=tee": {staging: "1"}}\nspec:'),
        ["dino.yaml:6:33 each: the id for 'colour=red,model=tee' is a mapping"],
    ),
    "no such column": (
        ("dino.yaml", "slug", "sluge"),
        ["colours.csv:1:1 table: the header has no column sluge"],
    ),
    "no such file": (
        ("dino.yaml", "colours.csv", "colour.csv"),
        ["dino.yaml:5:18 each: catalog/colour.csv: the file cannot be read: no such file or directory"],
    ),
    "outside": (
        ("dino.yaml", "colours.csv", "../secret.csv"),
        ["dino.yaml:5:18 each: ../secret.csv leaves the catalog"],
    ),
    "absolute": (
        ("dino.yaml", "colours.csv", "/etc/passwd"),
        ["dino.yaml:5:18 each: '/etc/passwd' is no file of the catalog"],
    ),
    "latin-1": (("colours.csv", "Mint", b"M\xefnt"), ["colours.csv:2:1 table: not UTF-8"]),
    "except a typo": (
        ("dino.yaml", "spec:", "except: [{colour: mnit}]\nspec:"),
        ["dino.yaml:6:19 each: the axis colour has no key 'mnit'"],
    ),
    "except an axis": (
        ("dino.yaml", "spec:", "except: [{color: mint}]\nspec:"),
        ["dino.yaml:6:11 each: there is no axis 'color'"],
    ),
    "override of nothing": (
        (
            "dino.yaml",
            "spec:",
            "except: [{colour: red}]\noverrides: [{when: {colour: red}, spec: {}}]\nspec:",
        ),
        ["dino.yaml:7:20 each: this fits no product"],
    ),
    "renamed to nothing": (
        ("dino.yaml", "spec:", "renamed: {colour: {mint: sea}}\nspec:"),
        ["dino.yaml:6:20 each: the axis colour has the key mint still"],
    ),
    "overrides without each": (
        ("dino.yaml", "each:", "overrides:"),
        ["dino.yaml:3:1 each: overrides is said of the products of an `each`, and there is none"],
    ),
    "unknown key": (
        ("dino.yaml", "name: dino", "name: dino\nlabel: {}"),
        ["dino.yaml:3:1 schema: unknown key 'label', in [colour=mint,model=hoodie] and 3 more"],
    ),
    "missing field": (
        ("dino.yaml", "  modelId: ${model.id}\n", ""),
        ["dino.yaml:6:1 schema: spec: 'modelId' is missing, in [colour=mint,model=hoodie] and 3 more"],
    ),
    "bad name": (
        ("dino.yaml", "name: dino", "name: Dino"),
        [
            (
                "dino.yaml:2:7 schema: name: 'Dino' is not a name such as \"dinosaur-tee\", in "
                "[colour=mint,model=hoodie] and 3 more"
            )
        ],
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_each_fault_is_told_once_at_its_place(dino, case):
    (name, old, new), told = FAULTS[case]
    path = dino.root / "catalog" / name
    new = new if isinstance(new, bytes) else new.encode()
    content = path.read_bytes()
    assert old.encode() in content
    dino.write(name, content.replace(old.encode(), new, 1))

    assert dino.faults() == told


@pytest.mark.parametrize(
    ("axis", "told"),
    [
        ("[tee, Tee]", "give it a key of its own, tee is that of another one. "),
        ("{Tee: {}, TEE: {}}", "give it a key of its own, tee is that of another one. "),
        ("{Tee: {}, mug: {}}", "write tee. "),
        ("{file: models.csv}", "give it a key of its own, tee is that of another one. "),
    ],
)
def test_no_key_is_proposed_that_another_one_has(dino, axis, told):
    dino.write("models.csv", "slug,id,title\ntee,1,Tee\nTee,2,Mug\n")
    dino.write("dino.yaml", re.sub(r"(?m)^  model:.*", f"  model: {axis}", DINO))

    assert {each.detail.startswith(told) for each in dino.load().diagnostics} == {True}


@pytest.mark.parametrize(
    ("keys", "rule", "told"),
    [
        ("- red\n- mint\n", "each", "write `red: {hex: ...}` lines"),
        ("red: {}\n---\nmint: {}\n", "each", "write `red: {hex: ...}` lines"),
        ("1: {title: Red}\n", "key", 'put it in quotes: "1"'),
    ],
)
def test_a_help_is_about_the_file_of_keys(dino, keys, rule, told):
    dino.write("_keys.yaml", keys)
    dino.write("dino.yaml", DINO.replace("{file: colours.csv, key: slug}", "{file: _keys.yaml}"))

    (fault,) = dino.load().diagnostics
    assert (fault.rule, fault.fix) == (rule, ())
    assert fault.detail.startswith(told)


@pytest.mark.parametrize("other", ["dino.yaml", "other.yaml"])
def test_a_document_is_no_file_of_keys(dino, other):
    """Else its own faults would be forgiven, and its products looked gone."""
    dino.write("dino.yaml", DINO.replace("{file: colours.csv, key: slug}", f"{{file: {other}}}"))
    dino.write("other.yaml", "kind: designed_product\nname: other\n")

    told = [f"dino.yaml:5:18 each: catalog/{other} is a product document, not keys"]
    assert dino.faults() == [*told, "other.yaml:1:1 schema: 'spec' is missing"]


def test_a_billion_combinations_are_refused_at_once(folder):
    keys = ", ".join(f"k{number}" for number in range(1000))
    axes = "".join(f"  {axis}: [{keys}]\n" for axis in "abc")
    folder.write("f.yaml", f"kind: designed_product\nname: f\neach:\n{axes}spec: {{}}\n")

    assert folder.faults() == [
        (
            "f.yaml:4:3 max-each: 1,000 a x 1,000 b x 1,000 c make 1,000,000,000 products; "
            "one document may make 10,000"
        )
    ]


def test_the_limit_counts_what_is_left(dino):
    dino.max_each = 3

    assert dino.faults() == [
        "dino.yaml:4:3 max-each: 2 colour x 2 model make 4 products; one document may make 3"
    ]
    dino.write("dino.yaml", DINO.replace("spec:", "except: [{colour: red, model: tee}]\nspec:", 1))
    assert len(dino.specs()) == 3


@pytest.mark.parametrize("size", [(4 << 20) + 1, 64 << 20])
def test_a_large_table_is_refused_by_its_size(dino, size):
    dino.write("colours.csv", COLOURS.encode().ljust(size))

    assert dino.faults() == [
        f"colours.csv:1:1 too-large: the file has {size:,} bytes; a catalog file may have 4,194,304"
    ]


def test_a_link_out_of_the_catalog_is_not_followed(dino, tmp_path):
    (tmp_path / "secret.csv").write_text(COLOURS)
    (tmp_path / "catalog" / "colours.csv").unlink()
    (tmp_path / "catalog" / "colours.csv").symlink_to(tmp_path / "secret.csv")

    assert dino.faults() == ["dino.yaml:5:18 each: colours.csv leaves the catalog"]
