"""SARIF 2.1.0 for GitHub's code scanning (`validate -o sarif`, `plan -o sarif`)."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from podsync import __version__
from podsync.model.diagnostic import Rule
from podsync.model.position import Position
from podsync.output.github.annotations import Remark, place_in
from podsync.output.json.text import json_text
from podsync.output.markdown.escape import clip
from podsync.output.wording import number

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
#: GitHub keeps so many results of a run.
MOST = 5_000
_LONGEST = 2_000
_LEVELS: Mapping[str, str] = {"error": "error", "warning": "warning", "notice": "note"}
_ORDER = tuple(_LEVELS)
#: Where a fault of no file is shown: GitHub asks for a place.
_SETTINGS = "podsync.yaml"
#: Places that a text names: they move, and the fault is still the same.
_PLACES = re.compile(r":\d+(?::\d+)?|\bline \d+")


def sarif(remarks: Iterable[Remark], rules: Mapping[str, Rule], *, root: str = "") -> str:
    """Return one run with the worst results, and how many there are more.

    `rules` says what is known of a rule, by its id; a saved plan may name one that is not known here. `root`
    leads from the repository to the folder of the paths.
    """
    ordered = sorted(remarks, key=lambda remark: _ORDER.index(remark.kind))
    shown = ordered[:MOST]
    numbers = {rule: index for index, rule in enumerate(sorted({remark.rule for remark in shown}))}
    seen: Counter[str] = Counter()
    results = [_result(remark, numbers, seen, root) for remark in shown]
    described = [_described(rules.get(rule) or _unknown(rule)) for rule in numbers]
    driver = {"name": "podsync", "version": __version__, "rules": described}
    run: dict[str, Any] = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints"}
    run["invocations"] = [{"executionSuccessful": True}]
    if len(ordered) > len(shown):
        rest = {"text": f"{number(len(ordered) - len(shown))} more results are left out"}
        run["invocations"][0]["toolExecutionNotifications"] = [{"level": "warning", "message": rest}]
    run["results"] = results
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _unknown(id: str) -> Rule:  # noqa: A002 (the field's own name)
    return Rule(id, "error", id.replace("-", " ").capitalize(), "The message says what to do.")


def _described(row: Rule) -> dict[str, Any]:
    title, remedy = row.title.replace("`", ""), row.help.replace("`", "")
    return {
        "id": row.id,
        "shortDescription": {"text": title},
        "fullDescription": {"text": f"{title}. {remedy}"},
        "defaultConfiguration": {"level": _LEVELS[row.severity]},
        "help": {"text": remedy, "markdown": row.help},
        "properties": {"tags": ["podsync"]},
    }


def _result(remark: Remark, rules: Mapping[str, int], seen: Counter[str], root: str) -> dict[str, Any]:
    at = remark.at or Position(_SETTINGS)
    print_ = _fingerprint(remark, at.path)
    seen[print_] += 1
    location = {"artifactLocation": {"uri": _uri(at.path, root)}, "region": _region(at)}
    message = clip(f"{remark.about}: {remark.message}" if remark.about else remark.message, _LONGEST)
    return {
        "ruleId": remark.rule,
        "ruleIndex": rules[remark.rule],
        "level": _LEVELS[remark.kind],
        "message": {"text": _unlinked(message)},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"primaryLocationLineHash": f"{print_}:{seen[print_]}"},
    }


def _fingerprint(remark: Remark, path: str) -> str:
    """Return what stays the same when lines move: rule, file, product, the fault's own words."""
    words = _PLACES.sub("", remark.message.partition("\n")[0])
    key = f"{remark.rule}\0{path}\0{remark.about}\0{words}"
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _uri(path: str, root: str) -> str:
    """Return a relative URI: the first part must not read as a scheme."""
    relative = place_in(root, path).replace("\\", "/").lstrip("/")
    return quote(relative or _SETTINGS, safe="/-_.~", errors="replace")


def _region(at: Position) -> dict[str, int]:
    line, column = max(at.line, 1), max(at.column, 1)
    region = {"startLine": line, "startColumn": column}
    if at.end_line is not None and at.end_column is not None and at.end_line >= line:
        region |= {"endLine": at.end_line, "endColumn": max(at.end_column, 1)}
        if at.end_line == line:
            region["endColumn"] = max(at.end_column, column)
    return region


def _unlinked(text: str) -> str:
    """Escape what a message would take as a link or a placeholder (SARIF 3.11.5 and 3.11.6)."""
    escaped = re.sub(r"([\\\[\]])", r"\\\1", text)
    return escaped.replace("{", "{{").replace("}", "}}") or "-"
