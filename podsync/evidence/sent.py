"""What a look says of what this state sent: what was made, under which id, and of what nothing was made."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cached_property

from podsync.evidence.account import CLOCK_ALLOWANCE, Knows
from podsync.evidence.claims import Claim, ClaimKind, Key, Verdicts, age
from podsync.evidence.findings import Findings
from podsync.evidence.listing import Reading
from podsync.evidence.situation import Situation
from podsync.model.frozen import EMPTY, Spec, freeze
from podsync.providers.contract import Match, Remote, Shown
from podsync.providers.habits import DATES_AGREE
from podsync.providers.knowledge import Provider
from podsync.providers.name_forms import changes
from podsync.state.entries import Entry, Orphan, Window
from podsync.state.events import Bound, Confirmed, Event, Settled, Unbound

#: So often is "nothing was made" said of one address without a person.
NONES = 1


class StepVerdict(Enum):
    """What became of a step that was sent to a product that exists."""

    DONE = "done"
    NOT_DONE = "not done"
    WAITS = "waits"
    ASKS = "asks"


def step_verdict(
    shown: Shown | None, *, whole: bool, proves: bool, settled: bool, acknowledged: bool
) -> StepVerdict:
    """Judge a step by what a listing shows of it.

    What is listed is done (`whole`: all of it), whenever that is. What is not listed is not done only of a
    settled doubt, and of a listing that `proves` it: fresh, and showing of a product of ours what such a step
    has added. Where the listing does not tell, the provider's word counts, or a person is asked.
    """
    if shown is not None and whole:
        return StepVerdict.DONE
    if not settled:
        return StepVerdict.WAITS
    if shown is not None and shown.sure and proves:
        return StepVerdict.NOT_DONE
    return StepVerdict.DONE if acknowledged else StepVerdict.ASKS


def as_said(provider: Provider, spec: Spec, remote: Remote) -> Spec:
    """Return what a product has that a person says to be that of a spec: all, where nothing tells."""
    made = provider.first(spec)
    told = all(provider.step_shown(step, made, remote) is not None for step in provider.past_steps(spec))
    return existing(provider, spec, remote) if told else spec


def existing(provider: Provider, spec: Spec, remote: Remote) -> Spec:
    """Return what of a spec a listed product has for certain, where steps add to it."""
    made = provider.first(spec)
    for step in provider.past_steps(spec):
        shown = provider.step_shown(step, made, remote)
        if shown is not None:
            made = freeze({**made, **shown.part})
    return made


class SentJudge:
    """Judges creates in doubt and products without a confirmed id; fills in `Findings`."""

    def __init__(self, situation: Situation, reading: Reading, told: Findings) -> None:
        self._it, self._reading, self._told, self._known = situation, reading, told, situation.known
        self._now = situation.times.now.wall or 0.0

    def claims(self) -> list[Claim]:
        """Return a claim for each create in doubt and each product whose id is not confirmed."""
        known, it = self._known, self._it
        claims = [
            Claim(
                (entry.address, 0.0), ClaimKind.DOUBT, entry.pending.body,
                before=known.before(entry.pending), settled=it.doubt_is_settled(entry),
            )
            for entry in known.doubts
            if entry.pending is not None
        ]  # fmt: skip
        for item in (*known.unbound, *known.provisional):
            window = item.window or Window(0.0, 0.0)
            claims.append(
                Claim(
                    (item.address, item.created_at),
                    ClaimKind.UNBOUND if item.id is None else ClaimKind.PROVISIONAL,
                    item.spec or EMPTY,
                    before=known.before(window),
                    settled=it.item_is_settled(item),
                    id=item.id,
                    answered=window.answered is not None,
                    shown=window.shown is not None,
                    latest=self._latest(window),
                )
            )
        return claims

    def _latest(self, window: Window) -> float | None:
        """Return the last date that a listing can give to what was made in this window."""
        if window.date is None:
            return None
        off = self._known.habits.offset
        allowed = CLOCK_ALLOWANCE if off is None else off + 2 * DATES_AGREE
        return window.date + self._it.timeout_seconds + allowed

    def judge(self, verdicts: Verdicts) -> None:
        """Every exact find, each provisional one, every None, then the questions."""
        told = self._told
        # What was there before a doubt comes first: the product of a replace in doubt takes its place.
        self._found({key: found for key, found in verdicts.found.items() if key in self._items})
        for key, row in verdicts.confirmed.items():
            self._learn(key, row, sure=True)
            told.events.append(Confirmed(key[0], self._now, self._orphan(key), row.shown or EMPTY))
        told.events += [self._is_it(key, row, sure=False) for key, row in verdicts.shown.items()]
        for key in sorted(verdicts.revoked):
            told.events.append(Unbound(key[0], self._now, self._orphan(key)))
        self._found({key: found for key, found in verdicts.found.items() if key in self._doubts})
        self._nones(verdicts)
        for key, rows in verdicts.asks.items():
            if key in self._doubts:
                told.asks[key[0]] = rows
                if not self._it.doubt_is_settled(self._doubts[key]):
                    told.young.add(key[0])
            else:
                told.overdue[key] = rows
        told.noticed += [(key[0], rows) for key, rows in verdicts.offered.items()]
        for key, item in self._items.items():
            known_by_now = key in verdicts.found or key in told.overdue
            if item.id is None and not known_by_now and self._it.item_is_settled(item):
                told.overdue[key] = ()
        done = {*told.found, *told.none, *told.asks, *told.unread}
        told.waits = [entry.address for entry in self._doubts.values() if entry.address not in done]

    @cached_property
    def _doubts(self) -> Mapping[Key, Entry]:
        return {(entry.address, 0.0): entry for entry in self._known.doubts}

    @cached_property
    def _items(self) -> Mapping[Key, Entry | Orphan]:
        return {(item.address, item.created_at): item for item in self._known.items}

    def _orphan(self, key: Key) -> float | None:
        """When the orphan of this key was made, None for an entry: so events name it."""
        return key[1] if isinstance(self._items[key], Orphan) else None

    def _found(self, found: Mapping[Key, tuple[Remote, bool]]) -> None:
        """Every exact find, then each provisional one."""
        for key, (row, sure) in sorted(found.items(), key=lambda each: not each[1][1]):
            self._learn(key, row, sure=sure)
            self._told.events.append(self._is_it(key, row, sure=sure))
            if key in self._doubts:
                self._told.found[key[0]] = row

    def _is_it(self, key: Key, row: Remote, *, sure: bool) -> Event:
        if key not in self._doubts:
            return Bound(key[0], self._now, row.id, row.shown, self._orphan(key), provisional=not sure)
        pending = self._doubts[key].pending
        return Settled(
            key[0],
            self._now,
            found=True,
            id=row.id,
            remote=row.shown,
            unverified=unverified(pending.body if pending is not None else EMPTY, row),
            provisional=not sure,
        )

    def _learn(self, key: Key, row: Remote, *, sure: bool) -> None:
        """What was sent so and is listed so teaches what becomes of values; a provisional find does not."""
        doubt, item = self._doubts.get(key), self._items.get(key)
        spec = item.spec if item is not None else None
        if doubt is not None and doubt.pending is not None:
            spec = doubt.pending.body
        if not sure or spec is None:
            return
        self._told.habits = self._told.habits.learned(self._known.provider.sighting(spec, row))
        window = item.window if item is not None else None
        if window is not None and window.date is not None and row.created_at is not None:
            self._told.habits = self._told.habits.dated(row.id, row.created_at - window.date)

    def _nones(self, verdicts: Verdicts) -> None:
        known, told = self._known, self._told
        for key in verdicts.none:
            entry = self._doubts[key]
            model = known.model(entry.pending.body if entry.pending is not None else EMPTY)
            knows_all = told.knows is Knows.ALL
            empty = self._reading.sound and self._reading.fresh and not self._reading.rows
            if empty:
                told.asks[entry.address] = ()
                told.why[entry.address] = "the account lists nothing at all, which proves nothing"
            elif not self._reading.proves_absence(
                model, known.listed, excused=known.gone | told.gone, knows_all=knows_all
            ):
                told.unread.append(entry.address)
            elif beside := self._perhaps_made(entry, model, verdicts):
                if knows_all:
                    told.asks[entry.address] = beside
                else:  # a newer state has made them, and maybe this one too, which is listed later
                    told.unread.append(entry.address)
            elif known.state.released.get(entry.address, 0) >= NONES:
                told.asks[entry.address] = ()
                said = f"{entry.pending.why}; " if entry.pending is not None and entry.pending.why else ""
                told.why[entry.address] = (
                    f"{said}nothing was made the last time either: send it again only if you say so"
                )
            else:
                told.none.append(entry.address)
                told.events.append(Settled(entry.address, self._now, found=False))

    def _perhaps_made(self, entry: Entry, model: str, verdicts: Verdicts) -> tuple[Remote, ...]:
        """Unowned rows of that model that were not listed before it was sent, whatever they are called.

        A name may be changed in a way that nobody foresaw; a row with the name of another document is that
        one's. Dates decide only where no reading from before the Intent exists.
        """
        known, pending = self._known, entry.pending
        assert pending is not None  # noqa: S101 (only doubts are asked about)
        before, spoken = known.before(pending), {row.id for row, _ in verdicts.found.values()}
        since = (
            None if pending.reading is not None or pending.date is None else pending.date - CLOCK_ALLOWANCE
        )
        rows = (
            row
            for row in (*self._told.unowned, *self._told.unlisted)
            if row.id not in before
            and row.id not in spoken
            and not self._is_another_documents(row, pending.body, verdicts)
            and known.model(row.fields) in (model, "")
            and (since is None or row.created_at is None or row.created_at >= since)
        )
        return tuple(sorted(rows, key=age))

    def _is_another_documents(self, row: Remote, body: Spec, verdicts: Verdicts) -> bool:
        """Whether this is surely not what was sent, and has the name of what a document wants."""
        provider, documents = self._known.provider, self._it.documents
        if provider.match(body, row, self._told.habits, documents) is not Match.DIFFERENT:
            return False
        return any(
            row in verdicts.near.get((want.address, -1.0), ())
            and changes(want.spec.get(provider.name_field), provider.name_of(row.fields), documents)
            is not None
            for want in self._it.wants
        )


def unverified(spec: Spec, remote: Remote) -> tuple[str, ...]:
    """Fields of the spec that the listing did not return."""
    return tuple(sorted(name for name in spec if name not in remote.fields))
