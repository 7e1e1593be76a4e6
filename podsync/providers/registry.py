"""Which providers there are (stub: signatures only)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from podsync.ports import Clock, Provider, Reader, Writer
from podsync.settings import ProviderSettings, Settings


@dataclass(frozen=True, slots=True)
class Plugin:
    """What an entry point of the group `podsync.providers` gives.

    `key_variable` is the environment variable that holds its key, `url_variable` the one that
    overrides its base URL, `renew` where a person renews the key. `connect` opens the network side;
    it imports what is slow. `busy(seconds)` style hooks do not exist: pacing is inside.
    """

    key_variable: str
    url_variable: str
    renew: str
    provider: Callable[[ProviderSettings], Provider]
    connect: Callable[[ProviderSettings, str, Clock, str | None], tuple[Reader, Writer]]


def plugins() -> Mapping[str, Plugin]:
    """Return every provider by name, sorted."""
    raise NotImplementedError


def providers(settings: Settings) -> Mapping[str, Provider]:
    """Return what validate and plan need: knowledge, no network."""
    raise NotImplementedError
