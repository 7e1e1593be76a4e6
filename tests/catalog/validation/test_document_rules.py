"""What a document, and several together, must satisfy: each rule once, in the words that people read."""

from __future__ import annotations

import pytest

RED = "spec.colorValue: 'red' is not a colour such as \"#A72525\""
LONG = "name: 101 characters are too many; at most 100 are taken"
ONE_DOCUMENT = {
    "not a colour": ('"#A72525"', "red", "7:15", RED),
    "number for text": ('"1"', "1", "4:12", "spec.modelId: 1 is a number, but text is expected"),
    "line feed": ('"1"', '"1\\n"', "4:12", """spec.modelId: '1\\n' is not a model number such as "73\""""),
    "nothing": ('"1"', "", "4:3", "spec.modelId: there is nothing here, but text is expected"),
    "null": ('"1"', "~", "4:12", "spec.modelId: ~ is not a value, but text is expected"),
    "boolean": ("Dino", "true", "5:11", "spec.enName: true is a boolean, but text is expected"),
    "list for text": ("Dino", "[a]", "5:11", "spec.enName: a list stands here, but text is expected"),
    "blank": (
        "Dino", '" "', "5:11",
        """spec.enName: ' ' is not a product name such as "Dinosaur Round Neck Short Sleeve T-Shirt\"""",
    ),
    "http": (
        "https:", "http:", "6:13",
        (
            "spec.imageUrl: 'http://cdn.test/a.png' is not an https URL of the front picture "
            'such as "https://cdn.example.com/dino/front.png"'
        ),
    ),
    "unknown key": ("colorValue", "colourValue", "7:3", "spec: unknown key 'colourValue'"),
    "missing": ("  imageUrl: https://cdn.test/a.png\n", "", "3:1", "spec: 'imageUrl' is missing"),
    "wrong kind": (
        "designed_product", "designed-product", "1:7",
        "kind: 'designed-product' is not one of customer_product, designed_product",
    ),
    "misspelt kind": ("kind:", "Kind:", "1:1", "unknown key 'Kind'"),
    "name": ("dino\n", "Dino_Tee\n", "2:7", """name: 'Dino_Tee' is not a name such as "dinosaur-tee\""""),
    "long name": ("dino\n", "x" * 101 + "\n", "2:7", LONG),
    "mapping": ("spec:", "spec: x\nlabels:", "3:7", "spec: 'x' is text, but a mapping is expected"),
}  # fmt: skip


@pytest.mark.parametrize("case", ONE_DOCUMENT)
def test_a_designed_product_that_is_wrong(shop, designed, case):
    old, new, place, summary = ONE_DOCUMENT[case]
    assert old in designed

    assert f"{place} schema: {summary}" in shop.check(designed.replace(old, new, 1))


@pytest.mark.parametrize("case", sorted(set(ONE_DOCUMENT) - {"mapping"}))
def test_one_fault_is_told_once(shop, designed, case):
    old, new, _, _ = ONE_DOCUMENT[case]

    assert len(shop.check(designed.replace(old, new, 1))) == 1


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("quantity: 2", "quantity: -1", "15:17 schema: spec.partQuantities[0].quantity: -1 is below 0"),
        (
            "quantity: 2",
            "quantity: 2.0",
            "15:17 schema: spec.partQuantities[0].quantity: 2.0 is a number, but a whole number is expected",
        ),
        (
            "quantity: 2",
            'quantity: "2"',
            "15:17 schema: spec.partQuantities[0].quantity: '2' is text, but a whole number is expected",
        ),
        (
            "[a, b]",
            '["*", "a"]',
            '5:16 schema: spec.customerIds: "*" means every customer, so it stands alone',
        ),
        ("[a, b]", "[a, b, a]", "5:23 schema: spec.customerIds[2]: 'a' appears twice in this list"),
        ("[a, b]", "[]", "5:16 schema: spec.customerIds: the list is empty"),
        ("[a, b]", "a", "5:16 schema: spec.customerIds: 'a' is text, but a list is expected"),
        (
            "attributeIds: [x]",
            "attributeIds: []",
            "12:25 schema: spec.variantOptions[0].attributesMapping[0].attributeIds: the list is empty",
        ),
        ("      name: Size\n", "", "8:7 schema: spec.variantOptions[0]: 'name' is missing"),
    ],
)
def test_a_customer_product_that_is_wrong(shop, customer, old, new, fault):
    assert old in customer

    assert shop.check(customer.replace(old, new)) == [fault]


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ('"1"', "012", 'put it in quotes: modelId: "012"'),
        ('"1"', "", 'write a value, for instance modelId: "73"'),
        ("colorValue", "colorvalue", "did you mean 'colorValue'?"),
        ("kind: designed_product", "kind: designed", "did you mean designed_product?"),
        ("spec:", 'modelId: "2"\nspec:', "'modelId' belongs under `spec:`"),
        ("spec:", "lifecycle: {prevent_orphan: yes}\nspec:", "write prevent_orphan: true, without quotes"),
        ("spec:", "moved: old\nspec:", "write it in brackets: moved: [old]"),
        (
            "spec:",
            "renamed_from: x\nspec:",
            (
                "known keys: kind, name, labels, moved, only, adopt, recreate, changed_there, lifecycle, "
                "print, each, except, overrides, spec"
            ),
        ),
    ],
)
def test_hints_fix_it(shop, designed, old, new, hint):
    assert shop.hints(designed.replace(old, new, 1)) == [hint]


def test_a_hash_sign_that_begins_a_comment(shop, designed):
    assert shop.check(designed.replace('"#A72525"', "#A72525")) == [
        "7:15 comment-in-text: # began a comment here, so colorValue is empty"
    ]
    assert shop.check(designed.replace("Dino\n", "Dino #5\n")) == [
        "5:16 comment-in-text: # began a comment here, so the text is only 'Dino'"
    ]


def test_every_fault_of_a_document_is_told(shop, designed):
    text = (
        designed.replace('"1"', "1")
        .replace("https", "http")
        .replace('"#A72525"', "red")
        .replace("dino\n", "D\n")
    )

    assert [fault.split(" ")[0] for fault in shop.check(text)] == ["2:7", "4:12", "6:13", "7:15"]


def test_what_is_no_product_document_is_one_fault(shop):
    assert shop.check("on: push\njobs: {}\n") == [
        "1:1 schema: this is not a product document: it has no 'kind', 'name', 'spec'"
    ]


def test_a_valid_document_says_everything_it_can(shop, customer):
    text = customer.replace(
        "spec:",
        "labels: {season: spring}\nmoved: [old]\nrenamed_from: Old\nlifecycle: {prevent_replace: true}\n"
        "spec:",
        1,
    )
    shop.write("f.yaml", text)
    (product,) = shop.load().catalog

    assert (dict(product.labels), product.history.moved, product.history.renamed_from) == (
        {"season": "spring"},
        ("old",),
        "Old",
    )
    assert product.lifecycle.prevent_replace
    assert str(product.at(("spec", "name"))) == "catalog/f.yaml:8:9"
    assert str(product.at(("spec", "variantOptions", 0, "id"))) == "catalog/f.yaml:12:11"
    assert str(product.declared_at) == "catalog/f.yaml:1:1"


def test_a_provider_adds_rules_of_its_own(shop, designed):
    assert shop.check(designed.replace("Dino", "Refused")) == [
        "5:11 refused-name: spec.enName: this name is refused"
    ]
    assert [d.severity for d in shop.load().diagnostics] == ["error"]
    assert len(shop.load().catalog) == 0
    assert shop.check(designed.replace("Dino", "Odd")) == ["5:11 odd-name: spec.enName: this name is odd"]
    assert len(shop.load().catalog) == 1


@pytest.mark.parametrize(
    "query",
    ["Signature=x", "X-Amz-Signature=x", "x-amz-expires=3", "Expires=1", "w=3&sig=x", "se=2030", "token=x"],
)
def test_a_signed_url_is_refused(shop, designed, query):
    (fault,) = shop.check(designed.replace("a.png", f"a.png?{query}"))

    assert fault.startswith("6:13 signed-url: spec.imageUrl: the URL carries '")


def test_an_ordinary_query_is_fine(shop, designed):
    assert shop.check(designed.replace("a.png", "a.png?v=3&x-oss-process=image/resize,w_800")) == []


def twice(first: str, second: str) -> str:
    return first + "---\n" + second


def test_an_address_is_declared_once(shop, designed):
    shop.write("a.yaml", designed)
    shop.write("b.yaml", "# a copy\n" + designed)

    assert shop.faults() == [
        "b.yaml:3:7 declared-twice: designed_product.dino is declared here and at catalog/a.yaml:1"
    ]


def test_designed_products_that_the_listing_cannot_tell_apart(shop, designed):
    other = designed.replace("dino\n", "rex\n").replace("#A72525", "#000000")

    assert shop.check(twice(designed, other)) == [
        (
            "13:11 indistinguishable: KakaClo cannot tell this product from designed_product.dino "
            "at catalog/f.yaml:1: model, name and pictures are equal"
        )
    ]
    assert shop.hints(twice(designed, other)) == ["give each its own mock-up, or put the colour into enName"]


@pytest.mark.parametrize(
    ("mine", "theirs", "clash"),
    [("[a]", "[b]", False), ("[a]", "[b, a]", True), ("['*']", "[b]", True), ("[b]", "['*']", True)],
)
def test_customer_products_with_one_name_for_a_shared_customer(shop, customer, mine, theirs, clash):
    one = customer.replace("[a, b]", mine)
    other = customer.replace("[a, b]", theirs).replace("name: poster", "name: print")

    assert (
        shop.check(twice(one, other))
        == [
            (
                "20:9 same-name: customer_product.poster at catalog/f.yaml:1 has the same name "
                "for a customer of both: orders could not tell them apart"
            )
        ][:clash]
    )


def test_one_picture_for_two_colours_is_a_warning(shop, designed):
    other = designed.replace("dino\n", "rex\n").replace("Dino", "Rex").replace("#A72525", "#000000")

    assert shop.check(twice(designed, other)) == [
        (
            "14:13 same-picture: the front picture is that of designed_product.dino at catalog/f.yaml:1, "
            "which has another colour"
        )
    ]
    assert shop.load().errors == ()


def test_one_design_under_two_names_is_a_warning(shop, designed):
    art = designed + "  materialImages: [{imageName: a, imageUrl: https://cdn.test/art.png}]\n"
    other = (
        art.replace("dino\n", "rex\n").replace("Dino", "Rex").replace("a.png", "b.png").replace("#A7", "#a7")
    )

    assert shop.check(twice(art, other)) == [
        (
            "14:11 same-design: model, artwork and colour are those of designed_product.dino "
            "at catalog/f.yaml:1, under another name"
        )
    ]


def test_a_former_name_is_free_and_claimed_once(shop, designed):
    def variant(name: str, moved: str) -> str:
        text = designed.replace("dino\n", f"{name}\nmoved: [{moved}]\n")
        return text.replace("Dino", name).replace("a.png", f"{name}.png")

    assert shop.check(twice(designed, variant("rex", "dino"))) == [
        "11:9 moved: 'dino' cannot be a former name: it is declared at catalog/f.yaml:1"
    ]
    assert shop.check(twice(variant("rex", "old"), variant("tri", "old"))) == [
        "12:9 moved: 'old' is a former name of designed_product.rex at catalog/f.yaml:1 too"
    ]


def test_what_exists_already_may_be_described_in_part(shop, customer):
    """No listing tells all fields; what is told has to be right all the same."""
    half = "kind: designed_product\nname: dino\nadopt: '5012'\nspec:\n  enName: Dino\n"

    assert shop.check(half) == []
    (product,) = shop.load().catalog
    assert (product.history.adopt, dict(product.spec)) == ("5012", {"enName": "Dino"})
    assert shop.check(half + "  colorValue: red\n")[0].startswith("6:15 schema: spec.colorValue")
    assert shop.check(half.replace("adopt: '5012'\n", "")) == [
        f"3:1 schema: spec: '{field}' is missing" for field in ("colorValue", "imageUrl", "modelId")
    ]
    # An id as some answers have it.
    shop.check(customer.replace("spec:", "adopt: cp-a-b\nspec:"))
    assert [each.history.adopt for each in shop.load().catalog] == ["a-b"]


def test_doubles_that_exist_are_told_apart_by_their_ids(shop, designed):
    def variant(name: str, adopt: str) -> str:
        return designed.replace("dino\n", f"{name}\n{adopt}", 1)

    one, other = variant("dino", "adopt: '1'\n"), variant("rex", "adopt: '2'\n")
    (warned,) = shop.check(twice(one, other))
    assert "indistinguishable" in warned
    assert shop.load().errors == ()
    shop.check(twice(one, variant("rex", "")))
    assert [fault.rule for fault in shop.load().errors] == ["indistinguishable"]
    assert [each for each in shop.check(twice(one, variant("rex", "adopt: '1'\n"))) if "twice" in each] == [
        "12:8 adopted-twice: the product 1 is that of designed_product.dino at catalog/f.yaml:1 too"
    ]


def test_what_is_removed_has_no_document(shop, designed):
    away = "removed: [designed_product.rex, customer_product.fox]\n"

    assert shop.check(twice(designed, away)) == []
    assert set(shop.load().catalog.removed) == {"designed_product.rex", "customer_product.fox"}
    assert shop.check(twice(designed, away.replace("rex", "dino"))) == [
        (
            "9:11 removed: designed_product.dino is removed here, and its document is still there, "
            "at catalog/f.yaml:1"
        )
    ]
    assert [each.partition(" ")[0] for each in shop.check("removed: dino\n")] == ["1:10"]
    assert [each.partition(" ")[0] for each in shop.check("removed: [dino]\nname: x\n")] == ["1:11", "2:1"]


@pytest.mark.parametrize(("kind", "hint"), [
    ("designd_product", "did you mean designed_product?"),
    ("postcard", "write kind: designed_product"),
])  # fmt: skip
def test_a_document_of_a_kind_that_no_provider_has_is_a_fault(shop, designed, kind, hint):
    found = shop.hints(designed.replace("designed_product", kind))

    assert found == [hint]
    assert len(shop.load().catalog) == 0
