"""An audit for a terminal: what needs attention first, the rest counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from podsync.inventory.audit import AccountAudit
from podsync.inventory.lookalikes import LookAlikes
from podsync.inventory.products import Standing
from podsync.output.audit import words
from podsync.output.layout import facts, page, short_name, wrap
from podsync.output.style import PLAIN, Style
from podsync.output.wording import counted, number

#: So many are named before the rest is counted.
_NAMED, _GROUPS, _IN_GROUP, _MODELS = 10, 10, 12, 12


def audit_text(audits: Sequence[AccountAudit], style: Style = PLAIN, width: int = 100) -> str:
    """Return the audit of every account, then a line that sums them up."""
    lines: list[str] = []
    for audit in audits:
        lines += [*_account(audit, style, width), ""]
    return page([*lines, style.bold(words.summary_of(audits))])


def _account(audit: AccountAudit, style: Style, width: int) -> Iterator[str]:
    yield from wrap(f"{style.bold(words.account_of(audit))} lists {words.counts_of(audit)}", width, "", "  ")
    for note in words.notes_of(audit):
        yield from wrap(style.warn(note), width, "  ! ", "    ")
    if audit.by_model:
        models = [f"{words.model_words(audit, model)}: {number(count)}" for model, count in audit.by_model]
        more = [f"and {number(len(models) - _MODELS)} more"] if len(models) > _MODELS else []
        yield from facts(["by model", *models[:_MODELS], *more], width, "  ", "    ")
    yield from _groups(audit, style, width)
    yield from _open(audit, style, width)
    yield from _pictures(audit, style, width)
    for standing in words.STANDINGS:
        if standing is not Standing.MANAGED:
            yield from _standing(audit, standing, style, width)


def _groups(audit: AccountAudit, style: Style, width: int) -> Iterator[str]:
    for resemblance, (heading, meaning) in words.GROUPS.items():
        groups = [group for group in audit.groups if group.resemblance is resemblance]
        if not groups:
            continue
        yield ""
        yield from wrap(f"{style.bold(heading)} ({counted(len(groups), 'group')}): {meaning}", width)
        for group in groups[:_GROUPS]:
            yield from _group(audit, group, style, width)
        if len(groups) > _GROUPS:
            yield f"  and {counted(len(groups) - _GROUPS, 'group')} more"


def _group(audit: AccountAudit, group: LookAlikes, style: Style, width: int) -> Iterator[str]:
    """Yield what a group shares, then a line for each product."""
    lines = [words.line_of(audit, one) for one in group.products]
    shared = words.shared_of(lines)
    one_name = len({line.name for line in lines}) == 1
    named = f'"{short_name(lines[0].name)}"' if one_name else ""
    yield from facts([f"{words.group_words(group)}: {named}".rstrip(": "), *shared], width, "  ", "    ")
    for line in lines[:_IN_GROUP]:
        own = [fact for fact in line.facts if fact not in shared]
        name = "" if one_name else f'"{short_name(line.name)}"'
        yield from facts(
            [line.id, name, *own, style.dim(line.address or line.standing)], width, "    ", "      "
        )
    yield from _rest(len(lines), _IN_GROUP, "    ")


def _open(audit: AccountAudit, style: Style, width: int) -> Iterator[str]:
    found = audit.without_values
    if not found:
        return
    yield ""
    yield from wrap(
        f"{style.bold('Options without values')} ({counted(len(found), 'product')}): "
        f"cannot be ordered until somebody adds them {audit.provider.info.by_hand}",
        width,
    )
    for one in found[:_NAMED]:
        line = words.line_of(audit, one)
        yield from facts(
            [f'"{short_name(line.name)}"', line.id, f"no values for {', '.join(line.open_options)}"],
            width, "  ", "    ",
        )  # fmt: skip
    yield from _rest(len(found))


def _pictures(audit: AccountAudit, style: Style, width: int) -> Iterator[str]:
    if not audit.picture_faults:
        return
    yield ""
    count = counted(len(audit.picture_faults), "product")
    yield f"{style.bold('Pictures')} ({count}): what is wrong with them"
    for one in [each for each in audit.products if each.row.id in audit.picture_faults][:_NAMED]:
        line = words.line_of(audit, one)
        yield from facts([f'"{short_name(line.name)}"', line.id], width, "  ", "    ")
        for fault in line.picture_faults:
            yield from wrap(fault, width, "    ! ", "      ")
    yield from _rest(len(audit.picture_faults))


def _standing(audit: AccountAudit, standing: Standing, style: Style, width: int) -> Iterator[str]:
    found = [one for one in audit.products if one.standing is standing]
    if not found:
        return
    yield ""
    heading = f"{style.bold(standing.value.capitalize())} ({number(len(found))})"
    yield from wrap(f"{heading}: {words.STANDINGS[standing]}", width)
    for one in found[:_NAMED]:
        line = words.line_of(audit, one)
        where = [style.dim(line.address)] if line.address else []
        yield from facts([f'"{short_name(line.name)}"', line.id, *line.facts, *where], width, "  ", "    ")
    yield from _rest(len(found))


def _rest(total: int, most: int = _NAMED, indent: str = "  ") -> Iterator[str]:
    if total > most:
        yield f"{indent}and {number(total - most)} more"
