"""KakaClo's design models.

Source: docs.kakaclo.com, admin-api/custom-product/get-design-model-list and -detail.
"""

import json

from podsync.sandbox.datafile import JsonObject
from podsync.sandbox.kakaclo.checks import json_object, page_of, text_of, texts_of
from podsync.sandbox.kakaclo.rules import KakaCloRules, Model
from podsync.sandbox.store import Shop
from podsync.sandbox.wire import HttpRequest, RefusalError


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
