"""Desired × state [× remote] -> Plan (stub: signatures only)."""

from __future__ import annotations

from collections.abc import Mapping

from podsync.model import Catalog, Json, Selection
from podsync.plan.plan import Plan
from podsync.ports import Listing, Provider
from podsync.settings import Limits
from podsync.state.state import State


def make_plan(
    catalog: Catalog,
    state: State,
    providers: Mapping[str, Provider],
    *,
    hosts: Mapping[str, Json],
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    allow: Mapping[str, int] | None = None,
    selection: Selection = Selection(),  # noqa: B008 (frozen)
    remote: Mapping[str, Listing] | None = None,
    state_label: str = "",
) -> Plan:
    """Work out what apply would do.

    `hosts` maps provider -> {"base_url", "account"}; `allow` lifts limits for once
    ({"creates": 214}); `remote` is what `--refresh` saw, None when nobody was asked.
    Raises UsageError for a pattern that matches nothing, StateError for another host or account.
    """
    raise NotImplementedError
