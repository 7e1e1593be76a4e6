"""`_known.yaml` in the catalog: the ids that each account has, by provider, host and account.

`podsync models --save` writes it. It is committed, so that a supplier's change is a diff. It is read with
every catalog, since cached verdicts depend on it, and parsed only on demand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from podsync.catalog.discovery import FoundFile, read_bytes
from podsync.model.diagnostic import Diagnostic
from podsync.model.known_ids import NO_IDS, Accounts, KnownIds
from podsync.model.settings import Settings

NAME = "_known.yaml"


class KnownFile:
    """The content of the file; empty if there is none."""

    def __init__(self, path: str = "", raw: bytes = b"") -> None:
        self.path = path
        self.raw = raw

    @classmethod
    def of(cls, catalog: Path) -> KnownFile:
        """Return the file of a catalog."""
        place = catalog / NAME
        if not place.is_file():
            return cls()
        raw = read_bytes(FoundFile(str(place), place.as_posix()))
        return cls(place.as_posix(), raw if isinstance(raw, bytes) else b"\xff")

    def ids(self, provider: str, host: str, account: str) -> KnownIds:
        """Return the known ids of one account."""
        digest = hashlib.sha256(self.raw).hexdigest()[:32]
        return KnownIds(digest, lambda: self.parsed[0].get((provider, host, account), NO_IDS))

    def with_known_ids(self, settings: Settings, hosts: Mapping[str, str]) -> Settings:
        """Return the settings with the known ids of each provider's account, at these hosts."""
        if not self.raw:
            return settings
        providers = {
            name: each._replace(known=self.ids(name, hosts[name], each.account))
            for name, each in settings.providers.items()
        }
        return settings._replace(providers=providers)

    @cached_property
    def parsed(self) -> tuple[Accounts, tuple[Diagnostic, ...]]:
        """Its ids, and its faults; with a fault there are no ids."""
        if not self.raw:
            return {}, ()
        from podsync.catalog.parsing.known_text import parsed

        return parsed(self.path, self.raw)


NO_FILE = KnownFile()
