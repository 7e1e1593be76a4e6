"""The command line: the one place that reads the environment, prints and exits.

`main` is the boundary (exceptions become exit codes), `options` what every command shares,
`workspace` turns a folder into values; a file per group of commands. Nothing slow is imported
before the command that needs it runs.
"""

__all__ = ["main"]
