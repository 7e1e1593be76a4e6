"""What can happen between two looks at the world; every step is a number, so that a schedule is a list.

Nothing here depends on what went before but the catalog: a step that does not fit does nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from podsync.apply.report import Report
from podsync.model.address import Address
from podsync.model.frozen import FrozenDict, freeze
from podsync.model.product import Lifecycle, Product
from podsync.sandbox import Fault
from tests.apply.world import SETTLE, TIMEOUT
from tests.machine import climate
from tests.machine.floor import PROVIDERS, Floor, Trouble
from tests.plan.build import rewritten
from tests.products import poster_spec, tee_spec

SLUGS = ("ant", "bee", "cat", "dog", "elk")
KINDS = ("designed_product", "customer_product")
MOMENTS = (
    "Intent", "POST", "PATCH", "Made", "Doubted", "Settled", "Bound", "Adopted", "Ended", "compact", "find",
)  # fmt: skip
FANCY = (
    "The {} \u2019s \u201cBest\u201d", "{} & Co", "{} \U0001f996 Tee", "T\u00e4  {}", "\u732b {}",
    "A rather long name of the {} and more", "A rather long name of the {}",
)  # fmt: skip
YEAR = 365 * 86400.0


def _pick(floor: Floor, luck: random.Random, kind: str | None = None) -> Product | None:
    found = [floor.documents[a] for a in sorted(floor.documents) if kind is None or a.kind == kind]
    return luck.choice(found) if found else None


# -- the catalog


def add(floor: Floor, luck: random.Random) -> None:
    """A new document, or one that was there before."""
    for _ in range(luck.randint(1, 3)):
        address = Address(luck.choice(KINDS), luck.choice(SLUGS))
        if address not in floor.documents:
            old = floor.history.get(address)
            again = rewritten(luck.choice(old), moved=None) if old and luck.random() < 0.6 else None
            spec = _fancy(address, luck) if luck.random() < 0.4 else None
            floor.write(again or floor.document(address.kind, address.name, spec))


def _fancy(address: Address, luck: random.Random) -> Mapping[str, Any]:
    """A product whose name shops like to change."""
    name = luck.choice(FANCY).format(address.name)
    if address.kind == "designed_product":
        return {**tee_spec(address.name), "enName": name}
    return {**poster_spec(address.name), "name": name}


def remove(floor: Floor, luck: random.Random) -> None:
    document = _pick(floor, luck)
    if document is not None:
        floor.delete(document.address)


def rename(floor: Floor, luck: random.Random) -> None:
    """The document gets another address; it may say so or not."""
    document = _pick(floor, luck)
    target = luck.choice(SLUGS)
    if document is None or Address(document.address.kind, target) in floor.documents:
        return
    old = document.address
    moved = luck.choice([None, (old.name,), (old.name,), ()])
    floor.write_all(rewritten(document, address=Address(old.kind, target), moved=moved), without=old)


def edit(floor: Floor, luck: random.Random) -> None:
    document = _pick(floor, luck)
    if document is None:
        return
    changes = _tee_edit(luck) if document.provider == "kakaclo" else _poster_edit(luck)
    spec = FrozenDict({**document.spec, **changes})
    old = document.spec.get("name")
    renamed = old if luck.random() < 0.8 else document.history.renamed_from
    floor.write(rewritten(document, spec=spec, renamed_from=renamed))


def _tee_edit(luck: random.Random) -> Mapping[str, Any]:
    number = luck.randint(0, 2)
    art = ({"imageName": "art", "imageUrl": f"https://cdn.example.com/art-{number}.png"},)
    fields: tuple[Mapping[str, Any], ...] = (
        {"modelId": str(number + 1)},
        {"enName": f"Name {number} of {luck.choice(SLUGS)}"},
        {"enName": luck.choice(FANCY).format(luck.choice(SLUGS))},
        {"imageUrl": f"https://cdn.example.com/front-{number}.png"},
        {"backImageUrl": f"https://cdn.example.com/back-{number}.png"},
        {"colorValue": f"#00000{number}"},
        {"materialImages": tuple(FrozenDict(each) for each in art)},
    )
    return luck.choice(fields)


def _poster_edit(luck: random.Random) -> Mapping[str, Any]:
    number = luck.randint(0, 2)
    part = (FrozenDict({"partModelId": "frame", "quantity": number + 1}),)
    fields: tuple[Mapping[str, Any], ...] = (
        {"name": f"Poster of {luck.choice(SLUGS)}"},
        {"name": luck.choice(FANCY).format(luck.choice(SLUGS))},
        {"name": f"The {luck.choice(SLUGS)} Poster"},
        {"customerIds": (f"customer-{number}", "customer-9")},
        {"customerIds": ("*",)},
        {"partQuantities": part},
    )
    return luck.choice(fields)


def revert(floor: Floor, luck: random.Random) -> None:
    """An earlier version of the document comes back."""
    document = _pick(floor, luck)
    if document is not None and floor.history.get(document.address):
        old = luck.choice(floor.history[document.address])
        floor.write(rewritten(old, renamed_from=document.spec.get("name"), moved=document.history.moved))


def swap(floor: Floor, luck: random.Random) -> None:
    """Two customer products change names, or one takes the name that the other gives up."""
    one, other = _pick(floor, luck, KINDS[1]), _pick(floor, luck, KINDS[1])
    if one is None or other is None or one.address == other.address:
        return
    given = one.spec["name"] if luck.random() < 0.5 else f"Free {luck.randint(0, 2)}"
    floor.write_all(
        rewritten(
            one, spec=FrozenDict({**one.spec, "name": other.spec["name"]}), renamed_from=one.spec["name"]
        ),
        rewritten(other, spec=FrozenDict({**other.spec, "name": given}), renamed_from=other.spec["name"]),
    )


def label(floor: Floor, luck: random.Random) -> None:
    document = _pick(floor, luck)
    if document is not None:
        floor.write(replace(document, labels=FrozenDict({"season": luck.choice(["spring", "fall"])})))


# -- the world


def weather(floor: Floor, luck: random.Random) -> None:
    """How the shops and their listings are from now on; what our own clock says."""
    there = {i: (p, each) for p in PROVIDERS for i, each in floor.there(p).items()}
    names = {str(each.get("enName") or each["name"]) for _, each in there.values()}
    rules = climate.weather(luck, names, there)
    floor.sandbox.set_rules(**rules)
    floor.clock.moved = luck.choice([0.0, 0.0, 0.0, 3600.0, -3600.0, YEAR, -YEAR])
    floor.settings["parallelism"] = luck.randint(1, 4)


def time(floor: Floor, luck: random.Random) -> None:
    floor.clock.pass_by(luck.choice([1.0, 40.0, 320.0, 700.0, 5000.0]))


def lose(floor: Floor, luck: random.Random) -> None:
    floor.lose(journal=luck.random() < 0.7, memory=luck.random() < 0.3)


def restore(floor: Floor, luck: random.Random) -> None:
    floor.restore(luck.randint(0, 99), memory=luck.random() < 0.3)


def lose_kept(floor: Floor, luck: random.Random) -> None:
    """The state is lost, and `.podsync` knows all of it."""
    floor.lose(journal=luck.random() < 0.7, memory=False)


def restore_kept(floor: Floor, luck: random.Random) -> None:
    """An old backup comes back, and `.podsync` knows what came after it."""
    floor.restore(luck.randint(0, 99), memory=False)


def hand_removes(floor: Floor, luck: random.Random) -> None:
    """A person removes a product; the last one that is there stays."""
    provider = luck.choice(PROVIDERS)
    there = sorted(floor.there(provider))
    if len(there) > 1:
        floor.take_away(provider, luck.choice(there))


def hand_makes(floor: Floor, luck: random.Random) -> None:
    """A person makes the very product of a document, one beside it, or something else."""
    document = _pick(floor, luck)
    if document is not None and luck.random() < 0.5:
        floor.by_hand(document.provider, document.spec)
        return
    provider, name = luck.choice(PROVIDERS), f"hand {luck.randint(0, 5)}"
    floor.by_hand(provider, tee_spec(name) if provider == "kakaclo" else poster_spec(name))


# -- apply


def apply(floor: Floor, luck: random.Random) -> None:
    """An apply on a day like any other."""
    report = floor.run(Trouble())
    assert report is not None
    if report.exit_code:
        floor.answers(report)


def bad_apply(floor: Floor, luck: random.Random) -> None:
    """An apply on a bad day; as a rule there is something to do."""
    for change in luck.choices((add, edit, edit, revert, remove), k=luck.randint(0, 4)):
        change(floor, luck)
    report = floor.run(trouble_of(floor, luck), wait=luck.random() < 0.75)
    if report is not None and luck.random() < 0.5:
        _perhaps_answers(floor, report)


def other_account(floor: Floor, luck: random.Random) -> None:
    """A key of another account, which is empty or holds what others made: nothing may be made there."""
    provider = luck.choice(PROVIDERS)
    shop, key = f"{provider}#2", floor.keys[provider]
    if not floor.someone_is_known(provider):
        return
    if luck.random() < 0.5 and not floor.sandbox.products(shop):
        floor.sandbox.fill(shop, 3)
    before = len(floor.sandbox.products(shop))
    floor.keys[provider] = dict(zip(PROVIDERS, (climate.TOKENS[1], climate.KEYS[1]), strict=True))[provider]
    try:
        floor.run(Trouble(), wait=luck.random() < 0.5)
    finally:
        floor.keys[provider] = key
    assert len(floor.sandbox.products(shop)) == before, "made in another account"
    floor.figures["other accounts"] += 1


def _perhaps_answers(floor: Floor, report: Report) -> None:
    if report.plan.errored or report.refused:
        floor.answers(report)


def good_day(floor: Floor, luck: random.Random) -> None:
    floor.good_day()


def trouble_of(floor: Floor, luck: random.Random) -> Trouble:
    kind = luck.choice(
        ["faults", "faults", "faults", "death", "death", "drop", "stray", "stop", "second", "pause"]
    )
    faults = tuple(_fault(floor, luck) for _ in range(luck.randint(0, 4)))
    if kind == "faults":
        faults += (_fault(floor, luck), _fault(floor, luck))
    trouble = Trouble(faults, delay=luck.uniform(1, TIMEOUT - 1))
    if luck.random() < 0.15:
        trouble.jump = (luck.choice([0.0, YEAR, -YEAR, 3600.0]), luck.uniform(0, 200))
    if kind == "death":
        trouble.dies = _death(luck)
    elif kind == "drop":
        trouble.drops = luck.randint(0, 3)
    elif kind == "stray":
        trouble.stray = frozenset(luck.sample(range(6), 3))
    elif kind == "stop":
        trouble.signal = (luck.choice([2, 15]), luck.choice([0.1, 5.0, 60.0, 400.0]))
    elif kind == "second":
        trouble.second = luck.randint(0, 2)
    elif kind == "pause":
        seconds = luck.choice([20.0, 29.0, 31.0, 400.0, 7200.0])
        trouble.pause = luck.randint(0, 3), seconds, luck.choice(["before", "after"])
    return trouble


def _death(luck: random.Random) -> Callable[[str, str], bool]:
    """At some moment of all, or at one that is worth it more."""
    left, word, what = [luck.randint(1, 40)], "", ""
    if luck.random() < 0.5:
        left, word, what = [luck.randint(1, 3)], luck.choice(["before", "after"]), luck.choice(MOMENTS)

    def dies(told: str, happens: str) -> bool:
        if not told.startswith(word) or what not in happens:
            return False
        left[0] -= 1
        return left[0] <= 0

    return dies


def _fault(floor: Floor, luck: random.Random) -> Fault:
    rules = floor.sandbox.rules
    behind = rules.replica + max(rules.kakaclo_lag, rules.gelato_lag)
    known = [p for p in PROVIDERS if floor.someone_is_known(p)]
    return climate.fault(luck, may_be_empty=known, may_be_stale=behind + climate.STALE_BY <= SETTLE)


# -- values and swaps: in schedules of their own, so that what the others draw stays as it was

SIZES = ("10x10", "20x20", "30x30", "40x40")


def sized(*names: str, model: str = "model-poster") -> Mapping[str, Any]:
    """The options of a poster with these values."""
    mapping = ({"partModelId": "frame", "attributeIds": ("width",)},)
    values = [
        {"value": name, "attributeValues": ({"partModelId": "frame", "attributes": {"width": name[:2]}},)}
        for name in names
    ]
    option = {"id": "size", "name": "Size", "attributesMapping": mapping}
    told = {**option, **({"values": tuple(values)} if values else {})}
    whole: Mapping[str, Any] = freeze({"variantOptions": (told,), "productModelId": model})
    return whole


def poster(floor: Floor, luck: random.Random) -> None:
    """A new customer product with values."""
    address = Address(KINDS[1], luck.choice(SLUGS))
    if address not in floor.documents:
        names = luck.sample(SIZES, luck.randint(0, 3))
        floor.write(
            floor.document(address.kind, address.name, {**poster_spec(address.name), **sized(*names)})
        )


def more_values(floor: Floor, luck: random.Random) -> None:
    """Some values more; now and then fewer, which takes a swap."""
    document = _pick(floor, luck, KINDS[1])
    if document is None:
        return
    had = [v["value"] for v in document.spec["variantOptions"][0].get("values", ())]
    names = [*had, *(name for name in SIZES if name not in had)][: len(had) + luck.randint(0, 2)]
    if luck.random() < 0.3:
        names = luck.sample(SIZES, luck.randint(1, 3))
    model = document.spec["productModelId"]
    spec = FrozenDict({**document.spec, **sized(*names, model=model)})
    floor.write(replace(document, spec=spec, lifecycle=_lifecycle(luck)))


def _lifecycle(luck: random.Random) -> Lifecycle:
    return Lifecycle(replace=luck.choice(["", "swap", "swap", "staged"]))


def another_model(floor: Floor, luck: random.Random) -> None:
    """What only a swap can do."""
    document = _pick(floor, luck, KINDS[1])
    if document is not None:
        spec = FrozenDict({**document.spec, "productModelId": f"model-{luck.randint(0, 2)}"})
        floor.write(
            replace(document, spec=spec, lifecycle=Lifecycle(replace=luck.choice(["swap", "staged"])))
        )


def go_on(floor: Floor, luck: random.Random) -> None:
    """What is staged may take the name, or is to wait."""
    document = _pick(floor, luck, KINDS[1])
    if document is not None:
        floor.write(replace(document, lifecycle=_lifecycle(luck)))


def bad_values(floor: Floor, luck: random.Random) -> None:
    """An apply on a bad day for what comes after a create."""
    for change in luck.choices((poster, more_values, another_model, go_on), k=luck.randint(1, 3)):
        change(floor, luck)
    operations = [luck.choice(["values", "values", "update"]) for _ in range(luck.randint(0, 3))]
    trouble = trouble_of(floor, luck)
    trouble.faults += tuple(climate.later_fault(luck, operation) for operation in operations)
    trouble.updates_too = luck.random() < 0.3
    report = floor.run(trouble, wait=luck.random() < 0.75)
    if report is not None and luck.random() < 0.5:
        _perhaps_answers(floor, report)


def listing(floor: Floor, luck: random.Random) -> None:
    """Whether the listing tells values from now on."""
    floor.sandbox.set_rules(gelato_list_values=luck.random() < 0.7)


Step = Callable[[Floor, random.Random], None]

STEPS: Mapping[str, Step] = {
    each.__name__: each
    for each in (
        add, remove, rename, edit, revert, swap, label, weather, time, lose, restore,
        hand_removes, hand_makes, other_account, apply, bad_apply, good_day, lose_kept, restore_kept,
    )
}  # fmt: skip
#: Those of schedules about values, and how often each is drawn.
VALUE_STEPS: Mapping[str, Step] = {
    each.__name__: each
    for each in (
        poster, more_values, another_model, go_on, bad_values, listing, time, lose, restore, apply, good_day,
        lose_kept, restore_kept,
    )
}  # fmt: skip
VALUE_WEIGHTS = (3, 3, 2, 3, 8, 1, 2, 1, 1, 3, 1, 1, 1)
#: How often each is drawn for a campaign's schedule.
WEIGHTS = (5, 2, 2, 4, 3, 1, 1, 3, 2, 1, 1, 1, 1, 1, 3, 9, 1, 2, 2)


def take(floor: Floor, name: str, number: int, steps: Mapping[str, Step] = STEPS) -> None:
    """One step, and what must hold after every step."""
    floor.log.append(f"{name}({number})")
    steps[name](floor, random.Random(f"{name} {number}"))
    floor.always()
    floor.figures["steps"] += 1


def schedule(luck: random.Random) -> list[tuple[str, int]]:
    """A schedule drawn by lot; it always ends with a good day."""
    names = luck.choices(list(STEPS), WEIGHTS, k=luck.randint(8, 24))
    return [("add", luck.randint(0, 999)), *((n, luck.randint(0, 999)) for n in names), ("good_day", 0)]


def value_schedule(luck: random.Random) -> list[tuple[str, int]]:
    """A schedule about values and swaps; it always ends with a good day."""
    names = luck.choices(list(VALUE_STEPS), VALUE_WEIGHTS, k=luck.randint(6, 16))
    return [("poster", luck.randint(0, 999)), *((n, luck.randint(0, 999)) for n in names), ("good_day", 0)]
