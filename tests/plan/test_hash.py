"""What people approve: the hash covers the work and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from podsync.model.address import Address, Selection
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import freeze
from podsync.model.position import Position
from podsync.model.product import Lifecycle, spec_digest_of
from podsync.plan.action import ADOPT_DECLARED, Action
from podsync.plan.change import Change, FieldChange
from podsync.plan.drift.values import Compared, Drift, DriftKind
from podsync.plan.model import Plan
from tests.plan.build import HOSTS, customer, designed, in_doubt, made, plan, state
from tests.plan.samples import every_action

PLAN = every_action()


def _with(action: Action, /, **more: Any) -> Plan:
    changes = tuple(c._replace(**more) if c.action is action else c for c in PLAN.changes)
    return replace(PLAN, changes=changes)


def _without(action: Action) -> Plan:
    return replace(PLAN, changes=tuple(c for c in PLAN.changes if c.action is not action))


_DRIFT = Drift(DriftKind.GONE, Address("designed_product", "x"), "kakaclo", "default", "5012")

COVERED: dict[str, Callable[[], Plan]] = {
    "environment": lambda: replace(PLAN, environment="staging"),
    "lineage": lambda: replace(PLAN, lineage="other"),
    "selection": lambda: replace(PLAN, selection=Selection(targets=("*",))),
    "--replace": lambda: replace(PLAN, selection=Selection(replace=("x",))),
    "host": lambda: replace(
        PLAN, hosts=freeze({**HOSTS, "gelato": {"base_url": "https://b", "account": "default"}})
    ),
    "account": lambda: replace(
        PLAN, hosts=freeze({**HOSTS, "gelato": {**HOSTS["gelato"], "account": "other"}})
    ),
    "address": lambda: _with(Action.CREATE, address=Address("designed_product", "elsewhere")),
    "action": lambda: _with(Action.CREATE, action=Action.REPLACE),
    "entry before": lambda: _with(Action.ORPHAN, entry_digest="sha256:other"),
    "no entry before": lambda: _with(Action.ORPHAN, entry_digest=None),
    "spec after": lambda: _with(Action.UPDATE, after=freeze({"name": "B"})),
    "labels after": lambda: _with(Action.NOTE, labels=freeze({"season": "autumn"})),
    "protection after": lambda: _with(Action.NOTE, lifecycle=Lifecycle()),
    "what is asked about what exists": lambda: _with(Action.NOTE, asks=freeze({"recreate": "5012"})),
    "which product is adopted": lambda: _with(Action.CREATE, action_reason=ADOPT_DECLARED, importing="5012"),
    "a change less": lambda: _without(Action.CREATE),
    "a doubt less": lambda: _without(Action.SETTLE),
}

FREE: dict[str, Callable[[], Plan]] = {
    "serial": lambda: replace(PLAN, serial=99),
    "catalog digest": lambda: replace(PLAN, catalog_digest="sha256:x"),
    "refreshed": lambda: replace(PLAN, refreshed=True),
    "diagnostics": lambda: replace(PLAN, diagnostics=(Diagnostic("warning", "r", "s"),)),
    "documents": lambda: replace(PLAN, documents=7, files=7),
    "state": lambda: replace(
        PLAN, state_label="x", state_at=1.0, state_run="y", unbound=freeze({"kakaclo": 2})
    ),
    "no-ops": lambda: _without(Action.NOOP),
    "positions": lambda: _with(
        Action.CREATE, source=Position("elsewhere.yaml", 77), declared=Position("elsewhere.yaml", 1)
    ),
    "reasons": lambda: _with(Action.CREATE, reason="because", action_reason="why"),
    "risks": lambda: _with(Action.ORPHAN, risks=()),
    "field changes": lambda: _with(Action.UPDATE, fields=(FieldChange("name", 1, 2),)),
    "steps, and a temporary name": lambda: _with(
        Action.REPLACE, steps_done=("create",), steps_left=("values",), temporary=freeze({"name": "x"})
    ),
    "shown ids": lambda: _with(Action.ORPHAN, shown=freeze({"spu": "Q"}), made_at=3.0, importing="9"),
    "adopt instead of create": lambda: _with(Action.CREATE, action=Action.ADOPT),
    "how many are unchanged": lambda: replace(PLAN, left_out=7),
    "what was refused": lambda: replace(PLAN, unwanted={"kakaclo": (Address("designed_product", "tee"),)}),
    "what drifted": lambda: replace(PLAN, drift=(_DRIFT,), compared=(Compared("kakaclo", 1, 0, {}),)),
    "what nobody manages": lambda: replace(PLAN, unmanaged=freeze({"kakaclo": 2})),
    "what models are called": lambda: replace(PLAN, models={"37": "Raglan Tee"}),
    "order": lambda: replace(PLAN, changes=PLAN.changes[::-1]),
}


@pytest.mark.parametrize("what", COVERED)
def test_the_hash_covers(what: str) -> None:
    assert COVERED[what]().hash != PLAN.hash


@pytest.mark.parametrize("what", FREE)
def test_the_hash_does_not_cover(what: str) -> None:
    assert FREE[what]().hash == PLAN.hash


def test_every_field_of_a_plan_and_of_a_change_was_weighed() -> None:
    """A new field has to be put into one of the two tables above, and into this list."""
    assert set(Plan.__dataclass_fields__) == {
        "lineage", "serial", "hosts", "catalog_digest", "changes", "selection", "refreshed",
        "diagnostics", "documents", "files", "state_label", "state_at", "state_run", "unbound",
        "unwanted", "unmanaged", "left_out", "environment", "drift", "compared", "models",
    }  # fmt: skip
    assert set(Change._fields) == {
        "address", "action", "action_reason", "reason", "provider", "account", "before", "after", "labels",
        "lifecycle", "previous_address", "entry_digest", "orphan_created_at", "importing", "shown", "made_at",
        "fields", "risks", "source", "declared", "distinct", "temporary", "steps_done", "steps_left", "asks",
        "spec_hash",
    }  # fmt: skip


@pytest.mark.parametrize("action", [Action.CREATE, Action.UPDATE, Action.NOTE])
def test_what_a_change_was_told_of_its_digest_is_true_and_not_copied(action: Action) -> None:
    change = next(change for change in PLAN.changes if change.action is action)
    copy = change._replace(after=freeze({"name": "B"}))

    assert change.after_digest == spec_digest_of(change.after, change.labels, change.lifecycle)
    assert copy.after_digest == spec_digest_of(freeze({"name": "B"}), change.labels, change.lifecycle)


DINO = designed("dino")


def test_learning_an_id_changes_nothing() -> None:
    unbound = plan([], state(made(DINO, id=None)))
    bound = plan([], state(made(DINO, id="5012", remote=freeze({"product": {"spu": "Q"}}), updated_at=9e9)))

    assert unbound.hash == bound.hash


@pytest.mark.parametrize(
    "known",
    [
        made(DINO, created_at=1.0),
        made(DINO, labels=freeze({"a": "b"})),
        made(DINO, spec=freeze({"enName": "x"})),
        made(DINO, lifecycle=Lifecycle(True)),
        replace(made(DINO), account="second"),
    ],
)
def test_another_entry_is_another_plan(known: Any) -> None:
    assert plan([], state(made(DINO))).hash != plan([], state(known)).hash


def test_another_request_in_doubt_is_another_plan() -> None:
    one, other = in_doubt(DINO), in_doubt(DINO, body={"enName": "x"})

    assert plan([DINO], state(one)).hash != plan([DINO], state(other)).hash


def test_where_a_document_stands_and_what_else_changed_in_the_state_means_nothing() -> None:
    moved_file = replace(DINO, declared_at=Position("other/file.yaml", 40), positions={})
    tote = customer("tote")

    assert plan([DINO], state()).hash == plan([moved_file, tote], state(made(tote), serial=44)).hash
