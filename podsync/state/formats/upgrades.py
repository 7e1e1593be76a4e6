"""Upgrades of the state file from one format to the next. A released upgrade is never changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from podsync.model.address import DEFAULT_ACCOUNT
from podsync.state.formats.dataclass_json import JsonPlace, Unfit, from_json
from podsync.state.formats.times import time_from_text


@dataclass(frozen=True, slots=True)
class _Refused1:
    """A refusal in format 1: digests of bodies, of the last one and of those before it."""

    body: str
    at: float
    date: float | None = None
    message: str = ""
    others: tuple[str, ...] = ()


def _from_1(document: dict[str, Any]) -> dict[str, Any]:
    """Format 1 bound products by their date and order: what it says is to be looked at once."""
    from podsync.providers.registry import kinds

    refused, providers = document.pop("refused", {}), document.get("providers")
    if not isinstance(refused, dict):
        raise Unfit("refused", "is not a mapping")
    refusals = []
    for text, data in refused.items():
        refusal = from_json(_Refused1, data, JsonPlace(f"refused.{text}", time_from_text))
        provider = kinds().get(text.partition(".")[0], "")
        host = providers.get(provider) if isinstance(providers, dict) else None
        account = host.get("account", DEFAULT_ACCOUNT) if isinstance(host, dict) else DEFAULT_ACCOUNT
        own = {"address": text, "provider": provider, "account": account, "body": {}}
        kept = {key: value for key, value in data.items() if key not in {"body", "others"}}
        refusals.append(kept | own | {"digests": [refusal.body, *refusal.others]})
    if refusals:
        document["refusals"] = refusals
    return document | {"version": 2, "unproven": True}


#: Format -> what turns a document of that format into one of the next; raises Unfit.
UPGRADES: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _from_1}
