"""Documents beside the listed products that may be theirs, as one self-contained page with pictures.

Each document is a block: its own card, then one for each product that may be it, with what is equal, what
differs, and the commands by which a person answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from podsync.inventory.lookalikes import LookAlikes, Resemblance
from podsync.inventory.pairs import Candidate, PairedAccount
from podsync.model.frozen import EMPTY
from podsync.output.audit.page import notes_panel, product_rows, risks
from podsync.output.audit.words import GROUPS, ProductLine, account_of, shared_of
from podsync.output.escape import safe
from podsync.output.html.cards import Total, block, card, cards_page, facts, section
from podsync.output.html.panels import text
from podsync.output.pairs.words import (
    VERDICTS,
    addresses_by_id,
    by_address,
    document_facts,
    document_pictures,
    line_of_pair,
    product_of,
    sides_of,
    summary_of,
)
from podsync.output.wording import counted, number, some, title
from podsync.plan.answers import what_was_sent

_NAMED = 20
_MEANING = (
    "yes: the product is the document's; it is managed from then on, and nothing is sent. "
    "no: nobody here manages it, and the document may be created beside it."
)


@dataclass(frozen=True, slots=True)
class PairsAbout:
    """What a page says besides the pairs.

    `command` returns a command as it has to be typed here. `places` maps addresses to `file:line`. Documents
    that are `alone` look like nothing that is listed.
    """

    command: Callable[..., str]
    places: Mapping[str, str] = EMPTY
    alone: Sequence[str] = ()


def pairs_page(accounts: Sequence[PairedAccount], about: PairsAbout) -> Iterator[str]:
    """Yield the page, a document at a time."""
    verdicts = [each.verdict.value for account in accounts for each in account.candidates]
    documents = len(
        {each.address for a in accounts for each in a.candidates if each.address and not each.certain}
    )
    asked = f"{counted(documents, 'document')} to answer for" if documents else "Nothing has to be answered"
    yield from cards_page(
        "import --match",
        headline=f"{asked}, {number(verdicts.count('same'))} certain",
        head=[*(f"{account_of(each.audit)}." for each in accounts), _MEANING],
        totals=_totals(accounts, verdicts),
        panels=notes_panel([each.audit for each in accounts]) + _panels(about),
        hint="name, address, id, SPU, model …",
        summary=summary_of(verdicts, len(about.alone)),
        products=_sections(accounts, about),
    )


def _totals(accounts: Sequence[PairedAccount], verdicts: Sequence[str]) -> Iterator[Total]:
    words = {"look-alike": "look-alikes", "none": "like no document"}
    for verdict in VERDICTS:
        yield verdict, words.get(verdict, verdict), verdicts.count(verdict)
    yield "alike", "doubles", sum(len(group.products) for a in accounts for group in a.doubles)


def _panels(about: PairsAbout) -> str:
    bulk = (
        f"<p>{text('To answer in bulk: fill in the column take of')} <code>pairs.csv</code></p>"
        f"{_answer('1.', about.command('import', '--match', '-o', 'csv=pairs.csv'))}"
        f"{_answer('2.', about.command('import', 'pairs.csv'))}"
    )
    panel = f'<section class="panel" aria-label="In bulk">{bulk}</section>'
    if not about.alone:
        return panel
    what = f"{counted(len(about.alone), 'document looks', 'documents look')} like nothing that is listed"
    named = some([str(each) for each in about.alone], _NAMED)
    return f'{panel}<section class="panel" aria-label="Alone"><p>{text(f"{what}: {named}")}</p></section>'


def _sections(accounts: Sequence[PairedAccount], about: PairsAbout) -> Iterator[str]:
    blocks = [(account, group) for account in accounts for group in by_address(account)]
    open_ones = [each for each in blocks if not each[1][0].certain]
    certain = [each for each in blocks if each[1][0].certain]
    addresses = {id(account): addresses_by_id(account) for account in accounts}
    for key, heading, found, meaning in (
        ("to-answer", "To answer", open_ones, "a person says which of these products is the document's"),
        ("certain", "Certain", certain, VERDICTS["same"]),
    ):
        if found:
            pairings = chain.from_iterable(
                _pairing(account, group, addresses[id(account)], about) for account, group in found
            )
            count = counted(len(found), "document")
            yield from section(key, heading, count, meaning, pairings, 'div class="blocks pairings"')
    for account in accounts:
        yield from _doubles(account, about)
    for account in accounts:
        if account.strangers:
            heading = f"Like no document, at {title(account.audit.provider.name)}"
            meaning = "to take one: write the address of a document and yes into its row of the file"
            cards = (_stranger(product_of(account, one), about) for one in account.strangers)
            yield from section("none", heading, number(len(account.strangers)), meaning, cards)


def _pairing(
    account: PairedAccount,
    group: Sequence[Candidate],
    addresses: Mapping[str, Sequence[str]],
    about: PairsAbout,
) -> Iterator[str]:
    first, address = group[0], str(group[0].address)
    verdicts = list(dict.fromkeys(each.verdict.value for each in group))
    place = f" <small>{text(about.places[address])}</small>" if address in about.places else ""
    word = "; ".join(f"{verdict}: {VERDICTS[verdict]}" for verdict in verdicts)
    kind = "block pairing whole many" if len(group) > 1 else "block pairing whole"
    name = account.audit.provider.name_of(first.spec)
    what = "the document" if first.versions is None else "what was sent"
    body = f'<p class="verdict-of" data-is="document">{what}</p><h4>{text(name)}</h4>'
    body += facts(document_facts(account, first))
    if first.versions is not None:
        body += f'<p class="risk">{text(safe(what_was_sent(first.versions)))}</p>'
    cards = [card(verdicts, "", document_pictures(account, first), name, body)]
    for one in group:
        shared = [each for each in addresses[one.product.row.id] if each != address]
        cards.append(_candidate(account, one, shared, about))
    return block(kind, f"<h3>{text(address)}{place}</h3>", word, cards)


def _candidate(account: PairedAccount, one: Candidate, others: Sequence[str], about: PairsAbout) -> str:
    line, verdict = product_of(account, one), one.verdict.value
    take = "take: yes" if one.certain else "take: open"
    fits = f" · fits: {line_of_pair(account, one).fits}" if one.possible else ""
    inner = f'<p class="verdict-of" data-is="{verdict}">listed · {text(verdict)} · {take}{fits}</p>'
    inner += f"<h4>{text(line.name) or '<i>no name</i>'}</h4>{facts(product_rows(line))}"
    inner += _beside(account, one) + risks(line)
    if others:
        inner += f'<p class="risk">{text(f"it may be that of {some(others, _NAMED)}, too")}</p>'
    typed = ("import", str(one.address), line.id.partition(":")[2])
    for version in one.possible:
        words = one.versions.words(version) if one.versions is not None else ""
        inner += _answer(f"yes, {words}", about.command(*typed, "--as", version.value))
    if not one.possible:
        inner += _answer("yes", about.command(*typed))
    return card([verdict], line.id, line.pictures, line.name, inner + _not_ours(line, about))


def _beside(account: PairedAccount, one: Candidate) -> str:
    """Return what differs, what is equal, and what no listing tells."""
    rows = "".join(
        f"<dt>{text(field)} differs</dt><dd><del>{text(wanted)}</del><ins>{text(listed)}</ins></dd>"
        for field, wanted, listed in sides_of(account, one)
    )
    found = f'<dl class="differs">{rows}</dl>' if rows else ""
    equal, unlisted = (
        ", ".join(safe(each.field) for each in one.fields if each.equal is verdict)
        for verdict in (True, None)
    )
    found += f"<p>equal: {text(equal)}</p>" if equal else "<p>nothing is equal</p>"
    found += f"<p>no listing tells: {text(unlisted)}</p>" if unlisted else ""
    return f'<div class="beside">{found}</div>'


def _doubles(account: PairedAccount, about: PairsAbout) -> Iterator[str]:
    """Yield the groups of what looks like no document and like each other."""
    if not account.doubles:
        return
    heading, meaning = GROUPS[Resemblance.DOUBLE]
    by_id = {each.product.row.id: each for each in account.strangers}
    heading = f"{heading} like no document, at {title(account.audit.provider.name)}"
    groups = chain.from_iterable(_double(account, group, by_id, about) for group in account.doubles)
    count = counted(len(account.doubles), "group")
    yield from section("alike", heading, count, meaning, groups, 'div class="blocks"')


def _double(
    account: PairedAccount, group: LookAlikes, by_id: Mapping[str, Candidate], about: PairsAbout
) -> Iterator[str]:
    lines = [product_of(account, by_id[one.row.id]) for one in group.products]
    shared = " · ".join([f"{number(len(lines))} alike", *shared_of(lines)])
    cards = (_stranger(line, about, level="") for line in lines)
    return block("block", f"<h3>{text(lines[0].name)}</h3>", shared, cards)


def _stranger(line: ProductLine, about: PairsAbout, level: str = "h3") -> str:
    name = f"<{level}>{text(line.name) or '<i>no name</i>'}</{level}>" if level else ""
    inner = f"{name}{facts(product_rows(line))}{risks(line)}{_not_ours(line, about)}"
    return card(["none"], line.id, line.pictures, line.name, inner)


def _not_ours(line: ProductLine, about: PairsAbout) -> str:
    provider, _, identity = line.id.partition(":")
    return _answer("no", about.command("import", "--not-ours", provider, identity))


def _answer(word: str, command: str) -> str:
    return (
        f'<p class="answer"><b>{word}</b><code>{text(command)}</code><button type="button">Copy</button></p>'
    )
