"""What is refused about several changes at once: limits, renames in disguise, names that clash."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from podsync.diagnostics import Diagnostic
from podsync.model import Address, Spec
from podsync.plan.plan import Action, Change
from podsync.ports import Provider
from podsync.settings import Limits
from podsync.state.state import State

#: Which action each limit counts; nothing else is limited.
LIMITED: Mapping[str, Action] = {
    "creates": Action.CREATE,
    "replaces": Action.REPLACE,
    "orphans": Action.ORPHAN,
}


def check(
    changes: tuple[Change, ...],
    state: State,
    providers: Mapping[str, Provider],
    limits: Limits,
    allow: Mapping[str, int],
) -> list[Diagnostic]:
    """Return everything that makes these changes unfit to be applied together."""
    return [
        *_over_limits(changes, limits, allow),
        *_renames_in_disguise(changes, providers),
        *_clashing_names(changes, state, providers),
    ]


def _over_limits(
    changes: tuple[Change, ...], limits: Limits, allow: Mapping[str, int]
) -> Iterator[Diagnostic]:
    settings = {"creates": limits.max_creates, "replaces": limits.max_replaces, "orphans": limits.max_orphans}
    for word, action in LIMITED.items():
        count = sum(change.action is action for change in changes)
        limit = settings[word]
        if word in allow:
            limit = None if limit is None else max(limit, allow[word])
        if limit is not None and count > limit:
            yield Diagnostic(
                "error",
                f"max-{word}",
                f"{count} {word} are more than the limit of {limit}",
                detail=f"--allow {word}={count} for once, or limits.max_{word} in podsync.yaml for good",
            )


def _renames_in_disguise(
    changes: tuple[Change, ...], providers: Mapping[str, Provider]
) -> Iterator[Diagnostic]:
    leaving: dict[str, Change] = {}
    for change in changes:
        if change.action is Action.ORPHAN and change.before is not None:
            for key in _likeness(providers, change, change.before):
                leaving.setdefault(key, change)
    if not leaving:
        return
    for change in changes:
        if change.action is not Action.CREATE or change.after is None or change.distinct:
            continue
        twin = next(
            (leaving[k] for k in sorted(_likeness(providers, change, change.after)) if k in leaving), None
        )
        if twin is not None:
            yield Diagnostic(
                "error",
                "looks-like-a-rename",
                f"{change.address} is new and looks like {twin.address}, whose document is gone",
                change.source,
                f"if it is the same product, put `moved: [{twin.address.name}]` into the new document; "
                "if both are meant, put `moved: []`",
                change.address,
            )


def _likeness(providers: Mapping[str, Provider], change: Change, spec: Spec) -> list[str]:
    return [f"{change.account} {key}" for key in providers[change.provider].likeness(spec)]


def _clashing_names(
    changes: tuple[Change, ...], state: State, providers: Mapping[str, Provider]
) -> Iterator[Diagnostic]:
    held = _held_names(state, providers)
    by_address = {change.address: change for change in changes}
    for change in changes:
        for holder, spec in _holders(change, held, providers):
            releasing = by_address.get(holder) if holder is not None else None
            if releasing is not None and _releases(releasing, spec, providers):
                continue
            yield _name_taken(change, holder, providers)
    try:
        name_order(changes, providers)
    except CycleError as error:
        names = " -> ".join(str(address) for address in error.args[1])
        yield Diagnostic(
            "error",
            "rename-cycle",
            f"these renames wait for each other: {names}",
            detail="rename one of them to a temporary name first, in a change of its own",
        )


def _held_names(
    state: State, providers: Mapping[str, Provider]
) -> Mapping[tuple[str, str, str], list[tuple[Address | None, Spec]]]:
    """Names that orders use now: (provider, account, name) -> holders; None stands for an orphan."""
    held: dict[tuple[str, str, str], list[tuple[Address | None, Spec]]] = defaultdict(list)
    rows = [(e.provider, e.account, e.address, e.spec) for e in state.entries.values()]
    rows += [(o.provider, o.account, None, o.spec) for o in state.orphans]  # type: ignore[misc]
    for provider, account, address, spec in rows:
        name = providers[provider].unique_name(spec) if spec is not None else None
        if spec is not None and name is not None:
            held[provider, account, name].append((address, spec))
    return held


def _holders(
    change: Change,
    held: Mapping[tuple[str, str, str], list[tuple[Address | None, Spec]]],
    providers: Mapping[str, Provider],
) -> Iterator[tuple[Address | None, Spec]]:
    """Who else holds the name that this change takes, for a shared customer."""
    provider = providers[change.provider]
    if change.after is None or change.action not in (Action.CREATE, Action.UPDATE):
        return
    name = provider.unique_name(change.after)
    if name is None:
        return
    own = {change.address, change.previous_address}
    for holder, spec in held.get((change.provider, change.account, name), ()):
        if (holder is None or holder not in own) and provider.clash(change.after, spec):
            yield holder, spec


def _releases(change: Change, spec: Spec, providers: Mapping[str, Provider]) -> bool:
    """Whether this update gives up the name (or the customers) that `spec` holds now."""
    provider = providers[change.provider]
    if change.action is not Action.UPDATE or change.after is None:
        return False
    return provider.unique_name(change.after) != provider.unique_name(spec)


def _name_taken(change: Change, holder: Address | None, providers: Mapping[str, Provider]) -> Diagnostic:
    name = providers[change.provider].unique_name(change.after or {})
    who = "an orphan that is still on sale" if holder is None else str(holder)
    return Diagnostic(
        "error",
        "name-taken",
        f"{change.address}: the name {name!r} belongs to {who}, for a shared customer",
        change.source,
        "orders find a product by its name: choose another one, or remove the orphan by hand first",
        change.address,
    )


def name_order(changes: tuple[Change, ...], providers: Mapping[str, Provider]) -> tuple[Change, ...]:
    """Return creates and updates so that a name is released before it is taken.

    Raises graphlib.CycleError when renames wait for each other.
    """
    waits = waits_for(changes, providers)
    if not waits:
        return changes
    by_address = {change.address: change for change in changes}
    graph = {address: {waits[address]} if address in waits else set() for address in by_address}
    return tuple(by_address[address] for address in TopologicalSorter(graph).static_order())


def waits_for(changes: tuple[Change, ...], providers: Mapping[str, Provider]) -> Mapping[Address, Address]:
    """Return which change has to wait for which: it takes a name that the other one releases."""
    releasing: dict[tuple[str, str, str], Address] = {}
    for change in changes:
        if change.action is Action.UPDATE and change.before is not None and change.after is not None:
            provider = providers[change.provider]
            old, new = provider.unique_name(change.before), provider.unique_name(change.after)
            if old is not None and old != new:
                releasing[change.provider, change.account, old] = change.address
    waits: dict[Address, Address] = {}
    for change in changes if releasing else ():
        if change.after is None or change.action not in (Action.CREATE, Action.UPDATE):
            continue
        name = providers[change.provider].unique_name(change.after) or ""
        first = releasing.get((change.provider, change.account, name))
        if first is not None and first != change.address:
            waits[change.address] = first
    return waits
