"""Annotations of GitHub Actions: workflow commands that the runner shows beside the changed line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from podsync.model.diagnostic import Diagnostic
from podsync.model.position import Position
from podsync.output.escape import safe
from podsync.output.markdown.escape import clip
from podsync.output.product import name_of, quoted
from podsync.output.text.change import word_of
from podsync.output.text.changes import by_action
from podsync.output.text.plan_head import SANDBOX, environment_line, refused_addresses
from podsync.output.wording import number
from podsync.plan.action import Action
from podsync.plan.model import Plan

#: What the runner shows of one kind and step; it drops the rest silently.
MOST = 10
_KINDS = ("error", "warning", "notice")
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Remark:
    """One finding with its place: an annotation, or a result of SARIF. `rule` is stable."""

    kind: str
    rule: str
    title: str
    message: str
    at: Position | None = None
    about: str = ""


def workflow_commands(remarks: Iterable[Remark], *, root: str = "") -> str:
    """Return at most ten of a kind in the order given; the tenth counts those that are left out.

    `root` leads from the repository to the folder of the paths.
    """
    every, lines = list(remarks), list[str]()
    for kind in _KINDS:
        found = [remark for remark in every if remark.kind == kind]
        shown = found if len(found) <= MOST else found[: MOST - 1]
        lines += [_command(remark, root) for remark in shown]
        left = len(found) - len(shown)
        if left:
            words = f"and {number(left)} more, which GitHub does not show here: see the summary of this step"
            lines.append(f"::{kind} title=podsync::{_data(words)}")
    return "".join(line + "\n" for line in lines)


def fault_remark(fault: Diagnostic) -> Remark:
    """Return a fault with its way out."""
    detail = f"\n{fault.detail}" if fault.detail else ""
    about = str(fault.address) if fault.address is not None else ""
    return Remark(fault.severity, fault.rule, fault.rule, fault.summary + detail, fault.at, about)


def plan_remarks(plan: Plan) -> Iterator[Remark]:
    """Yield refusals as errors, what is risky as warnings, the rest as notices; worst first."""
    if plan.environment:
        yield Remark("notice", "environment", plan.environment.upper(), environment_line(plan.environment))
    if plan.sandbox:
        yield Remark("warning", "sandbox", "SANDBOX", SANDBOX)
    faults = sorted(plan.diagnostics, key=lambda fault: fault.severity != "error")
    yield from map(fault_remark, faults)
    refused = refused_addresses(plan)
    for action, changes in by_action(plan).items():
        if action is Action.NOOP:
            continue
        for change in sorted(changes, key=lambda one: not one.risks):
            risky = bool(change.risks) or action in (Action.SETTLE, Action.REPLACE, Action.ORPHAN)
            kind = "warning" if risky and action is not Action.CREATE else "notice"
            spec = change.spec
            at = change.source
            if action is Action.ORPHAN and at is not None:
                at = Position(at.path)  # the document that was there is gone
            name = name_of(change.provider, spec)
            parts = [quoted(clip(name)) if name else "", change.reason, *change.risks]
            message = ". ".join(one.rstrip(".") for one in parts if one) or action.value
            title = f"{word_of(change, refused)} {change.address}"
            yield Remark(kind, f"plan-{action.value}", title, message, at, str(change.address))


def place_in(root: str, path: str) -> str:
    """Return a path as the repository knows it."""
    return f"{root}/{path}" if root not in ("", ".") else path


def _command(remark: Remark, root: str) -> str:
    pairs = [("title", clip(remark.title))]
    if remark.at is not None:
        pairs = [*_place(remark.at, root), *pairs]
    escaped = str.maketrans({"%": "%25", ":": "%3A", ",": "%2C"})
    words = ",".join(f"{key}={safe(value).translate(escaped)}" for key, value in pairs)
    return f"::{remark.kind} {words}::{_data(clip(remark.message, _LONGEST))}"


def _place(at: Position, root: str) -> Iterator[tuple[str, str]]:
    yield "file", place_in(root, at.path)
    yield "line", str(at.line)
    end = at.end_line if at.end_line is not None else at.line
    if end == at.line and at.end_column is not None:
        yield "col", str(at.column)
    yield "endLine", str(max(end, at.line))
    if end == at.line and at.end_column is not None:  # the runner's columns are inclusive
        yield "endColumn", str(max(at.end_column - 1, at.column))


def _data(text: str) -> str:
    """Escape a message; its own line ends stay."""
    return "%0A".join(safe(line).replace("%", "%25") for line in text.split("\n"))
