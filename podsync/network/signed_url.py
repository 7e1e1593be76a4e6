"""Finds the query key of a URL that signs it, lets it expire, or is a credential."""

from __future__ import annotations

from typing import Final

#: Query keys that sign a URL, let it expire, or are a credential. What a query key means is each
#: store's own affair: `x-oss-process` only scales a picture, so there is no rule by prefix but AWS's
#: and Google's, where every such key belongs to a signature.
_SIGNING: Final = frozenset({
    "signature", "sig", "sign", "se", "expires", "expire", "expiry", "expiration", "token",
    "access_token", "auth", "auth_key", "key", "api_key", "apikey", "password", "secret", "policy",
    "key-pair-id", "awsaccesskeyid", "googleaccessid", "ossaccesskeyid", "security-token",
    "x-oss-signature", "x-oss-expires", "x-oss-credential", "x-oss-security-token",
    "x-cos-security-token", "q-signature", "__token__", "hdnts", "hdnea",
})  # fmt: skip
_SIGNING_PREFIXES: Final = ("x-amz-", "x-goog-")


def signing_key(url: str) -> str | None:
    """Return the first query key of `url` that signs it, lets it expire or is a credential."""
    if "?" not in url or "://" not in url:
        return None
    for key in _query_keys(url):
        small = key.lower()
        if small in _SIGNING or small.startswith(_SIGNING_PREFIXES):
            return key
    return None


def _query_keys(url: str) -> list[str]:
    from urllib.parse import parse_qsl

    query = url.partition("?")[2].partition("#")[0].replace(";", "&")
    return [key for key, _ in parse_qsl(query, keep_blank_values=True)]
