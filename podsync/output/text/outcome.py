"""How one change ended, on one line while apply runs and on a few in the final report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from podsync.apply.report import Outcome, Result
from podsync.model.position import Position
from podsync.output.escape import safe
from podsync.output.layout import GAP, beside, cells, head_of, pad, page, wrap
from podsync.output.style import Style
from podsync.output.wording import number, place_of, second, time_of_day, visible_id
from podsync.plan.action import SYMBOLS, Action

#: The word for a result, where it is not the result's own.
WORDS: Mapping[Result, str] = {Result.IN_DOUBT: "in doubt", Result.NOT_TRIED: "not tried"}
#: Results that are not what was planned, beside the symbols of the actions.
_MARKS: Mapping[Result, str] = {Result.FAILED: "!", Result.IN_DOUBT: "?", Result.NOT_TRIED: " "}
_ADDRESS_COLUMNS = 34


def word_of(result: Result) -> str:
    """Return the result as people read it."""
    return WORDS.get(result, result.value)


def outcome_line(outcome: Outcome, done: int, total: int, style: Style, width: int = 80) -> str:
    """Return the line that apply prints when a change has ended, without a newline at its end."""
    mark = _MARKS.get(outcome.result, SYMBOLS[outcome.action])
    word = paint(outcome.result, word_of(outcome.result), style)
    left = f"{mark:<4}{pad(str(outcome.address), _ADDRESS_COLUMNS)}{GAP}{word}"
    counter = f"{number(done)}/{number(total)}"
    detail = visible_id(outcome.provider, outcome.remote) if outcome.error is None else safe(outcome.error)
    room = width - cells(left) - cells(counter) - 2 * len(GAP)
    if detail and room >= 12:
        left += GAP + (detail if cells(detail) <= room else head_of(detail, room - 1) + "…")
    return page([GAP.join(beside(left, style.dim(counter), width, ""))]).rstrip("\n")


def paint(result: Result, text: str, style: Style) -> str:
    """Colour by how it ended; the word says the same."""
    if result is Result.FAILED:
        return style.bad(text)
    if result is Result.IN_DOUBT:
        return style.warn(text)
    return style.dim(text) if result is Result.NOT_TRIED else style.good(text)


def trouble_lines(
    outcomes: Sequence[Outcome], sources: Sequence[Position | None], style: Style, width: int, columns: int
) -> Iterator[str]:
    """Yield which products they are about, and once what all of them mean; all indented by `columns`."""
    indent = " " * columns
    for outcome, source in zip(outcomes, sources, strict=True):
        place = style.dim(place_of(source))
        yield from beside(indent + style.bold(str(outcome.address)), place, width, indent + GAP)
    alike = f"{number(len(outcomes))} times: " if len(outcomes) > 1 else ""
    yield from wrap(alike + meaning(outcomes[0]), width, indent + GAP)


def meaning(outcome: Outcome) -> str:
    """Say why it ended so; of a doubt since when, who can end it, and from when on it is known for sure."""
    if outcome.result is not Result.IN_DOUBT:
        return _sentence(outcome)
    if outcome.step and not outcome.attempts:
        return f"{_sentence(outcome)} A person has to say it (see Next)."
    sent = "sent" if outcome.since is None else f"sent {second(outcome.since)}"
    return f"{sent}: {_sentence(outcome)} {_end_of_doubt(outcome)}"


def _end_of_doubt(outcome: Outcome) -> str:
    updating = outcome.action is Action.UPDATE and not outcome.step
    if outcome.next:
        return f"{'A' if updating else 'Not sent again: a'} person has to say what became of it (see Next)."
    if updating:
        return "It sets values: the next apply sends it again."
    until = ""
    if outcome.until is not None:
        until = f" and is sure from {time_of_day(outcome.until, on=outcome.since or outcome.until)} on"
    return f"Not sent again; the next apply looks for it{until}."


def _sentence(outcome: Outcome) -> str:
    text = safe(outcome.error or "no clear answer")
    return text if text.endswith((".", "!", "?")) else f"{text}."
