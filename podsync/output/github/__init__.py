"""Annotations and SARIF for GitHub."""

__all__ = ["annotations", "sarif"]
