"""Frozen values that every part speaks in. It imports nothing of podsync."""

__all__ = [
    "address",
    "characters",
    "clock",
    "diagnostic",
    "digests",
    "errors",
    "frozen",
    "json_bytes",
    "known_ids",
    "position",
    "product",
    "settings",
]
