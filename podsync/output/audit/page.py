"""An audit as one self-contained page with pictures: look-alikes side by side, then every product.

It is written here whole and escaped; its script only hides what was not asked for, so that it can be read
without one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from podsync.inventory.audit import AccountAudit
from podsync.inventory.lookalikes import LookAlikes
from podsync.inventory.products import Standing
from podsync.output.audit import words
from podsync.output.html.panels import text
from podsync.output.html.shell import asset, filled, in_one_function
from podsync.output.wording import counted, number, title

_STYLE = "podsync.output.html"


def audit_page(audits: Sequence[AccountAudit]) -> Iterator[str]:
    """Yield the page, a product at a time."""
    style = asset(_STYLE, "page.css") + asset(__package__, "audit.css")
    script = in_one_function([asset(__package__, "audit.js")])
    for piece in filled(asset(__package__, "audit.html"), _values(audits), style, script):
        if piece is None:
            yield from _products(audits)
        else:
            yield piece


def _values(audits: Sequence[AccountAudit]) -> dict[str, str]:
    unmanaged = sum(audit.counts[Standing.UNMANAGED] for audit in audits)
    total = sum(len(audit.products) for audit in audits)
    notes = [text(f"{title(a.provider.name)}: {note}") for a in audits for note in words.notes_of(a)]
    models = sum(len(audit.by_model) for audit in audits)
    return {
        "headline": text(f"{counted(total, 'product')}, {number(unmanaged)} without a document"),
        "head": "".join(f"<p>{text(f'{words.account_of(a)}: {words.counts_of(a)}.')}</p>" for a in audits),
        "notes": f'<section class="panel warn">{"".join(f"<p>{n}</p>" for n in notes)}</section>'
        if notes
        else "",
        "totals": "".join(_totals(audits)),
        "models": text(f"{counted(models, 'model')}: how many products of each"),
        "counts": "".join(_models(audits)),
        "summary": text(words.summary_of(audits)),
    }


def _totals(audits: Sequence[AccountAudit]) -> Iterator[str]:
    alike = {(a.provider.name, one.row.id) for a in audits for g in a.groups for one in g.products}
    counts = [
        *(
            (standing.value, standing.value, sum(a.counts[standing] for a in audits))
            for standing in words.STANDINGS
        ),
        ("alike", "look alike", len(alike)),
        ("open", "cannot be ordered yet", sum(len(a.without_values) for a in audits)),
        ("faulty", "faults of pictures", sum(len(a.picture_faults or ()) for a in audits)),
    ]
    for word, label, count in counts:
        if count:
            key = word.replace(" ", "-")
            yield (
                f'<li><button type="button" class="total" data-only="{key}" data-is="{key}" '
                f'aria-pressed="false"><b>{number(count)}</b> {text(label)}</button></li>'
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
            yield _head("alike", f"{heading} <span>{counted(len(groups), 'group')}</span>", meaning)
            yield '<div class="blocks">\n'
            for audit, group in groups:
                yield from _block(audit, group)
            yield "</div></section>\n"
    for audit in audits:
        standing = ""
        for line in words.lines_of(audit):
            if line.standing != standing:
                yield "</ul></section>\n" if standing else ""
                standing = line.standing
                which = Standing(standing)
                heading = f"{text(standing.capitalize())} at {text(title(audit.provider.name))}"
                count = f"{heading} <span>{number(audit.counts[which])}</span>"
                yield _head(standing.replace(" ", "-"), count, words.STANDINGS[which])
                yield '<ul class="cards">\n'
            yield _card(line, "h3")
        yield "</ul></section>\n" if standing else ""


def _head(key: str, heading: str, meaning: str) -> str:
    sentence = text(meaning[:1].upper() + meaning[1:])
    return (
        f'<section class="group {key}"><header data-part="{key}"><div class="title"><h2>{heading}</h2></div>'
        f"<p>{sentence}</p></header>\n"
    )


def _block(audit: AccountAudit, group: LookAlikes) -> Iterator[str]:
    """Yield what they share, said once, then a card for each."""
    lines = [words.line_of(audit, one) for one in group.products]
    names, shared = {line.name for line in lines}, words.shared_of(lines)
    heading = f"<h3>{text(lines[0].name)}</h3>" if len(names) == 1 else ""
    summary = text(" · ".join([words.group_words(group), *shared]))
    yield f'<div class="block"><header>{heading}<p class="word">{summary}</p></header><ul class="cards">\n'
    for line in lines:
        yield _card(line, "" if heading else "h4", shared)
    yield "</ul></div>\n"


def _card(line: words.ProductLine, level: str, shared: Collection[str] = ()) -> str:
    """Return a card; without a level it has no name, and never what all around it share."""
    kinds = [line.standing.replace(" ", "-")]
    kinds += ["open"] if line.open_options else []
    kinds += ["faulty"] if line.picture_faults else []
    identity = text(line.id)
    name = f"<{level}>{text(line.name) or '<i>no name</i>'}</{level}>" if level else ""
    where = f" <small>{text(line.address)}</small>" if line.address else ""
    risks = [f"no values for {', '.join(line.open_options)}"] if line.open_options else []
    risks += [f"{label}: {problem}" for label, _, problem in line.pictures if problem]
    problems = "".join(f'<p class="risk">{text(each)}</p>' for each in (*risks, *line.picture_faults))
    stand = f'<p class="stand" data-is="{text(kinds[0])}">{text(line.standing)}{where}</p>'
    return (
        f'<li><article class="card" data-is="{text(" ".join(kinds))}" data-id="{identity}">{_pictures(line)}'
        f"{name}{stand}{_facts(line, shared)}{problems}</article></li>\n"
    )


def _facts(line: words.ProductLine, shared: Collection[str]) -> str:
    rows = [
        ("id", f"{line.visible} · {line.id}" if line.visible else line.id),
        ("model", line.model_words if line.model else ""),
        ("made", line.made),
        ("price", line.price),
        ("orders", line.orders),
        ("for", line.customers),
    ]
    shown = [(key, value) for key, value in rows if value and f"{key} {value}" not in shared]
    return f"<dl>{''.join(f'<dt>{key}</dt><dd>{text(value)}</dd>' for key, value in shown)}</dl>"


def _pictures(line: words.ProductLine) -> str:
    shown = [
        f'<figure><div class="pic"><img loading="lazy" decoding="async" referrerpolicy="no-referrer" '
        f'src="{text(url)}" alt="{text(f"{label}: {line.name}")}"></div>'
        f"<figcaption>{label}</figcaption></figure>"
        for label, url, problem in line.pictures
        if url and not problem
    ]
    if not shown:
        return ""
    return f'<div class="pics{" one" if len(shown) == 1 else ""}">{"".join(shown)}</div>'
