"""What the rules between documents compare of each product, so that nobody has to make it for them."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from podsync.model import Spec, identity_of

if TYPE_CHECKING:
    from podsync.ports import Provider


class Traits(NamedTuple):
    """What these rules compare, as short digests; empty where a product has no such thing."""

    identity: str
    picture: str
    colour: str
    design: str
    name: str


def traits_of(provider: Provider, account: str, spec: Spec) -> Traits:
    """Return what the rules need to know of a product of this spec."""
    owner, roles = (provider.name, account), provider.info.roles
    identity = identity_of(*owner, provider.identity(spec))
    if not spec.get(roles.front):
        return Traits(identity, "", "", "", "")
    colour = str(spec.get(roles.colour, "")).upper()
    artwork = sorted(str(image[roles.artwork_url]) for image in spec.get(roles.artwork, ()))
    design = _mark(*owner, spec.get(roles.model), colour, *artwork) if artwork else ""
    return Traits(
        identity,
        _mark(*owner, spec[roles.front]),
        _mark(colour),
        design,
        _mark(spec.get(roles.name)),
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
