"""The environments of `podsync.yaml`: each is laid over the settings around it, and has a state of its own.

Lists and single values of an environment replace those around it, mappings are merged. Where the state is
kept is the exception: two environments never share a place, so the place that the settings name outside of
the environments is a pattern, into which each environment that names none puts its own name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from os.path import normpath, realpath
from typing import Any

from podsync.catalog.parsing.document import Document
from podsync.model.diagnostic import Diagnostic
from podsync.network.hosts import host_and_port
from podsync.providers.registry import default_settings, plugins
from podsync.state.backends import BACKENDS, state_files, state_settings

_THIS_MACHINE = "localhost"
_LOOPBACK = frozenset({_THIS_MACHINE, "127.0.0.1", "::1"})


def laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return two mappings as one: `above` wins, and nested mappings are merged likewise."""
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = laid_over(merged[key], value) if both else value
    return merged


def names_of(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the environments of a valid settings document, in its order."""
    return tuple(data.get("environments", ()))


def settings_of(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the settings document of one environment, as a document without environments."""
    around = {key: value for key, value in data.items() if key != "environments"}
    own = data["environments"][name]
    standard = state_settings(around.get("state", {})).keys
    place = {each.place: each.beside(str(standard[each.place]), name) for each in BACKENDS.values()}
    return laid_over(laid_over(around, {"state": place}), own)


def environment_sharing(
    data: Mapping[str, Any], name: str, provider: str, url: str | None = None
) -> str | None:
    """Return another environment that has the same account of a provider, at the same host.

    `url` is the base URL of all environments, None where each has what the settings say.
    """
    reached = _account(settings_of(data, name), provider, url)
    others = (other for other in names_of(data) if other != name)
    return next(
        (other for other in others if _account(settings_of(data, other), provider, url) == reached), None
    )


def _account(
    settings: Mapping[str, Any], provider: str, url: str | None = None
) -> tuple[str, int | None, str]:
    """Return host, port and account of a provider: equal ones hold the same products."""
    base, own = default_settings()[provider], settings.get("providers", {}).get(provider, {})
    host, port = host_and_port(url or own.get("base_url", base.base_url))
    host = host.rstrip(".")
    return _THIS_MACHINE if host in _LOOPBACK else host, port, own.get("account", base.account)


def shared_things(document: Document) -> Iterator[Diagnostic]:
    """Yield a fault for each two environments that share an account or a state.

    A provider that no environment names may have no products at all: it is asked about where it is used
    (:func:`shared_account`), unless no provider is named anywhere.
    """
    data = document.data
    by_name = {name: settings_of(data, name) for name in names_of(data)}
    named = {provider for each in data["environments"].values() for provider in each.get("providers", {})}
    for first, second in combinations(by_name, 2):
        alike = [
            provider
            for provider in default_settings()
            if (not named or provider in named)
            and _account(by_name[first], provider) == _account(by_name[second], provider)
        ]
        if alike:
            yield shared_account(document, first, second, *alike)
        if _state(by_name[first]) == _state(by_name[second]):
            yield _fault(
                document,
                ("environments", second, "state"),
                f"environments.{second}.state: it is the state of {first}",
                "give each environment a place of its own; without one its name is put into that around it",
            )


def _state(settings: Mapping[str, Any]) -> tuple[object, ...]:
    state = state_settings(settings["state"])
    if files := state_files(state):
        return state.backend, *(_place(realpath(each)) for each in files)
    return state.backend, *(_place(state.keys[key]) for key in BACKENDS[state.backend].where)


def _place(place: object) -> object:
    """Return one form for all ways to write a place, also on disks that ignore case."""
    return normpath(place).casefold() if isinstance(place, str) else place


def shared_account(
    document: Document, first: str, second: str, *providers: str, url: str | None = None
) -> Diagnostic:
    """Return the fault of two environments that have one account at each of `providers`.

    `url` is as in :func:`environment_sharing`.
    """
    host, _, account = _account(settings_of(document.data, second), providers[0], url)
    by = f", by {plugins()[providers[0]].url_variable}" if url else ""
    titles = " and ".join(plugins()[provider].title for provider in providers)
    path = ("environments", second, "providers", providers[0], "account")
    return _fault(
        document,
        path,
        f"environments.{second}: {titles} {'has' if len(providers) == 1 else 'have'} the same account as in "
        f"{first} ({account} at {host}{by})",
        "two states would each make every product in it; name the account of each environment: "
        f"providers: {{{providers[0]}: {{account: {second}-shop}}}}",
    )


def _fault(document: Document, path: tuple[str, ...], summary: str, detail: str) -> Diagnostic:
    """Return a fault at the value of a path, or at the nearest key above that is written."""
    return document.fault("environments", path, summary, detail, key=path not in document.places)
