"""What GelatoConnect demands of a request body, where its pages say it.

Lengths, allowed characters and empty arrays are not documented, so nothing is refused for them.
"""

from typing import Any

from podsync.sandbox.datafile import JsonObject
from podsync.sandbox.gelato.rules import GelatoRules
from podsync.sandbox.wire import RefusalError


def check_create(spec: object, rules: GelatoRules) -> JsonObject:
    """The create's body, checked. Raises RefusalError."""
    body = _object(spec, "the body")
    for field in ("name", "productModelId"):
        _text(body.get(field), field)
    _check_customers(body.get("customerIds"))
    known = rules.gelato_models
    if known is not None and body["productModelId"] not in known:
        raise RefusalError("Product model not found.", rules.gelato_unknown_model_status)
    seen = set()
    for option in _objects(body.get("variantOptions"), "variantOptions"):
        _text(option.get("id"), "variantOptions[].id")
        _text(option.get("name"), "variantOptions[].name")
        if option["id"] in seen:
            raise RefusalError(f"variantOptions: id {option['id']!r} is there twice")
        seen.add(option["id"])
        for mapping in _objects(option.get("attributesMapping"), "attributesMapping"):
            _text(mapping.get("partModelId"), "attributesMapping[].partModelId")
            _texts(mapping.get("attributeIds"), "attributesMapping[].attributeIds")
    if "partQuantities" in body:
        for part in _objects(body["partQuantities"], "partQuantities"):
            _text(part.get("partModelId"), "partQuantities[].partModelId")
            quantity = part.get("quantity")
            if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 0:
                raise RefusalError("partQuantities[].quantity must be an integer >= 0")
    return body


def check_patch(value: object, rules: GelatoRules) -> JsonObject:
    """The fields that a PATCH sets, `name` and `customerIds` only. Raises RefusalError."""
    body = _object(value, "the body")
    if not body:
        raise RefusalError("nothing to change")
    others = set(body) - {"name", "customerIds"}
    if others and rules.gelato_patch_other == "400":
        raise RefusalError(f"cannot be changed: {', '.join(sorted(others))}")
    if "name" in body:
        _text(body["name"], "name")
    if "customerIds" in body:
        _check_customers(body["customerIds"])
    return {field: body[field] for field in ("name", "customerIds") if field in body}


def check_values(value: object) -> list[JsonObject]:
    """The items of a variant-values call. Raises RefusalError."""
    items = _objects(value, "the body")
    for item in items:
        _text(item.get("variantOptionId"), "variantOptionId")
        for entry in _objects(item.get("values"), "values"):
            _text(entry.get("value"), "values[].value")
            for part in _objects(entry.get("attributeValues"), "attributeValues"):
                _text(part.get("partModelId"), "attributeValues[].partModelId")
                attributes = _object(part.get("attributes"), "attributeValues[].attributes")
                if not all(isinstance(text, str) for text in attributes.values()):
                    raise RefusalError("attributeValues[].attributes must be strings")
    return items


def _check_customers(value: object) -> None:
    customers = _texts(value, "customerIds")
    if "*" in customers and len(customers) > 1:
        raise RefusalError('customerIds: "*" stands for everyone and must be alone')


def _object(value: object, name: str) -> JsonObject:
    if not isinstance(value, dict):
        raise RefusalError(f"{name} must be an object")
    return value


def _objects(value: Any, name: str) -> list[JsonObject]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise RefusalError(f"{name} is required and must be an array of objects")
    return value


def _text(value: object, name: str) -> None:
    if not isinstance(value, str) or not value.strip():
        raise RefusalError(f"{name} is required and must be a string")


def _texts(value: object, name: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise RefusalError(f"{name} is required and must be an array of strings")
    return value
