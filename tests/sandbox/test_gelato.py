"""GelatoConnect as its pages describe it."""

import re

import pytest

from podsync.sandbox import Rules


def test_the_vendors_examples_are_accepted_and_come_back_with_an_id(gelato, vendor_examples):
    for spec in vendor_examples["gelato"]:
        answer = gelato.call("POST", "customer-product", json=spec)

        product = answer.json()
        assert answer.status_code == 200
        assert re.fullmatch(r"cp-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", product.pop("id"))
        assert product.pop("createdAt") == product.pop("updatedAt") == "2023-11-14T22:13:20Z"
        assert product == spec


def test_the_listing_shows_the_bare_id_and_a_state_but_no_quantities(gelato):
    created = gelato.create().json()

    listed = gelato.list()

    [row] = listed["customerProducts"]
    assert f"cp-{row['id']}" == created["id"]
    assert row["state"] == "published"
    assert "partQuantities" not in row
    assert row["variantOptions"][0] == {
        **created["variantOptions"][0],
        "values": [],
        "defaultValue": "",
        "state": "published",
    }
    assert listed["pagination"] == {"total": 1, "offset": 0, "limit": 250}


def test_forms_that_are_not_documented_can_be_turned(gelato, sandbox):
    sandbox.set_rules(
        gelato_create_id="bare",
        gelato_list_id="cp",
        gelato_created_status=201,
        gelato_create_state=True,
        gelato_pagination=False,
        gelato_list_quantities=True,
        gelato_base_attributes=True,
        date_header=False,
    )

    answer = gelato.create()
    listed = gelato.list()

    [row] = listed["customerProducts"]
    assert (answer.status_code, answer.json()["state"]) == (201, "published")
    assert row["id"] == f"cp-{answer.json()['id']}"
    assert [option["id"] for option in row["variantOptions"]] == ["material", "base_attributes"]
    assert row["partQuantities"] == [{"partModelId": "handle", "quantity": 2}]
    assert set(listed) == {"customerProducts"}
    assert "Date" not in answer.headers


MAPPING = [{"partModelId": "p", "attributeIds": ["a"]}]
OPTION = {"id": "size", "name": "Size", "attributesMapping": MAPPING}


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ...},
        {"name": ""},
        {"customerIds": ...},
        {"customerIds": "a"},
        {"customerIds": ["*", "a"]},
        {"productModelId": ...},
        {"variantOptions": ...},
        {"variantOptions": [{"id": "size", "name": "Size"}]},
        {"variantOptions": [{"name": "Size", "attributesMapping": MAPPING}]},
        {"variantOptions": [{**OPTION, "attributesMapping": [{"partModelId": "p"}]}]},
        {"variantOptions": [OPTION, OPTION]},
        {"partQuantities": [{"partModelId": "p"}]},
        {"partQuantities": [{"partModelId": "p", "quantity": -1}]},
        {"partQuantities": [{"partModelId": "p", "quantity": 1.5}]},
        {"partQuantities": [{"partModelId": "p", "quantity": True}]},
    ],
)
def test_what_is_not_as_documented_is_refused(gelato, sandbox, fields):
    answer = gelato.create(**fields)

    assert answer.status_code == 400
    assert answer.json()["message"]
    assert sandbox.products("gelato") == []


@pytest.mark.parametrize(
    "fields", [{"partQuantities": [{"partModelId": "p", "quantity": 0}]}, {"partQuantities": ...}]
)
def test_quantities_are_optional_and_may_be_zero(gelato, fields):
    assert gelato.create(**fields).status_code == 200


@pytest.mark.parametrize(
    "headers", [{}, {"X-API-KEY": "wrong"}, {"Authorization": "Bearer sandbox-gelato-key"}]
)
def test_without_the_key_nothing_happens(gelato, sandbox, headers):
    gelato.headers = headers

    answer = gelato.create()

    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})
    assert sandbox.products("gelato") == []


def test_a_body_must_be_json_and_say_so(gelato):
    plain = gelato.call("POST", "customer-product", data="{}")
    broken = gelato.call(
        "POST", "customer-product", data="{", headers={**gelato.headers, "Content-Type": "application/json"}
    )

    assert (plain.status_code, broken.status_code) == (400, 400)


def test_the_listing_filters(gelato):
    first = gelato.create(name="Fox Mug").json()["id"]
    gelato.create(name="Fox Bag", productModelId="bag", customerIds=["b", "c"])
    gelato.create(name="Hare Bag", productModelId="bag", customerIds=["*"])

    assert gelato.names(search="fox") == ["Fox Bag", "Fox Mug"]
    assert gelato.names(productModelIds="bag,none") == ["Hare Bag", "Fox Bag"]
    assert gelato.names(customerIds="c") == ["Fox Bag"]
    assert gelato.names(customerProductIds=first) == ["Fox Mug"]
    assert gelato.names(customerProductIds=first.removeprefix("cp-") + ",unknown") == ["Fox Mug"]
    assert gelato.names(search="fox", productModelIds="bag", customerIds="b") == ["Fox Bag"]


def test_products_for_everyone_may_match_a_customer(gelato, sandbox):
    sandbox.set_rules(gelato_star_matches=True)
    gelato.create(name="All", customerIds=["*"])

    assert gelato.names(customerIds="c") == ["All"]


def test_pages_hold_250_at_most(gelato, sandbox):
    for number in range(255):
        sandbox.create_by_hand("gelato", gelato.spec(name=f"P{number:03d}"))

    assert [len(gelato.names(limit=limit)) for limit in (10, 250, 1000)] == [10, 250, 250]
    assert len(gelato.names(offset=250)) == 5
    assert gelato.call("GET", "customer-products", params={"limit": "0"}).status_code == 400
    assert gelato.call("GET", "customer-products", params={"offset": "x"}).status_code == 400


def test_a_patch_sets_name_and_customers_and_nothing_else(gelato, clock):
    created = gelato.create().json()
    clock.now += 5

    renamed = gelato.patch(created["id"], name="Better Bag", productModelId="other")
    shared = gelato.patch(created["id"].removeprefix("cp-"), customerIds=["x", "y"])

    assert renamed.status_code == 200
    assert renamed.json()["productModelId"] == created["productModelId"]
    assert (shared.json()["name"], shared.json()["customerIds"]) == ("Better Bag", ["x", "y"])
    assert shared.json()["id"] == created["id"]
    assert shared.json()["updatedAt"] > shared.json()["createdAt"]
    assert gelato.names(customerIds="x") == ["Better Bag"]


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"customerIds": ["*", "a"]}, {"customerIds": "a"}])
def test_a_patch_is_checked(gelato, body):
    created = gelato.create().json()

    assert gelato.patch(created["id"], **body).status_code == 400


def test_a_patch_of_other_fields_may_be_refused_and_of_nobody_is_404(gelato, sandbox):
    sandbox.set_rules(gelato_patch_other="400")
    created = gelato.create().json()

    assert gelato.patch(created["id"], productModelId="other").status_code == 400
    assert gelato.patch("cp-nobody", name="X").status_code == 404


def test_names_may_have_to_differ_among_shared_customers(gelato, sandbox):
    sandbox.set_rules(gelato_names="conflict")
    first = gelato.create(name="Bag", customerIds=["a"])
    other = gelato.create(name="Bag", customerIds=["b"])

    assert (first.status_code, other.status_code) == (200, 200)
    assert gelato.create(name="Bag", customerIds=["a", "c"]).status_code == 409
    assert gelato.create(name="Bag", customerIds=["*"]).status_code == 409
    assert gelato.patch(other.json()["id"], customerIds=["a"]).status_code == 409
    assert gelato.patch(other.json()["id"], name="Bag").status_code == 200
    gelato.patch(first.json()["id"], name="Sack")
    assert gelato.patch(other.json()["id"], customerIds=["a"]).status_code == 200


def test_duplicates_are_allowed_by_default(gelato, sandbox):
    gelato.create()
    gelato.create()

    assert len(sandbox.products("gelato")) == 2


def test_unknown_models_are_refused_where_the_rules_know_them(gelato, sandbox):
    sandbox.set_rules(gelato_models=["model-tote-bag"], gelato_unknown_model_status=404)

    assert gelato.create().status_code == 200
    assert gelato.create(productModelId="x").status_code == 404


def test_values_are_added_to_options(gelato, sandbox):
    product_id = gelato.create().json()["id"]
    attributes = [{"partModelId": "bag-fabric", "attributes": {"width": "30"}}]
    value = {"value": "30x40", "isDefault": True, "attributeValues": attributes}
    path = f"customer-products/{product_id}/variant-values"

    def send(option="material", **changes):
        return gelato.call("POST", path, json=[{"variantOptionId": option, "values": [{**value, **changes}]}])

    assert send().status_code == 200
    assert send().status_code == 200
    option = gelato.list()["customerProducts"][0]["variantOptions"][0]
    assert (option["values"], option["defaultValue"]) == (["30x40"], "30x40")
    assert send(option="none").status_code == 400
    assert send(attributeValues=None).status_code == 400
    sandbox.set_rules(gelato_repeated_values="409")
    assert send().status_code == 409
    assert gelato.call("POST", "customer-products/x/variant-values", json=[]).status_code == 404


def test_there_is_no_get_and_no_delete_of_one_product(gelato):
    product_id = gelato.create().json()["id"]

    assert gelato.call("GET", f"customer-products/{product_id}").status_code == 404
    assert gelato.call("DELETE", f"customer-products/{product_id}").status_code == 404
    assert gelato.call("POST", "customer-products", json=gelato.spec()).status_code == 404


def test_a_hundred_requests_a_second(serve, client, clock):
    gelato = client(serve(Rules(), clock=clock), "gelato")
    statuses = [gelato.call("GET", "customer-products").status_code for _ in range(101)]
    clock.now += 1

    assert statuses == [200] * 100 + [429]
    assert gelato.call("GET", "customer-products").status_code == 200
