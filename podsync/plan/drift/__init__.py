"""Drift: changes that somebody made at a provider, as a look shows them and as a plan holds them."""

__all__ = ["compare", "json_form", "seen", "values"]
