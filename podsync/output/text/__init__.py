"""Plans, reports, states and diagnostics as people read them in a terminal."""

__all__ = ["diagnostics", "outcome", "plan", "plan_head", "report", "state"]
