"""What an apply did, as Markdown for a step's summary (`apply -o markdown`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from podsync import __version__
from podsync.apply.report import Outcome, Report, Result, report_line
from podsync.model.address import Address
from podsync.output.markdown.escape import code, link, placed, plain, row, size, written
from podsync.output.markdown.fit import Section, fitted
from podsync.output.markdown.plan import COMMENT, above
from podsync.output.next_steps import next_steps
from podsync.output.product import name_of
from podsync.output.text.change import leaves_behind, name_left
from podsync.output.text.outcome import meaning, word_of
from podsync.output.text.plan_head import accounts
from podsync.output.text.report import LEAVING, safety_text, stopped_texts
from podsync.output.wording import by_hand, counted, number, sentences, title, visible_id
from podsync.plan.change import Change

_MOST_NOTES = 10
#: Characters of a line of a step, and bytes of all steps.
_STEP, _STEPS = 500, 6_000
#: Characters of a provider with host and account: enough for all of it.
_HOST = 1_000
_MARKS: Mapping[Result, str] = {Result.FAILED: "✗ ", Result.IN_DOUBT: "? ", Result.NOT_TRIED: "– "}
_DONE = (
    Result.REPLACED, Result.ORPHANED, Result.CREATED, Result.UPDATED, Result.ADOPTED, Result.RESTORED,
    Result.SETTLED, Result.MOVED, Result.NOTED,
)  # fmt: skip
_TROUBLE_HEAD = "| product | why | where |\n|---|---|---|"
_DONE_HEAD = "| product | name | id | where |\n|---|---|---|---|"


def report_markdown(
    report: Report, *, limit: int = COMMENT, command: str = "", place: str = "", where: str = ""
) -> str:
    """Return at most `limit` bytes: what happened, what is left, what to do next.

    `command` goes on with what is left, `place` is where the same can be clicked, `where` the run's page.
    """
    first = above(report.plan.environment, sandbox=report.plan.sandbox)
    first += [f"**{report_line(report)}**", ""]
    for text in stopped_texts(report)[:_MOST_NOTES]:
        first += [f"⚠ {plain(text, 300)}", ""]
    first += [*_counts(report), *_next(report, command, place)]
    below = [line for note in report.notes[:_MOST_NOTES] for line in (plain(note, 300), "")]
    plan = report.plan.hash.removeprefix("sha256:")[:12]
    went_to = "".join(f" · {plain(each, _HOST)}" for each in accounts(report.plan.hosts))
    below += [f"`{report_line(report)}`", "", f"<sub>plan `{plan}`{went_to} · podsync {__version__}</sub>"]
    room = limit - sum(map(size, [*first, *below]))
    rest = link("all of them are in the run", where) if where else "all of them are in `-o json`"
    return "\n".join([*first, *fitted(list(_sections(report)), room, rest), *below]) + "\n"


def _counts(report: Report) -> Iterator[str]:
    found = [(result, count) for result, count in report.counts.items() if count]
    if found:
        yield row(f"{_MARKS.get(result, '')}{word_of(result)}" for result, _ in found)
        yield row("---" for _ in found)
        yield row(number(count) for _, count in found)
        yield ""


def _next(report: Report, command: str, place: str) -> Iterator[str]:
    """Yield that nothing has to be undone, and what to do now."""
    safety = safety_text(report)
    if safety:
        yield from (safety, "")
    steps, more = next_steps(report, command, place)
    if not steps:
        return
    blocks = [
        [
            f"{code(step.text, _STEP)}{f' {plain(step.place)}' if step.place else ''}",
            *(f"   - {code(line, _STEP)}" for line in step.either),
        ]
        for step in steps
    ]
    last = blocks.pop()
    while blocks and sum(size(line) for block in blocks for line in block) > _STEPS:
        blocks.pop()
        more += 1
    yield from ("### Next", "")
    for index, (safety, *either) in enumerate([*blocks, last], 1):
        yield from (f"{index}. {safety}", *either)
    if more:
        yield from ("", f"… and {counted(more, 'more step')} before the last one")
    yield ""


def _sections(report: Report) -> Iterator[Section]:
    changes = {change.address: change for change in report.plan.changes}
    found: dict[Result, list[Outcome]] = {result: [] for result in Result}
    for outcome in report.outcomes:
        found[outcome.result].append(outcome)

    above = set(report.stopped.values())
    stopped = [one for one in found[Result.NOT_TRIED] if one.error in above]
    found[Result.NOT_TRIED] = [one for one in found[Result.NOT_TRIED] if one.error not in above]
    for result in (Result.FAILED, Result.IN_DOUBT, Result.NOT_TRIED):
        if found[result]:
            words = f"{number(len(found[result]))} {word_of(result)}"
            yield Section(
                words,
                found[result],
                partial(_trouble, changes=changes),
                _brief,
                risky=True,
                head=_TROUBLE_HEAD,
            )
    if stopped:
        words = f"{number(len(stopped))} {word_of(Result.NOT_TRIED)}: it had stopped (see above)"
        yield Section(words, stopped, partial(_placed, changes=changes), _brief, risky=True)
    ended = [one for result in LEAVING for one in found[result] if one.address in changes]
    old = [one for one in ended if leaves_behind(changes[one.address])]
    if old:
        words = f"{counted(len(old), 'product')} to remove by hand"
        yield Section(words, old, lambda one: _removal(changes[one.address], one))
    for result in _DONE:
        if found[result]:
            words = f"{number(len(found[result]))} {word_of(result)}"
            yield Section(words, found[result], partial(_done, changes=changes), _brief, head=_DONE_HEAD)


def _brief(outcome: Outcome) -> str:
    return f"- `{outcome.address}`"


def _placed(outcome: Outcome, changes: Mapping[Address, Change]) -> str:
    return " · ".join(filter(None, (_brief(outcome), _place(outcome, changes))))


def _trouble(outcome: Outcome, changes: Mapping[Address, Change]) -> str:
    return row([code(str(outcome.address)), plain(meaning(outcome), 600), _place(outcome, changes)])


def _done(outcome: Outcome, changes: Mapping[Address, Change]) -> str:
    change = changes.get(outcome.address)
    spec = (change.after or change.before or {}) if change is not None else {}
    provider = outcome.provider
    name, shown = name_of(provider, spec), visible_id(provider, outcome.remote) or written(outcome.id or "")
    return row([code(str(outcome.address)), plain(name), plain(shown, 60), _place(outcome, changes)])


def _place(outcome: Outcome, changes: Mapping[Address, Change]) -> str:
    change = changes.get(outcome.address)
    return placed(outcome.source or (change.source if change is not None else None))


def _removal(change: Change, outcome: Outcome) -> str:
    which = sentences([plain(visible_id(change.provider, change.shown), 40), code(str(change.address))])
    name = plain(name_left(change, outcome.leaves))
    return f"- remove {plain(title(change.provider))} {which} “{name}” {plain(by_hand(change.provider))}"
