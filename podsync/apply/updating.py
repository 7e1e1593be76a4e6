"""PROTOCOL step 6. A PATCH sets values, so one in doubt is sent again: once it can no longer arrive itself.

Otherwise it could arrive after a later one, and what was acknowledged would be undone.
"""

from __future__ import annotations

import math

from podsync.apply.provider_run import Late, ProviderRun
from podsync.apply.recover import settled_by_date
from podsync.apply.sender import SENDS_AN_APPLY, Job
from podsync.apply.tell import conclude, name_is_taken, not_tried
from podsync.errors import InDoubtError
from podsync.model import FrozenDict
from podsync.plan.change import Change
from podsync.state.entries import Entry


def update(run: ProviderRun, change: Change) -> None:
    """Send just the fields that differ, as soon as no update before this one can still arrive."""
    entry = run.ledger.entry(change.address)
    taken = run.namesakes.get(change.address)
    if entry is None or entry.id is None:
        not_tried(run, change, "its id is not known yet; apply again")
        return
    if taken:
        name_is_taken(run, change, taken)
        return
    if run.unsure is not None and run.provider.takes(change.before or {}, change.after or {}):
        not_tried(run, change, run.unsure, "run apply again later, or without --no-wait")
        return
    quiet_at = _quiet_at(run, entry)
    if quiet_at > run.context.clock.monotonic():
        run.late[change.address] = Late(change, update, quiet_at)
        return
    after = change.after or {}
    body = FrozenDict({name: after[name] for name in change.changed if name in after})
    request = run.provider.update_request(entry.id, body)
    with run.lock:
        sends = run.sends[change.address] = run.sends.get(change.address, 0) + 1
    job = Job(change.address, "update", request, body, change.labels, change.lifecycle, place=change.place)
    sent = run.sender.send(job)
    if isinstance(sent.error, InDoubtError) and sends < SENDS_AN_APPLY and run.going:
        quiet_at = run.context.clock.monotonic() + run.settings.timeout_seconds
        run.late[change.address] = Late(change, update, quiet_at)
    else:
        conclude(run, change, sent)


def _quiet_at(run: ProviderRun, entry: Entry) -> float:
    """Return the monotonic moment from which no update of an earlier run can arrive any more."""
    pending, wait, now = entry.pending, run.settings.timeout_seconds, run.context.clock.monotonic()
    sent_here = entry.address in run.sends  # then `late` had it wait already
    if pending is None or sent_here or settled_by_date(pending, run.sender.time.at(now), wait):
        return -math.inf
    return run.context.began + wait
