"""All that one look at one provider says. `plan --refresh` and apply judge by this very code.

A `Situation` (what the state knows, what is wanted, what the clocks say) and a `Reading` go in, `Findings`
come out: events that become known by it, and a verdict for each product that is wanted. Who only plans shows
them; who holds the lock records the events and acts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from podsync.evidence.account import chosen, is_ours
from podsync.evidence.claims import Claim, Judge, Key, Kind, Verdicts, age
from podsync.evidence.knowledge import CLOCK_ALLOWANCE, Knows, judged, made_since
from podsync.evidence.known import Known, when
from podsync.evidence.reading import Reading
from podsync.evidence.time import SEND_SECONDS, Age, Moment, elapsed
from podsync.model import EMPTY, Address, FrozenDict, Spec
from podsync.ports import Match, Remote
from podsync.providers.habits import Habits
from podsync.providers.names import plain, skeleton
from podsync.state.entries import Entry, Orphan, Pending, Refusal, Window
from podsync.state.events import (
    Bound,
    Confirmed,
    Disowned,
    EntryGone,
    Event,
    FoundAgain,
    Gone,
    Landmarked,
    Missed,
    ModelsSeen,
    Observed,
    Settled,
    Unbound,
)  # fmt: skip

#: So often is "nothing was made" said of one address without a person.
NONES = 1


@dataclass(frozen=True, slots=True)
class Want:
    """A product that a document wants, and that the state does not have (as this document wants it).

    `adopts` is False where it was asked to be made anew. `asked` is False for what the selection leaves out:
    it counts as a claim all the same. `before` is what an update finds there now.
    """

    address: Address
    spec: Spec
    adopts: bool = True
    asked: bool = True
    before: Spec | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """What the clocks say. `looked` and `began` are monotonic, `now` is the moment of `looked` for others.

    `began` is the moment since which no request of an earlier run can leave any more. `failed`, `refused`,
    `made` and `missed` are monotonic moments of this run: when the sender of a doubt was done, when a body
    was refused, when a product was acknowledged, when an id was first missed.
    """

    looked: float
    began: float
    now: Moment
    failed: Mapping[Address, float] = field(default_factory=dict)
    refused: Mapping[Address, float] = field(default_factory=dict)
    made: Mapping[Address, float] = field(default_factory=dict)
    missed: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Situation:
    """What is known before a look."""

    known: Known
    times: Times
    wants: Sequence[Want] = ()
    documents: frozenset[str] = frozenset()
    lost: bool = False
    first_contact: bool = False
    #: Ids that are asked for: orphans that are wanted again.
    looked_for: frozenset[str] = frozenset()
    settle_seconds: float = 600.0
    timeout_seconds: float = 30.0

    def age_of_doubt(self, entry: Entry) -> Age:
        """How long ago the sender of a create in doubt was done for certain."""
        times, pending = self.times, entry.pending
        assert pending is not None  # noqa: S101 (only doubts are asked about)
        here = times.looked - times.failed.get(entry.address, times.began)
        over = when(pending)
        if over is not None:
            return Age(here, elapsed(over, times.now))
        return Age(here, elapsed(Moment(pending.written_at, pending.date), times.now) - SEND_SECONDS)

    def doubt_is_settled(self, entry: Entry) -> bool:
        """Whether a listing that lags would show by now what this request made."""
        return self.age_of_doubt(entry).at_least(self.timeout_seconds + self.settle_seconds)

    def item_is_settled(self, item: Entry | Orphan) -> bool:
        """Whether a listing that lags would show by now what was acknowledged."""
        times, window = self.times, item.window
        here = times.looked - times.made.get(item.address, times.began)
        between = 0.0 if window is None else elapsed(Moment(window.until, window.date), times.now)
        return Age(here, between).at_least(self.settle_seconds)

    def refusal_is_settled(self, address: Address, refusal: Refusal) -> bool:
        """Whether a listing would show by now what that request made, if the answer was wrong."""
        times = self.times
        here = times.looked - times.refused.get(address, times.began)
        return Age(here, elapsed(Moment(refusal.at, refusal.date), times.now)).at_least(self.settle_seconds)

    def open_refusals(self) -> tuple[Address, ...]:
        """Return wanted addresses whose refusals are too young to be believed."""
        wanted = {want.address for want in self.wants if want.asked and want.before is None}
        return tuple(
            sorted(
                {
                    address
                    for (address, _), refusal in self.known.refusals()
                    if address in wanted and not self.refusal_is_settled(address, refusal)
                }
            )
        )


@dataclass(frozen=True, slots=True)
class Question:
    """Why nothing is made of a wanted product; a person has to say what these rows are."""

    why: str
    rows: tuple[Remote, ...] = ()


@dataclass
class Findings:
    """What one look says. `events` are in the order in which they are to be recorded.

    `waits` are doubts that are not settled yet, `unread` those for which the reading was not whole, `asks`
    those that a person has to answer, with `why` where there is nothing to choose from; of those that are
    `young` nobody can say yet that nothing was made. `adopted` maps a wanted product to the row that is it,
    `taken` to rows that have its name for a shared customer, `questions` to why nothing may be made of it,
    `namesakes` to rows that are not ours and look like it.
    """

    reading: Reading
    knows: Knows = Knows.ALL
    account: bool | None = None
    habits: Habits = Habits()  # noqa: RUF009 (frozen)
    events: list[Event] = field(default_factory=list)
    found: dict[Address, Remote] = field(default_factory=dict)
    none: list[Address] = field(default_factory=list)
    asks: dict[Address, tuple[Remote, ...]] = field(default_factory=dict)
    why: dict[Address, str] = field(default_factory=dict)
    young: set[Address] = field(default_factory=set)
    overdue: dict[Key, tuple[Remote, ...]] = field(default_factory=dict)
    waits: list[Address] = field(default_factory=list)
    unread: list[Address] = field(default_factory=list)
    adopted: dict[Address, Remote] = field(default_factory=dict)
    taken: dict[Address, tuple[Remote, ...]] = field(default_factory=dict)
    questions: dict[Address, Question] = field(default_factory=dict)
    namesakes: dict[Address, tuple[Remote, ...]] = field(default_factory=dict)
    unowned: tuple[Remote, ...] = ()
    first_contact: tuple[Remote, ...] = ()
    unproven: tuple[Address, ...] = ()
    missed: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()


def judge(situation: Situation, reading: Reading) -> Findings:
    """Return all that this reading says."""
    return _Look(situation, reading).findings()


class _Look:
    def __init__(self, situation: Situation, reading: Reading) -> None:
        self._it, self._reading = situation, reading
        self._known = situation.known
        self._told = Findings(reading, habits=self._known.habits)
        self._now = situation.times.now.wall or 0.0

    def findings(self) -> Findings:
        told, known = self._told, self._known
        told.account = is_ours(self._reading.rows, known.landmarks, known.shown)
        if told.account is False:
            # Until something is seen again the account is in question.
            missed = sorted(set(known.listed) - set(known.absent))
            told.events.append(Missed(known.name, self._now, self._it.times.now.date, tuple(missed)))
            return told
        self._models()
        told.unowned = self._unowned()
        told.knows = self._what_the_state_knows()
        self._absences()
        judging = Judge(known.provider, told.unowned, told.habits, self._it.documents)
        verdicts = judging.judge(self._claims(), self._reading.rows, fresh=self._reading.fresh)
        self._sent(verdicts)
        self._wanted(verdicts, judging)
        self._unproven()
        self._remember()
        return told

    # -- before the claims

    def _unowned(self) -> tuple[Remote, ...]:
        """Rows that may be anybody's: not owned, not said to be somebody else's, no tombstone."""
        known = self._known
        aside = known.owned | known.foreign | known.gone
        return tuple(row for row in self._reading.rows.values() if row.id not in aside)

    @cached_property
    def _sendable(self) -> list[Want]:
        return [want for want in self._it.wants if want.before is None]

    def _what_the_state_knows(self) -> Knows:
        known, provider = self._known, self._known.provider
        models = {known.model(want.spec) for want in self._sendable}
        names = {skeleton(want.spec.get(provider.name_field)) for want in self._sendable}

        def concerns(row: Remote) -> bool:
            model = row.fields.get(provider.model_field)
            return model is None or known.model(row.fields) in models or skeleton(row.name) in names

        newer = (
            made_since(self._told.unowned, known.last_apply(), known.habits, concerns)
            if self._sendable
            else ()
        )
        explained = self._explained(newer)
        return judged(
            new=known.is_new, lost=self._it.lost, newer=[row for row in newer if row.id not in explained]
        )

    def _explained(self, rows: Sequence[Remote]) -> set[str]:
        """Rows that what this state sent accounts for: they say nothing of another one."""
        sent = [e.pending.body for e in self._known.doubts if e.pending is not None]
        sent += [item.spec or EMPTY for item in self._known.unbound]
        match = self._known.provider.match
        return {row.id for row in rows for spec in sent if match(spec, row) is not Match.DIFFERENT}

    def _models(self) -> None:
        """Codes are added to what is known of a model, of those that concern us."""
        known, pairs = self._known, self._reading.pairs
        ours = {known.model(item.spec or EMPTY) for item in known.items}
        ours |= {known.model(want.spec) for want in self._it.wants}
        fresh = {
            model: codes
            for model, codes in pairs.items()
            if known.model({known.provider.model_field: model}) in ours
            and not set(codes) <= set(known.pairs.get(model, ()))
        }
        if fresh:
            self._told.events.append(ModelsSeen(known.name, self._now, FrozenDict(fresh)))

    def _absences(self) -> None:
        """Ids that this reading should show: missed once, gone the second time, or there again."""
        known, reading, it = self._known, self._reading, self._it
        rows = {identity: reading.rows[identity] for identity in reading.read}
        carries = reading.of_all and reading.twice and reading.sound and reading.fresh
        carries = carries and bool(is_ours(rows, known.landmarks, known.shown))
        missed = reading.misses(known.listed) if carries else frozenset()
        again = sorted(
            i for i, each in known.absent.items() if i in reading.rows and not _tomb(known, i, each)
        )
        if again:
            self._told.events.append(FoundAgain(known.name, self._now, tuple(again)))
        gone = set()
        for identity in sorted(missed & set(known.absent)):
            before = known.absent[identity]
            here = it.times.looked - it.times.missed.get(identity, it.times.looked)
            between = elapsed(Moment(before.at, before.date), it.times.now)
            if Age(here, between).at_least(it.settle_seconds):
                gone.add(identity)
        new = sorted(missed - set(known.absent))
        if new:
            self._told.events.append(Missed(known.name, self._now, it.times.now.date, tuple(new)))
        for item in known.items:
            if item.id in gone:
                self._told.events.append(
                    Gone(item.address, item.created_at, self._now)
                    if isinstance(item, Orphan)
                    else EntryGone(item.address, self._now)
                )
        self._told.missed, self._told.gone = missed, frozenset(gone)

    # -- what was sent

    def _claims(self) -> list[Claim]:
        known, it = self._known, self._it
        claims = [
            Claim(
                (entry.address, 0.0), Kind.DOUBT, entry.pending.body,
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
                    Kind.UNBOUND if item.id is None else Kind.PROVISIONAL,
                    item.spec or EMPTY,
                    before=known.before(window),
                    settled=it.item_is_settled(item),
                    id=item.id,
                    answered=known.provider.tells_ids,
                )
            )
        claims += [
            Claim((want.address, -1.0), Kind.WANTED, want.spec) for want in self._sendable if want.adopts
        ]
        return claims

    def _sent(self, verdicts: Verdicts) -> None:
        """Every exact find, each provisional one, every None, then the questions."""
        doubts = {(entry.address, 0.0): entry for entry in self._known.doubts}
        items = {(item.address, item.created_at): item for item in self._known.items}
        for exact in (True, False):
            for key, (row, sure) in verdicts.found.items():
                if sure is not exact or key[1] == -1.0:
                    continue
                self._learn(doubts, items, key, row, sure=sure)
                self._told.events.append(self._is_it(doubts, items, key, row, sure=sure))
                if key in doubts:
                    self._told.found[key[0]] = row
        for key, row in verdicts.confirmed.items():
            self._learn(doubts, items, key, row, sure=True)
            orphan = key[1] if isinstance(items[key], Orphan) else None
            shown = row.shown or EMPTY
            self._told.events.append(Confirmed(key[0], self._now, orphan, shown))
        for key in sorted(verdicts.revoked):
            orphan = key[1] if isinstance(items[key], Orphan) else None
            self._told.events.append(Unbound(key[0], self._now, orphan))
        self._nones(doubts, verdicts)
        for key, rows in verdicts.asks.items():
            if key in doubts:
                self._told.asks[key[0]] = rows
                if not self._it.doubt_is_settled(doubts[key]):
                    self._told.young.add(key[0])
            else:
                self._told.overdue[key] = rows
        done = {*self._told.found, *self._told.none, *self._told.asks, *self._told.unread}
        self._told.waits = [entry.address for entry in doubts.values() if entry.address not in done]

    def _is_it(
        self,
        doubts: Mapping[Key, Entry],
        items: Mapping[Key, Entry | Orphan],
        key: Key,
        row: Remote,
        *,
        sure: bool,
    ) -> Event:
        if key in doubts:
            pending = doubts[key].pending
            told = unverified(pending.body if pending is not None else EMPTY, row)
            return Settled(
                key[0],
                self._now,
                found=True,
                id=row.id,
                remote=row.shown,
                unverified=told,
                provisional=not sure,
            )
        orphan = key[1] if isinstance(items[key], Orphan) else None
        return Bound(key[0], self._now, row.id, row.shown, orphan, provisional=not sure)

    def _learn(
        self,
        doubts: Mapping[Key, Entry],
        items: Mapping[Key, Entry | Orphan],
        key: Key,
        row: Remote,
        *,
        sure: bool,
    ) -> None:
        """What was sent so and is listed so teaches what becomes of values; a provisional find does not."""
        pending: Pending | None = doubts[key].pending if key in doubts else None
        spec = pending.body if pending is not None else items[key].spec if key in items else None
        if not sure or spec is None:
            return
        self._told.habits = self._told.habits.learned(self._known.provider.sighting(spec, row))
        window = items[key].window if key in items else None
        if window is not None and window.date is not None and row.created_at is not None:
            self._told.habits = self._told.habits.dated(row.id, row.created_at - window.date)

    def _nones(self, doubts: Mapping[Key, Entry], verdicts: Verdicts) -> None:
        known, told = self._known, self._told
        for key in verdicts.none:
            entry = doubts[key]
            model = known.model(entry.pending.body if entry.pending is not None else EMPTY)
            knows_all = told.knows is Knows.ALL
            beside = self._perhaps_made(entry, model, verdicts)
            empty = self._reading.sound and self._reading.fresh and not self._reading.rows
            if empty:
                told.asks[entry.address] = ()
                told.why[entry.address] = "the account lists nothing at all, which proves nothing"
            elif not self._reading.proves_absence(
                model, known.listed, excused=known.gone | told.gone, knows_all=knows_all
            ):
                told.unread.append(entry.address)
            elif beside:
                told.asks[entry.address] = beside
            elif known.state.released.get(entry.address, 0) >= NONES:
                told.asks[entry.address] = ()
                told.why[entry.address] = (
                    "nothing was made the last time either: send it again only if you say so"
                )
            else:
                told.none.append(entry.address)
                told.events.append(Settled(entry.address, self._now, found=False))

    def _perhaps_made(self, entry: Entry, model: str, verdicts: Verdicts) -> tuple[Remote, ...]:
        """Unowned rows of that model that were not listed before it was sent, whatever they are called.

        A name may be changed in a way that nobody foresaw. Dates decide only where no reading from before the
        Intent exists.
        """
        known, pending = self._known, entry.pending
        assert pending is not None  # noqa: S101 (only doubts are asked about)
        before, spoken = known.before(pending), {row.id for row, _ in verdicts.found.values()}
        since = (
            None if pending.reading is not None or pending.date is None else pending.date - CLOCK_ALLOWANCE
        )
        rows = (
            row
            for row in self._told.unowned
            if row.id not in before
            and row.id not in spoken
            and known.model(row.fields) in (model, "")
            and (since is None or row.created_at is None or row.created_at >= since)
        )
        return tuple(sorted(rows, key=age))

    # -- what is wanted

    def _wanted(self, verdicts: Verdicts, judging: Judge) -> None:
        told, known, provider = self._told, self._known, self._known.provider
        waiting = [item.spec or EMPTY for item in known.unbound]
        waiting += [e.pending.body for e in known.doubts if e.pending is not None]
        refused = self._refused(judging)
        given = {row.id for row, _ in verdicts.found.values()}
        for want in self._it.wants:
            if not want.asked:
                continue
            key = (want.address, -1.0)
            if key in verdicts.found:
                told.adopted[want.address] = verdicts.found[key][0]
                continue
            near = [row for row in verdicts.near.get(key, ()) if row.id not in given]
            if want.before is None and want.address in refused:
                told.questions[want.address] = refused[want.address]
            elif near and (told.knows is not Knows.ALL or provider.unique_name(want.spec) is None):
                self._unclear(want, near, waiting, judging)
            elif taken := self._taken(want, given, judging):
                told.taken[want.address] = taken
            elif near:
                self._unclear(want, near, waiting, judging)
        if not known.made_any:
            told.first_contact = tuple(
                row for row in told.unowned if row.id not in given and not self._it.first_contact
            )

    def _taken(self, want: Want, given: set[str], judging: Judge) -> tuple[Remote, ...]:
        """Rows that orders could not tell from it; what shares its name already an update makes no worse."""
        provider = self._known.provider
        if provider.unique_name(want.spec) is None:
            return ()
        return tuple(
            row
            for row in judging.near(want.spec)
            if row.id not in given
            and provider.clash(want.spec, row.fields)
            and (want.before is None or not provider.clash(want.before, row.fields))
        )

    def _unclear(self, want: Want, near: Sequence[Remote], waiting: Sequence[Spec], judging: Judge) -> None:
        told, rows = self._told, tuple(sorted(near, key=age))
        same = [row for row in rows if judging.match(want.spec, row) is Match.SAME]
        ours = [
            row for row in rows if any(judging.match(spec, row) is not Match.DIFFERENT for spec in waiting)
        ]
        if told.knows is not Knows.ALL:
            told.questions[want.address] = Question(
                f"the state is {told.knows.value}, and this may be it", rows
            )
        elif ours:
            told.questions[want.address] = Question(
                "what was sent earlier may be this, and is not settled", rows
            )
        elif same:
            told.questions[want.address] = Question(
                "equal products exist, and which is meant is not known", rows
            )
        else:
            told.namesakes[want.address] = rows

    def _refused(self, judging: Judge) -> dict[Address, Question]:
        """Addresses where a refusal may have hidden a success: a new row fits what was refused or wanted."""
        found: dict[Address, Question] = {}
        wanted = {want.address: want.spec for want in self._it.wants}
        for (address, _), refusal in self._known.refusals():
            if address not in wanted or address in found:
                continue
            before = self._known.before(refusal)
            specs = [spec for spec in (refusal.body, wanted[address]) if spec]
            rows = [
                row
                for spec in specs
                for row in judging.near(spec)
                if row.id not in before and judging.match(spec, row) is not Match.DIFFERENT
            ]
            if rows:
                why = f"it was refused ({refusal.message}), and this may have been made all the same"
                unique = {row.id: row for row in rows}
                found[address] = Question(why, tuple(sorted(unique.values(), key=age)))
        return found

    def _unproven(self) -> None:
        """Of groups that only pictures tell apart, an older version may have bound one's id to another."""
        known, provider = self._known, self._known.provider
        if not known.state.unproven or provider.tells_ids:
            return
        groups: dict[object, list[Entry]] = {}
        for entry in known.entries:
            if entry.spec is not None and entry.id is not None:
                groups.setdefault(provider.identity(entry.spec, Habits()), []).append(entry)
        self._told.unproven = tuple(
            entry.address
            for group in groups.values()
            if len(group) > 1
            for entry in group
            if (row := self._reading.rows.get(entry.id or "")) is not None
            and provider.match(entry.spec or EMPTY, row) is not Match.SAME
        )

    # -- what is remembered

    def _remember(self) -> None:
        told, known, reading = self._told, self._known, self._reading
        name = known.name
        shows_known = not reading.misses(known.listed) - known.gone
        if reading.of_all and reading.fresh and reading.excess and shows_known:
            told.habits = told.habits.with_hidden(reading.excess, at=self._now, apart=self._it.settle_seconds)
        if told.habits.observed != known.habits.observed:
            told.events.append(Observed(name, known.account, self._now, told.habits.observed))
        if reading.of_all and reading.sound and reading.fresh:
            lasting = {entry.id for entry in known.entries if entry.id is not None}
            marks = chosen(reading.rows.values(), known.landmarks, lasting)
            if marks != known.landmarks:
                told.events.append(Landmarked(name, self._now, marks))
        others = {row.id for rows in told.namesakes.values() for row in rows}
        if self._it.first_contact and told.first_contact == ():
            asked = {row.id for question in told.questions.values() for row in question.rows}
            others |= {row.id for row in told.unowned} - asked if not known.made_any else set()
        spoken = {row.id for row in told.adopted.values()} | {row.id for row in told.found.values()}
        if others - spoken:
            told.events.append(Disowned(name, self._now, tuple(sorted(others - spoken))))


def _tomb(known: Known, identity: str, absent: object) -> bool:
    """Whether an id stands for a product that is gone, and that nobody holds any more."""
    return bool(getattr(absent, "gone", False)) and identity not in known.owned


def unverified(spec: Spec, remote: Remote) -> tuple[str, ...]:
    """Fields of the spec that the listing did not return."""
    return tuple(sorted(name for name in spec if name not in remote.fields))


def documents_of(known: Known, specs: Sequence[Spec]) -> frozenset[str]:
    """Return the exact names of these documents and of what the state holds."""
    field_ = known.provider.name_field
    held = [item.spec or EMPTY for item in known.items]
    return frozenset(plain(spec.get(field_)) for spec in (*specs, *held))
