"""Which providers there are: every entry point of the group `podsync.providers`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

from podsync.providers.points import load_all
from podsync.settings import DEFAULT_PROVIDERS

if TYPE_CHECKING:
    from podsync.ports import Clock, Pace, Provider, Reader, Writer
    from podsync.settings import ProviderSettings, Settings
    from podsync.trust import Trust


class Connect(Protocol):
    """Opens the network side of a provider, and imports what is slow.

    `proxies` is scheme -> URL of the proxy; `trust` makes what TLS is checked with, None: the system's.
    """

    def __call__(
        self,
        settings: ProviderSettings,
        key: str,
        clock: Clock,
        pace: Pace,
        proxies: Mapping[str, str],
        trust: Trust | None = None,
    ) -> tuple[Reader, Writer]:
        """Return what looks at the provider, and what writes to it."""


class Plugin(NamedTuple):
    """What an entry point gives.

    `hosts` are the provider's own, real ones and those for tests, in small letters and without a port: a key
    goes elsewhere only where a person has allowed it.
    `key_variable` is the environment variable that holds the key, `url_variable` the one that
    overrides the base URL, `renew` tells a person where the key is renewed.
    """

    hosts: tuple[str, ...]
    key_variable: str
    url_variable: str
    renew: str
    provider: Callable[[ProviderSettings], Provider]
    connect: Connect


@cache
def plugins() -> Mapping[str, Plugin]:
    """Return every provider by name, sorted."""
    found: Mapping[str, Plugin] = load_all("podsync.providers")
    return found


def providers(settings: Settings) -> Mapping[str, Provider]:
    """Return what validate and plan need: knowledge, no network."""
    return {
        name: plugin.provider(settings.providers.get(name, DEFAULT_PROVIDERS[name]))
        for name, plugin in plugins().items()
    }
