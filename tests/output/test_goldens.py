"""Every view, whole, as people and programs get it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest

from podsync.apply.report import report_line
from podsync.model.address import Address
from podsync.model.frozen import freeze
from podsync.output.forecast import PlanFacts
from podsync.output.json.report import report_json
from podsync.output.json.state import state_list_json, state_orphans_json, state_show_json
from podsync.output.layout import cells
from podsync.output.style import PLAIN, Style
from podsync.output.text.outcome import outcome_line
from podsync.output.text.plan import Detail, plan_text
from podsync.output.text.report import apply_head, report_text
from podsync.output.text.state import state_list, state_orphans, state_show
from podsync.plan.model import Plan, summary_line
from podsync.state.entries import Refusal, RememberedRow
from podsync.state.model import State
from tests.output import samples
from tests.output.golden import Golden

COLOUR = Style(colour=True)
COMMAND = "podsync -C shop apply --expect 9c1f44d0a2be"
PLACE = "Actions > podsync apply > Run workflow"

PLANS = {
    "first": samples.first_plan,
    "risky": samples.three_risky,
    "few": lambda: samples.three_risky(2),
    "every-action": samples.every_action,
    "refused": samples.refused,
    "hostile": samples.hostile,
    "many": samples.many,
    "foreign-host": samples.foreign_host,
    "no-changes": lambda: samples.plan(samples.unchanged(12), documents=12, files=12),
    "refreshed": lambda: samples.plan(
        samples.every_action().changes[1:2], refreshed=True, documents=1, files=1
    ),
}
REPORTS = {
    "complete": samples.complete_report,
    "replacing": samples.replacing_report,
    "incomplete": samples.incomplete_report,
    "interrupted": samples.interrupted_report,
    "first-contact": samples.first_contact_report,
    "hostile": samples.hostile_report,
}
SHOWN = ("designed_product.dino-ash", "designed_product.dino-crimson")
STATES: Mapping[str, Callable[[], State]] = {
    "all": samples.state,
    "empty": State,
    "learned": samples.learned_state,
}


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", PLANS)
def test_plan(name: str, width: int, golden: Golden) -> None:
    plan = PLANS[name]()

    text = plan_text(plan, style=PLAIN, width=width)

    golden.check(f"plan-{name}-{width}.txt", text)
    assert text.splitlines()[-1] == summary_line(plan.summary)


@pytest.mark.parametrize("detail", ["summary", "full"])
@pytest.mark.parametrize("name", ["first", "few", "every-action"])
def test_plan_in_other_details(name: str, detail: str, golden: Golden) -> None:
    text = plan_text(PLANS[name](), PlanFacts(orphans_before=3), style=PLAIN, detail=detail)  # type: ignore[arg-type]

    golden.check(f"plan-{name}-{detail}.txt", text)


WIDTHS = (60, 80, 120, 200)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("detail", ["summary", "short"])
@pytest.mark.parametrize("name", [name for name in PLANS if name != "hostile"])
def test_no_line_is_wider_than_the_page(name: str, detail: Detail, width: int) -> None:
    *lines, _frozen = plan_text(PLANS[name](), style=PLAIN, width=width, detail=detail).splitlines()

    wide = [line for line in lines if cells(line) > width]
    assert [line for line in wide if max(map(cells, line.split())) < width // 2] == []


@pytest.mark.parametrize(
    "make",
    [samples.first_plan, lambda: samples.three_risky(809)],
    ids=["first-plan", "replace-orphan-rename"],
)
def test_screens_of_a_plan(make: Callable[[], Plan], golden: Golden, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.id
    left = 0 if name == "first-plan" else 3

    golden.check(
        f"screen-{name}.txt", plan_text(make(), PlanFacts(orphans_before=left), style=PLAIN, width=120)
    )


def test_screen_of_an_incomplete_apply(golden: Golden) -> None:
    report = samples.incomplete_report()
    head = apply_head(report.plan, style=PLAIN, width=120, approved=True, run="8123")
    lines = [outcome_line(one, n, 40, PLAIN, 120) + "\n" for n, one in enumerate(report.outcomes[:3], 1)]

    text = report_text(report, style=PLAIN, width=120, command=COMMAND, place=PLACE)

    golden.check("screen-incomplete-apply.txt", "".join([head, *lines, "\n", text]))


def test_screen_of_what_a_person_has_to_remove(golden: Golden) -> None:
    golden.check("screen-state-orphans.txt", state_orphans(samples.state(), style=PLAIN, width=120))


def test_plan_in_colour(golden: Golden) -> None:
    golden.check("plan-every-action-colour.txt", plan_text(PLANS["every-action"](), style=COLOUR))


def test_plan_of_the_sandbox(golden: Golden) -> None:
    golden.check("plan-first-sandbox.txt", plan_text(PLANS["first"](), PlanFacts(sandbox=True), style=PLAIN))


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", REPORTS)
def test_report(name: str, width: int, golden: Golden) -> None:
    report = REPORTS[name]()

    text = report_text(report, style=PLAIN, width=width, command=COMMAND, place=PLACE)

    golden.check(f"report-{name}-{width}.txt", text)
    assert text.splitlines()[-1] == report_line(report)


@pytest.mark.parametrize("name", REPORTS)
def test_report_as_json(name: str, golden: Golden) -> None:
    golden.check(f"report-{name}.json", report_json(REPORTS[name]()))


@pytest.mark.parametrize("style", [PLAIN, COLOUR], ids=["plain", "colour"])
def test_lines_while_apply_runs(style: Style, golden: Golden) -> None:
    outcomes = [outcome for make in REPORTS.values() for outcome in make().outcomes]
    head = apply_head(samples.report_plan(), style=style, approved=True, run="8123", sandbox=True)

    lines = [outcome_line(one, index, 10_000, style) for index, one in enumerate(outcomes, 1)]

    name = "colour" if style.colour else "plain"
    golden.check(f"apply-lines-{name}.txt", head + "\n".join(lines) + "\n")


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", STATES)
def test_state(name: str, width: int, golden: Golden) -> None:
    state = STATES[name]()
    addresses = dict.fromkeys([*state.entries, *(orphan.address for orphan in state.orphans)])

    texts = [state_list(state, style=PLAIN, width=width), state_orphans(state, style=PLAIN, width=width)]
    texts += [state_show(state, address, style=PLAIN, width=width) for address in addresses]

    golden.check(f"state-{name}-{width}.txt", "\n".join(texts))


@pytest.mark.parametrize("name", STATES)
def test_state_as_json(name: str, golden: Golden) -> None:
    state = STATES[name]()

    golden.check(f"state-{name}-list.json", state_list_json(state))
    golden.check(f"state-{name}-orphans.json", state_orphans_json(state))
    for address in dict.fromkeys([*state.entries, *(orphan.address for orphan in state.orphans)]):
        if str(address) in SHOWN:
            golden.check(f"state-{name}-show-{address.name}.json", state_show_json(state, address))


def test_an_address_that_the_state_does_not_know() -> None:
    with pytest.raises(KeyError, match=r"designed_product\.nobody"):
        state_show(samples.state(), Address("designed_product", "nobody"), style=PLAIN)


def test_an_address_of_which_only_a_refusal_or_a_listed_product_is_known() -> None:
    wolf, fox = Address("designed_product", "wolf"), Address("designed_product", "fox")
    body = freeze({"enName": "Wolf Tee", "modelId": "1"})
    known = State(
        refusals={wolf: (Refusal("kakaclo", "default", body, 1e9, message="HTTP 400"),)},
        remembered={"kakaclo": {"5040": RememberedRow(1e9, (str(fox),), body)}},
    )

    assert 'refused 2001-09-09 01:46:40 UTC: a create of "Wolf Tee": HTTP 400' in _flat(known, wolf)
    assert 'nothing is known to exist may be this: 5040 "Wolf Tee"' in _flat(known, fox)
    assert json.loads(state_show_json(known, fox))["entry"] is None


def _flat(state: State, address: Address) -> str:
    return " ".join(state_show(state, address, style=PLAIN).split())
