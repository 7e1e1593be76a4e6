"""Which view makes which format: the one place of the command line that knows the views' names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from podsync.cli.session import Session
from podsync.diagnostics import Diagnostic
from podsync.model import Address
from podsync.plan import planfile
from podsync.plan.plan import Plan
from podsync.report import Outcome, Report
from podsync.settings import RateLimit
from podsync.state.state import State
from podsync.views import plan_text as plan_view
from podsync.views import report_text as report_view
from podsync.views import wording
from podsync.views.escape import safe
from podsync.views.json_text import printable
from podsync.views.outcome_text import outcome_line as view_of_outcome
from podsync.views.report_json import report_json
from podsync.views.style import Style

if TYPE_CHECKING:
    from podsync.catalog.loader import Loaded

Forms = Mapping[str, Callable[[], str]]


def plan_forms(
    plan: Plan,
    session: Session,
    *,
    detail: Any = "short",
    rates: Mapping[str, RateLimit] | None = None,
    sandbox: bool = False,
    orphans: int = 0,
) -> Forms:
    """Return how a plan is written in each format."""
    more: Any = {} if rates is None else {"rates": rates}
    style, width = Style(session.console.out_color), session.console.width
    return {
        "text": lambda: plan_view.plan_text(
            plan, style=style, width=width, detail=detail, sandbox=sandbox, orphans_before=orphans, **more
        ),
        "json": lambda: printable(planfile.dump(plan, noops=detail == "full")),
    }


def is_sandbox(plan: Plan) -> bool:
    """Whether a saved plan was made for the sandbox."""
    return any("//sandbox.localhost" in host["base_url"] for host in plan.hosts.values())


def apply_head(plan: Plan, session: Session, *, approved: bool, run: str) -> str:
    """Return what is said before the first request."""
    style, width = Style(session.console.out_color), session.console.width
    return report_view.apply_head(plan, style=style, width=width, approved=approved, run=run)


def report_forms(report: Report, session: Session, again: str, place: str) -> Forms:
    """Return how the end of an apply is written; `again` is the command that goes on with the rest."""
    style, width = Style(session.console.out_color), session.console.width
    return {
        "text": lambda: report_view.report_text(report, style=style, width=width, command=again, place=place),
        "json": lambda: report_json(report),
    }


def outcome_line(outcome: Outcome, done: int, total: int, *, color: bool, width: int) -> str:
    """Return the line of one change that ended."""
    return view_of_outcome(outcome, done, total, Style(color), width)


def waiting_line(provider: str, what: str, until: float) -> str:
    """Return what is waited for, until when, and that nobody has to stay."""
    told = f"waiting for {wording.title(provider)}: {safe(what)}, until {wording.second(until)} at most"
    return f"{told}; stopping is safe"


def note_line(text: str) -> str:
    """Return a fact as one safe line."""
    return safe(text)


def validate_forms(loaded: Loaded, catalog: str) -> Forms:
    """Return how the verdict on a catalog is written in each format."""
    from podsync.views.diagnostics import diagnostics_text
    from podsync.views.validate_json import validate_json

    def text() -> str:
        found = diagnostics_text(loaded.diagnostics)
        if loaded.errors:
            return found
        products, files = len(loaded.catalog), loaded.catalog.files
        told = f"Valid: {wording.counted(products, 'product')} in {wording.counted(files, 'file')}."
        hint = "" if products else f" Copy one of {catalog}/_examples/ to {catalog}/ to begin."
        return f"{found}{told}{hint}"

    return {"text": text, "json": lambda: validate_json(loaded.diagnostics)}


def say_diagnostics(diagnostics: Sequence[Diagnostic], session: Session) -> None:
    """Put diagnostics on stderr."""
    from podsync.views.diagnostics import diagnostics_text

    if diagnostics:
        session.console.say(diagnostics_text(diagnostics))


def state_forms(state: State, what: str, address: Address | None, session: Session) -> Forms:
    """Return how a look at the state (`list`, `show`, `orphans`) is written in each format."""
    from podsync.views import state_json, state_text

    facts: Any = {"style": Style(session.console.out_color), "width": session.console.width}
    if what == "list":
        return {
            "text": lambda: state_text.state_list(state, **facts),
            "json": lambda: state_json.state_list_json(state),
        }
    if what == "orphans":
        return {
            "text": lambda: state_text.state_orphans(state, **facts),
            "json": lambda: state_json.state_orphans_json(state),
        }
    assert address is not None  # noqa: S101 (show has one)
    return {
        "text": lambda: state_text.state_show(state, address, **facts),
        "json": lambda: state_json.state_show_json(state, address),
    }
