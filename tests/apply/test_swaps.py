"""PROTOCOL for an exchange of names: no two products of one name, and none only between the two renames."""

from __future__ import annotations

from shutil import rmtree
from typing import Any

import pytest

from podsync.apply.report import Result
from podsync.evidence.declared import Declarations
from podsync.model.address import Address, Selection
from podsync.model.product import Lifecycle
from podsync.output.style import PLAIN
from podsync.output.text.plan import plan_text
from podsync.output.text.report import report_text
from podsync.providers.contract import Query
from podsync.state.reducer.reducer import replay
from tests.apply.evidence import LONG, begin, kept_state, outcome, put_back
from tests.apply.test_steps import SIZES, Counted, begun, poster, size, sound, sound_so_far  # noqa: F401
from tests.apply.vendor_server import Odd
from tests.apply.vendor_ways import named as kept
from tests.apply.world import SETTLE, Killed, Life, Stop, World, at

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


def imported(world: World, address: Address, identity: str) -> None:
    """A person types `podsync import`."""
    store, gelato = world._store(Life()), world._connection("gelato", Life())
    rows = {row.id: row for row in gelato.reader.find(Query()).items}
    documents = {address: world.documents[address]}
    said = Declarations(gelato.known(world.state), rows, world.clock.now(), documents, {identity})
    with store.lock("import", 0.0):
        store.load()
        store.append(said.ours(address, identity))
        store.compact(replay(world.state, []))


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
    assert any("the name is missing for about two requests, longer" in risk for risk in change.risks)
    (done,) = report.outcomes
    assert (done.result, done.steps_left) == (Result.REPLACED, ())
    assert done.leaves == f"(old {old[:8]}) {NAME}"
    assert f'"(old {old[:8]}) {NAME}"' in report_text(report, style=PLAIN, width=200, command="podsync apply")
    writes = [r for r in made.server.requests if r.method != "GET"]
    assert [w.operation for w in writes] == [
        "gelato.create", "gelato.values", "gelato.update", "gelato.update",
    ]  # fmt: skip
    temporary = writes[0].body["name"]
    assert temporary == f"(next {temporary[6:12]}) {NAME}"
    assert renames(made) == [f"(old {old[:8]}) {NAME}", NAME]
    # Between the two nothing is sent but the question whether the listing shows the first; then the name is
    # read back.
    last = [r.operation for r in made.server.requests]
    assert last[last.index("gelato.update") :] == [
        "gelato.update", "gelato.list", "gelato.update", "gelato.list",
    ]  # fmt: skip
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

    (fault,) = made.plan().diagnostics

    back = f'write "{NAME}" back, and rename it in a change of its own, before or after'
    assert (fault.rule, fault.detail) == ("gelato-rename", back)


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
        selecting = {"selection": Selection(excludes=("*.one",))}

    report = made.apply(selecting=selecting)

    assert outcome(report, address).result is Result.UPDATED
    left = f"{address}: it has its name; the next plan shows what else differs"
    assert (left in report.notes) is (then != "left out")
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


# -- what becomes of the temporary names

SOUGHT = "A poster whose name somebody wrote for search engines in spring, framed in oak, of size XL, new"
#: Ways of a vendor with names, each with a name on which it tells; whether it has always had that way.
ENDS = [
    ("trim", "Dino  Tee X", True), ("entities", "Fox & Hound", True), ("cut:20", "Dino Tee X", True),
    ("cut:20", "Dino Tee X", False), ("cut:24+trim", "Dino Tee X", True), ("cut:40", SOUGHT, True),
    ("cut:100", SOUGHT, True), ("lower+cut:40", "Fox & Hound “Café” Poster 🦊", False),
]  # fmt: skip
#: What a vendor did not do before, or what leaves too little of a name.
ASKS = [
    ("bare", "Dino Tee X", True), ("cut:16", "Dino Tee X", True), ("short", "Dino Tee X", False),
    ("lower", "Dino Tee X", False), ("entities", "Fox & Hound", False), ("ascii", "Fox 🦊", False),
]  # fmt: skip


@pytest.mark.parametrize(("way", "name", "always"), [*ENDS, *ASKS])
def test_whatever_a_vendor_makes_of_temporary_names_the_name_is_taken_over_or_nothing_is_renamed(
    begun: World,  # noqa: F811
    way: str,
    name: str,
    always: bool,
) -> None:
    begun.server.names = way if always else "keep"
    old = begun.poster("one", name=name, variantOptions=[size(*SIZES)])
    begun.apply()
    begun.clock.pass_by(LONG)
    assert begun.apply().exit_code == 0
    before = begun.entry(old).id
    begun.server.names = way
    address = changed(begun, name=name)
    reports = []
    for _ in range(4):
        reports.append(begun.apply())
        begun.clock.pass_by(LONG)

    if (way, name, always) in ASKS:
        told = outcome(reports[-1], address)
        assert (told.result, renames(begun)) == (Result.IN_DOUBT, [])
        assert "podsync state settle" in " ".join(told.next)
        return
    assert reports[-1].exit_code == 0
    assert named(begun, kept(name, way)) == [begun.entry(address).id] != [before]
    assert begun.plan().work == ()
    assert len(begun.server.products("gelato")) == 4


# -- what people and the vendor do in the middle


def test_a_rename_that_is_done_later_than_it_is_shown_is_waited_for(made: World) -> None:
    """The answer shows it, the listing does not yet: else two products would have one name."""
    address = changed(made)
    made.server.misbehave("gelato.update", Odd("later", seconds=30))

    assert made.apply().exit_code == 0

    first, second = (r.at for r in made.server.sent("gelato.update")[-2:])
    assert second - first >= 30
    assert named(made) == [made.entry(address).id]
    sound(made)


def test_a_rename_that_the_listing_never_shows_leaves_the_swap_open(made: World) -> None:
    address = changed(made)
    made.server.misbehave("gelato.update", Odd("later", seconds=10 * LONG))
    (old,) = named(made)

    report = made.apply()

    assert report.exit_code == 8
    why = (
        f"is missing until the next apply: Gelato still lists it at the old product, {old}: if it stays so, "
    )
    assert why in (outcome(report, address).error or "")
    assert renames(made) == [f"(old {old[:8]}) {NAME}"]
    sound_so_far(made)
    made.server.change(old, name=f"(old {old[:8]}) {NAME}")  # a person does it
    assert made.apply().exit_code == 0
    assert named(made) == [made.entry(address).id]


def test_somebody_takes_the_name_between_the_renames(made: World) -> None:
    address = between(made)
    spec = {"name": NAME, "customerIds": ["customer-1"], "productModelId": "m", "variantOptions": []}
    theirs = made.server.by_hand("gelato", spec)

    report = made.apply()

    assert report.exit_code == 8
    assert f'{theirs} "{NAME}" has it by now' in (outcome(report, address).error or "")
    assert named(made) == [theirs]
    made.server.remove(theirs)
    made.clock.pass_by(LONG)
    assert made.apply().exit_code == 0
    assert named(made) == [made.entry(address).id]


def test_what_has_the_name_for_customers_that_are_listed_otherwise_is_named_as_well(made: World) -> None:
    """The provider says that the name is taken, and its listing shows no shared customer."""
    address = between(made)
    spec = {"name": NAME, "customerIds": ["CUSTOMER-1"], "productModelId": "m", "variantOptions": []}
    theirs = made.server.by_hand("gelato", spec)
    made.server.misbehave("gelato.update", None, *[Odd("status", status=409)] * 9)

    report = made.apply()

    assert report.exit_code == 8
    remedy = f'{theirs} "{NAME}" has it by now: rename or remove that one by hand'
    assert remedy in (outcome(report, address).error or "")


@pytest.mark.parametrize("moment", ["before the renames", "between them"])
def test_an_old_product_that_a_person_removed_has_no_name_to_give_up(made: World, moment: str) -> None:
    (old,) = named(made)
    address = changed(made, STAGED)
    made.apply()
    changed(made)
    if moment == "between them":
        made.dies(at("after", "PATCH"))
    made.server.remove(old)
    made.clock.pass_by(LONG)

    report = made.apply()

    assert report.exit_code == 0, [o.error for o in report.outcomes]
    assert named(made) == [made.entry(address).id] != [old]
    assert [o for o in made.state.orphans if o.address == address] == []
    assert [change.action for change in made.plan().work] == (["note"] if moment == "between them" else [])


def test_an_old_product_that_is_not_found_for_a_moment_is_not_gone(made: World) -> None:
    (old,) = named(made)
    address = changed(made)
    made.server.misbehave("gelato.update", Odd("status", status=404))

    report = made.apply()

    failed = outcome(report, address)
    assert failed.result is Result.FAILED
    assert failed.next == (
        f"if a person removed it: podsync state orphans --done {address}, then: podsync apply",
    )
    assert named(made) == [old]
    assert made.apply().exit_code == 0
    sound(made)


def test_a_new_product_that_a_person_renamed_takes_the_name_all_the_same(made: World) -> None:
    (old,) = named(made)
    address = changed(made, STAGED)
    made.apply()
    made.server.change(made.entry(address).id, name=NAME + " 2")
    changed(made)

    assert made.apply().exit_code == 0

    assert named(made) == [made.entry(address).id] != [old]
    sound(made)


def test_an_older_state_ends_a_swap_that_is_done_already(made: World) -> None:
    address = changed(made, STAGED)
    made.apply()
    made.clock.pass_by(LONG)
    before = kept_state(made)
    changed(made)
    assert made.apply().exit_code == 0
    made.clock.pass_by(LONG)
    put_back(made.folder, before)

    assert made.apply().exit_code == 0

    assert named(made) == [made.entry(address).id]
    assert made.plan().work == ()
    sound(made)


def test_an_older_state_that_stages_ends_an_exchange_that_a_newer_one_has_done(made: World) -> None:
    """Else what has the name would wait for it, as the state says, and orders find the old one."""
    before = kept_state(made)
    address = changed(made, STAGED)
    made.apply()
    changed(made)
    assert made.apply().exit_code == 0
    made.clock.pass_by(LONG)
    put_back(made.folder, before)
    changed(made, STAGED)

    assert made.apply().exit_code == 0

    entry = made.entry(address)
    assert (named(made), entry.swap, entry.spec["name"]) == ([entry.id], None, NAME)
    assert made.state.found_by_orders == frozenset()
    assert made.plan().work == ()
    sound(made)


def test_a_new_product_of_which_only_the_mark_is_listed_is_not_made_beside(made: World) -> None:
    """Nothing else of it is listed as it was sent, but its mark is nobody else's."""
    before = kept_state(made)
    made.server.names, made.server.customers_as = "cut:16", "upper"
    address = changed(made)
    made.apply()
    (new,) = [p["id"] for p in made.server.products("gelato") if p["spec"]["name"].startswith("(next ")]
    made.clock.pass_by(LONG)
    put_back(made.folder, before)
    rmtree(made.folder / ".podsync")

    asked = outcome(made.apply(), address)

    assert asked.result is Result.NOT_TRIED
    assert asked.next[0].endswith(f"podsync import {address} {new}")
    made.server.customers_as = "ids"
    imported(made, address, new)
    for _ in range(2):
        assert made.apply().exit_code == 0
    assert made.entry(address).id == new
    assert made.plan().work == ()
    assert len(made.server.products("gelato")) == 4


#: When a newer state's swap broke off (None: it did not).
MOMENTS = [("after", "POST"), ("before", "PATCH"), ("after", "PATCH"), ("after", "PATCH", 2), None]


@pytest.mark.parametrize("replace", [(), ("customer_product.one",)], ids=["document", "asked for"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_an_older_state_takes_the_new_product_of_a_newer_one(
    made: World, moment: tuple[Any, ...] | None, replace: tuple[str, ...]
) -> None:
    before, selecting = kept_state(made), {"selection": Selection(replace=replace)}
    there = {p["id"] for p in made.server.products("gelato")}
    address = changed(made)
    if moment is None:
        assert made.apply(selecting=selecting).exit_code == 0
    else:
        made.dies(at(*moment), selecting=selecting)
    (new,) = {p["id"] for p in made.server.products("gelato")} - there
    made.clock.pass_by(LONG)
    put_back(made.folder, before)

    assert made.apply(selecting=selecting).exit_code == 0

    assert named(made) == [made.entry(address).id] == [new]
    assert made.plan().work == ()
    sound(made)


@pytest.mark.parametrize("replace", [(), ("customer_product.one",)], ids=["document", "asked for"])
@pytest.mark.parametrize("moment", ["staged", "done"])
def test_a_new_product_that_is_not_for_certain_ours_is_asked_about_and_taken_as_a_person_says(
    made: World, moment: str, replace: tuple[str, ...]
) -> None:
    """Its mark tells of which entry it was made, and a newer state knew another one."""
    before, there = kept_state(made), {p["id"] for p in made.server.products("gelato")}
    made.poster("one", variantOptions=[size(*SIZES)], doc={"labels": {"season": "spring"}})
    made.clock.pass_by(LONG)
    assert made.apply().exit_code == 0
    address, selecting = changed(made), {"selection": Selection(replace=replace)}
    if moment == "staged":
        changed(made, STAGED)
    assert made.apply().exit_code == 0
    (new,) = {p["id"] for p in made.server.products("gelato")} - there
    made.clock.pass_by(LONG)
    put_back(made.folder, before)
    changed(made, **({"customerIds": ["customer-1", "customer-2"]} if moment == "done" else {}))

    asked = outcome(made.apply(selecting=selecting), address)

    assert asked.result is Result.NOT_TRIED
    assert asked.next[0].endswith(f"podsync import {address} {new}")
    imported(made, address, new)
    made.apply(selecting=selecting)
    assert made.apply().exit_code == 0
    assert named(made) == [made.entry(address).id] == [new]
    assert made.plan().work == ()
    assert len(made.server.products("gelato")) == len(there) + 1


def test_what_is_staged_anew_takes_the_first_name_though_its_create_was_in_doubt(made: World) -> None:
    (old,) = named(made)
    address = changed(made, STAGED)
    made.apply()
    made.poster("one", variantOptions=[size("1x1", default="1x1")], doc={"lifecycle": STAGED})
    made.dies(at("before", "POST"))
    made.clock.pass_by(LONG)

    for _ in range(2):
        assert made.apply().exit_code == 0

    assert made.entry(address).swap.takes == {"name": NAME}
    assert named(made) == [old]
    made.poster("one", variantOptions=[size("1x1", default="1x1")], doc={"lifecycle": SWAP})
    assert made.apply().exit_code == 0
    assert named(made) == [made.entry(address).id] != [old]
    sound(made)


def test_a_new_product_whose_refused_create_made_it_is_taken_as_a_person_says(made: World) -> None:
    (old,) = named(made)
    address = changed(made)
    made.server.misbehave("gelato.create", Odd("status", commit=True, status=404))
    assert made.apply().exit_code == 4
    made.clock.pass_by(LONG)
    asked = outcome(made.apply(), address)
    (new,) = [p["id"] for p in made.server.products("gelato") if p["spec"]["name"].startswith("(next ")]
    assert asked.next[0].endswith(f"podsync import {address} {new}")

    imported(made, address, new)

    assert made.apply().exit_code == 0
    assert named(made) == [new] != [old]
    assert made.plan().work == ()
    sound(made)


@pytest.mark.parametrize("listing", ["hidden", "empty", "upper"])
def test_a_listing_that_tells_no_values_does_not_hold_a_swap_up(world: World, listing: str) -> None:
    begin(world, "gelato")
    world.server.values_as = listing
    poster(world, *SIZES)
    assert world.apply().exit_code == 0
    world.clock.pass_by(LONG)
    address = changed(world)

    assert world.apply().exit_code == 0

    assert named(world) == [world.entry(address).id]
    assert world.plan().work == ()


@pytest.mark.parametrize("moment", ["values in doubt", "staged", "between the renames"])
def test_a_new_product_that_a_person_removed_is_told_with_the_way_out(made: World, moment: str) -> None:
    address = changed(made, SWAP if moment == "between the renames" else STAGED)
    if moment == "staged":
        made.apply()
    else:
        made.dies(at("after", "variant-values" if moment == "values in doubt" else "PATCH"))
    new = made.entry(address).id
    made.server.remove(new)
    made.clock.pass_by(LONG)
    changed(made)

    told = outcome(made.apply(), address)

    settle = f"podsync state settle {address} --step values --not-made, then: "
    words = settle if moment == "values in doubt" else ""
    back = "" if moment == "between the renames" else "put the former spec back, and: "
    again = "; then change it again" if back else ""
    then = f"podsync state rm {address}, then: {back}podsync apply{again}"
    assert told.next == (f"if a person removed it: {words}{then}",)
    if words:
        made.step_answer(address, made=False)
    made.forget(address)
    if back:
        made.poster("one", variantOptions=[size(*SIZES)], doc={"lifecycle": SWAP})
        assert made.apply().exit_code == 0
        assert len(named(made)) == 1
        changed(made)
    assert made.apply().exit_code == 0
    assert named(made) == [made.entry(address).id]
    assert made.plan().work == ()


def test_customers_that_a_person_changed_at_the_new_product_stop_it_before_the_renames(made: World) -> None:
    (old,) = named(made)
    address = changed(made, STAGED)
    made.apply()
    made.server.change(made.entry(address).id, customerIds=["customer-9"])
    made.clock.pass_by(LONG)
    changed(made)

    told = outcome(made.apply(), address)

    assert told.error is not None
    assert 'somebody changed it at Gelato: customerIds is ["customer-9"] there by now' in told.error
    assert (named(made), renames(made)) == ([old], [])
    assert told.next[-1] == f'b) to set what the document says: podsync apply --replace "{address}"'
    selection = {"selection": Selection(replace=(str(address),))}
    assert made.apply(selecting=selection).exit_code == 0
    assert named(made) == [made.entry(address).id] != [old]
    made.apply()
    assert made.plan().work == ()
    sound(made)


@pytest.mark.parametrize("lifecycle", [Lifecycle(), SWAP, STAGED], ids=["none", "swap", "staged"])
def test_what_is_printed_to_set_customers_back_makes_no_new_product(
    made: World, lifecycle: Lifecycle
) -> None:
    """The document wants another value besides, and what an update and a step reach is never made anew."""
    (only,) = named(made)
    more = {"variantOptions": [size(*SIZES, "90x90")], "customerIds": ["customer-2"]}
    address = made.poster("one", doc={"lifecycle": lifecycle}, **more)
    made.server.change(only, customerIds=["customer-9"])
    told = outcome(made.apply(), address)
    assert told.next[-1] == f'b) to set what the document says: podsync apply --replace "{address}"'
    selection = {"selection": Selection(replace=(str(address),))}

    (change,) = made.plan(**selection).work
    report = made.apply(selecting=selection)

    assert (change.action, change.temporary) == ("update", {})
    assert {field.path for field in change.fields} == {
        "customerIds", "name", "variantOptions.size.values[90x90]",
    }  # fmt: skip
    assert (report.exit_code, named(made)) == (0, [only])
    assert made.server.body_of(only)["customerIds"] == ["customer-2"]
    assert made.plan().work == ()
    sound(made)


def test_customers_of_a_half_made_new_product_are_set_back_without_another_one(made: World) -> None:
    (old,) = named(made)
    address, before = changed(made), len(made.server.products("gelato"))
    made.server.misbehave("gelato.values", Odd("status", status=401))
    made.apply()
    half = made.entry(address).id
    made.server.change(half or "", customerIds=["customer-9"])
    made.clock.pass_by(LONG)
    told = outcome(made.apply(), address)
    assert told.next[-1] == f'b) to set what the document says: podsync apply --replace "{address}"'

    assert made.apply(selecting={"selection": Selection(replace=(str(address),))}).exit_code == 0

    assert named(made) == [half] != [old]
    assert len(made.server.products("gelato")) == before + 1
    made.apply()
    assert made.plan().work == ()
    sound(made)


def test_where_an_option_was_changed_there_more_is_added_and_nothing_is_made_anew(made: World) -> None:
    (only,) = named(made)
    address = made.poster("one", variantOptions=[size(*SIZES, "90x90")], doc={"lifecycle": SWAP})
    made.server.add_value(NAME, size("20x20", default="")["values"][0])
    made.clock.pass_by(LONG)
    told = outcome(made.apply(), address)
    assert told.next[-1] == f'b) to add what the document says: podsync apply --replace "{address}"'

    assert made.apply(selecting={"selection": Selection(replace=(str(address),))}).exit_code == 0

    assert named(made) == [only]
