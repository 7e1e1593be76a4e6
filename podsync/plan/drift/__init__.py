"""Drift: what a plan shows of it, its JSON, and the patch that accepts it."""

__all__ = ["json_form", "values"]
