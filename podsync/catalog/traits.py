"""What the rules between documents compare of each product, so that nobody has to make it for them."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from podsync.model import Product, identity_of

if TYPE_CHECKING:
    from podsync.ports import Provider


class Traits(NamedTuple):
    """What these rules compare, as short digests; empty where a product has no such thing."""

    identity: str
    picture: str
    colour: str
    design: str
    name: str


def traits_of(product: Product, provider: Provider) -> Traits:
    """Return what the rules need to know of a product, so that nobody has to make it for them."""
    spec = product.spec
    owner = product.provider, product.account
    identity = identity_of(provider.name, product.account, provider.identity(spec))
    if "imageUrl" not in spec:
        return Traits(identity, "", "", "", "")
    colour = str(spec.get("colorValue", "")).upper()
    artwork = sorted(str(image["imageUrl"]) for image in spec.get("materialImages", ()))
    design = _mark(*owner, spec.get("modelId"), colour, *artwork) if artwork else ""
    return Traits(
        identity,
        _mark(*owner, spec["imageUrl"]),
        _mark(colour),
        design,
        _mark(spec.get("enName")),
    )


def _mark(*texts: object) -> str:
    """Return 32 hex digits that stand for these texts, in which there are no NUL characters."""
    return blake2b("\0".join(map(str, texts)).encode(), digest_size=16).hexdigest()


class Row(NamedTuple):
    """A product as these rules see it. `number` is how whoever asked knows it."""

    number: int
    address: str
    traits: Traits
    former: str
