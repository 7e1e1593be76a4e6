"""What is said of a document beside a listed product, in words that are safe to show anywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from podsync.inventory.pairs import Candidate, PairedAccount
from podsync.inventory.products import pictures_of
from podsync.model.frozen import Json
from podsync.model.product import seen_ids
from podsync.output.audit.words import ProductLine, line_of
from podsync.output.escape import safe
from podsync.output.layout import shorten
from podsync.output.product import customers, product_facts, text_of
from podsync.plan.answers import what_was_sent

_LONGEST = 300
_HIDDEN = "an address that is shown nowhere: it is a key"
#: What each verdict means to who has to answer, the open ones first.
VERDICTS = {
    "several": "it is the same, and so is another product, or another document",
    "look-alike": "it may be the same: compare names and pictures",
    "same": "all that is listed agrees, and nothing else does",
    "none": "looks like no document",
}


@dataclass(frozen=True, slots=True)
class PairLine:
    """A document beside a listed product; the columns of the file.

    `take` is `yes`, `no` or "" (open). `id` is `provider:5012`. Names and pictures of the document and,
    `listed_`, of the product. `spu` is the id that people see, whatever its provider calls it.
    Without an address: it looks like no document. Where the document has changed since something was sent for
    it, `fits` says which version the product may be as far as the listing tells (`sent`, `document` or
    `either`), and `sent` what was sent.
    """

    take: str
    verdict: str
    address: str
    id: str
    model: str
    name: str
    listed_name: str
    picture: str
    listed_picture: str
    spu: str
    made: str
    fits: str = ""
    sent: str = ""


def line_of_pair(account: PairedAccount, one: Candidate) -> PairLine:
    """Return the row of a file."""
    provider, row = account.audit.provider, one.product.row
    model = row.fields.get(provider.model_field)
    seen = seen_ids(row.shown).get(provider.info.visible_id[1])
    product = product_of(account, one)
    return PairLine(
        take="yes" if one.certain else "",
        verdict=one.verdict.value,
        address="" if one.address is None else str(one.address),
        id=product.id,
        model="" if model is None else safe(str(model)),
        name=safe(provider.name_of(one.spec)),
        listed_name=product.name,
        picture=_front(document_pictures(account, one)),
        listed_picture=_front(product.pictures),
        spu="" if seen is None else safe(str(seen)),
        made=product.made,
        fits=_fits(one),
        sent="" if one.versions is None else safe(what_was_sent(one.versions)),
    )


def _fits(one: Candidate) -> str:
    possible = one.possible
    return "either" if len(possible) > 1 else "".join(each.value for each in possible)


def lines_of_pairs(accounts: Sequence[PairedAccount]) -> list[PairLine]:
    """Return all rows: those of documents first, then what looks like none."""
    lines = (line_of_pair(account, each) for account in accounts for each in account.candidates)
    return sorted(lines, key=lambda line: not line.address)


def product_of(account: PairedAccount, one: Candidate) -> ProductLine:
    """Return the listed product in words."""
    return line_of(account.audit, one.product)


def document_pictures(account: PairedAccount, one: Candidate) -> tuple[tuple[str, str, str], ...]:
    """Return the document's mock-ups as (label, URL, problem)."""
    found = pictures_of(account.audit.provider, one.spec)
    return tuple((each.label, safe(each.url), each.problem) for each in found)


def document_facts(account: PairedAccount, one: Candidate) -> Iterator[tuple[str, str]]:
    """Yield what a document says of its product, besides name and pictures."""
    roles = account.audit.provider.info.roles
    models = {model: known.name for model, known in account.audit.models.items()}
    for fact in product_facts(roles, one.spec, models):
        word, _, value = fact.partition(" ")
        yield ("has", fact) if word[:1].isdigit() else (word, value)
    yield "for", customers(roles, one.spec.get(roles.customers)).removeprefix("for ")


def sides_of(account: PairedAccount, one: Candidate) -> Iterator[tuple[str, str, str]]:
    """Yield each field that differs, with what the document says and what is listed."""
    listed = pictures_of(account.audit.provider, one.product.row.fields)
    hidden = {each.field for each in listed if not each.url}
    for each in one.fields:
        if each.equal is False:
            there = _HIDDEN if each.field in hidden else _shown(each.listed)
            yield safe(each.field), _shown(each.wanted), there


def _shown(value: Json) -> str:
    return "nothing" if value in (None, "", ()) else shorten(text_of(value), _LONGEST)


def _front(pictures: Sequence[tuple[str, str, str]]) -> str:
    return next((url for label, url, _ in pictures if label == "front"), "")


def summary_of(verdicts: Sequence[str], alone: int) -> str:
    """Return the last line; `alone` documents look like nothing that is listed."""
    counts = Counter(verdicts)
    words = [f"{counts[word]} {word}" for word in ("same", "several", "look-alike", "none") if counts[word]]
    pairs = ", ".join(words) if words else "nothing is listed that nobody here owns"
    documents = "1 document looks" if alone == 1 else f"{alone} documents look"
    return f"Pairs: {pairs}." + (f" {documents} like nothing that is listed." if alone else "")


def by_address(account: PairedAccount) -> Iterator[list[Candidate]]:
    """Yield the candidates of each document together, in the order of addresses."""
    group: list[Candidate] = []
    for one in account.candidates:
        if one.address is None:
            continue
        if group and group[0].address != one.address:
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def addresses_by_id(account: PairedAccount) -> dict[str, list[str]]:
    """Return by id the documents whose product each may be."""
    found: dict[str, list[str]] = {}
    for each in account.candidates:
        if each.address is not None:
            found.setdefault(each.product.row.id, []).append(str(each.address))
    return found
