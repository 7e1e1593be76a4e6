"""Desired × state -> one immutable Plan."""

__all__ = [
    "action",
    "answers",
    "approval",
    "change",
    "checks",
    "drift",
    "model",
    "planfile",
    "planner",
    "refresh",
]
