"""The contract of providers, over every one that is installed, with every setting that changes it."""

from __future__ import annotations

from typing import Any

import pytest

from podsync.model.settings import Settings
from podsync.providers.descriptor import ProviderInfo
from podsync.providers.knowledge import Provider
from podsync.providers.registry import default_settings, kinds, plugins, provider_of, providers
from tests.contracts import SPECS, ProviderContract

VARIANTS = [(name, pictures) for name in sorted(plugins()) for pictures in ("unknown", "kept", "rehosted")]


class TestProviders(ProviderContract):
    @pytest.fixture(params=VARIANTS, ids="-".join)
    def provider(self, request: pytest.FixtureRequest) -> Provider:
        name, pictures = request.param
        settings: Any = default_settings()[name]._replace(pictures=pictures)
        return provider_of(plugins()[name], settings)


def test_what_is_found() -> None:
    found = plugins()

    assert list(found) == ["kakaclo", "gelato"]
    assert all(isinstance(plugin, ProviderInfo) for plugin in found.values())
    assert {plugin.key_variable for plugin in found.values()} == {"GELATO_API_KEY", "KAKACLO_ACCESS_TOKEN"}
    assert {plugin.url_variable for plugin in found.values()} == {"GELATO_BASE_URL", "KAKACLO_BASE_URL"}
    assert all(plugin.renew for plugin in found.values())


def test_names_and_kinds_agree() -> None:
    found = providers(Settings())

    assert {p.kind: name for name, p in found.items()} == dict(kinds())
    assert all(p.name == name for name, p in found.items())
    assert set(SPECS) == set(kinds())


def test_settings_reach_the_provider_and_may_leave_one_out() -> None:
    kept: Any = default_settings()["kakaclo"]._replace(pictures="kept")

    found: Any = providers(Settings(providers={"kakaclo": kept}))

    assert (found["kakaclo"].pictures, found["gelato"].title) == ("kept", "Gelato")
