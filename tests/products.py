"""Products as the tests need them: one complete spec for each provider, and documents of them.

A test that is about a field passes it; every other field has a value of which nothing depends.
Pictures lie under the slug, so that two slugs never share one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CDN = "https://cdn.example.com"
KINDS = {"kakaclo": "designed_product", "gelato": "customer_product"}


def tee_spec(slug: str, **fields: Any) -> dict[str, Any]:
    """A KakaClo spec with all its fields."""
    pictures = f"{CDN}/{slug}"
    return {
        "modelId": "1",
        "enName": f"The {slug} Tee",
        "imageUrl": f"{pictures}/front.png",
        "backImageUrl": f"{pictures}/back.png",
        "materialImages": [{"imageName": "art", "imageUrl": f"{pictures}/art.png"}],
        "colorValue": "#A72525",
    } | fields


def poster_spec(slug: str, **fields: Any) -> dict[str, Any]:
    """A Gelato spec with one option, without values."""
    mapping = [{"partModelId": "frame", "attributeIds": ["attr-width", "attr-height"]}]
    return {
        "name": f"The {slug} Poster",
        "customerIds": ["customer-1"],
        "productModelId": "model-poster",
        "variantOptions": [{"id": "size", "name": "Size", "attributesMapping": mapping}],
    } | fields


def document(provider: str, slug: str, spec: Mapping[str, Any], **beside: Any) -> dict[str, Any]:
    """A document; `beside` are its other keys, such as `labels` and `moved`."""
    return {"kind": KINDS[provider], "name": slug, **beside, "spec": dict(spec)}
