"""An audit as one self-contained page: look-alikes side by side, then every product."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain

from podsync.inventory.audit import AccountAudit
from podsync.inventory.lookalikes import LookAlikes
from podsync.inventory.products import Standing
from podsync.output.audit import words
from podsync.output.html.cards import Total, block, card, cards_page, facts, section
from podsync.output.html.panels import text
from podsync.output.wording import counted, number, title


def audit_page(audits: Sequence[AccountAudit]) -> Iterator[str]:
    """Yield the page, a product at a time."""
    unmanaged = sum(audit.counts[Standing.UNMANAGED] for audit in audits)
    total = sum(len(audit.products) for audit in audits)
    yield from cards_page(
        "audit",
        headline=f"{counted(total, 'product')}, {number(unmanaged)} without a document",
        head=[f"{words.account_of(a)}: {words.counts_of(a)}." for a in audits],
        totals=_totals(audits),
        panels=notes_panel(audits) + _models_panel(audits),
        hint="name, id, SPU, model, customer …",
        summary=words.summary_of(audits),
        products=_products(audits),
    )


def notes_panel(audits: Sequence[AccountAudit]) -> str:
    """Return the panel of what a reader has to know of the readings; "" for nothing."""
    notes = [text(f"{title(a.provider.name)}: {note}") for a in audits for note in words.notes_of(a)]
    return f'<section class="panel warn">{"".join(f"<p>{n}</p>" for n in notes)}</section>' if notes else ""


def _totals(audits: Sequence[AccountAudit]) -> Iterator[Total]:
    alike = {(a.provider.name, one.row.id) for a in audits for g in a.groups for one in g.products}
    for standing in words.STANDINGS:
        yield _key(standing.value), standing.value, sum(a.counts[standing] for a in audits)
    yield "alike", "look alike", len(alike)
    yield "open", "cannot be ordered yet", sum(len(a.without_values) for a in audits)
    yield "faulty", "faults of pictures", sum(len(a.picture_faults or ()) for a in audits)


def _key(standing: str) -> str:
    return standing.replace(" ", "-")


def _models_panel(audits: Sequence[AccountAudit]) -> str:
    models = sum(len(audit.by_model) for audit in audits)
    summary = text(f"{counted(models, 'model')}: how many products of each")
    well = "".join(_models(audits))
    return (
        f'<details class="panel models"><summary>{summary}</summary><div class="well">{well}</div></details>'
    )


def _models(audits: Sequence[AccountAudit]) -> Iterator[str]:
    for audit in audits:
        for model, count in audit.by_model:
            mark = ' class="left"' if audit.has_left(model) else ""
            yield f"<p{mark}><span>{text(words.model_words(audit, model))}</span><b>{number(count)}</b></p>"


def _products(audits: Sequence[AccountAudit]) -> Iterator[str]:
    for resemblance, (heading, meaning) in words.GROUPS.items():
        groups = [(a, group) for a in audits for group in a.groups if group.resemblance is resemblance]
        if groups:
            blocks = chain.from_iterable(_block(audit, group) for audit, group in groups)
            count = counted(len(groups), "group")
            yield from section("alike", heading, count, meaning, blocks, 'div class="blocks"')
    for audit in audits:
        for standing, meaning in words.STANDINGS.items():
            if audit.counts[standing]:
                heading = f"{standing.value.capitalize()} at {title(audit.provider.name)}"
                cards = (
                    _card(words.line_of(audit, one), "h3")
                    for one in audit.products
                    if one.standing is standing
                )
                yield from section(
                    _key(standing.value), heading, number(audit.counts[standing]), meaning, cards
                )


def _block(audit: AccountAudit, group: LookAlikes) -> Iterator[str]:
    """Yield what a group shares, then a card for each product."""
    lines = [words.line_of(audit, one) for one in group.products]
    names, shared = {line.name for line in lines}, words.shared_of(lines)
    heading = f"<h3>{text(lines[0].name)}</h3>" if len(names) == 1 else ""
    cards = (_card(line, "" if heading else "h4", shared) for line in lines)
    return block("block", heading, " · ".join([words.group_words(group), *shared]), cards)


def _card(line: words.ProductLine, level: str, shared: Collection[str] = ()) -> str:
    """Return a card; without a `level` it has no name, and it never repeats what is `shared`."""
    kinds = [_key(line.standing)]
    kinds += ["open"] if line.open_options else []
    kinds += ["faulty"] if line.picture_faults else []
    name = f"<{level}>{text(line.name) or '<i>no name</i>'}</{level}>" if level else ""
    where = f" <small>{text(line.address)}</small>" if line.address else ""
    stand = f'<p class="stand" data-is="{text(kinds[0])}">{text(line.standing)}{where}</p>'
    rows = facts(row for row in product_rows(line) if f"{row[0]} {row[1]}" not in shared)
    return card(kinds, line.id, line.pictures, line.name, f"{name}{stand}{rows}{risks(line)}")


def product_rows(line: words.ProductLine) -> Iterator[tuple[str, str]]:
    """Yield the facts of a listed product by which people tell it from others."""
    yield "id", f"{line.visible_id} · {line.id}" if line.visible_id else line.id
    yield "model", line.model_words if line.model else ""
    yield "made", line.made
    yield "price", line.price
    yield "orders", line.orders
    yield "for", line.customers


def risks(line: words.ProductLine) -> str:
    """Return what is wrong with a listed product, as markup."""
    problems = [f"no values for {', '.join(line.open_options)}"] if line.open_options else []
    problems += [f"{label}: {problem}" for label, _, problem in line.pictures if problem]
    return "".join(f'<p class="risk">{text(each)}</p>' for each in (*problems, *line.picture_faults))
