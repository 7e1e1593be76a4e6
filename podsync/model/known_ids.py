"""Known ids of an account: models with their names, and the parts that its products are built from.

They are kept in a file of the catalog, which is parsed only on demand: a run without changes does not need
it.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from podsync.model.frozen import EMPTY


class KnownModel(NamedTuple):
    """A model, in the provider's own words; each is empty where there is none.

    `id` is what a spec names, `code` what a listing of products names. `sizes` are in the provider's order.
    `left` is the day since when it is on the provider's list no more, "" while it is.
    """

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


class AccountIds(NamedTuple):
    """The known ids of one account. `parts` maps ids of parts to their attributes."""

    models: Mapping[str, KnownModel] = EMPTY
    parts: Mapping[str, tuple[str, ...]] = EMPTY
    customers: tuple[str, ...] = ()
    #: Whether the provider lists its models, and these are all of them.
    listed: bool = False


NO_IDS = AccountIds()
#: (provider, host, account) -> what it was seen to have.
Accounts: TypeAlias = dict[tuple[str, str, str], AccountIds]


def _nothing() -> AccountIds:
    return NO_IDS


class KnownIds:
    """The ids of one account, read when they are asked for. Equal where the file is: by `digest`."""

    __slots__ = ("_load", "_told", "digest")

    def __init__(self, digest: str = "", load: Callable[[], AccountIds] = _nothing) -> None:
        self.digest = digest
        self._load = load
        self._told: AccountIds | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KnownIds) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"KnownIds(digest={self.digest!r})"

    @property
    def ids(self) -> AccountIds:
        """The ids; empty if the file has none for this account."""
        if self._told is None:
            self._told = self._load()
        return self._told

    @property
    def models(self) -> Mapping[str, KnownModel]:
        """The models by id, including those that have left."""
        return self.ids.models


NOTHING_KNOWN = KnownIds()
