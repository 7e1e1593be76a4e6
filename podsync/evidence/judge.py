"""The order of judging a look: account, knowledge, absences, sent products, wanted products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from podsync.evidence.account import CLOCK_ALLOWANCE, Knows, chosen, is_ours, judged, made_since
from podsync.evidence.ages import Age, Moment, elapsed, is_unmeasurable
from podsync.evidence.claims import Claim, ClaimKind, Judge
from podsync.evidence.declared import Declarations
from podsync.evidence.findings import Findings
from podsync.evidence.listing import Reading
from podsync.evidence.sent import SentJudge
from podsync.evidence.situation import Situation, Want
from podsync.evidence.wanted import WantedJudge
from podsync.model.address import Address
from podsync.model.errors import PodsyncError
from podsync.model.frozen import EMPTY, FrozenDict, Json, Spec
from podsync.providers.contract import Match, Remote
from podsync.providers.habits import Habits
from podsync.providers.name_forms import changes, skeleton, skeletons
from podsync.state.entries import Entry, Orphan
from podsync.state.events import (
    Bound,
    Disowned,
    EntryGone,
    FoundAgain,
    Gone,
    Landmarked,
    Missed,
    ModelsSeen,
    Observed,
    Remembered,
    Settled,
    Unclaimed,
)  # fmt: skip
from podsync.state.reducer.reducer import replay

#: Seconds: if dates of our own products differ by more from what was learned, no date is evidence.
_DATES_APART = 6 * 3600.0


def judge(situation: Situation, reading: Reading) -> Findings:
    """Return all that this reading says."""
    return _Look(_as_it_stands(situation, reading), reading).findings()


def _as_it_stands(situation: Situation, reading: Reading) -> Situation:
    """Return the situation as this reading shows it: a newer state may have ended a swap that is wanted here.

    Then the old product is listed under another name, and the new one under the wanted one. It is taken all
    the same, and both renames are sent once more: they set what is there already.
    """
    known = situation.known
    same = known.provider.match
    aside = known.owned | known.foreign | known.gone
    wants = []
    for want in situation.wants:
        before = known.found_by_orders(want.address) if want.becomes is not None else None
        row = reading.rows.get(before.id or "") if before is not None else None
        if want.becomes is not None and row is not None:
            left = [each for each in reading.rows.values() if each.id not in aside]
            given_up = not known.provider.clash(want.becomes, row.fields)
            waits = any(same(want.spec, each) is Match.SAME for each in left)
            if given_up and not waits and any(same(want.becomes, each) is Match.SAME for each in left):
                want = replace(want, spec=want.becomes, becomes=None)  # noqa: PLW2901
        wants.append(want)
    return replace(situation, wants=tuple(wants))


class _Look:
    def __init__(self, situation: Situation, reading: Reading) -> None:
        self._situation, self._reading = situation, reading
        self._known = situation.known
        self._findings = Findings(
            reading,
            self._known,
            habits=self._known.habits,
            managed=situation.managed,
            wanted=situation.wanted,
        )
        self._now = situation.times.now.wall or 0.0
        #: Whether these rows may stand for the account from now on.
        self._proven = True

    def findings(self) -> Findings:
        result, known = self._findings, self._known
        result.account = self._is_ours(self._reading.rows)
        if result.account is None and self._lists_nothing():
            result.account = False
        if self._reading.broken:
            result.account = result.account or None  # the unread rest may have the known rows
        if result.account is False:
            # Until something is seen again the account is in question.
            missed = sorted(set(known.listed) - set(known.absent))
            date = self._situation.times.now.date
            result.events.append(Missed(known.name, self._now, date, tuple(missed), self._now))
            return result
        self._models()
        result.unowned = self._unowned()
        result.knows = self._what_the_state_knows()
        unlisted = (row for row in known.remembered.values() if row.id not in self._reading.rows)
        result.unlisted = tuple(row for row in unlisted if row.id not in known.removed)
        self._absences()
        sent = SentJudge(self._situation, self._reading, result)
        judging = Judge(
            known.provider,
            [*result.unowned, *result.unlisted],
            result.habits,
            self._situation.documents,
            self._reading.variants,
        )
        reading = self._reading
        likely = {item.id or "": known.model(item.spec or EMPTY) for item in known.provisional}
        missing = reading.misses(likely) if reading.sound and reading.rows else frozenset()
        verdicts = judging.judge(
            self._claims(sent),
            reading.rows,
            fresh=reading.fresh,
            missing=missing,
            knows_all=result.knows is Knows.ALL,
            unclaimed=known.unclaimed,
        )
        sent.judge(verdicts)
        wanted = WantedJudge(self._situation, result)
        wanted.judge(verdicts, judging)
        wanted.unwanted(verdicts, judging, self._reading)
        self._declared(wanted.rivals)
        self._unproven()
        self._account_after_all()
        self._remember()
        return result

    # -- before the claims

    def _is_ours(self, rows: Mapping[str, Remote]) -> bool | None:
        known = self._known
        facts = known.landmarks, known.shown, known.likely
        return is_ours(rows, *facts, key=known.seen_key, is_other=self._is_other)

    def _is_other(self, row: Remote) -> bool:
        """Whether the row is not the product of its id: the model differs for certain, and so does the name.

        Nobody can change a model, and a name that people changed comes with the model that it had. A provider
        that numbers its models anew leaves the names. What a person said to be ours may be of any model.
        """
        known, spec = self._known, self._thought.get(row.id)
        if spec is None:
            return False
        one, other = known.model(spec), known.model(row.fields)
        if not (one and other) or one == other:
            return False
        name_of = known.provider.name_of
        return changes(name_of(spec), name_of(row.fields)) is None

    @cached_property
    def _thought(self) -> Mapping[str, Spec]:
        """What each known id is thought to be; a person may have taken anything."""
        sent = (entry.pending for entry in self._known.entries if entry.pending is not None)
        told = {each.answered: each.body for each in sent if each.answered is not None}
        held = [i for i in self._known.items if i.id is not None and i.origin != "imported"]
        return {**told, **{item.id or "": item.spec for item in held if item.spec is not None}}

    def _lists_nothing(self) -> bool:
        """Whether nothing is listed where products were before that none has confirmed: all of them settled.

        A person has removed them, or it is another account. What only an answer told may be hidden instead:
        where it is is a question of its own.
        """
        items = self._known.presumed
        return bool(items) and not self._reading.rows and all(map(self._situation.item_is_settled, items))

    def _unowned(self) -> tuple[Remote, ...]:
        """Rows that may be anybody's: not owned, not said to be somebody else's, no tombstone."""
        known = self._known
        aside = known.owned | known.foreign | known.gone
        return tuple(row for row in self._reading.rows.values() if row.id not in aside)

    @cached_property
    def _sendable(self) -> list[Want]:
        return [want for want in self._situation.wants if want.before is None]

    def _what_the_state_knows(self) -> Knows:
        known, provider = self._known, self._known.provider
        models = {known.model(want.spec) for want in self._sendable}
        specs = (spec for want in self._sendable for spec in (want.spec, want.former) if spec is not None)
        names = {key for spec in specs for key in skeletons(spec.get(provider.name_field))}

        def concerns(row: Remote) -> bool:
            model = row.fields.get(provider.model_field)
            called = skeleton(provider.name_of(row.fields))
            return model is None or known.model(row.fields) in models or called in names

        newer: list[Remote] = []
        if self._sendable:
            last = known.last_apply() if self._dates_hold() else None
            since = made_since(self._findings.unowned, last, known.habits, concerns)
            newer = [row for row in since if row.id not in known.unclaimed | self._situation.managed]
        explained = self._explained(newer)
        return judged(
            new=known.is_new,
            lost=self._situation.lost,
            newer=[row for row in newer if row.id not in explained],
        )

    def _dates_hold(self) -> bool:
        """Whether our own products are listed with the dates that they were made at, as far as is known."""
        rows, off = self._reading.rows, self._known.habits.offset
        apart = []
        for entry in self._known.entries:
            row = rows.get(entry.id or "")
            if row is not None and row.created_at is not None and entry.origin == "created":
                apart.append(row.created_at - entry.created_at)
        if off is None:
            return all(abs(each) <= CLOCK_ALLOWANCE for each in apart)
        return all(abs(each - off) <= _DATES_APART for each in apart)

    def _explained(self, rows: Sequence[Remote]) -> set[str]:
        """Rows that what this state sent accounts for: they say nothing of another one."""
        sent, match = self._known.sent, self._known.provider.match
        return {row.id for row in rows for spec in sent if match(spec, row) is not Match.DIFFERENT}

    def _models(self) -> None:
        """Codes are added to what is known of a model, of those that concern us."""
        known, pairs = self._known, self._reading.pairs
        ours = {known.model(item.spec or EMPTY) for item in known.items}
        ours |= {known.model(want.spec) for want in self._situation.wants}
        fresh = {
            model: codes
            for model, codes in pairs.items()
            if known.model({known.provider.model_field: model}) in ours
            and not set(codes) <= set(known.pairs.get(model, ()))
        }
        if fresh:
            self._findings.events.append(ModelsSeen(known.name, self._now, FrozenDict(fresh)))

    def _absences(self) -> None:
        """Ids that this reading should show: missed once, gone the second time, or there again."""
        known, reading, situation, findings = self._known, self._reading, self._situation, self._findings
        rows = {identity: reading.rows[identity] for identity in reading.read}
        carries = reading.is_whole and reading.twice and reading.fresh
        is_ours = bool(self._is_ours(rows))
        carries = carries and is_ours
        remembered = {row.id: known.model(row.fields) for row in findings.unlisted}
        missed = reading.misses({**remembered, **known.listed}) if carries else frozenset()
        # What was missed while the account was in question is missed anew, if it is.
        missed_there = {
            i for i, each in known.absent.items() if each.questioned is not None and not each.gone
        }
        anew = missed_there if is_ours else set[str]()
        gone = {i for i in missed & set(known.absent) - anew if self._is_missed_for_long(i)}
        # So is that of which no later run could say how long ago it was.
        anew |= {i for i in missed & set(known.absent) - gone if self._is_undated(known.absent[i])}
        # The tombstone of a product without an owner stays.
        back = {i for i in known.absent if i in reading.rows and (i not in known.gone or i in known.owned)}
        again = sorted(anew | back)
        if again:
            self._findings.events.append(FoundAgain(known.name, self._now, tuple(again)))
        new = sorted(missed - (set(known.absent) - anew))
        if new:
            self._findings.events.append(Missed(known.name, self._now, situation.times.now.date, tuple(new)))
        for item in known.items:
            if item.id in gone:
                self._findings.events.append(
                    Gone(item.address, item.created_at, self._now)
                    if isinstance(item, Orphan)
                    else EntryGone(item.address, self._now)
                )
        findings.missed, findings.vanished = missed - remembered.keys(), missed & remembered.keys()
        findings.gone = frozenset(gone)

    def _is_missed_for_long(self, identity: str) -> bool:
        """Whether a whole reading missed it before, `settle_seconds` ago."""
        times, before = self._situation.times, self._known.absent[identity]
        own_seconds = times.looked - times.missed.get(identity, times.looked)
        between = elapsed(Moment(before.at, before.date), times.now)
        return Age(own_seconds, between).at_least(self._situation.settle_seconds)

    def _is_undated(self, before: Json) -> bool:
        """Whether it was missed at a moment that can never be measured from, and this one can."""
        now = self._situation.times.now
        measurable = not is_unmeasurable(now, now)
        return measurable and not before.gone and is_unmeasurable(Moment(before.at, before.date), now)

    def _claims(self, sent: SentJudge) -> list[Claim]:
        wants = [want for want in self._sendable if want.adopts]
        managed, kind = self._situation.managed, ClaimKind.WANTED
        wanted = (
            Claim(
                (want.address, -1.0), kind, want.spec,
                before=managed, former=want.former, ours=self._situation.had(want).keys(),
            )
            for want in wants
        )  # fmt: skip
        refused = (
            Claim(key, ClaimKind.REFUSED, refusal.body, before=self._known.before(refusal))
            for key, refusal in self._known.refusals()
        )
        return [*sent.claims, *wanted, *refused]

    def _declared(self, rivals: Mapping[str, tuple[Address, Address]]) -> None:
        """Take products that documents name; record why a named product cannot be taken."""
        situation, findings = self._situation, self._findings
        if not situation.named:
            return
        findings.documents = {address: product for address, (_, product) in situation.named.items()}
        decisions = Declarations(self._known, self._reading.rows, self._now, findings.documents)
        given = {row.id: address for address, row in findings.found.items()}
        for address, (identity, _) in situation.named.items():
            try:
                if identity in given:
                    raise PodsyncError(f"{identity} is what {given[identity]} has sent")
                decisions.ours(address, identity)
                if holder := self._likelier(address, identity):
                    raise PodsyncError(
                        f"{identity} is what {holder} has most likely made, and looks less like {address}",
                        "compare the id with the documents: each product has one",
                    )
                if identity in rivals:
                    rival, _ = rivals[identity]
                    raise PodsyncError(
                        f"{identity} is listed more like what {rival} wants than like {address}",
                        "compare the id with the documents: each product has one",
                    )
            except PodsyncError as error:
                findings.misnamed[address] = self._or_removed(identity, error)
            else:
                findings.named[address] = self._reading.rows[identity]

    def _or_removed(self, identity: str, error: PodsyncError) -> PodsyncError:
        """Say of a product that a document names, and nothing lists, what to do where it was removed."""
        if identity in self._reading.rows:
            return error
        anew = "take `adopt` out of its document, and the next apply makes it anew"
        if identity in self._known.gone:
            return PodsyncError(f"{identity}, which its document names, is gone", anew)
        return PodsyncError(error.message, f"{error.remedy}\nif it was removed: {anew}")

    def _likelier(self, address: Address, identity: str) -> Address | None:
        """Who holds a named product as its likely one, where that is more like it than the document is."""
        row, habits = self._reading.rows[identity], self._findings.habits

        def fits(spec: Spec) -> int:
            return self._known.provider.match(spec, row, habits).rank

        wanted = self._situation.named[address][1].spec
        holders = (e for e in self._known.entries if e.provisional and e.id == identity)
        return next((e.address for e in holders if fits(e.spec or EMPTY) > fits(wanted)), None)

    def _unclaimed(self) -> set[str]:
        """Return unknown rows while the state does not know all of our products.

        They do not resemble anything wanted now. A later document that resembles one of them is a question.
        """
        findings, known = self._findings, self._known
        if findings.knows is Knows.ALL or not self._reading.of_all:
            return set()
        rows = findings.unowned
        if findings.knows is Knows.OLDER:
            rows = made_since(rows, known.last_apply(), known.habits, lambda _: True)
        return {row.id for row in rows} - known.unclaimed - self._situation.managed

    def _unproven(self) -> None:
        """Of groups that only pictures tell apart, an older version may have bound one's id to another."""
        known, provider = self._known, self._known.provider
        if not known.state.unproven or provider.tells_ids:
            return
        groups: dict[object, list[Entry]] = {}
        for entry in known.entries:
            if entry.spec is not None and entry.id is not None:
                groups.setdefault(provider.identity(entry.spec, Habits()), []).append(entry)
        self._findings.unproven = tuple(
            entry.address
            for group in groups.values()
            if len(group) > 1
            for entry in group
            if (row := self._reading.rows.get(entry.id or "")) is not None
            and provider.match(entry.spec or EMPTY, row) is not Match.SAME
        )

    def _account_after_all(self) -> None:
        """Whether what this look has found shows that this is the account that was sent to before."""
        if self._situation.is_unproven:
            state = replay(self._known.state, self._findings.events)
            after = replace(self._situation, known=replace(self._known, state=state))
            self._proven = not after.is_unproven
            if self._sendable and not self._proven:
                self._findings.unproven_account = after.has_to_be_asked
                asked = self._findings.asks or self._findings.overdue
                listed = any(item.id in self._reading.rows for item in after.known.items)
                self._findings.perhaps_emptied = after.all_is_settled and not (asked or listed)

    # -- memory between looks

    def _remember(self) -> None:
        findings, known, reading = self._findings, self._known, self._reading
        name = known.name
        unclaimed = self._unclaimed()
        if unclaimed:
            findings.events.append(Unclaimed(name, self._now, tuple(sorted(unclaimed))))
        shows_known = not reading.misses(known.listed) - known.gone
        if reading.of_all and reading.fresh and reading.excess and shows_known:
            findings.habits = findings.habits.with_hidden(
                reading.excess, at=self._now, apart=self._situation.settle_seconds
            )
        if findings.habits.observed != known.habits.observed:
            findings.events.append(Observed(name, known.account, self._now, findings.habits.observed))
        whole = reading.is_whole and reading.fresh
        # What is listed beside a known product is of its account, and a listing may never be whole.
        if self._proven if whole else findings.account:
            lasting = {entry.id for entry in known.entries if entry.id is not None}
            facts = reading.rows.values(), known.landmarks, lasting
            marks = chosen(*facts, key=known.seen_key, whole=whole)
            if marks != known.landmarks:
                findings.events.append(Landmarked(name, self._now, marks))
        self._keep_in_mind()
        others = {row.id for rows in findings.namesakes.values() for row in rows}
        spoken = {row.id for row in findings.adopted.values()} | {row.id for row in findings.found.values()}
        if others - spoken:
            findings.events.append(Disowned(name, self._now, tuple(sorted(others - spoken))))

    def _keep_in_mind(self) -> None:
        """Remember each row that an address may have sent or wants: the next look may not show it.

        Rows bound by this look are known; adopted rows are known once that is recorded.
        """
        findings, known = self._findings, self._known
        noticed = [(key[0], rows) for key, rows in findings.overdue.items()]
        noticed += [*findings.asks.items(), *findings.noticed]
        for questions in (findings.questions, findings.unwanted):
            noticed += [(address, question.rows) for address, question in questions.items()]
        noticed += [(address, (row,)) for address, row in findings.adopted.items()]
        found = [
            (e.address, e.id) for e in findings.events if isinstance(e, Bound | Settled) and e.id is not None
        ]
        if self._reading.broken or not self._situation.recorded:
            noticed += [(address, (self._reading.rows[identity],)) for address, identity in found]
            found = []
        bound = {identity for _, identity in found}
        kept = known.state.remembered.get(known.name, EMPTY)
        new = {(address, row.id): row for address, rows in noticed for row in rows if row.id not in bound}
        for (address, identity), row in sorted(new.items(), key=lambda each: each[0]):
            before = kept.get(identity)
            if before is not None and str(address) in before.addresses and before.fields == row.fields:
                continue
            findings.events.append(
                Remembered(address, self._now, known.name, identity, row.fields, row.created_at, row.shown)
            )
