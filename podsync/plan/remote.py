"""What a look at a provider shows, set against what the state holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from podsync.model import Spec
from podsync.ports import Listing, Match, Provider, Remote
from podsync.providers.compare import folded


class Index:
    """The rows of a listing by what tells them apart, so that a look costs no n × m comparisons."""

    def __init__(self, provider: Provider, items: Iterable[Remote]) -> None:
        self._fields = provider.telling
        self._rows: dict[tuple[str, str], list[Remote]] = {}
        for item in items:
            for field in self._fields:
                value = folded(item.fields.get(field))
                if value:
                    self._rows.setdefault((field, value), []).append(item)

    def near(self, spec: Spec) -> list[Remote]:
        """Rows that share a telling field; for the name, also those whose name is ours trimmed or cut."""
        name, *others = self._fields
        wanted = folded(spec.get(name))
        keys = [(name, wanted[:length].strip()) for length in range(len(wanted), 0, -1)]
        keys += [(field, folded(spec.get(field))) for field in others]
        found = {row.id: row for key in dict.fromkeys(keys) for row in self._rows.get(key, ())}
        return list(found.values())


@dataclass(frozen=True, slots=True)
class View:
    """One look at a provider: the listing, and which ids are spoken for.

    `known` are ids that were known for longer than `settle_seconds`; `earlier` are ids that a look
    of this very process saw before anything was sent.
    """

    provider: Provider
    listing: Listing
    owned: Collection[str]
    known: Collection[str]
    earlier: Collection[str]
    index: Index

    @property
    def unowned(self) -> tuple[Remote, ...]:
        """What nobody in the state holds."""
        return tuple(item for item in self.listing.items if item.id not in self.owned)

    @property
    def wrong_account(self) -> bool:
        """Whether products are known, yet none of them is visible: another account, or an empty answer."""
        return bool(self.known) and not any(item.id in self.known for item in self.listing.items)

    def matches(self, spec: Spec, match: Match) -> tuple[Remote, ...]:
        """Unowned products that compare with `spec` as `match`, oldest first."""
        near = (item for item in self.index.near(spec) if item.id not in self.owned)
        found = (item for item in near if self.provider.match(spec, item) is match)
        return tuple(sorted(found, key=age))


def age(remote: Remote) -> tuple[float, int, str]:
    """Sort key: oldest first, and among equals the one that was numbered first."""
    return remote.created_at or 0.0, len(remote.id), remote.id
