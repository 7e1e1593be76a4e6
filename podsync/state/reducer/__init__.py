"""What each event does to a state."""

__all__ = ["reducer"]
