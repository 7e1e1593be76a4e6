"""Refusals that concern several changes at once: renames in disguise, name clashes, look-alikes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from podsync.model.address import Address
from podsync.model.diagnostic import Diagnostic
from podsync.model.digests import canonical_json
from podsync.model.frozen import EMPTY, Spec, freeze
from podsync.model.settings import Limits
from podsync.plan.action import Action
from podsync.plan.answers import NOT_SEEN, is_it_so, quoted
from podsync.plan.approval import over_limits
from podsync.plan.change import Change, left_by
from podsync.plan.diff import unseen
from podsync.plan.unchanged import Split, UnchangedPairs
from podsync.providers.knowledge import Provider
from podsync.state.model import State

if TYPE_CHECKING:
    from podsync.state.entries import Entry, Orphan


def moved_words(product: Address, former: Address) -> str:
    """Return what to put into the document of a product that was called `former`."""
    old = f'"{former.name}"' if former.keys else former.name
    if not product.keys:
        return f"moved: [{old}]"
    keys = ",".join(f"{axis}={key}" for axis, key in product.keys.items())
    return f'moved: {{"{keys}": {old}}}'


def check(
    changes: tuple[Change, ...],
    leaving: tuple[Change, ...],
    giving_up: Collection[Address],
    left: Split,
    providers: Mapping[str, Provider],
    limits: Limits,
    allow: Mapping[str, int],
) -> list[Diagnostic]:
    """Return the faults that keep these changes from being applied together.

    `leaving` are the orphans that a whole plan would make, and doubts without a document, `giving_up` the
    addresses whose products become orphans by it: a selection leaves them out of `changes`. `left` is the
    input of these changes together with the unchanged pairs.
    """
    return [
        *over_limits(changes, limits, allow, managed=len(left.state.entries) + len(left.settled)),
        *_renames_in_disguise(changes, leaving, providers),
        *_clashing_names(changes, {change.address for change in leaving}, left, providers),
        *_indistinguishable(changes, leaving, giving_up, left, providers),
        *_unseen(changes, left.state, providers),
    ]


_EXISTS, _ORPHAN = "exists already", "is an orphan, still on sale"


class _Twin(NamedTuple):
    """A product that the listing could not tell from one that would be made."""

    address: Address
    how: str
    spec: Spec


def _indistinguishable(
    changes: tuple[Change, ...],
    leaving: tuple[Change, ...],
    giving_up: Collection[Address],
    left: Split,
    providers: Mapping[str, Provider],
) -> Iterator[Diagnostic]:
    """What would be made anew beside a product of another address that the listing cannot tell from it.

    Where names are unique `_clashing_names` sees to it, where the other one leaves the catalog
    `_renames_in_disguise`; a document that says `moved:` means both.
    """
    if not (left.state.entries or left.state.orphans or left.settled):
        return
    making = [
        change
        for change in changes
        if change.action in (Action.CREATE, Action.REPLACE)
        and change.after is not None
        and providers[change.provider].unique_name(change.after) is None
        and not (change.action is Action.CREATE and change.distinct)
    ]
    if not making:
        return
    there: dict[tuple[str, str, object], list[_Twin]] = defaultdict(list)
    for how, known in ((_EXISTS, left.state.entries.values()), (_ORPHAN, left.state.orphans)):
        for each in known:
            if each.spec is not None:
                identity = providers[each.provider].identity(each.spec)
                there[each.provider, each.account, identity].append(_Twin(each.address, how, each.spec))
    refused: dict[Address, tuple[Change, _Twin]] = {}
    for change in making:
        provider = providers[change.provider]
        key = change.provider, change.account, provider.identity(change.after or {})
        excused = {(change.address, how) for how in (_EXISTS, _ORPHAN)}
        excused.add((change.previous_address or change.address, _EXISTS))
        if change.action is Action.CREATE:
            excused |= {(gone.address, _EXISTS) for gone in leaving}
        settled = left.settled.alike(provider, change.account, change.after or {})
        twins = [*there.get(key, ()), *(_Twin(product.address, _EXISTS, product.spec) for product in settled)]
        for twin in sorted((each for each in twins if each[:2] not in excused), key=lambda one: one[:2])[:1]:
            refused[change.address] = change, twin
    for change, twin in refused.values():
        provider = providers[change.provider]
        waits = _waiting(change.address, refused, giving_up)
        meant = _if_meant(change, twin, waits, provider.differing(twin.spec, change.after or {}))
        yield Diagnostic(
            "error",
            "indistinguishable",
            f"{change.address}: {provider.title}'s listing could not tell it from {twin.address}, "
            f"which {twin.how}",
            change.source,
            f"give it a mock-up or a name of its own; if that product is meant, {meant}",
            change.address,
        )


def _waiting(
    address: Address, refused: Mapping[Address, tuple[Change, _Twin]], giving_up: Collection[Address]
) -> list[Address]:
    """Return those that have to give up their products before this one gets its own, the first one last.

    Where they wait for one another, the last one is among those before it.
    """
    found: list[Address] = []
    while address in refused and address not in found[:-1]:
        twin = refused[address][1]
        if twin.how != _EXISTS or twin.address not in giving_up:
            break
        address = twin.address
        found.append(address)
    return found


def _if_meant(change: Change, twin: _Twin, waits: list[Address], differing: Sequence[str]) -> str:
    """Return how a document takes the product of another address, which what it would make looks like.

    `differing` are the fields that differ all the same: no listing shows them.
    """
    address, first = twin.address, waits[-1:]
    if first and first[0] in waits[:-1]:
        ring = " and ".join(map(str, dict.fromkeys((change.address, *waits))))
        exchange = "let them exchange their specs first, as their products are now, and change them after"
        return f"{exchange} that: {ring}"
    values = {name: twin.spec.get(name) for name in differing}
    fields = ", ".join(f"{k} {quoted(v)}" if isinstance(v, str) else k for k, v in values.items())
    as_it_is = f"write {fields} as that product has it, and " if fields else ""
    if first:  # as an orphan it is taken by the document that equals it
        return f'{as_it_is}let {first[0]} give up its own first: podsync apply --target "{first[0]}"'
    if twin.how == _ORPHAN:
        return as_it_is.removesuffix(", and ") or "take `moved: []` out of the document"
    if change.action is Action.REPLACE:
        return f"{as_it_is}remove the document of {address}"
    words = moved_words(change.address, address)
    return f"{as_it_is}put `{words}` into the document, and remove that of {address}"


def _unseen(
    changes: tuple[Change, ...], state: State, providers: Mapping[str, Provider]
) -> Iterator[Diagnostic]:
    """What would be made anew for fields of which nobody knows what they are there: apply asks first."""
    taken = [orphan for orphan in state.orphans if orphan.origin == "adopted"]
    for change in changes if taken or state.entries else ():
        entry = state.entries.get(change.previous_address or change.address)
        provider = providers[change.provider]
        if (one := unseen(provider, entry, taken, change)) is not None:
            asked = is_it_so(provider, change.address, entry, *one)
            made = "created" if change.action is Action.CREATE else "replaced"
            words, answers = f"{change.address} is not {made}: {asked.why}", "\n".join(asked.answers)
            yield Diagnostic("warning", NOT_SEEN, words, change.source, answers, change.address)


def _renames_in_disguise(
    changes: tuple[Change, ...], leaving: tuple[Change, ...], providers: Mapping[str, Provider]
) -> Iterator[Diagnostic]:
    known: dict[str, Change] = {}
    for change in leaving:
        for key in _likeness(providers, change, change.before or {}):
            known.setdefault(key, change)
    if not known:
        return
    for change in changes:
        if change.action is not Action.CREATE or change.after is None or change.distinct:
            continue
        twin = next(
            (known[k] for k in sorted(_likeness(providers, change, change.after)) if k in known), None
        )
        if twin is not None:
            yield Diagnostic(
                "error",
                "looks-like-a-rename",
                f"{change.address} is new and looks like {twin.address}: {left_by(twin.address)}",
                change.source,
                f"if it is the same product, put `{moved_words(change.address, twin.address)}` "
                "into the new document; "
                "if both are meant, put `moved: []`",
                change.address,
            )


def _likeness(providers: Mapping[str, Provider], change: Change, spec: Spec) -> list[str]:
    return [f"{change.account} {key}" for key in providers[change.provider].likeness(spec)]


#: provider, account and normalised name -> who holds it now; None stands for an orphan.
_Holders: TypeAlias = Mapping[tuple[str, str, str], list[tuple[Address | None, Spec]]]


def _clashing_names(
    changes: tuple[Change, ...], leaving: Container[Address], left: Split, providers: Mapping[str, Provider]
) -> Iterator[Diagnostic]:
    # A product that is gone, or is made again, has its name no more once that is sure: apply sees to it.
    held = _held_names(left.state, providers, _leave_names(changes, left.state).keys())
    taking = changes if held or left.settled else ()
    updates = {c.previous_address or c.address: c for c in taking if c.action is Action.UPDATE}
    for change in taking:
        for holder in _holders(change, held, providers, left.settled):
            releasing = updates.get(holder) if holder is not None else None
            if releasing is None or _clash(change.after, releasing.after, providers[change.provider]):
                yield _name_taken(change, holder, providers, leaves=holder in leaving)
    try:
        name_order(changes, providers, left.state)
    except CycleError as error:
        names = " -> ".join(str(address) for address in error.args[1])
        yield Diagnostic(
            "error",
            "rename-cycle",
            f"these renames wait for each other: {names}",
            detail="rename one of them to a temporary name first, in a change of its own",
        )


def _leave_names(changes: tuple[Change, ...], state: State) -> Mapping[Address, Entry]:
    """Return the entries whose products are gone, or have to be gone before their documents make others."""
    if not state.entries:
        return {}
    again = {change.address: change.recreates for change in changes if change.recreates is not None}
    gone = {(name, each) for name, ids in state.absent.items() for each, known in ids.items() if known.gone}
    if not (again or gone):
        return {}
    return {
        address: entry
        for address, entry in state.entries.items()
        if entry.id is not None and ((entry.provider, entry.id) in gone or again.get(address) == entry.id)
    }


def vacated(
    changes: tuple[Change, ...], providers: Mapping[str, Provider], state: State
) -> Mapping[Address, frozenset[str]]:
    """Return the ids of products whose names these changes, of `providers`, take: they have to be gone."""
    leaving = {a: each for a, each in _leave_names(changes, state).items() if each.provider in providers}
    held = _by_name([*leaving.items()], providers)
    found: dict[Address, frozenset[str]] = {}
    for change in changes if held else ():
        holders = (leaving[each].id for each in _holders(change, held, providers) if each is not None)
        if ids := frozenset(each for each in holders if each is not None):
            found[change.address] = ids
    return found


def _held_names(state: State, providers: Mapping[str, Provider], without: Container[Address]) -> _Holders:
    """Names that orders use now; `without` are entries that have theirs no more."""
    entries = [(address, entry) for address, entry in state.entries.items() if address not in without]
    # Until a swap is done, the product that will get the name counts as its holder.
    heirs = {(e.swap.source, e.swap.made_at): a for a, e in state.entries.items() if e.swap is not None}
    orphans = [(heirs.get((orphan.address, orphan.created_at)), orphan) for orphan in state.orphans]
    return _by_name([*entries, *orphans], providers)


def _by_name(
    rows: Sequence[tuple[Address | None, Entry | Orphan]], providers: Mapping[str, Provider]
) -> _Holders:
    held: dict[tuple[str, str, str], list[tuple[Address | None, Spec]]] = defaultdict(list)
    for address, known in rows:
        key = _name_key(known.provider, known.account, known.spec, providers)
        if key is not None and known.spec is not None:
            held[key].append((address, known.spec))
    return held


def _name_key(
    provider: str, account: str, spec: Spec | None, providers: Mapping[str, Provider]
) -> tuple[str, str, str] | None:
    """Return what specs of one name have in common (normalised), None where names may repeat."""
    knowledge = providers[provider]
    if spec is None or knowledge.unique_name(spec) is None:
        return None
    return provider, account, canonical_json(knowledge.identity(spec))


def _clash(one: Spec | None, other: Spec | None, provider: Provider) -> bool:
    return one is not None and other is not None and provider.clash(one, other)


def _holders(
    change: Change,
    held: _Holders,
    providers: Mapping[str, Provider],
    settled: UnchangedPairs | None = None,
) -> Iterator[Address | None]:
    """Yield the other holders of the name that this change takes, for a shared customer."""
    if change.action not in (Action.CREATE, Action.UPDATE) and not change.temporary:
        return
    key = _name_key(change.provider, change.account, change.made, providers)
    if key is None:
        return
    own = {change.address, change.previous_address}
    provider = providers[change.provider]
    holding: list[tuple[Address | None, Spec]] = [*held.get(key, ())]
    alike = settled.alike(provider, change.account, change.made or {}) if settled is not None else ()
    holding += [(product.address, product.spec) for product in alike]
    # As the state's order has them: entries by address, orphans last.
    for holder, spec in sorted(holding, key=lambda one: (one[0] is None, one[0] or ("", ""))):
        other = holder is None or holder not in own
        if other and _clash(change.made, spec, provider):
            yield holder


def _name_taken(
    change: Change, holder: Address | None, providers: Mapping[str, Provider], *, leaves: bool
) -> Diagnostic:
    name = providers[change.provider].unique_name(change.after or {})
    who = "an orphan that is still on sale" if holder is None else str(holder)
    remedy = "orders find a product by its name: choose another one, or "
    if holder is None:
        remedy += "remove the orphan by hand, and then: podsync state orphans --check"
    elif leaves:
        remedy += f'let that product go first: podsync apply --target "{holder}"; then remove it by hand'
    else:
        remedy += f"rename {holder} first"
    return Diagnostic(
        "error",
        "name-taken",
        f"{change.address}: the name {name!r} belongs to {who}, for a shared customer",
        change.source,
        remedy,
        change.address,
    )


def name_order(
    changes: tuple[Change, ...], providers: Mapping[str, Provider], state: State
) -> tuple[Change, ...]:
    """Return creates and updates so that a name is released before it is taken.

    Raises graphlib.CycleError when renames wait for each other.
    """
    waits = waits_for(changes, providers, state)
    if not waits:
        return changes
    by_address = {change.address: change for change in changes}
    graph = {address: sorted(waits.get(address, frozenset()) & by_address.keys()) for address in by_address}
    return tuple(by_address[address] for address in TopologicalSorter(graph).static_order())


def waits_for(
    changes: tuple[Change, ...], providers: Mapping[str, Provider], state: State
) -> Mapping[Address, frozenset[Address]]:
    """Return which change has to wait for which: for a name that those release, or may have by a doubt."""
    released, unclear = _released(changes, providers), _doubted(changes, state, providers)
    return {
        address: released.get(address, frozenset()) | unclear.get(address, frozenset())
        for address in {**released, **unclear}
    }


def _released(
    changes: tuple[Change, ...], providers: Mapping[str, Provider]
) -> Mapping[Address, frozenset[Address]]:
    """Return which change has to wait for which: it takes a name that those release for a customer."""
    holding: dict[tuple[str, str, str], list[Change]] = defaultdict(list)
    for change in changes:
        if change.action is not Action.UPDATE:
            continue
        key = _name_key(change.provider, change.account, change.before, providers)
        if key is not None:
            holding[key].append(change)
    waits: dict[Address, frozenset[Address]] = {}
    for change in changes if holding else ():
        if change.action not in (Action.CREATE, Action.UPDATE):
            continue
        provider = providers[change.provider]
        key = _name_key(change.provider, change.account, change.after, providers)
        first = frozenset(
            other.address
            for other in (holding.get(key, ()) if key is not None else ())
            if other is not change
            and _clash(change.after, other.before, provider)
            and not _clash(change.after, other.after, provider)
        )
        if first:
            waits[change.address] = first
    return waits


def _doubted(
    changes: tuple[Change, ...], state: State, providers: Mapping[str, Provider]
) -> Mapping[Address, frozenset[Address]]:
    """Return which change has to wait for an update in doubt that may have given its name to another product.

    A revert may bring that name back into the plan while the provider still has it elsewhere.
    """
    waits: dict[Address, frozenset[Address]] = {}
    if not state.entries:
        return waits
    called = {c.previous_address: c.address for c in changes if c.previous_address and not c.takes_orphan}
    for holder in state.entries.values():
        pending, provider = holder.pending, providers.get(holder.provider)
        if pending is None or pending.op != "update" or provider is None:
            continue
        known = holder.spec or EMPTY
        perhaps = [freeze({**known, **body}) for body in (pending.body, pending.earlier)]
        for change in changes:
            own = holder.address in (change.address, change.previous_address)
            after = None if own or change.provider != holder.provider else change.after
            if after is not None and any(provider.clash(after, spec) for spec in perhaps):
                waits[change.address] = waits.get(change.address, frozenset()) | {
                    called.get(holder.address, holder.address)
                }
    return waits
