"""Digests of JSON values: equal values have equal digests, on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from podsync.model import json_bytes

_AT_ONCE = 100


def canonical_json(value: Any) -> str:
    """Return the one JSON text of `value`: sorted keys, no spaces, UTF-8 kept."""
    return json_bytes.canonical(value).decode()


def digest(value: Any) -> str:
    """Return `sha256:<hex>` of the canonical JSON of `value`."""
    return "sha256:" + hashlib.sha256(json_bytes.canonical(value)).hexdigest()


def digest_of_rows(head: Sequence[Any], rows: Iterable[Any]) -> str:
    """Return `digest([*head, [*rows]])`: the text of many rows is never held as a whole."""
    found = hashlib.sha256(json_bytes.canonical([*head, []]).removesuffix(b"]]"))
    rows, comma = iter(rows), b""
    while batch := list(islice(rows, _AT_ONCE)):
        found.update(comma + json_bytes.canonical(batch)[1:-1])
        comma = b","
    found.update(b"]]")
    return f"sha256:{found.hexdigest()}"


def short_digest(value: Any) -> str:
    """Return 32 hex digits for `value`, for one run and the cache; never written to other files."""
    return hashlib.blake2b(json_bytes.canonical(value), digest_size=16).hexdigest()
