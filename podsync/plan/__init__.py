"""Desired × state -> one immutable Plan."""

__all__ = [
    "action",
    "answers",
    "approval",
    "change",
    "checks",
    "diff",
    "drift",
    "model",
    "planfile",
    "planner",
    "refresh",
]
