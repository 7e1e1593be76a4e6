"""Gelato Connect: what podsync knows of it, and what it makes of its answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from podsync.model.errors import InDoubtError, UnreadableError
from podsync.model.frozen import freeze, thaw
from podsync.network.http import JsonResponse
from podsync.network.request import Request
from podsync.providers.contract import Match, Query, Remote
from podsync.providers.gelato.api import LONGEST_LIST, GelatoReader, GelatoWriter
from podsync.providers.gelato.provider import ADD, LIST, Gelato
from podsync.providers.habits import Habits
from tests.plan.build import bag, option
from tests.providers.fake_http import DATE, FakeHttp, ok

EXAMPLES = json.loads((Path(__file__).parent.parent / "sandbox" / "vendor_examples.json").read_text("utf-8"))
GELATO = Gelato()
SPEC = freeze(bag(partQuantities=[{"partModelId": "p", "quantity": 2}]))
S, D, M = Match.SAME, Match.DIFFERENT, Match.MAYBE
BASE_ATTRIBUTES = {
    "id": "base_attributes", "name": "Base Attributes", "values": ["none"], "defaultValue": "",
    "attributesMapping": [{"partModelId": "m", "attributeIds": ["CoatingType"]}], "state": "published",
}  # fmt: skip


@pytest.mark.parametrize("example", EXAMPLES["gelato"], ids=lambda e: e["name"])
def test_the_request_is_the_vendors_example(example: dict[str, Any]) -> None:
    request = GELATO.request(freeze(example))

    assert (request.method, request.path) == ("POST", "/product/v1/customer-product")
    assert json.loads(json.dumps(request.body)) == example


def test_an_update_sends_just_what_changed_to_a_path_that_ids_cannot_leave() -> None:
    request = GELATO.update_request("../a b?c", freeze({"name": "Bag"}))

    assert request == Request(
        "PATCH", "/product/v1/customer-products/..%2Fa%20b%3Fc", freeze({"name": "Bag"})
    )


def _listed(**fields: Any) -> Remote:
    told = {k: v for k, v in thaw(SPEC).items() if k != "partQuantities"} | fields
    return Remote("1", freeze({k: v for k, v in told.items() if v is not ...}))


MATCHES: dict[str, tuple[Remote, Match]] = {
    "all equal": (_listed(), S),
    "customers in another order": (_listed(customerIds=["ben", "anna"]), S),
    "options in another order": (_listed(variantOptions=[option("color"), option("size")]), S),
    "what the server adds to an option": (
        _listed(variantOptions=[option("size") | {"values": ["S"], "state": "published"}, option("color")]),
        S,
    ),
    "an option that the server adds": (
        _listed(variantOptions=[BASE_ATTRIBUTES, option("size"), option("color")]),
        S,
    ),
    "part quantities as sent": (_listed(partQuantities=[{"quantity": 2, "partModelId": "p"}]), S),
    "no part quantities told": (_listed(partQuantities=[]), S),
    "name with spaces around": (_listed(name=" Tote "), S),
    "other part quantities": (_listed(partQuantities=[{"partModelId": "p", "quantity": 3}]), M),
    "another model": (_listed(productModelId="x"), D),
    "another name": (_listed(name="Bag"), D),
    "a beginning of the name": (_listed(name="Tot"), M),
    "too short a beginning": (_listed(name="To"), D),
    "a beginning of the name, other options": (_listed(name="Tot", variantOptions=[option("size")]), D),
    "name in capitals": (_listed(name="TOTE"), M),
    "no shared customer": (_listed(customerIds=["carl"]), M),
    "no customers told": (_listed(customerIds=...), M),
    "model not told": (_listed(productModelId=...), M),
    "one customer less": (_listed(customerIds=["anna"]), M),
    "every customer": (_listed(customerIds=["*"]), M),
    "an option less": (_listed(variantOptions=[option("size")]), M),
    "another option name": (_listed(variantOptions=[option("size", "Grösse"), option("color")]), M),
    "other attributes": (
        _listed(variantOptions=[option("size", "Size", ("fabric", ["x"])), option("color")]),
        M,
    ),
    "options not told": (_listed(variantOptions=...), M),
}


@pytest.mark.parametrize("case", MATCHES)
def test_match(case: str) -> None:
    remote, verdict = MATCHES[case]

    assert GELATO.match(SPEC, remote) is verdict


def test_where_customers_are_known_to_come_back_as_sent_another_customer_is_another_product() -> None:
    kept = Habits(freeze({"customers": {"is": "kept", "proof": "1"}}))

    assert GELATO.match(SPEC, _listed(customerIds=["carl"]), kept) is D
    assert GELATO.match(SPEC, _listed(customerIds=...), kept) is M


def test_names_in_another_form_of_unicode_are_one() -> None:
    spec = freeze(bag(name="T\u00e4sche"))
    remote = Remote("1", freeze(bag(name="Ta\u0308sche ")))

    assert GELATO.match(spec, remote) is S
    assert GELATO.identity(spec) == GELATO.identity(remote.fields)
    assert GELATO.clash(spec, remote.fields)


def test_canonical_sorts_what_has_no_order_and_keeps_what_has() -> None:
    spec = freeze(
        bag(
            customerIds=["b", "a"],
            variantOptions=[option("z", "Z", ("q", ["3", "2"]), ("p", ["1"])), option("a")],
            partQuantities=[{"quantity": 1, "partModelId": "z"}, {"partModelId": "a", "quantity": 0}],
        )
    )

    assert GELATO.canonical(spec) == freeze(
        bag(
            customerIds=["a", "b"],
            variantOptions=[option("z", "Z", ("p", ["1"]), ("q", ["2", "3"])), option("a")],
            partQuantities=[{"partModelId": "a", "quantity": 0}, {"partModelId": "z", "quantity": 1}],
        )
    )


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        (["a"], ["a", "b"], True),
        (["a"], ["b"], False),
        (["*"], ["b"], True),
        (["a"], ["*"], True),
        ([], ["*"], True),
        ([], ["a"], False),
    ],
)
def test_a_name_for_a_shared_customer(one: list[str], other: list[str], clash: bool) -> None:
    first, second = freeze(bag(customerIds=one)), freeze(bag(customerIds=other))

    assert GELATO.clash(first, second) == GELATO.clash(second, first) == clash
    assert not GELATO.clash(first, freeze(bag(customerIds=other, name="Bag")))


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (("variantOptions",), "id"),
        (("variantOptions", "size", "attributesMapping"), "partModelId"),
        (("partQuantities",), "partModelId"),
        (("customerIds",), None),
        (("variantOptions", "size"), None),
    ],
)
def test_what_lists_are_told_apart_by(path: tuple[str, ...], key: str | None) -> None:
    assert GELATO.natural_key(path) == key


def test_ids_that_stand_twice() -> None:
    spec = freeze(
        bag(
            variantOptions=[option("a"), option("b"), option("a")],
            partQuantities=[{"partModelId": "p", "quantity": 1}, {"partModelId": "p", "quantity": 2}],
        )
    )

    assert [(f.rule, f.path, f.severity) for f in GELATO.check(spec)] == [
        ("repeated-id", ("variantOptions", 2, "id"), "error"),
        ("repeated-id", ("partQuantities", 1, "partModelId"), "error"),
    ]
    assert list(GELATO.check(SPEC)) == []


@pytest.mark.parametrize(
    ("before", "after", "risks"),
    [
        (None, {}, ["it cannot be ordered until its options have values (write them into the document)"]),
        ({}, {}, []),
        ({}, {"customerIds": ["anna"]}, ["ben loses access"]),
        ({"customerIds": ["a", "b", "c"]}, {"customerIds": ["c"]}, ["a, b lose access"]),
        ({}, {"customerIds": ["*"]}, ["it opens to every customer"]),
        ({"customerIds": ["*"]}, {}, ["every customer but anna, ben loses access"]),
        ({}, {"name": "Bag"}, ['anna and ben may order it by name: "Tote" is unknown from that moment']),
        (
            {"customerIds": ["*"]},
            {"customerIds": ["*"], "name": "Bag"},
            ['every customer may order it by name: "Tote" is unknown from that moment'],
        ),
    ],
)
def test_risks(before: dict[str, Any] | None, after: dict[str, Any], risks: list[str]) -> None:
    old = None if before is None else freeze(bag(**before))

    assert list(GELATO.risks(old, freeze(bag(**after)))) == risks
    assert GELATO.risks(old, None) == ()


# -- reading

UUID = "0d6b1f2e-1111-4222-8333-444455556666"
ROW = bag() | {
    "id": UUID, "state": "published", "createdAt": "2025-06-30T05:50:22Z", "updatedAt": "x", "novelty": [{}]
}  # fmt: skip


def _page(rows: Any, total: Any = ...) -> dict[str, Any]:
    return {"customerProducts": rows} | ({} if total is ... else {"pagination": {"total": total}})


def _shop(rows: list[Any], *, size: int = 250, total: bool = True) -> FakeHttp:
    def answer(_: Request, params: Mapping[str, str]) -> JsonResponse:
        first = int(params["offset"])
        some = rows[first : first + min(size, int(params["limit"]))]
        return ok(_page(some, len(rows)) if total else _page(some))

    return FakeHttp(answer)


def test_a_row_as_the_vendor_shows_it() -> None:
    listing = GelatoReader(_shop([ROW])).find(Query())

    assert listing.complete
    assert listing.date == DATE
    assert listing.items == (
        Remote(UUID, freeze(bag()), 1751262622.0, freeze({"product": {"state": "published"}})),
    )


def test_ids_come_with_and_without_their_prefix() -> None:
    rows = [ROW | {"id": f"cp-{UUID}"}]

    (remote,) = GelatoReader(_shop(rows)).find(Query()).items

    assert remote.id == UUID


@pytest.mark.parametrize(
    ("made", "at"),
    [
        ("2025-06-30T05:50:22Z", 1751262622.0),
        ("2025-06-30T05:50:22", 1751262622.0),
        ("2025-06-30T07:50:22+02:00", 1751262622.0),
        ("yesterday", None),
        (1751262622, None),
        (None, None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_when_it_was_made(made: Any, at: float | None) -> None:
    (remote,) = GelatoReader(_shop([ROW | {"createdAt": made}])).find(Query()).items

    assert remote.created_at in {at, -62135647200.0}


@pytest.mark.parametrize("total", [True, False])
@pytest.mark.parametrize("size", [1, 7, 250])
def test_every_page_is_read_even_where_the_server_gives_less_than_asked(size: int, total: bool) -> None:
    rows = [ROW | {"id": f"id-{n}"} for n in range(30)]

    listing = GelatoReader(_shop(rows, size=size, total=total)).find(Query())

    assert ({r.id for r in listing.items}, listing.complete) == ({f"id-{n}" for n in range(30)}, True)


@pytest.mark.parametrize(
    ("query", "filters"),
    [
        (Query(), {}),
        (Query(models=frozenset({"b", "a"})), {"productModelIds": "a,b"}),
        (Query(models=frozenset({"a,b"})), {}),
        (Query(known=freeze({"2": {}, "1": {}})), {"customerProductIds": "1,2"}),
        (Query(name="Tote & Bag"), {"search": "Tote & Bag"}),
    ],
)
def test_what_is_asked_for(query: Query, filters: dict[str, str]) -> None:
    http = _shop([ROW])

    GelatoReader(http).find(query)

    pages = [{"offset": "0", "limit": "250"}, {"offset": "1", "limit": "250"}]
    assert [params for _, params in http.asked] == [filters | page for page in pages]
    assert {(request.method, request.path, request.body) for request, _ in http.asked} == {
        ("GET", LIST, None)
    }


def test_a_lookup_that_finds_everything_is_one_request() -> None:
    http = _shop([ROW])

    listing = GelatoReader(http).find(Query(known=freeze({UUID: {}})))

    assert ([item.id for item in listing.items], len(http.asked)) == ([UUID], 1)


@pytest.mark.parametrize("field", ["productModelIds", "customerProductIds"])
def test_lists_that_make_a_url_too_long_are_asked_for_in_parts(field: str) -> None:
    ids = [f"{n:036d}" for n in range(100)]
    http = _shop([])
    asked = {"known": freeze({each: {} for each in ids})}
    if field == "productModelIds":
        asked = {"models": frozenset(ids)}

    GelatoReader(http).find(Query(**asked))

    lists = [params[field] for _, params in http.asked]
    assert [each for part in lists for each in part.split(",")] == ids
    assert max(map(len, lists)) <= LONGEST_LIST


def test_filtered_is_what_the_provider_really_filtered() -> None:
    reader = GelatoReader(_shop([ROW]))

    assert reader.find(Query(models=frozenset({ROW["productModelId"]}))).filtered is True
    assert reader.find(Query(models=frozenset({"another"}))).filtered is False
    assert reader.find(Query(models=frozenset({"a,b"}))).filtered is False
    assert reader.find(Query()).filtered is False


def test_ids_that_are_numbers_are_text() -> None:
    rows = [ROW | {"id": 7, "productModelId": 9, "customerIds": [1, "two"]}]

    (remote,) = GelatoReader(_shop(rows)).find(Query()).items

    assert (remote.id, remote.fields["productModelId"]) == ("7", "9")
    assert remote.fields["customerIds"] == ("1", "two")


NO_LISTINGS: dict[str, JsonResponse] = {
    "an error": ok({"message": "Bad request"}, status=400),
    "another status": ok(_page([], 0), status=206),
    "no JSON": ok(None),
    "a list": ok([]),
    "no rows": ok({}),
    "null rows": ok(_page(None, 0)),
    "rows are texts": ok(_page(["a"], 1)),
    "a row without an id": ok(_page([{"name": "x"}], 1)),
    "a row with a fraction for an id": ok(_page([{"id": 5.5}], 1)),
    "a row whose id is true": ok(_page([{"id": True}], 1)),
    "a row with an empty id": ok(_page([{"id": ""}], 1)),
    "a row with nothing but the prefix": ok(_page([{"id": "cp-"}], 1)),
    "customers that are no list": ok(_page([ROW | {"customerIds": 5}], 1)),
    "customers that are a text": ok(_page([ROW | {"customerIds": "anna"}], 1)),
    "options that are no list": ok(_page([ROW | {"variantOptions": "x"}], 1)),
    "options that are texts": ok(_page([ROW | {"variantOptions": ["x"]}], 1)),
    "mappings that are texts": ok(
        _page([ROW | {"variantOptions": [{"id": "a", "attributesMapping": ["x"]}]}], 1)
    ),
    "attributes that are a number": ok(
        _page([ROW | {"variantOptions": [{"id": "a", "attributesMapping": [{"attributeIds": 5}]}]}], 1)
    ),
    "part quantities that are texts": ok(_page([ROW | {"partQuantities": ["x"]}], 1)),
}


@pytest.mark.parametrize("case", NO_LISTINGS)
def test_what_is_no_listing_is_never_an_empty_one(case: str) -> None:
    with pytest.raises(UnreadableError):
        GelatoReader(FakeHttp(lambda *_: NO_LISTINGS[case])).find(Query())


@pytest.mark.parametrize("paging", [None, [], {"total": "5"}, {"total": True}, {"total": None}, {"limit": 5}])
def test_a_total_that_is_not_understood_is_none(paging: Any) -> None:
    def answer(_: Request, params: Mapping[str, str]) -> JsonResponse:
        return ok({"customerProducts": [ROW][int(params["offset"]) :], "pagination": paging})

    listing = GelatoReader(FakeHttp(answer)).find(Query())

    assert (len(listing.items), listing.complete) == (1, True)


# -- writing


def _send(answer: JsonResponse, method: str = "POST") -> Any:
    return GelatoWriter(FakeHttp(lambda *_: answer)).send(Request(method, ADD, SPEC), 30.0)


MADE = ROW | {"id": f"cp-{UUID}", "name": SPEC["name"], "productModelId": SPEC["productModelId"]}


@pytest.mark.parametrize("status", [200, 201])
def test_a_create_answers_with_the_product(status: int) -> None:
    receipt = _send(ok(MADE, status=status))

    assert (receipt.remote.id, receipt.status, receipt.code, receipt.date) == (UUID, status, None, DATE)


def test_a_name_that_differs_in_its_form_of_unicode_or_its_ends_is_what_was_sent() -> None:
    assert _send(ok(MADE | {"name": f" {SPEC['name']} "})).remote.id == UUID


NOT_MADE: dict[str, Any] = {
    "no JSON": None,
    "a list": [],
    "nothing": {},
    "a null id": MADE | {"id": None},
    "a number as id": MADE | {"id": 5},
    "an empty id": MADE | {"id": ""},
    "an id that is a prefix": MADE | {"id": "cp-"},
    "a job": {"jobId": "job-1", "status": "queued"},
    "a job's id": {"id": "job-1", "status": "queued"},
    "an error text": {"message": "quota exceeded", "id": UUID},
    "an error beside the product": MADE | {"error": "quota exceeded"},
    "errors beside the product": MADE | {"errors": ["quota exceeded"]},
    "another name": MADE | {"name": "Another"},
    "an empty name": MADE | {"name": ""},
    "no name": {key: value for key, value in MADE.items() if key != "name"},
    "another model": MADE | {"productModelId": "another"},
    "no model": MADE | {"productModelId": None},
    "customers that are none": MADE | {"customerIds": 5},
}


@pytest.mark.parametrize("case", NOT_MADE)
def test_a_create_that_does_not_show_what_was_sent_leaves_a_doubt(case: str) -> None:
    with pytest.raises(InDoubtError) as raised:
        _send(ok(NOT_MADE[case]))

    assert (raised.value.status, raised.value.date) == (200, DATE)


def _update(answer: JsonResponse) -> Any:
    request = GELATO.update_request(UUID, freeze({"name": "New"}))
    return GelatoWriter(FakeHttp(lambda *_: answer)).send(request, 30.0)


def test_an_update_tells_what_its_answer_shows() -> None:
    assert _update(ok(MADE | {"name": "New"})).remote.fields["name"] == "New"
    assert _update(ok(MADE)).remote.fields["name"] == SPEC["name"]


@pytest.mark.parametrize("body", [{}, {"message": "done"}, {"id": 5}, MADE | {"id": "cp-another"}])
def test_an_update_that_shows_no_product_shows_nothing(body: Any) -> None:
    assert _update(ok(body)).remote is None


def test_an_update_may_be_answered_without_content() -> None:
    assert _update(ok(None, status=204)).remote is None


@pytest.mark.parametrize("body", [None, [], "x"])
def test_an_update_that_is_answered_with_no_product_at_all_leaves_a_doubt(body: Any) -> None:
    with pytest.raises(InDoubtError):
        _update(ok(body))
