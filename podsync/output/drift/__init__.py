"""Drift in words, and in each format: a part of plans, and the report of `podsync drift`."""

__all__ = ["json", "markdown", "text", "words"]
