"""KakaClo: designed products. They can be made and listed, not changed and not deleted.

Facts: docs.kakaclo.com, "Quick start", "API endpoint", "Save POD Designed Product", "Rate limits".
"""

from __future__ import annotations

from podsync.model.settings import ProviderSettings, RateLimit
from podsync.providers.descriptor import FieldRoles, ProviderInfo

INFO = ProviderInfo(
    name="kakaclo",
    title="KakaClo",
    kind="designed_product",
    package=__name__,
    rank=1,
    roles=FieldRoles(
        name="enName",
        model="modelId",
        colour="colorValue",
        pictures=(("front", "imageUrl"), ("back", "backImageUrl")),
        artwork="materialImages",
        artwork_name="imageName",
        artwork_url="imageUrl",
    ),
    settings=ProviderSettings("https://developer.kakaclo.com/openapi", RateLimit(120, 2)),
    settings_schema={
        "pictures": {
            "title": "pictures",
            "description": (
                "What the listing does to picture URLs: kept as sent, rehosted under others, or unknown."
            ),
            "enum": ["unknown", "kept", "rehosted"],
            "default": "unknown",
        }
    },
    hosts=("developer.kakaclo.com", "test-developer.kakaclo.com"),
    key_variable="KAKACLO_ACCESS_TOKEN",
    key_header=("Authorization", "Bearer {}"),
    url_variable="KAKACLO_BASE_URL",
    renew="https://kakaclo.com/personal-center/api-setting",
    by_hand="at kakaclo.com",
    visible_id=("SPU", "spu"),
    unlisted=frozenset({"colorValue", "materialImages"}),
    replaces=True,
    tells_ids=False,
)
