"""KakaClo: what podsync knows of it, and what it makes of its answers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from podsync.model.errors import (
    InDoubtError,
    ProviderError,
    RefusedError,
    UnauthorizedError,
    UnreachableError,
    UnreadableError,
)
from podsync.model.frozen import freeze
from podsync.network.http import JsonResponse
from podsync.network.request import Request
from podsync.providers.contract import Match, Query, Remote
from podsync.providers.habits import Habits
from podsync.providers.kakaclo.api import MODELS, SEARCH, KakaCloReader, KakaCloWriter
from podsync.providers.kakaclo.provider import ADD, KakaClo
from tests.providers.fake_http import DATE, FakeHttp, ok

EXAMPLES = json.loads((Path(__file__).parent.parent / "sandbox" / "vendor_examples.json").read_text("utf-8"))
KINDS = ("unknown", "kept", "rehosted")
FRONT, BACK = "https://cdn.test/front.png", "https://cdn.test/back.png"
SPEC = freeze(
    {
        "modelId": "1",
        "enName": "Dino T\u00e4",
        "imageUrl": FRONT,
        "backImageUrl": BACK,
        "colorValue": "#A72525",
    }
)


@pytest.mark.parametrize("example", EXAMPLES["kakaclo"])
def test_the_request_is_the_vendors_example(example: dict[str, Any]) -> None:
    request = KakaClo().request(freeze(example))

    assert (request.method, request.path) == ("POST", "/v1/product/custom/customDesigned/addProduct")
    assert json.loads(json.dumps(request.body)) == example


def _listed(**fields: Any) -> Remote:
    base = {"modelId": "1", "enName": "Dino T\u00e4", "imageUrl": FRONT, "backImageUrl": BACK}
    return Remote("5012", freeze({k: v for k, v in (base | fields).items() if v is not ...}))


S, D, M = Match.SAME, Match.DIFFERENT, Match.MAYBE
#: what is listed -> the verdict; what a setting or a habit says of pictures never makes it another product
MATCHES: dict[str, tuple[Remote, Match]] = {
    "all equal": (_listed(), S),
    "name with spaces around": (_listed(enName="  Dino T\u00e4 "), S),
    "name in another form of Unicode": (_listed(enName="Dino Ta\u0308"), S),
    "model as a number": (_listed(modelId=1), S),
    "model with zeros in front": (_listed(modelId="001"), S),
    "another model": (_listed(modelId="2"), D),
    "other pictures": (_listed(imageUrl="x", backImageUrl="y"), M),
    "another back": (_listed(backImageUrl="y"), M),
    "no pictures": (_listed(imageUrl=None, backImageUrl=None), M),
    "name cut": (_listed(enName="Dino"), M),
    "name cut, other pictures": (_listed(enName="Dino", imageUrl="x", backImageUrl="y"), M),
    "name in capitals, other pictures": (_listed(enName="DINO T\u00c4", imageUrl="x", backImageUrl="y"), M),
    "name with entities, other pictures": (_listed(enName="Dino T&auml;", imageUrl="x", backImageUrl="y"), M),
    "another name, our front": (_listed(enName="Rex"), M),
    "another name, our back alone": (_listed(enName="Rex", imageUrl="x"), M),
    "another name, other pictures": (_listed(enName="Rex", imageUrl="x", backImageUrl="y"), D),
    "no name, our front": (_listed(enName=None), M),
    "no name, other pictures": (_listed(enName="", imageUrl="x", backImageUrl="y"), D),
    "model not told": (_listed(modelId=...), M),
    "model not told, other pictures": (_listed(modelId=..., imageUrl="x", backImageUrl="y"), M),
    "model not told, another name": (_listed(modelId=..., enName="Rex", imageUrl="x", backImageUrl="y"), D),
}


@pytest.mark.parametrize("case", MATCHES)
def test_match_with_every_setting_of_pictures(case: str) -> None:
    remote, verdict = MATCHES[case]

    found = {KakaClo(word).match(SPEC, remote, Habits(setting=word)) for word in KINDS}  # type: ignore[arg-type]

    assert found == {verdict}


def test_what_is_known_not_to_be_changed_is_no_changed_form() -> None:
    remote = _listed(enName="DINO T\u00c4", imageUrl="x", backImageUrl="y")
    kept = Habits(freeze({"names": {"case": {"is": "kept", "proof": "1"}}}))

    assert KakaClo().match(SPEC, remote, kept) is D


def test_an_absent_back_picture_is_an_empty_one() -> None:
    spec = freeze({k: v for k, v in SPEC.items() if k != "backImageUrl"})

    assert [KakaClo().match(spec, _listed(backImageUrl=back)) for back in (None, "", ...)] == [S, S, S]


def test_identity_follows_what_the_listing_shows() -> None:
    assert (
        KakaClo("unknown").identity(SPEC)
        == KakaClo("kept").identity(SPEC)
        == ("1", "Dino T\u00e4", FRONT, BACK)
    )
    assert KakaClo("rehosted").identity(SPEC) == ("1", "Dino T\u00e4", "", "")
    assert KakaClo().identity(SPEC, Habits()) == ("1", "Dino T\u00e4", "", "")
    assert KakaClo().identity(SPEC, Habits(setting="kept")) == ("1", "Dino T\u00e4", FRONT, BACK)


def test_canonical_folds_the_colour_alone() -> None:
    spec = freeze({**SPEC, "colorValue": "#a7b5C5", "enName": "dino", "materialImages": ()})

    assert KakaClo().canonical(spec) == freeze(
        {"modelId": "1", "enName": "dino", "imageUrl": FRONT, "backImageUrl": BACK, "colorValue": "#A7B5C5"}
    )


def test_likeness_is_the_model_with_name_or_front() -> None:
    assert KakaClo().likeness(SPEC) == {"1 enName Dino T\u00e4", f"1 imageUrl {FRONT}"}


def test_it_knows_artworks_by_name_and_no_unique_names() -> None:
    provider = KakaClo()

    assert provider.natural_key(("materialImages",)) == "imageName"
    assert provider.natural_key(("materialImages", "a")) is None
    assert (provider.unique_name(SPEC), provider.clash(SPEC, SPEC)) == (None, False)
    with pytest.raises(NotImplementedError):
        provider.update_request("1", SPEC)


@pytest.mark.parametrize(("length", "count"), [(1, 0), (100, 0), (101, 1)])
def test_a_long_name_is_a_warning(length: int, count: int) -> None:
    found = list(KakaClo().check(freeze({**SPEC, "enName": "ä" * length})))

    assert [(f.rule, f.path, f.severity) for f in found] == [("long-name", ("enName",), "warning")] * count


@pytest.mark.parametrize(
    ("changed", "alike"),
    [
        ({"colorValue": "#000000"}, True),
        ({"materialImages": [{"imageName": "a", "imageUrl": "u"}]}, True),
        ({"colorValue": "#000000", "enName": "N"}, False),
        ({"imageUrl": "n"}, False),
        ({"colorValue": "#a72525"}, False),
    ],
)
def test_a_replace_that_looks_like_the_old_one_is_a_risk(changed: dict[str, Any], alike: bool) -> None:
    assert bool(KakaClo().risks(SPEC, freeze({**SPEC, **changed}))) == alike


# -- reading

ROW = {
    "id": 5012, "customDesignedId": 900100200, "modelCode": "POD1", "price": 6.41, "enName": "Dino",
    "imageUrl": FRONT, "backImageUrl": None, "kkProductId": 1, "spu": "QCUT00911",
    "createDate": 1718000000000,
    "somethingNew": {"a": [1]},
}  # fmt: skip


def _page(rows: Any, total: Any = ...) -> dict[str, Any]:
    data = {"list": rows} | ({} if total is ... else {"total": total})
    return {"code": 10000, "message": "kk.api.200", "data": data}


def _shop(rows: list[Any], models: list[Any] | None = None, size: int = 100) -> FakeHttp:
    """A shop that pages honestly, `size` rows a page whatever is asked for."""

    def answer(request: Request, _: Mapping[str, str]) -> JsonResponse:
        stock = [{"id": 1, "modelCode": "POD1"}] if models is None else models
        chosen = stock if request.path == MODELS else rows
        first = (request.body["pageNumber"] - 1) * size
        return ok(_page(chosen[first : first + size], len(chosen)))

    return FakeHttp(answer)


def _searches(http: FakeHttp) -> list[Any]:
    return [request.body for request, _ in http.asked if request.path == SEARCH]


def test_a_row_as_the_vendor_shows_it() -> None:
    listing = KakaCloReader(_shop([ROW])).find(Query())

    assert listing.complete
    assert listing.date == DATE
    (remote,) = listing.items
    assert remote == Remote(
        "5012",
        freeze({"enName": "Dino", "imageUrl": FRONT, "backImageUrl": None, "modelId": "1"}),
        1718000000.0,
        freeze({"product": {"customDesignedId": "900100200", "spu": "QCUT00911"}}),
    )


@pytest.mark.parametrize(
    ("row", "model"),
    [
        ({"modelCode": "POD1"}, "1"),
        ({"modelCode": "OTHER"}, None),
        ({"modelCode": "OTHER", "modelId": 7}, "7"),
        ({"modelCode": None}, None),
    ],
)
def test_the_model_comes_from_the_model_list(row: dict[str, Any], model: str | None) -> None:
    (remote,) = KakaCloReader(_shop([ROW | row])).find(Query()).items

    assert remote.fields.get("modelId") == model


@pytest.mark.parametrize(
    ("made", "at"),
    [
        (None, None),
        ("2024", None),
        (True, None),
        (1718000000500, 1718000000.5),
        (0, None),
        (1718000000, None),
        (10**400, None),
        (math.nan, None),
        (math.inf, None),
    ],
)
def test_when_it_was_made(made: Any, at: float | None) -> None:
    (remote,) = KakaCloReader(_shop([ROW | {"createDate": made}])).find(Query()).items

    assert remote.created_at == at


@pytest.mark.parametrize("size", [1, 7, 20, 100])
def test_every_page_is_read_even_where_the_server_gives_less_than_asked(size: int) -> None:
    rows = [ROW | {"id": n} for n in range(45)]

    listing = KakaCloReader(_shop(rows, size=size)).find(Query())

    assert ({r.id for r in listing.items}, listing.complete) == ({str(n) for n in range(45)}, True)


MODEL_LIST = [
    {"id": 1, "modelCode": "POD1"},
    {"id": 2, "modelCode": "POD2"},
    {"id": 3, "modelCode": "POD3"},
    {"id": 3, "modelCode": "POD3-NEW"},
    {"id": 70, "modelCode": 70},
]


@pytest.mark.parametrize(
    ("query", "filters"),
    [
        (Query(), {}),
        (Query(models=frozenset({"2", "3"})), {"modelCodes": ["POD2", "POD3", "POD3-NEW"]}),
        (Query(models=frozenset({"0070"})), {"modelCodes": ["70"]}),
        (Query(models=frozenset({"2", "unknown"})), {}),
        (
            Query(models=frozenset({"2", "9"}), pairs=freeze({"2": ["OLD2"], "9": ["POD9"]})),
            {"modelCodes": ["OLD2", "POD2", "POD9"]},
        ),
        (Query(name="Dino"), {"searchContent": "Dino"}),
        (Query(known=freeze({"1": {"spu": "Q1"}, "2": {"product": {"spu": "Q2"}}})), {"spus": ["Q1", "Q2"]}),
        (Query(known=freeze({"1": {"spu": "Q1"}, "2": {}})), {}),
    ],
)
def test_what_is_asked_for(query: Query, filters: dict[str, Any]) -> None:
    http = _shop([ROW], MODEL_LIST)

    KakaCloReader(http).find(query)

    pages = [{"pageNumber": 1, "pageSize": 100}, {"pageNumber": 2, "pageSize": 100}]
    assert _searches(http) == [filters | page for page in pages]


def test_a_lookup_that_finds_everything_is_one_request() -> None:
    http = _shop([ROW])

    listing = KakaCloReader(http).find(Query(known=freeze({"5012": {"spu": "QCUT00911"}})))

    assert ([item.id for item in listing.items], len(_searches(http))) == (["5012"], 1)


def test_many_products_are_looked_up_in_parts() -> None:
    http = _shop([])

    KakaCloReader(http).find(Query(known=freeze({str(n): {"spu": f"Q{n}"} for n in range(250)})))

    asked = [body["spus"] for body in _searches(http)]
    assert [len(spus) for spus in asked] == [100, 100, 50]
    assert {spu for spus in asked for spu in spus} == {f"Q{n}" for n in range(250)}


def test_the_model_list_is_read_once() -> None:
    http = _shop([ROW], MODEL_LIST)
    reader = KakaCloReader(http)

    for _ in range(3):
        assert reader.find(Query()).pairs == {
            "1": ("POD1",), "2": ("POD2",), "3": ("POD3", "POD3-NEW"), "70": ("70",)
        }  # fmt: skip
    assert sum(request.path == MODELS for request, _ in http.asked) == 2


@pytest.mark.parametrize("codes", [["POD1"], ["POD1", "POD2"]])
def test_filtered_is_what_the_provider_really_filtered(codes: list[str]) -> None:
    """A server that passes over the filter shows products of other models as well."""
    reader = KakaCloReader(
        _shop([ROW | {"id": n, "modelCode": code} for n, code in enumerate(codes)], MODEL_LIST)
    )

    assert reader.find(Query(models=frozenset({"1"}))).filtered is (codes == ["POD1"])
    assert reader.find(Query(models=frozenset({"unknown"}))).filtered is False
    assert reader.find(Query()).filtered is False
    assert reader.find(Query(name="Dino")).filtered is False


PAIRS = freeze({"1": ["POD1"], "2": ["POD2"], "8": ["POD8"]})


@pytest.mark.parametrize(
    ("models", "row", "model"),
    [
        # The list and the state agree, or one of them says nothing.
        ([{"id": 1, "modelCode": "POD1"}], {"modelCode": "POD1"}, "1"),
        ([{"id": "001", "modelCode": "POD1"}], {"modelCode": "POD1"}, "001"),
        ([{"id": 5, "modelCode": "POD5"}], {"modelCode": "POD5"}, "5"),
        ([], {"modelCode": "POD8"}, "8"),
        # The code stands for another model than when it was last seen, or for two.
        ([{"id": 9, "modelCode": "POD1"}], {"modelCode": "POD1"}, None),
        ([{"id": 5, "modelCode": "X"}, {"id": 6, "modelCode": "X"}], {"modelCode": "X"}, None),
        # It is missing, or nobody knows it.
        ([], {"modelCode": None}, None),
        ([{"id": 5, "modelCode": ""}], {"modelCode": ""}, None),
        ([], {"modelCode": "NEW"}, None),
        # The row itself tells the model: believed unless something else says otherwise.
        ([], {"modelCode": "NEW", "modelId": 7}, "7"),
        ([{"id": 5, "modelCode": "X"}, {"id": 6, "modelCode": "X"}], {"modelCode": "X", "modelId": "6"}, "6"),
        ([{"id": 5, "modelCode": "X"}], {"modelCode": "X", "modelId": 6}, None),
        # A code that is a number.
        ([{"id": 5, "modelCode": 55}], {"modelCode": 55}, "5"),
    ],
)
def test_a_model_is_known_or_it_is_not(models: list[Any], row: dict[str, Any], model: str | None) -> None:
    (remote,) = KakaCloReader(_shop([ROW | row], models)).find(Query(pairs=PAIRS)).items

    assert remote.fields.get("modelId") == model


DOWN: dict[str, JsonResponse | ProviderError] = {
    "404": ok({"message": "no such page"}, status=404),
    "405": ok(None, status=405),
    "501": ok(None, status=501),
    "no listing": ok({"code": 10000, "data": "soon"}),
    "HTML": ok(None),
    "5xx, tried again": UnreadableError("KakaClo could not be read: HTTP 503", status=503),
}


@pytest.mark.parametrize("case", DOWN)
def test_while_the_model_list_is_down_what_was_seen_stands(case: str) -> None:
    def answer(request: Request, _: Mapping[str, str]) -> JsonResponse:
        if request.path == MODELS:
            found = DOWN[case]
            if isinstance(found, ProviderError):
                raise found
            return found
        rows = [ROW | {"id": n, "modelCode": code} for n, code in enumerate(["POD1", "POD7"])]
        return ok(_page(rows if request.body["pageNumber"] == 1 else [], 2))

    http = FakeHttp(answer)
    reader = KakaCloReader(http)
    listing = reader.find(Query(models=frozenset({"1", "2"}), pairs=PAIRS))
    reader.find(Query())

    assert [item.fields.get("modelId") for item in listing.items] == ["1", None]
    assert (listing.pairs, listing.complete) == ({}, True)
    assert _searches(http)[0]["modelCodes"] == ["POD1", "POD2"]
    assert sum(request.path == MODELS for request, _ in http.asked) == 1


@pytest.mark.parametrize("kind", [UnauthorizedError, UnreachableError])
def test_what_the_model_list_meets_for_all_is_told(kind: type[ProviderError]) -> None:
    def answer(*_: Any) -> JsonResponse:
        raise kind("no")

    http = FakeHttp(answer)

    with pytest.raises(kind):
        KakaCloReader(http).find(Query())
    assert len(http.asked) == 1


def test_numbers_are_text_and_other_things_are_nothing() -> None:
    rows = [ROW | {"id": "5", "spu": 77, "customDesignedId": [1], "modelCode": {"a": 1}}]

    (remote,) = KakaCloReader(_shop(rows)).find(Query()).items

    assert (remote.id, remote.shown) == ("5", {"product": {"spu": "77"}})


NO_LISTINGS: dict[str, JsonResponse] = {
    "a refusal in the envelope": ok({"code": 20001, "message": "no"}),
    "no code": ok({"data": {"list": [], "total": 0}}),
    "a code in text": ok({"code": "10000", "data": {"list": [], "total": 0}}),
    "another status": ok(_page([], 0), status=201),
    "no JSON": ok(None),
    "a list": ok([]),
    "data is a list": ok({"code": 10000, "data": []}),
    "data is empty text": ok({"code": 10000, "data": ""}),
    "null rows and no total": ok(_page(None)),
    "null rows and some total": ok(_page(None, 3)),
    "rows are a mapping": ok(_page({}, 0)),
    "rows are texts": ok(_page(["a"], 1)),
    "a row without an id": ok(_page([{"enName": "x"}], 1)),
    "a row with a null id": ok(_page([{"id": None}], 1)),
    "a row with an empty id": ok(_page([{"id": ""}], 1)),
    "a row whose id is a list": ok(_page([{"id": [1]}], 1)),
    "a row whose id is true": ok(_page([{"id": True}], 1)),
    "a row whose id a shell would run": ok(_page([{"id": "5;$(id)"}], 1)),
}


@pytest.mark.parametrize("case", NO_LISTINGS)
def test_what_is_no_listing_is_never_an_empty_one(case: str) -> None:
    def answer(request: Request, _: Mapping[str, str]) -> JsonResponse:
        return ok(_page([], 0)) if request.path == MODELS else NO_LISTINGS[case]

    with pytest.raises(UnreadableError):
        KakaCloReader(FakeHttp(answer)).find(Query())


def test_null_rows_with_a_total_of_nought_are_an_empty_listing() -> None:
    listing = KakaCloReader(FakeHttp(lambda *_: ok(_page(None, 0)))).find(Query())

    assert (listing.items, listing.complete) == ((), True)


@pytest.mark.parametrize("value", [None, 5, [], {"a": 1}, "x" * 10, True])
@pytest.mark.parametrize(
    "field", ["enName", "imageUrl", "backImageUrl", "modelCode", "spu", "customDesignedId"]
)
def test_any_value_in_a_row_can_be_compared(field: str, value: Any) -> None:
    for remote in KakaCloReader(_shop([ROW | {field: value}])).find(Query()).items:
        for pictures in KINDS:
            assert isinstance(KakaClo(pictures).match(SPEC, remote), Match)  # type: ignore[arg-type]


# -- writing


def _send(answer: JsonResponse) -> Any:
    return KakaCloWriter(FakeHttp(lambda *_: answer)).send(Request("POST", ADD, SPEC), 30.0)


@pytest.mark.parametrize("message", ["Success!", "Success！", "kk.api.200", "ok", None, 5])
def test_only_the_code_says_that_it_was_made(message: Any) -> None:
    receipt = _send(ok({"data": "", "code": 10000, "message": message}))

    assert (receipt.remote, receipt.status, receipt.code, receipt.date) == (None, 200, 10000, DATE)


@pytest.mark.parametrize("code", [0, 200, 400, 404, 499, 600, 10001, 50000, -1])
def test_another_code_is_a_refusal(code: int) -> None:
    with pytest.raises(RefusedError, match=f"code {code}") as raised:
        _send(ok({"code": code, "message": "model \x1b[31m unknown"}))

    assert (raised.value.status, raised.value.code, raised.value.date) == (200, code, DATE)
    assert "\x1b" not in raised.value.message


@pytest.mark.parametrize(
    ("code", "stops", "slowed"),
    [
        (401, True, 0),
        (403, True, 0),
        (408, False, 0),
        (429, False, 1),
        (500, False, 0),
        (503, False, 0),
        (599, False, 0),
    ],
)
def test_a_code_that_says_nothing_about_the_product_leaves_a_doubt(
    code: int, stops: bool, slowed: int
) -> None:
    http = FakeHttp(lambda *_: ok({"code": code, "message": "no"}))

    with pytest.raises(InDoubtError) as raised:
        KakaCloWriter(http).send(Request("POST", ADD, SPEC), 30.0)

    assert (raised.value.code, raised.value.stops, raised.value.date) == (code, stops, DATE)
    assert http.slowed == slowed


@pytest.mark.parametrize(
    "body", [None, [], "", {}, {"code": None}, {"code": "10000"}, {"code": True}, {"code": 10000.0}]
)
def test_an_answer_without_a_code_leaves_a_doubt(body: Any) -> None:
    with pytest.raises(InDoubtError, match="without a code"):
        _send(ok(body))
