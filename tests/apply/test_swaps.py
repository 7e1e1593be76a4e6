"""PROTOCOL for an exchange of names: no two products of one name, and none only between the two renames."""

from __future__ import annotations

from typing import Any

import pytest

from podsync.apply.report import Result
from podsync.model.address import Address
from podsync.model.product import Lifecycle
from podsync.output.style import PLAIN
from podsync.output.text.plan import plan_text
from tests.apply.evidence import LONG, outcome
from tests.apply.test_steps import SIZES, Counted, begun, poster, size, sound, sound_so_far  # noqa: F401
from tests.apply.vendor_server import Odd
from tests.apply.world import SETTLE, Killed, Stop, World, at

NAME = "The one Poster"
SWAP, STAGED = Lifecycle(replace="swap"), Lifecycle(replace="staged")
CUT = Odd("cut")


def named(world: World, name: str = NAME) -> list[str]:
    """The ids of the products that orders find by a name."""
    return [p["id"] for p in world.server.products("gelato") if p["spec"]["name"] == name]


def changed(world: World, lifecycle: Lifecycle = SWAP, **spec: Any) -> Address:
    """Let the document want what no update can make of the product."""
    option = size("60x90", default="60x90")
    return world.poster("one", variantOptions=[option], doc={"lifecycle": lifecycle}, **spec)


def renames(world: World) -> list[str]:
    return [r.body["name"] for r in world.server.sent("gelato.update")]


@pytest.fixture
def made(begun: World) -> World:  # noqa: F811
    """A poster that exists with values, and another product of the account."""
    poster(begun, *SIZES)
    assert begun.apply().exit_code == 0
    begun.clock.pass_by(LONG)
    begun.server.forget_requests()
    return begun


def test_the_new_one_takes_over_the_name_once_it_is_whole_and_listed(made: World) -> None:
    (old,) = named(made)
    address = changed(made)
    (change,) = made.plan().work

    report = made.apply()

    assert (change.action, change.steps_left) == ("replace", ("create", "values", "swap"))
    assert any("the name is missing for about one request, or after a crash" in risk for risk in change.risks)
    (done,) = report.outcomes
    assert (done.result, done.steps_left) == (Result.REPLACED, ())
    writes = [r for r in made.server.requests if r.method != "GET"]
    assert [w.operation for w in writes] == [
        "gelato.create", "gelato.values", "gelato.update", "gelato.update",
    ]  # fmt: skip
    temporary = writes[0].body["name"]
    assert temporary == f"(next {temporary[6:12]}) {NAME}"
    assert renames(made) == [f"(old {old[:8]}) {NAME}", NAME]
    # Between the two nothing at all is sent, not even a question; then the name is read back.
    assert made.server.requests[-3:-1] == writes[-2:]
    assert made.server.requests[-1].operation == "gelato.list"
    assert named(made) == [done.id] != [old]
    (orphan,) = [o for o in made.state.orphans if o.address == address]
    assert (orphan.id, orphan.reason) == (old, "replaced")
    assert made.entry(address).swap is None
    assert made.plan().work == ()
    sound(made)


def test_the_name_counts_once_it_is_listed(made: World) -> None:
    address = changed(made)
    made.server.misbehave("gelato.update", None, Odd("later", seconds=1000 * LONG))

    report = made.apply()

    told = outcome(report, address)
    assert (told.result, report.exit_code) == (Result.FAILED, 4)
    assert 'it lists {"name":"(next ' in (told.error or "")
    assert named(made) == []
    (change,) = made.plan().work
    assert change.action_reason == "update_because_swap_open"
    made.server.misbehave("gelato.update", Odd("later", seconds=SETTLE / 4))
    assert outcome(made.apply(), address).result is Result.UPDATED
    assert len(named(made)) == 1
    assert made.plan().work == ()
    sound(made)


def test_without_a_word_it_is_refused_as_before(made: World) -> None:
    changed(made, Lifecycle())

    assert [fault.rule for fault in made.plan().diagnostics] == ["values-fixed", "values-fixed"]
    made.poster("one", productModelId="another", variantOptions=[size(*SIZES)])
    assert [fault.rule for fault in made.plan().diagnostics] == ["gelato-replace"]


def test_a_rename_besides_is_a_change_of_its_own(made: World) -> None:
    changed(made, name="Another")

    assert [fault.rule for fault in made.plan().diagnostics] == ["gelato-rename"]


def test_staged_stops_before_the_names_and_swap_goes_on_from_there(made: World) -> None:
    (old,) = named(made)
    address = changed(made, STAGED)
    staged = made.apply()

    assert staged.exit_code == 0
    assert (named(made), renames(made)) == ([old], [])
    assert made.plan().work == ()
    assert {o.id for o in made.state.orphans if (o.address, o.created_at) in made.state.found_by_orders} == {
        old
    }

    changed(made, SWAP)
    (change,) = made.plan().work
    assert (change.action, change.action_reason) == ("update", "update_because_swap")
    assert change.reason == "created, 2 of 3 steps: it stands ready to take over the name"
    assert made.apply().exit_code == 0
    assert named(made) == [made.entry(address).id] != [old]
    assert made.plan().work == ()
    sound(made)


def test_a_staged_product_can_be_given_up_and_the_former_one_taken_back(made: World) -> None:
    (old,) = named(made)
    changed(made, STAGED)
    made.apply()
    made.poster("one", variantOptions=[size(*SIZES)], doc={"lifecycle": STAGED})

    (change,) = made.plan().work
    assert change.action == "restore"
    assert made.apply().exit_code == 0
    assert named(made) == [old]
    assert renames(made) == []
    assert made.plan().work == ()
    sound(made)


def test_what_is_staged_anew_takes_the_name_of_the_first_one(made: World) -> None:
    (old,) = named(made)
    address = changed(made, STAGED)
    made.apply()
    made.poster("one", variantOptions=[size("1x1", default="1x1")], doc={"lifecycle": STAGED})
    assert made.apply().exit_code == 0
    assert named(made) == [old]
    made.poster("one", variantOptions=[size("1x1", default="1x1")], doc={"lifecycle": SWAP})

    assert made.apply().exit_code == 0

    assert named(made) == [made.entry(address).id] != [old]
    assert made.plan().work == ()
    sound(made)


def test_a_replace_looks_first_what_became_of_a_step_of_the_old_product(made: World) -> None:
    poster(made, *SIZES, "70x100")
    made.server.misbehave("gelato.values", Odd("later", seconds=100))
    made.dies(at("after", "variant-values"))
    changed(made)

    for _ in range(2):
        report = made.apply()

    assert report.exit_code == 0
    assert len(named(made)) == 1
    assert made.plan().work == ()
    sound(made)


def test_a_document_that_no_longer_says_how_is_refused(made: World) -> None:
    changed(made, STAGED)
    made.apply()
    changed(made, Lifecycle())

    assert [fault.rule for fault in made.plan().diagnostics] == ["swap-open"]


def between(world: World) -> Address:
    """Leave a swap between its two renames."""
    address = changed(world)
    world.dies(at("after", "PATCH"))
    assert named(world) == []
    return address


def test_an_open_swap_stands_first_in_the_plan_and_is_the_first_thing_that_apply_does(made: World) -> None:
    between(made)
    poster(made, *SIZES, slug="two")

    told = plan_text(made.plan(), style=PLAIN)
    made.server.forget_requests()
    assert made.apply().exit_code == 0

    first = told.splitlines()[0]
    assert first.startswith(f'SWAP OPEN: customer_product.one: the name "{NAME}" is missing')
    writes = [r for r in made.server.requests if r.method != "GET"]
    # What its sender was about to do when it died may not have been done: both are sent again, in this order.
    assert writes[1].body == {"name": NAME}
    assert len(named(made)) == 1
    sound(made)


@pytest.mark.parametrize("then", ["reverted", "deleted", "edited again", "left out"])
def test_whatever_the_document_says_by_then_the_name_comes_back_first(made: World, then: str) -> None:
    address = between(made)
    selecting = None
    if then == "reverted":
        made.poster("one", variantOptions=[size(*SIZES)], doc={"lifecycle": SWAP})
    elif then == "deleted":
        made.delete(address)
    elif then == "edited again":
        made.poster("one", variantOptions=[size("1x1", default="1x1")], doc={"lifecycle": SWAP})
    else:
        from podsync.model.address import Selection

        selecting = {"selection": Selection(excludes=("*.one",))}

    report = made.apply(selecting=selecting)

    assert outcome(report, address).result is Result.UPDATED
    assert len(named(made)) == 1
    sound_so_far(made)
    for _ in range(3):
        made.apply()
    assert made.plan().work == ()
    assert len(named(made)) == 1
    sound(made)


BROKEN: dict[str, tuple[tuple[Odd | None, ...], int]] = {
    "the first is cut, done": ((Odd("cut", commit=True),), 0),
    "the first is cut, not done": ((CUT,), 0),
    "the second is cut, done": ((None, Odd("cut", commit=True)), 0),
    "the second is cut, not done": ((None, CUT), 0),
    "the first is refused": ((Odd("status", status=400),), 4),
    "the second is refused": ((None, Odd("status", status=400)), 8),
    "the second is refused, and done": ((None, Odd("status", commit=True, status=400)), 8),
    "the first shows nothing": ((Odd("unchanged", commit=True),), 0),
    "the second shows nothing": ((None, Odd("unchanged", commit=True)), 0),
    "the key is refused at the second": ((None, Odd("status", status=401)), 9),
    "the second is cut for ever": ((None, CUT, CUT, CUT), 8),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_rename_that_goes_wrong(made: World, case: str) -> None:
    odd, code = BROKEN[case]
    address = changed(made)
    made.server.misbehave("gelato.update", *odd)

    report = made.apply()

    assert report.exit_code == code, [o.error for o in report.outcomes]
    sound_so_far(made)
    if code == 8:
        assert "is missing until the next apply" in (outcome(report, address).error or "")
    made.clock.pass_by(LONG)
    assert made.apply().exit_code == 0
    assert named(made) == [made.entry(address).id]
    assert made.plan().work == ()
    sound(made)


def test_nothing_else_is_sent_while_a_name_is_missing(made: World) -> None:
    poster(made, *SIZES, slug="two")
    made.server.misbehave("gelato.values", CUT)
    changed(made)
    made.server.misbehave("gelato.update", None, CUT, CUT, CUT)

    made.apply()

    sent = [r for r in made.server.requests if r.method != "GET"]
    first = next(i for i, r in enumerate(sent) if r.operation == "gelato.update")
    assert {r.operation for r in sent[first:]} == {"gelato.update"}


def test_a_signal_between_the_renames_lets_the_second_one_out(made: World) -> None:
    changed(made)
    stop = Stop()

    def arrives() -> None:
        stop.signal = 15

    made.server.misbehave("gelato.update", Odd("pass", hook=arrives))

    made.apply(stop=stop)

    assert len(named(made)) == 1
    assert renames(made)[-1] == NAME


def test_somebody_elses_product_of_the_name_stops_it_before_the_renames(made: World) -> None:
    address = changed(made, STAGED)
    made.apply()
    spec = {"name": NAME, "customerIds": ["customer-1"], "productModelId": "m", "variantOptions": []}
    made.server.by_hand("gelato", spec)
    changed(made)

    report = made.apply()

    assert outcome(report, address).result is Result.FAILED
    assert renames(made) == []


def test_a_death_at_every_moment_of_a_swap(made: World) -> None:
    number, moments = 0, 0
    while True:
        number += 1
        name = f"w{number}"
        made.poster(name, variantOptions=[size(*SIZES)])
        assert made.apply().exit_code == 0
        made.clock.pass_by(LONG)
        made.poster(name, variantOptions=[size("9x9", default="9x9")], doc={"lifecycle": SWAP})
        died = False
        try:
            made.apply(dies=Counted(number))
        except Killed:
            died = True
        whole = f"The {name} Poster"
        there = named(made, whole)
        assert len(there) == 1 or (not there and any(n.startswith("(old ") for n in renames(made)))
        moments += not there
        sound_so_far(made)
        made.clock.pass_by(LONG)
        for _ in range(4):
            report = made.apply()
            sound_so_far(made)
            assert len(named(made, whole)) == 1
            if report.exit_code == 0 and not made.plan().work:
                break
            made.clock.pass_by(LONG)
        assert report.exit_code == 0, [o.error for o in report.outcomes]
        sound(made)
        if not died:
            break
    assert number > 40
    assert moments > 2
