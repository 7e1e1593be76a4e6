"""Places in files, and severities."""

from typing import Literal, NamedTuple, TypeAlias


class Span(NamedTuple):
    """The place of a value in its file; lines and columns count from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Position(NamedTuple):
    """A place in a file. `path` is relative to the folder podsync works in, with forward slashes."""

    path: str
    line: int = 1
    column: int = 1
    end_line: int | None = None
    end_column: int | None = None

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


NOWHERE = Position("")


Severity: TypeAlias = Literal["error", "warning"]
