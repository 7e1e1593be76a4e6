"""Looking up products that a person names by id: only listed ones are accepted."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence

from podsync.apply.actions.sender import ProviderTime
from podsync.apply.context import ProviderConnection
from podsync.apply.lookup.looker import Looker
from podsync.evidence.ages import SEND_SECONDS, Moment
from podsync.evidence.situation import Situation, Times, Want
from podsync.evidence.state_view import Known
from podsync.model.clock import Clock
from podsync.model.errors import CredentialsError
from podsync.model.frozen import EMPTY, FrozenDict
from podsync.providers.contract import Query, Remote
from podsync.state.events import Event


def look_up(
    connection: ProviderConnection,
    known: Known,
    ids: Collection[str],
    wants: Sequence[Want],
    clock: Clock,
    keep: Callable[[Iterable[Event]], None] = lambda _: None,
) -> dict[str, Remote]:
    """Return the rows of these ids; the wanted models are read first, then missing ids.

    `keep` is given the events of the first look: it may show what other addresses have sent.

    Raises CredentialsError if this is not the account of the state.
    """
    times = Times(-math.inf, clock.monotonic() + SEND_SECONDS, Moment(None, None))
    provider_time = ProviderTime(clock)
    looker = Looker(connection.reader, clock, provider_time.at, provider_time.saw)
    found = looker.look(Situation(known, times, tuple(wants), recorded=False), presence=True)
    if found.account is False:
        raise another_account(connection)
    keep(found.events)
    rows = dict(found.reading.rows)
    missing = set(ids) - rows.keys()
    if missing and not found.reading.is_whole:
        query = Query(known=FrozenDict(dict.fromkeys(sorted(missing), EMPTY)), pairs=known.pairs)
        rows |= {row.id: row for row in connection.reader.find(query).items}
    return rows


def another_account(connection: ProviderConnection) -> CredentialsError:
    """Return what to say where none of the products that the state knows is visible."""
    emptied = f"podsync state check --emptied {connection.provider.name}"
    return CredentialsError(
        f"none of the products that the state knows is visible at {connection.settings.base_url} "
        f"(account {connection.settings.account}): is it another account's key? Nothing was changed",
        "a) set the key of the account that this state belongs to\n"
        f"b) it is the right one, and what this state has there was removed by hand: {emptied}",
    )
