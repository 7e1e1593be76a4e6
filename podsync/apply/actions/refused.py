"""PROTOCOL, refusals: what a refused create may have made, where no document wants it any more."""

from __future__ import annotations

from podsync.apply.outcomes import ask_what_was_made, ask_whether_it_was_made, not_known_yet
from podsync.apply.run import ProviderRun
from podsync.model.address import Address
from podsync.state.events import Asked


def tell_unwanted(run: ProviderRun) -> None:
    """Say what a refused create may have made, where nothing waits for it: else nobody knows of it."""
    for address, question in sorted(run.unwanted.items()):
        ask_what_was_made(run, address, question)
    unsearched = sorted(run.unsearched.keys() - run.unwanted.keys())
    refusals = run.ledger.state().refusals
    if asked := [each for each in unsearched if any(one.asked is None for one in refusals.get(each, ()))]:
        now = run.context.clock.now()
        run.ledger.record(*(Asked(address, now, refused=True) for address in asked))
    for address in unsearched:
        ask_whether_it_was_made(run, address, run.unsearched[address])
    for address in early(run):
        not_known_yet(run, address)


def early(run: ProviderRun) -> list[Address]:
    """Return what was refused before this run, is wanted no more, and may be listed yet."""
    return sorted(set(run.early) - run.refused.keys() - run.unwanted.keys())


def refusals_are_settled(run: ProviderRun, now: float) -> bool:
    """Whether one that the last look came too early for is old enough now."""
    young = early(run)
    situation = run.looker.dated(run.situation(), now) if young else None
    return situation is not None and any(
        address in young and situation.refusal_is_settled(address, refusal)
        for address, refusal in situation.unwanted()
    )
