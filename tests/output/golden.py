"""Whole outputs, kept as files: `pytest tests/views --rewrite-goldens` writes them anew, to be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "golden" / "views"


@dataclass(frozen=True)
class Golden:
    rewrite: bool

    def check(self, name: str, actual: str) -> None:
        """Compare with the file `name`, byte by byte."""
        path = FOLDER / name
        if self.rewrite:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(actual.encode())
        assert path.exists(), f"no golden {name}: pytest tests/views --rewrite-goldens writes it"
        assert actual == path.read_bytes().decode()
