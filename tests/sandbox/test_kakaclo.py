"""KakaClo as its pages describe it."""

import json

import pytest

from podsync.sandbox import Rules

DOCUMENTED = {
    "id", "customDesignedId", "modelCode", "price", "enName", "imageUrl", "backImageUrl",
    "kkProductId", "orderCount", "spu", "createDate", "modifyDate",
}  # fmt: skip


def test_the_vendors_example_is_accepted_and_no_id_comes_back(kakaclo, vendor_examples):
    answer = kakaclo.post("customDesigned/addProduct", vendor_examples["kakaclo"][0])

    assert answer.status_code == 200
    assert answer.json() == {"code": 10000, "message": "Success!", "data": ""}
    assert answer.headers["Content-Type"] == "application/json"


def test_the_search_lists_the_documented_fields_and_nothing_else(kakaclo, sandbox, clock):
    kakaclo.create()

    [row] = kakaclo.search()["list"]

    assert set(row) == DOCUMENTED
    assert (row["modelCode"], row["enName"]) == ("PODQRB518", "Northern Fox Raglan Tee")
    assert row["createDate"] == int(clock.now * 1000)
    assert isinstance(row["customDesignedId"], int)
    assert sandbox.products("kakaclo")[0]["colorValue"] == "#1F3A5F"


def test_equal_creates_make_two_products(kakaclo, sandbox):
    kakaclo.create()
    kakaclo.create()

    assert len({row["id"] for row in kakaclo.search()["list"]}) == 2
    assert len(sandbox.products("kakaclo")) == 2


def test_optional_fields_may_be_absent(kakaclo):
    assert kakaclo.create(backImageUrl=..., materialImages=...).json()["code"] == 10000
    assert kakaclo.search()["list"][0]["backImageUrl"] is None


@pytest.mark.parametrize(
    "fields",
    [
        {"modelId": ...},
        {"modelId": 73},
        {"modelId": "073"},
        {"modelId": "1000001"},
        {"modelId": "٧٣"},
        {"enName": ...},
        {"enName": " "},
        {"imageUrl": ...},
        {"colorValue": ...},
        {"colorValue": 10827045},
        {"backImageUrl": 1},
        {"materialImages": {}},
        {"materialImages": [{"imageName": "a"}]},
        {"materialImages": ["a"]},
    ],
)
def test_what_lacks_a_required_field_is_refused_with_another_code(kakaclo, sandbox, fields):
    answer = kakaclo.create(**fields)

    assert answer.status_code == 200
    assert answer.json()["code"] == 20001
    assert "data" not in answer.json()
    assert sandbox.products("kakaclo") == []


def test_a_refusal_can_be_http_400(kakaclo, sandbox):
    sandbox.set_rules(kakaclo_refusal="400")

    answer = kakaclo.create(modelId="no")

    assert (answer.status_code, answer.json()) == (400, {"error": "Invalid request"})


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"NaN", b'{"enName": NaN}', b"[" * 100_000, b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(kakaclo, body):
    headers = {**kakaclo.headers, "Content-Type": "application/json"}
    url = f"{kakaclo.base}/v1/product/custom/customDesigned/addProduct"

    assert kakaclo.session.post(url, data=body, headers=headers).json()["code"] == 20001


def test_a_post_must_say_that_it_is_json(kakaclo):
    url = f"{kakaclo.base}/v1/product/custom/customDesigned/addProduct"
    body = json.dumps(kakaclo.spec())

    assert kakaclo.session.post(url, data=body, headers=kakaclo.headers).json()["code"] == 20001


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer wrong", "sandbox-kakaclo-token"])
def test_without_the_token_nothing_happens(kakaclo, sandbox, authorization):
    kakaclo.headers = {"Authorization": authorization} if authorization is not None else {}

    answer = kakaclo.create()

    assert (answer.status_code, answer.json()["message"]) == (401, "Permission denied")
    assert sandbox.products("kakaclo") == []


def test_a_second_token_opens_a_shop_of_its_own(kakaclo, sandbox):
    sandbox.set_rules(kakaclo_tokens=["sandbox-kakaclo-token", "other"])
    kakaclo.create()
    kakaclo.headers = {"Authorization": "Bearer other"}

    assert kakaclo.search() == {"list": [], "total": 0}
    kakaclo.create(enName="Other")
    assert [item["enName"] for item in sandbox.products("kakaclo#2")] == ["Other"]
    assert sandbox.products("kakaclo#2")[0]["id"] != sandbox.products("kakaclo")[0]["id"]


def test_pages_hold_a_hundred_at_most_and_the_total_is_told(kakaclo, sandbox):
    for number in range(203):
        sandbox.create_by_hand("kakaclo", kakaclo.spec(enName=f"P{number:03d}"))

    pages = [kakaclo.search(pageSize=1000, pageNumber=page) for page in (1, 2, 3, 4)]

    assert [len(page["list"]) for page in pages] == [100, 100, 3, 0]
    assert {page["total"] for page in pages} == {203}
    assert len({row["id"] for page in pages for row in page["list"]}) == 203
    assert pages[0]["list"][0]["enName"] == "P202"
    assert len(kakaclo.search()["list"]) == 20


def test_the_search_filters_by_name_spu_model_and_time(kakaclo, clock):
    kakaclo.create(enName="Red Fox")
    clock.now += 60
    kakaclo.create(enName="Blue Hare", modelId="1")
    spu = kakaclo.search(searchContent="red")["list"][0]["spu"]

    assert kakaclo.names(searchContent="RED f") == ["Red Fox"]
    assert kakaclo.names(searchContent=spu) == ["Red Fox"]
    assert kakaclo.names(searchContent=spu[:-1]) == []
    assert kakaclo.names(spus=[spu]) == ["Red Fox"]
    assert kakaclo.names(spus=[spu], modelCodes=["PODQ00001"]) == []
    assert kakaclo.names(modelCodes=["PODQ00001"]) == ["Blue Hare"]
    assert kakaclo.names(modelCodes=["PODQ00001", "PODQRB518"]) == ["Blue Hare", "Red Fox"]
    assert kakaclo.names(modelCodes=["73"]) == []
    assert kakaclo.names(lastUpdatedTime=int(clock.now * 1000)) == ["Blue Hare"]


def test_models_are_listed_with_those_in_use(kakaclo):
    def codes(**body):
        data = kakaclo.post("designModel/search", body).json()["data"]
        return {row["id"]: row["modelCode"] for row in data["list"]}

    before = codes()
    kakaclo.create(modelId="4711")

    assert before[1] == "PODQ00001"
    assert before[73] == "PODQRB518"
    assert codes() == {**before, 4711: "PODQ04711"}
    assert codes(modelCodes=["PODQ04711"]) == {4711: "PODQ04711"}
    assert list(codes(categoryNames=["Hoodie"])) == [2]
    assert list(codes(enName="raglan")) == [73]


def test_a_model_has_details_and_there_are_categories(kakaclo):
    detail = kakaclo.get("custom/designModel/detail/73").json()["data"]

    assert (detail["modelCode"], detail["status"]) == ("PODQRB518", 1)
    assert json.loads(detail["enSizeContent"])[0]["sheet_name"] == "Size Chart"
    assert kakaclo.get("custom/designModel/detail/x").json()["code"] != 10000
    assert kakaclo.get("custom/modelCategoryName/search").json()["data"] == ["Hoodie", "Skirt", "T-shirt"]


def test_only_listed_models_are_known_where_the_rules_say_so(kakaclo, sandbox):
    sandbox.set_rules(any_model=False)

    assert kakaclo.create(modelId="4711").json()["code"] == 20001
    assert kakaclo.create(modelId="73").json()["code"] == 10000


@pytest.mark.parametrize(
    ("rules", "name", "kept"),
    [
        ({"names": "keep"}, " Red  Fox ", " Red  Fox "),
        ({"names": "trim"}, " Red  Fox ", "Red Fox"),
        ({"names": "cut:4"}, "Red Fox", "Red "),
    ],
)
def test_a_shop_may_change_names(kakaclo, sandbox, rules, name, kept):
    sandbox.set_rules(**rules)
    kakaclo.create(enName=name)

    assert kakaclo.names() == [kept]


def test_a_shop_may_rehost_pictures(kakaclo, sandbox):
    sandbox.set_rules(kakaclo_pictures="rehosted")
    kakaclo.create()
    kakaclo.create()

    rows = kakaclo.search()["list"]

    assert all(row["imageUrl"].startswith("https://oss-pubilc.kakaclo.com/") for row in rows)
    assert len({row["imageUrl"] for row in rows} | {row["backImageUrl"] for row in rows}) == 4


def test_create_dates_may_be_hours_off_and_ids_text(kakaclo, sandbox, clock):
    sandbox.set_rules(create_date_hours=8, kakaclo_text_ids=True, extra_fields=True)
    kakaclo.create()

    [row] = kakaclo.search()["list"]

    assert row["createDate"] == int((clock.now + 8 * 3600) * 1000)
    assert isinstance(row["customDesignedId"], str)
    assert "sandboxExtra" in row


def test_names_survive_whole(kakaclo):
    name = 'Füchse 狐 🦊 "quoted" \\ \u202e </td>'
    kakaclo.create(enName=name)

    assert kakaclo.names(searchContent="狐") == [name]


def test_other_paths_and_methods_are_not_found(kakaclo):
    assert kakaclo.get("custom/customDesigned/addProduct").status_code == 404
    assert kakaclo.post("customDesigned/delete", {}).status_code == 404


def test_the_bucket_holds_120_and_leaks_two_a_second(serve, client, clock):
    kakaclo = client(serve(Rules(), clock=clock), "kakaclo")
    statuses = [kakaclo.get("custom/modelCategoryName/search").status_code for _ in range(122)]
    clock.now += 1
    later = [kakaclo.get("custom/modelCategoryName/search") for _ in range(3)]

    assert statuses == [200] * 120 + [429] * 2
    assert [answer.status_code for answer in later] == [200, 200, 429]
    assert "Retry-After" not in later[2].headers


def test_a_full_bucket_commits_nothing_and_may_say_when_to_come_back(serve, client, clock):
    sandbox = serve(Rules(kakaclo_bucket=(1, 2), retry_after="7"), clock=clock)
    kakaclo = client(sandbox, "kakaclo")
    kakaclo.create()

    refused = kakaclo.create()

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "7")
    assert len(sandbox.products("kakaclo")) == 1
