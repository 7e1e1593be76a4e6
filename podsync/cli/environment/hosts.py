"""Decides where keys may go: a provider's own hosts, this machine, and hosts that somebody allowed.

`base_url` is reviewed with `podsync.yaml` and easily overlooked, and one line can send a shop's key
elsewhere. So every view of a plan warns of another host, and a key goes there only if
`PODSYNC_ALLOWED_HOSTS`, which no pull request can set, names it: hosts separated by commas, each with its
port unless that is 443.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from urllib.parse import urlsplit

from podsync.cli.environment.credentials import is_loopback
from podsync.model.diagnostic import Diagnostic
from podsync.model.errors import ProtectedError, UsageError
from podsync.model.frozen import Json
from podsync.network.hosts import host_of
from podsync.plan.model import FOREIGN_HOST
from podsync.providers.descriptor import ProviderInfo

ALLOWED = "PODSYNC_ALLOWED_HOSTS"


def is_own(url: str, plugin: ProviderInfo) -> bool:
    """Whether a base URL is one of the provider's own hosts, over https on the usual port."""
    return url.startswith("https://") and host_of(url) in plugin.hosts


def foreign_hosts(hosts: Mapping[str, Json], known: Mapping[str, ProviderInfo]) -> list[Diagnostic]:
    """Return a warning for each provider that a plan reaches at a host that is not its own."""
    return [
        _warning(name, str(host.get("base_url", "")), known.get(name))
        for name, host in sorted(hosts.items())
        if name not in known or not is_own(str(host.get("base_url", "")), known[name])
    ]


def with_foreign_hosts(
    diagnostics: Iterable[Diagnostic], hosts: Mapping[str, Json], known: Mapping[str, ProviderInfo]
) -> tuple[Diagnostic, ...]:
    """Return a plan's diagnostics with these warnings first, made anew."""
    rest = [each for each in diagnostics if each.rule != FOREIGN_HOST]
    return (*foreign_hosts(hosts, known), *rest)


def _warning(name: str, url: str, plugin: ProviderInfo | None) -> Diagnostic:
    host = host_of(url)
    own = f" ({', '.join(plugin.hosts)})" if plugin is not None else ""
    if _is_here(url):
        remedy = "it is this machine: nothing has to be allowed"
    else:
        remedy = (
            f"the key goes there; apply needs {ALLOWED}={host} in its environment, outside of the catalog"
        )
    summary = f"{name} is reached at {host}, not one of its own hosts{own}"
    return Diagnostic("warning", FOREIGN_HOST, summary, detail=remedy)


def _is_here(url: str) -> bool:
    host = host_of(url)
    return host != url and is_loopback(urlsplit(url).hostname or "")


def refuse_foreign_hosts(
    urls: Mapping[str, str], known: Mapping[str, ProviderInfo], environ: Mapping[str, str] | None = None
) -> None:
    """Raise ProtectedError for a host that nobody allowed; `urls` maps provider -> base URL."""
    allowed = _allowed(os.environ if environ is None else environ)
    for name, url in sorted(urls.items()):
        host = host_of(url)
        if is_own(url, known[name]) or host in allowed or _is_here(url):
            continue
        every = ",".join([*sorted(allowed), host])
        raise ProtectedError(
            f"{name} is set to {host}, which is not one of its own hosts ({', '.join(known[name].hosts)}): "
            "its key would go there. Nothing was sent.",
            f"if that is meant, allow it outside of the catalog: {ALLOWED}={every} in the environment\n"
            f"in CI a variable of the environment that has the keys; else correct `base_url` of {name}",
        )


def _allowed(environ: Mapping[str, str]) -> Collection[str]:
    """Return the hosts that the environment allows; raises UsageError for what is no host."""
    words = [each.strip() for each in environ.get(ALLOWED, "").split(",") if each.strip()]
    for each in words:
        if host_of(f"https://{each}") != each.lower().removesuffix(":443"):
            raise UsageError(
                f"{ALLOWED}: {each} is not a host",
                "write host or host:port, separated by commas: api.example.com",
            )
    return frozenset(host_of(f"https://{each}") for each in words)
