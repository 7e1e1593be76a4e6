"""Desired × state -> Plan. Pure: no file, no clock, no network.

Each pair of document and entry is decided on its own (`plan.decision`); what concerns several changes at
once (limits, renames in disguise, names that clash) is `plan.checks`' work, on the finished list.
Where nothing differs, none of that is imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from podsync.model.address import Address, Selection
from podsync.model.diagnostic import Diagnostic, in_file_order
from podsync.model.errors import StateError, UsageError
from podsync.model.frozen import EMPTY, FrozenDict, Json
from podsync.model.product import Catalog
from podsync.model.settings import Limits
from podsync.plan.action import SWAP_EDITED, SWAP_OPEN, Action
from podsync.plan.model import Plan
from podsync.plan.unchanged import Split, split
from podsync.providers.knowledge import Provider
from podsync.providers.known_models import known_model
from podsync.state.model import State

if TYPE_CHECKING:
    from podsync.plan.change import Change
    from podsync.plan.diff import Defaults
    from podsync.plan.matching import Pair


def make_plan(
    catalog: Catalog,
    state: State,
    providers: Mapping[str, Provider],
    *,
    hosts: Mapping[str, Json],
    limits: Limits = Limits(),
    allow: Mapping[str, int] | None = None,
    selection: Selection = Selection(),
    state_label: str = "",
    environment: str = "",
    every: bool = False,
    defaults: Defaults = None,
) -> Plan:
    """Work out what apply would do.

    With `every`, what does not change is listed among the changes too, else it may only be counted.
    `environment` names the one of the settings. `hosts` maps provider -> {"base_url", "account"}; `allow`
    lifts limits for once ({"creates": 214}). `defaults` is asked once a file has moved. Raises UsageError
    for a pattern that matches nothing, StateError for another host or account than the state's.
    """
    check_hosts(state, hosts)
    left = split(catalog, state, selection, every=every)
    pairs = _pairs(left, providers)
    if selection.to_json() is not None:
        pairs = tuple(pairs)
        _check_patterns(selection, pairs)
    changes, leaving, giving_up, found = _decided(pairs, state, providers, selection, defaults)
    if changes or leaving:
        from podsync.plan.checks import check

        found += check(changes, leaving, giving_up, left, providers, limits, allow or {})
    last = state.last_apply or EMPTY
    return Plan(
        lineage=state.lineage,
        serial=state.serial,
        hosts=hosts,
        catalog_digest=catalog.digest,
        changes=changes,
        selection=selection,
        diagnostics=in_file_order(found),
        documents=len(catalog),
        files=catalog.files,
        state_label=state_label,
        state_at=last.get("ended_at") or last.get("at"),
        state_run=last.get("run_url"),
        unbound=state.unbound,
        unwanted=_unwanted(changes, state) if state.refusals and not selection else EMPTY,
        left_out=len(left.settled),
        environment=environment,
        models=_models(changes, providers),
    )


def _models(changes: Sequence[Change], providers: Mapping[str, Provider]) -> Mapping[str, str]:
    """Return the names of these changes' models; without changes, the names are not even read."""
    found: dict[str, str] = {}
    telling = {name: each for name, each in providers.items() if each.known.digest} if changes else {}
    for change in changes if telling else ():
        provider = telling.get(change.provider)
        if change.action is Action.NOOP or provider is None:
            continue
        for spec in (change.before, change.after):
            identity = (spec or EMPTY).get(provider.model_field)
            model = None if identity is None else known_model(provider.known, identity)
            if model is not None and model.name:
                found[str(identity)] = model.name
    return FrozenDict(found)


def _unwanted(changes: Iterable[Change], state: State) -> Mapping[str, tuple[Address, ...]]:
    """Return the addresses of creates that were refused and are not to be sent again, by provider."""
    wanted = {change.address for change in changes if change.action is not Action.NOOP and change.after}
    found: dict[str, list[Address]] = {}
    for address, refusals in sorted(state.refusals.items()):
        if address not in wanted:
            for name in dict.fromkeys(refusal.provider for refusal in refusals if refusal.body):
                found.setdefault(name, []).append(address)
    return FrozenDict({name: tuple(addresses) for name, addresses in sorted(found.items())})


def _pairs(left: Split, providers: Mapping[str, Provider]) -> Iterable[Pair]:
    if not (len(left.catalog) or left.state.entries):
        return ()
    from podsync.plan.matching import pair_up

    return pair_up(left.catalog, left.state, providers)


def _decided(
    pairs: Iterable[Pair],
    state: State,
    providers: Mapping[str, Provider],
    selection: Selection,
    defaults: Defaults,
) -> tuple[tuple[Change, ...], tuple[Change, ...], frozenset[Address], list[Diagnostic]]:
    """Return the selected changes, of all those that leave the catalog, and the faults of the selection.

    Third come the addresses whose products become orphans, of all.
    """
    if pairs == ():
        return (), (), frozenset(), []
    from podsync.plan.decision import decide

    decided: list[tuple[Change, list[Diagnostic]]] = []
    leaving: list[Change] = []
    chosen: set[Address] = set()
    for pair in pairs:
        change, faults = decide(pair, providers, selection, defaults)
        decided.append((change, faults))
        if pair.product is None:
            leaving += _leaving(change, state)
        if selection and _selected(change, pair.known.labels, selection):
            chosen.add(change.address)
    giving_up = frozenset(change.address for change, _ in decided if change.leaves_orphan)
    if selection:
        chosen |= _making_room([change for change, _ in decided], chosen)
        decided = [(change, faults) for change, faults in decided if change.address in chosen]
    return (
        tuple(change for change, _ in decided),
        tuple(leaving),
        giving_up,
        [each for _, faults in decided for each in faults],
    )


def _making_room(changes: Iterable[Change], chosen: Iterable[Address]) -> set[Address]:
    """Return the moves that free the addresses of chosen changes: documents exchange products together."""
    moves = {
        change.previous_address: change.address
        for change in changes
        if change.action is Action.MOVE and not change.takes_orphan
    }
    found: set[Address] = set()
    for address in chosen:
        while (to := moves.get(address)) is not None and to not in found:
            found.add(to)
            address = to  # noqa: PLW2901
    return found


def _leaving(change: Change, state: State) -> Iterator[Change]:
    """What leaves the catalog, as it exists or may exist: a create in doubt may have been made."""
    if change.action is Action.ORPHAN:
        yield change
    elif change.action is Action.SETTLE and change.after is None:
        pending = state.entries[change.address].pending
        yield change
        yield change._replace(before=pending.body if pending is not None else None)


def check_hosts(state: State, hosts: Mapping[str, Json]) -> None:
    """Refuse a state that speaks of another host or account: its ids would mean nothing there."""
    for name, known in sorted(state.hosts.items()):
        host = hosts.get(name)
        if host is None:
            continue
        another = "back, or keep another state for it (`state:` in podsync.yaml)"
        if host["base_url"].rstrip("/") != known.base_url.rstrip("/"):
            message = f"this state belongs to {known.base_url}, but {name} is set to {host['base_url']}"
            raise StateError(message, f"set providers.{name}.base_url {another}")
        if host["account"] != known.account:
            message = f"this state belongs to the {name} account {known.account!r}, not {host['account']!r}"
            raise StateError(message, f"set providers.{name}.account {another}")


def _check_patterns(selection: Selection, pairs: tuple[Pair, ...]) -> None:
    addresses = [str(pair.address) for pair in pairs]
    for option, patterns in (
        ("--target", selection.targets),
        ("--exclude", selection.excludes),
        ("--replace", selection.replace),
    ):
        for pattern in patterns:
            probe = Selection(targets=(pattern,))
            if not any(probe.targeted(pair.address) for pair in pairs):
                from difflib import get_close_matches

                inside = [address for address in addresses if pattern.strip("*") in address][:3]
                near = inside or get_close_matches(pattern, addresses, 3, 0.4)
                hint = f"nearest: {', '.join(near)}" if near else "the addresses: podsync plan --detail full"
                raise UsageError(f"{option} {pattern} matches nothing", hint)
    for key, value in selection.selectors:
        if not any(pair.known.labels.get(key) == value for pair in pairs):
            seen = sorted({f"{key}={p.known.labels[key]}" for p in pairs if key in p.known.labels})
            hint = f"in the catalog: {', '.join(seen[:5])}" if seen else f"no document has the label {key!r}"
            raise UsageError(f"--selector {key}={value} matches nothing", hint)


def _selected(change: Change, labels: Mapping[str, str], selection: Selection) -> bool:
    """A selection narrows what is sent; an orphan has to be named; doubts and open swaps are always ended."""
    if change.action is Action.SETTLE or change.action_reason in (SWAP_OPEN, SWAP_EDITED):
        return True
    if change.action is Action.ORPHAN:
        return selection.targeted(change.address) and selection.takes(change.address, labels)
    return selection.takes(change.address, labels)


def of_refusals(plan: Plan, state: State, now: float, waits: Mapping[str, float]) -> Iterator[Diagnostic]:
    """Yield what is to be said of each create that was refused and that no document wants any more.

    `now` is our wall clock, `waits` as of `operations.settle`: earlier nobody can say that nothing was made.
    """
    if not plan.unwanted:
        return
    from podsync.state.operations import nothing_was_made

    for addresses in plan.unwanted.values():
        for address in addresses:
            refusals = state.refusals[address]
            words = (
                f"{address}: a create was refused, and no document wants it any more: {refusals[-1].message}"
            )
            answers = ["apply looks whether it was made all the same"]
            if nothing_was_made(state, address, now, waits):
                settle = f"podsync state settle {address.word} --not-created"
                answers.append(f"the provider's web page does not show it: {settle}")
            yield Diagnostic("warning", "refused-create", words, None, "\n".join(answers), address)
