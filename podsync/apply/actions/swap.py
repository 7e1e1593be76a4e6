"""The exchange of names between a new product and the one before it: two renames, each an Intent.

The old one goes first, or two products would have one name. Between the two nothing is sent to the provider
but the question whether the listing shows the first; a run that dies there leaves the name missing, and the
next one begins with the second rename. A rename sets values: in doubt it is sent again, once it can no longer
arrive itself. The exchange is done once the new one is listed under the name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from podsync.apply.actions.sender import SENDS_AN_APPLY, Job, SendResult
from podsync.apply.actions.steps import witnesses
from podsync.apply.actions.update import gone_by, shows
from podsync.apply.outcomes import conclude, done, failed, half_made, in_doubt, later, listed, name_is_taken
from podsync.apply.report import DONE
from podsync.apply.run import ProviderRun, Unshown
from podsync.evidence.steps import ShownSteps, is_whole
from podsync.model.errors import ConflictError, InDoubtError, ProviderError, RefusedError, UnauthorizedError
from podsync.model.frozen import EMPTY, FrozenDict, Spec, freeze
from podsync.model.product import seen_ids
from podsync.plan.answers import if_removed
from podsync.plan.change import Change
from podsync.providers.contract import Match, Query, Remote
from podsync.providers.name_forms import begins, changes
from podsync.state.entries import Entry, Orphan, Swap
from podsync.state.events import Gone, Settled

_NOT_FOUND = 404


def exchange_names(run: ProviderRun) -> None:
    """Exchange the names of all that is ready, one pair after the other; the rest waits to be listed."""
    for address, waiting in list(run.swapping.items()):
        if not run.going:
            return
        entry, now = run.ledger.entry(address), run.context.clock.monotonic()
        if entry is None or entry.swap is None:
            del run.swapping[address]
            continue
        if not run.ledger.state().given_up(entry.swap):
            looked = now
            known = run.known
            beside = witnesses(run, known)
            others = (item for item in known.items if item.id in beside)
            rows = _rows(run, entry, *others) | _named(run, entry.swap)
            taken = tuple(_others(run, entry, entry.swap, rows))
            if taken:
                del run.swapping[address]
                name_is_taken(run, waiting.change, taken)
                continue
            if not _is_whole(run, entry, rows):
                if looked >= waiting.quiet_at:
                    del run.swapping[address]
                    _not_whole(run, waiting.change, entry, rows)
                continue
        del run.swapping[address]
        take_names(run, waiting.change)


def take_names(run: ProviderRun, change: Change) -> None:
    """Rename the old one away, if it is not done yet, and then the new one."""
    entry = run.ledger.entry(change.address)
    if entry is None or entry.swap is None:
        return
    swap = entry.swap
    old = run.ledger.orphan(swap.source, swap.made_at)
    begun = old is not None and old.pending is None and not _gave_up(old, swap)
    if old is not None and (begun or old.pending is not None):
        sent = _rename(run, _away(run, old, swap), old, lambda row: not _is_called(run, swap, row))
        if sent is not None and not _was_removed(run, old, sent):
            _stopped_before(run, change, swap, sent)
            return
    entry = run.ledger.entry(change.address) or entry
    held = _held(run, entry, swap, fresh=begun)
    taking = _taking(run, change, entry, swap)
    sent = _rename(run, taking, entry, taking.shown) if held is None else None
    if held is None and sent is None:
        _look_later(run, change, swap)
        return
    name = run.provider.name_of(swap.takes)
    refused = sent is not None and isinstance(sent.error, UnauthorizedError)
    run.stop(f'the name "{name}" is missing: nothing else is sent before it is back', credentials=refused)
    reason = held or "the answer does not show it"
    if sent is not None and sent.error is not None:
        reason = _called_so(run, entry, swap, sent.error) or sent.error.message
    now = run.ledger.entry(change.address) or entry
    gone = sent is not None and isinstance(sent.error, RefusedError) and sent.error.status == _NOT_FOUND
    answers = (
        (if_removed(change.address, "--not-created" if now.pending is not None else ""),) if gone else ()
    )
    in_doubt(
        run, change.address, now, f'the name "{name}" is missing until the next apply: {reason}', answers
    )


def _not_whole(run: ProviderRun, change: Change, entry: Entry, rows: Mapping[str, Remote]) -> None:
    gone = if_removed(change.address, replaces=True)
    if entry.id in rows:
        half_made(run, change, f"the listing does not show it as it was made; {later(run)}")
    else:
        half_made(run, change, f"the listing does not show {entry.id}; {later(run)}", gone)


def _called_so(run: ProviderRun, entry: Entry, swap: Swap, error: ProviderError) -> str:
    """Return what has the name where the provider says that something has; "" where no listing shows that.

    Whose customers it is made for says nothing then: a provider may list them otherwise.
    """
    if not isinstance(error, ConflictError):
        return ""
    try:
        rows = _named(run, swap)
    except ProviderError:
        return ""
    old = run.ledger.orphan(swap.source, swap.made_at)
    own = {entry.id, old.id if old is not None else None}
    taken = [row for row in rows.values() if row.id not in own and _is_called(run, swap, row)]
    return _by_hand(run, taken) if taken else ""


def _by_hand(run: ProviderRun, taken: Sequence[Remote]) -> str:
    return f"{listed(run, taken)} has it by now: rename or remove that one by hand"


def _held(run: ProviderRun, entry: Entry, swap: Swap, *, fresh: bool) -> str | None:
    """Return why the name may not be taken yet: the listing still shows it at another product; None if free.

    `fresh`: who else has it was looked at before the first rename, so that only the old one is read.

    An answer may show a rename that is done later, so that two would have one name. That is why it is waited
    for here, whatever `--no-wait` says; as long as the listing lags behind a rename the name is missing.
    """
    clock, pause = run.context.clock, 0.5
    until = clock.monotonic() + run.settings.settle_seconds
    old = run.ledger.orphan(swap.source, swap.made_at)
    while True:
        try:
            rows = _rows(run, old) if old is not None else {}
            if not fresh:
                rows = rows | _named(run, swap)
        except ProviderError as error:
            why = error.message
        else:
            taken = [row for row in _others(run, entry, swap, rows) if old is None or row.id != old.id]
            if taken:
                return _by_hand(run, taken)
            if old is None or old.id not in rows or not _is_called(run, swap, rows[old.id]):
                return None
            lists = f"{run.provider.title} still lists it at the old product, {old.id}"
            why = f"{lists}: if it stays so, rename that one by hand"
        if clock.monotonic() >= until or run.context.halted:
            return why
        clock.sleep(pause)
        pause = min(pause * 2, 20.0)


def _was_removed(run: ProviderRun, old: Orphan, sent: SendResult) -> bool:
    """Whether the old product is gone: refused as not found, and missed by two whole readings."""
    if not isinstance(sent.error, RefusedError) or sent.error.status != _NOT_FOUND:
        return False
    for pause in (0.0, run.settings.settle_seconds):
        if pause and not run.context.options.wait:
            return False
        _sleep(run, pause)
        try:
            listing = run.connection.reader.find(Query(absence=True))
        except ProviderError:
            return False
        if not listing.complete or old.id in {row.id for row in listing.items}:
            return False
    run.ledger.record(Gone(old.address, old.created_at, run.context.clock.now()))
    return True


def _look_later(run: ProviderRun, change: Change, swap: Swap) -> None:
    """The exchange is done once the new product is listed under the name; other work goes on meanwhile."""
    entry = run.ledger.entry(change.address)
    if entry is None or entry.pending is None:
        _done(run, change)
        return
    until = run.context.clock.monotonic() + run.settings.settle_seconds
    with run.lock:
        run.unshown[change.address] = Unshown(
            change, entry.id or "", swap.takes, until, _done, shown=lambda row: _is_called(run, swap, row)
        )


def _done(run: ProviderRun, change: Change) -> None:
    done(run, change, DONE[change.action], attempts=1)


def _gave_up(old: Orphan, swap: Swap) -> bool:
    return any(old.spec.get(name) != value for name, value in swap.takes.items())


def _stopped_before(run: ProviderRun, change: Change, swap: Swap, sent: SendResult) -> None:
    """The first rename did not end well: unless it is in doubt the old product is called as ever."""
    old = run.ledger.orphan(swap.source, swap.made_at)
    if old is None or old.pending is None:
        if isinstance(sent.error, RefusedError) and sent.error.status == _NOT_FOUND:
            gone = f"if a person removed it: podsync state orphans --done {swap.source}, then: podsync apply"
            failed(run, change, f"{sent.error.message}: the old product was not found", sent, gone)
        elif isinstance(sent.error, RefusedError):
            failed(run, change, f"{sent.error.message}. Orders find the old product as ever", sent)
        else:
            conclude(run, change, sent)
        return
    name = run.provider.name_of(swap.takes)
    reason = sent.error.message if sent.error is not None else "the answer does not show it"
    run.stop(f'the name "{name}" may be missing: nothing else is sent before it is back')
    entry = run.ledger.entry(change.address)
    if entry is not None:
        in_doubt(
            run, change.address, entry, f'the name "{name}" may be missing until the next apply: {reason}'
        )


# -- the two renames


def _away(run: ProviderRun, old: Orphan, swap: Swap) -> Job:
    """Return the rename of the old product; one in doubt is sent again unchanged."""
    mark = (old.id or "")[:8]
    body = freeze({name: f"(old {mark}) {value}" for name, value in swap.takes.items()})
    if old.pending is not None:
        body = old.pending.body
    return Job(
        old.address,
        "update",
        run.provider.update_request(old.id or "", body),
        body,
        old.labels,
        old.lifecycle,
        place=old.place,
        orphan=old.created_at,
        shown=lambda remote: remote.id == old.id and shows(run.provider, body, remote, run.habits),
    )


def _taking(run: ProviderRun, change: Change, entry: Entry, swap: Swap) -> Job:
    """Return the rename of the new one: it leaves although the run is to stop, or the name stays missing."""
    return Job(
        change.address,
        "update",
        run.provider.update_request(entry.id or "", swap.takes),
        swap.takes,
        change.labels,
        change.lifecycle,
        place=change.place,
        whatever=True,
        shown=lambda remote: remote.id == entry.id and _is_called(run, swap, remote),
        listed=True,
    )


def _rename(
    run: ProviderRun, job: Job, item: Entry | Orphan, reached: Callable[[Remote], bool]
) -> SendResult | None:
    """Send a rename until it is done (None); else return how it ended.

    Where the answer does not show it, `reached` says of a listed row whether it has done what it is for.
    """
    now, wait = run.context.clock.monotonic(), run.settings.timeout_seconds
    if item.pending is not None:
        _sleep(run, run.context.began + wait - now if gone_by(run, item.pending, now) < wait else 0.0)
    sent = SendResult()
    for number in range(SENDS_AN_APPLY):
        if number:
            _sleep(run, wait)
        sent = run.sender.send(job)
        remote = sent.receipt.remote if sent.receipt is not None else None
        if sent.error is None and remote is not None and job.shown(remote):
            return None
        if sent.error is None and _shown_later(run, job, item, reached):
            return None
        if sent.error is not None and not isinstance(sent.error, InDoubtError):
            return sent
    return sent


def _sleep(run: ProviderRun, seconds: float) -> None:
    if seconds > 0:
        run.context.clock.sleep(seconds)


def _shown_later(run: ProviderRun, job: Job, item: Entry | Orphan, reached: Callable[[Remote], bool]) -> bool:
    """Read back a rename whose answer does not show it, for `settle_seconds`.

    What the provider made of the name that was sent is taken down as it is listed.
    """
    clock, pause = run.context.clock, 0.5
    until = clock.monotonic() + run.settings.settle_seconds
    while True:
        try:
            rows = _rows(run, item)
        except ProviderError:
            rows = {}
        row = rows.get(item.id or "")
        if row is not None and reached(row):
            kept = EMPTY if job.shown(row) else freeze({name: row.fields.get(name) for name in job.body})
            run.ledger.record(
                Settled(job.address, clock.now(), found=True, id=item.id, part=kept, orphan=job.orphan)
            )
            return True
        if clock.monotonic() >= until or not run.context.options.wait:
            return False
        clock.sleep(pause)
        pause = min(pause * 2, 20.0)


# -- reading back


def _rows(run: ProviderRun, *items: Entry | Orphan) -> dict[str, Remote]:
    ids = {item.id: seen_ids(item.remote) for item in items if item.id is not None}
    return {row.id: row for row in run.connection.reader.find(Query(known=FrozenDict(ids))).items}


def _named(run: ProviderRun, swap: Swap) -> dict[str, Remote]:
    """Read every product that may have the name."""
    named = run.connection.reader.find(Query(name=run.provider.name_of(swap.takes)))
    return {row.id: row for row in named.items}


def _is_whole(run: ProviderRun, entry: Entry, rows: dict[str, Remote]) -> bool:
    """Whether the listing shows the new one as it was made, with what was added, as far as it tells that.

    What it is called by now says nothing: its id is sure, and it gets another name anyway.
    """
    row, spec = rows.get(entry.id or ""), entry.spec or EMPTY
    if row is not None and entry.swap is not None:
        called = {name: spec.get(name) for name in entry.swap.takes if name in row.fields}
        row = replace(row, fields=freeze({**row.fields, **called}))
    if row is None or run.provider.match(spec, row, run.habits) is Match.DIFFERENT:
        return False
    first = run.provider.first(spec)
    return not any(
        run.provider.step_shown(step, first, row) is not None
        and not is_whole(run.provider, step, first, row)
        and ShownSteps(run.known, rows).prove_absence(step, entry, first)
        for step in run.provider.steps(first, spec)
    )


def _others(run: ProviderRun, entry: Entry, swap: Swap, rows: dict[str, Remote]) -> Iterator[Remote]:
    """Yield other products with the name: orders could not distinguish them from the new one."""
    old = run.ledger.orphan(swap.source, swap.made_at)
    own = {entry.id, old.id if old is not None else None}
    for row in rows.values():
        if row.id not in own and _clashes(run, entry, swap, row):
            yield row


def _is_called(run: ProviderRun, swap: Swap, row: Remote) -> bool:
    """Whether a product is listed under the name that passes over, in whatever form a provider keeps it."""
    name, listed = run.provider.name_of(swap.takes), run.provider.name_of(row.fields)
    return changes(name, listed) is not None or begins(name, listed)


def _clashes(run: ProviderRun, entry: Entry, swap: Swap, row: Remote) -> bool:
    wanted: Spec = freeze({**(entry.spec or EMPTY), **swap.takes})
    return run.provider.clash(wanted, row.fields)
