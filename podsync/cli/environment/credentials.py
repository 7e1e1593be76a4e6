"""Keys and base URLs from the environment. Keys are never shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from urllib.parse import unquote, urlsplit

from podsync.model.errors import CredentialsError, UsageError
from podsync.model.settings import Settings
from podsync.providers.descriptor import ProviderInfo
from podsync.providers.registry import plugins
from podsync.state.backends import BACKENDS

#: Names the environment of the settings that the plain key variables belong to.
KEYS_ENV = "PODSYNC_KEYS_ENV"
#: Secrets of stores: whole values, and URLs with a password.
_MORE_SECRETS = tuple(name for each in BACKENDS.values() for name in each.secrets)
_SECRET_URLS = tuple(name for each in BACKENDS.values() for name in each.secret_urls)
#: Variables that hold a secret besides the providers' keys.
SECRET_VARIABLES = (*_SECRET_URLS, *_MORE_SECRETS)
#: A URL that all readers understand alike: no user, query, fragment, backslash, blank or foreign letter.
_PLAIN = r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[A-Za-z0-9._~!&'()*+,;=:@%/-]*)?"
#: Hiding every occurrence of a shorter value would tell it, and would hide other words.
_SHORTEST_KEY = 8
_PROXIES = ("http", "https", "all", "no")


def key_name(plugin: ProviderInfo, environment: str) -> str:
    """Return the variable for the key of an environment ("" for settings without any)."""
    suffix = f"_{environment.upper().replace('-', '_')}" if environment else ""
    return f"{plugin.key_variable}{suffix}"


def key_of(plugin: ProviderInfo, environ: Mapping[str, str], environment: str = "") -> tuple[str, str]:
    """Return the variable that holds a provider's key, and the key ("" for none).

    The plain variable counts only if `PODSYNC_KEYS_ENV` names this environment: a key must never be sent for
    another environment's products.
    """
    named = key_name(plugin, environment)
    key = environ.get(named, "").strip() if environment else ""
    if key or environ.get(KEYS_ENV, "").strip() != environment:
        return named, key
    return plugin.key_variable, environ.get(plugin.key_variable, "").strip()


def read_keys(
    names: Iterable[str],
    plugins: Mapping[str, ProviderInfo],
    environ: Mapping[str, str],
    environment: str = "",
) -> dict[str, str]:
    """Return the key of each provider, in an environment of the settings ("" for none).

    Raises CredentialsError that names every missing key.
    """
    keys, missing = {}, []
    for name in sorted(names):
        plugin = plugins[name]
        variable, key = key_of(plugin, environ, environment)
        if 0 < len(key) < _SHORTEST_KEY:
            raise CredentialsError(
                f"{variable} has {len(key)} characters: no key is that short, and it could not be "
                "kept out of what is shown. Nothing was sent.",
                f"get a key: {plugin.renew}",
            )
        if key and key.isprintable() and key.isascii():
            keys[name] = key
        elif key:
            raise CredentialsError(
                f"{variable} holds characters that no key has", f"get a new one: {plugin.renew}"
            )
        else:
            missing.append(plugin)
    if missing:
        variables = [key_of(plugin, environ, environment)[0] for plugin in missing]
        raise CredentialsError(
            _missing(variables, environ, environment), _remedy(missing, variables, environ, environment)
        )
    return keys


def renewal(plugin: ProviderInfo, environment: str = "") -> str:
    """Say where to renew a refused key, and which variable to set."""
    return f"renew the key: {plugin.renew}, and set {key_name(plugin, environment)}"


def _missing(variables: list[str], environ: Mapping[str, str], environment: str) -> str:
    names, verb = " and ".join(variables), "is" if len(variables) == 1 else "are"
    whose = environ.get(KEYS_ENV, "").strip()
    if whose and not environment:
        return (
            f"{names} {verb} of the environment {whose} ({KEYS_ENV}), and these settings have none. "
            "Nothing was sent."
        )
    empty = any(name in environ for name in variables)
    return f"{names} {verb} {'empty' if empty else 'not set'}. Nothing was sent."


def _remedy(
    plugins: list[ProviderInfo], variables: list[str], environ: Mapping[str, str], environment: str
) -> str:
    lines = [f"get a key: {plugin.renew}" for plugin in plugins]
    if environment:
        plain = [each.key_variable for each in plugins if environ.get(each.key_variable, "").strip()]
        lines += [
            f"{name} counts only with {KEYS_ENV}={environment}: it says whose key it is" for name in plain
        ]
    if environ.get("GITHUB_ACTIONS") == "true":
        place = environment or "production"
        lines += [f"gh secret set {plugin.key_variable} --env {place}" for plugin in plugins]
    if any(name in environ for name in variables):
        lines.append(
            "in CI a secret is empty when its name is misspelt, when the job names no `environment:` "
            "that has it, and in pull requests from forks"
        )
    lines.append("or try it without a key: --sandbox")
    return "\n  ".join(lines)


def base_url_from(environ: Mapping[str, str], variable: str) -> str | None:
    """Return the base URL of a variable, None if it is not set; raises UsageError for an unsafe one."""
    url = environ.get(variable, "").strip()
    if not url:
        return None
    fault = url_fault(url)
    if fault:
        remedy = "use an https:// address; plain http is for this machine only"
        raise UsageError(f"{variable}: {fault}", remedy)
    return url.rstrip("/")


def url_fault(url: str) -> str:
    """Return what is wrong with a provider's base URL, "" for nothing."""
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError as error:
        return f"not a URL: {error}"
    if not re.fullmatch(_PLAIN, url):
        return "not the plain address of an API (a host of letters, digits, dots and dashes, a port, a path)"
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        return "plain http would send the key in the clear"
    return ""


def is_loopback(host: str) -> bool:
    """Whether a host is certainly this machine. Names below `localhost` may be resolved elsewhere."""
    try:
        from ipaddress import ip_address

        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def proxies_from(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment's proxy settings by scheme (`https`, `no`)."""
    found = {}
    for scheme in _PROXIES:
        value = environ.get(f"{scheme}_proxy") or environ.get(f"{scheme.upper()}_PROXY")
        if value:
            found[scheme] = value
    return found


def proxies_to(base_url: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return scheme -> URL of the proxy for a provider, empty for none.

    Raises UsageError for a variable that names no usable proxy: any other attempt would fail later and say
    less.
    """
    parts = urlsplit(base_url)
    if is_loopback(parts.hostname or ""):
        return {}
    variable, value = _proxy_of(parts.scheme, parts.netloc, environ)
    return {parts.scheme: _proxy(variable, value)} if value else {}


def _proxy_of(scheme: str, host: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the variable that names the proxy to a host, and its value; "" for none."""
    for name in (f"{scheme}_proxy", "all_proxy"):
        for variable in (name, name.upper()):
            if value := environ.get(variable, "").strip():
                return ("", "") if _bypassed(host, environ) else (variable, value)
    return "", ""


def _bypassed(host: str, environ: Mapping[str, str]) -> bool:
    from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

    proxies = proxies_from(environ)
    return bool(proxy_bypass_environment(host, proxies)) or _in_range(host, proxies.get("no", ""))


def _in_range(host: str, listed: str) -> bool:
    """Whether a host is an address in a range of NO_PROXY (`10.0.0.0/8`); no name is resolved."""
    if "/" not in listed:
        return False
    from ipaddress import ip_address, ip_network

    try:
        address = ip_address(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False
    for word in re.split(r"[,\s]+", listed):
        with suppress(ValueError):
            if "/" in word and address in ip_network(re.sub(r"[][]", "", word), strict=False):
                return True
    return False


def _proxy(variable: str, value: str) -> str:
    """Return the URL of a proxy; without a scheme it is http."""
    url = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    if parts.scheme.startswith("socks"):
        remedy = "name an http:// proxy, or list the provider's host in NO_PROXY to go without one"
        raise UsageError(f"{variable}: a SOCKS proxy cannot be used ({shown})", remedy)
    plain = bool(host) and host is not None and host.isascii() and not re.search(r"\s", url)
    if parts.scheme not in {"http", "https"} or not plain:
        raise UsageError(f"{variable} is no URL of a proxy", "write it as http://HOST:PORT, or unset it")
    return url


def proxy_for(host: str, environ: Mapping[str, str]) -> str:
    """Return the proxy for https requests to `host`, "" for none."""
    return _proxy_of("https", host, environ)[1]


def mask(text: str, environ: Mapping[str, str]) -> str:
    """Hide every secret of the environment in `text`."""
    from podsync.network.secrets import Secrets

    return Secrets(secrets_of(environ)).hide(text)


def secrets_of(environ: Mapping[str, str]) -> list[str]:
    """Return the secrets of the environment: keys, and passwords in URLs."""
    keys = [environ.get(name, "").strip() for name in _secret_names(environ)]
    halves = [part for key in keys for part in key.split(":")]
    urls = [*(environ.get(name, "") for name in _SECRET_URLS), *proxies_from(environ).values()]
    return [*keys, *halves, *(password for url in urls for password in _passwords(url))]


def _secret_names(environ: Mapping[str, str]) -> list[str]:
    try:
        names = [plugin.key_variable for plugin in plugins().values()]
        ours = tuple(f"{name}_" for name in names)  # of any environment
        return [*names, *(name for name in environ if name.upper().startswith(ours)), *_MORE_SECRETS]
    except (ImportError, AttributeError):
        # The bug being reported may be a provider that cannot be loaded: then names decide.
        return [name for name in environ if name.upper().endswith(("KEY", "TOKEN", "SECRET", "PASSWORD"))]


def _passwords(url: str) -> Iterable[str]:
    """Yield the password in a URL or a connection string, as written and decoded."""
    match = re.search(r"://[^/@]*?:([^@/]*)@|password\s*=\s*'?([^'&\s]+)", url)
    for written in filter(None, match.groups() if match else ()):
        yield from (written, unquote(written))


def with_base_urls(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """Return the settings with the base URLs that the process's environment sets."""
    changed = dict(settings.providers)
    for name, url in base_urls(environ).items():
        if name in changed:
            changed[name] = changed[name]._replace(base_url=url)
    return settings._replace(providers=changed)


def base_urls(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the base URLs that the process's environment sets, by provider; UsageError for an unsafe one."""
    found = {name: base_url_from(environ, plugin.url_variable) for name, plugin in plugins().items()}
    return {name: url for name, url in found.items() if url is not None}


#: A shorter key may be part of another value by chance.
_UNMISTAKABLE = 16


def without_keys(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for another program, without keys of providers and of the database.

    A variable that repeats a key under another name is left out too. What the program needs itself, such as a
    token for its remote, stays.
    """
    names = {*SECRET_VARIABLES, *(plugin.key_variable for plugin in plugins().values())}
    ours = tuple(f"{name}_" for name in names)

    def holds_key(name: str) -> bool:
        return name in names or name.startswith(ours)

    held = (value.strip() for name, value in environ.items() if holds_key(name.upper()))
    keys = [value for value in held if len(value) >= _UNMISTAKABLE]
    return {
        name: value
        for name, value in environ.items()
        if not (holds_key(name.upper()) or name.upper().startswith("PODSYNC_"))
        and not any(key in value for key in keys)
    }
