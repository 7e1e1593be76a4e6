"""Tables for spreadsheets: one writer, and a module for each kind of table."""

__all__ = ["products", "writer"]
