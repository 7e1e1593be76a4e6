"""The JSON of `podsync drift`."""

from __future__ import annotations

import json
from typing import Any

from podsync import __version__
from podsync.output.json.text import printable
from podsync.plan.drift.json_form import drift_json
from podsync.plan.model import Plan


def drift_report_json(seen: Plan) -> str:
    """Return what a look at everything showed: `resource_drift` as plans have it, and what was compared."""
    head: dict[str, Any] = {
        "format_version": "1.0",
        "podsync_version": __version__,
        "lineage": seen.lineage,
        "serial": seen.serial,
        "providers": seen.hosts,
        "unmanaged": dict(sorted(seen.unmanaged.items())),
    }
    return (
        printable(json.dumps(head | drift_json(seen.drift, seen.compared), indent=1, ensure_ascii=False))
        + "\n"
    )
