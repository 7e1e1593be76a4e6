"""Inkpress: posters. They can be made, released, listed and changed; invented, to show what a provider is."""

from __future__ import annotations

from podsync.model.frozen import FrozenDict
from podsync.model.settings import ProviderSettings, RateLimit
from podsync.providers.descriptor import FieldRoles, ProviderInfo

INFO = ProviderInfo(
    name="inkpress",
    title="Inkpress",
    kind="inkpress_poster",
    package=__name__,
    roles=FieldRoles(
        name="headline",
        model="sheet",
        colour="paper",
        pictures=(("front", "artUrl"),),
        customers="shops",
        everybody="all",
    ),
    # A burst of 5, then 20 a second: the slowest start of all.
    settings=ProviderSettings(
        "https://api.inkpress.example", RateLimit(5, 20), parallelism=2, settle_seconds=60
    ),
    hosts=("api.inkpress.example",),
    key_variable="INKPRESS_TOKEN",
    key_header=("X-Inkpress-Token", "Token {}"),
    url_variable="INKPRESS_BASE_URL",
    renew="https://inkpress.example/tokens",
    by_hand="at inkpress.example",
    visible_id=("No.", "number"),
    mutable=frozenset({"headline", "price", "shops"}),
    steps=FrozenDict({"release": "its channels"}),
    replaces=True,
)
