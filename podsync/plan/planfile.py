"""The JSON form of a plan (stub: signatures only)."""

from __future__ import annotations

from podsync.plan.plan import Plan


def dump(plan: Plan, *, noops: bool = False) -> str:
    """Return the plan as JSON text (CONTRACT 7): same plan, same bytes."""
    raise NotImplementedError


def load(text: str) -> Plan:
    """Read a saved plan; raises PodsyncError for what is no plan, a newer version, or was edited."""
    raise NotImplementedError
