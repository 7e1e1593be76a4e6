"""What a look has seen and nobody has answered counts in every later look, listed or not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from podsync.evidence.account import Knows
from podsync.evidence.findings import Findings
from podsync.model.frozen import freeze
from podsync.providers.contract import Remote
from podsync.state.events import Answered, Bound, Confirmed, Disowned, Missed, Remembered, Settled
from podsync.state.model import State
from podsync.state.reducer.reducer import replay
from tests.evidence.look import (
    KEPT,
    NEW,
    NOW,
    SETTLE,
    address,
    doubt,
    entry,
    events,
    ids,
    look,
    refusal,
    rehosted,
    row,
    spec,
    state,
    want,
    window,
)

TEE, DOG = address("tee"), address("dog")
BROKEN = {"broken": True, "kept": False}
TWO = [rehosted("7", "tee"), rehosted("8", "tee")]
#: Each leaves what may be the tee open, though a row is just like it, or may be it.
OPEN = {
    "a refusal": (state(refusals={TEE: (refusal("tee"),)}), [rehosted("7", "tee")], {}),
    "a refusal that nobody waits for": (state(refusals={TEE: (refusal("tee"),)}), [row("7", "tee")], {}),
    "a doubt that is young": (state(doubt("tee")), TWO, {"settled": False}),
    "a doubt of which a person is asked": (state(doubt("tee")), TWO, {}),
    "what was acknowledged": (
        state(entry("tee", None, window=window())), TWO, {}
    ),
    "a state that was lost": (state(), [rehosted("7", "tee")], {"lost": True}),
    "equal rows": (state(), [row("7", "tee"), row("8", "tee")], {}),
    "what is to be adopted": (state(), [row("7", "tee")], {}),
    "what the selection leaves out": (state(), [row("7", "tee")], {"asked": False}),
    "what came before a listing broke off": (state(doubt("tee")), [row("7", "tee")], BROKEN),
    "what is found and not written down": (state(doubt("tee")), [row("7", "tee")], {"recorded": False}),
    "an id that is found and not written down": (
        state(entry("tee", None, window=window())), [row("7", "tee")], {"recorded": False}
    ),
}  # fmt: skip


def seen(
    known: State, rows: list[Remote], *, asked: bool = True, wanted: bool = True, **options: Any
) -> Findings:
    """A look for a document, unless its create is in doubt or was acknowledged."""
    wants = [want("tee", selected=asked)] if wanted and TEE not in known.entries else []
    return look(known, rows, wants, **options)


@pytest.mark.parametrize("why", OPEN)
def test_a_row_that_may_be_what_an_address_sent_or_wants_is_remembered(why: str) -> None:
    known, rows, options = OPEN[why]

    found = seen(known, rows, wanted="nobody" not in why, **options)

    told = events(found, Remembered)
    assert [(each.address, each.id) for each in told] == [(TEE, each.id) for each in rows]
    assert [(each.fields, each.made) for each in told] == [(each.fields, each.created_at) for each in rows]


@pytest.mark.parametrize("why", OPEN)
def test_it_counts_as_listed_once_it_is_not_and_nothing_is_made_or_taken(why: str) -> None:
    """Whatever is left of the question: nothing was made is not said, and nobody takes what may be gone."""
    known, rows, options = OPEN[why]
    wanted = "nobody" not in why
    new = events(seen(known, rows, wanted=wanted, **options), Remembered)
    known = replay(known, new)

    found = seen(known, [], wanted=wanted)

    asked = [*found.asks.get(TEE, ()), *(r for each in found.overdue.values() for r in each)]
    questions = [q for q in (found.questions.get(TEE), found.unwanted.get(TEE)) if q is not None]
    asked += [each for question in questions for each in question.rows]
    assert ids(asked) == ids(rows)
    assert {each.last_listed for each in asked} == {new[0].at}
    assert (found.adopted, found.found, found.none, found.namesakes) == ({}, {}, [], {})
    assert not [e for e in found.events if isinstance(e, Settled | Bound | Answered | Disowned | Remembered)]


def remembered(identity: str = "7", *, where: Any = TEE, fields: Any = None) -> State:
    told = Remembered(where, NOW, "kakaclo", identity, fields or spec("tee"), NEW)
    return replay(state(), [told])


def test_a_document_that_was_renamed_is_held_up_by_it_as_well() -> None:
    found = look(remembered(), [], [want("cat", spec=spec("tee"))])

    assert ids(found.questions[address("cat")].rows) == ["7"]
    assert [(each.address, each.id) for each in events(found, Remembered)] == [(address("cat"), "7")]


def test_it_stays_a_question_though_the_reading_that_hides_it_does_not_show_how_old_the_state_is() -> None:
    """A state that is older than what is listed may not know what became of names since."""
    kept = {"kakaclo": {"default": freeze({"names": {"case": {"is": "kept", "proof": KEPT}}})}}
    known = state(observed=kept, landmarks={"kakaclo": (freeze({"id": KEPT}),)})
    shown = row("7", "TEE", at=NEW, imageUrl="https://img.example/7", backImageUrl=None)

    first = look(known, [shown], [want("tee")])
    assert (first.knows, ids(first.questions[TEE].rows)) == (Knows.OLDER, ["7"])
    known = replay(known, events(first, Remembered))

    second = look(known, [], [want("tee"), want("dog", spec=spec("tee"))])
    assert (second.knows, ids(second.questions[TEE].rows)) == (Knows.ALL, ["7"])
    assert DOG not in second.questions


def test_what_another_address_had_is_no_namesake_of_what_it_may_be() -> None:
    """Until somebody has said what it is: what is called foreign would be made once more."""
    shown = rehosted("7", "tee")

    found = look(remembered(where=DOG), [shown], [want("tee")])

    assert ids(found.questions[TEE].rows) == ["7"]
    assert (found.namesakes, events(found, Disowned)) == ({}, [])


def test_what_has_got_another_name_since_is_asked_about_all_the_same() -> None:
    """Staff may have renamed it between two looks: it is what a look has seen, whoever it was for."""
    renamed = rehosted("7", "Named by hand")
    seen = replay(remembered(), [Remembered(TEE, NOW, "kakaclo", "7", renamed.fields)])

    for known in (remembered(), seen):
        found = look(known, [renamed], [want("tee"), want("dog", spec=spec("tee")), want("owl")])
        assert {address: ids(each.rows) for address, each in found.questions.items()} == {
            TEE: ["7"], DOG: ["7"],
        }  # fmt: skip


def test_what_a_newer_state_had_from_the_moment_of_the_doubt_is_named_though_it_was_renamed() -> None:
    made = Remembered(TEE, NOW - 30, "kakaclo", "7", spec("tee"), NEW)

    known = replay(state(doubt("tee", answered="9")), [made])

    found = look(known, [rehosted("7", "Named by hand", at=NEW), rehosted("9", "Rex", at=NEW)])

    assert sorted(ids(found.asks[TEE])) == ["7", "9"]


@pytest.mark.parametrize("recorded", [True, False])
def test_what_a_newer_state_had_and_no_document_wants_is_an_orphan(recorded: bool) -> None:
    """It stays on sale, and nobody else would tell of it; it is nobody's for a first contact either."""
    had = Remembered(TEE, NOW, "kakaclo", "7", spec("tee"), known_as=spec("tee"))
    known = replay(state(known=False), [had])
    rows, facts = [row("7", "Named by hand")], {"kept": False, "recorded": recorded}

    left, wanted = look(known, rows, **facts), look(known, rows, [want("tee")], **facts)

    after = replay(known, left.events)
    assert [(each.address, each.id) for each in after.orphans] == ([(TEE, "7")] if recorded else [])
    assert left.first_contact == ()
    assert replay(known, wanted.events).orphans == ()


def test_a_replace_of_what_this_look_confirms_is_judged_like_any_other() -> None:
    """No listing tells the two versions apart; what a newer state had for the document is listed as well."""
    today = spec("tee", colorValue="#000009")
    had = Remembered(TEE, NOW, "kakaclo", "7", rehosted("7", "tee").fields, known_as=today)
    made = entry("tee", "2", window=replace(window(), answered="2"))
    known = replay(state(made), [had])

    found = look(known, [row("2", "tee"), rehosted("7", "tee")], [want("tee", spec=today)])

    assert [each.address for each in events(found, Confirmed)] == [TEE]
    assert ids(found.questions[TEE].rows) == ["7"]


def test_what_is_another_product_for_certain_holds_up_nothing() -> None:
    found = look(remembered(), [], [want("dog")])

    assert (found.questions, found.namesakes, events(found, Remembered)) == ({}, {}, [])


def test_an_equal_row_that_is_listed_is_not_taken_while_another_is_only_hidden() -> None:
    found = look(remembered(), [row("8", "tee")], [want("tee")])

    assert (found.adopted, ids(found.questions[TEE].rows)) == ({}, ["8", "7"])


def test_once_it_is_listed_again_it_is_judged_like_any_other() -> None:
    assert look(remembered(), [row("7", "tee")], [want("tee")]).adopted[TEE].id == "7"


@pytest.mark.parametrize(
    "told",
    [{"foreign": {"kakaclo": ("7",)}}, {"entries": {DOG: entry("dog", "7")}}],
    ids=["not ours", "another's"],
)
def test_what_somebody_has_answered_holds_up_nothing(told: Any) -> None:
    known = remembered()
    found = look(
        State(**{**{n: getattr(known, n) for n in known.__slots__}, **told}), [], [want("tee")], kept=False
    )

    assert found.questions == {}


def test_what_nobody_waits_for_is_asked_about_until_two_readings_of_everything_have_missed_it() -> None:
    refused = state(refusals={TEE: (refusal("tee"),)})
    known = replay(refused, [Remembered(TEE, NOW, "kakaclo", "7", spec("tee"), NEW)])

    first = look(known)
    assert [(each.ids, ids(first.unwanted[TEE].rows)) for each in events(first, Missed)] == [(("7",), ["7"])]
    assert events(first, Answered) == []

    known = replay(known, [*events(first, Missed)])
    again = look(known, missed={"7": 1000.0 - SETTLE})
    assert (again.unwanted, [each.address for each in events(again, Answered)]) == ({}, [TEE])
    after = look(replay(known, again.events), [], [want("tee")])
    assert ids(after.questions[TEE].rows) == ["7"]


def test_what_a_part_of_a_listing_shows_settles_nothing_and_says_nothing_of_the_account() -> None:
    known = state(doubt("tee"), entry("dog", None, window=window()))

    found = look(
        known, [row("7", "tee"), row("8", "dog")], kept=False, broken=True, sound=False, of_all=False
    )

    assert (found.account, found.knows) == (None, Knows.ALL)
    assert [(each.address, each.id) for each in events(found, Remembered)] == [(DOG, "8"), (TEE, "7")]


def test_the_other_row_of_a_question_is_no_namesake_once_the_first_is_answered() -> None:
    """A person said which one was sent: the other may be what the document says today."""
    known = state(entry("tee", None, window=window()))
    asked = look(known, TWO)
    answered = replay(known, [*asked.events, Bound(TEE, NOW, "7", spec("tee"))])
    today = want("tee", spec=spec("tee", colorValue="#2"))

    found = look(answered, TWO, [today])
    left_out = look(replay(answered, [Disowned("kakaclo", NOW, ("8",))]), TWO, [today])

    assert ids(found.questions[TEE].rows) == ["8"]
    assert "earlier question" in found.questions[TEE].why
    assert (left_out.questions, left_out.namesakes) == ({}, {})


@pytest.mark.parametrize("lost", [True, False])
def test_what_is_to_take_over_a_name_is_not_made_beside_what_has_it(lost: bool) -> None:
    """A newer state has swapped the two already: under its temporary name it resembles nothing."""
    old = entry("poster", "6", "gelato")
    today = spec("poster", "gelato")
    staged = want("poster", "gelato", spec=spec("(next 1) poster", "gelato"), becomes=today)

    found = look(
        state(old, provider="gelato"), [row("7", "poster", "gelato")], [staged], provider="gelato", lost=lost
    )

    if lost:
        assert ids(found.questions[staged.address].rows) == ["7"]
    else:
        assert ids(found.taken[staged.address]) == ["7"]
