"""Looking at providers from a command: what was remembered of earlier runs is taken into account."""

from __future__ import annotations

from collections.abc import Mapping

from podsync.apply.context import Connection
from podsync.apply.memory import Remembered
from podsync.apply.preview import preview
from podsync.cli.workspace import CACHE, Workspace
from podsync.evidence.findings import Findings
from podsync.plan.plan import Plan
from podsync.ports import Clock
from podsync.state.memory import Memory
from podsync.state.state import State


def looks_at(
    space: Workspace,
    plan: Plan,
    state: State,
    connections: Mapping[str, Connection],
    clock: Clock,
    *,
    first_contact: bool = False,
) -> Mapping[str, Findings]:
    """Look at each provider once, as apply does, and return what the looks say; nothing is recorded."""
    memory = Remembered(Memory(CACHE, space.store.identity), space.store, clock, lambda _: None)
    return preview(
        plan,
        state,
        space.catalog_read,
        connections,
        clock=clock,
        lost=memory.lost(state),
        first_contact=first_contact,
    )
