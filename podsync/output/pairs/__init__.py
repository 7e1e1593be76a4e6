"""The pairs of `import --match`, a module a format; the words that all of them use are in `words`."""

__all__ = ["page", "table", "words"]
