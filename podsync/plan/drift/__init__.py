"""Drift: what somebody changed at a provider, as a look shows it and as a plan holds it."""

__all__ = ["compare", "json_form", "seen", "values"]
