"""What an apply did, as people read it at its end: complete, and short when all went well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from podsync.apply.report import LEFT, Outcome, Report, Result, report_line
from podsync.output.escape import safe
from podsync.output.layout import GAP, beside, facts, page, spaced, wrap
from podsync.output.next_steps import next_steps
from podsync.output.product import quoted
from podsync.output.style import Style
from podsync.output.text.change import leaves_behind, name_left
from podsync.output.text.outcome import meaning, paint, trouble_lines, word_of
from podsync.output.text.plan_head import STAYS, accounts, banners
from podsync.output.wording import by_hand, listed, number, run_name, sentences, title, visible_id
from podsync.plan.change import Change
from podsync.plan.model import Plan

#: So many failed or doubtful products are explained one by one; the rest is counted.
_MOST = 20
_NAMED = 6
_REST = "(all with -o json)"

_SIGNALS: Mapping[int, str] = {2: "Ctrl-C (SIGINT)", 15: "SIGTERM"}
_MEANING: Mapping[Result, str] = {
    Result.SETTLED: "what was in doubt is known now",
    Result.ADOPTED: "existed already and now belong to the state; nothing was sent",
    Result.RESTORED: "orphans, taken back",
    Result.MOVED: "under a new address; nothing was sent",
    Result.NOTED: "kept in the state: what no request changes; nothing was sent",
    Result.REPLACED: f"each old product {STAYS}",
    Result.ORPHANED: f"each {STAYS}",
}


def apply_head(
    plan: Plan, *, style: Style, width: int = 80, approved: bool = False, run: str = "", sandbox: bool = False
) -> str:
    """Return what apply says before it begins: which plan, which accounts, which state."""
    above = banners(plan.environment, sandbox=sandbox)
    lines = [line for each in above for line in wrap(style.bold(each), width)]
    applying = f"Applying {plan.hash.removeprefix('sha256:')[:12]}" + (", as approved" if approved else "")
    state = f"state {safe(plan.state_label)}" if plan.state_label else ""
    parts = [applying, ", ".join(accounts(plan.hosts)), state, run_name(run) if run else ""]
    return page([*lines, *facts(parts, width, "", GAP)])


def report_text(
    report: Report,
    *,
    style: Style,
    width: int = 80,
    command: str,
    place: str = "",
    typed: Callable[[str], str] = str,
) -> str:
    """Return the final report; the last line is the frozen one.

    `command` is the whole command that goes on with what is left, with the options of this run.
    `place` is where the same can be clicked, in CI. `typed` returns a text with each command in it as it has
    to be typed.
    """
    blocks = [
        _stopped(report, style, width),
        _results(report, style, width),
        _left_for_a_person(report, width, typed),
        (line for note in report.notes for line in wrap(safe(note), width, "", GAP)),
        wrap(safety, width) if (safety := safety_text(report)) else (),
    ]
    return page([*spaced(blocks), *_next(report, width, command, place), report_line(report)])


def stopped_texts(report: Report) -> list[str]:
    """Return why it did not go on, the most important first; already safe."""
    texts = []
    if report.refused is not None:
        texts.append(f"Refused: {safe(report.refused).rstrip('.')}. Nothing was sent.")
    if report.signal is not None:
        who = _SIGNALS.get(report.signal, f"signal {report.signal}")
        texts.append(f"Stopped by {who}. What was known by then is saved in the state.")
    for provider, why in sorted(report.stopped.items()):
        reason = safe(why).rstrip(".")
        texts.append(f"Stopped at {title(provider)}: {reason}. Nothing more was sent there.")
    return texts


def _stopped(report: Report, style: Style, width: int) -> Iterator[str]:
    """Say first why it did not go on."""
    for text in stopped_texts(report):
        paint_line = str if text.startswith("Stopped by ") else style.bad
        yield from (paint_line(line) for line in wrap(text, width, "", GAP))


def _results(report: Report, style: Style, width: int) -> Iterator[str]:
    """Yield a count for each result, and what is behind it where something is left."""
    found = {result: [one for one in report.outcomes if one.result is result] for result in Result}
    if not report.left and report.signal is None and not report.broke_off:
        found = {result: ones for result, ones in found.items() if result in _MEANING}
    figures = max((len(number(len(ones))) for ones in found.values() if ones), default=1)
    words = max((len(word_of(result)) for result, ones in found.items() if ones), default=0)
    for result, ones in found.items():
        if ones:
            label = f"{GAP}{number(len(ones)):>{figures}} {word_of(result):<{words}}   "
            lines = list(_behind(result, ones, report, style, width, " " * len(label)))
            yield paint(result, label, style) + lines[0].removeprefix(" " * len(label))
            yield from lines[1:]


def _behind(
    result: Result, ones: Sequence[Outcome], report: Report, style: Style, width: int, indent: str
) -> Iterator[str]:
    """Yield what a count stands for, each line with `indent`."""
    if result is Result.NOT_TRIED:
        yield from _not_tried(ones, report, width, indent)
    elif result in LEFT:
        sources = {change.address: change.source for change in report.plan.changes}
        groups: dict[str, list[Outcome]] = {}
        for one in ones[:_MOST]:
            groups.setdefault(meaning(one), []).append(one)
        for alike in groups.values():
            places = [one.source or sources.get(one.address) for one in alike]
            yield from trouble_lines(alike, places, style, width, len(indent))
        if len(ones) > _MOST:
            yield f"{indent}… and {number(len(ones) - _MOST)} more {_REST}"
    else:
        yield from wrap(_MEANING.get(result) or _where(ones, report), width, indent)


def _not_tried(ones: Sequence[Outcome], report: Report, width: int, indent: str) -> Iterator[str]:
    """Name the changes by reason; what stopped all of them is said above."""
    above = report.refused is not None or report.signal is not None
    said = {None, *(one.error for one in ones if above), *report.stopped.values()}
    groups: dict[str | None, list[Outcome]] = {}
    for one in ones:
        groups.setdefault(None if one.error in said else one.error, []).append(one)
    for reason, group in list(groups.items())[:_MOST]:
        yield from wrap(_addresses(group), width, indent)
        if reason is not None:
            yield from wrap(safe(reason), width, indent + GAP)
    left = sum(len(group) for group in list(groups.values())[_MOST:])
    if left:
        yield f"{indent}… and {number(left)} more {_REST}"


def _where(ones: Sequence[Outcome], report: Report) -> str:
    counts = Counter(title(one.provider) for one in ones)
    places = [f"{number(count)} at {name}" for name, count in sorted(counts.items())]
    there = f"at {next(iter(counts))}" if len(counts) == 1 else listed(places)
    return there if report.broke_off else f"{there}, and in the state"


def _addresses(ones: Sequence[Outcome]) -> str:
    """Name the first few; the kind is said when it changes."""
    words, kind = [], ""
    for one in ones[:_NAMED]:
        words.append(str(one.address) if one.address.kind != kind else one.address.name)
        kind = one.address.kind
    more = f" and {number(len(ones) - _NAMED)} more {_REST}" if len(ones) > _NAMED else ""
    return ", ".join(words) + more


def _left_for_a_person(report: Report, width: int, typed: Callable[[str], str]) -> Iterator[str]:
    """Name what stays on sale now, by the ids that people see."""
    changes = {change.address: change for change in report.plan.changes}
    done = [one for one in report.outcomes if one.result in LEAVING]
    ended = [(changes[one.address], one) for one in done if one.address in changes]
    old = [(change, one) for change, one in ended if leaves_behind(change)]
    if old:
        yield typed("Then by hand (listed again: podsync state orphans)")
    for change, one in old[:_MOST]:
        yield from wrap(_removal(change, one), width, GAP, GAP * 2)
    if len(old) > _MOST:
        yield f"{GAP}… and {number(len(old) - _MOST)} more"


#: Results by which a product may be left for a person to remove.
LEAVING = (Result.REPLACED, Result.ORPHANED, Result.UPDATED)


def _removal(change: Change, outcome: Outcome) -> str:
    which = [visible_id(change.provider, change.shown), quoted(name_left(change, outcome.leaves), 60)]
    return sentences(["remove", *which, by_hand(change.provider)])


def safety_text(report: Report) -> str:
    """Say what people fear after a failure, and that they need not; "" when nothing is left."""
    if not report.left or report.refused is not None:
        return ""
    left, asked = report.left - report.asked, report.asked
    person = f"{number(asked)} {'waits' if asked == 1 else 'wait'} for a person (see Next)"
    others = "the one that is left" if left == 1 else f"the {number(left)} that are left"
    rest = [f"it does {others}" if left else "", person if asked else ""]
    return (
        f"{_sent_again(report)}Nothing has to be undone. Running apply again is safe: "
        f"{', and '.join(part for part in rest if part)}."
    )


def _sent_again(report: Report) -> str:
    """Say whether anything was sent a second time; "" of a run that broke off, of which nobody can say."""
    if report.broke_off:
        return ""
    if not report.repeated:
        return "Nothing was sent twice. "
    one = report.repeated == 1
    whose = "a product of its first request" if one else "products of their first requests"
    was = "create was" if one else "creates were"
    return f"{number(report.repeated)} {was} sent again: no listing had shown {whose}. "


def _next(report: Report, width: int, command: str, place: str) -> list[str]:
    steps, more = next_steps(report, command, place)
    lines = ["Next"] if steps else []
    for index, step in enumerate(steps, 1):
        label = f"{GAP}{index}. "
        indent = " " * len(label)
        if step.text == command:
            if more:
                lines.append(f"{GAP}… and {number(more)} more {_REST}")
            lines += beside(label + command, f"or: {safe(step.place)}" if step.place else "", width, indent)
            more = 0
        else:
            lines += wrap(safe(step.text), width, label, indent)
        for line in step.either:
            lines += wrap(safe(line), width, indent + GAP, indent + GAP + "   ")
    if more:
        lines.append(f"{GAP}… and {number(more)} more {_REST}")
    return lines
