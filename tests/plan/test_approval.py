"""Whether what would be done is what people approved, and whether a saved plan is fresh."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from podsync.model.errors import StaleError
from podsync.model.frozen import FrozenDict, freeze
from podsync.plan import planfile
from podsync.plan.approval import approved, check_fresh, is_rest_of
from podsync.plan.model import Plan
from podsync.state.events import Begun, Doubted, Gone, Intent, Made, Moved, Orphaned, Refused, Settled
from podsync.state.model import State
from podsync.state.reducer.reducer import Reducer
from tests.plan.build import (
    MADE_AT,
    PROVIDERS,
    actions,
    bag,
    customer,
    designed,
    in_doubt,
    made,
    orphan,
    plan,
    renamed,
    state,
    tee,
)

DINO, REX = designed("dino"), designed("rex", enName="Rex", imageUrl="https://cdn.test/r.png")
TOTE = customer("tote")


def _begun(made_plan: Plan, known: State) -> Reducer:
    draft = Reducer(known)
    draft.apply(Begun(1.0, made_plan.hash, made_plan.serial, made_plan.hosts, approved(made_plan)))
    return draft


def _sent(draft: Reducer, wanted: Any, op: str = "create", body: Any = None) -> None:
    facts = (
        wanted.address,
        wanted.provider,
        wanted.account,
        op,
        wanted.spec if body is None else freeze(body),
    )
    draft.apply(Intent(*facts, 2.0, 32.0))  # type: ignore[arg-type]


# -- what is left of an approved plan


def test_what_is_approved_is_kept_per_address() -> None:
    made_plan = plan([DINO], state(made(TOTE)))
    by_address = {str(c.address): c for c in made_plan.work}

    assert approved(made_plan) == {
        address: (c.action.value, c.entry_digest, c.after_digest) for address, c in by_address.items()
    }


def test_the_rest_is_a_subset() -> None:
    first = plan([DINO, REX], state())
    draft = _begun(first, state())
    _sent(draft, DINO)
    draft.apply(Made(DINO.address, 3.0, "1"))
    after = draft.freeze()

    rest = plan([DINO, REX], after)

    assert actions(rest) == {"designed_product.rex": "create"}
    assert rest.hash != first.hash
    assert is_rest_of(rest, after.last_apply)


def test_a_doubt_about_what_was_approved_belongs_to_the_rest() -> None:
    draft = _begun(plan([DINO], state()), state())
    _sent(draft, DINO)
    draft.apply(Doubted(DINO.address, 3.0))
    after = draft.freeze()

    assert is_rest_of(plan([DINO], after), after.last_apply)
    assert not is_rest_of(plan([designed("dino", enName="Other")], after), after.last_apply)
    assert not is_rest_of(plan([], after), after.last_apply)


def test_what_was_approved_to_be_settled_and_was_not_made_is_made_as_the_rest() -> None:
    draft = _begun(plan([DINO], state()), state())
    _sent(draft, DINO)
    draft.apply(Doubted(DINO.address, 3.0))
    settling = plan([DINO], draft.freeze())
    draft = _begun(settling, draft.freeze())
    draft.apply(Settled(DINO.address, 4.0, found=False))
    after = draft.freeze()

    assert actions(settling) == {"designed_product.dino": "settle"}
    assert is_rest_of(plan([DINO], after), after.last_apply)
    assert not is_rest_of(plan([designed("dino", enName="Other")], after), after.last_apply)


def test_a_doubt_about_a_replace_belongs_to_the_rest() -> None:
    known = state(made(DINO))
    black = designed("dino", colorValue="#000000")
    draft = _begun(plan([black], known), known)
    _sent(draft, black)

    assert is_rest_of(plan([black], draft.freeze()), draft.last_apply)


def test_an_update_in_doubt_belongs_to_the_rest() -> None:
    known = state(made(TOTE))
    wanted = customer("tote", customerIds=["*"])
    draft = _begun(plan([wanted], known), known)
    _sent(draft, TOTE, "update", {"customerIds": ["*"]})

    assert is_rest_of(plan([wanted], draft.freeze()), draft.last_apply)
    assert not is_rest_of(plan([TOTE], draft.freeze()), draft.last_apply)


def test_a_restore_that_became_a_create_belongs_to_the_rest() -> None:
    """Restore creates where the listing no longer has the orphan: people agreed to that."""
    known = state(orphans=[orphan(DINO)])
    draft = _begun(plan([DINO], known), known)
    draft.apply(Gone(DINO.address, MADE_AT, 2.0))
    gone = draft.freeze()
    _sent(draft, DINO)
    doubt = draft.freeze()

    assert (actions(plan([DINO], gone)), is_rest_of(plan([DINO], gone), gone.last_apply)) == (
        {"designed_product.dino": "create"},
        True,
    )
    assert is_rest_of(plan([DINO], doubt), doubt.last_apply)


def test_a_move_that_ended_before_its_note_belongs_to_the_rest() -> None:
    known = state(made(DINO))
    wanted = renamed(DINO, "rex", labels=freeze({"a": "b"}))
    draft = _begun(plan([wanted], known), known)
    draft.apply(Moved(DINO.address, wanted.address, 2.0))
    after = draft.freeze()

    assert actions(plan([wanted], after)) == {"designed_product.rex": "note"}
    assert is_rest_of(plan([wanted], after), after.last_apply)


def test_a_move_that_ended_before_its_update_belongs_to_the_rest() -> None:
    known = state(made(TOTE))
    wanted = customer("bag", moved=("tote",), customerIds=["*"])
    draft = _begun(plan([wanted], known), known)
    draft.apply(Moved(TOTE.address, wanted.address, 2.0))

    assert is_rest_of(plan([wanted], draft.freeze()), draft.last_apply)


@pytest.mark.parametrize(
    "wanted",
    [
        [DINO, REX, designed("new", enName="New", imageUrl="n")],
        [designed("dino", colorValue="#000000"), REX],
        [designed("dino", labels={"a": "b"}), REX],
    ],
    ids=["one more", "another spec", "other labels"],
)
def test_anything_else_is_not_the_rest(wanted: list[Any]) -> None:
    draft = _begun(plan([DINO, REX], state()), state())

    assert not is_rest_of(plan(wanted, draft.freeze()), draft.last_apply)


def test_another_action_is_not_the_rest() -> None:
    known = state(made(DINO))
    draft = _begun(plan([designed("dino", enName="N")], known), known)

    assert not is_rest_of(plan([], draft.freeze()), draft.last_apply)


@pytest.mark.parametrize(
    "last", [None, FrozenDict(), freeze({"at": 1.0, "hash": "x"}), freeze({"approved": {}})]
)
def test_without_an_approval_there_is_no_rest(last: Any) -> None:
    assert not is_rest_of(plan([DINO]), last)


def test_nothing_is_the_rest_of_what_is_done() -> None:
    assert is_rest_of(plan([]), freeze({"approved": {"designed_product.x": ["create", None, None]}}))


def test_an_approval_survives_the_state_file() -> None:
    kept = freeze({"approved": dict(approved(plan([DINO]))), "hash": "x"})

    assert is_rest_of(plan([DINO]), freeze({"approved": {k: list(v) for k, v in kept["approved"].items()}}))


# -- a saved plan

CASES: dict[str, tuple[list[Any], State]] = {
    "create": ([DINO], state()),
    "replace": ([designed("dino", enName="N")], state(made(DINO))),
    "orphan": ([], state(made(DINO))),
    "restore": ([DINO], state(orphans=[orphan(DINO)])),
    "revert": ([DINO], state(made(DINO, spec=freeze(tee(enName="N"))), orphans=[orphan(DINO)])),
    "move": ([renamed(DINO, "rex")], state(made(DINO))),
    "move of an orphan": ([renamed(DINO, "rex")], state(orphans=[orphan(DINO)])),
    "settle": ([DINO], state(in_doubt(DINO))),
    "update": ([customer("tote", customerIds=["*"])], state(made(TOTE))),
}


@pytest.mark.parametrize("case", CASES)
def test_a_plan_is_fresh_on_the_state_it_was_made_on(case: str) -> None:
    wanted, known = CASES[case]

    check_fresh(planfile.load(planfile.dump(plan(wanted, known))), known)


@pytest.mark.parametrize("case", CASES)
def test_what_a_plan_does_not_touch_may_change(case: str) -> None:
    wanted, known = CASES[case]
    made_plan = plan(wanted, known)
    other = made(designed("other", enName="O", imageUrl="o"))
    ids = {a: replace(e, id="new", updated_at=9e9) for a, e in known.entries.items()}

    check_fresh(made_plan, replace(known, serial=99, entries=freeze({}) | ids | {other.address: other}))


STALE: dict[str, tuple[str, State]] = {
    "another lineage": ("create", replace(CASES["create"][1], lineage="other")),
    "created meanwhile": ("create", state(made(DINO))),
    "in doubt meanwhile": ("create", state(in_doubt(DINO))),
    "changed meanwhile": ("replace", state(made(DINO, spec=freeze(tee(enName="X"))))),
    "other labels meanwhile": ("replace", state(made(DINO, labels=freeze({"a": "b"})))),
    "another product meanwhile": ("replace", state(made(DINO, created_at=MADE_AT + 1))),
    "gone meanwhile": ("replace", state()),
    "orphaned meanwhile": ("orphan", state()),
    "the orphan was removed": ("restore", state()),
    "another orphan": ("restore", state(orphans=[orphan(DINO, created_at=1.0)])),
    "an entry stands where the orphan goes": (
        "restore",
        state(made(REX), made(DINO), orphans=[orphan(DINO)]),
    ),
    "the entry of a revert changed": (
        "revert",
        state(made(DINO, spec=freeze(tee(enName="Third"))), orphans=[orphan(DINO)]),
    ),
    "moved already": ("move", state(made(renamed(DINO, "rex")))),
    "the new address is taken": ("move", state(made(DINO), made(renamed(DINO, "rex")))),
    "the new address of an orphan is taken": (
        "move of an orphan",
        state(made(renamed(DINO, "rex")), orphans=[orphan(DINO)]),
    ),
    "settled meanwhile": ("settle", state(made(DINO))),
    "the update is in doubt": ("update", state(in_doubt(TOTE, spec=bag(), op="update", body={"name": "x"}))),
}


@pytest.mark.parametrize("case", STALE)
def test_a_plan_is_stale(case: str) -> None:
    name, now = STALE[case]
    wanted, known = CASES[name]
    made_plan = plan(wanted, known)

    with pytest.raises(StaleError) as raised:
        check_fresh(made_plan, now)

    assert raised.value.exit_code == 7
    assert raised.value.remedy == "make a new one: podsync plan -o json=plan.json"


def test_a_saved_plan_is_used_once() -> None:
    made_plan = plan([DINO], state())
    draft = _begun(made_plan, state())
    _sent(draft, DINO)
    draft.apply(Refused(DINO.address, 3.0))

    with pytest.raises(StaleError, match="used once"):
        check_fresh(made_plan, draft.freeze())


def test_the_same_work_planned_anew_may_be_done_again() -> None:
    draft = _begun(plan([DINO], state()), state())
    after = draft.freeze()

    check_fresh(plan([DINO], after), after)


def test_two_plans_of_one_state_may_both_be_applied() -> None:
    one, other = plan([DINO, REX], targets=("*.dino",)), plan([DINO, REX], targets=("*.rex",))
    draft = _begun(one, state())

    check_fresh(other, draft.freeze())


def test_a_saved_plan_is_used_once_even_when_another_one_came_between() -> None:
    first = plan([DINO], state())
    draft = _begun(first, state())
    _sent(draft, DINO)
    draft.apply(Made(DINO.address, 3.0, "1"))
    second = plan([], draft.freeze())
    draft.apply(Begun(4.0, second.hash, second.serial, second.hosts, approved(second)))
    draft.apply(Orphaned(DINO.address, 5.0))

    with pytest.raises(StaleError):
        check_fresh(first, draft.freeze())


def test_the_providers_of_these_tests_are_the_real_ones() -> None:
    assert sorted(PROVIDERS) == ["gelato", "kakaclo"]
