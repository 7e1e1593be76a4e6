"""The saved plan: what it looks like, that it comes back as it was, and what is not read."""

from __future__ import annotations

import contextlib
import json
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podsync.cli.app.console import whole
from podsync.cli.app.formats import plan_forms
from podsync.cli.app.session import Session
from podsync.model.address import Address, Selection
from podsync.model.diagnostic import Diagnostic
from podsync.model.digests import digest
from podsync.model.errors import PodsyncError, StaleError
from podsync.model.frozen import FrozenDict, freeze
from podsync.model.position import Position
from podsync.model.product import Lifecycle
from podsync.plan import planfile
from podsync.plan.action import Action
from podsync.plan.change import UNKNOWN, Change, FieldChange
from podsync.plan.model import Plan
from tests.plan.samples import PLANS, every_action

ROOT = Path(__file__).parent.parent.parent
GOLDENS = ROOT / "tests" / "golden" / "plan"
SCHEMA = json.loads((ROOT / "schemas" / "plan.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", PLANS)
def test_whole_files(name: str, rewrite: bool) -> None:
    golden = GOLDENS / f"{name}.json"
    text = planfile.dump(PLANS[name]())
    if rewrite:
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_bytes(text.encode())

    assert text == golden.read_bytes().decode(), "pytest tests/plan --rewrite-goldens writes it anew"


@pytest.mark.parametrize("noops", [False, True])
@pytest.mark.parametrize("name", PLANS)
def test_it_follows_the_schema_and_comes_back(name: str, noops: bool) -> None:
    plan = PLANS[name]()
    text = planfile.dump(plan, noops=noops)

    jsonschema.Draft7Validator(SCHEMA).validate(json.loads(text))
    read = planfile.load(text)

    assert (read.hash, read.applyable, read.errored, read.work, read.summary) == (
        plan.hash,
        plan.applyable,
        plan.errored,
        _without_columns(plan.work),
        plan.summary,
    )
    assert planfile.dump(read, noops=noops) == text


def test_one_change_a_line() -> None:
    plan = every_action()

    lines = planfile.dump(plan).split("\n")

    rows = [line for line in lines if line.startswith('  {"address"')]
    assert [json.loads(row.rstrip(","))["address"] for row in rows] == [str(c.address) for c in plan.work]


@pytest.mark.parametrize("count", [0, 1, 100, 101, 250])
def test_a_plan_of_any_length_is_one_text_with_one_checksum(count: int) -> None:
    """The pieces are those of `json.dumps` of the whole, and the checksum is the digest of the whole."""
    made = every_action()
    changes = (made.work[0]._replace(address=Address("designed_product", f"p{i}")) for i in range(count))
    plan = replace(made, changes=tuple(changes))

    pieces = list(planfile.pieces(plan))

    content = json.loads("".join(pieces))
    assert "".join(pieces) == _in_one(content)
    assert content.pop("checksum") == digest(content)
    assert len(content["resource_changes"]) == count


def test_the_text_of_a_long_plan_is_never_in_memory_whole() -> None:
    made = every_action()
    changes = (made.work[0]._replace(address=Address("designed_product", f"p{i}")) for i in range(3000))
    plan = replace(made, changes=tuple(changes))
    plan.hash  # noqa: B018 (it is kept)

    tracemalloc.start()
    length = sum(map(len, planfile.pieces(plan)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < length / 2


def _in_one(content: dict[str, Any]) -> str:
    rows = ",\n".join(f"  {_compact(row)}" for row in content["resource_changes"])
    values = {key: _compact(value) for key, value in content.items()}
    values["resource_changes"] = f"[\n{rows}\n ]" if rows else "[]"
    return "{\n" + ",\n".join(f' "{key}": {value}' for key, value in values.items()) + "\n}\n"


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def test_actions_in_terraforms_words() -> None:
    rows = json.loads(planfile.dump(every_action(), noops=True))["resource_changes"]

    assert {row["action"]: row["change"]["actions"] for row in rows} == {
        "create": ["create"],
        "update": ["update"],
        "replace": ["create", "forget"],
        "orphan": ["forget"],
        "settle": ["create"],
        "restore": ["no-op"],
        "move": ["no-op"],
        "note": ["no-op"],
        "no-op": ["no-op"],
    }
    replaced = next(row["change"] for row in rows if row["action"] == "replace")
    restored = next(row["change"] for row in rows if row["action"] == "restore")
    assert replaced["replace_paths"] == [["colorValue"]]
    assert restored["importing"] == {"id": "id-restored"}
    assert {key for row in rows for key in row["change"]} >= {"before", "after"}


def test_what_does_not_differ_is_listed_on_request_only() -> None:
    plan = every_action()

    few, all_of_them = (json.loads(planfile.dump(plan, noops=n))["resource_changes"] for n in (False, True))

    assert len(all_of_them) - len(few) == plan.summary[Action.NOOP] == 1


# -- there and back

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=5,
).map(freeze)
_mappings = st.dictionaries(_texts, _values, max_size=3).map(freeze)
_labels = st.dictionaries(_texts, _texts, max_size=2).map(freeze)
_addresses = st.builds(
    Address,
    st.sampled_from(["designed_product", "customer_product"]),
    st.from_regex(r"[a-z0-9]{1,4}(-[a-z0-9]{1,3})?", fullmatch=True),
)
_lines = st.integers(1, 9999)
_places = st.none() | st.builds(Position, _texts, _lines, st.just(1), st.none(), st.none())
_times = st.none() | st.floats(0, 4e9)
_fields = st.builds(
    FieldChange,
    _texts,
    _values | st.just(UNKNOWN),
    _values,
    st.booleans(),
    _places,
)
_digests = st.none() | st.from_regex(r"sha256:[0-9a-f]{8}", fullmatch=True)


def _change(*values: Any, **more: Any) -> Change:
    """Make a change: of the class itself, a tuple's, Hypothesis would make up what is left out."""
    return Change(*values, **more)


_changes = st.builds(
    _change,
    _addresses,
    st.sampled_from([a for a in Action if a is not Action.NOOP]),
    _texts,
    _texts,
    st.sampled_from(["kakaclo", "gelato"]),
    _texts,
    before=st.none() | _mappings,
    after=st.none() | _mappings,
    labels=_labels,
    lifecycle=st.builds(Lifecycle, st.booleans(), st.booleans()),
    previous_address=st.none() | _addresses,
    entry_digest=_digests,
    orphan_created_at=_times,
    importing=st.none() | _texts,
    shown=_mappings,
    made_at=_times,
    fields=st.lists(_fields, max_size=2).map(tuple),
    risks=st.lists(_texts, max_size=2).map(tuple),
    source=_places,
    distinct=st.booleans(),
)
_spans = st.builds(Position, _texts, _lines, _lines, _lines, _lines)
_faults = st.builds(
    Diagnostic,
    st.sampled_from(["error", "warning"]),
    _texts,
    _texts,
    at=st.none() | _spans,
    detail=_texts,
    address=st.none() | _addresses,
    snippet=st.none(),
    fix=st.just(()),
)
_patterns = st.lists(_texts, max_size=2).map(tuple)
_keys = _texts.filter(lambda text: "=" not in text)
_plans = st.builds(
    Plan,
    lineage=_texts,
    serial=st.integers(0, 2**53),
    hosts=st.dictionaries(
        _texts, st.fixed_dictionaries({"base_url": _texts, "account": _texts}), max_size=2
    ).map(freeze),
    catalog_digest=_texts,
    changes=st.lists(_changes, max_size=3, unique_by=lambda c: c.address).map(tuple),
    selection=st.builds(
        Selection, _patterns, _patterns, st.lists(st.tuples(_keys, _texts), max_size=2).map(tuple), _patterns
    ),
    refreshed=st.booleans(),
    diagnostics=st.lists(_faults, max_size=2).map(tuple),
    documents=st.integers(0, 10**6),
    files=st.integers(0, 10**6),
    state_label=_texts,
    state_at=_times,
    state_run=st.none() | _texts,
    unbound=st.dictionaries(_texts, st.integers(0, 99), max_size=2).map(freeze),
)


@given(_plans)
@settings(max_examples=60, deadline=None)
def test_every_plan_comes_back_as_it_was(plan: Plan) -> None:
    text = planfile.dump(plan)

    read = planfile.load(text)

    assert read == plan
    assert planfile.dump(read) == text


def _without_columns(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """A plan file says file and line."""

    def line(at: Position | None) -> Position | None:
        return None if at is None else Position(at.path, at.line)

    return tuple(
        c._replace(source=line(c.source), fields=tuple(f._replace(at=line(f.at)) for f in c.fields))
        for c in changes
    )


# -- what is not read


def _edited(edit: Callable[[dict[str, Any]], Any]) -> str:
    data = json.loads(planfile.dump(every_action()))
    edit(data)
    return json.dumps(data)


def _sealed(content: dict[str, Any]) -> str:
    """Write it as a program would that knows how the checksum is made."""
    checksum = None
    with contextlib.suppress(UnicodeEncodeError):
        checksum = digest(content)
    return json.dumps(content | {"checksum": checksum})


def _row(data: dict[str, Any], action: str) -> dict[str, Any]:
    return next(row for row in data["resource_changes"] if row["action"] == action)


EDITS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another spec": lambda d: _row(d, "create")["change"]["after"].update(name="Other"),
    "another action": lambda d: _row(d, "orphan").update(action="create"),
    "a change less": lambda d: d["resource_changes"].pop(),
    "another host": lambda d: d["providers"]["gelato"].update(base_url="https://evil.test"),
    "another account": lambda d: d["providers"]["gelato"].update(account="other"),
    "another lineage": lambda d: d.update(lineage="other"),
    "another selection": lambda d: d.update(selection={"targets": ["*"]}),
    "another hash": lambda d: d.update(hash="sha256:" + "0" * 64),
    "no hash": lambda d: d.pop("hash"),
    "other labels": lambda d: _row(d, "note").update(labels={}),
    "another protection": lambda d: _row(d, "note").update(lifecycle={}),
    # What the hash does not cover, and yet nobody may edit:
    "fewer fields in an update": lambda d: _row(d, "update")["change"]["fields"].pop(),
    "another orphan": lambda d: _row(d, "restore").update(orphan_created_at=1.0),
    "another former address": lambda d: _row(d, "restore").update(previous_address="designed_product.x"),
    "another provider": lambda d: _row(d, "create").update(provider_name="kakaclo"),
    "another id": lambda d: _row(d, "restore")["change"]["importing"].update(id="1"),
    "another old value": lambda d: _row(d, "update")["change"]["before"].update(name="X"),
    "another serial": lambda d: d.update(serial=99),
    "fewer risks": lambda d: _row(d, "orphan").update(risks=[]),
    "what views cannot show": lambda d: _row(d, "orphan").update(risks=[1]),
    "a diagnostic more": lambda d: d["diagnostics"].append(
        {"severity": "error", "rule": "a", "summary": "b", "detail": ""}
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_plan_is_refused(edit: str) -> None:
    with pytest.raises(StaleError, match="changed after it was made") as raised:
        planfile.load(_edited(EDITS[edit]))

    assert raised.value.exit_code == 7
    assert raised.value.remedy == "make a new one: podsync plan -o json=plan.json"


def test_what_is_refused_cannot_be_made_applyable_with_an_editor() -> None:
    data = json.loads(planfile.dump(PLANS["refused"]()))
    data |= {"diagnostics": [], "errored": False, "applyable": True}

    with pytest.raises(StaleError):
        planfile.load(json.dumps(data))


def test_how_it_is_laid_out_means_nothing() -> None:
    text = planfile.dump(every_action())

    assert planfile.load(json.dumps(json.loads(text), indent=4)) == planfile.load(text)


@pytest.mark.parametrize("version", ["2.0", "2", "10.1", "", "0.9", None, 2])
def test_another_major_version_is_refused(version: object) -> None:
    with pytest.raises(PodsyncError, match=r"reads 1\.x") as raised:
        planfile.load(_edited(lambda d: d.update(format_version=version)))

    assert raised.value.exit_code == 1


NO_PLANS = {
    "empty": "",
    "no JSON": "plan:",
    "a list": "[]",
    "another file": '{"version": 1}',
    "a duplicate key": '{"resource_changes": [], "resource_changes": [], "format_version": "1.0"}',
    "NaN": '{"resource_changes": [], "format_version": "1.0", "serial": NaN}',
    "infinity": '{"resource_changes": [], "format_version": "1.0", "serial": 1e999}',
    "a long number": '{"resource_changes": [], "format_version": "1.0", "serial": ' + "9" * 5000 + "}",
    "deep": '{"resource_changes": ' + "[" * 100_000,
    "changes of another type": '{"resource_changes": 5, "format_version": "1.0"}',
    "a byte order mark": "\ufeff{}",
    "no version": '{"resource_changes": []}',
}


@pytest.mark.parametrize("case", NO_PLANS)
def test_what_is_no_plan_ends_in_words(case: str) -> None:
    with pytest.raises(PodsyncError) as raised:
        planfile.load(NO_PLANS[case])

    assert raised.value.exit_code in {1, 7}
    assert "\n" not in raised.value.message
    assert raised.value.remedy


def test_a_plan_cut_off_anywhere_ends_in_words() -> None:
    text = planfile.dump(PLANS["first"]())
    end = len(text.rstrip())

    for length in range(end):
        with pytest.raises(PodsyncError):
            planfile.load(text[:length])


_junk = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=3)
    | st.just([])
    | st.just({})
    | st.just("\ud800")
)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_value_in_any_place_ends_in_words(data: st.DataObject) -> None:
    """Even with a right checksum: somebody may have written the file with another program."""
    content = json.loads(planfile.dump(every_action()))
    content.pop("checksum", None)
    spot: Any = content
    while True:
        keys = list(spot) if isinstance(spot, dict) else list(range(len(spot)))
        key = data.draw(st.sampled_from(keys))
        inner = spot[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        spot = inner
    spot[key] = data.draw(_junk)
    try:
        planfile.load(_sealed(content))
    except PodsyncError:
        return


def test_fields_that_a_newer_minor_version_adds_are_passed_over() -> None:
    data = json.loads(planfile.dump(every_action()))
    data.pop("checksum")
    data |= {"format_version": "1.7", "novelty": [1]}
    data["resource_changes"][0]["novelty"] = {}

    assert planfile.load(_sealed(data)).hash == every_action().hash


def test_frozen_all_the_way_down() -> None:
    read = planfile.load(planfile.dump(every_action()))

    assert all(isinstance(c.after, FrozenDict | None) for c in read.changes)
    hash(read.changes)


def test_what_is_printed_drives_neither_a_terminal_nor_a_runner() -> None:
    """The command line prints a plan where `-o json` names no file; it still is the same plan."""
    hostile = "##[add-mask]x \x9b31m \u202e \u2028::stop::"
    change = every_action().work[0]._replace(shown=freeze({"spu": hostile}))
    plan = replace(every_action(), changes=(change,))

    text = whole(plan_forms(plan, Session())["json"]())

    assert [sign for sign in ("##[", "\x9b", "\u202e", "\u2028") if sign in text] == []
    assert planfile.load(text).work[0].shown == {"spu": hostile}
