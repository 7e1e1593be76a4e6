"""The store in a PostgreSQL database."""

__all__ = ["store"]
