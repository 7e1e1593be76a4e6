"""KakaClo: what podsync knows of it, and what it makes of its answers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from podsync.errors import InDoubtError, RefusedError, UnreadableError
from podsync.model import freeze
from podsync.ports import Match, Query, Remote, Request
from podsync.providers.http import Answer
from podsync.providers.kakaclo import ADD, KakaClo
from podsync.providers.kakaclo_api import MODELS, SEARCH, KakaCloReader, KakaCloWriter
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
#: what is listed -> the verdict with pictures unknown, kept, rehosted
MATCHES: dict[str, tuple[Remote, Match, Match, Match]] = {
    "all equal": (_listed(), S, S, S),
    "name with spaces around": (_listed(enName="  Dino T\u00e4 "), S, S, S),
    "name in another form of Unicode": (_listed(enName="Dino Ta\u0308"), S, S, S),
    "model as a number": (_listed(modelId=1), S, S, S),
    "another model": (_listed(modelId="2"), D, D, D),
    "other pictures": (_listed(imageUrl="x", backImageUrl="y"), M, D, S),
    "another back": (_listed(backImageUrl="y"), M, D, S),
    "no pictures": (_listed(imageUrl=None, backImageUrl=None), M, D, S),
    "name cut": (_listed(enName="Dino"), M, M, M),
    "name cut, other pictures": (_listed(enName="Dino", imageUrl="x", backImageUrl="y"), M, M, M),
    "another name, our front": (_listed(enName="Rex"), M, M, M),
    "another name, our back alone": (_listed(enName="Rex", imageUrl="x"), D, D, D),
    "another name, other pictures": (_listed(enName="Rex", imageUrl="x", backImageUrl="y"), D, D, D),
    "no name, our front": (_listed(enName=None), M, M, M),
    "no name, other pictures": (_listed(enName="", imageUrl="x", backImageUrl="y"), D, D, D),
    "model not told": (_listed(modelId=...), M, M, M),
    "model not told, other pictures": (_listed(modelId=..., imageUrl="x", backImageUrl="y"), M, D, M),
    "model not told, another name": (_listed(modelId=..., enName="Rex", imageUrl="x"), D, D, D),
}


@pytest.mark.parametrize("case", MATCHES)
def test_match_with_every_setting_of_pictures(case: str) -> None:
    remote, *verdicts = MATCHES[case]

    found = [KakaClo(pictures).match(SPEC, remote) for pictures in KINDS]  # type: ignore[arg-type]

    assert found == verdicts


def test_an_absent_back_picture_is_an_empty_one() -> None:
    spec = freeze({k: v for k, v in SPEC.items() if k != "backImageUrl"})

    assert [KakaClo().match(spec, _listed(backImageUrl=back)) for back in (None, "", ...)] == [S, S, S]


def test_identity_follows_what_the_listing_shows() -> None:
    assert (
        KakaClo("unknown").identity(SPEC)
        == KakaClo("kept").identity(SPEC)
        == ("1", "Dino T\u00e4", FRONT, BACK)
    )
    assert KakaClo("rehosted").identity(SPEC) == ("1", "Dino T\u00e4")


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

    def answer(request: Request, _: Mapping[str, str]) -> Answer:
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
        (1500, 1.5),
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


def test_what_is_asked_for() -> None:
    models = [{"id": 1, "modelCode": "POD1"}, {"id": 2, "modelCode": "POD2"}, {"id": 3, "modelCode": "POD3"}]
    http = _shop([ROW], models)
    reader = KakaCloReader(http)

    for query in (
        Query(),
        Query(models=frozenset({"2", "3"})),
        Query(models=frozenset({"2", "unknown"})),
        Query(name="Dino"),
        Query(known=freeze({"1": {"spu": "Q1"}, "2": {"spu": "Q2"}})),
        Query(known=freeze({"1": {"spu": "Q1"}, "2": {}})),
    ):
        reader.find(query)

    first = {"pageNumber": 1, "pageSize": 100}
    assert _searches(http) == [
        first,
        {"modelCodes": ["POD2", "POD3"]} | first,
        first,
        {"searchContent": "Dino"} | first,
        {"spus": ["Q1", "Q2"]} | first,
        first,
    ]
    assert sum(request.path == MODELS for request, _ in http.asked) == 1


NO_LISTINGS: dict[str, Answer] = {
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
}


@pytest.mark.parametrize("case", NO_LISTINGS)
def test_what_is_no_listing_is_never_an_empty_one(case: str) -> None:
    def answer(request: Request, _: Mapping[str, str]) -> Answer:
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


def _send(answer: Answer) -> Any:
    return KakaCloWriter(FakeHttp(lambda *_: answer)).send(Request("POST", ADD, SPEC), 30.0)


@pytest.mark.parametrize("message", ["Success!", "Success！", "kk.api.200", "ok", None, 5])
def test_only_the_code_says_that_it_was_made(message: Any) -> None:
    receipt = _send(ok({"data": "", "code": 10000, "message": message}))

    assert (receipt.remote, receipt.status, receipt.code, receipt.date) == (None, 200, 10000, DATE)


@pytest.mark.parametrize("code", [0, 200, 401, 10001, -1])
def test_another_code_is_a_refusal(code: int) -> None:
    with pytest.raises(RefusedError, match=f"code {code}") as raised:
        _send(ok({"code": code, "message": "model \x1b[31m unknown"}))

    assert (raised.value.status, raised.value.code, raised.value.date) == (200, code, DATE)
    assert "\x1b" not in raised.value.message


@pytest.mark.parametrize(
    "body", [None, [], "", {}, {"code": None}, {"code": "10000"}, {"code": True}, {"code": 10000.0}]
)
def test_an_answer_without_a_code_leaves_a_doubt(body: Any) -> None:
    with pytest.raises(InDoubtError, match="without a code"):
        _send(ok(body))
