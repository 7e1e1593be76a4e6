"""Digests of JSON values: equal values have equal digests, on every machine."""

from __future__ import annotations

import hashlib
from typing import Any

from podsync.model import json_bytes


def canonical_json(value: Any) -> str:
    """Return the one JSON text of `value`: sorted keys, no spaces, UTF-8 kept."""
    return json_bytes.canonical(value).decode()


def digest(value: Any) -> str:
    """Return `sha256:<hex>` of the canonical JSON of `value`."""
    return "sha256:" + hashlib.sha256(json_bytes.canonical(value)).hexdigest()


def short_digest(value: Any) -> str:
    """Return 32 hex digits for `value`, for one run and the cache; never written to other files."""
    return hashlib.blake2b(json_bytes.canonical(value), digest_size=16).hexdigest()
