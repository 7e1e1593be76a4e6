"""Drift in words, the same in every format: what became of each product, and what was not compared."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from podsync.model.frozen import is_flat
from podsync.output.escape import safe
from podsync.output.layout import shorten
from podsync.output.product import quoted, text_of
from podsync.output.wording import counted, listed, minute, number, some, title, visible_id
from podsync.plan.drift.values import Compared, Drift, DriftedField, DriftKind
from podsync.providers.registry import plugins

#: The word of each kind, for one product and for a count.
WORDS: Mapping[DriftKind, str] = {
    DriftKind.CHANGED: "changed",
    DriftKind.GONE: "gone",
    DriftKind.MISSING: "missing, not yet gone",
    DriftKind.TWIN: "twin",
    DriftKind.ORPHAN_GONE: "orphan gone",
}
_LONGEST = 200
_NAMED = 5


@dataclass(frozen=True, slots=True)
class DriftText:
    """One product: the word for what became of it, what it is, where its document is, and the details."""

    word: str
    address: str
    what: str
    place: str
    details: tuple[str, ...]


def drift_texts(drift: Sequence[Drift]) -> Iterator[DriftText]:
    """Yield each product that somebody changed at its provider; every text is one safe line."""
    for each in drift:
        seen = visible_id(each.provider, each.shown) or safe(each.id)
        what = " · ".join(
            filter(None, (quoted(each.name) if each.name else "", f"{title(each.provider)} {seen}"))
        )
        place = "" if each.source is None else f"{safe(each.source.path)}:{_line(each)}"
        yield DriftText(WORDS[each.kind], str(each.address), what, place, tuple(_details(each)))


def _line(drift: Drift) -> int:
    lines = [field.at.line for field in drift.fields if field.at is not None]
    return min(lines, default=drift.source.line if drift.source is not None else 1)


def _details(drift: Drift) -> Iterator[str]:
    if drift.kind is DriftKind.CHANGED:
        for field in drift.fields:
            yield _field(field)
    elif drift.kind is DriftKind.TWIN:
        more = some([safe(each) for each in drift.twins], _NAMED)
        yield f"the same is listed beside it, and nobody here manages it: {more}"
    elif drift.kind is DriftKind.MISSING:
        since = f"since {minute(drift.missing_since)}" if drift.missing_since is not None else "now"
        yield f"not listed {since}; a listing may lag: gone is what a second whole reading misses as well"
    elif drift.kind is DriftKind.GONE:
        yield "two whole readings do not show it: it was removed, or is hidden there; look at its web page"
    else:
        yield "nobody has to remove it any more"


def _field(field: DriftedField) -> str:
    def shown(value: object) -> str:
        return shorten(text_of(value), _LONGEST) if value is not None else "nothing"

    text = f"{safe(field.field)}: {shown(field.known)} -> {shown(field.listed)}"
    if field.both:
        return f"{text}; both changed: the document says {shown(field.wanted)}"
    return text


def drift_counts(drift: Sequence[Drift]) -> str:
    """Return how many there are of each kind; "" where there is none."""
    counts = Counter(each.kind for each in drift)
    plural = {DriftKind.TWIN: "twins", DriftKind.ORPHAN_GONE: "orphans gone"}
    return ", ".join(
        f"{number(counts[kind])} {word if counts[kind] == 1 else plural.get(kind, word)}"
        for kind, word in WORDS.items()
        if counts[kind]
    )


def compared_text(compared: Sequence[Compared]) -> Iterator[str]:
    """Yield what was compared at each provider, and what was not, a sentence or two each."""
    for each in compared:
        if not each.products and not each.unlisted:
            continue
        name, info = title(each.provider), plugins().get(each.provider)
        text = f"{name}: {counted(each.products, 'product')} compared with what is listed."
        why: dict[str, list[str]] = defaultdict(list)
        unlisted = info.unlisted if info is not None else frozenset()
        never, itself = "no listing tells", f"{name} may list otherwise by itself"
        skipped = [
            (field, count, never if field in unlisted else itself) for field, count in each.fields.items()
        ]
        skipped += [(field, count, "no document tells") for field, count in each.unknown.items()]
        for field, count, reason in skipped:
            why[reason].append(safe(field) if count == each.products else f"{safe(field)} ({number(count)})")
        for reason, fields in sorted(why.items()):
            text += f" Not compared: {listed(fields)}, which {reason}."
        if each.unlisted:
            text += f" Not compared at all: {counted(each.unlisted, 'product')}, not seen in the listing yet."
        if each.unlisted and each.flaw:
            text += f" Nothing can be called gone: what {name} lists is not whole, {safe(each.flaw)}."
        yield text


class Remedy(NamedTuple):
    """What can be done, and the commands that do it, one after the other."""

    words: str
    commands: tuple[str, ...]


def remedies(drift: Sequence[Drift], compared: Sequence[Compared]) -> Iterator[Remedy]:
    """Yield what can be done about drift, and about what no listing tells."""
    first = {each.kind: each for each in reversed(drift)}
    for each in drift:
        if any(field.has_taken_over for field in each.fields):
            has = f"{each.address} has its name already, of which this state does not know"
            yield Remedy(f"{has}: write lifecycle: {{replace: swap}} into its document", ("podsync apply",))
    yield from _to_accept(drift, first.keys())
    if DriftKind.GONE in first:
        words = "What is gone is listed as an orphan once that is applied, until it is looked for"
        yield Remedy(words, ("podsync state orphans --check",))
    yield from _to_set_back(drift)
    if DriftKind.GONE in first:
        gone = first[DriftKind.GONE]
        words = f'To make one again, write recreate: "{safe(gone.id)}" into the document of {gone.address}'
        yield Remedy(words, ())
    if DriftKind.ORPHAN_GONE in first:
        yield Remedy("To take orphans that are gone off the list", ("podsync state orphans --check",))
    for account in compared:
        if account.unlisted and account.flaw:
            words = (
                f"To let go of what {title(account.provider)} does not list and its web page does not show"
            )
            yield Remedy(words, ("podsync state rm ADDRESS",))


def _to_accept(drift: Sequence[Drift], kinds: Collection[DriftKind]) -> Iterator[Remedy]:
    left = [field for each in drift for field in each.fields if not field.has_taken_over]
    by_hand = [
        (each, field)
        for each in drift
        for field in each.fields
        if not field.has_taken_over and not is_flat(field.listed)
    ]
    if any(is_flat(field.listed) for field in left) or {DriftKind.GONE, DriftKind.TWIN}.intersection(kinds):
        words = "To accept all else" if by_hand else "To accept all of it"
        yield Remedy(words, ("podsync drift -o patch=drift.patch", "git apply drift.patch"))
    if by_hand:
        one, field = by_hand[0]
        more = f" (and {counted(len(by_hand) - 1, 'more')} like it)" if len(by_hand) > 1 else ""
        yield Remedy(
            f"No patch holds {safe(field.field)}. To accept it, write what is there into the document of "
            f"{one.address} as well{more}",
            (),
        )


def _to_set_back(drift: Sequence[Drift]) -> Iterator[Remedy]:
    changed = [
        each
        for each in drift
        if each.kind is DriftKind.CHANGED and not all(field.has_taken_over for field in each.fields)
    ]
    # Of two, the one that takes no name from orders is the plainer example.
    updates = sorted((each for each in changed if each.settable), key=lambda each: bool(_new_name(each)))
    others = [each for each in changed if not each.settable]
    if updates:
        one = updates[0]
        new = _new_name(one)
        words = "To set one back"
        if new:
            words += f', write renamed_from: "{new}" into its document: orders that say that name fail'
        yield Remedy(words, (f'podsync apply --replace "{one.address}"',))
    if others:
        name, info = title(others[0].provider), plugins().get(others[0].provider)
        if info is not None and not info.replaces:
            fields = listed([safe(f.field) for f in others[0].fields if f.field not in info.mutable])
            yield Remedy(f"{name} cannot set back {fields} of {others[0].address}", ())
        else:
            words = f"{name} cannot set one back. To make it anew beside the old one"
            yield Remedy(words, (f'podsync apply --replace "{others[0].address}"',))


def _new_name(drift: Drift) -> str:
    """Return the name that it was given at a provider whose orders find products by name, else ""."""
    info = plugins().get(drift.provider)
    if info is None or not info.unique_names:
        return ""
    return next((safe(str(each.listed)) for each in drift.fields if each.field == info.roles.name), "")
