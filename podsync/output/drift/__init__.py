"""Drift in words, and in each format: it stands in plans, and alone in the report of `podsync drift`."""

__all__ = ["json", "markdown", "text", "words"]
