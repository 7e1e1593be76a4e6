"""An audit as GitHub's Markdown: for a step summary, or an issue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from podsync.inventory.audit import AccountAudit
from podsync.inventory.products import ListedProduct, Standing
from podsync.output.audit import words
from podsync.output.markdown.escape import picture, plain, row, size
from podsync.output.wording import number

#: A step summary is dropped whole above 1,024 KiB; other steps write to it as well.
LIMIT = 600_000
_GROUPS, _NAMED, _MODELS = 50, 50, 30


def audit_markdown(audits: Sequence[AccountAudit], limit: int = LIMIT) -> str:
    """Return at most `limit` bytes: what does not fit is counted."""
    end = f"**{plain(words.summary_of(audits), 400)}**\n"
    left, kept, dropped = limit - size(end) - 200, [], 0
    for line in chain.from_iterable(map(_account, audits)):
        left -= size(line) + 1
        if left > 0:
            kept.append(line)
        else:
            dropped += 1
    if dropped:
        kept += [
            "",
            f"{number(dropped)} more lines do not fit here; all of it is in the page and in the table.",
        ]
    return "\n".join([*kept, "", end])


def _account(audit: AccountAudit) -> Iterator[str]:
    yield f"## {plain(words.account_of(audit))}"
    yield ""
    yield f"{plain(words.counts_of(audit), 400)}."
    for note in words.notes_of(audit):
        yield f"\n> {plain(note, 600)}"
    yield from _models(audit)
    yield from _groups(audit)
    found = audit.without_values
    if found:
        yield f"\n### Options without values ({number(len(found))})\n"
        yield "These cannot be ordered until somebody adds values."
        yield from _table(audit, found[:_NAMED], open_=True)
        yield from _rest(len(found))
    faulty = [one for one in audit.products if one.row.id in (audit.picture_faults or {})]
    if faulty:
        yield f"\n### Faults of pictures ({number(len(faulty))})\n"
        for one in faulty[:_NAMED]:
            line = words.line_of(audit, one)
            yield f"- {plain(line.name)} {plain(line.id)}: {plain('; '.join(line.picture_faults), 400)}"
        yield from _rest(len(faulty))
    for standing in words.STANDINGS:
        products = [one for one in audit.products if one.standing is standing]
        if products and standing is not Standing.MANAGED:
            yield f"\n### {standing.value.capitalize()} ({number(len(products))})\n"
            yield f"{words.STANDINGS[standing].capitalize()}."
            yield from _table(audit, products[:_NAMED])
            yield from _rest(len(products))


def _models(audit: AccountAudit) -> Iterator[str]:
    if not audit.by_model:
        return
    yield "\n| model | products |\n|---|---:|"
    for model, count in audit.by_model[:_MODELS]:
        yield f"| {plain(words.model_words(audit, model))} | {number(count)} |"
    yield from _rest(len(audit.by_model), _MODELS)


def _groups(audit: AccountAudit) -> Iterator[str]:
    for resemblance, (heading, meaning) in words.GROUPS.items():
        groups = [group for group in audit.groups if group.resemblance is resemblance]
        if not groups:
            continue
        yield f"\n### {heading} ({number(len(groups))})\n"
        yield f"{meaning.capitalize()}."
        for group in groups[:_GROUPS]:
            yield f"\n{plain(words.group_words(group))}"
            yield from _table(audit, group.products[:_NAMED])
        yield from _rest(len(groups), _GROUPS)


def _table(audit: AccountAudit, products: Sequence[ListedProduct], *, open_: bool = False) -> Iterator[str]:
    last = "no values for" if open_ else "here"
    yield f"\n| | name | id | model | made | {last} |\n|---|---|---|---|---|---|"
    for one in products:
        line = words.line_of(audit, one)
        front = next((url for _, url, problem in line.pictures if url and not problem), "")
        last = ", ".join(line.open_options) if open_ else line.address or line.standing
        identity = f"{line.visible_id} {line.id}".strip()
        cells = (line.name, identity, line.model_words, line.made, last)
        yield row([picture(front, line.name) if front else "", *map(plain, cells)])


def _rest(total: int, most: int = _NAMED) -> Iterator[str]:
    if total > most:
        yield f"\nand {number(total - most)} more"
