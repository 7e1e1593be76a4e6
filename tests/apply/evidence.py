"""What must hold after every schedule, whatever the world did: nothing doubled, lost or misbound, no untruth.

The vendors' books are the judge: they know which body became which product.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from podsync.apply.report import Outcome, Report, Result
from podsync.evidence.declared import Declarations
from podsync.evidence.state_view import Known
from podsync.model.address import Address
from podsync.model.frozen import EMPTY, freeze, thaw
from podsync.providers.contract import Query
from podsync.providers.registry import provider_of
from podsync.state.reducer.reducer import replay
from tests.apply.vendor_server import CREATES, Odd
from tests.apply.world import KEYS, PLUGINS, SETTLE, TIMEOUT, Life, World, at

PROVIDERS = ("kakaclo", "gelato")
CUT_AFTER, CUT_BEFORE = Odd("cut", commit=True), Odd("cut")
CREATE_WORDS = (Result.CREATED, Result.REPLACED, Result.ADOPTED, Result.RESTORED)
NAMES = {"kakaclo": "enName", "gelato": "name"}
#: Longer than a doubt needs to be settled, by any reading of the clock.
LONG = 3 * (SETTLE + TIMEOUT)


def creates(world: World) -> int:
    """How many creates reached the vendors."""
    return len(world.server.sent(*CREATES))


def made(world: World, provider: str) -> int:
    """How many products a program made there."""
    return len([p for p in world.server.products(provider) if not p["hand"]])


def make(world: World, provider: str, slug: str = "one", **fields: Any) -> Address:
    return (world.tee if provider == "kakaclo" else world.poster)(slug, **fields)


def begin(world: World, provider: str) -> None:
    """An account in which one product of ours is known: an empty listing proves nothing.

    It has a name, a model and a picture host of its own, so that nothing is learned from it about what a
    test is about, and counts for no test (`creates`, `made`).
    """
    own = {"modelId": "6", "imageUrl": "https://zero.example/front.png", "backImageUrl": None}
    make(world, provider, "zero", **(own if provider == "kakaclo" else {"productModelId": "model-zero"}))
    assert world.apply().exit_code == 0
    world.clock.pass_by(LONG)
    for product in world.server.products(provider):
        product["hand"] = True
    world.server.forget_requests()


def outcome(report: Report, address: Address) -> Outcome:
    return next(o for o in report.outcomes if o.address == address)


def results(report: Report) -> list[Result]:
    return [o.result for o in report.outcomes]


def advice(report: Report) -> list[str]:
    """Every line that tells a person what to do."""
    return [*report.next, *(line for o in report.outcomes for line in o.next)]


def in_doubt(world: World, provider: str, *, made: bool, slug: str = "one", **fields: Any) -> Address:
    """Leave one product in doubt: its sender died while the request was on its way."""
    address = make(world, provider, slug, **fields)
    world.dies(at("after" if made else "before", "POST"))
    assert world.entry(address).pending is not None
    return address


def lose(world: World, *, memory: bool = False, copy: bool = False) -> None:
    """The state is lost, with `copy` also the one in `.podsync`, and with `memory` all that is there."""
    world.forgot_orphans = world.forgot_orphans or bool(world.state.orphans)
    for path in world.folder.glob("podsync.state.json*"):
        path.unlink()
    if copy:
        shutil.rmtree(world.folder / ".podsync" / "newest")
    if memory:
        shutil.rmtree(world.folder / ".podsync", ignore_errors=True)


def kept_state(world: World) -> dict[str, bytes]:
    """The state's files as they are now."""
    return {path.name: path.read_bytes() for path in world.folder.glob("podsync.state.json*")}


def put_back(folder: Path, files: Mapping[str, bytes]) -> None:
    """An older state takes the place of the present one."""
    for path in folder.glob("podsync.state.json*"):
        path.unlink()
    for name, data in files.items():
        (folder / name).write_bytes(data)


def other_machine(world: World, folder: Path, *, memory: bool) -> World:
    """The same catalog, a copy of the state, the same vendors and time, in another folder."""
    folder.mkdir()
    for path in world.folder.glob("podsync.state.json*"):
        shutil.copy(path, folder)
    if memory and (world.folder / ".podsync").exists():
        shutil.copytree(world.folder / ".podsync", folder / ".podsync")
    other = World(folder, world.clock, world.server)
    other.documents = dict(world.documents)
    other.settings, other.pictures = dict(world.settings), world.pictures
    return other


def takes(world: World, address: Address, identity: str) -> None:
    """A person types `import`, of what is listed or of what a look remembers."""
    provider, store = world.documents[address].provider, world._store(Life())
    with store.lock("import", 0.0):
        state = store.load()
        known = Known(provider_of(PLUGINS[provider], world._settings(provider)), state, "default")
        listed = {row.id: row for row in world._connection(provider, Life()).reader.find(Query()).items}
        rows = {**known.remembered, **listed}
        said = Declarations(known, rows, world.clock.now(), {address: world.documents[address]})
        events = said.ours(address, identity)
        store.append(events)
        store.compact(replay(state, events))


def truth(world: World, report: Report | None = None, *, untold: Mapping[str, str] = EMPTY) -> None:
    """0 doubled, 0 bound to a wrong product; told truly; and with exit code 0: 0 lost, 0 in doubt.

    `untold` are products of which nobody could know (`VendorServer.never_told`), by id, with their bodies.
    """
    assert [body for body in world.server.doubled() if body not in untold.values()] == []
    bound_rightly(world)
    if report is not None:
        told_truly(world, report)
        # A lost state takes along what no document tells of.
        if report.exit_code == 0 and not world.forgot_orphans:
            asked = " ".join(report.notes)  # beside another outcome of the address a question is a note
            nothing_lost(world, {*untold, *(i for i in made_ids(world) if i in asked)})


def bound_rightly(world: World) -> None:
    """Every id that the state holds is the product of what the state says was sent."""
    state = world.state
    there = {p["id"]: p for name in PROVIDERS for p in world.server.products(name)}
    for item in [*state.entries.values(), *state.orphans]:
        # With a window an id is provisional: it can be taken back until a listing confirms it.
        if item.id in there and item.pending is None and item.window is None:
            told, true = _plain(item.spec), _plain(there[item.id]["body"])
            assert told == true, f"{item.address} is bound to {item.id}, which is another product"
    for provider in PROVIDERS:
        held = [i.id for i in [*state.entries.values(), *state.orphans] if i.provider == provider and i.id]
        assert len(set(held)) == len(held), "one id, two owners"


def made_ids(world: World) -> set[str]:
    """The ids of all that is there."""
    return {product["id"] for name in PROVIDERS for product in world.server.products(name)}


def nothing_lost(world: World, untold: Collection[str] = ()) -> None:
    """What podsync made is known, or will be: as many ids are open as products are not owned."""
    state = world.state
    assert not [e for e in state.entries.values() if e.pending], "in doubt, with exit code 0"
    for provider in PROVIDERS:
        # What a refusal may have made all the same is looked for, until somebody has answered.
        refusals = [each for told in state.refusals.values() for each in told]
        refused = [each.body for each in refusals if each.provider == provider]
        made = {
            p["id"]
            for p in world.server.products(provider)
            if not p["hand"] and freeze(p["body"]) not in refused
        }
        unowned = made - {*state.owned(provider), *untold}
        items = [*state.entries.values(), *state.orphans]
        waiting = [i for i in items if i.provider == provider and (i.id is None or i.window)]
        assert len(unowned) <= len(waiting), "made and not known"


def told_truly(world: World, report: Report) -> None:
    """What is called made is there, what is called updated shows it, what is advised fits."""
    for one in report.outcomes:
        there = world.server.products(one.provider)
        bodies = [_plain(p["body"]) for p in there]
        document = world.documents.get(one.address)
        if one.result in CREATE_WORDS and document is not None:
            assert _plain(document.spec) in bodies, f"{one.address}: {one.result}, and it is not there"
        if one.result is Result.UPDATED and document is not None:
            body = next(_plain(p["body"]) for p in there if p["id"] == one.id)
            assert {k: body[k] for k in ("name", "customerIds")} == {
                k: _plain(document.spec)[k] for k in ("name", "customerIds")
            }, f"{one.address}: called updated"
        advised = {word.removeprefix("cp-") for word in re.findall(r"--adopt (\S+)", " ".join(one.next))}
        if document is not None and advised & {p["id"] for p in there}:
            # Where several are named, a person chooses; its own must be one of them. Of a doubt, its own is
            # what was sent, be the document another one by now.
            doubt = world.state.entries[one.address].pending if one.address in world.state.entries else None
            asked = document.spec if doubt is None or doubt.op == "update" else doubt.body
            own = {p["id"] for p in there if _plain(p["body"]) == _plain(asked)}
            assert not own or own & advised, f"{one.address}: the advice names another's product"


def well_again(world: World, **options: Any) -> Report:
    """The vendors are well, time passes, apply runs as often as a person would: the last report."""
    world.server.behave()
    world.server.lag = 0.0
    world.keys = dict(KEYS)
    for _ in range(3):
        world.clock.pass_by(LONG)
        report = world.apply(**options)
        truth(world, report)
        if report.exit_code == 0 and not world.plan().work and not world.plan().unbound:
            break
    return report


def ends_well(world: World, **options: Any) -> None:
    """In the end every document has its one product, and an apply has nothing left to do."""
    report = well_again(world, **options)
    assert report.exit_code == 0, [(o.address, o.result, o.error) for o in report.outcomes]
    assert not world.plan().work
    assert set(world.state.entries) == set(world.documents)
    assert all(entry.id for entry in world.state.entries.values())
    nothing_lost(world)


def _plain(spec: Any) -> dict[str, Any]:
    """A spec or a body without what makes no difference."""
    plain = {key: value for key, value in thaw(spec).items() if value not in (None, [], "")}
    if "modelId" in plain:
        plain["modelId"] = str(plain["modelId"]).lstrip("0")
    for option in plain.get("variantOptions", ()):
        # They are added one request after the other, and shown in no order.
        option.get("values", []).sort(key=lambda each: each["value"])
    return plain
