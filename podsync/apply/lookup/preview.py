"""PROTOCOL step 1: look before a person is asked, without the lock; the state stays, and nothing waits.

`plan --refresh` is this step. It judges by the code by which apply judges under the lock.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping

from podsync.apply.actions.sender import ProviderTime
from podsync.apply.actions.update import awaits_listing
from podsync.apply.context import ProviderConnection
from podsync.apply.history import Lost
from podsync.apply.lookup.looker import Looker
from podsync.apply.run import named_by, others_of, want_of, wanted_by
from podsync.evidence.ages import SEND_SECONDS, Moment
from podsync.evidence.findings import Findings, StepQuestion
from podsync.evidence.listing import Reading
from podsync.evidence.situation import NO_PAST, Past, Situation, Times, Want, documents_of
from podsync.evidence.state_view import Known
from podsync.evidence.steps import ShownSteps, StepVerdict, is_whole, step_verdict
from podsync.model.address import Address
from podsync.model.clock import Clock
from podsync.model.errors import UnreadableError
from podsync.model.frozen import EMPTY, FrozenDict, Spec
from podsync.model.product import Product
from podsync.plan.action import Action
from podsync.plan.change import Change
from podsync.plan.diff import is_unsure
from podsync.plan.model import Plan
from podsync.providers.contract import ProductStep
from podsync.providers.knowledge import Provider
from podsync.state.events import Event
from podsync.state.model import State


def preview(
    plan: Plan,
    state: State,
    products: Iterable[Product],
    connections: Mapping[str, ProviderConnection],
    *,
    clock: Clock,
    lost: Lost | None,
    first_contact: bool = False,
    compares: bool = False,
    missed: Mapping[str, Mapping[str, float]] = EMPTY,
    keep: Callable[[Iterable[Event]], None] = lambda _: None,
) -> Mapping[str, Findings]:
    """Look at each provider once and return what the looks say.

    With `compares` all that is known is compared with all that is listed. `missed` maps ids, by provider, to
    the monotonic moment at which this run missed them first. `keep` is given the events of each look, and of
    one that breaks off those that an apply would record: what was listed may be hidden when apply looks.

    Raises ProviderError where one cannot be read, UnauthorizedError where its key is refused.
    """
    others = others_of(products, state, connections, {change.address for change in plan.work})
    found = {}
    for name, connection in sorted(connections.items()):
        known = connection.known(state)
        changes = [change for change in plan.work if change.provider == name]
        wanted = wanted_by(changes)
        # The sender of a doubt may still run: nothing here holds the lock.
        began = clock.monotonic() + SEND_SECONDS
        times = Times(-math.inf, began, Moment(None, None), missed=missed.get(name, EMPTY))
        situation = Situation(
            known,
            times,
            (*wants_of(connection.provider, changes, known, others[name].pasts), *others[name].wants),
            documents_of(known, [*wanted.values(), *others[name].specs.values(), *others[name].formers]),
            managed=others[name].managed,
            named=named_by(changes),
            wanted={**others[name].specs, **wanted},
            lost=lost is not None and lost.concerns(name),
            compares=compares,
            first_contact=first_contact,
            sent_before=known.sent_any,
            recorded=False,
            settle_seconds=connection.settings.settle_seconds,
            timeout_seconds=connection.settings.timeout_seconds,
        )
        found[name], dated = _looked(connection, situation, clock, keep)
        if compares:
            found[name].steps.update(_steps_in_question(known, changes, found[name].reading))
            found[name].unseen.update(_updates_in_question(dated, changes, found[name].reading))
    return found


def _looked(
    connection: ProviderConnection,
    situation: Situation,
    clock: Clock,
    keep: Callable[[Iterable[Event]], None],
) -> tuple[Findings, Situation]:
    """Look at one provider, with the situation as of then; what comes before a listing breaks off is kept."""
    provider_time = ProviderTime(clock)
    looker = Looker(connection.reader, clock, provider_time.at, provider_time.saw)
    try:
        found = looker.look(situation)
    except UnreadableError as error:
        keep(looker.broken_off(situation, error))
        raise
    keep(found.events)
    return found, looker.dated(situation, found.reading.looked)


def _steps_in_question(
    known: Known, changes: Iterable[Change], reading: Reading
) -> Iterator[tuple[Address, StepQuestion]]:
    """Yield the steps of which apply will ask: what was read does not tell whether they were done."""
    provider, rows = known.provider, reading.rows
    steps = ShownSteps(known, rows)
    for change in changes:
        entry = known.state.entries.get(change.previous_address or change.address)
        if change.action is not Action.UPDATE or entry is None or entry.spec is None:
            continue
        before, pending, row = entry.spec, entry.pending, rows.get(entry.id or "")
        if pending is not None:
            step = ProductStep(pending.step, pending.body) if pending.step else None
        else:
            step = next(iter(provider.steps(before, change.after or EMPTY)), None)
            step = step if step is not None and is_unsure(provider, entry, step) else None
        if step is None or row is None:
            continue
        verdict = step_verdict(
            provider.step_shown(step, before, row),
            whole=is_whole(provider, step, before, row),
            proves=reading.fresh and steps.prove_absence(step, entry, before),
            settled=True,
            acknowledged=False,
        )
        if verdict is StepVerdict.ASKS:
            additions, sent = provider.step_told(step, before), pending is not None and pending.attempts > 0
            yield change.address, StepQuestion(step.name, additions, sent, recorded=pending is not None)


def _updates_in_question(
    situation: Situation, changes: Iterable[Change], reading: Reading
) -> Iterator[tuple[Address, tuple[str, Spec]]]:
    """Yield the updates of which apply will ask: they were acknowledged, and their product is not listed."""
    known = situation.known
    for change in changes if reading.fresh else ():
        entry = known.state.entries.get(change.previous_address or change.address)
        if change.action is not Action.UPDATE or entry is None or entry.pending is None:
            continue
        after, pending = change.after or EMPTY, entry.pending
        fields = [name for name in change.changed if name in after and name in known.provider.mutable]
        waits = awaits_listing(entry, FrozenDict({name: after[name] for name in fields}))
        overdue = pending.asked is not None or situation.doubt_is_settled(entry)
        if fields and waits and overdue and entry.id is not None and entry.id not in reading.rows:
            yield change.address, (entry.id, pending.body)


def wants_of(
    provider: Provider, changes: Iterable[Change], known: Known, pasts: Mapping[Address, Past]
) -> tuple[Want, ...]:
    """Return what these changes want that is not there: creates, and updates that take a name.

    `pasts` are what documents tell of before.
    """
    doubted: set[Address] = {entry.address for entry in known.doubts}
    wants = []
    for change in changes:
        if change.after is None or change.address in doubted or change.previous_address in doubted:
            continue
        want = want_of(provider, change, pasts.get(change.address, NO_PAST), makes=change.makes)
        if want is not None:
            wants.append(want)
    return tuple(wants)
