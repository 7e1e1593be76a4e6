"""The store on a local disk."""

__all__ = ["account_lock", "lock", "store"]
