"""PROTOCOL for values of a product that podsync did not give all of them itself: a person says, once."""

from __future__ import annotations

from typing import Any

import pytest

from podsync.apply.report import Result
from podsync.model.address import Address
from podsync.model.errors import UsageError
from podsync.model.frozen import thaw
from podsync.plan.answers import of_step, of_steps
from podsync.state.operations import steps_of_others
from tests.apply.evidence import LONG, begin, kept_state, lose, outcome, put_back
from tests.apply.test_steps import SIZES, begun, poster, size, sound, sound_so_far, there  # noqa: F401
from tests.apply.vendor_server import Odd
from tests.apply.world import Killed, World, at

FIRST, SECOND = SIZES
HIDING = ("hidden", "empty")
NOT_TOLD = (
    "the values of its options: no listing tells them of 1 product; the next apply asks whether they are "
    "there"
)


@pytest.fixture
def alone(world: World) -> World:
    """A world in which no product of ours shows values."""
    begin(world, "gelato")
    return world


def taken(world: World, there: tuple[str, ...], document: tuple[str, ...] = ()) -> Address:
    """Adopt a product that has other values than its document says."""
    address = poster(world, *document)
    spec = {**thaw(world.documents[address].spec), "variantOptions": [size(*there)]}
    world.server.by_hand("gelato", spec)
    report = world.apply()
    assert outcome(report, address).result is Result.ADOPTED
    world.clock.pass_by(LONG)
    return address


def asked(world: World, address: Address) -> Any:
    """Apply, and expect one question about values, of which none is sent."""
    sent = len(world.server.sent("gelato.values"))
    report = world.apply()
    assert report.exit_code == 8
    question = outcome(report, address)
    assert question.result is Result.IN_DOUBT
    assert [line.partition(": ")[2].rpartition(" --")[2] for line in question.next[:2]] == [
        "made",
        "not-made",
    ]
    assert len(world.server.sent("gelato.values")) == sent
    return question


def sent(world: World) -> list[list[str]]:
    return [[v["value"] for v in r.body[0]["values"]] for r in world.server.sent("gelato.values")]


@pytest.mark.parametrize("listing", HIDING)
def test_values_that_a_product_may_have_by_now_are_asked_about_before_they_are_sent(
    alone: World, listing: str
) -> None:
    alone.server.values_as = listing
    address = taken(alone, SIZES)
    poster(alone, *SIZES)

    question = asked(alone, address)

    assert question.error == (
        "others may have added the values of its options, and the listing does not tell whether these are "
        "there: Size: 30x40, 50x70. What its document does not say may be there, too, and is on sale until a "
        "person removes it"
    )
    alone.step_answer(address, made=True)
    assert alone.apply().exit_code == 0
    assert alone.plan().work == ()
    assert there(alone) == [list(SIZES)]
    assert sent(alone) == []
    sound_so_far(alone)


@pytest.mark.parametrize("listing", HIDING)
def test_the_answer_is_kept_and_holds_for_the_values_that_were_asked_about(
    alone: World, listing: str
) -> None:
    alone.server.values_as = listing
    address = taken(alone, ())
    poster(alone, FIRST)
    asked(alone, address)
    alone.step_answer(address, made=False)
    with pytest.raises(Killed):
        alone.apply(dies=at("before", "variant-values"))
    alone.clock.pass_by(LONG)
    asked(alone, address)  # what a sender that died was about to send may be there
    alone.step_answer(address, made=False)
    assert alone.apply().exit_code == 0
    assert sent(alone) == [[FIRST]]
    poster(alone, *SIZES)

    question = asked(alone, address)

    assert "Size: 50x70. What its document" in question.error
    alone.step_answer(address, made=False)
    assert alone.apply().exit_code == 0
    assert sent(alone) == [[FIRST], [SECOND]]
    assert there(alone) == [list(SIZES)]
    assert alone.plan().work == ()


def named(world: World, there: tuple[str, ...], *values: Any, slug: str = "one") -> Address:
    """A document names, by its id, a product that a person has made with these values."""
    address = poster(world, slug=slug)
    spec = {**thaw(world.documents[address].spec), "variantOptions": [size(*there)]}
    identity = world.server.by_hand("gelato", spec)
    option = {**size(), "values": list(values)} if values else size()
    return world.poster(slug, doc={"adopt": identity}, variantOptions=[option])


@pytest.mark.parametrize("listing", HIDING)
def test_of_a_product_that_a_person_names_values_are_asked_about_like_of_any_other(
    alone: World, listing: str
) -> None:
    """That it is the document's says nothing of values that only a second request adds."""
    alone.server.values_as = listing
    address = named(alone, (), *size(*SIZES)["values"])
    report = alone.apply()
    assert outcome(report, address).result is Result.ADOPTED
    assert report.notes == (NOT_TOLD,)
    (change,) = alone.plan().work
    assert change.risks[-1].startswith("others may have added the values of its options")

    asked(alone, address)
    alone.step_answer(address, made=False)

    assert alone.apply().exit_code == 0
    assert sent(alone) == [list(SIZES)]
    assert there(alone) == [list(SIZES)]
    assert alone.plan().work == ()


@pytest.mark.parametrize("listing", HIDING)
def test_values_that_say_too_little_to_be_sent_are_there_in_a_product_that_a_person_names(
    alone: World, listing: str
) -> None:
    """A document for what exists need not say what its values stand for: so nobody is asked of those."""
    alone.server.values_as = listing
    address = named(alone, SIZES, {"value": FIRST}, {"value": SECOND})
    report = alone.apply()
    assert (outcome(report, address).result, report.notes) == (Result.ADOPTED, ())
    assert alone.plan().work == ()
    poster(alone, *SIZES, "70x100")

    assert "Size: 70x100. What its document" in asked(alone, address).error


def test_many_products_are_asked_about_at_once_and_answered_by_a_pattern(alone: World) -> None:
    """But for what this state has sent: others have not done that."""
    alone.server.values_as = "hidden"
    mine = poster(alone, FIRST, slug="mine")
    assert alone.apply().exit_code == 0
    alone.clock.pass_by(LONG)
    taken_ = [named(alone, SIZES, *size(*SIZES)["values"], slug=f"p-{n}") for n in range(5)]
    assert alone.apply().exit_code == 0
    poster(alone, *SIZES, slug="mine")
    alone.server.misbehave("gelato.values", Odd("cut"))

    report = alone.apply()

    kind = mine.kind
    assert {outcome(report, each).next for each in taken_} == {of_steps(kind, "values")}
    assert outcome(report, mine).next == of_step(mine, "values")
    answers = steps_of_others(alone.state, f"{kind}.*", "values", made=True)
    assert [each.address for each in answers] == taken_
    with pytest.raises(UsageError, match="of no product that"):
        steps_of_others(alone.state, f"{kind}.mine*", "values", made=True)
    alone.settled(*answers)
    alone.step_answer(mine, made=True)
    assert alone.apply().exit_code == 0
    assert alone.plan().work == ()


def test_another_wish_than_the_one_that_was_asked_about_is_another_question(alone: World) -> None:
    alone.server.values_as = "hidden"
    address = taken(alone, (SECOND,))
    poster(alone, FIRST)
    asked(alone, address)
    alone.step_answer(address, made=False)
    poster(alone, *SIZES)

    asked(alone, address)

    assert sent(alone) == []


def test_a_product_whose_listing_tells_values_is_not_asked_about(begun: World) -> None:  # noqa: F811
    taken(begun, (FIRST,))
    poster(begun, *SIZES, "70x100")

    report = begun.apply()

    assert report.exit_code == 0
    assert sent(begun) == [[SECOND, "70x100"]]
    assert there(begun) == [[FIRST, SECOND, "70x100"]]
    assert begun.plan().work == ()


def test_a_value_that_is_listed_in_another_spelling_is_asked_about(begun: World) -> None:  # noqa: F811
    begun.server.values_as = "upper"
    address = taken(begun, SIZES)
    poster(begun, *SIZES)

    asked(begun, address)


def test_what_podsync_made_itself_is_not_asked_about(alone: World) -> None:
    alone.server.values_as = "hidden"
    poster(alone, FIRST)
    assert alone.apply().exit_code == 0
    alone.clock.pass_by(LONG)
    poster(alone, *SIZES)

    assert alone.apply().exit_code == 0
    assert sent(alone) == [[FIRST], [SECOND]]


@pytest.mark.parametrize("listing", HIDING)
def test_a_state_that_is_older_than_what_was_sent_does_not_send_it_again(alone: World, listing: str) -> None:
    alone.server.values_as = listing
    address = poster(alone, FIRST)
    assert alone.apply().exit_code == 0
    alone.clock.pass_by(LONG)
    before = kept_state(alone)
    poster(alone, *SIZES)
    assert alone.apply().exit_code == 0
    alone.clock.pass_by(LONG)
    put_back(alone.folder, before)

    asked(alone, address)

    alone.step_answer(address, made=True)
    assert alone.apply().exit_code == 0
    assert sent(alone) == [[FIRST], [SECOND]]
    sound(alone)


def test_an_older_state_asks_also_about_what_is_wanted_only_later(alone: World) -> None:
    """The apply that notices it is not the one that adds the value."""
    alone.server.values_as = "hidden"
    address = poster(alone, FIRST)
    assert alone.apply().exit_code == 0
    alone.clock.pass_by(LONG)
    before = kept_state(alone)
    poster(alone, *SIZES)
    assert alone.apply().exit_code == 0
    alone.clock.pass_by(LONG)
    put_back(alone.folder, before)
    poster(alone, FIRST)
    alone.poster("other", productModelId="model-one")
    alone.apply()
    alone.clock.pass_by(LONG)
    poster(alone, *SIZES)

    asked(alone, address)


@pytest.mark.parametrize("listing", HIDING)
def test_a_lost_state_asks_after_every_value_that_it_does_not_know(alone: World, listing: str) -> None:
    alone.server.values_as = listing
    address = poster(alone, *SIZES)
    assert alone.apply().exit_code == 0
    alone.clock.pass_by(LONG)
    lose(alone)
    poster(alone, FIRST)
    alone.apply(first_contact=True)
    alone.step_answer(address, made=True)
    assert alone.apply().exit_code == 0
    alone.clock.pass_by(LONG)
    poster(alone, *SIZES)

    asked(alone, address)
    alone.step_answer(address, made=True)

    assert alone.apply().exit_code == 0
    assert there(alone) == [list(SIZES)]
    sound(alone)


def test_a_plan_tells_that_apply_may_ask(alone: World) -> None:
    alone.server.values_as = "hidden"
    taken(alone, SIZES)
    poster(alone, *SIZES)

    (change,) = alone.plan().work

    (risk,) = change.risks
    assert risk == (
        "others may have added the values of its options: where the listing does not tell, apply asks before "
        "it sends any"
    )


def test_a_listing_that_lags_behind_a_lost_state_is_waited_for(begun: World) -> None:  # noqa: F811
    """What the lost state sent last may be on its way when the product is adopted."""
    begun.server.values_as = "texts"
    address = poster(begun, FIRST)
    assert begun.apply().exit_code == 0
    poster(begun, *SIZES)
    begun.server.misbehave("gelato.values", Odd("later", seconds=20))
    begun.dies(at("after", "variant-values"))
    lose(begun)
    poster(begun)
    poster(begun, *SIZES)

    for _ in range(3):
        begun.apply(first_contact=True)

    assert begun.entry(address).pending is None
    assert there(begun) == [list(SIZES)]
    sound_so_far(begun)
