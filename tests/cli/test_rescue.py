from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from podsync.apply.report import Outcome, Result, report_line
from podsync.cli.commands.apply.steps import report_of
from podsync.cli.environment.clock import SystemClock
from podsync.model.address import Address
from podsync.model.errors import StateError
from podsync.model.frozen import EMPTY, freeze
from podsync.output.style import Style
from podsync.output.text.report import report_text
from podsync.plan.action import Action
from podsync.plan.change import Change
from podsync.plan.model import Plan
from podsync.state.events import Begun, Intent
from podsync.state.local.store import LocalStore

ONE, TWO, THREE = (Address("designed_product", name) for name in ("one", "two", "three"))
PLAN = Plan(
    lineage="",
    serial=0,
    hosts=EMPTY,
    catalog_digest="",
    changes=tuple(
        Change(address, Action.CREATE, "create_because_not_in_state", "new", "kakaclo", "default")
        for address in (ONE, TWO, THREE)
    ),
)
HEARD = (Outcome(ONE, Action.CREATE, Result.CREATED, "kakaclo"),)


def results(report):
    return {outcome.address.name: outcome.result for outcome in report.outcomes}


def test_what_was_heard_is_told_and_the_journal_says_the_rest():
    store = LocalStore(Path("podsync.state.json"), clock=SystemClock())
    with store.lock("apply", 0):
        store.load()
        body = freeze({"modelId": "1"})
        store.append(
            [
                Begun(1.0, "sha256:0", 0, EMPTY, EMPTY),
                Intent(TWO, "kakaclo", "default", "create", body, 1.0, 31.0),
            ]
        )

        report = report_of(PLAN, HEARD, ["a fact"], store, None, StateError("the disk is full"))

    assert results(report) == {"one": Result.CREATED, "two": Result.IN_DOUBT, "three": Result.NOT_TRIED}
    assert report.exit_code == 8
    assert report.notes == ("a fact", "the run broke off: the disk is full")


def test_what_was_made_by_a_run_that_broke_off_is_not_called_complete_or_in_the_state():
    """Its answers may not have reached the state: a branch was moved, or a hook refused the last push."""
    store = LocalStore(Path("podsync.state.json"), clock=SystemClock())
    plan = replace(PLAN, changes=PLAN.changes[:1])

    report = report_of(plan, HEARD, [], store, None, StateError("the push was refused"))

    assert report.outcome == "incomplete"
    assert report_line(report).startswith("Apply incomplete: 1 created")
    told = report_text(report, style=Style(), command="podsync apply")
    assert "1 created   at KakaClo\n" in told
    assert "in the state" not in told


def test_a_state_that_cannot_be_read_is_no_proof_that_nothing_was_sent():
    path = Path("podsync.state.json")
    path.write_text("broken")
    store = LocalStore(path, clock=SystemClock())

    report = report_of(PLAN, HEARD, [], store, 15, RuntimeError("secret"))

    assert results(report)["two"] is Result.IN_DOUBT
    assert report.exit_code == 143
    assert "secret" not in str(report.notes)
