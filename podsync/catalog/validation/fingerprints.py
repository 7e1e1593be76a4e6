"""The parts of a product that rules between documents compare, as short digests."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

from podsync.model.frozen import Spec
from podsync.model.json_bytes import parse
from podsync.model.product import identity_of
from podsync.providers.knowledge import Provider


def former_addresses(address: str, history: str) -> Sequence[str]:
    """Return the addresses that a document (by its `History.text`) says it had before."""
    kind = address.partition(".")[0]
    return [f"{kind}.{name}" for name in parse(history).get("moved", ())]


def adopted_id(history: str) -> str | None:
    """Return the id of the existing product that a document (by its `History.text`) is for."""
    identity: str | None = parse(history).get("adopt")
    return identity


class Fingerprints(NamedTuple):
    """What these rules compare, as short digests; empty where a product has no such thing."""

    identity: str
    picture: str
    colour: str
    design: str
    name: str


def fingerprints_of(provider: "Provider", account: str, spec: Spec) -> Fingerprints:
    """Return the fingerprints of a product with this spec."""
    owner, roles = (provider.name, account), provider.info.roles
    identity = identity_of(*owner, provider.identity(spec))
    front = spec.get(roles.front)
    if not front:
        return Fingerprints(identity, "", "", "", "")
    colour = str(spec.get(roles.colour, "")).upper()
    artwork = sorted(str(image[roles.artwork_url]) for image in spec.get(roles.artwork, ()))
    design = _mark(*owner, spec.get(roles.model), colour, *artwork) if artwork else ""
    return Fingerprints(identity, _mark(*owner, front), _mark(colour), design, _mark(spec.get(roles.name)))


def _mark(*texts: object) -> str:
    """Return a digest of 32 hex digits for these texts, which contain no NUL."""
    return blake2b("\0".join(map(str, texts)).encode(), digest_size=16).hexdigest()


class FingerprintRow(NamedTuple):
    """A product as these rules see it. `number` is the caller's number for it."""

    number: int
    address: str
    traits: Fingerprints
    history: str
