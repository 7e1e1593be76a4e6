"""The command line: the only place that reads the environment, prints and exits.

`main` turns exceptions into exit codes, `app` has what commands share, `workspace` turns a folder into
values. Nothing slow is imported before the command that needs it runs.
"""

__all__ = ["main"]
