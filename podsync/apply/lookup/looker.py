"""PROTOCOL step 3, the reading half: ask a provider no more than what a verdict needs, and judge the answer.

A look begins with what may prove presence: the wanted models, a few known products. Only where that does not
carry a verdict is the whole listing read: where the state does not know all that is ours, where nothing known
is visible, where "nothing was made" is to be said.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from podsync.evidence.account import Knows
from podsync.evidence.ages import Moment
from podsync.evidence.findings import Findings
from podsync.evidence.judge import judge
from podsync.evidence.listing import Reading, reading_of, together
from podsync.evidence.situation import Situation
from podsync.evidence.state_view import Known
from podsync.model.clock import Clock
from podsync.model.errors import UnreadableError
from podsync.model.frozen import EMPTY, FrozenDict, Json, Spec
from podsync.model.product import seen_ids
from podsync.providers.contract import Query, Reader, Remote
from podsync.state.events import Event, Remembered

#: So many names are searched one by one; for more, the whole listing is read once.
FEW = 10
#: At most this many known ids are read to recognise the account if it has no landmark.
PROBES = 20


@dataclass(frozen=True, slots=True)
class Looker:
    """Looks at one provider. `date_at` returns its time at a monotonic moment, if it is known.

    `heard` gets the date of every listing.
    """

    reader: Reader
    clock: Clock
    date_at: Callable[[float], float | None]
    heard: Callable[[float | None], None]
    #: What this look has shown so far.
    _came: dict[str, Remote] = field(default_factory=dict)

    def look(self, situation: Situation, *, presence: bool = False) -> Findings:
        """Read, judge, and read more where a verdict needs it; with `presence` no more than may be there.

        Raises UnreadableError, with all rows that came before, where a listing breaks off.
        """
        self._came.clear()
        try:
            return self._look(situation, presence)
        except UnreadableError as error:
            error.rows = (*self._came.values(), *error.rows)
            raise

    def _look(self, situation: Situation, presence: bool) -> Findings:
        known = situation.known
        models = _models(situation)
        looked = self.clock.monotonic()
        if not presence and _knows_too_little(situation):
            return self.judged(situation, self._whole(known))
        if situation.compares:
            reading = self._read(known, Query(pairs=known.pairs), of_all=True)
        else:
            reading = self._some(situation, models)
        findings = self.judged(situation, reading)
        if presence and findings.account is not False:
            return findings
        doubted = {e.address: e.pending.body for e in known.doubts if e.pending is not None}
        unread = {known.model(doubted[address]) for address in findings.unread}
        needed = unread | set(findings.unsearched.values())
        # What was made may be told to be of another model, in a form that nobody knows: it has its name.
        closing = (doubted[address] for address in (*findings.unread, *findings.none))
        names = {str(body.get(known.provider.name_field)) for body in closing}
        if (needed or names) and findings.knows is Knows.ALL and not reading.of_all:
            if needed:
                reading = together(self._by_model(known, needed, absence=True), reading)
            for named in self._by_name(known, names):
                reading = together(reading, named)
            findings = self.judged(situation, replace(reading, looked=looked))
        if self._needs_all(situation, findings):
            # A row shown a moment ago existed, although the provider may hide it now.
            findings = self.judged(situation, together(self._whole(known), reading))
        return findings

    def _needs_all(self, situation: Situation, findings: Findings) -> bool:
        reading = findings.reading
        if situation.compares and not reading.twice and reading.misses(situation.known.listed):
            return True
        if reading.is_whole and reading.twice:
            return False
        makes = any(want.before is None and want.selected for want in situation.wants)
        unsure = findings.knows is not Knows.ALL and makes
        unseen = {identity for identity in situation.looked_for if identity not in reading.rows}
        unread = bool(findings.unread or findings.unsearched)
        return findings.account is False or unread or unsure or bool(unseen)

    def broken_off(self, situation: Situation, error: UnreadableError) -> list[Event]:
        """Return what is to be remembered of a look that could not be ended: the next may not show it."""
        rows = {row.id: row for row in error.rows}
        reading = Reading(rows, self.clock.monotonic(), broken=True)
        found = self.judged(situation, reading) if rows else None
        return [] if found is None else [event for event in found.events if isinstance(event, Remembered)]

    def judged(self, situation: Situation, reading: Reading) -> Findings:
        """Judge as of the moment at which the reading began."""
        return judge(self.dated(situation, reading.looked), reading)

    def dated(self, situation: Situation, looked: float) -> Situation:
        """Return the situation as of a look at that monotonic moment."""
        return replace(situation, times=replace(situation.times, looked=looked, now=self.moment(looked)))

    def moment(self, at: float) -> Moment:
        """Return a monotonic moment by our clock and by the provider's."""
        return Moment(self.clock.now() - (self.clock.monotonic() - at), self.date_at(at))

    # -- readings

    def _whole(self, known: Known) -> Reading:
        return self._read(known, Query(absence=True, pairs=known.pairs), of_all=True)

    def _by_model(self, known: Known, models: Collection[str], *, absence: bool = False) -> Reading:
        query = Query(models=frozenset(models), absence=absence, pairs=known.pairs)
        return self._read(known, query, models=models)

    def _by_name(self, known: Known, names: Collection[str]) -> list[Reading]:
        """Search each name, or read everything once where that is less."""
        if len(names) > FEW:
            return [self._read(known, Query(pairs=known.pairs), of_all=True)]
        return [self._read(known, Query(name=name, pairs=known.pairs)) for name in sorted(names)]

    def _read(
        self, known: Known, query: Query, *, of_all: bool = False, models: Collection[str] = ()
    ) -> Reading:
        looked = self.clock.monotonic()
        listing = self.reader.find(query)
        self.heard(listing.date)
        self._came.update((row.id, row) for row in listing.items)
        return reading_of(
            listing,
            looked,
            of_all=of_all,
            models=models,
            habits=known.habits,
            codes=bool(known.pairs),
            twice=query.absence,
        )

    def _some(self, situation: Situation, models: Collection[str]) -> Reading:
        """Read the wanted models, search names that have to be unique, and look up a few known products."""
        known, provider = situation.known, situation.known.provider
        searched = {
            str(spec.get(provider.name_field))
            for want in situation.wants
            for spec in (want.spec, want.becomes, want.former)
            if want.selected and spec is not None and provider.unique_name(spec) is not None
        }
        if len(searched) > FEW:
            return self._read(known, Query(pairs=known.pairs), of_all=True)
        readings = [self._by_model(known, models)] if models else []
        readings += self._by_name(known, searched)
        there = {identity for reading in readings for identity in reading.rows}
        named: dict[str, Mapping[str, Json]] = {id_: EMPTY for id_, _ in situation.named.values()}
        # What looked like one of these once, and is in none of these readings, is asked for by its id.
        likely = {
            id_ for item in (*known.doubts, *known.unbound) for id_ in known.remembered_for(item.address)
        }
        named |= {
            identity: seen_ids(row.shown)
            for identity, row in known.remembered.items()
            if identity in likely or known.model(row.fields) in {*models, ""}
        }
        named = {identity: shown for identity, shown in sorted(named.items()) if identity not in there}
        if len(named) > PROBES:
            readings.append(self._read(known, Query(pairs=known.pairs), of_all=True))
            there |= readings[-1].rows.keys()
            named = {}
        sought = _sought(known, situation.looked_for | situation.checked, there) | named
        if sought:
            readings.append(self._read(known, Query(known=FrozenDict(sought), pairs=known.pairs)))
        if not readings:
            return self._read(known, Query(pairs=known.pairs), of_all=True)
        whole = readings[0]
        for other in readings[1:]:
            whole = together(whole, other)
        return whole


def _knows_too_little(situation: Situation) -> bool:
    """Whether the state is new or lost, and something is to be made: then everything is read at once."""
    makes = any(want.before is None for want in situation.wants)
    return makes and (situation.lost or situation.known.is_new)


def _models(situation: Situation) -> frozenset[str]:
    """Return the models of wanted and of sent products, as specs name them."""
    known = situation.known
    specs: list[Spec] = [want.spec for want in situation.wants if want.selected and want.before is None]
    specs += [*known.sent, *(refusal.body for _, refusal in situation.unwanted())]
    # The listing may have a second candidate.
    specs += [item.spec or EMPTY for item in known.presumed]
    return frozenset(known.model(spec) for spec in specs)


def _sought(known: Known, also: Iterable[str], there: Collection[str]) -> dict[str, object]:
    """Return the known products to look up: landmarks, ids that were told, requested ids, a few others."""
    sought: dict[str, object] = {item.id: seen_ids(item.remote) for item in known.answered if item.id}
    if known.provider.tells_ids:
        named = (each.window.named for each in known.unbound if each.window is not None)
        sought |= {identity: EMPTY for identity in named if identity}
    sought |= {identity: known.shown[identity] for identity in also if identity in known.shown}
    marks = {
        mark["id"]: FrozenDict({k: v for k, v in mark.items() if k == known.seen_key})
        for mark in known.landmarks
    }
    if not any(identity in there for identity in marks):
        sought |= marks
    if not marks and not any(identity in there for identity in known.shown):
        sought |= dict(sorted(known.shown.items())[-PROBES:])
    return {identity: shown for identity, shown in sought.items() if identity not in there}
