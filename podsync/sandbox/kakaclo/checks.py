"""What KakaClo reads from a request body; a RefusalError for what it cannot use."""

from typing import Any

from podsync.sandbox import listing
from podsync.sandbox.datafile import JsonObject
from podsync.sandbox.rules import Rules
from podsync.sandbox.wire import HttpRequest, RefusalError

MAX_PAGE = 100


def json_object(request: HttpRequest) -> JsonObject:
    """The body as an object; a POST must say that it is JSON. Raises RefusalError."""
    value = request.declared_json()
    if not isinstance(value, dict):
        raise RefusalError("the body is not an object")
    return value


def check_materials(value: Any) -> None:
    """Artwork pictures: absent, or each with a name and a URL. Raises RefusalError."""
    items = [] if value is None else value
    if not isinstance(items, list):
        raise RefusalError("materialImages must be an array")
    for item in items:
        texts = [item.get("imageName"), item.get("imageUrl")] if isinstance(item, dict) else [None]
        if not all(isinstance(text, str) for text in texts):
            raise RefusalError("materialImages: imageName and imageUrl are required")


def page_of(rows: list[JsonObject], wanted: JsonObject, rules: Rules) -> list[JsonObject]:
    """The page that pageNumber (from 1) and pageSize (20 if absent, at most 100) ask for."""
    size = listing.page_size(max(number_of(wanted, "pageSize", 20), 1), MAX_PAGE, rules)
    number = max(number_of(wanted, "pageNumber", 1), 1)
    return list(listing.page(rows, rules, (number - 1) * size, size))


def texts_of(wanted: JsonObject, field: str) -> list[str]:
    """An optional array of strings. Raises RefusalError."""
    value = wanted.get(field)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise RefusalError(f"{field} must be an array of strings")
    return value


def text_of(wanted: JsonObject, field: str) -> str:
    """An optional string, empty if absent. Raises RefusalError."""
    value = wanted.get(field)
    if not isinstance(value, str | None):
        raise RefusalError(f"{field} must be a string")
    return value or ""


def number_of(wanted: JsonObject, field: str, default: int) -> int:
    """An optional integer. Raises RefusalError."""
    value = wanted.get(field)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool):
        raise RefusalError(f"{field} must be a number")
    return value
