"""Refusals that concern several changes at once: limits, renames in disguise, name clashes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, TypeAlias

from podsync.model.address import Address
from podsync.model.diagnostic import Diagnostic
from podsync.model.digests import canonical_json
from podsync.model.frozen import EMPTY, Spec, freeze
from podsync.model.settings import Limits
from podsync.plan.action import Action
from podsync.plan.answers import NOT_SEEN, is_it_so
from podsync.plan.change import Change, left_by
from podsync.plan.diff import unseen
from podsync.plan.unchanged import Split, UnchangedPairs

if TYPE_CHECKING:
    from podsync.providers.knowledge import Provider
    from podsync.state.entries import Entry, Orphan
    from podsync.state.model import State


def moved_words(product: Address, former: Address) -> str:
    """Return what to put into the document of a product that was called `former`."""
    old = f'"{former.name}"' if former.keys else former.name
    if not product.keys:
        return f"moved: [{old}]"
    keys = ",".join(f"{axis}={key}" for axis, key in product.keys.items())
    return f'moved: {{"{keys}": {old}}}'


#: Which action each limit counts; nothing else is limited.
LIMITED: Mapping[str, Action] = {
    "creates": Action.CREATE,
    "replaces": Action.REPLACE,
    "orphans": Action.ORPHAN,
}


def check(
    changes: tuple[Change, ...],
    leaving: tuple[Change, ...],
    left: Split,
    providers: Mapping[str, Provider],
    limits: Limits,
    allow: Mapping[str, int],
) -> list[Diagnostic]:
    """Return the faults that keep these changes from being applied together.

    `leaving` are the orphans that a whole plan would make, and doubts without a document: a selection leaves
    them out of `changes`. `left` is the input of these changes together with the unchanged pairs.
    """
    return [
        *_over_limits(changes, limits, allow, managed=len(left.state.entries) + len(left.settled)),
        *_renames_in_disguise(changes, leaving, providers),
        *_clashing_names(changes, {change.address for change in leaving}, left, providers),
        *_indistinguishable(changes, leaving, left, providers),
        *_unseen(changes, left.state, providers),
    ]


def _over_limits(
    changes: tuple[Change, ...], limits: Limits, allow: Mapping[str, int], *, managed: int
) -> Iterator[Diagnostic]:
    settings = {"creates": limits.max_creates, "replaces": limits.max_replaces, "orphans": limits.max_orphans}
    for word, action in LIMITED.items():
        count = sum(change.action is action for change in changes)
        limit, allowed = settings[word], allow.get(word, 0)
        if limit is not None and count > max(limit, allowed):
            are = f"1 {word[:-1]} is" if count == 1 else f"{count} {word} are"
            yield Diagnostic(
                "error",
                f"max-{word}",
                f"{are} more than the limit of {max(limit, allowed)}",
                detail=f"--allow {word}={count} for once, or limits.max_{word} in podsync.yaml for good",
            )
        elif action is Action.ORPHAN and _too_large_a_share(count, managed) and count > allowed:
            yield Diagnostic(
                "error",
                "max-orphans",
                f"{count} orphans are {100 * count // managed} % of the {managed} products that are managed; "
                f"{_SHARE} % at once are taken for a mistake",
                detail=f"look whether all documents are there; if it is meant: --allow {word}={count}",
            )


#: A share of orphans, in percent, that suggests a partly missing catalog; a few orphans never do.
_SHARE, _FEW = 30, 5


def _too_large_a_share(count: int, managed: int) -> bool:
    return count >= _FEW and 100 * count > _SHARE * managed


_GIVING_UP = (Action.REPLACE, Action.ORPHAN)
_EXISTS, _ORPHAN = "exists already", "is an orphan, still on sale"


def _indistinguishable(
    changes: tuple[Change, ...], leaving: tuple[Change, ...], left: Split, providers: Mapping[str, Provider]
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
    there: dict[tuple[str, str, object], list[tuple[Address, str]]] = defaultdict(list)
    for entry in left.state.entries.values():
        if entry.spec is not None:
            identity = providers[entry.provider].identity(entry.spec)
            there[entry.provider, entry.account, identity].append((entry.address, _EXISTS))
    for orphan in left.state.orphans:
        identity = providers[orphan.provider].identity(orphan.spec)
        there[orphan.provider, orphan.account, identity].append((orphan.address, _ORPHAN))
    giving_up = {change.address for change in (*changes, *leaving) if change.action in _GIVING_UP}
    refused: dict[Address, tuple[Change, Address, str]] = {}
    for change in making:
        provider = providers[change.provider]
        key = change.provider, change.account, provider.identity(change.after or {})
        excused = {(change.address, how) for how in (_EXISTS, _ORPHAN)}
        excused.add((change.previous_address or change.address, _EXISTS))
        if change.action is Action.CREATE:
            excused |= {(gone.address, _EXISTS) for gone in leaving}
        settled = left.settled.alike(provider, change.account, change.after or {})
        twins = [*there.get(key, ()), *((product.address, _EXISTS) for product in settled)]
        for address, how in sorted(twin for twin in twins if twin not in excused)[:1]:
            refused[change.address] = change, address, how
    for change, address, how in refused.values():
        title = providers[change.provider].title
        first = how == _EXISTS and address in giving_up
        ring = first and address in refused and refused[address][1] == change.address
        meant = _if_meant(change, address, first=first, ring=ring, orphan=how == _ORPHAN)
        yield Diagnostic(
            "error",
            "indistinguishable",
            f"{change.address}: {title}'s listing could not tell it from {address}, which {how}",
            change.source,
            f"give it a mock-up or a name of its own; if that product is meant, {meant}",
            change.address,
        )


def _if_meant(change: Change, address: Address, *, first: bool, ring: bool, orphan: bool) -> str:
    """Return how a document takes the product of another address, which what it would make looks like."""
    if ring:
        return (
            f"let the two exchange their specs first, as {address} and it are now, and change them after that"
        )
    if first:  # as an orphan it is taken by the document that equals it
        return f'let {address} give it up first: podsync apply --target "{address}"'
    if orphan:
        return "write the spec as that product is"
    if change.action is Action.REPLACE:
        return f"remove the document of {address}"
    return f"put `{moved_words(change.address, address)}` into the document, and remove that of {address}"


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
