"""The page of a plan."""

__all__ = ["page"]
