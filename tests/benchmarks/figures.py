"""What a run of `speed` has measured, as data, and as a file that says the same."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Figure:
    """One tool at one case and size: seconds and CPU seconds of each run, the highest peak in bytes."""

    tool: str
    case: str
    size: int
    seconds: tuple[float, ...]
    cpu: tuple[float, ...]
    peak: int

    @property
    def median(self) -> float:
        """Seconds."""
        return statistics.median(self.seconds)


@dataclass(frozen=True, slots=True)
class Figures:
    """All of a run: `about` says where and when, `starts` holds the milliseconds of start-up by process.

    `missing` names the tools that were not there, `peers_to` the largest size they were given.
    """

    about: str
    versions: Mapping[str, str]
    missing: tuple[str, ...]
    peers_to: int
    figures: tuple[Figure, ...]
    starts: Mapping[str, tuple[float, ...]]

    def of(self, tool: str, case: str, size: int) -> Figure | None:
        """Find one."""
        same = (each for each in self.figures if (each.tool, each.case, each.size) == (tool, case, size))
        return next(same, None)

    @property
    def sizes(self) -> list[int]:
        """Every size that was measured, small ones first."""
        return sorted({each.size for each in self.figures})


def dumps(found: Figures) -> str:
    """Return the file of a run."""
    told = asdict(found)
    for each in told["figures"]:
        each["seconds"] = [round(value, 4) for value in each["seconds"]]
        each["cpu"] = [round(value, 4) for value in each["cpu"]]
    told["starts"] = {name: [round(value, 2) for value in values] for name, values in found.starts.items()}
    return json.dumps({"format": FORMAT, **told}, indent=1) + "\n"


def loads(text: str) -> Figures:
    """Read the file of a run. Raises ValueError for anything else."""
    told: Any = json.loads(text)
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise ValueError(f"not the figures of a run, format {FORMAT}")
    figures = tuple(
        Figure(**{**each, "seconds": tuple(each["seconds"]), "cpu": tuple(each["cpu"])})
        for each in told["figures"]
    )
    return Figures(
        told["about"],
        told["versions"],
        tuple(told["missing"]),
        told["peers_to"],
        figures,
        {name: tuple(values) for name, values in told["starts"].items()},
    )
