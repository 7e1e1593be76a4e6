"""Drift as Markdown: for an issue, a comment, a step's summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from podsync.output.drift.words import Remedy, compared_text, drift_counts, drift_texts, remedies
from podsync.output.markdown.escape import code, plain
from podsync.plan.drift.values import Compared, Drift

#: Rows of a table; the rest is counted.
_MOST = 100
_LONGEST = 600


def drift_rows(drift: Sequence[Drift]) -> Iterator[str]:
    """Yield a heading and a table of what was changed there; nothing where nothing was."""
    if not drift:
        return
    yield f"### Not as podsync left it: {drift_counts(drift)}"
    yield ""
    yield "| | product | what | where |"
    yield "|---|---|---|---|"
    for each in drift_texts(drift[:_MOST]):
        what = "<br>".join(plain(line, _LONGEST) for line in (each.what, *each.details))
        yield f"| {each.word} | {code(each.address)} | {what} | {code(each.place) if each.place else ''} |"
    if len(drift) > _MOST:
        yield ""
        yield f"… and {len(drift) - _MOST} more (all of them are in `-o json`)"
    yield ""


def compared_rows(compared: Sequence[Compared]) -> Iterator[str]:
    """Yield what was compared, small."""
    sentences = [plain(sentence, _LONGEST) for sentence in compared_text(compared)]
    if sentences:
        yield f"<sub>{'<br>'.join(sentences)}</sub>"
        yield ""


def _remedy(remedy: Remedy, typed: Callable[[str], str]) -> str:
    commands = ", then ".join(code(typed(each)) for each in remedy.commands)
    return f"- {plain(remedy.words, _LONGEST)}{f': {commands}' if commands else '.'}"


def drift_markdown(
    drift: Sequence[Drift], compared: Sequence[Compared], last: str, typed: Callable[[str], str] = str
) -> str:
    """Return the whole report of `podsync drift`; `last` is its verdict."""
    lines = [f"**{plain(last, _LONGEST)}**", "", *drift_rows(drift)]
    found = [_remedy(remedy, typed) for remedy in remedies(drift, compared)]
    lines += [*found, ""] if found else []
    return "\n".join([*lines, *compared_rows(compared)])
