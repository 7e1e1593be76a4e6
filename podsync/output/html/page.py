"""A plan as one self-contained HTML file, for people who decide on pictures, colours, names and counts.

What concerns the whole plan is written here, escaped. The changes are JSON, of which the page's script makes
text nodes. A policy lets in nothing else but pictures over https, so that no name can become markup or send a
request.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from podsync.model.diagnostic import Diagnostic, errors_among
from podsync.model.frozen import EMPTY
from podsync.output.forecast import PlanFacts
from podsync.output.html import panels
from podsync.output.html.data import embedded, page_data
from podsync.output.html.panels import text
from podsync.output.html.shell import asset, filled, in_one_function
from podsync.output.style import PLAIN
from podsync.output.text.plan_head import head, title_of
from podsync.output.wording import counted
from podsync.plan.model import Plan, last_line

__all__ = ["About", "embedded", "page_data", "pieces", "plan_html", "review_pieces"]

#: The page's script, in the order in which its parts need each other.
_SCRIPT = (
    "text", "pictures", "product", "fields", "ticks", "card", "blocks", "list", "filter", "sheet", "keys",
)  # fmt: skip
#: Wide enough that no line of the head is broken: the browser does that.
_ENDLESS = 1_000_000
_NOTHING: Mapping[str, Any] = {
    **dict.fromkeys(("groups", "kinds", "roles", "colours", "models"), EMPTY),
    "hash": "", "code": "", "changes": (),
}  # fmt: skip


@dataclass(frozen=True)
class About(PlanFacts):
    """What the page may know beside the plan.

    `models` maps a model's id to its name. `code` is the address below which the plan's files can be looked
    at. `pictures` maps addresses to `data:image/…`, for pictures that the page brings along. `waiting` holds
    the keys of the changes that the default branch has already (`page_data`).
    """

    models: Mapping[str, str] = EMPTY
    code: str = ""
    pictures: Mapping[str, str] = EMPTY
    waiting: Collection[tuple[str | None, ...]] = ()


def plan_html(plan: Plan, about: About = About()) -> str:
    """Return the whole page: :func:`pieces` in one."""
    return "".join(pieces(plan, about))


def pieces(plan: Plan, about: About = About()) -> Iterator[str]:
    """Yield the page, a change of a large plan at a time; the same plan gives the same bytes."""
    return _filled(_of_plan(plan, about), _data(plan, about), live=False)


def review_pieces(
    plan: Plan | None, about: About = About(), found: Sequence[Diagnostic] = (), version: int = 0
) -> Iterator[str]:
    """Yield the page as `review` serves it: renewed while it is open, faults of the catalog on top.

    `plan` is that of the last catalog without faults, None while there was none. `version` is the page's own:
    it asks for another one as soon as there is one.
    """
    if plan is None:
        values, data = _of_faults(found), _NOTHING
    else:
        values, data = _of_plan(plan, about), _data(plan, about)
    values["faults"] = panels.faults(found, stale=plan is not None)
    return _filled(values, {**data, "version": version}, live=True)


def _data(plan: Plan, about: About) -> Mapping[str, Any]:
    data = page_data(plan, models={**plan.models, **about.models}, code=about.code, waiting=about.waiting)
    return {**data, "pictures": dict(about.pictures)} if about.pictures else data


def _of_plan(plan: Plan, about: About) -> dict[str, str]:
    lines = head(plan, PLAIN, _ENDLESS, sandbox=about.sandbox)
    named = f"podsync plan {text(plan.hash.rpartition(':')[2][:12])}"
    return {
        "title": title_of(named, plan.environment, sandbox=about.sandbox),
        "headline": text(title_of(panels.headline(plan), plan.environment, sandbox=about.sandbox, mark=":")),
        "head": "".join(f"<p>{text(line)}</p>" for line in lines),
        "hash": f"plan <code>{text(plan.hash)}</code>",
        "faults": "",
        "refused": panels.refusals(plan.diagnostics),
        "totals": "".join(panels.totals(plan)),
        "risky": panels.risky(plan) + panels.drifted(plan),
        "plain": "".join(panels.without_script(plan)),
        "forecast": text(panels.forecast(plan, about.rates, about.levels)),
        "summary": text(last_line(plan)),
    }


def _of_faults(found: Sequence[Diagnostic]) -> dict[str, str]:
    count = counted(len(errors_among(found)), "fault")
    names = ("head", "hash", "faults", "refused", "totals", "risky", "plain", "forecast")
    return {
        **dict.fromkeys(names, ""),
        "title": "podsync plan",
        "headline": f"{count} to fix first",
        "summary": "There is no plan yet.",
    }


def _filled(values: Mapping[str, str], data: Mapping[str, Any], *, live: bool) -> Iterator[str]:
    """Fill the page; a live one asks its own server, and nobody else, for a newer version."""
    images = "https: data:" if data.get("pictures") else "https:"
    style, script = asset(__package__, "page.css"), script_text(live=live)
    connect = "connect-src 'self'; " if live else ""
    for piece in filled(asset(__package__, "page.html"), values, style, script, images, connect):
        if piece is None:
            yield from embedded(data)
        else:
            yield piece


@lru_cache
def script_text(*, live: bool) -> str:
    """Return the page's script: one function, so that nothing of it is anybody else's to call."""
    names = (*_SCRIPT, *(("live",) if live else ()), "begin")
    return in_one_function(asset(__package__, f"script/{name}.js") for name in names)
