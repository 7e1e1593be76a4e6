"""The values of a customer product's options: what is sent, what a listing tells of them, what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from podsync.model.errors import InDoubtError
from podsync.model.frozen import freeze, thaw
from podsync.network.http import JsonResponse
from podsync.providers.contract import Match, ProductStep, Remote
from podsync.providers.gelato.api import GelatoWriter
from podsync.providers.gelato.provider import Gelato
from podsync.providers.gelato.values import Differs, ValueDifference, differences
from podsync.providers.habits import Habits
from tests.providers.fake_http import DATE, FakeHttp, ok

GELATO = Gelato()

#: The body of the vendor's page "Add Variant Option Values", but for our product and our choice of sizes.
SAMPLE = [
    {
        "variantOptionId": "size",
        "values": [
            {
                "value": "30x40",
                "isDefault": True,
                "attributeValues": [
                    {"partModelId": "frame", "attributes": {"width": "30", "height": "40"}},
                    {"partModelId": "poster-paper", "attributes": {"width": "30", "height": "40"}},
                ],
            },
            {
                "value": "50x70",
                "isDefault": False,
                "attributeValues": [
                    {"partModelId": "frame", "attributes": {"width": "50", "height": "70"}},
                    {"partModelId": "poster-paper", "attributes": {"width": "50", "height": "70"}},
                ],
            },
        ],
    }
]


def product(*options: dict[str, Any], **fields: Any) -> Any:
    return freeze(
        {
            "name": "Fox Framed Poster",
            "customerIds": ["customer-acme"],
            "productModelId": "model-framed-poster",
            "variantOptions": list(options),
            **fields,
        }
    )


def size(*values: Any, **fields: Any) -> dict[str, Any]:
    mapping = [
        {"partModelId": "frame", "attributeIds": ["width", "height"]},
        {"partModelId": "poster-paper", "attributeIds": ["width", "height"]},
    ]
    told = {"values": list(values)} if values else {}
    return {"id": "size", "name": "Size", "attributesMapping": mapping, **told, **fields}


def value(name: str, **fields: Any) -> dict[str, Any]:
    width, _, height = name.partition("x")
    parts = [{"partModelId": "frame", "attributes": {"width": width, "height": height}}]
    return {"value": name, "attributeValues": parts, **fields}


WHOLE = product(size(*SAMPLE[0]["values"]))  # type: ignore[misc]


def test_the_two_requests_are_the_vendors_samples() -> None:
    create = GELATO.request(WHOLE)
    (step,) = GELATO.steps(GELATO.first(WHOLE), WHOLE)
    values = GELATO.step_request("cp-7b0f3a1e/x", step, GELATO.first(WHOLE))

    assert (create.method, create.path) == ("POST", "/product/v1/customer-product")
    assert json.loads(json.dumps(create.body)) == thaw(product(size()))
    assert (values.method, values.path) == (
        "POST", "/product/v1/customer-products/cp-7b0f3a1e%2Fx/variant-values",
    )  # fmt: skip
    assert json.loads(json.dumps(values.body)) == SAMPLE


FAULTS: dict[str, tuple[Any, str, tuple[str | int, ...]]] = {
    "a value twice": (size(value("1x1"), value("1x1")), "repeated-id", (1, "value")),
    "two defaults": (
        size(value("1x1", isDefault=True), value("2x2", isDefault=True)), "two-defaults", (1, "isDefault"),
    ),
    "a part twice": (
        size(value("1x1", attributeValues=value("1x1")["attributeValues"] * 2)),
        "repeated-id", (0, "attributeValues", 1, "partModelId"),
    ),
    "a part that is not mapped": (
        size(value("1x1", attributeValues=[{"partModelId": "lid", "attributes": {"width": "1"}}])),
        "unmapped-part", (0, "attributeValues", 0, "partModelId"),
    ),
    "an attribute that is not mapped": (
        size(value("1x1", attributeValues=[{"partModelId": "frame", "attributes": {"depth": "1"}}])),
        "unmapped-attribute", (0, "attributeValues", 0, "attributes", "depth"),
    ),
    "an id outside the alphabet": (
        size(value("1x1", attributeValues=[{"partModelId": "frame", "attributes": {"width": "30 Cm"}}])),
        "attribute-value", (0, "attributeValues", 0, "attributes", "width"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_what_no_schema_can_say_is_checked_offline(case: str) -> None:
    option, rule, path = FAULTS[case]

    (fault,) = GELATO.check(product(option))

    assert (fault.rule, fault.path) == (rule, ("variantOptions", 0, "values", *path))
    assert {each.id for each in GELATO.rules()} >= {fault.rule}


def test_a_good_document_has_no_fault() -> None:
    assert list(GELATO.check(WHOLE)) == []
    assert GELATO.risks(None, WHOLE) == ()
    assert GELATO.risks(None, product(size(), size(value("1x1"), id="b")))[0].startswith(
        "it cannot be ordered"
    )


def test_what_makes_no_difference_makes_none() -> None:
    same = product(size(*reversed([{**v, "isDefault": v["isDefault"] or None} for v in SAMPLE[0]["values"]])))  # type: ignore[union-attr, index]

    assert GELATO.canonical(same) == GELATO.canonical(WHOLE)


# -- what a listing tells

LISTED: dict[str, tuple[Any, tuple[str, ...] | None, bool]] = {
    "all": (["30x40", "50x70"], ("30x40", "50x70"), True),
    "in another order": (["50x70", "30x40"], ("30x40", "50x70"), True),
    "one": (["50x70"], ("50x70",), True),
    "none": ([], (), True),
    "another one": (["30X40"], (), False),
    "one twice": (["30x40", "30x40"], ("30x40",), False),
    "as mappings": ([{"value": "30x40"}], ("30x40",), True),
    "not told": (..., None, False),
    "null": (None, None, False),
    "of an unknown form": ([["30x40"]], None, False),
}


@pytest.mark.parametrize("case", LISTED)
def test_what_a_listing_shows_of_a_step(case: str) -> None:
    told, there, sure = LISTED[case]
    row = Remote("1", product(size(**({} if told is ... else {"values": told}))))
    step = ProductStep("values", freeze({"variantOptions": WHOLE["variantOptions"]}))

    shown = GELATO.step_shown(step, GELATO.first(WHOLE), row)

    if there is None:
        assert shown is None
        return
    assert shown is not None
    names = [v["value"] for v in shown.part["variantOptions"][0].get("values", ())]
    assert (tuple(names), shown.sure) == (there, sure)


def test_values_differ_by_option_and_value() -> None:
    row = product(
        size(values=["30x40", "9x9"], defaultValue="9x9"), {"id": "base_attributes", "values": ["none"]}
    )

    assert differences(WHOLE, row) == (
        ValueDifference("size", "50x70", Differs.MISSING),
        ValueDifference("size", "9x9", Differs.EXTRA),
        ValueDifference("size", "9x9", Differs.DEFAULT),
    )
    assert differences(product(size()), row) == ()
    assert differences(WHOLE, product(size())) == ()


@pytest.mark.parametrize(
    ("told", "match"),
    [
        (["30x40", "50x70"], Match.SAME),
        (["30x40"], Match.SAME),
        ([], Match.SAME),
        (["30x40", "9x9"], Match.MAYBE),
    ],
)
def test_a_product_with_more_values_is_perhaps_another_one(told: list[str], match: Match) -> None:
    row = Remote("1", product(size(values=told)))

    assert GELATO.match(WHOLE, row, Habits()) is match
    assert GELATO.match(product(size()), row, Habits()) is Match.SAME


@pytest.mark.parametrize(
    ("told", "as_known"),
    [
        (["30x40", "50x70"], True),
        (["50x70", "30x40"], True),
        (["30x40"], False),
        (["30x40", "50x70", "9x9"], False),
    ],
)
def test_what_a_listing_tells_of_values_is_part_of_the_comparison(told: list[str], as_known: bool) -> None:
    listed = product({"id": "base_attributes", "values": ["none"]}, size(values=told))

    assert GELATO.shows("variantOptions", WHOLE["variantOptions"], listed["variantOptions"]) is as_known
    assert GELATO.shows("variantOptions", WHOLE["variantOptions"], product(size())["variantOptions"])


# -- answers

ANSWERS: dict[str, tuple[JsonResponse, bool | None]] = {
    "an empty object": (ok({}), False),
    "a list": (ok([]), False),
    "204": (JsonResponse(204, None, DATE), False),
    "the product": (
        ok({"id": "cp-1", **thaw(WHOLE), "variantOptions": [size(values=["30x40", "50x70"])]}),
        True,
    ),
    "the product of before": (ok({"id": "cp-1", **thaw(product(size(values=[])))}), False),
    "an error": (ok({"error": "invalid request"}), None),
    "errors": (ok({"errors": ["x"]}), None),
    "a message": (ok({"message": "Internal error, try again later"}), None),
    "no JSON": (JsonResponse(200, None, DATE), None),
    "another product": (ok({"id": "cp-2", **thaw(WHOLE)}), None),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_an_answer_counts_by_what_it_shows(case: str) -> None:
    answer, shows = ANSWERS[case]
    (step,) = GELATO.steps(GELATO.first(WHOLE), WHOLE)
    writer = GelatoWriter(FakeHttp(lambda *_: answer))
    request = GELATO.step_request("1", step, GELATO.first(WHOLE))

    if shows is None:
        with pytest.raises(InDoubtError):
            writer.send(request, 0.0)
        return
    remote = writer.send(request, 0.0).remote

    shown = GELATO.step_shown(step, GELATO.first(WHOLE), remote) if remote is not None else None
    assert (shown is not None and GELATO.canonical(shown.part) == GELATO.canonical(step.body)) is shows
