"""What `podsync.yaml` says, as frozen values. Reading it is `catalog.settings_file`'s work."""

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from podsync.model.address import DEFAULT_ACCOUNT
from podsync.model.frozen import EMPTY
from podsync.model.known_ids import NOTHING_KNOWN, KnownIds


def is_environment(name: str) -> bool:
    """Whether a text can be the name of an environment: it becomes a part of names of files and variables."""
    return len(name) <= 40 and re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", name) is not None


class RateLimit(NamedTuple):
    """A leaky bucket: `burst` requests at once, then `per_second`."""

    burst: int
    per_second: float


class ProviderSettings(NamedTuple):
    """How one provider is spoken to; all times in seconds.

    `ignored` are ids that nobody here manages, `known` those that the account was seen to have.
    """

    base_url: str
    rate_limit: RateLimit
    account: str = DEFAULT_ACCOUNT
    parallelism: int = 8
    timeout_seconds: float = 30
    settle_seconds: float = 600
    retry_seconds: float = 300
    pictures: Literal["unknown", "kept", "rehosted"] = "unknown"
    ignored: tuple[str, ...] = ()
    known: KnownIds = NOTHING_KNOWN


class Limits(NamedTuple):
    """How much one plan may do, and how many products a document may make; None = no limit."""

    max_creates: int | None = 50
    max_replaces: int | None = 5
    max_orphans: int | None = 5
    max_each: int | None = 10_000


class StateSettings(NamedTuple):
    """Where the state is kept: the backend, and the keys of all backends with their defaults filled in.

    `state.backends` says which there are; each reads its own.
    """

    backend: str = "local"
    keys: Mapping[str, Any] = EMPTY


class Authoring(NamedTuple):
    """Settings for documents: variables by name, and the limit of products per document.

    `file` is the settings file, for the place of a value. `environment` is the chosen one of `environments`,
    "" for none.
    """

    variables: Mapping[str, str | int | float | bool] = EMPTY
    max_each: int | None = 10_000
    file: str = "podsync.yaml"
    environment: str = ""
    environments: tuple[str, ...] = ()


class Settings(NamedTuple):
    """All of `podsync.yaml`, defaults filled in but for providers that are left out. `catalog` is as written.

    `moved` are the folders in the repository that the catalog was in before. `vars` are what `${var.NAME}`
    stands for in documents, by name: texts, numbers and booleans. `environments` are the names that the file
    has; `environment` is the one that is laid over the rest, "" for none.
    """

    catalog: str = "catalog"
    moved: tuple[str, ...] = ()
    sandbox: bool = False
    state: StateSettings = StateSettings()
    providers: Mapping[str, ProviderSettings] = EMPTY
    limits: Limits = Limits()
    vars: Mapping[str, str | int | float | bool] = EMPTY
    environment: str = ""
    environments: tuple[str, ...] = ()

    @property
    def authoring(self) -> Authoring:
        """What documents may draw on."""
        return Authoring(
            self.vars, self.limits.max_each, environment=self.environment, environments=self.environments
        )
