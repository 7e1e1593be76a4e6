"""What to do after an apply: a person first, the apply last, and none that would end in the same way."""

from __future__ import annotations

from typing import Any

import pytest

from podsync.apply.report import Outcome, Report, Result
from podsync.output.next_steps import MOST, Step, next_steps
from podsync.output.style import PLAIN
from podsync.output.text.outcome import meaning
from podsync.output.text.report import report_text, safety_text
from podsync.plan.action import Action
from tests.output import samples

APPLY = "podsync apply --expect 9c1f44d0a2be"
LETTERS = ("a) it is 1: podsync import designed_product.x 1", "b) none: podsync import --not-ours kakaclo 1")


def asked(name: str = "tee", **more: Any) -> Outcome:
    return samples.outcome(name, Result.NOT_TRIED, error="may be ours", next=LETTERS, **more)


def report(*outcomes: Outcome, **facts: Any) -> Report:
    return Report(samples.report_plan(), outcomes, **facts)


def test_the_question_stands_before_the_apply_with_its_alternatives():
    steps, more = next_steps(report(asked()), APPLY, "Re-run")

    assert (steps, more) == ([Step("tee", LETTERS), Step(APPLY, place="Re-run")], 0)


def test_what_a_provider_needs_comes_first_of_all():
    made = report(asked(), next=("whose account is it?", "a) ours", "b) another one", "renew the key"))

    assert next_steps(made, APPLY)[0] == [
        Step("whose account is it?", ("a) ours", "b) another one")),
        Step("renew the key"),
        Step("tee", LETTERS),
        Step(APPLY),
    ]


def test_what_is_the_same_for_several_is_told_once():
    steps, _ = next_steps(report(*(asked(f"tee-{number}") for number in range(9))), APPLY)

    assert steps == [
        Step("tee-0, tee-1, tee-2, tee-3, tee-4, tee-5 and 3 more", LETTERS),
        Step(APPLY),
    ]


def test_no_apply_is_offered_that_would_end_in_the_same_way():
    taken = samples.outcome("tote", Result.FAILED, next=("choose another name",), replans=True)

    assert next_steps(report(taken), APPLY)[0] == [Step("tote: choose another name")]
    assert next_steps(report(taken, asked()), APPLY)[0][-1] == Step(APPLY)
    assert next_steps(report(refused="first contact"), APPLY)[0] == []


def test_an_apply_that_a_step_says_is_not_said_again():
    made = report(asked(), next=("whose?", f"a) another's: set the key, then: {APPLY}"))

    assert APPLY not in [step.text for step in next_steps(made, APPLY)[0]]


def test_many_steps_are_counted_and_the_apply_is_never_left_out():
    left = [samples.outcome(f"x{n}", Result.FAILED, next=(f"mend {n}",)) for n in range(MOST + 7)]
    steps, more = next_steps(report(*left), APPLY)

    assert more == 7
    assert steps[-1] == Step(APPLY)
    assert len(steps) == MOST + 1


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"next": LETTERS}, "Not sent again: a person has to say what became of it (see Next)."),
        (
            {"until": samples.SENT_AT + 60},
            "Not sent again; the next apply looks for it and is sure from 02:14:58",
        ),
        ({}, "Not sent again; the next apply looks for it."),
        ({"action": Action.UPDATE}, "It sets values: the next apply sends it again."),
        ({"action": Action.UPDATE, "next": LETTERS}, "A person has to say what became of it (see Next)."),
    ],
)
def test_a_doubt_says_who_can_end_it(facts, words):
    facts = {"action": Action.CREATE, "since": samples.SENT_AT, "error": "cut"} | facts
    text = meaning(samples.outcome("tee", Result.IN_DOUBT, **facts))

    assert text.startswith("sent 2026-11-21 02:13:58 UTC: cut. ")
    assert words in text
    assert ("is sure from" in text) is ("is sure from" in words)


def test_what_waits_for_a_person_is_no_work_of_an_apply():
    later = samples.outcome("x", Result.NOT_TRIED, error="not begun")

    assert safety_text(report(later)).endswith("is safe: it does the one that is left.")
    assert safety_text(report(asked())).endswith("is safe: 1 waits for a person (see Next).")
    assert safety_text(report(later, asked(), asked("b"))).endswith(
        "is safe: it does the one that is left, and 2 wait for a person (see Next)."
    )


def test_equal_faults_are_said_once_with_a_count():
    why = "KakaClo: code 20013. Nothing was made"
    text = report_text(
        report(*(samples.outcome(f"x{n}", Result.FAILED, error=why) for n in range(3))),
        style=PLAIN, command=APPLY,
    )  # fmt: skip

    assert text.count(why) == 1
    assert f"3 times: {why}." in text
    assert all(f"designed_product.x{number}" in text for number in range(3))


@pytest.mark.parametrize("width", [40, 80])
def test_no_command_is_broken_in_two(width):
    text = report_text(report(asked()), style=PLAIN, width=width, command=APPLY)

    for line in LETTERS:
        assert line.partition(": ")[2] in text
