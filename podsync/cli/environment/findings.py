"""Looking at providers from a command: what was remembered of earlier runs is taken into account."""

from __future__ import annotations

from collections.abc import Mapping

from podsync.apply.context import Lost, ProviderConnection
from podsync.apply.history import StateHistory
from podsync.apply.lookup.preview import preview
from podsync.cli.environment.connect import rows_seen
from podsync.cli.workspace import CACHE, Workspace
from podsync.evidence.findings import Findings
from podsync.model.clock import Clock
from podsync.model.frozen import EMPTY
from podsync.plan.model import Plan
from podsync.state.model import State
from podsync.state.reducer.reducer import replay
from podsync.state.run_history import RunHistory


def findings_of(
    space: Workspace,
    plan: Plan,
    state: State,
    connections: Mapping[str, ProviderConnection],
    clock: Clock,
    *,
    first_contact: bool = False,
    compares: bool = False,
    doubted: bool = False,
    missed: Mapping[str, Mapping[str, float]] = EMPTY,
) -> Mapping[str, Findings]:
    """Look at each provider once, as apply does, and return what the looks say; the state stays as it is.

    Rows that may be ours, and that an apply would record, are remembered beside it. With `doubted` the state
    counts as lost. `compares` and `missed`: see `preview`.
    """
    rows = rows_seen(space)
    memory = StateHistory(RunHistory(CACHE, space.store.identity), space.store, clock, lambda _: None, rows)
    return preview(
        plan,
        replay(state, rows.read(state)),
        space.catalog_read,
        connections,
        clock=clock,
        lost=Lost() if doubted else memory.lost(state),
        first_contact=first_contact,
        compares=compares,
        missed=missed,
        keep=rows.keep,
    )
