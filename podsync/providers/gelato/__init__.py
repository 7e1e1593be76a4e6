"""Gelato Connect: customer products. They can be made, listed, renamed and given to other customers.

Facts: Gelato Connect's product pages; the overview of the API names a host for tests and a live one.
"""

from __future__ import annotations

from podsync.model.frozen import FrozenDict
from podsync.model.settings import ProviderSettings, RateLimit
from podsync.providers.descriptor import FieldRoles, ProviderInfo

INFO = ProviderInfo(
    name="gelato",
    title="Gelato",
    long_title="Gelato Connect",
    kind="customer_product",
    package=__name__,
    rank=2,
    roles=FieldRoles(
        name="name",
        model="productModelId",
        customers="customerIds",
        everybody="*",
        options="variantOptions",
        option_name="name",
        option_parts="attributesMapping",
        option_part="partModelId",
        option_values="attributeIds",
        option_choices="values",
        choice="value",
        choice_default="isDefault",
        choice_parts="attributeValues",
        choice_attributes="attributes",
        parts="partQuantities",
        part_name="partModelId",
        part_count="quantity",
    ),
    # Below the published 100 a second.
    settings=ProviderSettings("https://connect.gelatoapis.com", RateLimit(10, 90)),
    hosts=("connect.gelatoapis.com", "connect.test.gelato.tech", "connect.live.gelato.tech"),
    key_variable="GELATO_API_KEY",
    key_header=("X-API-KEY", "{}"),
    url_variable="GELATO_BASE_URL",
    renew="Gelato Connect: Settings > API keys",
    by_hand="in Gelato Connect",
    id_prefix="cp-",
    mutable=frozenset({"name", "customerIds"}),
    #: Whether the listing returns part quantities could not be read: where it does, they are compared.
    unlisted=frozenset({"partQuantities"}),
    replace_remedy=(
        "orders find a product by its exact name: undo the change here, make a new document with a name of "
        "its own, or let a new product take over the name: `lifecycle: {replace: swap}`"
    ),
    unique_names=True,
    steps=FrozenDict({"values": "the values of its options"}),
    swaps=True,
)
