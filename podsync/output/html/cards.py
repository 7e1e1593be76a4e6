"""Pages of listed products: cards with pictures below counts that filter.

The pages are whole and escaped without their script, which only hides what was not asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from podsync.output.html.panels import text
from podsync.output.html.shell import asset, filled, in_one_function
from podsync.output.wording import number

#: (label, URL, problem) of a mock-up; only one without a problem is shown.
Picture = tuple[str, str, str]
#: (key of `data-is`, words, count): a count that filters.
Total = tuple[str, str, int]


def cards_page(
    title: str,
    *,
    headline: str,
    head: Sequence[str],
    totals: Iterable[Total],
    panels: str,
    hint: str,
    summary: str,
    products: Iterator[str],
) -> Iterator[str]:
    """Yield the page of a command, a piece at a time; texts but `panels` and `products` are escaped."""
    style = asset(__package__, "page.css") + asset(__package__, "cards.css")
    script = in_one_function([asset(__package__, "cards.js")])
    values = {
        "title": f"podsync {text(title)}",
        "headline": text(headline),
        "head": "".join(f"<p>{text(each)}</p>" for each in head),
        "totals": "".join(map(_total, totals)),
        "panels": panels,
        "hint": text(hint),
        "summary": text(summary),
    }
    for piece in filled(asset(__package__, "cards.html"), values, style, script):
        if piece is None:
            yield from products
        else:
            yield piece


def _total(total: Total) -> str:
    key, words, count = total
    if not count:
        return ""
    return (
        f'<li><button type="button" class="total" data-only="{key}" data-is="{key}" '
        f'aria-pressed="false"><b>{number(count)}</b> {text(words)}</button></li>'
    )


def section(
    key: str, heading: str, count: str, meaning: str, inner: Iterable[str], element: str = 'ul class="cards"'
) -> Iterator[str]:
    """Yield a section of cards or, in another `element`, of blocks of them; `inner` is markup."""
    words = text(meaning[:1].upper() + meaning[1:])
    yield (
        f'<section class="group {key}"><header data-part="{key}"><div class="title"><h2>{text(heading)} '
        f"<span>{text(count)}</span></h2></div><p>{words}</p></header>\n<{element}>\n"
    )
    yield from inner
    yield f"</{element.partition(' ')[0]}></section>\n"


def block(kind: str, heading: str, words: str, inner: Iterable[str]) -> Iterator[str]:
    """Yield a block of cards below what they have in common; `heading` and `inner` are markup."""
    head = f'<header>{heading}<p class="word">{text(words)}</p></header>'
    yield f'<div class="{kind}">{head}<ul class="cards">\n'
    yield from inner
    yield "</ul></div>\n"


def card(kinds: Sequence[str], identity: str, pictures: Sequence[Picture], name: str, inner: str) -> str:
    """Return a card; `kinds` are what the counts know it by, `inner` is markup. A document has no id."""
    attribute = f' data-id="{text(identity)}"' if identity else ""
    return (
        f'<li><article class="card" data-is="{text(" ".join(kinds))}"{attribute}>{_figures(pictures, name)}'
        f"{inner}</article></li>\n"
    )


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Return the facts of a product, without what is empty."""
    terms = (f"<dt>{text(key)}</dt><dd>{text(value)}</dd>" for key, value in rows if value)
    return f"<dl>{''.join(terms)}</dl>"


def _figures(pictures: Sequence[Picture], name: str) -> str:
    shown = [
        f'<figure><div class="pic"><img loading="lazy" decoding="async" referrerpolicy="no-referrer" '
        f'src="{text(url)}" alt="{text(f"{label}: {name}")}"></div>'
        f"<figcaption>{text(label)}</figcaption></figure>"
        for label, url, problem in pictures
        if url and not problem
    ]
    if not shown:
        return ""
    return f'<div class="pics{" one" if len(shown) == 1 else ""}">{"".join(shown)}</div>'
