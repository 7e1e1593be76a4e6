"""Checks what a person says about existing products, and writes it into the state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from podsync.apply.lookup.by_id import look_up
from podsync.cli.app.framework import nearest
from podsync.cli.commands.importing.decisions import Decision
from podsync.cli.commands.state.changing import StateChange, change_state
from podsync.cli.environment.clock import SystemClock
from podsync.cli.environment.connect import connected, keys_for, rows_seen
from podsync.cli.workspace import Workspace
from podsync.evidence.declared import Declarations
from podsync.evidence.listing import Version
from podsync.evidence.situation import Want, past_of
from podsync.evidence.steps import untold
from podsync.model.address import Address
from podsync.model.diagnostic import Diagnostic
from podsync.model.errors import DecisionError, PodsyncError, UsageError
from podsync.model.frozen import EMPTY, Spec
from podsync.model.product import Product
from podsync.output.escape import safe
from podsync.output.wording import counted, title
from podsync.plan.answers import not_told
from podsync.plan.planner import check_hosts
from podsync.providers.contract import Match
from podsync.state.events import Adopted, Disowned, Event, Identified, Intent, Noted, Settled
from podsync.state.model import State

#: What becomes of the version that was sent, where a person says that a row is the one of today.
LEFT_OPEN = "what was sent before is an orphan now, and looked for until it is listed"
#: What becomes of an id that a person has seen on the web page.
UNLISTED = "which no listing shows yet: apply takes it once one does, and makes nothing beside it"
#: How many unmanaged products are named.
_NAMED = 10
_Named = Mapping[Address, Product | None]
#: Looks up ids by provider; the last argument has the addresses that a person named.
_Ask = Callable[[State, Mapping[str, Collection[str]], _Named], Mapping[str, Declarations]]


def claim(
    space: Workspace, taken: Sequence[Decision], left_out: Sequence[Decision], more: Sequence[str] = ()
) -> int:
    """Take a person's decisions, all or none, and print what was done; `more` are further lines to print.

    Raises DecisionError with every decision that is refuted, or the one error of a typed decision.
    """
    words = [*taken, *left_out]
    products = {product.address: product for product in space.catalog()} if taken else {}
    named = {word.provider for word in words}
    _refuse_unknown(space, taken, products)
    with _asking(space, named) as ask:
        return change_state(
            space,
            "import",
            lambda state: _claimed(space, state, ask, products, taken, left_out, more),
            lambda state: _check_hosts(space, state, named),
        )


def _refuse_unknown(space: Workspace, taken: Sequence[Decision], products: Mapping[Address, Product]) -> None:
    """Raise UsageError for a typed address that nobody knows, before a key is needed."""
    typed = [word.address for word in taken if word.place is None and word.address not in products]
    known = space.load(tell=False).entries if typed else {}
    for address in typed:
        if address is not None and address not in known:
            near = nearest(str(address), [str(each) for each in dict.fromkeys([*products, *known])])
            hint = f"did you mean {' or '.join(near)}? " if near else ""
            raise UsageError(
                f"neither the catalog nor the state knows {address}",
                f"{hint}the addresses: podsync plan --detail full",
            )


def _check_hosts(space: Workspace, state: State, providers: Collection[str]) -> None:
    check_hosts(state, {name: space.host(name) for name in providers})


def _claimed(
    space: Workspace,
    state: State,
    ask: _Ask,
    products: Mapping[Address, Product],
    taken: Sequence[Decision],
    left_out: Sequence[Decision],
    more: Sequence[str],
) -> StateChange:
    _check_hosts(space, state, {word.provider for word in (*taken, *left_out)})
    named = {word.address: products.get(word.address) for word in taken if word.address is not None}
    decisions = {
        name: replace(each, claimed=frozenset(word.id for word in taken if word.provider == name))
        for name, each in ask(state, _asked(state, [*taken, *left_out]), named).items()
    }
    claim = _ImportClaim(state, decisions, products)
    for word in taken:
        claim.take(word)
    for word in left_out:
        claim.leave_out(word)
    if claim.faults:
        raise claim.fault()
    return StateChange(claim.events, "\n".join([*claim.summary_lines(), *more]))


def _asked(state: State, words: Sequence[Decision]) -> dict[str, set[str]]:
    """Return the ids to look up, by provider: the named ones, and those that the addresses hold now."""
    ids: dict[str, set[str]] = {}
    for word in words:
        entry = state.entries.get(word.address) if word.address is not None else None
        held = {entry.id} if entry is not None and entry.id is not None else set()
        ids.setdefault(word.provider, set()).update({word.id}, held)
    return ids


class _ImportClaim:
    """Turns decisions into events, faults and lines of text."""

    def __init__(
        self, state: State, decisions: Mapping[str, Declarations], products: Mapping[Address, Product]
    ) -> None:
        self._state, self._decisions, self._products = state, decisions, products
        self._events: list[Event] = []
        self.faults: list[tuple[Decision, PodsyncError]] = []
        self._lines: list[str] = []
        self._foreign: dict[str, list[str]] = {}
        self._known = 0
        #: How many products may lack what a step adds, by provider and step.
        self._untold = Counter[tuple[str, str]]()

    def take(self, word: Decision) -> None:
        assert word.address is not None  # noqa: S101 (a yes has one)
        decisions, product = self._decisions[word.provider], self._products.get(word.address)
        try:
            events = decisions.ours(word.address, word.id, word.version)
        except PodsyncError as error:
            self.faults.append((word, error))
            return
        self._events += events
        self._known += not events
        provider = decisions.known.provider
        for event in events:
            if isinstance(event, Adopted) and product is not None:
                steps = untold(provider, event.spec, product.spec, decisions.rows[word.id])
                self._untold.update((provider.name, step) for step in steps)
        if events:
            self._lines.append(self._line(word, decisions, product, events))

    def leave_out(self, word: Decision) -> None:
        try:
            new = self._decisions[word.provider].not_ours(word.id)
        except PodsyncError as error:
            self.faults.append((word, error))
            return
        self._known += not new
        if new:
            self._foreign.setdefault(word.provider, []).append(word.id)
            for address in _looks_like(self._decisions[word.provider], word.id):
                line = f"{address}: it is not {safe(word.id)}; what became of it stays open"
                self._lines.append(f"{line}, and the next apply looks again")

    @property
    def events(self) -> list[Event]:
        left_out = [
            Disowned(provider, self._decisions[provider].now, tuple(sorted(ids)))
            for provider, ids in sorted(self._foreign.items())
        ]
        return [*self._events, *left_out]

    def summary_lines(self) -> list[str]:
        lines = list(self._lines)
        for provider, ids in sorted(self._foreign.items()):
            more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
            named = ", ".join(safe(each) for each in ids[:_NAMED])
            lines.append(f"{title(provider)}: not ours: {named}{more}")
        providers = {name: each.known.provider for name, each in self._decisions.items()}
        lines += [not_told(providers[name], step, count) for (name, step), count in self._untold.items()]
        if self._known:
            lines.append(f"{counted(self._known, 'answer was', 'answers were')} known already")
        return lines or ["Nothing was decided; nothing was changed."]

    def fault(self) -> PodsyncError:
        """Return the error to raise: all faults with their places, or the only one that was typed."""
        word, error = self.faults[0]
        if word.place is None and len(self.faults) == 1:
            return error
        found: list[Diagnostic] = [word.fault(error) for word, error in self.faults]
        return DecisionError(found)

    def _line(
        self, word: Decision, decisions: Declarations, product: Product | None, events: Sequence[Event]
    ) -> str:
        if any(isinstance(event, Identified) for event in events):
            return f"{word.address}: it is {safe(word.id)}, {UNLISTED}"
        row = decisions.rows[word.id]
        before = self._state.entries.get(word.address) if word.address is not None else None
        unlisted = "" if row.last_listed is None else " (not listed now)"
        line = f"{word.address}: it is {safe(word.id)}{unlisted}"
        if before is not None and before.id not in (None, word.id):
            line += f" now, no longer {safe(before.id or '')}"
        for event in events:
            other = getattr(event, "address", word.address)
            if other != word.address:
                identity = safe(getattr(event, "id", ""))
                line += f"; {other} is {identity} now" if identity else f"; the id of {other} is open again"
        taken = any(isinstance(event, Adopted) for event in events)
        if taken and before is not None and (before.pending is not None or before.unlisted):
            line += f", as its document says; {LEFT_OPEN}"
        if any(isinstance(event, Noted) for event in events):
            line += ", as its document says"
        spec = product.spec if product is not None else (before.spec or EMPTY) if before else EMPTY
        made = _made_as(decisions, events, spec)
        if made is not None:
            line += ", as it was sent; the next plan shows what its document changes"
            spec = made
        name_of = decisions.known.provider.name_of
        called = name_of(row.fields)
        listed = called if spec and called != name_of(spec) else ""
        return line + (f' (listed as "{safe(listed)}", which stays)' if listed else "")


def _made_as(decisions: Declarations, events: Sequence[Event], wanted: Spec) -> Spec | None:
    """Return what was sent as the product, where its document says something else by now."""
    provider = decisions.known.provider
    for event in events:
        if isinstance(event, Intent):
            return event.body
        if isinstance(event, Adopted) and not event.takes:
            sent = provider.first(event.spec)
            return sent if provider.differing(sent, provider.first(wanted)) else None
    return None


def _looks_like(decisions: Declarations, identity: str) -> list[Address]:
    """Return the addresses whose product a row may be: it was sent, and not found yet."""
    known, row = decisions.known, decisions.rows[identity]
    sent = [(each.address, each.pending.body) for each in known.doubts if each.pending is not None]
    sent += [(each.address, each.spec or EMPTY) for each in known.unbound]
    match = known.provider.match
    return [address for address, spec in sent if match(spec, row, known.habits) is not Match.DIFFERENT]


# -- a doubt that a person settles


def can_look_up(space: Workspace, state: State, events: Sequence[Event]) -> None:
    """Raise early what `looked_up` would raise for a missing key or another host."""
    providers = set(_made(state, events).values())
    keys_for(space, providers)
    _check_hosts(space, state, providers)


def _made(state: State, events: Iterable[Event]) -> dict[Address, str]:
    """Return the addresses whose create is said to have made something, refused or not, and the providers."""
    found: dict[Address, str] = {}
    for address in (each.address for each in events if isinstance(each, Settled) and each.found):
        entry = state.entries.get(address)
        if entry is not None and entry.pending is not None:
            found |= {address: entry.provider} if entry.pending.op == "create" else {}
        else:
            found[address] = state.refusals[address][0].provider
    return found


def looked_up(
    space: Workspace, state: State, events: Sequence[Event], said: Mapping[Address, Version]
) -> list[Event]:
    """Return the events, with what is listed under each id that is given for a create, in doubt or refused.

    `said` is which version of its document each product is, where a person says so.
    """
    adopts = {event.address: event for event in events if isinstance(event, Settled) and event.found}
    made = _made(state, events)
    for address in said.keys() - made.keys():
        raise UsageError(f"{address}: no create is in doubt, so that there is one version of it only")
    if not made:
        return list(events)
    documents = _documents(space, made, said)
    providers = set(made.values())
    ids = {name: {adopts[a].id or "" for a, other in made.items() if other == name} for name in providers}
    _check_hosts(space, state, providers)
    with _asking(space, providers) as ask:
        decisions = ask(state, ids, documents)
    found: list[Event] = []
    for event in events:
        if not isinstance(event, Settled) or not event.found or event.address not in made:
            found.append(event)
            continue
        address, identity, version = event.address, event.id or "", said.get(event.address)
        decided, entry = decisions[made[address]], state.entries.get(address)
        if entry is not None and entry.pending is not None:
            found += decided.settled(entry, identity, version)
        else:
            found += decided.ours(address, identity, version)
    return found


def _documents(
    space: Workspace, doubts: Collection[Address], said: Mapping[Address, Version]
) -> dict[Address, Product | None]:
    """Return the documents of these; raises CatalogError where a fault hides one that is needed."""
    products = {product.address: product for product in space.read_catalog().catalog}
    if not products.keys() | said.keys() >= set(doubts):
        space.catalog()
    return {address: products.get(address) for address in doubts}


@contextmanager
def _asking(space: Workspace, providers: Collection[str]) -> Iterator[_Ask]:
    """Connect, and yield a function that looks ids up; a missing key is reported first."""
    clock = SystemClock()
    with connected(space, providers, clock) as connections:

        def ask(state: State, ids: Mapping[str, Collection[str]], named: _Named) -> dict[str, Declarations]:
            found = {}
            for name, connection in connections.items():
                known = connection.known(state)
                wants = [
                    Want(p.address, p.spec, **past_of(known.provider, p)._asdict())
                    for p in named.values()
                    if p is not None and p.provider == name
                ]
                # A product that an earlier look has seen counts, even if it is hidden now.
                keep = rows_seen(space).keep
                rows = known.remembered | look_up(connection, known, ids[name], wants, clock, keep)
                found[name] = Declarations(known, rows, clock.now(), named)
            return found

        yield ask
