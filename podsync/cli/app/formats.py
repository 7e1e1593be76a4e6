"""Which command writes which formats, and which view makes them: nothing else knows the views' names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from podsync.cli.environment import origin

if TYPE_CHECKING:
    from podsync.apply.report import Report
    from podsync.catalog.loader import Loaded
    from podsync.cli.app.console import Forms
    from podsync.cli.app.session import Session
    from podsync.model.address import Address
    from podsync.model.diagnostic import Diagnostic, Rule
    from podsync.output.forecast import PlanFacts
    from podsync.output.github.annotations import Remark
    from podsync.plan.model import Plan
    from podsync.state.model import State


#: The formats of commands, apart from text and json.
_FORMATS: Mapping[str, tuple[str, ...]] = {
    "apply": ("markdown",),
    "import": ("csv", "html", "patch"),
    "models": ("csv",),
    "audit": ("csv", "markdown", "html"),
    "drift": ("markdown", "html", "patch"),
    "plan": ("markdown", "html", "github", "sarif", "csv"),
    "show": ("markdown", "html", "csv"),
    "state list": ("csv",),
    "validate": ("markdown", "github", "sarif"),
}
#: Every format that some command has.
EVERY_FORMAT = frozenset(name for formats in _FORMATS.values() for name in formats)


def formats_of(command: str) -> tuple[str, ...]:
    """Return the formats of a command."""
    return ("text", "json", *_FORMATS.get(command, ()))


def plan_forms(
    plan: Plan,
    session: Session,
    facts: PlanFacts | None = None,
    *,
    detail: Any = "short",
    catalog: str = "",
    base: Plan | None = None,
    environments: int = 1,
) -> Forms:
    """Return how a plan is written in each format; a saved plan has no `facts`.

    `catalog` is the folder of a plan that was just made. `base` is the plan of the default branch. The plans
    of `environments` share one comment.
    """
    from podsync.output.forecast import PlanFacts

    facts = facts or PlanFacts(sandbox=plan.sandbox, typed=session.as_typed)
    shown = replace(plan, diagnostics=tuple(typed(plan.diagnostics, session)))

    def markdown(limit: int | None = None) -> str:
        if limit is not None:  # of the run's own summary
            return _plan_markdown(shown, session, facts, limit=limit)
        where = origin.run_url(os.environ) or ""
        return _plan_markdown(shown, session, facts, where=where, **_room(environments))

    return {
        "text": lambda: _plan_text(shown, session, facts, detail=detail),
        "json": lambda: _plan_json(plan, noops=detail == "full"),
        "markdown": markdown,
        "html": lambda: _plan_html(shown, catalog, base, facts),
        **_github_forms(shown),
        "csv": lambda: _products().plan_csv(plan, noops=detail == "full"),
    }


def _room(environments: int) -> dict[str, Any]:
    """Return the limit of a plan's Markdown: a whole comment, or its share of one."""
    from podsync.output.markdown.plan import COMMENT, LEAST

    return {} if environments <= 1 else {"limit": max(COMMENT // environments, LEAST)}


def typed(diagnostics: Sequence[Diagnostic], session: Session) -> list[Diagnostic]:
    """Return diagnostics with each command in their remedies as it has to be typed here."""
    return [one._replace(detail=session.as_typed(one.detail)) for one in diagnostics]


def _plan_markdown(plan: Plan, session: Session, facts: PlanFacts, **more: Any) -> str:
    from podsync.output.markdown.plan import plan_markdown

    part, head_sha = _part(session, sandbox=facts.sandbox), origin.head_sha(os.environ)
    return plan_markdown(plan, facts, environment=part, head_sha=head_sha, **more)


def _screen(session: Session) -> dict[str, Any]:
    """Return how stdout shows a text: its colours and its width."""
    from podsync.output.style import Style

    return {"style": Style(session.console.out_color), "width": session.console.width}


def _plan_text(plan: Plan, session: Session, facts: PlanFacts, *, detail: Any) -> str:
    from podsync.output.text.plan import plan_text

    return plan_text(plan, facts, detail=detail, **_screen(session))


def _plan_json(plan: Plan, *, noops: bool) -> Iterator[str]:
    from podsync.output.json.text import printable
    from podsync.plan import planfile

    return map(printable, planfile.pieces(plan, noops=noops))


def _plan_html(plan: Plan, catalog: str, base: Plan | None, facts: PlanFacts) -> Iterator[str]:
    from pathlib import Path

    from podsync.output.html.page import About, pieces

    code = origin.code_address(Path.cwd(), catalog) if catalog else ""
    waiting = frozenset(tuple(change.key) for change in base.work) if base is not None else ()
    return pieces(plan, About(**vars(facts), code=code, waiting=waiting))


def _products() -> Any:
    from podsync.output.csv import products

    return products


def installed_rules() -> Mapping[str, Rule]:
    """Return every rule by its id, those of the installed providers too."""
    from podsync.catalog.rules import known_rules
    from podsync.providers.registry import plugins, provider_of

    return known_rules(provider_of(info, info.settings) for info in plugins().values())


def page_with_pictures(plan: Plan, pictures: Mapping[str, str]) -> Iterator[str]:
    """Return the plan's page with pictures that need no network: address -> `data:image/…`."""
    from podsync.output.html.page import About, pieces

    return pieces(plan, About(sandbox=plan.sandbox, pictures=pictures))


def apply_head(plan: Plan, session: Session, *, approved: bool, run: str, sandbox: bool) -> str:
    """Return the text before the first request."""
    from podsync.output.text import report as report_view

    return report_view.apply_head(plan, approved=approved, run=run, sandbox=sandbox, **_screen(session))


def report_forms(report: Report, session: Session, again: str, place: str) -> Forms:
    """Return how the end of an apply is written; `again` is the command that goes on with the rest."""
    from podsync.output.json.report import report_json
    from podsync.output.text import report as report_view

    facts = _screen(session) | {"command": again, "place": place, "typed": session.as_typed}

    def markdown(limit: int | None = None) -> str:
        from podsync.output.markdown.report import report_markdown

        more: Any = {"limit": limit} if limit is not None else {"where": origin.run_url(os.environ) or ""}
        return report_markdown(_typed_report(report, session), command=again, place=place, **more)

    return {
        "text": lambda: report_view.report_text(_typed_report(report, session), **facts),
        "json": lambda: report_json(_typed_report(report, session)),
        "markdown": markdown,
    }


def _typed_report(report: Report, session: Session) -> Report:
    """Return the report with each command of its steps as it has to be typed here."""

    def all_typed(lines: Sequence[str]) -> tuple[str, ...]:
        return tuple(map(session.as_typed, lines))

    outcomes = tuple(replace(one, next=all_typed(one.next)) if one.next else one for one in report.outcomes)
    return replace(report, outcomes=outcomes, notes=all_typed(report.notes), next=all_typed(report.next))


def validate_forms(loaded: Loaded, catalog: str, session: Session, pictures: int | None = None) -> Forms:
    """Return how the verdict on a catalog is written; `pictures`: how many were looked at, if any were."""

    def text() -> str:
        from podsync.output import wording

        console = session.console
        width = console.width if console.out_is_terminal else None
        found = _diagnostics_text(typed(loaded.diagnostics, session), width, color=console.out_color)
        if loaded.errors:
            return found
        products, files = len(loaded.catalog), loaded.catalog.files
        verdict = f"Valid: {wording.counted(products, 'product')} in {wording.counted(files, 'file')}."
        if pictures is not None:
            verdict += f" Looked at {wording.counted(pictures, 'picture')}."
        hint = "" if products else f" Copy one of {catalog}/_examples/ to {catalog}/ to begin."
        return f"{found}{verdict}{hint}"

    return {
        "text": text,
        "json": lambda: _validate_json(loaded.diagnostics),
        "markdown": partial(_validate_markdown, loaded),
        **_github_forms(diagnostics=loaded.diagnostics),
    }


def _github_forms(plan: Plan | None = None, diagnostics: Sequence[Diagnostic] = ()) -> Forms:
    """Return how GitHub shows a plan, or diagnostics, beside the lines of a pull request."""

    def remarks() -> Iterator[Remark]:
        from podsync.output.github.annotations import fault_remark, plan_remarks

        return map(fault_remark, diagnostics) if plan is None else plan_remarks(plan)

    def github() -> str:
        from podsync.output.github.annotations import workflow_commands

        return workflow_commands(remarks(), root=origin.folder_in_repository())

    def sarif() -> str:
        from podsync.output.github import sarif as view

        return view.sarif(remarks(), installed_rules(), root=origin.folder_in_repository())

    return {"github": github, "sarif": sarif}


def _validate_json(diagnostics: Sequence[Diagnostic]) -> str:
    from podsync.output.json.diagnostics import validate_json

    return validate_json(diagnostics)


def fault_forms(diagnostics: Sequence[Diagnostic], session: Session, *, sandbox: bool) -> Forms:
    """Return how the faults of a catalog are reported, in the place of its plan."""
    return {
        "markdown": lambda: _faults_markdown(diagnostics, session, sandbox=sandbox),
        **_github_forms(diagnostics=diagnostics),
    }


def _faults_markdown(diagnostics: Sequence[Diagnostic], session: Session, *, sandbox: bool) -> str:
    """Return the faults as Markdown that takes the place of a plan's comment."""
    from podsync.output.markdown.diagnostics import diagnostics_markdown
    from podsync.output.markdown.plan import above, marker

    first = marker("", _part(session, sandbox=sandbox), origin.head_sha(os.environ))
    first = "\n".join([first, *above(session.env, sandbox=sandbox)])
    return diagnostics_markdown(diagnostics, products=0, files=0, marker=first)


def _part(session: Session, *, sandbox: bool) -> str:
    """Return what tells the plans of one commit apart: play, the catalog's folder, the environment."""
    folder = "sandbox" if sandbox else os.path.basename(session.chdir or "")  # noqa: PTH119 (text)
    return "/".join(filter(None, (folder, session.env)))


def _validate_markdown(loaded: Loaded, limit: int | None = None) -> str:
    """Return the verdict on a catalog as Markdown."""
    from podsync.output.markdown.diagnostics import diagnostics_markdown

    more: Any = {} if limit is None else {"limit": limit}
    products, files = (0, 0) if loaded.errors else (len(loaded.catalog), loaded.catalog.files)
    return diagnostics_markdown(loaded.diagnostics, products=products, files=files, **more)


def say_diagnostics(diagnostics: Sequence[Diagnostic], session: Session, *, most: int | None = None) -> None:
    """Put diagnostics on stderr; at most so many, where that is given."""
    if diagnostics:
        console = session.console
        width = console.width if console.err_is_terminal else None
        shown = typed(diagnostics, session)
        console.say(_diagnostics_text(shown, width, color=console.err_color, most=most))


def _diagnostics_text(
    diagnostics: Sequence[Diagnostic], width: int | None, *, color: bool, most: int | None = None
) -> str:
    if not diagnostics:
        return ""
    from podsync.output.style import Style
    from podsync.output.text.diagnostics import diagnostics_text

    return diagnostics_text(diagnostics, Style(color), width, most=most)


def state_forms(state: State, what: str, address: Address | None, session: Session) -> Forms:
    """Return how a look at the state (`list`, `show`, `orphans`) is written in each format."""
    from podsync.output.json import state as state_json
    from podsync.output.text import state as state_text

    facts = _screen(session)
    if what == "list":
        return {
            "text": lambda: state_text.state_list(state, typed=session.as_typed, **facts),
            "json": lambda: state_json.state_list_json(state),
            "csv": lambda: _products().state_csv(state),
        }
    if what == "orphans":
        return {
            "text": lambda: state_text.state_orphans(state, typed=session.as_typed, **facts),
            "json": lambda: state_json.state_orphans_json(state),
        }
    assert address is not None  # noqa: S101 (show has one)
    return {
        "text": lambda: state_text.state_show(state, address, **facts),
        "json": lambda: state_json.state_show_json(state, address),
    }
