"""What a person does after an apply, in the order in which it helps: the apply comes last."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from podsync.apply.report import Outcome, Report
from podsync.output.wording import some

#: So many steps are shown; the rest is counted.
MOST = 20
_NAMED = 6
#: Alternatives begin so: `a) `.
_LETTER = re.compile(r"[a-z]+\) ")


class Step(NamedTuple):
    """One step, not escaped: what to do, the alternatives of a decision, and where it can be clicked."""

    text: str
    either: tuple[str, ...] = ()
    place: str = ""


def next_steps(report: Report, command: str, place: str = "") -> tuple[list[Step], int]:
    """Return the steps, and the number of further ones for a person.

    `command` is the apply of what is left. It comes last, unless it would end the same way.
    """
    steps = [*_steps("", report.next), *_of_products(report.outcomes)]
    more = max(0, len(steps) - MOST)
    steps = steps[:MOST]
    said = any(command in line for step in steps for line in (step.text, *step.either))
    if command and report.goes_on and not said:
        steps.append(Step(command, place=place))
    return steps, more


def _of_products(outcomes: Sequence[Outcome]) -> Iterator[Step]:
    """Yield what has to be done about products; what is the same for several is one step."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for outcome in outcomes:
        if outcome.next:
            groups.setdefault(outcome.next, []).append(outcome.address.name)
    for lines, names in groups.items():
        yield from _steps(some(names, _NAMED), lines)


def _steps(name: str, lines: Sequence[str]) -> Iterator[Step]:
    """Yield a step for each line; lines that begin with a letter are alternatives of the line before them."""
    text, either = name, list[str]()
    for line in lines:
        if _LETTER.match(line):
            either.append(line)
            continue
        if either or text != name:
            yield Step(text, tuple(either))
        text, either = f"{name}: {line}" if name else line, []
    if text != name or either:
        yield Step(text, tuple(either))
