"""Which certificates are believed: the system's own, or exactly those that the environment names.

`SSL_CERT_FILE` and `SSL_CERT_DIR` are OpenSSL's own variables, `REQUESTS_CA_BUNDLE` and `CURL_CA_BUNDLE`
those of other programs; whoever sits behind a proxy that reads TLS has set one of them already. Where
any is set, what they name is believed and nothing else.
"""

from __future__ import annotations

import os
import re
import ssl
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from podsync.model.errors import UsageError

#: Makes what a TLS connection is checked with.
Trust = Callable[[], ssl.SSLContext]

#: variable -> whether it is a list of folders. A bundle may be a folder as well.
VARIABLES: Mapping[str, bool] = {
    "SSL_CERT_FILE": False, "SSL_CERT_DIR": True, "REQUESTS_CA_BUNDLE": False, "CURL_CA_BUNDLE": False,
}  # fmt: skip
#: Where systems keep their bundle, for a Python whose OpenSSL was built to look elsewhere.
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")


def trust_of(variables: Mapping[str, str]) -> Trust:
    """Return what the environment says is to be believed.

    Raises UsageError for a variable that names no certificates: OpenSSL itself would pass over it, and
    nobody would see why nothing is believed.
    """
    named = {name: variables[name] for name in VARIABLES if variables.get(name)}
    if not named:
        return system
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for name, value in named.items():
        _load(context, name, value)
    return lambda: context


def system(platform: str = sys.platform) -> ssl.SSLContext:
    """Return a context that believes what this machine believes."""
    if platform in ("darwin", "win32"):
        # OpenSSL knows neither the keychain nor certificates that Windows fetches when they are needed.
        import truststore

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.create_default_context()
    found = ssl.get_default_verify_paths()
    if not found.cafile and not _holds_certificates(found.capath):
        bundle = next((path for path in _BUNDLES if Path(path).is_file()), None)
        if bundle is not None:
            context.load_verify_locations(cafile=bundle)
    return context


def _load(context: ssl.SSLContext, name: str, value: str) -> None:
    remedy = f"point {name} at a PEM file with the certificates to trust, or unset it"
    for path in value.split(os.pathsep) if VARIABLES[name] else [value]:
        if Path(path).is_dir() and name != "SSL_CERT_FILE":
            if not _holds_certificates(path):
                lines = f"{remedy}\n  name the files of a folder by their hashes: openssl rehash {path}"
                raise UsageError(f"{name}: no certificate is found in the folder {path}", lines)
            context.load_verify_locations(capath=path)
            continue
        try:
            context.load_verify_locations(cafile=path)
        except ssl.SSLError:
            raise UsageError(f"{name}: {path} holds no certificate in PEM form", remedy) from None
        except OSError as error:
            raise UsageError(f"{name}: {path} cannot be read: {error.strerror}", remedy) from None


def _holds_certificates(folder: str | None) -> bool:
    """Whether OpenSSL would find something there: it looks for files that are named by a hash."""
    try:
        return folder is not None and any(_HASHED.fullmatch(each.name) for each in Path(folder).iterdir())
    except OSError:
        return False
