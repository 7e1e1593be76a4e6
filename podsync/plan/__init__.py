"""Desired × state -> one immutable Plan."""

__all__ = ["action", "answers", "approval", "change", "checks", "model", "planfile", "planner", "refresh"]
