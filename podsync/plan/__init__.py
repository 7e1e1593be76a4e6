"""Desired × state -> one immutable Plan."""

__all__ = [
    "action",
    "answers",
    "approval",
    "change",
    "checks",
    "diff",
    "model",
    "planfile",
    "planner",
    "refresh",
]
