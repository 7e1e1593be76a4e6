"""`podsync fmt`: which files it touches, what it says, and how it ends."""

from __future__ import annotations

import json

import pytest

UNORDERED = """\
name: hat
kind: designed_product
spec: # sent
    enName: Hat
    modelId: "2"
    imageUrl: https://cdn.example.com/hat/front.png
    backImageUrl: https://cdn.example.com/hat/back.png
    materialImages:
    - {imageName: art, imageUrl: "https://cdn.example.com/hat/art.png"}
    colorValue: "#A72525"
"""


@pytest.fixture
def hat(catalog):
    (catalog / "hat.yaml").write_text(UNORDERED, encoding="utf-8")
    (catalog / "hat.yaml").chmod(0o640)
    return catalog / "hat.yaml"


def test_check_names_what_would_change_and_touches_nothing(podsync, hat):
    run = podsync("fmt", "--check")

    assert (run.code, run.out) == (1, "would change catalog/hat.yaml\n1 file of 3 would change.\n")
    assert hat.read_text(encoding="utf-8") == UNORDERED


def test_a_file_is_put_in_order_once_and_the_plan_stays(podsync, hat):
    before = json.loads(podsync("plan", "-o", "json").out)
    run = podsync("fmt")
    after = json.loads(podsync("plan", "-o", "json").out)

    assert (run.code, run.out) == (0, "changed catalog/hat.yaml\n1 file of 3 changed.\n")
    assert hat.read_text(encoding="utf-8").startswith(
        "kind: designed_product\nname: hat\nspec: # sent\n  modelId"
    )
    assert hat.stat().st_mode & 0o777 == 0o640
    assert before["hash"] == after["hash"]
    assert podsync("fmt", "--check").code == 0


@pytest.mark.parametrize(
    ("fault", "rule"),
    [("kind: designed_product\n", "duplicate-key"), ("extra: 1\n", "schema"), ("\x07", "control-character")],
)
def test_a_file_with_a_fault_is_named_and_left_while_others_are_changed(podsync, hat, fault, rule):
    bad = hat.with_name("bad.yaml")
    bad.write_text(UNORDERED.replace("hat", "cap") + fault, encoding="utf-8")

    run = podsync("fmt")

    assert (run.code, run.out) == (3, "changed catalog/hat.yaml\n1 file of 4 changed, 1 left as it is.\n")
    assert f"catalog/bad.yaml:11:1: error[{rule}]" in run.err
    assert bad.read_text(encoding="utf-8") == UNORDERED.replace("hat", "cap") + fault


def test_only_what_is_named_is_touched(podsync, hat):
    assert podsync("fmt", "catalog/tee.yaml").out == "0 files of 1 changed.\n"
    assert podsync("fmt", "catalog/elsewhere.yaml").code == 64


def test_a_link_out_of_the_catalog_is_not_followed(podsync, hat, tmp_path):
    outside = tmp_path / "outside.yaml"
    outside.write_text(UNORDERED, encoding="utf-8")
    (hat.parent / "link.yaml").symlink_to(outside)

    run = podsync("fmt")

    assert run.code == 3
    assert "catalog/link.yaml:1:1: error[link]" in run.err
    assert outside.read_text(encoding="utf-8") == UNORDERED


def test_no_environment_has_to_be_named(podsync, hat, folder):
    (folder / "podsync.yaml").write_text("environments: {staging: {}}\n", encoding="utf-8")

    assert podsync("fmt").code == 0


def test_fold_proposes_one_document_and_changes_none(podsync, catalog):
    for colour in ("teal", "mint"):
        text = (catalog / "tee.yaml").read_text(encoding="utf-8").replace("name: tee", f"name: tee-{colour}")
        (catalog / f"tee-{colour}.yaml").write_text(text.replace("Test Tee", f"Test Tee {colour}"), "utf-8")
    files = ("catalog/tee-teal.yaml", "catalog/tee-mint.yaml")
    before = {path: path.read_bytes() for path in catalog.iterdir()}

    shown = podsync("fmt", "--fold", *files)
    written = podsync("fmt", "--fold", *files, "-o", "tees.yaml")
    again = podsync("fmt", "--fold", *files, "-o", "tees.yaml")

    assert (shown.code, written.code, again.code) == (0, 0, 1)
    assert "\nname: tee\n" in shown.out
    assert "\n  enName: Test Tee ${product}\n" in shown.out
    assert (catalog.parent / "tees.yaml").read_text(encoding="utf-8") == shown.out
    assert "tees.yaml: one document for 2." in written.out
    assert {path: path.read_bytes() for path in catalog.iterdir()} == before


@pytest.mark.parametrize(
    ("defaults", "name", "output"),
    [("{labels: {season: spring}}", "Tee", "catalog/tees.yaml"), ("{}", "-", "catalog/in/tees.yaml")],
)
def test_fold_proposes_nothing_that_makes_other_products(podsync, catalog, defaults, name, output):
    folder = catalog / "in"
    folder.mkdir()
    (folder / "_defaults.yaml").write_text(f"designed_product: {defaults}\n", encoding="utf-8")
    for number, told in enumerate((name, "Hat")):
        text = UNORDERED.replace("name: hat", f"name: hat-{number}")
        text = text.replace("enName: Hat", f'enName: "{told}"')
        (folder / f"{number}.yaml").write_text(text.replace("front.png", f"{number}.png"), encoding="utf-8")

    run = podsync("fmt", "--fold", "catalog/in", "-o", output)

    assert (run.code, run.out) == (64, "")
    assert "would not make the same products" in run.err


@pytest.mark.parametrize("words", [("--fold",), ("-o", "x"), ("--fold", "--check", "catalog")])
def test_fold_needs_its_documents(podsync, catalog, words):
    assert podsync("fmt", *words).code == 64
