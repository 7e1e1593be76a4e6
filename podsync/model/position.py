"""Places in files, and severities."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

#: The place of a value in its file: line, column, and those behind its end; both count from 1. A plain tuple:
#: the garbage collector forgets those, and 10,000 files hold many.
Span: TypeAlias = tuple[int, int, int, int]


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
