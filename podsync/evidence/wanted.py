"""Wanted products in a look: which exist already, which may exist, which must not be made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from podsync.evidence.account import Knows
from podsync.evidence.claims import Judge
from podsync.evidence.findings import Findings, Question, Verdicts
from podsync.evidence.listing import Reading, age
from podsync.evidence.sent import left_over
from podsync.evidence.situation import Situation, Want
from podsync.model.address import Address
from podsync.model.frozen import EMPTY, Spec
from podsync.providers.contract import Match, Remote
from podsync.providers.habits import Habits
from podsync.providers.name_forms import waiting_mark
from podsync.providers.normalise import unmarked
from podsync.state.entries import Entry, Orphan, Refusal
from podsync.state.events import Answered


class WantedJudge:
    """Judges what documents want; fills in `Findings`."""

    def __init__(self, situation: Situation, findings: Findings) -> None:
        self._situation, self._findings, self._known = situation, findings, situation.known
        #: By id: the document that a listed product is most like, and the one that names it by its id.
        self.rivals: dict[str, tuple[Address, Address]] = {}

    def judge(self, verdicts: Verdicts, judging: Judge) -> None:
        """Adopt existing products, ask about rows that may be ours, record names that are taken."""
        findings, known, provider = self._findings, self._known, self._known.provider
        waiting, self.rivals = known.sent, dict(self._rivals(judging))
        refused = self._refused(judging)
        given = {row.id for row, _ in verdicts.found.values()}
        findings.noticed += [(address, question.rows) for address, question in refused.items()]
        otherwise = self._sent_otherwise(judging)
        gone = known.gone - known.owned - known.foreign
        buried, own, others = self._over(gone), self._over(self._owners.keys()), self._over(known.foreign)
        for want in self._situation.wants:
            key = (want.address, -1.0)
            if not want.selected:
                self._notice(want, verdicts, judging)
                continue
            if key in verdicts.found:
                self._adopt(want, verdicts.found[key][0], otherwise)
                continue
            if self._follows_what_is_unlisted(want, verdicts):
                continue
            if misnamed := self._named_by_another(want, judging):
                findings.questions[want.address] = misnamed
                continue
            near = [row for row in verdicts.near.get(key, ()) if row.id not in given]
            near += self._more(want, {*given, *self._situation.managed, *(row.id for row in near)}, judging)
            near += self._named_as_it_will_be(want, {*given, *(row.id for row in near)}, judging)
            earlier = self._earlier(want, given, judging)
            near += [row for row in earlier if row not in near]
            back = [row for row in buried.near(want.spec) if buried.may_be(want.spec, row)]
            question = refused.get(want.address) or self._seen_before(want, near, back, earlier)
            question = question or self._known_otherwise(want, near, given, judging)
            if want.before is None and question is not None:
                findings.questions[want.address] = question
            elif near and (
                findings.knows is not Knows.ALL
                or provider.unique_name(want.spec) is None
                or any(row.id in judging.unsure for row in near)
                or (want.becomes is not None and any(self._was_asked_about(want.address, r) for r in near))
            ):
                self._unclear(want, near, waiting, judging)
            elif taken := self._taken(want, given, judging, own, others):
                findings.taken[want.address] = taken
            elif near:
                self._unclear(want, near, waiting, judging)
        self._after_what_was_sent()
        for identity, events in left_over(self._situation, findings, given):
            findings.events += events if self._situation.recorded and not findings.reading.broken else ()
            given.add(identity)
        if not (known.made_any or known.contacted):
            findings.first_contact = tuple(
                row
                for row in findings.unowned
                if row.id not in given
                and row.id not in self._situation.managed
                and not self._situation.first_contact
            )

    def _notice(self, want: Want, verdicts: Verdicts, judging: Judge) -> None:
        """Record the rows that a product outside of the selection may be: a later run needs them."""
        key, given = (want.address, -1.0), {row.id for row, _ in verdicts.found.values()}
        if key in verdicts.found:
            self._findings.noticed.append((want.address, (verdicts.found[key][0],)))
        elif self._findings.knows is not Knows.ALL:
            rows = (*verdicts.near.get(key, ()), *self._earlier(want, given, judging))
            if rows:
                self._findings.noticed.append((want.address, rows))

    def _seen_before(
        self, want: Want, near: Sequence[Remote], back: Sequence[Remote], earlier: Sequence[Remote]
    ) -> Question | None:
        """What was there once: gone and listed `back`, not listed now, or its own as it was `earlier`."""
        if want.adopts and back:
            return Question("it was gone, and is listed again", tuple(back))
        marked = [row for row in near if self._is_marked(row)] if want.becomes is not None else []
        if marked:
            why = "it is called as a new product of ours until it takes over a name, and the state has none"
            return Question(why, tuple(sorted(marked, key=age)))
        if any(row.last_listed is not None for row in near):
            why = "it was listed earlier, is not listed now, and may be this"
            return Question(why, tuple(sorted(near, key=age)))
        if not self._situation.had(want).keys().isdisjoint(row.id for row in earlier):
            why = "a newer state, which is lost, had it at this address"
            return Question(why, tuple(sorted(near, key=age)))
        if earlier and self._findings.knows is Knows.ALL:
            why = "it has the name that the document was renamed from, and may be this"
            return Question(why, tuple(sorted(near, key=age)))
        return None

    def _after_what_was_sent(self) -> None:
        """Of one row a person is asked once: who sent something comes before who wants something."""
        findings = self._findings
        open_questions = {address: rows for (address, _), rows in findings.overdue.items()} | findings.asks
        sender = {row.id: address for address, rows in open_questions.items() for row in rows}
        for address, question in findings.questions.items():
            senders = [sender[row.id] for row in question.rows if sender.get(row.id, address) != address]
            if senders:
                why = f"it may be what {senders[0]} has sent, and of that one the question is first"
                findings.questions[address] = replace(question, why=why, after=senders[0])

    def _rivals(self, judging: Judge) -> Iterator[tuple[str, tuple[Address, Address]]]:
        """Yield rows that are more like what a document wants than like the one that names them by their id.

        A state that does not know all may have forgotten what this account does to values.
        """
        findings, named = self._findings, self._situation.named
        habits = findings.habits
        if findings.knows is not Knows.ALL:
            habits = Habits(setting=habits.setting)
        namers = {identity: (address, product.spec) for address, (identity, product) in named.items()}
        for want in self._situation.wants if namers else ():
            for row in judging.near(want.spec) if want.before is None else ():
                address, said = namers.get(row.id, (want.address, EMPTY))
                if address == want.address:
                    continue
                if judging.match(want.spec, row, habits).rank > judging.match(said, row).rank:
                    yield row.id, (want.address, address)

    def _named_by_another(self, want: Want, judging: Judge) -> Question | None:
        """A wrong id in the other document would have this one made a second time."""
        if want.before is not None or not want.adopts or not self.rivals:
            return None
        for row in judging.near(want.spec):
            wanted_by, named_by = self.rivals.get(row.id, (None, None))
            if wanted_by == want.address:
                return Question(f"it may be this one, and {named_by} names its id", (row,))
        return None

    def _follows_what_is_unlisted(self, want: Want, verdicts: Verdicts) -> bool:
        """Whether its address made what has no sure id yet, and what no listing could tell from it.

        That is to be known first: what a person said of the one would be taken for the other. Where this look
        shows which it is, nothing waits for that, and the row is judged like any other.
        """
        entry, identity = self._known.state.entries.get(want.address), self._known.provider.identity
        if entry is None or entry.spec is None or not entry.unlisted:
            return False
        key = (entry.address, entry.created_at)
        if key in verdicts.confirmed or verdicts.found.get(key, (None, False))[1]:
            return False
        habits = self._findings.habits
        return bool(identity(want.spec, habits) == identity(entry.spec, habits))

    def _adopt(self, want: Want, row: Remote, otherwise: Mapping[Address, Mapping[str, Refusal]]) -> None:
        """Adopt a product that is the same, unless one was sent with other fields that no listing shows."""
        refusal = otherwise.get(want.address, {}).get(row.id)
        if refusal is not None:
            self._findings.questions[want.address] = _hidden(refusal, (row,))
        elif self._may_be_a_twin(want, row):
            why = "it may be this one, or a second one of what it replaces: no listing tells the two apart"
            self._findings.questions[want.address] = Question(why, (row,))
        elif unlike := self._was_otherwise(want, row):
            why = f"a newer state, which is lost, had it with another {' and '.join(unlike)}"
            self._findings.questions[want.address] = Question(why, (row,))
        else:
            self._findings.adopted[want.address] = row

    def _was_otherwise(self, want: Want, row: Remote) -> tuple[str, ...]:
        """Return fields that no listing shows, and that a newer state knew with other values."""
        known, provider = self._situation.had(want).get(row.id), self._known.provider
        if known is None:
            return ()
        fields = provider.fixed(provider.first(known), provider.first(want.spec))
        return tuple(field for field in fields if field not in row.fields or field in provider.unlisted)

    def _may_be_a_twin(self, want: Want, row: Remote) -> bool:
        """Whether its address has another version, of which the listing would show just this as well."""
        entry, provider = self._known.state.entries.get(want.address), self._known.provider
        if entry is None or entry.spec is None or entry.pending is not None:
            return False
        if provider.canonical(entry.spec) == provider.canonical(want.spec):
            return False
        return provider.match(entry.spec, row) is Match.SAME

    def _sent_otherwise(self, judging: Judge) -> Mapping[Address, Mapping[str, Refusal]]:
        """By address, the rows that a refused create of another body may have made."""
        canonical, found = self._known.provider.canonical, defaultdict[Address, dict[str, Refusal]](dict)
        for want, address, refusal in self._situation.refusals():
            if want.address == address and refusal.body and canonical(refusal.body) != canonical(want.spec):
                for row in self._made_by(refusal, [refusal.body], judging):
                    found[address].setdefault(row.id, refusal)
        return found

    def _more(self, want: Want, but: Collection[str], judging: Judge) -> list[Remote]:
        """Rows that may be ours unknown to this state, once nothing that it observed rules them out.

        It may have forgotten what was done to values since. A row about which a look has asked for this
        address stays a question, though the reading that hides it tells nothing of how old the state is.
        """
        known, findings = self._known, self._findings
        older = findings.knows is not Knows.ALL
        asked = known.unclaimed | known.remembered_for(want.address)
        if want.before is not None or not (older or asked):
            return []
        unknown = Habits(setting=findings.habits.setting)
        rows = (row for row in judging.near(want.spec) if older or row.id in asked)
        return [row for row in rows if row.id not in but and judging.may_be(want.spec, row, unknown)]

    def _named_as_it_will_be(self, want: Want, but: Collection[str], judging: Judge) -> list[Remote]:
        """Rows that may have the name which the new product of a swap is to take over, or wait for it too."""
        if want.becomes is None:
            return []
        spec, aside = want.becomes, {*but, *self._situation.managed}
        named = [row for row in judging.near(spec) if judging.may_be(spec, row)]
        mark = waiting_mark(self._known.provider.name_of(want.spec))
        listed = (*self._findings.unowned, *self._findings.unlisted)
        named += [row for row in listed if mark and self._mark_of(row) == mark]
        return [row for identity, row in {row.id: row for row in named}.items() if identity not in aside]

    def _mark_of(self, row: Remote) -> str:
        return waiting_mark(self._known.provider.name_of(row.fields))

    def _earlier(self, want: Want, given: Collection[str], judging: Judge) -> list[Remote]:
        """Rows that may be its product as it was before a rename, or that a newer state had here.

        Such a row is asked about whatever it is like by now, unless a document names it by its id.
        """
        if want.before is not None:
            return []
        ours = judging.those(self._situation.had(want))
        rows, aside = {**judging.formerly(want.former), **ours}, {*given, *self._situation.managed}
        return [row for identity, row in rows.items() if identity not in aside]

    def _known_otherwise(
        self, want: Want, near: Sequence[Remote], given: Collection[str], judging: Judge
    ) -> Question | None:
        """Rows that a look once saw, or a newer state had sent, as what may be wanted here."""
        if want.before is not None:
            return None
        habits = self._findings.habits
        if self._findings.knows is not Knows.ALL:
            habits = Habits(setting=habits.setting)
        aside = {*given, *self._situation.managed, *(row.id for row in near)}
        were = [
            row
            for judge in self._as_they_were
            for row in judge.near(want.spec)
            if row.id not in aside and judge.may_be(want.spec, row, habits)
        ]
        now = judging.those({row.id for row in were})
        rows = {row.id: now[row.id] for row in were if row.id in now and now[row.id].fields != row.fields}
        if not rows:
            return None
        why = "it was known otherwise than it is listed now, and may be this"
        return Question(why, tuple(sorted((*near, *rows.values()), key=age)))

    @cached_property
    def _as_they_were(self) -> tuple[Judge, ...]:
        """Judges over what was known of rows that nobody has said anything of yet."""
        contents = self._known.contents
        layers = [
            [Remote(each, known[number]) for each, known in contents.items() if number < len(known)]
            for number in range(max(map(len, contents.values()), default=0))
        ]
        facts = self._findings.habits, self._situation.documents
        return tuple(Judge(self._known.provider, rows, *facts) for rows in layers)

    def _is_marked(self, row: Remote) -> bool:
        called = self._known.provider.name_of(row.fields)
        return unmarked(called) != called or bool(waiting_mark(called))

    def _over(self, ids: Collection[str]) -> Judge:
        """Return a judge over listed rows that cannot be taken: they are ours already, or gone."""
        listed = self._findings.reading.rows
        return Judge(
            self._known.provider,
            [listed[identity] for identity in ids if identity in listed],
            self._findings.habits,
            self._situation.documents,
        )

    def _taken(
        self, want: Want, given: set[str], judging: Judge, own: Judge, others: Judge
    ) -> tuple[Remote, ...]:
        """Rows that orders could not tell from it; what shares its name already an update makes no worse.

        Whose a product is makes no difference to an order: those that nobody here manages count too.
        """
        provider = self._known.provider
        if provider.unique_name(want.spec) is None:
            return ()
        wanted = want.spec if want.becomes is None else want.becomes
        older = self._findings.knows is not Knows.ALL
        rows = (
            row
            for row in judging.near(wanted)
            if row.id not in given
            and row.last_listed is None
            and (provider.clash(wanted, row.fields) or (older and judging.may_be(wanted, row)))
        )
        foreign = (
            row
            for row in others.near(wanted)
            if row.id not in self._known.owned and provider.clash(wanted, row.fields)
        )
        return tuple(
            row
            for row in (*rows, *foreign, *self._renamed(want, own))
            if want.before is None or not provider.clash(want.before, row.fields)
        )

    def _renamed(self, want: Want, own: Judge) -> Iterator[Remote]:
        """Yield our own products that are listed under this name, and not known by it here.

        A newer state may have given it. What was written a short while ago may not be listed as it is yet.
        """
        provider, now = self._known.provider, self._situation.times.now.wall or 0.0
        for row in own.near(want.spec):
            item = self._owners[row.id]
            if isinstance(item, Entry) and (
                item.address == want.address or now - item.updated_at < self._situation.settle_seconds
            ):
                continue
            wanted = own.may_be(want.spec, row) or provider.clash(want.spec, row.fields)
            if wanted and not own.may_be(item.spec or EMPTY, row):
                yield row

    @cached_property
    def _owners(self) -> Mapping[str, Entry | Orphan]:
        return {item.id: item for item in self._known.items if item.id is not None}

    def _unclear(self, want: Want, near: Sequence[Remote], waiting: Sequence[Spec], judging: Judge) -> None:
        findings, rows = self._findings, tuple(sorted(near, key=age))
        same = any(judging.match(want.spec, row) is Match.SAME for row in rows)
        ours = any(judging.may_be(spec, row) for row in rows for spec in waiting)
        if findings.knows is not Knows.ALL:
            findings.questions[want.address] = Question(
                f"the state is {findings.knows.value}, and this may be it", rows
            )
        elif any(row.id in self._known.unclaimed for row in rows):
            findings.questions[want.address] = Question(
                "it was listed when the state did not know all that is ours, and this may be it", rows
            )
        elif ours:
            findings.questions[want.address] = Question(
                "what was sent earlier may be this, and is not settled", rows
            )
        elif same:
            findings.questions[want.address] = Question(
                "equal products exist, and which is meant is not known", rows
            )
        elif any(row.id in self._known.remembered for row in rows):
            findings.questions[want.address] = Question(
                "it was named in an earlier question, and nobody has said what it is", rows
            )
        else:
            findings.namesakes[want.address] = rows

    def _was_asked_about(self, address: Address, row: Remote) -> bool:
        """Whether a question of this address named the row: what was said of another row leaves it open."""
        asked = self._known.state.remembered.get(self._known.name, EMPTY).get(row.id)
        return asked is not None and str(address) in asked.addresses

    def _refused(self, judging: Judge) -> dict[Address, Question]:
        """Addresses where a refusal may have hidden a success: a new row fits what was refused or wanted."""
        found: dict[Address, Question] = {}
        for want, _, refusal in self._situation.refusals():
            if want.address not in found:
                rows = self._made_by(refusal, [refusal.body, want.spec], judging)
                if rows:
                    found[want.address] = _hidden(refusal, rows)
        return found

    def unwanted(self, verdicts: Verdicts, judging: Judge, reading: Reading) -> None:
        """Look for what was refused and is wanted no more: it may be there, and nobody would know of it."""
        findings, known, situation = self._findings, self._known, self._situation
        spoken = {row.id for row, _ in verdicts.found.values()} | findings.gone
        gone, knows_all = known.gone | findings.gone, findings.knows is Knows.ALL
        unwanted = list(situation.unwanted())
        findings.early = {
            each for each, refusal in unwanted if not situation.refusal_is_settled(each, refusal)
        }
        # Who wants what was refused elsewhere waits for that: what it may have made is not known yet.
        left = findings.early.union(address for _, address, _ in situation.refusals())
        for address, refusal in unwanted:
            model = known.model(refusal.body)
            made = self._made_by(refusal, [refusal.body], judging)
            rows = [row for row in made if row.id not in spoken]
            absent = reading.proves_absence(model, known.listed, excused=gone, knows_all=knows_all)
            if rows:
                findings.unwanted.setdefault(address, _hidden(refusal, rows))
            # What is remembered is gone once two readings of everything have missed it.
            enough = absent and (reading.of_all or not rows)
            early = address in findings.early
            if not (early or enough) and all(row.last_listed is not None for row in rows):
                findings.unsearched[address] = model
                findings.why[address] = f"it was refused ({refusal.message}), {self._untold(reading, gone)}"
            if rows or not absent:
                left.add(address)
        now, answered = situation.times.now.wall or 0.0, sorted({each for each, _ in unwanted} - left)
        findings.events += [Answered(address, now) for address in answered]

    def _untold(self, reading: Reading, gone: Collection[str]) -> str:
        """Say why no listing tells whether what was refused was made all the same."""
        perhaps = "and may have been made all the same"
        if reading.sound and reading.fresh and not reading.rows:
            return f"{perhaps}: the account lists nothing at all, which proves nothing"
        return f"{perhaps}, which this listing does not tell: {reading.gap(self._known.listed, excused=gone)}"

    def _made_by(self, refusal: Refusal, specs: Sequence[Spec], judging: Judge) -> list[Remote]:
        """Rows that were not listed before it was refused and may be one of these, the oldest first."""
        before = self._known.before(refusal)
        rows = {
            row.id: row
            for spec in specs
            if spec
            for row in judging.near(spec)
            if row.id not in before and judging.may_be(spec, row)
        }
        return sorted(rows.values(), key=age)


def _hidden(refusal: Refusal, rows: Sequence[Remote]) -> Question:
    why = f"it was refused ({refusal.message}), and this may have been made all the same"
    return Question(why, tuple(rows))
