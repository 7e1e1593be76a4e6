"""Tables for spreadsheets: one writer, and a module for what is told in columns."""

__all__ = ["products", "writer"]
