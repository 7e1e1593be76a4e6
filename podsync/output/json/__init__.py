"""Reports, states and diagnostics for programs."""

__all__ = ["diagnostics", "report", "state", "text"]
