"""What is accepted stands at its very line, and everything else as it was."""

from __future__ import annotations

import pytest
import yaml

from podsync.catalog.accepting import AcceptedField, CatalogEditor, accepted, listing_more
from podsync.catalog.parsing.yaml_reader import read
from podsync.model.address import Address
from podsync.model.diagnostic import mended

DOCUMENT = """\
# of the spring
kind: customer_product
name: tote
spec:
  name: {name}
  customerIds:
    # since 2025
    - anna
    - "ben"
  productModelId: model
"""


@pytest.mark.parametrize(
    ("written", "listed", "after"),
    [
        ("Dino Tee", "Dino Tee 2", "Dino Tee 2"),
        ("Dino Tee", "Dino: Tee", '"Dino: Tee"'),
        ("Dino Tee", "no", "no"),
        ("Dino Tee", "12", '"12"'),
        ("'Dino Tee'", "Rex", "'Rex'"),
        ("'Dino Tee'", "Rex's", '"Rex\'s"'),
        ('"Dino Tee"  # as on the poster', "Rex", '"Rex"  # as on the poster'),
        (">-\n    Dino\n    Tee", "Rex", "Rex"),
        ("Dino Tee", "a\nb: &x", '"a\\nb: &x"'),
    ],
)
def test_a_text_keeps_its_line_and_its_quotes(written: str, listed: str, after: str) -> None:
    before = DOCUMENT.replace("{name}", written)
    (document,) = read("x.yaml", before.encode()).documents
    text = mended(before, accepted(document, [AcceptedField("name", "Dino Tee", listed)]))

    head = 'changed_there: {name: "Dino Tee"}\nspec:\n'
    assert text == DOCUMENT.replace("{name}", after).replace("spec:\n", head)
    assert yaml.safe_load(text)["spec"]["name"] == (listed if listed != "no" else False)


def test_items_that_stay_keep_their_comments_and_a_second_word_joins_the_first() -> None:
    before = DOCUMENT.replace("{name}", "Tote").replace("spec:", "changed_there: {name: Bag}\nspec:")
    (document,) = read("x.yaml", before.encode()).documents
    text = mended(
        before, accepted(document, [AcceptedField("customerIds", ("anna", "ben"), ("ben", "carl"))])
    )

    assert '    # since 2025\n    - "ben"\n    - carl\n' in text
    assert yaml.safe_load(text)["changed_there"] == {"name": "Bag", "customerIds": ["anna", "ben"]}


def test_a_value_that_is_gone_goes() -> None:
    before = "kind: designed_product\nname: x\nspec:\n  enName: X\n  backImageUrl: https://cdn.test/b.png\n"
    (document,) = read("x.yaml", before.encode()).documents
    text = mended(before, accepted(document, [AcceptedField("backImageUrl", "https://cdn.test/b.png", None)]))

    assert yaml.safe_load(text)["spec"] == {"enName": "X"}


@pytest.mark.parametrize(
    "content",
    [
        "", "version: 1\n", "version: 1", '{"version": 1}', "version: 1\nignore: {gelato: [a]}\n",
        "ignore:\n  gelato: [a]\nversion: 1\n", "ignore:\n  kakaclo: ['1']\n",
        "ignore:\n  kakaclo:\n    - '1'\n",
        "ignore: {kakaclo: ['1']}\n", "# nothing\n",
    ],
)  # fmt: skip
def test_a_list_gets_more_however_it_is_written(content: str) -> None:
    text = listing_more(content, ("ignore", "kakaclo"), ["1", "5040"])

    before = yaml.safe_load(content) or {}
    others = {key: ids for key, ids in before.get("ignore", {}).items() if key != "kakaclo"}
    assert yaml.safe_load(text) == {**before, "ignore": {**others, "kakaclo": ["1", "5040"]}}
    assert listing_more(text, ("ignore", "kakaclo"), ["5040"]) == text


@pytest.mark.parametrize("gone", ["a", "b", "c"])
def test_one_of_several_documents_goes_and_the_others_stay(tmp_path, gone: str) -> None:
    one = "# {}\nkind: designed_product\nname: {}\nspec: {{enName: x}}\n"
    (tmp_path / "all.yaml").write_text("---\n".join(one.format(name, name) for name in "abc"))
    editor = CatalogEditor(tmp_path)
    editor.remove("all.yaml", Address("designed_product", gone))
    (file,) = editor.files()

    assert file.after == "---\n".join(one.format(name, name) for name in "abc" if name != gone)
    for name in "abc".replace(gone, ""):
        editor.remove("all.yaml", Address("designed_product", name))
    assert editor.files()[0].after == ""
