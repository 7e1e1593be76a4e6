"""What accounts hold, a module a format; the words that all of them use are in `words`."""

__all__ = ["csv", "json", "markdown", "page", "text"]
