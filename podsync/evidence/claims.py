"""Which listed product is whose: what this state sent, what a document wants, what nobody has.

All claims are judged at once over one reading, in this order: every exact find, then each provisional one,
then every "nothing was made", then the questions. A row that is exactly one claim's is nobody else's; one
whose changed form fits one claim alone is offered to no other; what the listing cannot tell apart is never
given out by order. What is remembered and not listed now is a candidate like any other, and never taken.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from podsync.evidence.findings import Verdicts
from podsync.evidence.listing import UnownedRows, Version, Versions, age
from podsync.evidence.state_view import Key
from podsync.model.address import Address
from podsync.model.frozen import Spec
from podsync.providers import name_forms
from podsync.providers.contract import Match, Remote
from podsync.providers.habits import Habits
from podsync.providers.knowledge import Provider
from podsync.providers.normalise import number


class ClaimKind(Enum):
    """The basis of a claim."""

    DOUBT = "in doubt"
    UNBOUND = "made, its id not known"
    PROVISIONAL = "made, its id not confirmed"
    WANTED = "wanted by a document"
    REFUSED = "refused, and perhaps made all the same"


@dataclass(frozen=True, slots=True)
class Claim:
    """One product that was sent, or that a document wants.

    `before` are ids that a reading before the Intent showed: it made none of them. `settled` is whether a
    listing that lags would show it by now. `id` is the provisional one. `answered` is whether that id came
    with the provider's answer: it is confirmed by being listed as it was sent; listed otherwise (`shown`) it
    stands as well, once settled, unless another row is what was sent. `named` is an id that is not held: the
    answer told it and no listing showed it then, or (`said`) a person has seen it on the web page. A row with
    a date after `latest` was made by somebody else later on, one with a date before `earliest` was there
    already; None: nobody can say. `versions`: the document has changed since. `former` is what a document
    described before its rename, `ours` are ids that a newer state had at this address. `open` are ids that
    it may be however they are listed by now: the one that its answer has told (`own`), and those that a look
    has named since, until somebody has said what they are. `conflict`: its answer said that something like it
    existed already, so what is listed by now need not be what was sent.
    """

    key: Key
    kind: ClaimKind
    spec: Spec
    before: frozenset[str] = frozenset()
    settled: bool = False
    id: str | None = None
    answered: bool = False
    shown: bool = False
    named: str | None = None
    said: bool = False
    latest: float | None = None
    earliest: float | None = None
    versions: Versions | None = None
    former: Spec | None = None
    own: str | None = None
    open: Collection[str] = ()
    ours: Collection[str] = frozenset()
    conflict: bool = False

    def may_be_newer(self, row: Remote, *, knows_all: bool) -> bool:
        """Whether the row may as well be what the document says today, which a newer state has made.

        That is so while the state does not know all, and of what was made after the sent product.
        """
        versions = self.versions
        if versions is None or not versions.apart or (knows_all and not self.is_later(row)):
            return False
        return Version.DOCUMENT in versions.possible(row)

    def strength(self, row: Remote) -> tuple[bool, bool, tuple[float, int, str]]:
        """Sort key: what the answer told, then what was made in time, then what was made later; by age."""
        return row.id != self.own, self.is_later(row), age(row)

    def was_there(self, row: Remote) -> bool:
        """Whether the row was certainly made before the sent product."""
        return self.earliest is not None and row.created_at is not None and row.created_at < self.earliest

    def is_later(self, row: Remote) -> bool:
        """Whether the row was certainly made after the sent product."""
        made = row.created_at
        return self.settled and made is not None and self.latest is not None and made > self.latest


class Judge:
    """Judges claims over the unowned rows of one reading."""

    def __init__(
        self,
        provider: Provider,
        rows: Iterable[Remote],
        habits: Habits,
        documents: Collection[str] = (),
        variants: Iterable[Remote] = (),
    ) -> None:
        """`documents` are the exact names of all documents: no cut form of another is called so.

        `variants` are other contents of these rows: one is like what any of its contents is like, and is
        nobody's for certain.
        """
        self._provider, self._habits, self._documents = provider, habits, documents
        self._rows = {row.id: row for row in rows}
        others = [row for row in variants if row.id in self._rows]
        #: Ids of several contents.
        self.unsure = {row.id for row in others}
        self._index = UnownedRows(provider, [*self._rows.values(), *others])

    def match(self, spec: Spec, row: Remote, habits: Habits | None = None) -> Match:
        """Compare one spec with one row; `habits` may be others than this judge's."""
        return self._provider.match(spec, row, habits or self._habits, self._documents)

    def may_be(self, spec: Spec, row: Remote, habits: Habits | None = None) -> bool:
        """Whether the row is not certainly another product than this one."""
        return self.match(spec, row, habits) is not Match.DIFFERENT

    def near(self, spec: Spec) -> list[Remote]:
        """Return the rows that may have to do with this spec."""
        near = self._index.near(spec)
        if not self.unsure:
            return near
        best: dict[str, Remote] = {}
        for row in sorted(near, key=lambda each: self.match(spec, each).rank):
            best[row.id] = row
        return list(best.values())

    def judge(
        self,
        claims: Sequence[Claim],
        listed: Mapping[str, Remote],
        *,
        fresh: bool,
        missing: Collection[str] = frozenset(),
        knows_all: bool = True,
        unclaimed: Collection[str] = frozenset(),
    ) -> Verdicts:
        """Return what this reading says; `listed` are all its rows, owned ones too, `fresh` as it is.

        `missing` are provisional ids that it would show, were they there. `knows_all` is whether the state
        does: else what is listed otherwise than it was sent may be what a newer state has made; `unclaimed`
        are rows from such a time.
        """
        verdicts = Verdicts()
        sent = [c for c in claims if c.kind in (ClaimKind.DOUBT, ClaimKind.UNBOUND)]
        wanted = [c for c in claims if c.kind is ClaimKind.WANTED]
        held = [c for c in claims if c.kind is ClaimKind.PROVISIONAL]
        refused = [c for c in claims if c.kind is ClaimKind.REFUSED]
        exact, maybe = self._compared([*sent, *wanted, *held])
        # What is listed just as it was refused is what that request made, and no other address's.
        made = [(row, key[0]) for key, rows in self._compared(refused)[0].items() for row in rows]
        for claim in (*sent, *wanted, *held) if made else ():
            others = {row for row, address in made if address != claim.key[0]}
            maybe[claim.key] = [row for row in maybe[claim.key] if row not in others]
        self._named(sent, exact, maybe, verdicts)
        # What a person has seen on the web page is waited for, and nothing else is taken for it unasked.
        waits = {c.key for c in sent if c.said and c.named not in listed and c.key not in verdicts.found}
        for claim in sent:
            if claim.key in waits and claim.answered:
                maybe[claim.key] = []  # the answer had told the same id
        spoken = {row for rows in exact.values() for row in rows}
        told = {claim.key: self._open(claim, spoken, made) for claim in sent}
        left = self._exact(sent, wanted, exact, told, knows_all, waits, verdicts)
        for claim in left:
            if claim.key not in waits or not claim.answered:
                maybe[claim.key] = list(dict.fromkeys([*maybe[claim.key], *told[claim.key]]))
        candidates = self._candidates(left, maybe, spoken, verdicts)
        if knows_all:
            unsaid = [claim for claim in left if claim.key not in waits]
            self._provisional(unsaid, exact, candidates, unclaimed, verdicts)
        self._questions(left, exact, candidates, verdicts)
        self._held(held, exact, maybe, listed, spoken, fresh, missing, verdicts)
        taken = {row.id for row, _ in verdicts.found.values()}
        for claim in wanted:
            if claim.key not in verdicts.found:
                rows = [*exact[claim.key], *(r for r in maybe[claim.key] if r not in spoken)]
                listed_as = {row.id: row for row in self.near(claim.spec)} if self.unsure else self._rows
                near = [listed_as[row] for row in dict.fromkeys(rows) if row not in taken]
                if near:
                    verdicts.near[claim.key] = tuple(near)
        return verdicts

    def _compared(self, claims: Sequence[Claim]) -> tuple[dict[Key, list[str]], dict[Key, list[str]]]:
        """Return for each claim the ids of rows that are the same, and of rows that may be."""
        exact: dict[Key, list[str]] = {}
        maybe: dict[Key, list[str]] = {}
        for claim in claims:
            same, perhaps = exact.setdefault(claim.key, []), maybe.setdefault(claim.key, [])
            for row in self.near(claim.spec):
                if row.id in claim.before:
                    continue
                match = self.match(claim.spec, row)
                if match is Match.SAME and row.id not in self.unsure:
                    same.append(row.id)
                elif match is not Match.DIFFERENT:
                    perhaps.append(row.id)
        return exact, maybe

    def _named(
        self,
        sent: Sequence[Claim],
        exact: dict[Key, list[str]],
        maybe: dict[Key, list[str]],
        verdicts: Verdicts,
    ) -> None:
        """Take listed rows whose ids an answer, or a person, has told; they are offered to nobody else.

        None is taken that is another's exactly, or while another row is what was sent.
        """
        named = Counter(claim.named for claim in sent)
        for claim in sent:
            row = claim.named
            if row not in self._rows or not self._is_listed(row) or named[row] > 1:
                continue
            same = row in exact[claim.key]
            others = any(row in rows for key, rows in exact.items() if key != claim.key)
            if not same and (others or exact[claim.key] or row not in maybe[claim.key]):
                continue
            verdicts.found[claim.key] = (self._rows[row], same or claim.settled)
            for rows in (exact, maybe):
                for key, ids in rows.items():
                    rows[key] = [each for each in ids if each != row and key != claim.key]

    def _exact(
        self,
        sent: Sequence[Claim],
        wanted: Sequence[Claim],
        exact: Mapping[Key, list[str]],
        told: Mapping[Key, list[str]],
        knows_all: bool,
        waits: Collection[Key],
        verdicts: Verdicts,
    ) -> list[Claim]:
        """Take every match that is one to one; return sent products without a match.

        None is taken that may be a newer version of the same document, and none for what `waits`.
        """
        claimants: dict[str, list[Claim]] = defaultdict(list)
        for claim in (*sent, *wanted):
            for row in exact[claim.key]:
                claimants[row].append(claim)
        left = []
        for claim in sent:
            if claim.key in verdicts.found:
                continue
            rows = exact[claim.key]
            rivals = {c.key for row in rows for c in claimants[row] if c.kind is not ClaimKind.WANTED}
            newer = any(claim.may_be_newer(self._rows[row], knows_all=knows_all) for row in rows)
            alone = len(rows) == 1 and rivals == {claim.key} and self._is_listed(rows[0])
            # What was made later on is weaker evidence than what an answer or an earlier look has told.
            weaker = alone and bool(told[claim.key]) and claim.is_later(self._rows[rows[0]])
            if alone and not newer and not weaker and claim.key not in waits:
                verdicts.found[claim.key] = (self._rows[rows[0]], True)
            else:
                left.append(claim)
        for claim in wanted:
            rows = exact[claim.key]
            if len(rows) == 1 and claimants[rows[0]] == [claim] and self._is_listed(rows[0]):
                verdicts.found[claim.key] = (self._rows[rows[0]], True)
        for key in self._contested(wanted, verdicts):
            del verdicts.found[key]
        return left

    def _contested(self, wanted: Sequence[Claim], verdicts: Verdicts) -> list[Key]:
        """Return wanted products whose row may be another document's that was renamed, or was its own.

        A document whose own row is listed under its new name needs no other one. Those that exchange names
        take each other's rows for their own: of a circle nobody can say whether it was done. What is just as
        a document says is not its product where a newer state had another one there.
        """
        earlier = [claim for claim in wanted if claim.former is not None or claim.ours]
        before = {claim.key: {*self.formerly(claim.former), *claim.ours} for claim in earlier}
        found = {each.key: row[0].id for each in wanted if (row := verdicts.found.get(each.key))}
        strange = {each.key for each in earlier if each.ours and found.get(each.key) not in each.ours}
        unclear = {*before}
        while True:
            contested = [
                key
                for key, row in found.items()
                if key in strange or any(row in before[other] for other in unclear if other != key)
            ]
            left = {key for key in before if key not in found or key in contested}
            if left == unclear or not unclear:
                return contested
            unclear = left

    def formerly(self, former: Spec | None) -> dict[str, Remote]:
        """Return the rows that may be what a document described before its rename, by id.

        What was observed of an account may be out of date where a person has to be asked.
        """
        if former is None:
            return {}
        unknown = Habits(setting=self._habits.setting)
        return {row.id: row for row in self.near(former) if self.may_be(former, row, unknown)}

    def _open(
        self, claim: Claim, spoken: Collection[str], refused: Collection[tuple[str, Address]]
    ) -> list[str]:
        """Return the open rows of a claim: nobody else's, of no other model, and not older than it."""
        aside = {*spoken, *claim.before, *(row for row, address in refused if address != claim.key[0])}
        model = self._provider.model_field
        rows = (self._rows[each] for each in sorted(claim.open) if each in self._rows and each not in aside)
        models = (number(claim.spec.get(model)), "")
        told = (claim.own, claim.named)
        rows = (row for row in rows if row.id in told or not claim.was_there(row))
        return [row.id for row in rows if number(row.fields.get(model)) in models]

    def those(self, ids: Collection[str]) -> dict[str, Remote]:
        """Return the rows with these ids, by id."""
        return {each: self._rows[each] for each in ids if each in self._rows}

    def _is_listed(self, identity: str) -> bool:
        """Whether this listing shows the row: a row that is only remembered may be gone."""
        return self._rows[identity].last_listed is None

    def _candidates(
        self,
        left: Sequence[Claim],
        maybe: Mapping[Key, list[str]],
        spoken: Collection[str],
        verdicts: Verdicts,
    ) -> dict[Key, list[str]]:
        """Return per claim the rows that may be it, each offered to those alone that it fits best."""
        taken = {row.id for row, _ in verdicts.found.values()}
        fits: dict[str, dict[Key, int]] = defaultdict(dict)
        for claim in left:
            for row in maybe[claim.key]:
                if row not in spoken and row not in taken:
                    own = row == claim.own
                    fits[row][claim.key] = -1 if own else self._rank(claim.spec, self._rows[row])
        found: dict[Key, list[str]] = {claim.key: [] for claim in left}
        for row, ranks in fits.items():
            best = min(ranks.values())
            for key, rank in ranks.items():
                if rank == best:
                    found[key].append(row)
        return found

    def _rank(self, spec: Spec, row: Remote) -> int:
        """0: the same name; 1: a changed form of it; 2: only a picture is shared."""
        called = self._provider.name_of(row.fields)
        kinds = name_forms.changes(spec.get(self._provider.name_field), called, self._documents)
        return 2 if kinds is None else bool(kinds)

    def _provisional(
        self,
        left: Sequence[Claim],
        exact: Mapping[Key, list[str]],
        candidates: Mapping[Key, list[str]],
        unclaimed: Collection[str],
        verdicts: Verdicts,
    ) -> None:
        """Bind one-to-one candidates that differ only as this provider changes values, or may change them."""
        offered: dict[str, int] = defaultdict(int)
        for claim in left:
            for row in candidates[claim.key]:
                offered[row] += 1
        for claim in left:
            ids = candidates[claim.key]
            if len(ids) != 1 or offered[ids[0]] != 1 or exact[claim.key] or ids[0] in unclaimed:
                continue
            found = self._rows[ids[0]]
            if claim.conflict or claim.may_be_newer(found, knows_all=True):
                continue
            if self._is_listed(found.id) and self._provider.borne_out(claim.spec, found, self._habits):
                verdicts.found[claim.key] = (found, False)

    def _questions(
        self,
        left: Sequence[Claim],
        exact: Mapping[Key, list[str]],
        candidates: Mapping[Key, list[str]],
        verdicts: Verdicts,
    ) -> None:
        """For settled claims without a match: nothing was made, or a person has to choose a row."""
        taken = {row.id for row, _ in verdicts.found.values()}
        for claim in left:
            if claim.key in verdicts.found:
                continue
            ids = [r for r in dict.fromkeys([*exact[claim.key], *candidates[claim.key]]) if r not in taken]
            rows = tuple(sorted((self._rows[each] for each in ids), key=claim.strength))
            several_doubts = claim.kind is ClaimKind.DOUBT and len(exact[claim.key]) > 1
            if ids and (claim.settled or several_doubts):
                verdicts.asks[claim.key] = rows
            elif ids:
                verdicts.offered[claim.key] = rows
            elif claim.settled and claim.kind is ClaimKind.DOUBT:
                verdicts.none.append(claim.key)

    def _held(
        self,
        held: Sequence[Claim],
        exact: Mapping[Key, list[str]],
        maybe: Mapping[Key, list[str]],
        listed: Mapping[str, Remote],
        spoken: Collection[str],
        fresh: bool,
        missing: Collection[str],
        verdicts: Verdicts,
    ) -> None:
        """Confirm provisional ids; take one back where a second candidate came before it was settled.

        Whether it came before is told by its date where nobody looked. What is listed as it was sent is it,
        and not what came back changed, whatever an answer told.
        """
        taken = {row.id for row, _ in verdicts.found.values()}
        for claim in held:
            row = listed.get(claim.id or "")
            others = [r for r in maybe[claim.key] if r not in spoken and r not in taken]
            # An answer counts for more than a likeness, be it ruled out by what became of others' values.
            rivals = exact[claim.key] if claim.answered else [*others, *exact[claim.key]]
            second = [r for r in rivals if not claim.is_later(self._rows[r])]
            habits = Habits(setting=self._habits.setting) if claim.answered else self._habits
            if row is None:
                # The answer's id was wrong, or another product was taken for it, or it is gone.
                if claim.settled and fresh and (claim.answered or claim.id in missing):
                    verdicts.revoked.add(claim.key)
                continue
            match = self.match(claim.spec, row, habits)
            if match is Match.SAME:
                verdicts.confirmed[claim.key] = row
            elif match is Match.DIFFERENT:
                verdicts.revoked.add(claim.key)
            elif second:
                verdicts.revoked.add(claim.key)
                verdicts.asks[claim.key] = tuple(sorted((row, *(self._rows[r] for r in second)), key=age))
            elif claim.settled:
                verdicts.confirmed[claim.key] = row
            elif claim.answered and not claim.shown:
                verdicts.shown[claim.key] = row
