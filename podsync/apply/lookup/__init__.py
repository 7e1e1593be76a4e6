"""Looking before anything is sent."""

__all__ = ["by_id", "preview"]
