"""KakaClo's design models, and the shop products that designed products become.

Source: docs.kakaclo.com, admin-api/custom-product/get-design-model-list and -detail, and
admin-api/api-reference/products.
"""

import json
from datetime import UTC, datetime

from podsync.sandbox import listing
from podsync.sandbox.datafile import JsonObject
from podsync.sandbox.kakaclo.checks import json_object, page_of, text_of, texts_of
from podsync.sandbox.kakaclo.rules import KakaCloRules, Model
from podsync.sandbox.refusal import RefusalError
from podsync.sandbox.store import Shop
from podsync.sandbox.wire import HttpRequest

MAX_SPUS = 30


def search_models(request: HttpRequest, shop: Shop, rules: KakaCloRules, _now: float) -> object:
    """The page of design models that a search asks for."""
    wanted = json_object(request)
    models = known_models(shop, rules)
    if categories := texts_of(wanted, "categoryNames"):
        models = [model for model in models if model.category in categories]
    if codes := texts_of(wanted, "modelCodes"):
        models = [model for model in models if model.code in codes]
    if text := text_of(wanted, "enName").lower():
        models = [model for model in models if text in model.name.lower()]
    rows = [_model_summary(model) for model in models]
    return {"list": page_of(rows, wanted, rules), "total": len(rows)}


def known_models(shop: Shop, rules: KakaCloRules) -> list[Model]:
    """The models of the rules and those that products were made of, by id."""
    wanted = [*(str(model.id) for model in rules.models), *shop.values_of("modelId")]
    found = {model.id: model for model in filter(None, map(rules.model, wanted))}
    return [found[number] for number in sorted(found)]


def model_detail(request: HttpRequest, _shop: Shop, rules: KakaCloRules, _now: float) -> object:
    """One design model with its sizes."""
    model = rules.model(request.path.rpartition("/")[2])
    if model is None:
        raise RefusalError("no such design model")
    sizes = [{"name": size, "value": 70 + 2 * place} for place, size in enumerate(model.sizes)]
    chart = [{"sheet_name": "Size Chart", "size": [{"name": "Length", "size_value": sizes}]}]
    return {
        **_model_summary(model),
        "enDescription": f"<p>{model.name}</p>",
        "enSizeContent": json.dumps(chart),
        "orderCount": 0,
        "status": 1,
        "variants": [{"size": size, "weight": 200.01} for size in model.sizes],
        "weight": 200.01,
    }


def category_names(_request: HttpRequest, _shop: Shop, rules: KakaCloRules, _now: float) -> object:
    """The names of all categories."""
    return sorted({model.category for model in rules.models})


def shop_products(request: HttpRequest, shop: Shop, rules: KakaCloRules, now: float) -> object:
    """Shop products by SPU, at most 30 at once: the vendor's stand-in for a detail call."""
    spus = [spu for spu in request.query.get("spus", "").split(",") if spu]
    if not spus or len(spus) > MAX_SPUS:
        raise RefusalError(f"spus: from 1 to {MAX_SPUS} are needed")
    keys = shop.keys_having("spu", spus)
    rows = shop.visible(listing.seen_until(shop, rules, rules.kakaclo_lag, now), keys)
    products = [_shop_product(row, rules) for row in rows]
    return {"list": products, "total": len(products), "pageNumber": 1, "pageSize": MAX_SPUS}


def _model_summary(model: Model) -> JsonObject:
    return {
        "id": model.id,
        "categoryName": model.category,
        "modelCode": model.code,
        "price": model.price,
        "enName": model.name,
        "imageUrl": f"https://cdn.example.com/models/{model.id}-front.png",
        "backImageUrl": f"https://cdn.example.com/models/{model.id}-back.png",
        "createDate": 1712000000000,
        "modifyDate": 1712000000000,
    }


def _shop_product(row: JsonObject, rules: KakaCloRules) -> JsonObject:
    model = rules.model(row["modelId"])
    sizes = model.sizes if model else ()
    made = datetime.fromtimestamp(row["createDate"] / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    skus = [_sku(row, size) for size in sizes]
    return {
        "kkProductId": row["kkProductId"],
        "spu": row["spu"],
        "productName": row["enName"],
        "description": row["enName"],
        "spuStatus": 1,
        "categoryId": 3658,
        "fullCategoryName": f"Women/Tops/{model.category if model else ''}",
        "salesVolume": 0,
        "attributesJson": "{}",
        "price": row["price"],
        "stock": 0,
        "supplierLevel": "",
        "createTime": made,
        "updateTime": made,
        "skuDetails": skus,
        "skuImgUrl": [{"skus": [sku["sku"] for sku in skus], "imgUrl": [row["imageUrl"]]}],
    }


def _sku(row: JsonObject, size: str) -> JsonObject:
    return {
        "sku": f"{row['spu']}_{size}",
        "skuName": row["enName"],
        "mainImg": row["imageUrl"],
        "price": row["price"],
        "stock": 0,
        "option1": json.dumps({"name": "color", "value": row["colorValue"]}),
        "option2": json.dumps({"name": "size", "value": size}),
        "option3": json.dumps({"name": "print", "value": ""}),
        "skuStatus": 1,
    }
