"""PROTOCOL for products of several requests: values are added once, whatever dies or is told untruly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from podsync.apply.report import Result
from podsync.model.address import Address
from podsync.model.frozen import thaw
from podsync.state import operations
from podsync.state.events import Intent
from tests.apply.evidence import LONG, begin, lose, outcome, truth
from tests.apply.vendor_server import Odd
from tests.apply.world import SETTLE, TIMEOUT, Killed, World, at

SIZES = ("30x40", "50x70")
CUT = Odd("cut")


def size(*names: str, default: str = "30x40", **fields: Any) -> dict[str, Any]:
    """An option with these values."""
    mapping = [{"partModelId": "frame", "attributeIds": ["width", "height"]}]
    values = [
        {
            "value": name,
            **({"isDefault": True} if name == default else {}),
            "attributeValues": [
                {
                    "partModelId": "frame",
                    "attributes": dict(zip(("width", "height"), name.split("x"), strict=True)),
                }
            ],
        }
        for name in names
    ]
    option = {"id": "size", "name": "Size", "attributesMapping": mapping}
    return {**option, **({"values": values} if values else {}), **fields}


def poster(world: World, *names: str, slug: str = "one", **spec: Any) -> Address:
    return world.poster(slug, variantOptions=[size(*names)], **spec)


def there(world: World, name: str = "The one Poster") -> list[list[str]]:
    """The values of every product of that name."""
    rows = [p["spec"] for p in world.server.products("gelato") if p["spec"]["name"] == name]
    return [[v["value"] for v in row["variantOptions"][0].get("values", [])] for row in rows]


def sound(world: World) -> None:
    """Nothing doubled, no value twice, no two of one name, nothing made that the state does not know."""
    truth(world)
    assert world.server.values_twice() == []
    assert world.server.namesakes() == []
    made = {p["id"] for p in world.server.products("gelato") if not p["hand"]}
    assert made <= set(world.state.owned("gelato"))


@pytest.fixture
def begun(world: World) -> World:
    """A world whose listing has shown values of a product of ours."""
    begin(world, "gelato")
    world.poster("witness", productModelId="model-zero", variantOptions=[size("10x10", default="10x10")])
    assert world.apply().exit_code == 0
    for product in world.server.products("gelato"):
        product["hand"] = True
    world.clock.pass_by(LONG)
    world.server.forget_requests()
    return world


# -- a whole create


def test_the_values_follow_in_a_request_of_their_own_once_the_new_id_is_listed(begun: World) -> None:
    poster(begun, *SIZES)

    report = begun.apply()

    (done,) = report.outcomes
    assert (done.result, done.steps_done, done.steps_left) == (Result.CREATED, ("create", "values"), ())
    writes = [r for r in begun.server.requests if r.method != "GET"]
    assert [w.operation for w in writes] == ["gelato.create", "gelato.values"]
    assert "values" not in str(writes[0].body)
    assert writes[1].path.endswith(f"/{done.id}/variant-values")
    assert writes[1].body == [{"variantOptionId": "size", "values": thaw(size(*SIZES)["values"])}]
    assert there(begun) == [list(SIZES)]
    assert begun.plan().work == ()
    sound(begun)


def test_what_is_half_made_is_known_told_and_finished(begun: World) -> None:
    address = poster(begun, *SIZES)
    begun.server.misbehave("gelato.values", Odd("status", status=401))

    report = begun.apply()

    (half,) = report.outcomes
    assert (half.result, half.steps_done, half.steps_left) == (Result.NOT_TRIED, ("create",), ("values",))
    assert half.half_made == "created, 1 of 2 steps"
    entry = begun.entry(address)
    assert (entry.status, entry.steps_left) == ("created", ("values",))
    (change,) = begun.plan().work
    assert (change.action, change.action_reason) == ("update", "update_because_half_made")
    assert change.reason == "created, 1 of 2 steps: the values of its options are not added yet"
    assert begun.apply().exit_code == 0
    assert there(begun) == [list(SIZES)]
    assert begun.entry(address).steps_left == ()
    sound(begun)


def test_the_document_may_want_no_values_any_more(begun: World) -> None:
    address = poster(begun, *SIZES)
    begun.server.misbehave("gelato.values", Odd("status", status=401))
    begun.apply()
    poster(begun)

    (change,) = begun.plan().work
    assert change.action == "note"
    assert begun.apply().exit_code == 0
    assert begun.entry(address).steps_left == ()
    assert begun.plan().work == ()
    assert there(begun) == [[]]


@pytest.mark.parametrize("odd", [Odd("status", status=401), CUT], ids=["left", "in-doubt"])
def test_an_orphan_that_lacks_a_step_is_taken_back_and_the_step_goes_on(begun: World, odd: Odd) -> None:
    address = poster(begun, *SIZES)
    begun.server.misbehave("gelato.values", odd)
    begun.server.values_as = "hidden"
    assert begun.apply().exit_code != 0
    begun.server.values_as = "texts"
    document = begun.documents.pop(address)
    assert begun.apply().exit_code == 0
    assert [orphan.address for orphan in begun.state.orphans] == [address]
    begun.documents[address] = document

    (change,) = begun.plan().work
    assert (change.action, begun.plan().diagnostics) == ("restore", ())
    assert begun.apply().exit_code == 0
    begun.clock.pass_by(LONG)
    assert begun.apply().exit_code == 0
    assert there(begun) == [list(SIZES)]
    assert len(begun.server.sent("gelato.create")) == 1
    sound(begun)


# -- how a step may end

ENDS: dict[str, tuple[Odd, bool]] = {
    "cut, done": (Odd("cut", commit=True), True),
    "cut, not done": (CUT, False),
    "reset, done": (Odd("reset", commit=True), True),
    "half an answer": (Odd("half", commit=True), True),
    "500, done": (Odd("status", commit=True, status=500), True),
    "502, not done": (Odd("status", status=502), False),
    "202": (Odd("job"), False),
    "202, done": (Odd("job", commit=True), True),
    "an error in a 200": (Odd("text", body=b'{"error": "invalid request"}'), False),
    "an error in a 200, done": (Odd("text", commit=True, body=b'{"error": "x"}'), True),
    "HTML": (Odd("html", commit=True), True),
    "an empty 200": (Odd("empty"), False),
    "409, done": (Odd("status", commit=True, status=409), True),
    "404, done": (Odd("status", commit=True, status=404), True),
    "400": (Odd("status", status=400), False),
    "another product": (Odd("text", body=b'{"id": "cp-1", "name": "x", "variantOptions": []}'), False),
    "acknowledged, not done": (Odd("text", body=b"{}"), False),
    "done later": (Odd("later", seconds=300), True),
}


@pytest.mark.parametrize("listing", ["texts", "upper", "empty", "hidden"])
@pytest.mark.parametrize("end", ENDS)
def test_whatever_a_step_ends_with_no_value_is_added_twice(begun: World, end: str, listing: str) -> None:
    odd, _done = ENDS[end]
    begun.server.values_as = listing
    address = poster(begun, *SIZES)
    begun.server.misbehave("gelato.values", odd)

    reports = [begun.apply()]
    for _ in range(3):
        begun.clock.pass_by(LONG)
        reports.append(begun.apply())

    sound_so_far(begun)
    asked = [line for o in reports[-1].outcomes for line in o.next]
    if asked:
        settle = f"podsync state settle {address} --step values"
        assert asked == [
            f"a) all of them are there: {settle} --made",
            f"b) none of them is there: {settle} --not-made",
            f"c) some are there: add the others on the web page, then: {settle} --made",
        ]
        assert reports[-1].exit_code == 8
        begun.step_answer(address, made=there(begun) == [list(SIZES)])
        assert begun.apply().exit_code == 0
    assert begun.plan().work == ()
    sound_so_far(begun)
    if end != "acknowledged, not done" or listing == "texts":  # the one lie that nothing here can show
        assert there(begun) == [list(SIZES)]
        sound(begun)


@pytest.mark.parametrize("end", ENDS)
def test_where_the_listing_tells_values_nobody_is_asked(begun: World, end: str) -> None:
    poster(begun, *SIZES)
    begun.server.misbehave("gelato.values", ENDS[end][0])

    for _ in range(3):
        report = begun.apply()
        assert [o.next for o in report.outcomes if o.next] == []
        begun.clock.pass_by(LONG)

    assert there(begun) == [list(SIZES)]
    assert report.exit_code == 0
    sound(begun)


def test_what_is_not_listed_is_sent_again_only_once_the_first_request_can_no_longer_arrive(
    begun: World,
) -> None:
    poster(begun, *SIZES)
    begun.server.misbehave("gelato.values", CUT)

    begun.apply()

    first, second = (r.at for r in begun.server.sent("gelato.values"))
    assert second - first >= SETTLE + TIMEOUT


def test_an_empty_list_of_values_proves_nothing_where_no_product_of_ours_shows_any(world: World) -> None:
    begin(world, "gelato")
    address = poster(world, *SIZES)
    world.server.misbehave("gelato.values", CUT)

    report = world.apply()

    assert report.exit_code == 8
    assert "the listing does not tell" in (outcome(report, address).error or "")
    assert len(world.server.sent("gelato.values")) == 1


def test_what_was_done_in_part_is_completed(begun: World) -> None:
    poster(begun, *SIZES)
    odd = Odd("cut", hook=lambda: begun.server.add_value("The one Poster", size(*SIZES)["values"][0]))
    begun.server.misbehave("gelato.values", odd)

    assert begun.apply().exit_code == 0

    assert there(begun) == [list(SIZES)]
    assert [len(r.body[0]["values"]) for r in begun.server.sent("gelato.values")] == [2, 1]
    sound(begun)


def test_an_id_that_no_listing_has_shown_gets_no_values(begun: World) -> None:
    other = begun.server.by_hand(
        "gelato", {**thaw(begun.documents[poster(begun)].spec), "name": "Theirs", "productModelId": "m2"}
    )
    poster(begun, *SIZES)
    begun.server.misbehave("gelato.create", Odd("id", body=f"cp-{other}".encode(), commit=False))

    begun.apply()

    assert there(begun, "Theirs") == [[]]
    sound(begun)


@pytest.mark.parametrize("wait", [True, False])
def test_what_is_not_listed_yet_is_told_in_the_words_of_this_run(begun: World, wait: bool) -> None:
    poster(begun, *SIZES)
    begun.server.lag = LONG

    report = begun.apply(wait=wait)

    (half,) = report.outcomes
    way = "a later apply does it" + ("" if wait else ", or one without --no-wait")
    assert half.error == f"created, 1 of 2 steps: its id is not listed yet; {way}"
    assert "1 new at Gelato: not confirmed by a listing yet; the next apply looks again" in report.notes


# -- more values later


def test_more_values_are_an_update_of_those_that_are_new(begun: World) -> None:
    poster(begun, "30x40")
    begun.apply()
    poster(begun, "20x20", "30x40", "70x100")
    (change,) = begun.plan().work

    assert begun.apply().exit_code == 0

    assert change.action == "update"
    assert [field.path for field in change.fields] == [
        "variantOptions.size.values[20x20]", "variantOptions.size.values[70x100]",
    ]  # fmt: skip
    assert [v["value"] for v in begun.server.sent("gelato.values")[-1].body[0]["values"]] == [
        "20x20",
        "70x100",
    ]
    assert begun.plan().work == ()
    sound(begun)


def test_a_rename_and_more_values_are_one_update_of_two_requests(begun: World) -> None:
    address = poster(begun, "30x40")
    begun.apply()
    begun.poster("one", name="Second", variantOptions=[size(*SIZES)], doc={"renamed_from": "The one Poster"})
    begun.server.misbehave("gelato.values", CUT)
    begun.server.misbehave("gelato.update", CUT)

    assert begun.apply().exit_code == 0

    assert there(begun, "Second") == [list(SIZES)]
    assert begun.entry(address).pending is None
    sound(begun)


def test_a_value_that_somebody_has_added_there_is_not_sent_again(begun: World) -> None:
    poster(begun, "30x40")
    begun.apply()
    begun.clock.pass_by(LONG)
    begun.server.add_value("The one Poster", size("50x70", default="")["values"][0])
    poster(begun, "30x40", "50x70", "70x100")

    assert begun.apply().exit_code == 0

    assert there(begun) == [["30x40", "50x70", "70x100"]]
    sound(begun)


FIXED = {
    "fewer": (size("30x40"), "the value '50x70' of option 'size' cannot be taken away"),
    "none": (size(), "the value '30x40' of option 'size' cannot be taken away"),
    "another default": (size(*SIZES, default="50x70"), "'30x40' stays the default of option 'size'"),
    "another size": (
        size("30x40", "50x70", values=[
            *size("30x40")["values"],
            {"value": "50x70", "attributeValues": [{"partModelId": "frame", "attributes": {"width": "51"}}]},
        ]),
        "the value '50x70' of option 'size' cannot be changed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FIXED)
def test_what_cannot_be_reached_by_adding_is_refused_with_the_way_out(begun: World, case: str) -> None:
    poster(begun, *SIZES)
    begun.apply()
    option, words = FIXED[case]
    begun.poster("one", variantOptions=[option])

    plan = begun.plan()

    fault = plan.diagnostics[0]
    assert (fault.rule, fault.summary) == ("values-fixed", f"customer_product.one: {words}")
    assert "{replace: swap}" in fault.detail
    assert not plan.applyable


def test_a_value_that_exists_need_not_say_what_it_stands_for(begun: World) -> None:
    poster(begun, *SIZES)
    begun.apply()
    bare = [
        {key: v for key, v in value.items() if key != "attributeValues"} for value in size(*SIZES)["values"]
    ]
    begun.poster("one", variantOptions=[size(values=bare)])
    assert begun.plan().work == ()
    begun.poster("one", variantOptions=[size(values=[*bare, {"value": "1x1"}])])

    plan = begun.plan()

    assert [fault.rule for fault in plan.diagnostics] == ["incomplete-value"]


# -- what exists already


def test_a_product_of_before_is_adopted_and_what_it_lacks_may_be_on_its_way(begun: World) -> None:
    poster(begun, *SIZES)
    begun.server.misbehave("gelato.values", Odd("later", seconds=20))
    begun.dies(at("after", "variant-values"))
    lose(begun)

    begun.apply(first_contact=True)

    assert there(begun) == [list(SIZES)]
    assert len(begun.server.sent("gelato.values")) == 1
    assert begun.server.values_twice() == []


def test_what_a_person_has_made_gets_values_only_if_it_surely_has_none(begun: World) -> None:
    address = poster(begun, *SIZES)
    spec = {**thaw(begun.documents[address].spec), "variantOptions": [size()]}
    begun.server.by_hand("gelato", spec)
    begun.server.values_as = "hidden"

    asked = begun.apply()
    begun.server.values_as = "texts"
    told = begun.apply()

    assert (asked.exit_code, told.exit_code) == (8, 0)
    assert begun.server.sent("gelato.create") == []
    assert there(begun) == [list(SIZES)]
    assert begun.server.values_twice() == []


# -- a death at every moment


class Counted:
    """Dies at the n-th moment of all."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, _word: str, _what: str) -> bool:
        self.left -= 1
        return self.left <= 0


def survive(world: World, deaths: Sequence[int], **options: Any) -> bool:
    """Apply with these deaths, then until all is done; whether the last death came at all."""
    died = False
    for number in deaths:
        died = False
        try:
            world.apply(dies=Counted(number), **options)
        except Killed:
            died = True
        sound_so_far(world)
    world.clock.pass_by(LONG)
    for _ in range(4):
        report = world.apply()
        sound_so_far(world)
        if report.exit_code == 0 and not world.plan().work:
            break
        world.clock.pass_by(LONG)
    assert report.exit_code == 0, [o.error for o in report.outcomes]
    return died


def sound_so_far(world: World) -> None:
    assert world.server.doubled() == []
    assert world.server.values_twice() == []
    assert world.server.namesakes() == []


@pytest.mark.parametrize("commit", [True, False], ids=["answers come", "answers are lost"])
def test_a_death_at_every_moment_of_a_create_with_values(begun: World, commit: bool) -> None:
    number = 0
    while True:
        number += 1
        slug = f"n{number}"
        poster(begun, *SIZES, slug=slug)
        if not commit:
            begun.server.misbehave("gelato.values", Odd("cut", commit=number % 2 == 0))
        died = survive(begun, [number])
        begun.server.behave()
        assert there(begun, f"The {slug} Poster") == [list(SIZES)], number
        sound(begun)
        if not died:
            break
    assert number > 20


def test_every_write_has_an_intent_of_its_own(begun: World) -> None:
    seen: list[str] = []
    poster(begun, *SIZES)

    def note(word: str, what: str) -> bool:
        if word == "after" and (what == Intent.__name__ or what.startswith(("POST", "PATCH"))):
            seen.append(what.split("/", maxsplit=1)[0])
        return False

    begun.apply(dies=note)

    assert seen == ["Intent", "POST ", "Intent", "POST "]


def test_a_person_says_what_became_of_a_step(begun: World) -> None:
    begun.server.values_as = "hidden"
    address = poster(begun, *SIZES)
    begun.server.misbehave("gelato.values", CUT)
    begun.apply()
    state = begun.state

    with pytest.raises(Exception, match="a step is in doubt"):
        operations.settle(
            state,
            [operations.SettleAnswer(address, None)],
            begun.clock.now(),
            {"gelato": 0.0},
            lambda _, i: i,
        )
