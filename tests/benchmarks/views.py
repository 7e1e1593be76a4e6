"""What the views of a plan cost: size and time of each format, and the page in a browser.

python -m tests.benchmarks.views [--counts 1 40 1000 10000] [--runs 3] [--out DIR]
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from podsync.output.github.annotations import plan_remarks, workflow_commands
from podsync.output.github.sarif import sarif
from podsync.output.html.page import plan_html
from podsync.output.json.text import printable
from podsync.output.markdown.plan import plan_markdown
from podsync.output.style import PLAIN
from podsync.output.text.plan import plan_text
from podsync.plan import planfile
from podsync.plan.action import Action
from podsync.plan.change import Change, FieldChange
from podsync.plan.model import Plan
from tests.benchmarks.common import a_folder, add_out, heading, kept, note, say, table
from tests.output import samples

#: The goals: bytes of the page, milliseconds to its first paint and for a keystroke in its filter.
MOST_BYTES, FIRST_PAINT, KEYSTROKE = 10_000_000, 1_000, 100
#: The last one: no picture is there, and nobody is asked for one.
_BROWSER = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]  # fmt: skip
#: From the key to the frame after the list has been laid out and painted.
_TYPE = """async (text) => {
  const find = document.getElementById("find");
  const began = performance.now();
  find.value = text;
  find.dispatchEvent(new Event("input", { bubbles: true }));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - began;
}"""
_TYPED = ("d", "de", "des", "design 0", "design 07", "design 071", "navy", "nav", "na", "")

FORMATS: Mapping[str, Callable[[Plan], str]] = {
    "text, summary": lambda plan: plan_text(plan, style=PLAIN, detail="summary"),
    "text, short": lambda plan: plan_text(plan, style=PLAIN),
    "text, full": lambda plan: plan_text(plan, style=PLAIN, detail="full"),
    "markdown": plan_markdown,
    "html": plan_html,
    "json": lambda plan: printable(planfile.dump(plan)),
    "github": lambda plan: workflow_commands(plan_remarks(plan)),
    "sarif": lambda plan: sarif(plan_remarks(plan), {}),
}


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=[1, 40, 1_000, 10_000])
    parser.add_argument("--runs", type=int, default=3)
    add_out(parser)
    told = parser.parse_args(argv)
    with kept(told.out, "views"):
        _report(told.counts, told.runs)


def _report(counts: Sequence[int], runs: int) -> None:
    heading(f"Views of a plan: bytes and processor milliseconds, medians of {runs} runs")
    say("Of ten changes, seven are creates, one a replace, one an update and one an orphan.\n")
    plans = {count: mixed(count) for count in counts}
    columns = [f"{count:,} {'change' if count == 1 else 'changes'}" for count in plans]
    rows = [
        (name, *(_cost(render, plan, runs) for plan in plans.values())) for name, render in FORMATS.items()
    ]
    table(("format", *columns), rows)
    _page(plans, runs)


def mixed(count: int) -> Plan:
    """Return so many changes as a season brings them: most are new, some are risky."""
    made = samples.many(count)
    changes = [_as(change, index % 10) for index, change in enumerate(made.changes)]
    return samples.plan(changes, documents=count, files=made.files)


def _as(change: Change, lot: int) -> Change:
    spec = change.after or {}
    known: dict[str, Any] = {
        "before": dict(spec), "source": change.source, "made_at": samples.STATE_AT,
        "shown": {"product": {"spu": f"QCUT{change.address.name[-5:]}"}},
    }  # fmt: skip
    if lot == 3:
        return samples.change(change.address.name, Action.ORPHAN, reason="its document is gone", **known)
    if lot not in {1, 2}:
        return change
    path = "imageUrl" if lot == 1 else "enName"
    old, new = spec[path], spec[path].replace("front", "front-2").replace("Design", "Print")
    fields = (FieldChange(path, old, new, lot == 1, change.source),)
    action = Action.REPLACE if lot == 1 else Action.UPDATE
    return samples.change(change.address.name, action, after={**spec, path: new}, fields=fields, **known)


def _cost(render: Callable[[Plan], str], plan: Plan, runs: int) -> str:
    took = []
    for _ in range(runs):
        fresh = samples.plan(
            plan.changes, documents=plan.documents, files=plan.files
        )  # nothing is cached in it
        began = time.process_time()
        text = render(fresh)
        took.append((time.process_time() - began) * 1000)
    return f"{len(text.encode()):,} B, {statistics.median(took):,.0f} ms"


def _page(plans: Mapping[int, Plan], runs: int) -> None:
    """Open the page of each plan from disk in headless Chromium, and type into its filter."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        program = None
    if program is None:
        say("Without Chromium and Playwright the page is not opened.\n")
        return
    rows = []
    with a_folder() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_BROWSER)
        for count, plan in plans.items():
            note(f"the page of {count:,} changes")
            file = folder / f"{count}.html"
            file.write_text(plan_html(plan), encoding="utf-8")
            seen = [_seen(browser, file) for _ in range(runs)]
            rows.append((f"{count:,}", *_figures(seen), seen[0][3]))
        browser.close()
    say("In headless Chromium at 1280 × 900, milliseconds; a key until the list is painted again.\n")
    columns = ("changes", "first paint", "cards there", "first key", "median key", "slowest key", "cards")
    table(columns, rows)
    goals = f"{MOST_BYTES / 1e6:.0f} MB, first paint {FIRST_PAINT} ms, a key {KEYSTROKE} ms"
    say(f"Goals for 10,000 changes: {goals}.\n")


def _figures(seen: Sequence[tuple[float, float, list[float], int]]) -> list[str]:
    keys = sorted(key for one in seen for key in one[2])
    rows = [(paint, ready, typed[0]) for paint, ready, typed, _ in seen]
    medians = [statistics.median(column) for column in zip(*rows, strict=True)]
    return [f"{value:.0f}" for value in (*medians, statistics.median(keys), keys[-1])]


def _seen(browser: Any, file: Path) -> tuple[float, float, list[float], int]:
    """Return first paint, when the first cards stand there, each keystroke, and how many cards there are."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(file.as_uri())
    page.wait_for_selector("[data-index]")
    ready = page.evaluate("performance.now()")
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    keys = [page.evaluate(_TYPE, text) for text in _TYPED]
    cards = page.locator("[data-index]").count()
    page.close()
    return paint, ready, keys, cards


if __name__ == "__main__":
    main()
