"""Plans, reports, states and diagnostics as people read them in a terminal."""

__all__ = ["diagnostics", "outcome", "pairs", "plan", "plan_head", "report", "state"]
