"""PROTOCOL step 5: learn the ids that a create did not tell, up to 100 a call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from podsync.apply.context import shown
from podsync.apply.provider_run import ProviderRun
from podsync.apply.recover import Binding, bind
from podsync.model import Address
from podsync.plan.remote import View
from podsync.ports import Query
from podsync.state.entries import Entry, Orphan
from podsync.state.events import Bound


def unbound(run: ProviderRun) -> list[Entry | Orphan]:
    """Return the entries, and the orphans, whose ids are not known yet."""
    name = run.provider.name
    entries = [entry for entry in run.ledger.entries(name) if entry.unbound]
    return [*entries, *(orphan for orphan in run.ledger.orphans(name) if orphan.id is None)]


def bind_visible(run: ProviderRun, view: View) -> None:
    """Bind every unbound entry that this look shows."""
    kept: set[bool] = set()
    bindings = bind(unbound(run), view)
    now = run.context.clock.now()
    if bindings:
        run.ledger.record(*(_bound(binding, now) for binding in bindings))
    for binding in bindings:
        address = binding.item.address
        kept.add(_pictures_kept(binding))
        if binding.several:
            run.context.board.note(
                f"{address}: several equal products exist; {binding.remote.id} is taken as ours"
            )
        _retell(run, address)
    if kept and run.provider.name == "kakaclo" and run.settings.pictures == "unknown":
        word, how = ("kept", "as they were sent") if kept == {True} else ("rehosted", "under other URLs")
        run.context.board.note(
            f"{run.provider.title} lists pictures {how}; to let podsync rely on it, set "
            f"providers.kakaclo.pictures: {word} in podsync.yaml"
        )


def _pictures_kept(binding: Binding) -> bool:
    spec, listed = binding.item.spec or {}, binding.remote.fields
    return all((spec.get(field) or "") == (listed.get(field) or "") for field in ("imageUrl", "backImageUrl"))


def _bound(binding: Binding, now: float) -> Bound:
    item, remote = binding.item, binding.remote
    orphan = item.created_at if isinstance(item, Orphan) else None
    return Bound(item.address, now, remote.id, remote.shown, orphan)


def query_for(run: ProviderRun, items: Sequence[Entry | Orphan]) -> Query:
    """One name is searched; more are read from the listing of their models."""
    specs = [item.spec or {} for item in items]
    if len(specs) == 1:
        return Query(name=str(specs[0].get(run.provider.name_field)))
    return Query(models=frozenset(str(spec.get(run.provider.model_field)) for spec in specs))


def _retell(run: ProviderRun, address: Address) -> None:
    """Complete an outcome with the id that became known after it was reported."""
    board, entry = run.context.board, run.ledger.entry(address)
    with board.lock:
        outcome = board.outcomes.get(address)
        if outcome is not None and entry is not None and outcome.id is None and entry.id is not None:
            board.outcomes[address] = replace(outcome, id=entry.id, remote=shown(entry.remote))
