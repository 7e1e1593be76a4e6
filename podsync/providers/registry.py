"""Which providers there are: every entry point of the group `podsync.providers`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from podsync.entry_points import load_all
from podsync.providers.descriptor import NO_ROLES, FieldRoles, ProviderInfo

if TYPE_CHECKING:
    from podsync.model.settings import ProviderSettings, Settings
    from podsync.providers.knowledge import Provider


@cache
def plugins() -> Mapping[str, ProviderInfo]:
    """Return every provider by name, in the order in which people read of them.

    Raises PodsyncError for two that are not told apart, which only their packages can mend.
    """
    found: Mapping[str, ProviderInfo] = load_all("podsync.providers")
    ordered = {info.name: info for info in sorted(found.values(), key=lambda info: (info.rank, info.name))}
    if ordered.keys() != found.keys() or len({info.kind for info in found.values()}) < len(found):
        from podsync.model.errors import PodsyncError

        names = ", ".join(f"{name} ({info.name}, {info.kind})" for name, info in sorted(found.items()))
        raise PodsyncError(
            f"the installed providers are not told apart by their names and kinds: {names}",
            "uninstall one of them: its entry point has to have the provider's own name",
        )
    return ordered


@cache
def kinds() -> Mapping[str, str]:
    """Return kind of document -> name of its provider."""
    return {info.kind: name for name, info in plugins().items()}


def roles_of(provider: str) -> FieldRoles:
    """Return what the fields of a provider's specs mean; nothing where it is not installed."""
    info = plugins().get(provider)
    return NO_ROLES if info is None else info.roles


def bare_id(provider: str, identity: str) -> str:
    """Return an id as a provider's listings tell it."""
    info = plugins().get(provider)
    return identity if info is None else info.bare_id(identity)


def default_settings() -> dict[str, ProviderSettings]:
    """Return how each provider is spoken to where `podsync.yaml` says nothing."""
    return {name: info.settings for name, info in plugins().items()}


def providers(settings: Settings) -> Mapping[str, Provider]:
    """Return what validate and plan need: knowledge, no network."""
    return {
        name: provider_of(info, settings.providers.get(name, info.settings))
        for name, info in plugins().items()
    }


def provider_of(info: ProviderInfo, settings: ProviderSettings) -> Provider:
    """Return what is known of a provider, as these settings say."""
    found: Provider = import_module(f"{info.package}.provider").provider(settings)
    return found
