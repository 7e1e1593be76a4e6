"""What a person does who has products already: documents that name them, ids to ignore, ways to let go.

Each step does nothing where it does not fit, as in `steps`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from podsync.model.address import Address
from podsync.model.frozen import FrozenDict
from podsync.model.product import Lifecycle, Product
from tests.machine.existing_floor import ExistingFloor
from tests.machine.floor import FIELDS, PROVIDERS, Floor
from tests.machine.steps import KINDS, SLUGS, STEPS, Step
from tests.plan.build import rewritten
from tests.products import poster_spec, tee_spec

#: What a document may leave out beside `adopt`.
OPEN = {"kakaclo": ("imageUrl", "backImageUrl", "materialImages", "colorValue"), "gelato": ("customerIds",)}


def adopts(floor: Floor, luck: random.Random) -> None:
    """A person makes a product, or has made one, and writes a document that names it."""
    provider, slug = luck.choice(PROVIDERS), luck.choice(SLUGS)
    address = Address(KINDS[PROVIDERS.index(provider)], slug)
    fields = luck.random()
    if luck.random() < 0.6:
        floor.by_hand(provider, _spec(provider, luck.choice(SLUGS)))
    free = sorted(floor.model.hand & set(floor.there(provider)) - set(floor.state.owned(provider)))
    if not free or address in floor.documents:
        return
    identity = luck.choice(free)
    true = floor.there(provider)[identity]
    spec = {field: true[field] for field in FIELDS[provider] if true.get(field) is not None}
    if fields < 0.25:
        spec = {**_spec(provider, slug), **luck.choice([{}, _model(provider, true)])}
    elif fields < 0.5:
        kept = set(luck.sample(OPEN[provider], luck.randint(0, len(OPEN[provider]) - 1)))
        spec = {f: v for f, v in spec.items() if f in kept or f not in OPEN[provider]}
    floor.write(floor.document(address.kind, slug, spec, adopt=identity))


def _spec(provider: str, slug: str) -> dict[str, Any]:
    return tee_spec(slug) if provider == "kakaclo" else poster_spec(slug)


def _model(provider: str, true: Mapping[str, Any]) -> dict[str, Any]:
    name = "modelId" if provider == "kakaclo" else "productModelId"
    return {name: true[name]}


def adopts_wrongly(floor: Floor, luck: random.Random) -> None:
    """A document names what is another document's, an orphan, or nowhere: it must not be had."""
    address = Address(luck.choice(KINDS), luck.choice(SLUGS))
    if address in floor.documents:
        return
    document = floor.document(address.kind, address.name)
    owned = sorted(floor.state.owned(document.provider))
    identity = luck.choice(owned) if owned and luck.random() < 0.8 else "99999"
    floor.write(rewritten(document, adopt=identity))


def names_its_own(floor: Floor, luck: random.Random) -> None:
    """`import --pin`: the document names the product that it has."""
    document = _pick(floor, luck)
    entry = floor.state.entries.get(document.address) if document is not None else None
    if document is not None and entry is not None and entry.id is not None and not entry.provisional:
        floor.write(rewritten(document, adopt=entry.id))


def renames(floor: Floor, luck: random.Random) -> None:
    """A document that names its product gets another address; now and then it is edited as well."""
    document = _pick(floor, luck, lambda each: each.history.adopt is not None)
    target = luck.choice(SLUGS)
    if document is None or Address(document.address.kind, target) in floor.documents:
        return
    old = document.address
    facts = {"moved": luck.choice([None, None, (old.name,)])}
    moved = rewritten(document, address=Address(old.kind, target), **facts)
    floor.write_all(moved, without=old)


def recreates(floor: Floor, luck: random.Random) -> None:
    """A product is removed by hand, and its document wants it again; or it is there all the time."""
    document = _pick(floor, luck, lambda each: each.address in floor.state.entries)
    entry = floor.state.entries[document.address] if document is not None else None
    if document is None or entry is None or entry.id is None or entry.provisional:
        return
    there = floor.there(document.provider)
    if entry.id in there and len(there) > 1 and luck.random() < 0.8:
        floor.take_away(document.provider, entry.id)
    floor.write(rewritten(document, recreate=entry.id))


def protects(floor: Floor, luck: random.Random) -> None:
    document = _pick(floor, luck)
    if document is not None:
        floor.write(replace(document, lifecycle=Lifecycle(prevent_orphan=luck.random() < 0.7)))


def lets_go(floor: Floor, luck: random.Random) -> None:
    """A document goes, and `removed` says that this is meant."""
    document = _pick(floor, luck)
    if document is not None:
        floor.delete(document.address)
        floor.lets_go.add(str(document.address))


def ignores(floor: Floor, luck: random.Random) -> None:
    """The settings ignore a product that a person made, or do so no more."""
    existing, provider = cast("ExistingFloor", floor), luck.choice(PROVIDERS)
    hand = sorted(floor.model.hand & set(floor.there(provider)))
    if hand:
        existing.ignored[provider] ^= {luck.choice(hand)}


def fills_in(floor: Floor, luck: random.Random) -> None:
    """An incomplete document is completed, with what is true or with something else."""
    document = _pick(floor, luck, lambda each: len(each.spec) < len(_spec(each.provider, "any")))
    if document is not None:
        true = floor.there(document.provider).get(document.history.adopt or "", {})
        known = {f: true[f] for f in FIELDS[document.provider] if true.get(f) is not None}
        whole = cast("ExistingFloor", floor).whole(document)
        spec = {**known, **document.spec} if known and luck.random() < 0.7 else whole
        floor.write(replace(document, spec=FrozenDict({**whole, **spec})))


def _pick(
    floor: Floor, luck: random.Random, fits: Callable[[Product], bool] = lambda _: True
) -> Product | None:
    found = [floor.documents[address] for address in sorted(floor.documents)]
    return luck.choice(fitting) if (fitting := [each for each in found if fits(each)]) else None


#: Those of schedules about existing products, and how often each is drawn.
EXISTING_WEIGHTS: Mapping[Step, int] = {
    adopts: 8, adopts_wrongly: 2, names_its_own: 2, renames: 3, recreates: 2, protects: 1, lets_go: 2,
    ignores: 1, fills_in: 2,
} | {
    STEPS[name]: weight
    for name, weight in {
        "add": 2, "edit": 2, "remove": 1, "weather": 1, "time": 1, "lose": 1, "restore": 1,
        "hand_removes": 1, "hand_makes": 1, "apply": 6, "bad_apply": 6, "good_day": 1,
        "lose_kept": 2, "restore_kept": 2,
    }.items()
}  # fmt: skip
EXISTING_STEPS: Mapping[str, Step] = {each.__name__: each for each in EXISTING_WEIGHTS}


def existing_schedule(luck: random.Random) -> list[tuple[str, int]]:
    """A schedule about existing products; it always ends with a good day."""
    names = luck.choices(list(EXISTING_STEPS), list(EXISTING_WEIGHTS.values()), k=luck.randint(6, 18))
    return [("adopts", luck.randint(0, 999)), *((n, luck.randint(0, 999)) for n in names), ("good_day", 0)]
