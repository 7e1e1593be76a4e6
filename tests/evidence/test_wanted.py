"""What a look says of wanted products: adopted, a namesake, a question, or nothing in the way."""

from __future__ import annotations

from typing import Any

import pytest

from podsync.evidence.account import Knows
from podsync.providers.contract import Remote
from podsync.state.events import Answered, Disowned, Unclaimed
from podsync.state.model import State
from tests.evidence.look import (
    KEPT,
    NEW,
    address,
    doubt,
    entry,
    events,
    ids,
    look,
    orphan,
    refusal,
    rehosted,
    row,
    spec,
    state,
    want,
    window,
)

TEE = address("tee")
POSTER = address("tee", "gelato")
HIDDEN = "may have been made all the same"


def asked(known: State, *rows: Remote, **options: Any) -> tuple[str, list[str]]:
    """Why nothing is made of the tee, and of which rows a person is asked."""
    found = look(known, rows, [want("tee")], **options)
    question = found.questions[TEE]
    assert TEE not in found.adopted
    return question.why, ids(question.rows)


# -- adopt


def test_the_one_row_that_is_the_same_is_adopted() -> None:
    found = look(state(), [row("7", "tee")], [want("tee")])

    assert found.adopted[TEE].id == "7"
    assert (found.questions, found.namesakes) == ({}, {})


@pytest.mark.parametrize("lost", [False, True])
def test_it_is_adopted_whatever_the_state_knows(lost: bool) -> None:
    assert look(state(), [row("7", "tee")], [want("tee")], lost=lost).adopted[TEE].id == "7"
    new = look(state(known=False), [row("7", "tee")], [want("tee")], kept=False)
    assert (new.knows, new.adopted[TEE].id) == (Knows.NEW, "7")


@pytest.mark.parametrize(
    ("known", "listed"),
    [
        pytest.param(state(), row("7", "tee"), id="as it is wanted"),
        pytest.param(state(known=False), rehosted("7", "Tee"), id="a new state, and the shop changed it"),
    ],
)
@pytest.mark.parametrize("asked_too", [True, False], ids=["selected", "left out by the selection"])
def test_what_another_document_names_by_its_id_is_a_question_where_it_is_more_like_this_one(
    known, listed, asked_too
) -> None:
    """The id stands in the wrong document: it would take that product, and this one be made again."""
    found = look(known, [listed], [want("tee", selected=asked_too)], named={"mug": ("7", "mug")})

    assert found.named == {}
    assert "is listed more like what designed_product.tee wants" in str(found.misnamed[address("mug")])
    if asked_too:
        assert (found.questions[TEE].why, ids(found.questions[TEE].rows)) == (
            "it may be this one, and designed_product.mug names its id", ["7"],
        )  # fmt: skip


def test_a_document_takes_what_it_names_where_both_say_the_same() -> None:
    found = look(state(), [row("7", "tee")], [want("tee")], named={"twin": ("7", "tee")})

    assert (found.questions, found.misnamed) == ({}, {})
    assert found.named[address("twin")].id == "7"


def test_a_likely_id_is_not_given_up_to_a_document_that_is_less_like_it() -> None:
    """Its holder was made again, were it taken: no listing shows its pictures as they were sent."""
    known = state(entry("dog", "7", window=window()))

    found = look(known, [rehosted("7", "dog")], named={"ant": ("7", "ant")})

    assert found.named == {}
    assert "is what designed_product.dog has most likely made" in str(found.misnamed[address("ant")])


def test_of_two_equal_rows_none_is_adopted() -> None:
    why, rows = asked(state(), row("7", "tee"), row("8", "tee"))

    assert "equal products exist" in why
    assert rows == ["7", "8"]


@pytest.mark.parametrize("asked_too", [True, False], ids=["selected", "left out by the selection"])
def test_what_another_document_wants_too_is_adopted_by_none(asked_too: bool) -> None:
    rival = want("rival", spec=spec("tee"), selected=asked_too)

    found = look(state(), [row("7", "tee")], [want("tee"), rival])

    assert found.adopted == {}
    assert set(found.questions) == ({TEE, address("rival")} if asked_too else {TEE})


def test_what_is_to_be_made_anew_adopts_nothing() -> None:
    found = look(state(), [row("7", "tee")], [want("tee", adopts=False)])

    assert (found.adopted, found.questions) == ({}, {})


@pytest.mark.parametrize(
    "facts",
    [
        {"foreign": {"kakaclo": ("7",)}},
        {"orphans": (orphan("other", "7"),)},
    ],
    ids=["not ours", "an orphan's"],
)
def test_what_is_foreign_or_owned_is_neither_adopted_nor_asked_about(facts: Any) -> None:
    found = look(state(**facts), [row("7", "tee")], [want("tee")])

    assert (found.adopted, found.questions, found.namesakes) == ({}, {}, {})


# -- maybe


def test_of_one_row_a_person_is_asked_once_and_who_sent_something_comes_first() -> None:
    """Two documents swapped names: what the one has sent is what the other wants."""
    ant = address("ant")

    found = look(state(doubt("ant", body=spec("tee"))), [rehosted("7", "tee")], [want("tee")], lost=True)

    assert {each: ids(rows) for each, rows in found.asks.items()} == {ant: ["7"]}
    assert found.questions[TEE].after == ant
    assert str(ant) in found.questions[TEE].why


def test_a_maybe_is_a_namesake_for_a_state_that_knows_all_and_foreign_from_then_on() -> None:
    found = look(state(), [rehosted("7", "tee")], [want("tee")])

    assert ids(found.namesakes[TEE]) == ["7"]
    assert [each.ids for each in events(found, Disowned)] == [("7",)]
    assert found.questions == {}


def test_a_maybe_is_a_question_for_a_new_state() -> None:
    why, rows = asked(state(known=False), rehosted("7", "tee"), kept=False)

    assert Knows.NEW.value in why
    assert rows == ["7"]


def test_a_maybe_is_a_question_for_a_lost_state_and_stays_nobodys() -> None:
    found = look(state(), [rehosted("7", "tee")], [want("tee")], lost=True)

    assert Knows.LOST.value in found.questions[TEE].why
    assert events(found, Disowned) == []


def test_a_maybe_that_is_younger_than_the_last_apply_makes_the_state_older() -> None:
    why, rows = asked(state(), rehosted("7", "tee", at=NEW))

    assert Knows.OLDER.value in why
    assert rows == ["7"]


def test_what_differs_is_in_nobodys_way() -> None:
    found = look(state(), [row("7", "Rex"), row("8", "tee", modelId="6")], [want("tee")])

    assert (found.adopted, found.questions, found.namesakes) == ({}, {}, {})


@pytest.mark.parametrize("sent", [doubt("other", body=spec("tee")), entry("tee", None, window=window())])
def test_what_may_be_what_was_sent_earlier_is_no_namesake(sent: Any) -> None:
    other = want("wanted", spec=spec("tee"))

    found = look(state(sent), [rehosted("7", "tee"), rehosted("8", "tee")], [other], settled=False)

    assert "what was sent earlier may be this" in found.questions[other.address].why
    assert found.namesakes == {}


# -- what was listed while the state did not know all


def test_what_a_new_state_sees_and_nobody_wants_is_unclaimed_and_not_foreign() -> None:
    found = look(state(known=False), [row("7", "Rex")], [want("tee")], kept=False)

    assert [each.ids for each in events(found, Unclaimed)] == [("7",)]
    assert events(found, Disowned) == []


def test_a_state_that_knows_all_leaves_nothing_unclaimed() -> None:
    assert events(look(state(), [row("7", "Rex")], [want("tee")]), Unclaimed) == []


def test_what_a_part_of_the_listing_shows_is_not_called_unclaimed() -> None:
    found = look(state(), [row("7", "Rex")], [want("tee")], lost=True, of_all=False)

    assert events(found, Unclaimed) == []


def test_an_older_state_leaves_unclaimed_what_was_made_after_its_last_apply_only() -> None:
    rows = [row("7", "Rex"), row("8", "Rex", at=NEW), rehosted("9", "tee", at=NEW)]

    found = look(state(), rows, [want("tee")])

    assert found.knows is Knows.OLDER
    assert [each.ids for each in events(found, Unclaimed)] == [("8", "9")]


def test_a_look_alike_of_what_is_unclaimed_is_a_question_later() -> None:
    known = state(unclaimed={"kakaclo": ("7",)})

    why, rows = asked(known, rehosted("7", "tee"))

    assert "did not know all" in why
    assert rows == ["7"]


def test_what_is_unclaimed_and_equal_is_adopted_later() -> None:
    known = state(unclaimed={"kakaclo": ("7",)})

    assert look(known, [row("7", "tee")], [want("tee")]).adopted[TEE].id == "7"


def test_what_is_unclaimed_makes_the_state_no_older() -> None:
    known = state(unclaimed={"kakaclo": ("7",)})

    assert look(known, [rehosted("7", "tee", at=NEW)], [want("tee")]).knows is Knows.ALL


# -- first contact


def test_unowned_products_beside_a_state_that_made_none_are_a_first_contact() -> None:
    found = look(state(known=False), [row("7", "Rex"), row("8", "tee")], [want("tee")], kept=False)

    assert ids(found.first_contact) == ["7"]


def test_a_person_agrees_to_it_once_for_all_and_that_answers_no_question() -> None:
    found = look(
        state(known=False),
        [row("7", "Rex"), rehosted("8", "tee")],
        [want("tee")],
        kept=False,
        first_contact=True,
    )

    assert found.first_contact == ()
    assert ids(found.questions[TEE].rows) == ["8"]
    assert (
        look(state(known=False, contacts={"kakaclo": 1.0}), [row("7", "Rex")], kept=False).first_contact == ()
    )


def test_what_was_adopted_is_no_product_that_this_state_made() -> None:
    adopted = state(entry("old", "2", origin="adopted"), known=False)

    assert ids(look(adopted, [row("2", "old"), row("7", "Rex")], kept=False).first_contact) == ["7"]
    assert look(state(), [row("7", "Rex")]).first_contact == ()


# -- Gelato: names are unique for a customer


def test_a_name_that_a_shared_customers_product_has_is_taken() -> None:
    other = row("7", "tee", "gelato", productModelId="6")

    found = look(state(provider="gelato"), [other], [want("tee", "gelato")], provider="gelato")

    assert ids(found.taken[POSTER]) == ["7"]
    assert found.namesakes == {}


def test_a_name_that_another_customer_has_is_free() -> None:
    other = row("7", "tee", "gelato", productModelId="6", customerIds=["ben"])

    found = look(state(provider="gelato"), [other], [want("tee", "gelato")], provider="gelato")

    assert (found.taken, found.questions) == ({}, {})


def test_an_update_keeps_a_name_that_it_shared_before() -> None:
    other = row("7", "tee", "gelato", productModelId="6")
    renames = want("tee", "gelato", before=spec("was", "gelato"))
    stays = want("tee", "gelato", before=spec("tee", "gelato"))

    assert POSTER in look(state(provider="gelato"), [other], [renames], provider="gelato").taken
    assert POSTER not in look(state(provider="gelato"), [other], [stays], provider="gelato").taken


def test_an_update_adopts_nothing() -> None:
    after = want("tee", "gelato", before=spec("was", "gelato"))

    found = look(state(provider="gelato"), [row("7", "tee", "gelato")], [after], provider="gelato")

    assert found.adopted == {}
    assert ids(found.taken[POSTER]) == ["7"]


# -- refusals


def refused(**facts: Any) -> State:
    return state(refusals={TEE: (refusal("tee", **facts),)})


def test_a_row_that_fits_a_refused_body_is_a_question() -> None:
    why, rows = asked(refused(), rehosted("7", "tee", at=NEW))

    assert HIDDEN in why
    assert rows == ["7"]


def test_so_is_one_that_fits_what_the_document_wants_by_now() -> None:
    known = refused()

    found = look(known, [rehosted("7", "edited")], [want("tee", spec=spec("edited"))])

    assert HIDDEN in found.questions[TEE].why


def test_so_is_one_that_fits_the_refused_body_after_the_document_was_edited() -> None:
    found = look(refused(), [rehosted("7", "tee")], [want("tee", spec=spec("edited"))])

    assert HIDDEN in found.questions[TEE].why


def test_a_row_that_was_listed_before_it_was_refused_was_not_made_by_it() -> None:
    known = state(refusals={TEE: (refusal("tee", reading=1),)}, readings={"kakaclo": {1: ("7",)}})

    assert look(known, [rehosted("7", "tee")], [want("tee")]).questions == {}


def test_a_refused_body_holds_up_another_address_that_wants_the_same() -> None:
    other = want("other", spec=spec("tee"))
    found = look(refused(), [rehosted("7", "tee")], [other])

    assert HIDDEN in found.questions[other.address].why
    assert found.unwanted == {}


def test_what_was_refused_and_is_there_unchanged_is_adopted() -> None:
    assert look(refused(), [row("7", "tee", at=NEW)], [want("tee")]).adopted[TEE].id == "7"


def test_what_a_refusal_made_and_no_document_wants_is_named() -> None:
    found = look(refused(), [row("7", "tee", at=NEW)])

    assert ids(found.unwanted[TEE].rows) == ["7"]
    assert events(found, Answered) == []


def test_a_refusal_that_made_nothing_is_answered_by_a_whole_reading_once_it_is_settled() -> None:
    found = look(refused())

    assert [each.address for each in events(found, Answered)] == [TEE]
    assert (found.unwanted, found.unsearched) == ({}, {})


def test_a_young_refusal_is_not_answered() -> None:
    found = look(refused(), settled=False)

    assert events(found, Answered) == []
    assert found.unsearched == {}


@pytest.mark.parametrize("part", [{"of_all": False}, {"sound": False}, {"twice": False}, {"fresh": False}])
def test_a_refusal_is_not_answered_by_a_part_of_the_listing(part: Any) -> None:
    found = look(refused(), **part)

    assert events(found, Answered) == []
    assert found.unsearched == {TEE: "5"}


def test_a_refusal_is_not_answered_while_another_of_its_address_holds_up_somebody() -> None:
    known = state(refusals={TEE: (refusal("tee"), refusal("earlier"))})
    other = want("other", spec=spec("tee"))

    found = look(known, wants=[other])

    assert events(found, Answered) == []
    assert [each.address for each in events(look(known), Answered)] == [TEE]


def test_of_several_refusals_of_an_address_each_has_to_be_answered() -> None:
    known = state(refusals={TEE: (refusal("tee"), refusal("earlier"))})

    found = look(known, [row("7", "earlier", at=NEW)])

    assert ids(found.unwanted[TEE].rows) == ["7"]
    assert events(found, Answered) == []


def test_a_row_that_another_doubt_is_found_to_have_made_is_no_refusals() -> None:
    known = state(doubt("other", body=spec("tee")), refusals={TEE: (refusal("tee"),)})

    found = look(known, [row("7", "tee", at=NEW)])

    assert found.found[address("other")].id == "7"
    assert found.unwanted == {}


def test_a_refusal_beside_a_doubt_of_its_address_waits_for_it() -> None:
    known = state(doubt("tee", body=spec("edited")), refusals={TEE: (refusal("tee"),)})

    found = look(known, [row("7", "tee", at=NEW)])

    assert (found.unwanted, found.unsearched, events(found, Answered)) == ({}, {}, [])


def test_kept_stays_in_every_listing() -> None:
    """The tests above rely on it: the account is known by it."""
    assert look(state()).account is True
    assert KEPT in look(state()).reading.rows
