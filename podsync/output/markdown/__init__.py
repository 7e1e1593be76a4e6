"""Plans, reports and diagnostics for pull requests and step summaries."""

__all__ = ["diagnostics", "plan", "report"]
