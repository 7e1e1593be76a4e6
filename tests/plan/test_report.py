"""Summary lines (frozen), and how an apply ends: outcome words and exit codes."""

from __future__ import annotations

from collections import Counter

import pytest

from podsync.apply.report import DONE, Outcome, Report, Result, report_line
from podsync.model.address import Address
from podsync.model.frozen import freeze
from podsync.plan.action import SYMBOLS, Action
from podsync.plan.model import summary_line
from tests.plan.build import designed, plan
from tests.plan.samples import every_action

ADDRESS = Address("designed_product", "dino")


def _counts(**counted: int) -> Counter[Action]:
    return Counter({Action(name): number for name, number in counted.items()})


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        ({}, "No changes. The catalog matches the state."),
        ({"no-op": 12}, "No changes. The catalog matches the state."),
        ({"create": 1, "no-op": 12}, "Plan: 1 to create, 0 to update, 0 to replace, 0 to orphan."),
        ({"orphan": 2}, "Plan: 0 to create, 0 to update, 0 to replace, 2 to orphan."),
        ({"note": 1}, "Plan: 1 to note, 0 to create, 0 to update, 0 to replace, 0 to orphan."),
        (
            dict(zip(map(str, Action), range(1, 10), strict=False)),
            (
                "Plan: 1 to settle, 2 to adopt, 3 to restore, 4 to move, 5 to note, "
                "6 to create, 7 to update, 8 to replace, 9 to orphan."
            ),
        ),
    ],
)  # fmt: skip
def test_the_last_line_of_a_plan(counts: dict[str, int], line: str) -> None:
    assert summary_line(_counts(**counts)) == line


def test_a_plan_counts_every_action() -> None:
    assert summary_line(every_action().summary) == (
        "Plan: 1 to settle, 1 to restore, 1 to move, 1 to note, "
        "2 to create, 1 to update, 1 to replace, 1 to orphan."
    )
    assert set(every_action().summary) == set(Action)


def test_symbols() -> None:
    assert {action.value: symbol for action, symbol in SYMBOLS.items()} == {
        "settle": "?",
        "adopt": "<-",
        "restore": "<-",
        "move": "->",
        "note": "=",
        "create": "+",
        "update": "~",
        "replace": "+/.",
        "orphan": ".",
        "no-op": "",
    }


def _report(*results: Result, **more: object) -> Report:
    outcomes = tuple(Outcome(ADDRESS, Action.CREATE, result, "kakaclo") for result in results)
    return Report(plan([designed("dino")]), outcomes, **more)  # type: ignore[arg-type]


CREATED, FAILED, IN_DOUBT, NOT_TRIED = Result.CREATED, Result.FAILED, Result.IN_DOUBT, Result.NOT_TRIED


@pytest.mark.parametrize(
    ("report", "outcome", "code"),
    [
        (_report(), "nothing_to_do", 0),
        (_report(CREATED), "complete", 0),
        (_report(CREATED, FAILED), "incomplete", 4),
        (_report(NOT_TRIED), "incomplete", 4),
        (_report(IN_DOUBT, FAILED), "in_doubt", 8),
        (_report(CREATED, credentials_refused=True), "incomplete", 9),
        (_report(FAILED, credentials_refused=True), "incomplete", 9),
        (_report(IN_DOUBT, credentials_refused=True), "in_doubt", 9),
        (_report(CREATED, signal=2), "interrupted", 130),
        (_report(IN_DOUBT, FAILED, signal=15, credentials_refused=True), "interrupted", 143),
        (_report(refused="a limit"), "refused", 5),
    ],
)
def test_what_must_happen_first(report: Report, outcome: str, code: int) -> None:
    assert (report.outcome, report.exit_code) == (outcome, code)


def test_what_is_left() -> None:
    assert _report(CREATED, FAILED, IN_DOUBT, NOT_TRIED, NOT_TRIED).left == 4
    assert set(_report().counts) == set(Result)


@pytest.mark.parametrize(
    ("report", "line"),
    [
        (_report(), "Apply complete: 0 created, 0 updated, 0 replaced, 0 orphaned."),
        (_report(CREATED, CREATED), "Apply complete: 2 created, 0 updated, 0 replaced, 0 orphaned."),
        (
            _report(*(result for result in Result if result.value in {d.value for d in DONE.values()})),
            (
                "Apply complete: 1 settled, 1 adopted, 1 restored, 1 moved, 1 noted, "
                "1 created, 1 updated, 1 replaced, 1 orphaned."
            ),
        ),
        (
            _report(CREATED, FAILED, IN_DOUBT, NOT_TRIED),
            (
                "Apply incomplete: 1 created, 0 updated, 0 replaced, 0 orphaned; "
                "1 failed, 1 in doubt, 1 not tried."
            ),
        ),
        (
            _report(Result.NOTED, signal=2),
            (
                "Apply incomplete: 1 noted, 0 created, 0 updated, 0 replaced, 0 orphaned; "
                "0 failed, 0 in doubt, 0 not tried."
            ),
        ),
    ],
)
def test_the_last_line_of_an_apply(report: Report, line: str) -> None:
    assert report_line(report) == line


def test_every_action_but_nothing_has_a_word_for_done() -> None:
    assert set(DONE) == set(Action) - {Action.NOOP}


def test_frozen() -> None:
    with pytest.raises(AttributeError):
        _report().signal = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        freeze({"a": 1})["a"] = 2
