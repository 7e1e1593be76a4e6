"""What an apply did, for programs (`podsync apply -o json`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podsync.apply.report import Outcome, Report
from podsync.model.frozen import Json
from podsync.model.position import Position
from podsync.output.json.text import json_text
from podsync.plan.planfile import environment_json, steps_json

FORMAT_VERSION = "1.0"


def report_json(report: Report) -> str:
    """Return the report as JSON: every key always there, results ordered by address."""
    outcomes = sorted(report.outcomes, key=lambda one: (one.address, one.action, one.result))
    sources = {change.address: change.source for change in report.plan.changes}
    return json_text(
        ({"sandbox": True} if report.plan.sandbox else {})
        | environment_json(report.plan)
        | {
            "format_version": FORMAT_VERSION,
            "outcome": report.outcome,
            "hash": report.plan.hash,
            "summary": {result.value: count for result, count in report.counts.items()},
            "results": [_outcome(outcome, sources.get(outcome.address)) for outcome in outcomes],
        }
    )


def _outcome(outcome: Outcome, planned: Position | None) -> dict[str, Any]:
    source = outcome.source or planned
    return {
        "address": str(outcome.address),
        "action": outcome.action.value,
        "outcome": outcome.result.value,
        "id": outcome.id,
        "provisional_id": outcome.provisional_id,
        "remote": _visible(outcome.remote),
        "source": None if source is None else {"file": source.path, "line": source.line},
        "attempts": outcome.attempts,
        "http_status": outcome.http_status,
        "provider_code": outcome.provider_code,
        "error": outcome.error,
        "next": list(outcome.next),
        **steps_json(outcome.steps_done, outcome.steps_left),
    }


def _visible(remote: Mapping[str, Json]) -> dict[str, Json]:
    """Return the ids that people see on one level: `{"product": {"id": …}}` -> `{"id": …}`."""
    flat: dict[str, Json] = {}
    for key, value in sorted(remote.items()):
        flat |= _visible(value) if isinstance(value, Mapping) else {key: value}
    return flat
