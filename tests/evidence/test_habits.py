"""What a provider does to values is learned from products of our own, and never relied on against a proof."""

from __future__ import annotations

import pytest

from podsync.model.frozen import freeze
from podsync.providers.habits import Habits, Sighting, sighting
from podsync.providers.name_forms import CASE, CUT, ENTITIES, SPACES

URL = "https://Cdn.Example/a.png"


def seen(identity: str, kept: bool, field: str = "imageUrl", host: str = "cdn.example") -> Sighting:
    return Sighting(identity, {}, {(host, field): kept})


def test_nothing_is_known_before_something_was_seen() -> None:
    habits = Habits()

    assert (habits.picture(URL, "imageUrl"), habits.name(CASE), habits.customers) == (None, None, None)


@pytest.mark.parametrize(("kept", "word"), [(True, "kept"), (False, "changed")])
def test_pictures_are_learned_per_host_and_field(kept: bool, word: str) -> None:
    habits = Habits().learned(seen("1", kept))

    assert habits.picture(URL, "imageUrl") == word
    assert habits.picture(URL, "backImageUrl") is None
    assert habits.picture("https://other.example/a.png", "imageUrl") is None


def test_one_contrary_proof_makes_it_unknown_for_good() -> None:
    habits = Habits().learned(seen("1", True)).learned(seen("2", False)).learned(seen("3", True))

    assert habits.picture(URL, "imageUrl") == "unknown"
    assert habits.observed["pictures"]["cdn.example"]["imageUrl"] == freeze(
        {"is": "unknown", "proof": "1", "contrary": "2"}
    )


@pytest.mark.parametrize(("setting", "word"), [("kept", "kept"), ("rehosted", "changed")])
def test_the_setting_overrules_what_was_seen(setting: str, word: str) -> None:
    learned = Habits().learned(seen("1", word != "kept"))

    assert Habits(learned.observed, setting).picture(URL, "imageUrl") == word


def test_a_name_speaks_only_of_what_it_has_that_could_be_changed() -> None:
    told = sighting("1", "a & b", "a & b").names

    assert told == {ENTITIES: False}


def test_a_name_that_was_cut_says_nothing_of_the_rest() -> None:
    name = "A thing with a really long name & more"

    assert sighting("1", name, name[:20]).names == {CUT: True}


def test_a_name_that_is_no_changed_form_says_nothing() -> None:
    told = sighting("1", "Dino", "Rex")

    assert (told.names, told.whole) == ({}, 0)


def test_what_is_known_not_to_happen_is_ruled_out() -> None:
    habits = Habits().learned(sighting("1", "Dino on a Tee", "Dino on a Tee"))

    assert habits.rules_out({CASE}, 8)
    assert not habits.bears_out({CASE})
    assert not habits.rules_out({SPACES}, 8)
    assert habits.bears_out({SPACES})


@pytest.mark.parametrize("name", ["dino tee", "DINO TEE", "Dino Tee"])
def test_a_name_that_has_the_case_already_says_nothing_of_it(name: str) -> None:
    """A shop that writes each word with a capital keeps this one as well."""
    assert Habits().learned(sighting("1", name, name)).name(CASE) is None


def test_a_cut_is_ruled_out_up_to_the_length_that_came_back_whole() -> None:
    habits = Habits().learned(sighting("1", "x" * 30, "x" * 30))

    assert habits.rules_out({CUT}, 30)
    assert not habits.rules_out({CUT}, 31)


def test_hidden_rows_need_the_same_number_twice_and_time_between() -> None:
    once = Habits().with_hidden(3, at=0.0, apart=300.0)

    assert once.hidden_rows == 0
    assert once.with_hidden(3, at=299.0, apart=300.0).hidden_rows == 0
    assert once.with_hidden(4, at=300.0, apart=300.0).hidden_rows == 0
    assert once.with_hidden(3, at=300.0, apart=300.0).hidden_rows == 3


def test_dates_that_disagree_are_no_offset() -> None:
    habits = Habits().dated("1", 28800.0)

    assert habits.dated("2", 28790.0).offset == 28800.0
    assert habits.dated("2", 0.0).offset is None
    assert habits.dated("2", 0.0).dated("3", 28800.0).offset is None


def test_a_clock_that_was_set_back_does_not_hide_hidden_rows_for_ever() -> None:
    before = Habits().with_hidden(3, at=10.0**9, apart=300.0)

    assert before.with_hidden(3, at=0.0, apart=300.0).with_hidden(3, at=300.0, apart=300.0).hidden_rows == 3
