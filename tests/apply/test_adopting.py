"""`adopt: ID` in a document: apply takes that very product, or leaves it; it sends nothing for it."""

from __future__ import annotations

from typing import Any

import pytest

from podsync.apply.report import Result
from podsync.model.address import Address
from podsync.plan.action import Action
from tests.apply.vendor_wire import Odd
from tests.apply.world import SETTLE, World
from tests.products import poster_spec, tee_spec

WRITES = ("kakaclo.create", "gelato.create", "gelato.update")


def listed(spec: dict[str, Any]) -> dict[str, Any]:
    """What a listing tells of a designed product."""
    return {key: spec[key] for key in ("modelId", "enName", "imageUrl", "backImageUrl")}


def ends(world: World) -> dict[str, Result]:
    return {outcome.address.name: outcome.result for outcome in world.reports[-1].outcomes}


def adopted(world: World, name: str, identity: str, spec: dict[str, Any]) -> Address:
    address = Address("designed_product", name)
    return world._write(address, "kakaclo", spec, {"adopt": identity})


def test_a_whole_account_is_taken_and_nothing_is_sent(world: World) -> None:
    """Doubles, and what only the artwork tells apart: each has its own id, which is enough."""
    spec = tee_spec("dino")
    ids = [world.server.by_hand("kakaclo", spec, age=86400) for _ in range(3)]
    other = world.server.by_hand("gelato", poster_spec("fox"), age=86400)
    for index, identity in enumerate(ids):
        adopted(world, f"dino-{index}", identity, listed(spec))
    world.poster("fox", doc={"adopt": other})

    report = world.apply()

    assert report.exit_code == 0
    assert set(ends(world).values()) == {Result.ADOPTED}
    assert world.server.sent(*WRITES) == []
    assert world.state.owned("kakaclo").keys() == set(ids)
    assert not world.plan().work
    # Colours and artwork are filled in afterwards: nothing is replaced, nothing sent.
    for index in range(3):
        world.tee(f"dino-{index}", doc={"adopt": ids[index]}, **spec)
    assert {change.action for change in world.plan().work} == {Action.NOTE}
    world.server.forget_requests()
    assert world.apply().exit_code == 0
    assert world.server.requests == []
    assert not world.plan().work
    assert (
        world.entry(Address("designed_product", "dino-0")).spec
        == world.documents[Address("designed_product", "dino-0")].spec
    )


def test_a_document_that_says_only_an_id_is_taken_and_its_state_is_read(world: World) -> None:
    spec = tee_spec("dino")
    identity = world.server.by_hand("kakaclo", spec, age=86400)
    address = adopted(world, "dino", identity, {})

    assert world.apply().exit_code == 0
    assert ends(world) == {"dino": Result.ADOPTED}
    assert world.apply().exit_code == 0
    assert not world.plan().work
    adopted(world, "dino", identity, {"enName": spec["enName"]})
    assert world.apply().exit_code == 0
    assert world.entry(address).spec == {"enName": spec["enName"]}
    world.delete(address)
    assert world.apply().exit_code == 0
    assert [orphan.id for orphan in world.state.orphans] == [identity]
    assert world.server.sent(*WRITES) == []


@pytest.mark.parametrize("why", ["lists no product", "belongs to", "is of model", "is an orphan"])
def test_what_is_not_theirs_to_take_is_not_tried_and_never_made(world: World, why: str) -> None:
    spec, identity = tee_spec("dino"), "99999"
    if why == "is of model":
        identity = world.server.by_hand("kakaclo", {**spec, "modelId": "2"}, age=86400)
    elif why != "lists no product":
        first = world.tee("first")
        world.apply()
        identity = world.entry(first).id
        if why == "is an orphan":
            world.delete(first)
            world.apply()
    adopted(world, "dino", identity, spec)
    world.server.forget_requests()

    report = world.apply()

    (outcome,) = report.outcomes
    assert (report.exit_code, outcome.result) == (4, Result.NOT_TRIED)
    assert ("belongs to the orphan" if why == "is an orphan" else why) in (outcome.error or "")
    assert world.server.sent(*WRITES) == []


def test_an_id_in_the_wrong_document_makes_nothing_and_takes_nothing(world: World) -> None:
    """The product is just what another document wants: a person says whose it is before anything is made."""
    spec = tee_spec("dino")
    identity = world.server.by_hand("kakaclo", spec, age=86400)
    adopted(world, "other", identity, {"enName": "Any name"})
    world.tee("dino", **spec)

    world.apply()
    assert ends(world) == {"dino": Result.NOT_TRIED, "other": Result.NOT_TRIED}
    assert world.server.sent("kakaclo.create") == []

    del world.documents[Address("designed_product", "other")]
    world.apply()
    assert ends(world) == {"dino": Result.ADOPTED}
    assert world.server.doubled() == []


def test_what_a_doubt_may_have_made_is_found_whatever_a_document_names(world: World) -> None:
    """The id of a product in doubt stands in another document by mistake: it is not made a second time."""
    world.server.misbehave("kakaclo.create", Odd("cut", commit=True))
    world.tee("dino")
    world.apply(wait=False)
    (product,) = world.server.products("kakaclo")
    adopted(world, "other", product["id"], {"enName": "Any name"})

    world.apply()
    world.apply()

    assert world.entry(Address("designed_product", "dino")).id == product["id"]
    assert world.server.doubled() == []


def test_what_is_gone_is_made_again_once_that_is_certain(world: World) -> None:
    """Missing once is not gone; while it is listed nothing is made beside it."""
    world.tee("other")
    address = world.tee()
    world.apply()
    first = world.entry(address).id
    world.clock.pass_by(SETTLE)
    world.tee(doc={"recreate": first})
    world.apply(wait=False)
    assert "it is not gone" in (world.reports[-1].outcomes[0].error or "")
    world.server.remove(first)

    world.apply(wait=False)

    assert ends(world) == {"tee": Result.NOT_TRIED}
    assert "not yet gone" in (world.reports[-1].outcomes[0].error or "")
    assert world.apply().exit_code == 0
    assert ends(world) == {"tee": Result.CREATED}
    assert world.entry(address).id != first
    assert world.state.orphans == ()
    assert not world.plan().work
    world.settle()


def test_what_is_ignored_is_nobody_s_here(world: World) -> None:
    spec = tee_spec("dino")
    identity = world.server.by_hand("kakaclo", spec, age=86400)
    world.settings["ignored"] = (identity,)
    world.tee("dino", **spec)

    assert world.apply().exit_code == 0
    assert ends(world) == {"dino": Result.CREATED}
