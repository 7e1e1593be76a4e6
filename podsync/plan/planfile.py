"""The JSON form of a plan: Terraform's vocabulary, one change a line, same plan same bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from podsync import __version__
from podsync.files.strict_json import NotStrictError, loads
from podsync.model.address import Address, Selection
from podsync.model.diagnostic import Diagnostic, diagnostic_json
from podsync.model.digests import canonical_json, digest
from podsync.model.errors import PodsyncError, StaleError
from podsync.model.frozen import EMPTY, FrozenDict, Json, freeze
from podsync.model.json_bytes import canonical
from podsync.model.position import Position
from podsync.model.product import Lifecycle
from podsync.model.settings import is_environment
from podsync.plan.action import SET_BACK, TERRAFORM_ACTIONS, Action
from podsync.plan.change import UNKNOWN, WHATEVER, Change, FieldChange, UnknownValue
from podsync.plan.drift.json_form import drift_json, load_compared, load_drift
from podsync.plan.model import Plan

FORMAT_VERSION = "1.0"

_CHANGES = "resource_changes"
#: So many changes are made into text at a time.
_AT_ONCE = 100
_COMPACT = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False)


def dump(plan: Plan, *, noops: bool = False) -> str:
    """Return the plan as JSON text: :func:`pieces` in one."""
    return "".join(pieces(plan, noops=noops))


def pieces(plan: Plan, *, noops: bool = False) -> Iterator[str]:
    """Yield the plan as JSON text, some lines at a time: the text of a large plan is larger than the plan.

    `noops` lists the changes where nothing differs as well. `hash` names what would be done; `checksum`
    covers every word of the file, so that nobody edits what people did not see (the refusals, the fields
    of an update, the orphan that is taken).
    """
    facts = _facts(plan)
    ends: dict[str, Any] = {"diagnostics": [diagnostic_json(d) for d in plan.diagnostics]}
    if plan.refreshed:
        ends |= drift_json(plan.drift, plan.compared)
    changes = plan.changes if noops else plan.work
    before, after = _around_changes(facts | ends)
    # The digest of the canonical JSON of everything but itself, fed as the parts of that text come.
    checksum = hashlib.sha256(before.encode())
    yield "{\n" + "".join(f"{_line(key, value)},\n" for key, value in facts.items())
    yield f' "{_CHANGES}": ['
    for start in range(0, len(changes), _AT_ONCE):
        rows = [change_json(change) for change in changes[start : start + _AT_ONCE]]
        comma = "," if start else ""
        checksum.update(comma.encode() + canonical(rows)[1:-1])
        yield f"{comma}\n" + ",\n".join(["  " + _COMPACT.encode(row) for row in rows])
    checksum.update(after.encode())
    yield "\n ],\n" if changes else "],\n"
    ends["checksum"] = f"sha256:{checksum.hexdigest()}"
    yield ",\n".join(_line(key, value) for key, value in ends.items()) + "\n}\n"


def _facts(plan: Plan) -> dict[str, Any]:
    """Return the head of the file, in its order."""
    return (
        ({"sandbox": True} if plan.sandbox else {})
        | environment_json(plan)
        | {
            "format_version": FORMAT_VERSION,
            "podsync_version": __version__,
            "hash": plan.hash,
            "lineage": plan.lineage,
            "serial": plan.serial,
            "catalog_digest": plan.catalog_digest,
            "providers": plan.hosts,
            "selection": plan.selection.to_json(),
            "refreshed": plan.refreshed,
            "applyable": plan.applyable,
            "errored": plan.errored,
            "documents": plan.documents,
            "files": plan.files,
            "state": {"label": plan.state_label, "at": plan.state_at, "run": plan.state_run},
            "unbound": dict(sorted(plan.unbound.items())),
            **({"unwanted": _unwanted(plan)} if plan.unwanted else {}),
            "unmanaged": dict(sorted(plan.unmanaged.items())),
            **({"models": dict(sorted(plan.models.items()))} if plan.models else {}),
            "summary": {action.value: plan.summary[action] for action in Action},
        }
    )


def _unwanted(plan: Plan) -> dict[str, list[str]]:
    return {name: [str(address) for address in each] for name, each in sorted(plan.unwanted.items())}


def environment_json(plan: Plan) -> dict[str, str]:
    """Return the key that names a plan's environment, where it has one."""
    return {"environment": plan.environment} if plan.environment else {}


def _around_changes(content: Mapping[str, Any]) -> tuple[str, str]:
    """Return the canonical JSON of a file up to its first change and from its last one; keys are sorted."""
    head = canonical_json({key: value for key, value in content.items() if key < _CHANGES})
    tail = canonical_json({key: value for key, value in content.items() if key > _CHANGES})
    return f'{head[:-1]},"{_CHANGES}":[', f"],{tail[1:]}"


def _line(key: str, value: object) -> str:
    return f' "{key}": {_COMPACT.encode(value)}'


def change_json(change: Change) -> dict[str, Any]:
    """Return one element of `resource_changes`."""
    inner: dict[str, Any] = {
        "actions": list(TERRAFORM_ACTIONS.get(change.action, ("no-op",))),
        "before": change.before,
        "after": change.after,
        "replace_paths": [[name] for name in change.changed] if change.action is Action.REPLACE else [],
    }
    if change.importing is not None:
        inner["importing"] = {"id": change.importing}
    if change.temporary:
        inner["temporary"] = change.temporary
    if change.fields:
        inner["fields"] = [_field_json(field) for field in change.fields]
    source, declared = change.source, change.declared
    name, several, _ = change.address.name.partition("[")
    data: dict[str, Any] = {
        "address": str(change.address),
        "previous_address": None if change.previous_address is None else str(change.previous_address),
        "type": change.address.kind,
        "name": name,
    }
    if several:
        data["index"] = dict(change.address.keys)
    data["provider_name"] = change.provider
    data["account"] = change.account
    data["source"] = None if source is None else {"file": source.path, "line": source.line}
    if declared is not None:
        data["declared"] = {"file": declared.path, "line": declared.line}
    data["action"] = change.action.value
    data["action_reason"] = change.action_reason
    data["reason"] = change.reason
    data["risks"] = list(change.risks)
    data["labels"] = change.labels
    data["lifecycle"] = change.lifecycle.to_json()
    data["entry_digest"] = change.entry_digest
    data["orphan_created_at"] = change.orphan_created_at
    data["shown"] = change.shown
    data["made_at"] = change.made_at
    data["distinct"] = change.distinct
    if change.asks:
        data["asks"] = change.asks
    if change.steps_done or change.steps_left:
        data |= steps_json(change.steps_done, change.steps_left)
    data["change"] = inner
    return data


def steps_json(done: tuple[str, ...], left: tuple[str, ...]) -> dict[str, Any]:
    """Return which requests of a product are done and left; nothing of one that takes a single request."""
    return {"steps": {"done": list(done), "left": list(left)}} if done or left else {}


def _field_json(field: FieldChange) -> dict[str, Any]:
    data: dict[str, Any] = {"path": field.path, "before": field.before, "after": field.after}
    if isinstance(field.before, UnknownValue):
        data |= {"before": None, "before_unknown": True}
    if field.forces_replace:
        data["forces_replace"] = True
    if field.at is not None:
        data["at"] = {"file": field.at.path, "line": field.at.line}
    return data


def load(text: str | bytes) -> Plan:
    """Read a saved plan; raises PodsyncError if it is no plan, of a newer version, or edited."""
    remedy = "make a new one: podsync plan -o json=plan.json"
    try:
        data = loads(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
    except NotStrictError as error:
        raise PodsyncError(f"this is not a plan: {error}", error.remedy or remedy) from None
    if not isinstance(data, dict) or "resource_changes" not in data:
        raise PodsyncError("this is not a plan", remedy)
    version = str(data.get("format_version", ""))
    if version.partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
        raise PodsyncError(
            f"this plan has format {version or 'unknown'}, podsync {__version__} reads 1.x", remedy
        )
    checksum = data.pop("checksum", None)
    try:
        plan = _plan(data) if checksum == digest(data) else None
        sound = plan is not None and plan.hash == data.get("hash")
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise PodsyncError("this plan is damaged: a part of it is missing or malformed", remedy) from None
    if plan is None or not sound:
        raise StaleError(
            "this plan was changed after it was made: its content does not match its hash", remedy
        )
    return plan


def _plan(data: Mapping[str, Any]) -> Plan:
    state = data.get("state") or {}
    changes = tuple(_change(change) for change in data["resource_changes"])
    return Plan(
        lineage=data["lineage"],
        serial=int(data["serial"]),
        hosts=freeze(data["providers"]),
        catalog_digest=data["catalog_digest"],
        changes=changes,
        selection=Selection.from_json(data.get("selection")),
        refreshed=bool(data.get("refreshed")),
        diagnostics=tuple(_diagnostic(d) for d in data.get("diagnostics", ())),
        documents=int(data.get("documents", 0)),
        files=int(data.get("files", 0)),
        state_label=state.get("label", ""),
        state_at=state.get("at"),
        state_run=state.get("run"),
        unbound=freeze(data.get("unbound", {})),
        unwanted=FrozenDict(
            {name: tuple(map(Address.parse, each)) for name, each in data.get("unwanted", {}).items()}
        ),
        unmanaged=freeze(data.get("unmanaged", {})),
        models=freeze(data.get("models", {})),
        environment=_environment(data.get("environment", "")),
        drift=load_drift(data),
        compared=load_compared(data),
        left_out=int(data["summary"][Action.NOOP]) - sum(change.action is Action.NOOP for change in changes),
    )


def _environment(name: str) -> str:
    if name and not is_environment(name):
        raise ValueError("this is no environment's name")
    return name


def _change(data: Mapping[str, Any]) -> Change:
    inner = data["change"]
    previous = data.get("previous_address")
    importing = inner.get("importing")
    return Change(
        address=Address.parse(data["address"]),
        action=Action(data["action"]),
        action_reason=data["action_reason"],
        reason=data["reason"],
        provider=data["provider_name"],
        account=data["account"],
        before=_spec(inner["before"]),
        after=_spec(inner["after"]),
        labels=freeze(data.get("labels", {})),
        lifecycle=Lifecycle.from_json(data.get("lifecycle", {})),
        previous_address=None if previous is None else Address.parse(previous),
        entry_digest=data.get("entry_digest"),
        orphan_created_at=data.get("orphan_created_at"),
        importing=None if importing is None else importing["id"],
        shown=freeze(data.get("shown", {})) or EMPTY,
        made_at=data.get("made_at"),
        fields=tuple(_field(field, data["action_reason"]) for field in inner.get("fields", ())),
        risks=tuple(data.get("risks", ())),
        source=_position(data.get("source")),
        declared=_position(data.get("declared")),
        distinct=bool(data.get("distinct")),
        asks=freeze(data.get("asks", {})) or EMPTY,
        temporary=_spec(inner.get("temporary", {})) or EMPTY,
        steps_done=tuple(map(str, data.get("steps", EMPTY).get("done", ()))),
        steps_left=tuple(map(str, data.get("steps", EMPTY).get("left", ()))),
    )


def _spec(data: Any) -> Json:
    if data is not None and not isinstance(data, dict):
        raise TypeError("a spec is a mapping")
    return freeze(data)


def _field(data: Mapping[str, Any], reason: str) -> FieldChange:
    unknown = WHATEVER if reason == SET_BACK else UNKNOWN
    before = unknown if data.get("before_unknown") else freeze(data["before"])
    forces = bool(data.get("forces_replace"))
    return FieldChange(data["path"], before, freeze(data["after"]), forces, _position(data.get("at")))


def _position(data: Mapping[str, Any] | None) -> Position | None:
    return None if data is None else Position(data["file"], int(data["line"]))


def _diagnostic(data: Mapping[str, Any]) -> Diagnostic:
    place, address = data.get("range"), data.get("address")
    at = None
    if place is not None:
        start, end = place["start"], place["end"]
        at = Position(place["filename"], start["line"], start["column"], end["line"], end["column"])
    parsed = None if address is None else Address.parse(address)
    return Diagnostic(data["severity"], data["rule"], data["summary"], at, data["detail"], parsed)
