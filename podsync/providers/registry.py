"""Which providers there are: every entry point of the group `podsync.providers`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from podsync.providers.points import load_all
from podsync.settings import DEFAULT_PROVIDERS

if TYPE_CHECKING:
    from podsync.ports import Clock, Pace, Provider, Reader, Writer
    from podsync.settings import ProviderSettings, Settings


class Plugin(NamedTuple):
    """What an entry point gives.

    `hosts` are the provider's own, real ones and those for tests, in small letters and without a port: a key
    goes elsewhere only where a person has allowed it.
    `key_variable` is the environment variable that holds the key, `url_variable` the one that
    overrides the base URL, `renew` tells a person where the key is renewed. `connect(settings, key,
    clock, pace, proxies)` opens the network side and imports what is slow.
    """

    hosts: tuple[str, ...]
    key_variable: str
    url_variable: str
    renew: str
    provider: Callable[[ProviderSettings], Provider]
    connect: Callable[
        [ProviderSettings, str, Clock, Pace, Mapping[str, str]],
        tuple[Reader, Writer],
    ]


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
