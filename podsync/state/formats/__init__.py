"""The state file, the journal and the events as bytes."""

__all__ = ["statefile"]
