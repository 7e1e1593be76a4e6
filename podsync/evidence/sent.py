"""What became of this state's requests: which products were made, under which ids, and which were not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from podsync.evidence.account import CLOCK_ALLOWANCE, Knows
from podsync.evidence.ages import SEND_SECONDS
from podsync.evidence.claims import Claim, ClaimKind
from podsync.evidence.findings import Findings, Verdicts
from podsync.evidence.listing import Reading, Version, Versions, age
from podsync.evidence.situation import Situation
from podsync.evidence.state_view import Key, Known
from podsync.model.address import Address
from podsync.model.errors import PodsyncError, ProtectedError
from podsync.model.frozen import EMPTY, Spec
from podsync.model.product import Product
from podsync.providers.contract import Match, Remote
from podsync.providers.habits import DATES_AGREE
from podsync.providers.knowledge import Provider
from podsync.providers.name_forms import changes
from podsync.state.entries import Entry, Orphan, Pending, Window
from podsync.state.events import Adopted, Bound, Confirmed, Event, Identified, Orphaned, Settled, Unbound
from podsync.state.reducer.reducer import replay

#: So often is "nothing was made" said of one address without a person.
NONES = 1


def _of_doubt(pending: Pending) -> Window:
    """Return when the request of a doubt was on its way, by the provider's clock as far as it is known."""
    date = pending.ended_date
    if date is None and pending.date is not None:
        date = pending.date + SEND_SECONDS
    return Window(pending.written_at, pending.ended_at or pending.send_before, date)


def _earliest(sent: Pending | Window) -> float | None:
    """Return the first listed date that what was sent can have; dates decide only where nothing was read."""
    start = sent.date if isinstance(sent, Pending) or sent.date is None else sent.date - _lasted(sent)
    return None if sent.reading is not None or start is None else start - CLOCK_ALLOWANCE


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
                own=entry.pending.answered, conflict=bool(entry.pending.conflict),
                open=known.remembered_since(
                    entry.address, entry.pending, entry.pending.written_at, entry.pending.answered
                ),
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
                    open=known.remembered_since(item.address, window, window.since, window.answered, named),
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
            named = self._reading.rows.get(self._items[key].id or "")
            if named is not None and not self._by_key[key].answered:  # somebody may have renamed it since
                findings.noticed.append((key[0], (named,)))
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
                findings.overdue[key] = self._under_another_model(item, verdicts)
        done = {*findings.found, *findings.none, *findings.asks, *findings.unread}
        findings.waits = [entry.address for entry in self._doubts.values() if entry.address not in done]

    def _under_another_model(self, item: Entry | Orphan, verdicts: Verdicts) -> tuple[Remote, ...]:
        """Return what came after it was made, has its name, and is told to be of another model."""
        window, spec = item.window, item.spec or EMPTY
        rows = self._new_since(window, spec, verdicts) if window is not None else ()
        return tuple(row for row in rows if self._has_its_name(row, spec, verdicts))

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
            entry, pending = self._doubts[key], self._doubts[key].pending
            assert pending is not None  # noqa: S101 (only doubts are asked about)
            model = known.model(pending.body)
            knows_all = findings.knows is Knows.ALL
            empty = self._reading.sound and self._reading.fresh and not self._reading.rows
            if empty:
                findings.asks[entry.address] = ()
                findings.why[entry.address] = "the account lists nothing at all, which proves nothing"
            elif not self._reading.proves_absence(
                model, known.listed, excused=known.gone | findings.gone, knows_all=knows_all
            ):
                findings.unread.append(entry.address)
                gone = known.gone | findings.gone
                findings.why[entry.address] = self._reading.gap(known.listed, excused=gone)
            elif beside := self._perhaps_made(pending, pending.body, verdicts):
                if knows_all:
                    claim = self._by_key[key]
                    findings.later |= {(entry.address, row.id) for row in beside if claim.is_later(row)}
                    findings.asks[entry.address] = tuple(sorted(beside, key=claim.strength))
                else:  # a newer state has made them, and maybe this one too, which is listed later
                    findings.unread.append(entry.address)
                    newer = f"a newer state has made {beside[0].id}, and maybe this one too"
                    findings.why[entry.address] = newer
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

    def _perhaps_made(self, sent: Pending | Window, body: Spec, verdicts: Verdicts) -> tuple[Remote, ...]:
        """Rows that came after it was sent: those of its model, and of any model those that have its name.

        A name may be changed in a way that nobody foresaw, and so may the form in which a model is told.
        """
        model = self._known.model(body)
        rows = self._new_since(sent, body, verdicts)
        return tuple(
            row
            for row in rows
            if self._known.model(row.fields) in (model, "") or self._has_its_name(row, body, verdicts)
        )

    def _new_since(self, sent: Pending | Window, body: Spec, verdicts: Verdicts) -> list[Remote]:
        """Return the unowned rows that were not listed before it was sent, the oldest first.

        Dates decide only where no reading from before the Intent exists. A row with the name of another
        document is that one's.
        """
        before, spoken = self._known.before(sent), {row.id for row, _ in verdicts.found.values()}
        since = _earliest(sent)
        rows = (
            row
            for row in (*self._findings.unowned, *self._findings.unlisted)
            if row.id not in before
            and row.id not in spoken
            and not self._is_another_documents(row, body, verdicts)
            and (since is None or row.created_at is None or row.created_at >= since)
        )
        return sorted(rows, key=age)

    def _has_its_name(self, row: Remote, body: Spec, verdicts: Verdicts) -> bool:
        """Whether the row is called as this was sent, and nobody else's request may have made it."""
        provider, documents = self._known.provider, self._situation.documents
        if any(row in rows for found in (verdicts.asks, verdicts.offered) for rows in found.values()):
            return False
        return changes(body.get(provider.name_field), provider.name_of(row.fields), documents) is not None

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


def left_over(
    situation: Situation, findings: Findings, spoken: Collection[str]
) -> Iterator[tuple[str, tuple[Event, ...]]]:
    """Yield what a newer state had and no document wants any more, by id: an orphan, which is on sale.

    `spoken` are ids of which this look has said what they are. What a question names waits for its answer.
    """
    known, now = situation.known, situation.times.now.wall or 0.0
    rows = known.state.remembered.get(known.name, EMPTY)
    if not rows:
        return
    moved = (each for want in situation.wants for each in want.moved)
    spoken_for = {*situation.wanted, *moved, *known.state.entries}
    questions = [each.rows for each in (*findings.questions.values(), *findings.unwanted.values())]
    questions += [*findings.asks.values(), *findings.overdue.values()]
    questions += [rows for _, rows in findings.noticed]
    aside = {*spoken, *situation.managed, *(row.id for rows in questions for row in rows)}
    for row in findings.unowned:
        had = rows[row.id].known_as if row.id in known.remembered and row.id not in aside else EMPTY
        addresses = {Address.parse(each): spec for each, spec in had.items()}
        if addresses and addresses.keys().isdisjoint(spoken_for):
            address = min(addresses)
            facts = (address, known.name, known.account, now, row.id, addresses[address], row.shown or EMPTY)
            yield row.id, (Adopted(*facts), Orphaned(address, now))


def _lasted(window: Window) -> float:
    return window.until - window.since


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
    told = sent.answered
    # What only the answer has told, and no listing has shown, may be told wrongly.
    unseen = {row.id for row in rows.values() if row.id == told and row.last_listed is not None}
    aside = known.foreign.union(owned, before, unseen)
    spec = entry.spec or EMPTY if pending is None else pending.body
    listed = told != identity and any(
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


def seen_though_refused(
    known: Known,
    rows: Mapping[str, Remote],
    product: Product | None,
    identity: str,
    now: float,
    said: Version | None,
) -> list[Event]:
    """A person has seen on the web page what a refused create has made all the same, and no listing shows it.

    The request is in doubt after all, and `identified`. Raises PodsyncError where nothing was refused, or
    where it is not said which of several versions it is.
    """
    refused = [each for each in known.state.refusals.get(product.address, ()) if each.body] if product else []
    if product is None or not refused:
        raise not_listed(known.provider, identity)
    versions, first = known.versions_of_address(product.address, product.spec), known.provider.first
    sent = () if versions is None else tuple(one for one in versions.sent if one.id is None)
    bodies = {Version.of_body(each.body): each for each in refused}
    same = [each for each in refused if first(each.body) not in [one.spec for one in sent]]
    if same:
        bodies[Version.DOCUMENT] = same[0]
    if len(refused) == 1:
        bodies[Version.SENT] = refused[0]
    if said is None and len(refused) == 1 and (versions is None or not versions.apart):
        said = Version.SENT
    if said not in bodies:
        if versions is None or said == Version.DOCUMENT:
            raise not_listed(known.provider, identity)
        raise replace(versions, sent=sent).unlisted(product.address, identity, today=bool(same))
    intent = known.refused_intent(product, bodies[said].body, now, bodies[said].reading)
    after = replace(known, state=replay(known.state, [intent]))
    entry = after.state.entries[product.address]
    return [intent, *identified(after, rows, entry, identity, now, None, None)]
