"""Which document belongs to which entry: by address, by `moved:`, by equal specs.

Three designs were weighed: matching inside the per-address decision (each case then searches the
whole state), rewriting the state's addresses first (hides the move from the plan), and pairing up
front, as here: one pass, every later decision looks at one pair only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from podsync.model.address import Address
from podsync.model.digests import canonical_json
from podsync.model.frozen import EMPTY, Spec, freeze
from podsync.model.position import Position
from podsync.model.product import Catalog, Product
from podsync.providers.knowledge import Provider
from podsync.state.model import State

if TYPE_CHECKING:
    from podsync.state.entries import Entry, Orphan


class Pair(NamedTuple):
    """What the catalog and the state say about one product.

    `entry` stands at another address than `product` when the document was renamed. `orphan` is set
    when the wanted spec is that of an orphan: it is taken back instead of creating anew. `released`: the
    catalog lets the address go on purpose; `gone`: the product of the entry is gone at the provider.
    `nameless`: the product before that of `entry` has begun to give up its names, and they are not taken yet.
    """

    product: Product | None
    entry: Entry | None
    orphan: Orphan | None = None
    released: bool = False
    gone: bool = False
    nameless: bool = False

    @property
    def known(self) -> Product | Entry:
        """The product, or the entry if there is none."""
        known = self.product or self.entry
        assert known is not None  # noqa: S101 (a pair has at least one side)
        return known

    @property
    def address(self) -> Address:
        """The address that the change is shown under."""
        return self.known.address

    @property
    def previous(self) -> Address | None:
        """The former address, when it differs."""
        source = self.entry or self.orphan
        return None if source is None else self.former(source)

    def former(self, source: Entry | Orphan) -> Address | None:
        """Return the address of what the document takes, when it differs."""
        own = self.product is None or source.address == self.product.address
        return None if own else source.address


def pair_up(catalog: Catalog, state: State, providers: Mapping[str, Provider]) -> Iterable[Pair]:
    """Return every pair, ordered by address; each product is made in its turn where there is no state."""
    if catalog.index is not None and not (state.entries or state.orphans):
        return (Pair(product, None) for product in catalog)
    wanted = {product.address: product for product in catalog}
    products = [wanted[address] for address in sorted(wanted)]
    arrivals = [p for p in products if p.address not in state.entries]
    leavers = {a: state.entries[a] for a in sorted(state.entries) if a not in wanted}
    moved = _unless_orphans(dict(_moves(arrivals, leavers, providers)), wanted, state.orphans, providers)
    moved |= _exchanges(products, state, moved, providers)
    handed = _handed_on([p for p in arrivals if p.address not in moved], wanted, state, moved, providers)
    moved |= handed
    taken = {entry.address for entry in moved.values()}
    there = state.entries.keys() - {entry.address for entry in handed.values()}
    kept = {p.address: moved.get(p.address) or _at(p.address, state, there) for p in products}
    orphans = _wanted_orphans(products, kept, state.orphans, providers) if state.orphans else {}
    gone = {(name, each) for name, ids in state.absent.items() for each, known in ids.items() if known.gone}
    pairs = []
    for product in products:
        entry = kept[product.address]
        absent = bool(gone) and entry is not None and (entry.provider, entry.id) in gone
        pairs.append(Pair(product, entry, orphans.get(product.address), gone=absent))
    pairs += [
        Pair(None, entry, released=str(address) in catalog.removed, gone=(entry.provider, entry.id) in gone)
        for address, entry in leavers.items()
        if address not in taken
    ]
    return tuple(
        sorted((_with_half_done_exchange(pair, state) for pair in pairs), key=lambda pair: pair.address)
    )


def _with_half_done_exchange(pair: Pair, state: State) -> Pair:
    """Return the pair; `nameless` is set if a swap is half done."""
    swap = pair.entry.swap if pair.entry is not None else None
    return pair if swap is None else pair._replace(nameless=state.given_up(swap))


def _moves(
    arrivals: list[Product], leavers: Mapping[Address, Entry], providers: Mapping[str, Provider]
) -> Iterator[tuple[Address, Entry]]:
    if not arrivals or not leavers:
        return
    free = dict(leavers)
    held = {(entry.provider, entry.id): address for address, entry in free.items() if entry.id is not None}
    undeclared = []
    for product in arrivals:
        history = product.history
        former = [Address(product.address.kind, name) for name in history.moved or ()]
        # A document that names its product by id also names its former address.
        former += filter(None, [held.get((product.provider, history.adopt or ""))])
        known = next((address for address in former if address in free), None)
        if known is not None:
            yield product.address, free.pop(known)
        elif history.moved != () and history.adopt is None:
            undeclared.append(product)
    by_spec: dict[str, list[Entry]] = {}
    for entry in free.values():
        spec = entry.pending.body if entry.pending and entry.pending.op == "create" else entry.spec
        if spec is not None:
            key = _fingerprint(providers[entry.provider], entry.account, spec)
            by_spec.setdefault(key, []).append(entry)
    for product in undeclared:
        same = by_spec.get(_fingerprint(providers[product.provider], product.account, product.spec))
        if same:
            yield product.address, same.pop(0)


def _unless_orphans(
    moved: dict[Address, Entry],
    wanted: Mapping[Address, Product],
    orphans: tuple[Orphan, ...],
    providers: Mapping[str, Provider],
) -> dict[Address, Entry]:
    """Return the moves, but those of documents that want just what an orphan is: it exists already."""
    if not moved or not orphans:
        return moved
    there = {_fingerprint(providers[each.provider], each.account, each.spec) for each in orphans}
    kept = {}
    for address, entry in moved.items():
        product = wanted[address]
        provider = providers[product.provider]
        key = _fingerprint(provider, product.account, product.spec)
        named = entry.pending is not None or product.history.adopt is not None
        if named or key not in there or key == _fingerprint(provider, entry.account, entry.spec or EMPTY):
            kept[address] = entry
    return kept


def _exchanges(
    products: list[Product], state: State, moved: Mapping[Address, Entry], providers: Mapping[str, Provider]
) -> dict[Address, Entry]:
    """Return documents whose specs were exchanged among themselves: each keeps the product that it speaks of.

    Only whole circles count: where one of them wants something new, its old product is given up as ever.
    """
    wants: dict[Address, str] = {}
    holds: dict[str, list[Entry]] = {}
    for product in products:
        entry = state.entries.get(product.address)
        if entry is None or entry.pending or entry.spec is None or product.address in moved:
            continue
        if product.spec == entry.spec:
            continue
        provider = providers[product.provider]
        wanted = _fingerprint(provider, product.account, product.spec)
        held = _fingerprint(provider, entry.account, entry.spec)
        if wanted != held:
            wants[product.address] = wanted
            holds.setdefault(held, []).append(entry)
    gives = {a: holds[key][0].address for a, key in wants.items() if len(holds.get(key, ())) == 1}
    return {address: state.entries[source] for address, source in _circles(gives).items()}


def _at(address: Address, state: State, there: Collection[Address]) -> Entry | None:
    return state.entries[address] if address in there else None


def _handed_on(
    arrivals: list[Product],
    wanted: Mapping[Address, Product],
    state: State,
    moved: Mapping[Address, Entry],
    providers: Mapping[str, Provider],
) -> dict[Address, Entry]:
    """Return new documents that describe just what another one gives up by a replace, with that product.

    The other one makes its new product all the same. Nothing is handed on that may not be what the state
    says, or that a listing could not tell from what is to be made in its place.
    """
    free = [each for each in arrivals if each.history.moved != () and each.history.adopt is None]
    wanting: dict[str, list[Product]] = {}
    for product in free if state.entries else ():
        provider = providers[product.provider]
        if provider.replaces:
            key = _fingerprint(provider, product.account, product.spec)
            wanting.setdefault(key, []).append(product)
    if not wanting:
        return {}
    given: dict[str, list[Entry]] = {}
    for known in state.entries.values():
        if known.spec is not None:
            key = _fingerprint(providers[known.provider], known.account, known.spec)
            given.setdefault(key, []).append(known)
    # An orphan that is just that comes first: nobody else wants it.
    left = {_fingerprint(providers[each.provider], each.account, each.spec) for each in state.orphans}
    aside = {entry.address for entry in moved.values()} | moved.keys()
    found = {}
    for key in wanting.keys() & given.keys() - left:
        (product, *others), (entry, *more) = wanting[key], given[key]
        holder = wanted.get(entry.address)
        if holder is None or others or more or holder.address in aside:
            continue
        if _gives_up(entry, holder, state, providers[entry.provider]):
            found[product.address] = entry
    return found


def _gives_up(entry: Entry, holder: Product, state: State, provider: Provider) -> bool:
    """Whether a document makes something else than its product, of which all is known."""
    before, after = entry.spec or EMPTY, holder.spec
    fixed = provider.fixed(before, after)
    absent = state.absent.get(entry.provider, EMPTY).get(entry.id or "")
    certain = entry.id is not None and entry.pending is None and not entry.unlisted and absent is None
    remade = (
        bool(fixed) and not entry.is_unseen(fixed) and provider.identity(before) != provider.identity(after)
    )
    return certain and remade and holder.history.recreate != entry.id


def _circles(gives: Mapping[Address, Address]) -> dict[Address, Address]:
    """Return those links of a mapping that lead back to where they begin; each is walked once."""
    found: dict[Address, Address] = {}
    seen: set[Address] = set()
    for start in gives:
        walk: dict[Address, int] = {}
        at = start
        while at in gives and at not in seen:
            seen.add(at)
            walk[at] = len(walk)
            at = gives[at]
        if at in walk:
            found |= {each: gives[each] for each in list(walk)[walk[at] :]}
    return found


def _fingerprint(provider: Provider, account: str, spec: Spec) -> str:
    return canonical_json([provider.name, account, provider.canonical(spec)])


def _wanted_orphans(
    products: list[Product],
    entries: Mapping[Address, Entry | None],
    orphans: tuple[Orphan, ...],
    providers: Mapping[str, Provider],
) -> dict[Address, Orphan]:
    """Return the orphan that each document wants again; each orphan is taken once.

    A document's own comes before another address's. That goes to a document without a product before one
    whose present product becomes an orphan by it.
    """
    by_spec: dict[str, list[Orphan]] = {}
    for orphan in sorted(orphans, key=lambda o: (-o.orphaned_at, o.address, o.created_at)):
        for spec in _specs_of(orphan):
            key = _fingerprint(providers[orphan.provider], orphan.account, spec)
            by_spec.setdefault(key, []).append(orphan)
    found: dict[Address, Orphan] = {}
    taken: set[tuple[Address, float]] = set()
    wanting: list[tuple[bool, Product]] = []

    def alike(product: Product, spec: Spec) -> list[Orphan]:
        key = _fingerprint(providers[product.provider], product.account, spec)
        return [o for o in by_spec.get(key, ()) if (o.address, o.created_at) not in taken]

    def take(product: Product, orphan: Orphan | None) -> bool:
        if orphan is None:
            return False
        taken.add((orphan.address, orphan.created_at))
        found[product.address] = orphan
        return True

    for product in products:
        entry = entries[product.address]
        if not _may_want_orphan(product, entry, providers):
            continue
        adopt, first = product.history.adopt if entry is None else None, providers[product.provider].first
        # Steps may have been left, or in doubt, when it became one: its document still means it.
        half = [first(product.spec)] if entry is None else []
        own = (
            orphan
            for spec in (product.spec, *half)
            for orphan in alike(product, spec)
            if orphan.address == product.address and adopt in (None, orphan.id)
        )
        if take(product, next(own, None)):
            continue
        free = product.history.moved != () and (entry is None or entry.swap is None)
        if free and alike(product, product.spec):
            wanting.append((entry is not None, product))
    for has_one, product in sorted(wanting, key=lambda each: each[0]):
        # The id in a document that has its product says what that was once.
        adopt, former = None if has_one else product.history.adopt, product.history.moved or ()
        foreign = [o for o in alike(product, product.spec) if adopt in (None, o.id)]
        named = [o for o in foreign if o.address.name in former]
        take(product, next(iter([*named, *foreign]), None))
    return found


def _specs_of(orphan: Orphan) -> Iterator[Spec]:
    """Yield what an orphan is, and what it may be: an update may have been in doubt when it became one."""
    yield orphan.spec
    if orphan.pending is not None and not orphan.pending.step:
        yield freeze({**orphan.spec, **orphan.pending.earlier, **orphan.pending.body})


def _may_want_orphan(product: Product, entry: Entry | None, providers: Mapping[str, Provider]) -> bool:
    """Whether a document lacks the product that it wants, and may take an orphan for it."""
    if entry is None:
        return True
    if entry.pending or entry.spec == product.spec or entry.address != product.address:
        return False  # a change has room for one former address
    provider = providers[product.provider]
    wanted = _fingerprint(provider, product.account, product.spec)
    return _fingerprint(provider, entry.account, entry.spec or EMPTY) != wanted


def last_place(entry: Entry | None) -> Position | None:
    """Return the place of an entry's document when the state last recorded it."""
    path, _, line = (entry.place if entry is not None else "").rpartition(":")
    known = bool(path) and line.isascii() and line.isdigit() and len(line) < 10
    return Position(path, int(line)) if known else None
