"""What a provider does to values: learned from settled products of our own, "sent so, listed so".

Learned per account: for each field and host of a picture whether its URL is kept or re-hosted, for each kind
of change of a name whether it happens, whether customers come back as they were sent, how many rows a total
counts that no page shows. Each is kept in the state with its proof, the id of the product that showed it.
One contrary proof makes it unknown, for good: what a provider does now and then cannot be relied on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from string import capwords
from typing import Any, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from podsync.model.frozen import EMPTY, FrozenDict, Json
from podsync.providers import name_forms

#: `kept`, `changed` (pictures: re-hosted), `unknown` after contrary proofs; None: nothing was seen yet.
Word: TypeAlias = Literal["kept", "changed", "unknown"]

#: Two dates of products agree when their distances from the clock differ by no more, in seconds.
DATES_AGREE = 120.0
#: Nothing was seen of pictures.
NONE: Any = EMPTY


@dataclass(frozen=True, slots=True)
class Sighting:
    """How one product of our own came back.

    `name_forms` are kinds of change (`providers.name_forms`) that the name could show: kind -> whether it was
    changed. `pictures` maps (host, field) to whether the URL came back as it was sent. `customers` is whether
    they came back as they were sent, None where the provider has none.
    """

    id: str
    names: Mapping[str, bool] = EMPTY
    pictures: Mapping[tuple[str, str], bool] = NONE
    customers: bool | None = None
    #: Characters of a name that came back whole; 0 where it did not.
    whole: int = 0


@dataclass(frozen=True, slots=True)
class Habits:
    """What is known of one account, as the state keeps it under `observed`."""

    observed: Mapping[str, Json] = EMPTY
    #: The setting `pictures`, which overrules what was observed.
    setting: str = "unknown"

    def picture(self, url: object, field: str) -> Word | None:
        """Return what becomes of this picture's URL in this field."""
        if self.setting != "unknown":
            return "kept" if self.setting == "kept" else "changed"
        observed_picture = self.observed.get("pictures", EMPTY).get(host_of(url), EMPTY).get(field)
        return None if observed_picture is None else observed_picture["is"]

    def name(self, kind: str) -> Word | None:
        """Return whether names are changed so."""
        observed_name = self.observed.get("names", EMPTY).get(kind)
        return None if observed_name is None else observed_name["is"]

    @property
    def customers(self) -> Word | None:
        """Return whether customers come back as they were sent."""
        observed_customers = self.observed.get("customers")
        return None if observed_customers is None else observed_customers["is"]

    @property
    def hidden_rows(self) -> int:
        """How many rows the provider's total counts that no page shows."""
        hidden = self.observed.get("hidden_rows")
        return hidden["count"] if hidden is not None and hidden.get("sure") else 0

    def rules_out(self, kinds: Collection[str], length: int) -> bool:
        """Whether one of these changes is known not to happen here to a name of so many characters.

        Only of case and length one name tells for all: that an "i" with two dots came back says nothing of an
        emoji, an ampersand nothing of a quote.
        """
        whole: int = self.observed.get("whole", EMPTY).get("length", 0)
        kept = name_forms.CASE in kinds and self.name(name_forms.CASE) == "kept"
        return kept or (name_forms.CUT in kinds and length <= whole)

    def bears_out(self, kinds: Collection[str]) -> bool:
        """Whether each of these changes was seen here, or nothing of it is known yet."""
        return all(self.name(kind) in ("changed", None) for kind in kinds)

    @property
    def offset(self) -> float | None:
        """How far the dates of products are from the provider's own clock, in seconds; None: not known."""
        dates = self.observed.get("dates")
        return None if dates is None else dates.get("offset")

    def dated(self, identity: str, offset: float) -> Self:
        """Return the habits after one product was seen with its date so far from the clock of its answer."""
        dates = self.observed.get("dates")
        if dates is None:
            fresh = FrozenDict({"offset": round(offset), "proof": identity})
        elif dates.get("offset") is None or abs(dates["offset"] - offset) <= DATES_AGREE:
            return self
        else:
            fresh = FrozenDict({"offset": None, "proof": dates["proof"], "contrary": identity})
        return replace(self, observed=FrozenDict({**self.observed, "dates": fresh}))

    def learned(self, sighting: Sighting) -> Self:
        """Return the habits after one more product was seen as it came back."""
        observed = dict(self.observed)
        names = dict(observed.get("names", EMPTY))
        for kind, changed in sighting.names.items():
            names[kind] = _after(names.get(kind), changed, sighting.id)
        pictures = {host: dict(fields) for host, fields in observed.get("pictures", EMPTY).items()}
        for (host, field), kept in sighting.pictures.items():
            at = pictures.setdefault(host, {})
            at[field] = _after(at.get(field), not kept, sighting.id)
        if sighting.whole > observed.get("whole", EMPTY).get("length", 0):
            observed["whole"] = FrozenDict({"length": sighting.whole, "proof": sighting.id})
        if sighting.customers is not None:
            observed["customers"] = _after(observed.get("customers"), not sighting.customers, sighting.id)
        if names:
            observed["names"] = FrozenDict(names)
        if pictures:
            observed["pictures"] = FrozenDict({h: FrozenDict(fields) for h, fields in pictures.items()})
        return replace(self, observed=FrozenDict(observed))

    def joined(self, other: Mapping[str, Json]) -> Self:
        """Return the habits after what another state observed of this account."""
        observed = dict(self.observed)
        for group in ("names", "pictures"):
            mine, theirs = observed.get(group, EMPTY), other.get(group, EMPTY)
            if joined := _joined(mine, theirs):
                observed[group] = joined
        if "customers" in other:
            observed["customers"] = _joined(observed.get("customers"), other["customers"])
        if other.get("whole", EMPTY).get("length", 0) > observed.get("whole", EMPTY).get("length", 0):
            observed["whole"] = other["whole"]
        if "hidden_rows" in other:
            observed.setdefault("hidden_rows", other["hidden_rows"])
        found = replace(self, observed=FrozenDict(observed))
        dates = other.get("dates")
        if dates is None or (self.offset is None and "dates" in observed):
            return found
        if dates["offset"] is None:
            return replace(found, observed=FrozenDict({**observed, "dates": dates}))
        return found.dated(dates["proof"], dates["offset"])

    def with_hidden(self, count: int, *, at: float, apart: float) -> Self:
        """Return the habits after a whole reading whose total was larger by `count`.

        The same number in two whole readings `apart` seconds apart counts rows that no page shows.
        """
        before = self.observed.get("hidden_rows")
        # A clock that was set back says nothing of how long ago the first one was.
        if before is not None and before["count"] == count and (before.get("sure") or at >= before["at"]):
            if before.get("sure") or at - before["at"] < apart:
                return self
            fresh = FrozenDict({"count": count, "at": before["at"], "sure": True})
        else:
            fresh = FrozenDict({"count": count, "at": at})
        return replace(self, observed=FrozenDict({**self.observed, "hidden_rows": fresh}))


def _joined(mine: Any, theirs: Any) -> Any:
    """Join words of two states, or mappings of such: what contradicts itself is unknown."""
    if mine is None or theirs is None:
        return theirs if mine is None else mine
    if "is" in mine:
        known = theirs["is"] != "unknown"
        return _after(mine, theirs["is"] == "changed", theirs["proof"]) if known else theirs
    return FrozenDict({key: _joined(mine.get(key), theirs.get(key)) for key in {**mine, **theirs}})


def _after(before: Json | None, changed: bool, proof: str) -> Json:
    word = "changed" if changed else "kept"
    if before is None:
        return FrozenDict({"is": word, "proof": proof})
    if before["is"] in (word, "unknown"):
        return before
    return FrozenDict({"is": "unknown", "proof": before["proof"], "contrary": proof})


def sighting(
    identity: str,
    sent: object,
    listed: object,
    *,
    pictures: Mapping[tuple[str, str], bool] = NONE,
    customers: bool | None = None,
) -> Sighting:
    """Return what one settled product shows; its name speaks only of what it has that could be changed.

    A name that was cut says nothing of the rest, and one that is no changed form says nothing at all.
    """
    kinds, name = name_forms.changes(sent, listed), str(sent or "")
    if kinds is None:
        return Sighting(identity, {}, pictures, customers)
    changed = dict.fromkeys(sorted(kinds), True)
    if name_forms.CUT in kinds:
        return Sighting(identity, changed, pictures, customers)
    for kind, there in {
        name_forms.SPACES: " ".join(name.split()) != name,
        name_forms.ENTITIES: any(character in name for character in "&<>\"'"),
        name_forms.QUOTES: any(character in name for character in "\u2018\u2019\u201c\u201d\u201e"),
        name_forms.CASE: name not in (name.lower(), name.upper(), name.title(), capwords(name, " ")),
        name_forms.EMOJI: not name.isascii(),
    }.items():
        if there and kind not in changed:
            changed[kind] = False
    return Sighting(identity, changed, pictures, customers, whole=len(name))


def host_of(url: object) -> str:
    """Return the host of a picture's URL, lower case; empty where there is none."""
    try:
        return (urlsplit(str(url or "")).hostname or "").lower()
    except ValueError:
        return ""
