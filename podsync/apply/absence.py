"""Looks whether products are gone: missing in two whole readings `settle_seconds` apart."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from podsync.apply.actions.sender import ProviderTime
from podsync.apply.context import ProviderConnection
from podsync.apply.lookup.by_id import another_account
from podsync.apply.lookup.looker import Looker
from podsync.evidence.ages import SEND_SECONDS, Moment
from podsync.evidence.findings import Findings
from podsync.evidence.situation import Situation, Times
from podsync.evidence.state_view import Known
from podsync.model.clock import Clock


def look_for(
    connection: ProviderConnection,
    known: Known,
    ids: Collection[str],
    missed: Mapping[str, float],
    clock: Clock,
) -> Findings:
    """Read until each of these ids is seen, or all of the account was read, and say what that shows.

    `missed` maps ids to the monotonic moment at which this run missed them first. Raises CredentialsError
    where this is not the account that the state speaks of.
    """
    times = Times(-math.inf, clock.monotonic() + SEND_SECONDS, Moment(None, None), missed=missed)
    provider_time = ProviderTime(clock)
    settings = connection.settings
    situation = Situation(
        known,
        times,
        looked_for=frozenset(ids),
        recorded=False,
        settle_seconds=settings.settle_seconds,
        timeout_seconds=settings.timeout_seconds,
    )
    found = Looker(connection.reader, clock, provider_time.at, provider_time.saw).look(situation)
    if found.account is False:
        raise another_account(connection)
    return found
