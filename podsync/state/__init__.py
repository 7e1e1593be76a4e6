"""What podsync remembers: immutable values, a journal of events, a snapshot."""

__all__ = [
    "backends",
    "entries",
    "events",
    "formats",
    "git",
    "local",
    "migration",
    "model",
    "operations",
    "rate_limit_store",
    "reducer",
    "run_history",
    "store",
]
