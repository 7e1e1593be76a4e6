"""Text from outside is text, whatever it holds."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podsync.apply.report import Outcome, Report, Result
from podsync.model.address import Address, Selection
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import freeze
from podsync.output.json.report import report_json
from podsync.output.json.state import state_list_json, state_orphans_json
from podsync.output.style import SGR, Style
from podsync.output.text.outcome import outcome_line
from podsync.output.text.plan import plan_text
from podsync.output.text.report import apply_head, report_text
from podsync.output.text.state import state_list, state_orphans, state_show
from podsync.plan.action import Action
from podsync.plan.change import Change, FieldChange
from podsync.plan.model import Plan
from podsync.state.entries import Absent, Entry, Orphan, Pending, Refusal, Window
from podsync.state.model import State
from tests.output import samples

JOINERS = "\u200c\u200d"
PIECES = [
    "::",
    "##",
    "[",
    "##[group]",
    "::error::",
    "\x1b]8;;",
    "\x1b[31m",
    "\n",
    "\r",
    "\u2028",
    "\u202e",
    " ",
    "#",
    "a",
    "|",
    "`",
    "*",
    "\\",
    "<img src=x onerror=alert(1)>",
    "</details>",
    "-->",
    "![x](https://evil.example/x.png)",
    "https://evil.example/",
    "www.evil.example",
    "@team",
    "&#60;b&#62;",
    "$x$",
]
TEXTS = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=8).map("".join))


def spec(draw: Any, kind: str) -> dict[str, Any]:
    if kind == "designed_product":
        fields = ("modelId", "enName", "imageUrl", "backImageUrl", "colorValue")
        artwork = {"imageName": draw(TEXTS), draw(TEXTS): draw(TEXTS)}
        return {**{field: draw(TEXTS) for field in fields}, "materialImages": [artwork]}
    option = {"id": draw(TEXTS), "name": draw(TEXTS), "attributesMapping": [{"attributeIds": [draw(TEXTS)]}]}
    part = {"partModelId": draw(TEXTS), "quantity": 2}
    return {
        "name": draw(TEXTS),
        "customerIds": [draw(TEXTS), draw(TEXTS)],
        "productModelId": draw(TEXTS),
        "variantOptions": [option],
        "partQuantities": [part],
    }


def change(draw: Any, index: int) -> Change:
    kind = draw(st.sampled_from(["designed_product", "customer_product"]))
    provider = "kakaclo" if kind == "designed_product" else draw(st.one_of(st.just("gelato"), TEXTS))
    action = draw(st.sampled_from(Action))
    old, new = spec(draw, kind), spec(draw, kind)
    fields: tuple[FieldChange, ...] = ()
    if action in (Action.UPDATE, Action.REPLACE):
        paths = [*old, draw(TEXTS)]
        fields = tuple(
            FieldChange(p, freeze(old.get(p)), freeze(new.get(p)), draw(st.booleans())) for p in paths
        )
    return Change(
        Address(kind, f"product-{index}"),
        action,
        draw(TEXTS),
        draw(TEXTS),
        provider,
        draw(TEXTS),
        before=None if action is Action.CREATE else freeze(old),
        after=None if action is Action.ORPHAN else freeze(new),
        shown=freeze({"product": {"spu": draw(TEXTS)}}),
        made_at=draw(st.none() | st.floats(allow_nan=False)),
        fields=fields,
        risks=(draw(TEXTS),),
        source=samples.at(draw(TEXTS), 3),
    )


@st.composite
def plans(draw: Any, most: int = 3, *, folded: bool = True) -> Plan:
    changes = [change(draw, index) for index in range(draw(st.integers(0, most)))]
    if len(changes) == 1 and folded:
        changes *= 41  # enough to be folded
    fault = Diagnostic(
        draw(st.sampled_from(["error", "warning"])),
        "rule",
        draw(TEXTS),
        samples.at(draw(TEXTS), 1),
        draw(TEXTS),
    )
    host = {"base_url": draw(TEXTS), "account": draw(TEXTS)}
    return samples.plan(
        changes,
        hosts=freeze({"kakaclo": host, draw(TEXTS): host}),
        selection=Selection(targets=(draw(TEXTS),), selectors=((draw(TEXTS), draw(TEXTS)),)),
        diagnostics=(fault,),
        state_label=draw(TEXTS),
        state_run=draw(TEXTS),
        unbound=freeze({draw(TEXTS): 2}),
    )


@st.composite
def reports(draw: Any) -> Report:
    plan = draw(plans(most=2, folded=False))
    outcomes = [
        Outcome(
            one.address,
            one.action,
            draw(st.sampled_from(Result)),
            one.provider,
            id=draw(TEXTS),
            remote=freeze({"spu": draw(TEXTS)}),
            source=one.source,
            error=draw(st.none() | TEXTS),
            next=(draw(TEXTS),),
            since=draw(st.none() | st.floats(allow_nan=False)),
            until=draw(st.none() | st.floats(allow_nan=False)),
        )
        for one in plan.work
        if one.action is not Action.NOOP
    ]
    return Report(
        plan,
        tuple(outcomes),
        stopped=freeze({draw(TEXTS): draw(TEXTS)}),
        refused=draw(st.none() | TEXTS),
        signal=draw(st.sampled_from([None, 2, 15])),
        notes=(draw(TEXTS),),
        next=(draw(TEXTS),),
    )


@st.composite
def states(draw: Any) -> State:
    address, lost = Address("designed_product", "dino"), Address("customer_product", "gone")
    product = freeze(spec(draw, "designed_product"))
    pending = Pending("create", product, written_at=0, send_before=0, why=draw(TEXTS))
    entry = Entry(
        address,
        "kakaclo",
        draw(TEXTS),
        draw(st.sampled_from([None, product])),
        id=draw(TEXTS),
        unverified=(draw(TEXTS),),
        labels=freeze({draw(TEXTS): draw(TEXTS)}),
        remote=freeze({"product": {"spu": draw(TEXTS)}}),
        pending=draw(st.sampled_from([None, pending])),
        created_at=draw(st.floats(allow_nan=False)),
        window=draw(st.sampled_from([None, Window(0.0, 1.0)])),
    )
    orphan = Orphan(
        lost,
        draw(TEXTS),
        draw(TEXTS),
        freeze(spec(draw, "customer_product")),
        id=draw(TEXTS),
        reason="replaced",
        replaced_by=draw(TEXTS),
    )
    words = {draw(TEXTS): draw(TEXTS), "proof": draw(TEXTS)}
    seen = {"pictures": {"cdn.example.com": words, draw(TEXTS): draw(TEXTS)}, "names": words}
    refusal = Refusal(entry.provider, entry.account, freeze(product), 0.0, None, draw(TEXTS))
    return State(
        "lineage",
        1,
        {address: entry},
        (orphan,),
        refusals={address: (refusal,) * draw(st.integers(0, 5))},
        released={lost: 1},
        observed=freeze({each.provider: {each.account: seen} for each in (entry, orphan)}),
        landmarks=freeze({entry.provider: [{"id": draw(TEXTS)}]}),
        models=freeze({entry.provider: {str(product.get("modelId")): [draw(TEXTS), draw(TEXTS)]}}),
        foreign={entry.provider: (draw(TEXTS),)},
        absent={each.provider: {str(each.id): Absent(0.0)} for each in (entry, orphan)},
    )


def assert_harmless(text: str, style: Style) -> None:
    bare = SGR.sub("", text) if style.colour else text
    for line in bare.split("\n"):
        hidden = [
            c for c in line if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c not in JOINERS
        ]
        assert not hidden
        assert not line.lstrip().startswith("::")
    assert "##[" not in text
    text.encode()


def plan_outputs(plan: Plan, style: Style, width: int) -> Iterator[str]:
    for detail in ("summary", "short", "full"):
        yield plan_text(plan, style=style, width=width, detail=detail)  # type: ignore[arg-type]
    yield apply_head(plan, style=style, width=width, run=plan.state_run or "")


STYLES = st.builds(Style, colour=st.booleans())
WIDTHS = st.sampled_from([1, 20, 40, 80, 120, 300])


@given(plans(), STYLES, WIDTHS)
@settings(deadline=None)
def test_plans(plan: Plan, style: Style, width: int) -> None:
    for text in plan_outputs(plan, style, width):
        assert_harmless(text, style)


@given(reports(), STYLES, WIDTHS, TEXTS)
@settings(deadline=None)
def test_reports(report: Report, style: Style, width: int, place: str) -> None:
    assert_harmless(
        report_text(report, style=style, width=width, command="podsync apply", place=place), style
    )
    for outcome in report.outcomes:
        line = outcome_line(outcome, 1, 2, style, width)
        assert_harmless(line, style)
        assert "\n" not in line


@given(states(), STYLES, WIDTHS)
@settings(deadline=None)
def test_states(state: State, style: Style, width: int) -> None:
    texts = [state_list(state, style=style, width=width), state_orphans(state, style=style, width=width)]
    addresses = [*state.entries, *(orphan.address for orphan in state.orphans)]
    texts += [state_show(state, address, style=style, width=width) for address in addresses]

    for text in texts:
        assert_harmless(text, style)


@given(reports(), states())
@settings(deadline=None, max_examples=50)
def test_json_is_harmless_and_alters_nothing(report: Report, state: State) -> None:
    texts = [report_json(report), state_list_json(state), state_orphans_json(state)]

    for text in texts:
        assert_harmless(text, Style())
    errors = {outcome.error for outcome in report.outcomes}
    assert {result["error"] for result in json.loads(texts[0])["results"]} == errors


@pytest.mark.parametrize("name", samples.HOSTILE)
def test_naming_a_hostile_product_takes_one_line(name: str) -> None:
    product = {**samples.POSTER, "name": name}
    plan = samples.plan([samples.create("poster", product, "catalog/poster.yaml")])

    text = plan_text(plan, style=Style())

    assert len(text.splitlines()) <= 15  # three of them are the head
