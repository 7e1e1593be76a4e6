"""What became of this state's requests: which products were made, under which ids, and which were not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum
from functools import cached_property

from podsync.evidence.account import CLOCK_ALLOWANCE, Knows
from podsync.evidence.ages import SEND_SECONDS
from podsync.evidence.claims import Claim, ClaimKind, Key, Verdicts
from podsync.evidence.findings import Findings
from podsync.evidence.listing import Reading, Version, Versions
from podsync.evidence.situation import Situation
from podsync.evidence.state_view import Known
from podsync.model.address import Address
from podsync.model.errors import PodsyncError, ProtectedError
from podsync.model.frozen import EMPTY, Spec, freeze
from podsync.providers.contract import Match, ProductStep, Remote, Shown
from podsync.providers.habits import DATES_AGREE
from podsync.providers.knowledge import Provider
from podsync.providers.name_forms import changes
from podsync.state.entries import Entry, Orphan, Pending, Window
from podsync.state.events import Bound, Confirmed, Event, Identified, Settled, Unbound

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


def is_whole(provider: Provider, step: ProductStep, before: Spec, row: Remote) -> bool:
    """Whether a listed product shows all that a step adds."""
    shown = provider.step_shown(step, before, row)
    return shown is not None and not _differ(provider, shown.part, step.body)


class ShownSteps:
    """Of which steps a listing shows what they add, at products of ours; it looks at all of them once."""

    def __init__(self, known: Known, rows: Mapping[str, Remote]) -> None:
        self._known, self._rows, self._shown = known, rows, dict[str, bool]()

    def prove_absence(self, step: ProductStep, entry: Entry, before: Spec) -> bool:
        """Whether some product shows what such a step has added: then what is not listed is not there."""
        name, row = step.name, self._rows.get(entry.id or "")
        made: Spec = freeze({**before, **step.body})
        if row is not None and _shows_some(self._known.provider, name, made, row):
            return True
        if name not in self._shown:
            self._shown[name] = any(
                _shows_some(self._known.provider, name, item.spec or EMPTY, listed)
                for item in self._known.items
                if (listed := self._rows.get(item.id or "")) is not None
            )
        return self._shown[name]


def _shows_some(provider: Provider, name: str, spec: Spec, row: Remote) -> bool:
    """Whether a product shows part of what a step of this name has added."""
    first = provider.first(spec)
    for step in provider.steps(first, spec):
        shown = provider.step_shown(step, first, row) if step.name == name else None
        bare = freeze({field: first.get(field) for field in step.body})
        if shown is not None and _differ(provider, bare, shown.part):
            return True
    return False


def _differ(provider: Provider, one: Spec, other: Spec) -> bool:
    first, second = provider.completed(one, other), provider.completed(other, one)
    return bool(provider.canonical(first) != provider.canonical(second))


def as_said(provider: Provider, spec: Spec, remote: Remote) -> Spec:
    """Return what of a spec a listed product has that a person assigns to it.

    That is what is listed, and what is said to exist. Of what else a step would add nobody has said anything.
    """
    said: Spec = freeze({**existing(provider, spec, remote), **provider.said_to_exist(spec, remote)})
    return said


def existing(provider: Provider, spec: Spec, remote: Remote) -> Spec:
    """Return what of a spec a listed product has for certain, where steps add to it."""
    made = provider.first(spec)
    for step in provider.past_steps(spec):
        shown = provider.step_shown(step, made, remote)
        if shown is not None:
            made = freeze({**made, **shown.part})
    return made


def untold(provider: Provider, made: Spec, wanted: Spec, row: Remote) -> tuple[str, ...]:
    """Return the steps that a taken product may lack, as far as a listing tells: nothing of them."""
    return tuple(
        step.name
        for step in provider.steps(made, wanted)
        if all(provider.shows(name, value, row.fields.get(name)) for name, value in step.body.items())
    )


def _of_doubt(pending: Pending) -> Window:
    """Return when the request of a doubt was on its way, by the provider's clock as far as it is known."""
    date = pending.ended_date
    if date is None and pending.date is not None:
        date = pending.date + SEND_SECONDS
    return Window(pending.written_at, pending.ended_at or pending.send_before, date)


def _earliest(sent: Pending | Window) -> float | None:
    """Return the first listed date that what was sent can have; dates decide only where nothing was read."""
    return None if sent.reading is not None or sent.date is None else sent.date - CLOCK_ALLOWANCE


class SentJudge:
    """Judges creates in doubt and products without a confirmed id; fills in `Findings`."""

    def __init__(self, situation: Situation, reading: Reading, findings: Findings) -> None:
        self._situation, self._reading, self._findings, self._known = (
            situation,
            reading,
            findings,
            situation.known,
        )
        self._now = situation.times.now.wall or 0.0

    @cached_property
    def claims(self) -> list[Claim]:
        """Return a claim for each create in doubt and each product whose id is not confirmed."""
        known, situation = self._known, self._situation
        claims = [
            Claim(
                (entry.address, 0.0), ClaimKind.DOUBT, entry.pending.body,
                before=known.before(entry.pending), settled=situation.doubt_is_settled(entry),
                latest=self._latest(_of_doubt(entry.pending)),
                versions=known.versions_of_doubt(entry, situation.wanted.get(entry.address)),
                earliest=_earliest(entry.pending),
                own=entry.pending.answered,
                open=known.remembered_since(entry.address, entry.pending.written_at, entry.pending.answered),
            )
            for entry in known.doubts
            if entry.pending is not None
        ]  # fmt: skip
        for item in (*known.unbound, *known.provisional):
            window = item.window or Window(0.0, 0.0)
            named = window.named if item.id is None and window.named not in known.owned else None
            claims.append(
                Claim(
                    (item.address, item.created_at),
                    ClaimKind.UNBOUND if item.id is None else ClaimKind.PROVISIONAL,
                    item.spec or EMPTY,
                    before=known.before(window),
                    settled=situation.item_is_settled(item),
                    id=item.id,
                    answered=window.answered is not None and window.answered == (item.id or named),
                    shown=window.shown is not None,
                    named=named,
                    said=named is not None and window.said is not None,
                    latest=self._latest(window),
                    versions=self._versions(item),
                    earliest=_earliest(window),
                    own=window.answered,
                    open=known.remembered_since(item.address, window.since, window.answered),
                )
            )
        return claims

    def _versions(self, item: Entry | Orphan) -> Versions | None:
        """Return what was sent beside what the document says today; nobody wants an orphan."""
        wanted = self._situation.wanted.get(item.address)
        return self._known.versions_of_made(item, wanted) if isinstance(item, Entry) else None

    def _latest(self, window: Window) -> float | None:
        """Return the last listed date that a product made in this window can have."""
        if window.date is None:
            return None
        off = self._known.habits.offset
        allowed = CLOCK_ALLOWANCE if off is None else off + 2 * DATES_AGREE
        return window.date + self._situation.timeout_seconds + allowed

    def judge(self, verdicts: Verdicts) -> None:
        """Every exact find, each provisional one, every None, then the questions."""
        findings = self._findings
        # Products from before a doubt come first: the product of a replace in doubt takes their place.
        self._found({key: found for key, found in verdicts.found.items() if key in self._items})
        for key, row in verdicts.confirmed.items():
            self._learn(key, row, sure=True)
            findings.events.append(Confirmed(key[0], self._now, self._orphan(key), row.shown or EMPTY))
        findings.events += [self._is_it(key, row, sure=False) for key, row in verdicts.shown.items()]
        for key in sorted(verdicts.revoked):
            findings.events.append(Unbound(key[0], self._now, self._orphan(key)))
        self._found({key: found for key, found in verdicts.found.items() if key in self._doubts})
        self._nones(verdicts)
        for key, rows in verdicts.asks.items():
            findings.later |= {(key[0], row.id) for row in rows if self._by_key[key].is_later(row)}
            if key in self._doubts:
                findings.asks[key[0]] = rows
                if not self._situation.doubt_is_settled(self._doubts[key]):
                    findings.young.add(key[0])
            else:
                findings.overdue[key] = rows
        findings.noticed += [(key[0], rows) for key, rows in verdicts.offered.items()]
        waits = {claim.key for claim in self.claims if claim.said and claim.named not in self._reading.rows}
        for key, item in self._items.items():
            known_by_now = key in verdicts.found or key in findings.overdue or key in waits
            if item.id is None and not known_by_now and self._situation.item_is_settled(item):
                findings.overdue[key] = ()
        done = {*findings.found, *findings.none, *findings.asks, *findings.unread}
        findings.waits = [entry.address for entry in self._doubts.values() if entry.address not in done]

    @cached_property
    def _by_key(self) -> Mapping[Key, Claim]:
        return {claim.key: claim for claim in self.claims}

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
            self._findings.events.append(self._is_it(key, row, sure=sure))
            if key in self._doubts:
                self._findings.found[key[0]] = row

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
        self._findings.habits = self._findings.habits.learned(self._known.provider.sighting(spec, row))
        window = item.window if item is not None else None
        if window is not None and window.date is not None and row.created_at is not None:
            self._findings.habits = self._findings.habits.dated(row.id, row.created_at - window.date)

    def _nones(self, verdicts: Verdicts) -> None:
        known, findings = self._known, self._findings
        for key in verdicts.none:
            entry = self._doubts[key]
            model = known.model(entry.pending.body if entry.pending is not None else EMPTY)
            knows_all = findings.knows is Knows.ALL
            empty = self._reading.sound and self._reading.fresh and not self._reading.rows
            if empty:
                findings.asks[entry.address] = ()
                findings.why[entry.address] = "the account lists nothing at all, which proves nothing"
            elif not self._reading.proves_absence(
                model, known.listed, excused=known.gone | findings.gone, knows_all=knows_all
            ):
                findings.unread.append(entry.address)
            elif beside := self._perhaps_made(entry, model, verdicts):
                if knows_all:
                    findings.asks[entry.address] = beside
                else:  # a newer state has made them, and maybe this one too, which is listed later
                    findings.unread.append(entry.address)
            elif why := self._contradiction(entry):
                findings.asks[entry.address] = ()
                findings.why[entry.address] = f"{why}: it is sent again only if you say so"
            else:
                findings.none.append(entry.address)
                findings.events.append(Settled(entry.address, self._now, found=False))

    def _contradiction(self, entry: Entry) -> str:
        """Why only a person can say that nothing was made, although no listing shows it; "" if a look can."""
        why = entry.pending.why if entry.pending is not None else ""
        if entry.pending is not None and entry.pending.acknowledged is not None:
            return f"{why}, and no listing shows it"
        if self._known.state.released.get(entry.address, 0) >= NONES:
            again = "no listing shows it, nor what was sent before it"
            return f"{why}; {again}" if why else again
        return ""

    def _perhaps_made(self, entry: Entry, model: str, verdicts: Verdicts) -> tuple[Remote, ...]:
        """Unowned rows of that model that were not listed before it was sent, whatever they are called.

        A name may be changed in a way that nobody foresaw; a row with the name of another document is that
        one's. Dates decide only where no reading from before the Intent exists.
        """
        known, pending = self._known, entry.pending
        assert pending is not None  # noqa: S101 (only doubts are asked about)
        before, spoken = known.before(pending), {row.id for row, _ in verdicts.found.values()}
        claim = self._by_key[entry.address, 0.0]
        rows = (
            row
            for row in (*self._findings.unowned, *self._findings.unlisted)
            if row.id not in before
            and row.id not in spoken
            and not self._is_another_documents(row, pending.body, verdicts)
            and known.model(row.fields) in (model, "")
            and not claim.was_there(row)
        )
        found = sorted(rows, key=claim.strength)
        self._findings.later |= {(entry.address, row.id) for row in found if claim.is_later(row)}
        return tuple(found)

    def _is_another_documents(self, row: Remote, body: Spec, verdicts: Verdicts) -> bool:
        """Whether this row is surely not the sent product, and has the name that a document wants."""
        provider, documents = self._known.provider, self._situation.documents
        if provider.match(body, row, self._findings.habits, documents) is not Match.DIFFERENT:
            return False
        return any(
            row in verdicts.near.get((want.address, -1.0), ())
            and changes(want.spec.get(provider.name_field), provider.name_of(row.fields), documents)
            is not None
            for want in self._situation.wants
        )


def unverified(spec: Spec, remote: Remote) -> tuple[str, ...]:
    """Fields of the spec that the listing did not return."""
    return tuple(sorted(name for name in spec if name not in remote.fields))


# -- what a person says of it


def not_listed(provider: Provider, identity: str) -> PodsyncError:
    """Return the error for an id that nothing is listed under."""
    return PodsyncError(
        f"{provider.title} lists no product {identity}",
        f"its id is on {provider.title}'s web page, and here: podsync import --match; "
        "what was made just now, or is in review, can be taken once it is listed",
    )


def came_after(address: Address, identity: str, before: Collection[str]) -> None:
    """Raise ProtectedError for an id that was listed `before` what is said to have made it was sent."""
    if identity in before:
        raise ProtectedError(
            f"{identity} was listed before {address} was sent: that request did not make it",
            f"if nothing was made: podsync state settle {address.word} --not-created, "
            f"then: podsync import {address.word} {identity}",
        )


def identified(
    known: Known,
    rows: Mapping[str, Remote],
    entry: Entry,
    identity: str,
    now: float,
    versions: Versions | None,
    said: Version | None,
) -> list[Event]:
    """A person has seen what was sent, which no listing shows: bound once one shows it under this id.

    `said` is which of its `versions` it is. Raises PodsyncError where the listed `rows` may be it, or the id
    cannot be its own.
    """
    address, pending, sent = entry.address, entry.pending, entry.pending or entry.window or Window(0, 0)
    if versions is not None and versions.apart and said is None:
        raise versions.unlisted(address, identity)
    before, owned = known.before(sent), known.state.owned(known.name)
    answered = entry.window is not None and entry.window.answered == identity
    aside = known.foreign.union(owned, before)
    spec = entry.spec or EMPTY if pending is None else pending.body
    listed = not answered and any(
        known.provider.match(spec, row, known.habits) is not Match.DIFFERENT
        for row in rows.values()
        if row.id not in aside
    )
    if said == Version.DOCUMENT or identity in known.gone or listed:
        raise not_listed(known.provider, identity)
    holder = owned.get(identity) or known.identified.get(identity)
    if holder is not None and (holder != address or pending is not None):
        raise PodsyncError(f"{identity} belongs to {holder} already", "one product has one address")
    came_after(address, identity, before)
    if known.identified.get(identity) == address:
        return []
    made: list[Event] = [] if pending is None else [Settled(address, now, found=True)]
    return [*made, Identified(address, now, identity)]
