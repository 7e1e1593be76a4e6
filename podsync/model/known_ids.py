"""Ids that an account was seen to have: models with their names, and what its products are built from.

They are kept in a file of the catalog, which is parsed only when somebody asks: a run in which nothing
changes needs none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from podsync.model.frozen import EMPTY


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model. `left` is the day since when it is on the supplier's list no more, "" while it is."""

    id: str
    name: str = ""
    code: str = ""
    category: str = ""
    price: str = ""
    sizes: tuple[str, ...] = ()
    left: str = ""

    @property
    def words(self) -> str:
        """The model as people read it: `37 Raglan Tee`."""
        return f"{self.id} {self.name}".rstrip()


@dataclass(frozen=True, slots=True)
class AccountIds:
    """What one account was seen to have. `parts` maps ids of parts to their attributes."""

    models: Mapping[str, KnownModel] = EMPTY
    parts: Mapping[str, tuple[str, ...]] = EMPTY
    customers: tuple[str, ...] = ()
    #: Whether the provider has a list of models, and these are all of it.
    listed: bool = False


NO_IDS = AccountIds()
#: (provider, host, account) -> what it was seen to have.
Accounts: TypeAlias = dict[tuple[str, str, str], AccountIds]


def _nothing() -> AccountIds:
    return NO_IDS


@dataclass(slots=True)
class KnownIds:
    """The ids of one account, read when they are asked for. Equal where the file is: by `digest`."""

    digest: str = ""
    _load: Callable[[], AccountIds] = field(default=_nothing, compare=False, repr=False)
    _told: AccountIds | None = field(default=None, compare=False, repr=False)

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def ids(self) -> AccountIds:
        """What is known; nothing where the file says nothing of this account."""
        if self._told is None:
            self._told = self._load()
        return self._told

    @property
    def models(self) -> Mapping[str, KnownModel]:
        """The models by id; those that have left among them."""
        return self.ids.models


NOTHING_KNOWN = KnownIds()
