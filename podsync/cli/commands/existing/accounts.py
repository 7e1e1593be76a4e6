"""Asks every account for its products, and joins them with what state and catalog know."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from podsync.apply.context import ProviderConnection
from podsync.cli.app.progress import progress_bar
from podsync.cli.environment.clock import SystemClock
from podsync.cli.environment.connect import connected, keys_for, with_keys
from podsync.cli.workspace import Workspace
from podsync.evidence.state_view import Known
from podsync.inventory.audit import AccountAudit, audited
from podsync.model.address import Address
from podsync.model.errors import PodsyncError, UsageError
from podsync.output.wording import counted, number, title
from podsync.providers.contract import ModelLister, Query
from podsync.providers.registry import plugins
from podsync.state.model import State


def asked_of(space: Workspace, provider: str | None) -> frozenset[str]:
    """Return the providers to ask: the named one, or each that has a key.

    Without any key it returns all, so that the missing keys are named. Raises UsageError for an unknown
    provider.
    """
    if provider is not None and provider not in plugins():
        raise UsageError(f"{provider} is no provider", f"--provider takes one of: {', '.join(plugins())}")
    return frozenset({provider}) if provider else with_keys(space) or frozenset(space.settings.providers)


def audits_of(space: Workspace, provider: str | None) -> tuple[list[tuple[Known, AccountAudit]], int]:
    """Ask each account for everything. Return what is known and what is listed of each, and the exit code.

    An account that cannot be read is reported at once, and the first makes the exit code. Its error is raised
    only if no other account answered.
    """
    names = asked_of(space, provider)
    keys = keys_for(space, names)  # a missing key is told before a fault of the catalog
    state, adopted = _state(space), _adopted(space)
    found, faults = list[tuple[Known, AccountAudit]](), list[PodsyncError]()
    with (
        _progress(space, names) as paged,
        connected(space, names, SystemClock(), keys=keys, paged=paged) as connections,
    ):
        for name in (each for each in plugins() if each in connections):  # in the order that people know
            known = connections[name].known(state)
            try:
                found.append((known, _audit(connections[name], known, adopted.get(name, {}))))
            except PodsyncError as error:
                faults.append(error)
    if not found:
        raise faults[0]
    for fault in faults:
        space.session.console.say(f"error: {fault.message}")
        for line in space.session.as_typed(fault.remedy).splitlines():
            space.session.console.say(f"  {line.strip()}")
    return found, faults[0].exit_code if faults else 0


def _audit(connection: ProviderConnection, known: Known, adopted: Mapping[str, Address]) -> AccountAudit:
    reader = connection.reader
    listing = reader.find(Query(pairs=known.pairs))
    if not listing.complete:
        # Rows moved between pages during the reading: a product that either reading shows is there.
        again = reader.find(Query(pairs=known.pairs, absence=True))
        rows = {row.id: row for row in (*listing.items, *again.items)}
        listing = again if again.complete else replace(again, items=tuple(rows.values()))
    models = reader.models() if isinstance(reader, ModelLister) else ()
    return audited(known, connection.settings.base_url, listing, adopted=adopted, models=models)


def _state(space: Workspace) -> State:
    """Return the state; an empty one if there is none here."""
    exists = any(os.path.lexists(path) for path in space.kept_files)
    return space.load(tell=False) if exists or space.sandbox else State()


def _adopted(space: Workspace) -> dict[str, dict[str, Address]]:
    """Return the ids that documents adopt, by provider; faulty documents are left out."""
    found: dict[str, dict[str, Address]] = {}
    if not os.path.isdir(space.settings.catalog):  # noqa: PTH112 (may be somebody else's)
        return found
    loaded = space.read_catalog()
    if loaded.errors:
        warning = f"warning: the catalog has {counted(len(loaded.errors), 'fault')} (podsync validate): "
        space.session.console.say(
            space.session.as_typed(f"{warning}what its documents adopt is known for those without")
        )
    for product in loaded.catalog:
        if product.history.adopt is not None:
            found.setdefault(product.provider, {})[product.history.adopt] = product.address
    return found


@contextmanager
def _progress(space: Workspace, names: Collection[str]) -> Iterator[Callable[[str, int, int], None] | None]:
    """Show on a terminal how many products were read; elsewhere yield None."""
    if not space.session.console.draws or not names:
        yield None
        return
    bar, task = progress_bar(space.session, "asking")

    def paged(name: str, rows: int, total: int) -> None:
        of = f" of {number(total)}" if total else ""
        description = f"{title(name)}: {number(rows)}{of} products"
        bar.update(task, description=description, completed=rows, total=max(total, rows))

    with bar:
        yield paged
