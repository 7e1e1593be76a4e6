"""The words of an audit, safe to show in every format; markup is each format's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from podsync.inventory.audit import AccountAudit
from podsync.inventory.lookalikes import LookAlikes, Resemblance
from podsync.inventory.products import ListedProduct, Standing, pictures_of
from podsync.output.csv.writer import of_provider
from podsync.output.escape import safe
from podsync.output.layout import short_name
from podsync.output.text.plan_head import STAYS
from podsync.output.wording import counted, listed, minute, number, some, title, visible_id

#: What each standing means, in the order in which people read of them.
STANDINGS = {
    Standing.ORPHAN: f"nobody here wants it any more: it {STAYS}",
    Standing.UNMANAGED: "no document, and no word about it",
    Standing.IGNORED: "somebody said that nobody here manages it",
    Standing.MANAGED: "podsync manages it",
}
#: What each kind of group is called, and what it means.
GROUPS = {
    Resemblance.DOUBLE: ("Doubles", "all that is listed of them is the same"),
    Resemblance.NAME: ("One name", "name and model are the same, or orders could not tell them apart"),
    Resemblance.PICTURE: ("One picture", "the same front picture and model, under several names"),
}
_CUSTOMERS = 5


@dataclass(frozen=True, slots=True)
class ProductLine:
    """A listed product in words; what is not known is "".

    `id` is as files have it, `visible_id` as people see it, and `model_words` as they read `37 Raglan Tee`.
    `pictures` are (label, URL, problem), with an empty URL where it must not be shown.
    """

    standing: str
    id: str
    visible_id: str
    name: str
    model: str
    model_name: str
    model_words: str
    left: bool
    made: str
    price: str
    orders: str
    customers: str
    address: str
    open_options: tuple[str, ...]
    pictures: tuple[tuple[str, str, str], ...]
    picture_faults: tuple[str, ...] = ()

    @property
    def facts(self) -> tuple[str, ...]:
        """What tells it from others, without name and standing."""
        known = (
            self.visible_id,
            f"model {self.model_words}" if self.model else "",
            f"made {self.made}" if self.made else "",
            f"ordered {self.orders} times" if self.orders not in ("", "0", "1") else "",
            "ordered once" if self.orders == "1" else "",
            f"for {self.customers}" if self.customers else "",
        )
        return tuple(fact for fact in known if fact)


def line_of(audit: AccountAudit, one: ListedProduct) -> ProductLine:
    """Return a product in words."""
    provider, row = audit.provider, one.row
    model = audit.model_of(one)
    known = audit.models.get(model)
    faults = (audit.picture_faults or {}).get(row.id, ())
    return ProductLine(
        standing=one.standing.value,
        id=safe(of_provider(provider.name, row.id)),
        visible_id=visible_id(provider.name, row.shown),
        name=safe(provider.name_of(row.fields)),
        model=safe(model),
        model_name=safe(known.name) if known else "",
        model_words=model_words(audit, model) if model else "no model",
        left=audit.has_left(model),
        made="" if row.created_at is None else minute(row.created_at),
        price=safe(str(row.facts.get("price", ""))),
        orders=safe(str(row.facts.get("orders", ""))),
        customers=_customers(audit, one),
        address="" if one.address is None else safe(str(one.address)),
        open_options=tuple(map(safe, one.open_options)),
        pictures=tuple((p.label, safe(p.url), p.problem) for p in pictures_of(provider, row.fields)),
        picture_faults=tuple(map(safe, faults)),
    )


def _customers(audit: AccountAudit, one: ListedProduct) -> str:
    roles = audit.provider.info.roles
    ids = [str(each) for each in one.row.fields.get(roles.customers) or ()] if roles.customers else []
    if roles.everybody and roles.everybody in ids:
        return "EVERY customer"
    return some([safe(each) for each in ids], _CUSTOMERS)


def lines_of(audit: AccountAudit) -> Iterator[ProductLine]:
    """Yield every product, orphans first, what is managed last; within that the oldest first."""
    for standing in STANDINGS:
        yield from (line_of(audit, one) for one in audit.products if one.standing is standing)


def account_of(audit: AccountAudit) -> str:
    """Return who was asked: `Inkpress api.inkpress.example (account my-shop)`."""
    host = safe(urlsplit(audit.base_url).netloc or audit.base_url)
    account = "" if audit.account == "default" else f" (account {safe(audit.account)})"
    return f"{title(audit.provider.name)} {host}{account}"


def counts_of(audit: AccountAudit) -> str:
    """Return `1,000 products: 2 orphans, 988 unmanaged, 10 managed`."""
    parts = [
        counted(count, "orphan") if standing is Standing.ORPHAN else f"{number(count)} {standing.value}"
        for standing in STANDINGS
        if (count := audit.counts[standing])
    ]
    total = counted(len(audit.products), "product")
    return f"{total}: {', '.join(parts)}" if parts else total


def notes_of(audit: AccountAudit) -> Iterator[str]:
    """Yield what a reader has to know of the reading itself."""
    if not audit.whole:
        yield (
            "The listing changed while it was read, or is longer than what it showed: "
            "some products may be missing here. Run it again."
        )
    if audit.variants:
        ids = list(dict.fromkeys(one.row.id for one in audit.variants))
        yield (
            f"{counted(len(ids), 'product')} listed twice, each time otherwise, so that nobody can tell what "
            f"{'it is' if len(ids) == 1 else 'they are'} like today: {some(list(map(safe, ids)), 5)}"
        )
    if audit.unseen:
        yield (
            f"{counted(len(audit.unseen), 'product')} that the state knows "
            f"{'is' if len(audit.unseen) == 1 else 'are'} not listed: {some(list(map(str, audit.unseen)), 5)}"
        )


def model_words(audit: AccountAudit, model: str) -> str:
    """Return a model as people read it."""
    if not model:
        return "no model told"
    known = audit.models.get(model)
    words = short_name(safe(f"{model} {known.name}".rstrip() if known else model))
    return f"{words} (no longer in the list of models)" if audit.has_left(model) else words


def group_words(group: LookAlikes) -> str:
    """Return what the products of a group are to each other."""
    many = number(len(group.products))
    return {
        Resemblance.DOUBLE: f"{many} alike",
        Resemblance.NAME: f"{many} of one name",
        Resemblance.PICTURE: f"{many} with one picture",
    }[group.resemblance]


def shared_of(lines: Sequence[ProductLine]) -> tuple[str, ...]:
    """Return the facts that all products of a group have in common."""
    return tuple(fact for fact in lines[0].facts if all(fact in line.facts for line in lines))


def summary_of(audits: Sequence[AccountAudit]) -> str:
    """Return the last line of every format."""
    counts = sum((audit.counts for audit in audits), start=audits[0].counts.__class__())
    groups = [group for audit in audits for group in audit.groups]
    alike = {(id(a), one.row.id) for a in audits for g in a.groups for one in g.products}
    parts = [
        f"{number(counts[Standing.MANAGED])} managed",
        counted(counts[Standing.ORPHAN], "orphan"),
        f"{number(counts[Standing.UNMANAGED])} unmanaged",
    ]
    parts += [f"{number(counts[Standing.IGNORED])} not ours"] if counts[Standing.IGNORED] else []
    extras = []
    if groups:
        extras.append(f"{counted(len(groups), 'group')} of look-alikes ({number(len(alike))} products)")
    closed = sum(len(audit.without_values) for audit in audits)
    extras += [f"{number(closed)} cannot be ordered yet"] if closed else []
    faulty = sum(len(audit.picture_faults or ()) for audit in audits)
    extras += [f"{number(faulty)} with a fault in a picture"] if faulty else []
    total = counted(counts.total(), "product")
    more = listed(extras)
    return f"Audit: {total}, {', '.join(parts)}." + (f" {more[:1].upper()}{more[1:]}." if more else "")
