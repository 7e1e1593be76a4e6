"""What a look says of wanted products: which exist already, which may be there, which must not be made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property

from podsync.evidence.account import Knows
from podsync.evidence.claims import Judge, Verdicts, age
from podsync.evidence.findings import Findings, Question
from podsync.evidence.listing import Reading
from podsync.evidence.situation import Situation, Want
from podsync.model.address import Address
from podsync.model.frozen import EMPTY, Spec
from podsync.providers.contract import Match, Remote
from podsync.providers.habits import Habits
from podsync.providers.name_forms import keys, skeleton
from podsync.state.entries import Entry, Orphan, Refusal
from podsync.state.events import Answered


class WantedJudge:
    """Judges what documents want; fills in `Findings`."""

    def __init__(self, situation: Situation, told: Findings) -> None:
        self._it, self._told, self._known = situation, told, situation.known

    def judge(self, verdicts: Verdicts, judging: Judge) -> None:
        """Adopt what is there already, ask about what may be ours, name what is in the way."""
        told, known, provider = self._told, self._known, self._known.provider
        waiting = known.sent
        refused = self._refused(judging)
        given = {row.id for row, _ in verdicts.found.values()}
        buried, doubtful, otherwise = self._buried(), self._doubtful(), self._sent_otherwise(judging)
        for want in self._it.wants:
            if not want.asked:
                continue
            key = (want.address, -1.0)
            if key in verdicts.found:
                self._adopt(want, verdicts.found[key][0], otherwise)
                continue
            near = [row for row in verdicts.near.get(key, ()) if row.id not in given]
            near += self._more(want, {*given, *(row.id for row in near)}, doubtful)
            back = [row for row in buried.near(want.spec) if self._may_be(want, row, buried)]
            if want.before is None and want.address in refused:
                told.questions[want.address] = refused[want.address]
            elif want.before is None and want.adopts and back:
                told.questions[want.address] = Question("it was gone, and is listed again", tuple(back))
            elif near and (told.knows is not Knows.ALL or provider.unique_name(want.spec) is None):
                self._unclear(want, near, waiting, judging)
            elif taken := self._taken(want, given, judging):
                told.taken[want.address] = taken
            elif near:
                self._unclear(want, near, waiting, judging)
        if not (known.made_any or known.contacted):
            told.first_contact = tuple(
                row for row in told.unowned if row.id not in given and not self._it.first_contact
            )

    def _adopt(self, want: Want, row: Remote, otherwise: Mapping[Address, Mapping[str, Refusal]]) -> None:
        """Adopt what is the same, but for what was sent with other fields that no listing tells."""
        refusal = otherwise.get(want.address, {}).get(row.id)
        if refusal is None:
            self._told.adopted[want.address] = row
        else:
            self._told.questions[want.address] = _hidden(refusal, (row,))

    def _sent_otherwise(self, judging: Judge) -> Mapping[Address, Mapping[str, Refusal]]:
        """By address, the rows that a refused create of another body may have made."""
        canonical, found = self._known.provider.canonical, defaultdict[Address, dict[str, Refusal]](dict)
        for want, address, refusal in self._it.refusals():
            if want.address == address and refusal.body and canonical(refusal.body) != canonical(want.spec):
                for row in self._made_by(refusal, [refusal.body], judging):
                    found[address].setdefault(row.id, refusal)
        return found

    def _doubtful(self) -> Judge:
        """Judge over what may be ours unknown to this state, which forgot what was done to values since."""
        known, told = self._known, self._told
        rows = told.unowned
        if told.knows is Knows.ALL:
            rows = tuple(row for row in rows if row.id in known.unclaimed)
        return Judge(known.provider, rows, Habits(setting=told.habits.setting), self._it.documents)

    def _more(self, want: Want, but: Collection[str], doubtful: Judge) -> list[Remote]:
        """Rows that may be the wanted one once nothing that was observed rules them out."""
        if want.before is not None or not want.adopts:
            return []
        rows = [row for row in doubtful.near(want.spec) if row.id not in but]
        return [row for row in rows if self._may_be(want, row, doubtful)]

    def _buried(self) -> Judge:
        """Judge over listed products that were gone: whoever said so may have been wrong."""
        known, told = self._known, self._told
        ids = known.gone - known.owned - known.foreign
        rows = [row for row in told.reading.rows.values() if row.id in ids] if ids else []
        return Judge(known.provider, rows, told.habits, self._it.documents)

    @staticmethod
    def _may_be(want: Want, row: Remote, judging: Judge) -> bool:
        return judging.match(want.spec, row) is not Match.DIFFERENT

    def _taken(self, want: Want, given: set[str], judging: Judge) -> tuple[Remote, ...]:
        """Rows that orders could not tell from it; what shares its name already an update makes no worse."""
        provider = self._known.provider
        if provider.unique_name(want.spec) is None:
            return ()
        older = self._told.knows is not Knows.ALL
        rows = (
            row
            for row in judging.near(want.spec)
            if row.id not in given
            and (provider.clash(want.spec, row.fields) or (older and self._may_be(want, row, judging)))
        )
        return tuple(
            row
            for row in (*rows, *self._renamed(want, judging))
            if want.before is None or not provider.clash(want.before, row.fields)
        )

    def _renamed(self, want: Want, judging: Judge) -> Iterator[Remote]:
        """Yield our own products that are listed under this name, and not known by it here.

        A newer state may have given it. What was written a short while ago may not be listed as it is yet.
        """
        provider, now = self._known.provider, self._it.times.now.wall or 0.0
        found = {
            row.id: row
            for key in keys(want.spec.get(provider.name_field))
            for row in self._listed_as.get(key, ())
        }
        for row in found.values():
            item = self._owners[row.id]
            fresh = now - getattr(item, "updated_at", 0.0) < self._it.settle_seconds
            own = isinstance(item, Entry) and item.address == want.address
            if own or fresh:
                continue
            known = judging.match(item.spec or EMPTY, row) is not Match.DIFFERENT
            maybe = judging.match(want.spec, row) is not Match.DIFFERENT
            if not known and (maybe or provider.clash(want.spec, row.fields)):
                yield row

    @cached_property
    def _owners(self) -> Mapping[str, Entry | Orphan]:
        return {item.id: item for item in self._known.items if item.id is not None}

    @cached_property
    def _listed_as(self) -> Mapping[str, Sequence[Remote]]:
        """Rows that are ours, by the key of the name that they are listed with."""
        found: dict[str, list[Remote]] = defaultdict(list)
        for row in self._told.reading.rows.values():
            if row.id in self._owners:
                found[skeleton(self._known.provider.name_of(row.fields))].append(row)
        return found

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
        elif any(row.id in self._known.unclaimed for row in rows):
            told.questions[want.address] = Question(
                "it was listed when the state did not know all that is ours, and this may be it", rows
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
        for want, _, refusal in self._it.refusals():
            if want.address not in found:
                rows = self._made_by(refusal, [refusal.body, want.spec], judging)
                if rows:
                    found[want.address] = _hidden(refusal, rows)
        return found

    def unwanted(self, verdicts: Verdicts, judging: Judge, reading: Reading) -> None:
        """Look for what was refused and is wanted no more: it may be there, and nobody would know of it."""
        told, known = self._told, self._known
        spoken = {row.id for row, _ in verdicts.found.values()}
        done: dict[Address, bool] = {}
        for address, refusal in self._it.unwanted():
            rows = [r for r in self._made_by(refusal, [refusal.body], judging) if r.id not in spoken]
            model = known.model(refusal.body)
            settled = self._it.refusal_is_settled(address, refusal)
            absent = reading.twice and reading.proves_absence(
                model, known.listed, excused=known.gone | told.gone, knows_all=told.knows is Knows.ALL
            )
            if rows:
                told.unwanted.setdefault(address, _hidden(refusal, rows))
            elif settled and not absent:
                told.unsearched[address] = model
            done[address] = done.get(address, True) and settled and absent and not rows
        now = self._it.times.now.wall or 0.0
        told.events += [Answered(address, now) for address in sorted(done) if done[address]]

    def _made_by(self, refusal: Refusal, specs: Sequence[Spec], judging: Judge) -> list[Remote]:
        """Rows that were not listed before it was refused and may be one of these, the oldest first."""
        before = self._known.before(refusal)
        rows = {
            row.id: row
            for spec in specs
            if spec
            for row in judging.near(spec)
            if row.id not in before and judging.match(spec, row) is not Match.DIFFERENT
        }
        return sorted(rows.values(), key=age)


def _hidden(refusal: Refusal, rows: Sequence[Remote]) -> Question:
    why = f"it was refused ({refusal.message}), and this may have been made all the same"
    return Question(why, tuple(rows))
