"""PROTOCOL step 1: look before a person is asked, without the lock; nothing is recorded and nothing waits.

`plan --refresh` is this step. It judges by the code by which apply judges under the lock.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from podsync.apply.actions.sender import ProviderTime
from podsync.apply.context import Lost, ProviderConnection
from podsync.apply.lookup.looker import Looker
from podsync.apply.run import named_by, others_of, want_of
from podsync.evidence.ages import SEND_SECONDS, Moment
from podsync.evidence.findings import Findings
from podsync.evidence.situation import Situation, Times, Want, documents_of
from podsync.evidence.state_view import Known
from podsync.model.address import Address
from podsync.model.clock import Clock
from podsync.model.frozen import EMPTY
from podsync.model.product import Product
from podsync.plan.change import Change
from podsync.plan.model import Plan
from podsync.providers.knowledge import Provider
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
) -> Mapping[str, Findings]:
    """Look at each provider once and return what the looks say.

    With `compares` all that is known is compared with all that is listed. `missed` maps ids, by provider, to
    the monotonic moment at which this run missed them first.

    Raises ProviderError where one cannot be read, UnauthorizedError where its key is refused.
    """
    selected = {change.address for change in plan.work}
    others = others_of(products, state, connections, selected)
    found = {}
    for name, connection in sorted(connections.items()):
        known = connection.known(state)
        changes = [change for change in plan.work if change.provider == name]
        specs = [change.after for change in changes if change.after is not None]
        # Whoever sent what is in doubt may live: nothing here holds the lock.
        times = Times(
            -math.inf,
            clock.monotonic() + SEND_SECONDS,
            Moment(None, None),
            missed=missed.get(name, EMPTY),
        )
        situation = Situation(
            known,
            times,
            (*wants_of(connection.provider, changes, known), *others[name].wants),
            documents_of(known, [*specs, *others[name].specs]),
            managed=others[name].managed,
            named=named_by(changes),
            lost=lost is not None and lost.concerns(name),
            compares=compares,
            first_contact=first_contact,
            sent_before=bool(known.items or known.doubts),
            settle_seconds=connection.settings.settle_seconds,
            timeout_seconds=connection.settings.timeout_seconds,
        )
        told = ProviderTime(clock)
        found[name] = Looker(connection.reader, clock, told.at, told.saw).look(situation)
    return found


def wants_of(provider: Provider, changes: Iterable[Change], known: Known) -> tuple[Want, ...]:
    """Return what these changes want that is not there: creates, and updates that take a name."""
    doubted: set[Address] = {entry.address for entry in known.doubts}
    wants = []
    for change in changes:
        if change.after is None or change.address in doubted or change.previous_address in doubted:
            continue
        want = want_of(provider, change, makes=change.makes)
        if want is not None:
            wants.append(want)
    return tuple(wants)
