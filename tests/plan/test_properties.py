"""Random catalogs and states. `carried_out` is apply without a network: the events that a plan means."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from podsync.model.address import Address
from podsync.model.frozen import EMPTY, freeze
from podsync.model.product import Catalog, Lifecycle, Product
from podsync.plan import planfile
from podsync.plan.action import Action
from podsync.plan.approval import approved, check_fresh, is_rest_of
from podsync.plan.change import Change
from podsync.plan.checks import name_order
from podsync.plan.model import Plan
from podsync.plan.planner import make_plan
from podsync.state.events import (
    Begun,
    Doubted,
    Ended,
    Intent,
    Made,
    Moved,
    Noted,
    Orphaned,
    Restored,
    Settled,
)
from podsync.state.model import State
from podsync.state.reducer.reducer import Reducer
from tests.plan.build import HOSTS, PROVIDERS, UNLIMITED, bag, option, product, rules, tee

NAMES = ["a", "b", "c", "d"]
_names = st.sampled_from(NAMES)
_labels = st.sampled_from([EMPTY, freeze({"season": "spring"})])
_moved = st.none() | st.lists(_names, max_size=2, unique=True).map(tuple)
_tees = st.builds(
    lambda name, colour, art: tee(enName=name, colorValue=colour, materialImages=art),
    st.sampled_from(["Dino", "Rex"]),
    st.sampled_from(["#A72525", "#a72525", "#000000"]),
    st.sampled_from([[], tee()["materialImages"]]),
)
_bags = st.builds(
    lambda name, customers, options: bag(name=name, customerIds=customers, variantOptions=options),
    st.sampled_from(["Tote", "Bag", "Sack"]),
    st.sampled_from([["anna"], ["ben"], ["anna", "ben"], ["ben", "anna"], ["*"]]),
    st.sampled_from([[option("size")], [option("size"), option("color")]]),
)


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    """Up to four products of each kind."""
    found = []
    for kind, specs in (("designed_product", _tees), ("customer_product", _bags)):
        for name in sorted(draw(st.sets(_names))):
            moved = draw(_moved)
            facts = {
                "labels": draw(_labels),
                "moved": None if moved is None else tuple(n for n in moved if n != name),
                "lifecycle": Lifecycle(draw(st.booleans()) and draw(st.booleans()), False),
                "renamed_from": draw(st.sampled_from([None, "Tote", "Bag"]))
                if kind == "customer_product"
                else None,
            }
            found.append(product(kind, name, draw(specs), **facts))
    return Catalog(tuple(sorted(found, key=lambda p: p.address)))


def _plan(catalog: Catalog, known: State) -> Plan:
    return make_plan(catalog, known, PROVIDERS, hosts=HOSTS, limits=UNLIMITED)


def carried_out(
    plan: Plan, known: State, doubts: frozenset[Address] = frozenset(), at: float = 100.0
) -> State:
    """What the state is after an apply of every change; those in `doubts` end without an answer.

    Refusals are passed over: what a person has forbidden stays undone.
    """
    draft = Reducer(known)
    draft.apply(Begun(at, plan.hash, plan.serial, plan.hosts, approved(plan)))
    for change in plan.work:
        source = change.previous_address
        if source is not None and change.orphan_created_at is None and change.action is not Action.SETTLE:
            draft.apply(Moved(source, change.address, at))
    for change in name_order(plan.work, PROVIDERS, known):
        _carry_out(draft, change, at, doubt=change.address in doubts)
    draft.apply(Ended(at, left=bool(doubts)))
    return draft.freeze()


def _carry_out(draft: Reducer, change: Change, at: float, *, doubt: bool) -> None:
    facts = {"labels": change.labels, "lifecycle": change.lifecycle}
    who = (change.address, change.provider, change.account)
    match change.action:
        case Action.CREATE | Action.REPLACE:
            draft.apply(Intent(*who, "create", change.after, at, at + 30, **facts))  # type: ignore[arg-type]
            draft.apply(
                Doubted(change.address, at)
                if doubt
                else Made(change.address, at, f"id-{at}-{change.address}")
            )
        case Action.UPDATE:
            body = freeze(
                {name: change.after[name] for name in change.changed if name in (change.after or {})}
            )  # type: ignore[index]
            draft.apply(Intent(*who, "update", body, at, at + 30, **facts))
            draft.apply(Doubted(change.address, at) if doubt else Made(change.address, at))
        case Action.SETTLE:
            source = change.previous_address or change.address
            draft.apply(Settled(source, at, found=True, id=f"settled-{at}-{source}"))
        case Action.ORPHAN:
            draft.apply(Orphaned(change.address, at))
        case Action.RESTORE | Action.MOVE if change.orphan_created_at is not None:
            source = change.previous_address or change.address
            draft.apply(Restored(change.address, source, change.orphan_created_at, at, **facts))
        case Action.MOVE | Action.NOTE:
            draft.apply(Noted(change.address, at, **facts))


@st.composite
def states(draw: st.DrawFn) -> State:
    """A state as up to two applies of random catalogs leave it, some of their requests in doubt."""
    known = State("8f4c", 3)
    for round_ in range(draw(st.integers(0, 2))):
        plan = _sane(_plan(draw(catalogs()), known))
        makers = [c.address for c in plan.work if c.action in (Action.CREATE, Action.REPLACE, Action.UPDATE)]
        doubts = draw(st.sets(st.sampled_from(makers), max_size=1)) if makers else set()
        known = carried_out(plan, known, frozenset(doubts), at=10.0 + round_)
    return known


def _sane(plan: Plan) -> Plan:
    """Leave out what cannot be carried out: renames in a circle."""
    cycle = "rename-cycle" in rules(plan)
    return (
        replace(plan, changes=tuple(c for c in plan.changes if c.action is not Action.UPDATE))
        if cycle
        else plan
    )


SOME = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@given(catalogs(), states())
@SOME
def test_every_product_and_entry_has_exactly_one_change(catalog: Catalog, known: State) -> None:
    plan = _plan(catalog, known)

    at = [change.address for change in plan.changes]
    entries = Counter(
        (c.previous_address or c.address) if c.orphan_created_at is None else c.address
        for c in plan.changes
        if c.entry_digest is not None
    )
    taken = [
        (c.previous_address or c.address, c.orphan_created_at) for c in plan.changes if c.orphan_created_at
    ]
    assert at == sorted(set(at))
    assert {p.address for p in catalog} <= set(at)
    assert entries == Counter(list(known.entries))
    assert len(taken) == len(set(taken))
    assert set(taken) <= {(o.address, o.created_at) for o in known.orphans}


@given(catalogs(), states())
@SOME
def test_a_plan_is_deterministic_and_comes_back_from_its_file(catalog: Catalog, known: State) -> None:
    text = planfile.dump(_plan(catalog, known), noops=True)

    backwards = replace(
        known,
        entries=freeze({}) | dict(reversed(list(known.entries.items()))),
        orphans=known.orphans[::-1],
    )

    assert planfile.dump(_plan(catalog, backwards), noops=True) == text
    assert planfile.dump(planfile.load(text), noops=True) == text
    check_fresh(planfile.load(text), known)


@given(catalogs(), states())
@SOME
def test_what_was_applied_leaves_nothing_to_do(catalog: Catalog, known: State) -> None:
    plan = _plan(catalog, known)
    assume("rename-cycle" not in rules(plan))
    doubts = plan.summary[Action.SETTLE]

    after = carried_out(plan, known)
    again = _plan(catalog, after)
    assume("rename-cycle" not in rules(again))

    assert not again.work or doubts
    # What differed from a doubt waited for the next plan; after that there is nothing left.
    assert _plan(catalog, carried_out(again, after, at=200.0)).work == ()


@given(catalogs(), states(), st.data())
@SOME
def test_what_an_interrupted_apply_leaves_is_the_rest_of_what_was_approved(
    catalog: Catalog, known: State, data: st.DataObject
) -> None:
    plan = _plan(catalog, known)
    assume(not plan.errored and not plan.summary[Action.SETTLE])
    makers = [c.address for c in plan.work if c.action in (Action.CREATE, Action.REPLACE, Action.UPDATE)]
    doubts = frozenset(data.draw(st.sets(st.sampled_from(makers))) if makers else set())

    after = carried_out(plan, known, doubts)
    rest = _plan(catalog, after)

    assert {c.address for c in rest.work} == doubts
    assert is_rest_of(rest, after.last_apply) or not doubts


@given(catalogs(), catalogs(), states())
@SOME
def test_equal_hashes_are_equal_work(one: Catalog, other: Catalog, known: State) -> None:
    first, second = _plan(one, known), _plan(other, known)

    assert (first.hash == second.hash) == (_work(first) == _work(second))


def _work(plan: Plan) -> list[object]:
    return [
        (c.address, c.action, c.entry_digest, c.after, c.labels if c.after is not None else None,
         c.lifecycle if c.after is not None else None)
        for c in plan.work
    ]  # fmt: skip


@given(catalogs(), states())
@SOME
def test_nothing_that_exists_is_sent_a_second_time(catalog: Catalog, known: State) -> None:
    """A create never has the spec of an entry that leaves or of an orphan, unless it is said to be meant."""
    plan = _plan(catalog, known)
    wanted = {p.address: p for p in catalog}
    left = [(c.account, c.before) for c in plan.changes if c.action is Action.ORPHAN]

    for change in plan.work:
        document: Product | None = wanted.get(change.address)
        if change.action is Action.CREATE and document is not None and document.history.moved != ():
            assert (change.account, change.after) not in left
