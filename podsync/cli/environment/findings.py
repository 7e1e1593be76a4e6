"""Looking at providers from a command: what was remembered of earlier runs is taken into account."""

from __future__ import annotations

from collections.abc import Mapping

from podsync.apply.context import ProviderConnection
from podsync.apply.history import StateHistory
from podsync.apply.lookup.preview import preview
from podsync.cli.workspace import CACHE, Workspace
from podsync.evidence.findings import Findings
from podsync.model.clock import Clock
from podsync.model.frozen import EMPTY
from podsync.plan.model import Plan
from podsync.state.model import State
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
    missed: Mapping[str, Mapping[str, float]] = EMPTY,
) -> Mapping[str, Findings]:
    """Look at each provider once, as apply does, and return what the looks say; nothing is recorded.

    `compares` and `missed`: see `preview`.
    """
    memory = StateHistory(RunHistory(CACHE, space.store.identity), space.store, clock, lambda _: None)
    return preview(
        plan,
        state,
        space.catalog_read,
        connections,
        clock=clock,
        lost=memory.lost(state),
        first_contact=first_contact,
        compares=compares,
        missed=missed,
    )
