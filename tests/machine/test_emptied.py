"""A shop is emptied by hand while something is in doubt: what a person says truly leads out, once said."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from podsync.model.address import Address, Selection
from podsync.model.frozen import FrozenDict
from podsync.model.product import Lifecycle
from podsync.plan.answers import if_removed
from podsync.sandbox import Fault
from podsync.state.events import EntryGone, Landmarked
from tests.apply.world import SETTLE, at
from tests.machine.floor import Floor, Trouble
from tests.plan.build import rewritten
from tests.products import poster_spec, tee_spec

TEE, POSTER = Address("designed_product", "cat"), Address("customer_product", "cat")
SWAP = Lifecycle(replace="swap")


def put(floor: Floor, address: Address, how: Lifecycle = SWAP, **changes: object) -> None:
    document = floor.documents.get(address)
    if document is None:
        spec = tee_spec("cat") if address == TEE else poster_spec("cat")
        document = floor.document(address.kind, address.name, spec, lifecycle=how)
    spec = FrozenDict({**document.spec, **changes})
    assert floor.write(rewritten(document, spec=spec, lifecycle=how))


def made_anew(floor: Floor, how: Lifecycle = SWAP) -> None:
    """The document of the poster wants what no update can make of it."""
    part = ({"partModelId": "mat", "quantity": 3},)
    put(floor, POSTER, how, partQuantities=part)


def replace_cut(floor: Floor) -> None:
    put(floor, TEE, enName="Cat in green", colorValue="#00FF00")
    floor.run(Trouble((Fault("kakaclo", "create", "fin"),)), wait=False)


def replace_made_and_hidden(floor: Floor) -> None:
    floor.sandbox.set_rules(kakaclo_lag=20 * SETTLE)
    put(floor, TEE, enName="Cat in green", colorValue="#00FF00")
    floor.run(Trouble((Fault("kakaclo", "create", "fin", commit=True),)), wait=False)
    floor.sandbox.set_rules(kakaclo_lag=0.0)


def by_request(floor: Floor) -> None:
    fault = Fault("kakaclo", "create", "fin")
    selecting = {"selection": Selection(replace=(str(TEE),))}
    floor.run(Trouble((fault,)), selecting=selecting, wait=False)


def recreated(floor: Floor) -> None:
    identity = floor.state.entries[TEE].id or ""
    floor.take_away("kakaclo", identity)
    assert floor.write(rewritten(floor.documents[TEE], recreate=identity))
    floor.run(Trouble((Fault("kakaclo", "create", "fin"),)))


def swap_cut(floor: Floor) -> None:
    made_anew(floor)
    floor.run(Trouble((Fault("gelato", "create", "fin"),)), wait=False)


def swap_made_and_hidden(floor: Floor) -> None:
    floor.sandbox.set_rules(gelato_lag=20 * SETTLE)
    made_anew(floor)
    floor.run(Trouble((Fault("gelato", "create", "fin", commit=True),)), wait=False)
    floor.sandbox.set_rules(gelato_lag=0.0)


def swap_of_a_staged_one_cut(floor: Floor) -> None:
    made_anew(floor, Lifecycle(replace="staged"))
    floor.run(Trouble())
    floor.clock.pass_by(3 * SETTLE)
    put(floor, POSTER, productModelId="another-model")
    floor.run(Trouble((Fault("gelato", "create", "fin"),)), wait=False)


def between_the_renames(floor: Floor) -> None:
    made_anew(floor)
    assert floor.run(Trouble(dies=at("after", "PATCH"))) is None


def a_rename_cut(floor: Floor) -> None:
    document = floor.documents[POSTER]
    name = document.spec["name"]
    spec = FrozenDict({**document.spec, "name": "Another Cat"})
    assert floor.write(rewritten(document, spec=spec, renamed_from=name))
    floor.run(Trouble((Fault("gelato", "update", "fin", count=None),)), wait=False)


HALF_DONE: dict[str, tuple[str, Callable[[Floor], None]]] = {
    each.__name__: (provider, each)
    for provider, each in (
        ("kakaclo", replace_cut),
        ("kakaclo", replace_made_and_hidden),
        ("kakaclo", by_request),
        ("kakaclo", recreated),
        ("gelato", swap_cut),
        ("gelato", swap_made_and_hidden),
        ("gelato", swap_of_a_staged_one_cut),
        ("gelato", between_the_renames),
        ("gelato", a_rename_cut),
    )
}


@pytest.mark.parametrize("other", [False, True], ids=["alone", "beside another"])
@pytest.mark.parametrize("case", HALF_DONE)
def test_a_shop_that_is_emptied_in_the_middle_is_filled_again(floor: Floor, case: str, other: bool) -> None:
    provider, happens = HALF_DONE[case]
    address = TEE if provider == "kakaclo" else POSTER
    put(floor, address)
    if other:
        assert floor.write(floor.document(address.kind, "dog"))
    floor.run(Trouble())
    floor.clock.pass_by(3 * SETTLE)
    floor.run(Trouble())
    happens(floor)
    for identity in floor.state.owned(provider):
        floor.take_away(provider, identity)
    floor.clock.pass_by(3 * SETTLE)
    assert floor.write(floor.document(address.kind, "bird"))

    floor.good_day()

    there = [each[floor.knowledge[provider].name_field] for each in floor.there(provider).values()]
    wanted = [each.spec[floor.knowledge[provider].name_field] for each in floor.documents.values()]
    assert sorted(there) == sorted(wanted)


def test_a_state_that_knows_nothing_but_what_is_gone_creates(floor: Floor) -> None:
    """An older version left the id of a replace in doubt behind, and no landmark."""
    put(floor, TEE)
    floor.good_day()
    (identity,) = floor.there("kakaclo")
    floor.take_away("kakaclo", identity)
    floor._write(
        lambda _: [EntryGone(TEE, floor.clock.now()), Landmarked("kakaclo", floor.clock.now(), ())],
    )
    assert floor.write(rewritten(floor.documents[TEE], recreate=identity))

    assert floor.run(Trouble()).exit_code == 0

    assert len(floor.there("kakaclo")) == 1


def test_a_document_that_names_what_is_gone_is_told_how_it_is_made_anew(floor: Floor) -> None:
    floor.by_hand("kakaclo", tee_spec("cat"))
    (identity,) = floor.there("kakaclo")
    floor.clock.pass_by(3 * SETTLE)
    put(floor, TEE)
    assert floor.write(rewritten(floor.documents[TEE], adopt=identity))
    assert floor.run(Trouble()).exit_code == 0
    floor.take_away("kakaclo", identity)
    assert floor.write(floor.document(TEE.kind, "bird"))
    floor.clock.pass_by(3 * SETTLE)
    assert floor.run(Trouble()).exit_code == 9
    floor.emptied("kakaclo")

    (told,) = (each for each in floor.run(Trouble()).outcomes if each.address == TEE)

    assert told.error == f"{identity}, which its document names, is gone"
    assert told.next == ("take `adopt` out of its document, and the next apply makes it anew",)
    assert floor.write(rewritten(floor.documents[TEE], adopt=None))
    floor.good_day()
    assert len(floor.there("kakaclo")) == 2


@pytest.mark.parametrize("names", ["keep", "upper"])
@pytest.mark.parametrize("more", [False, True], ids=["as it was", "one more"])
def test_a_first_product_that_was_removed_before_a_listing_confirmed_it_is_asked_about(
    floor: Floor, names: str, more: bool
) -> None:
    """Its id is told or likely, and nothing else is known: the account lists nothing at all."""
    floor.sandbox.set_rules(names=names, gelato_lag=SETTLE if names == "keep" else 0.0)
    put(floor, POSTER)
    floor.run(Trouble(), wait=False)
    floor.sandbox.set_rules(gelato_lag=0.0)
    for identity in floor.there("gelato"):
        floor.take_away("gelato", identity)
    if more:
        assert floor.write(floor.document(POSTER.kind, "bird"))
    assert floor.run(Trouble(), wait=False).exit_code == (4 if more else 0)
    floor.clock.pass_by(3 * SETTLE)

    report = floor.run(Trouble())

    # What an answer has told may be hidden: where it is is asked. What a listing has shown is not there now.
    asked = (8, ()) if names == "keep" else (9, ("gelato",))
    assert (report.exit_code, report.other_accounts) == asked
    floor.good_day()
    assert len(floor.there("gelato")) == 1 + more


@pytest.mark.parametrize("known", ["said", "likely"])
def test_what_was_removed_before_a_listing_confirmed_it_can_be_changed_no_more(
    floor: Floor, known: str
) -> None:
    """Its document has changed since: nothing is sent to it, and no listing will ever show it."""
    if known == "said":
        floor.sandbox.set_rules(hidden="cat")
        put(floor, POSTER, name="cat")
        floor.run(Trouble((Fault("gelato", "create", "html", commit=True),)), wait=False)
        floor.clock.pass_by(3 * SETTLE)
        floor.answers(floor.run(Trouble()))
    else:
        floor.sandbox.set_rules(names="upper")
        assert floor.write(floor.document(POSTER.kind, "bird"))
        put(floor, POSTER, name="cat")
        lost = Fault("gelato", "create", "html", commit=True, contains="cat")
        floor.run(Trouble((lost,)), wait=False)
        floor.run(Trouble(), wait=False)
        assert floor.state.entries[POSTER].guessed
        floor.sandbox.set_rules(past_end="last", total="none")  # nothing tells where the listing ends
    (made,) = (i for i, each in floor.there("gelato").items() if each["name"] == "cat")
    floor.take_away("gelato", made)
    assert floor.write(
        rewritten(
            floor.documents[POSTER],
            spec=FrozenDict({**floor.documents[POSTER].spec, "name": "Cat"}),
            renamed_from="cat",
        )
    )
    floor.clock.pass_by(3 * SETTLE)

    (told,) = (each for each in floor.run(Trouble()).outcomes if each.address == POSTER)

    assert told.next == (if_removed(POSTER),)
    floor.answers(floor.run(Trouble()))
    assert floor.run(Trouble()).exit_code == 0
    assert [each["name"] for each in floor.there("gelato").values()].count("Cat") == 1


@pytest.mark.parametrize("ahead", [0.0, 365 * 86400.0])
def test_a_replace_says_what_to_do_where_the_product_before_it_was_removed(
    floor: Floor, ahead: float
) -> None:
    """Only a person has seen that one, and the two differ in nothing that a listing shows."""
    floor.sandbox.set_rules(hidden="cat")
    floor.clock.moved = ahead
    assert floor.write(floor.document(TEE.kind, "bird"))
    put(floor, TEE, enName="cat")
    floor.run(Trouble((Fault("kakaclo", "create", "html", commit=True, contains="cat"),)), wait=False)
    floor.clock.pass_by(3 * SETTLE)
    floor.answers(floor.run(Trouble()))
    floor.clock.moved = 0.0
    (made,) = (i for i, each in floor.there("kakaclo").items() if each["enName"] == "cat")
    floor.take_away("kakaclo", made)
    document = floor.documents[TEE]
    assert floor.write(rewritten(document, spec=FrozenDict({**document.spec, "colorValue": "#000009"})))

    (told,) = (each for each in floor.run(Trouble()).outcomes if each.address == TEE)

    assert told.next == (if_removed(TEE),)
    floor.answers(floor.run(Trouble()))
    assert floor.run(Trouble()).exit_code == 0
    assert [each["enName"] for each in floor.there("kakaclo").values()].count("cat") == 1
