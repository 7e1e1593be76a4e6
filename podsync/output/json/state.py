"""The state for programs: `podsync state list|show|orphans -o json`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from podsync.model.address import Address
from podsync.output.json.text import iso, json_text
from podsync.output.product import name_of
from podsync.state.entries import Entry, Orphan
from podsync.state.formats import statefile
from podsync.state.model import State

FORMAT_VERSION = "1.0"


def state_list_json(state: State) -> str:
    """Return what exists and what is in doubt, ordered by address, without the specs."""
    entries = [_listed(state.entries[address]) for address in sorted(state.entries)]
    return json_text({"format_version": FORMAT_VERSION, "entries": entries})


def _listed(entry: Entry) -> dict[str, Any]:
    return {
        "address": str(entry.address),
        "provider": entry.provider,
        "account": entry.account,
        "status": entry.status,
        "origin": entry.origin,
        "id": None if entry.provisional else entry.id,
        "provisional_id": entry.id if entry.provisional else None,
        "name": name_of(entry.provider, entry.sent),
        "remote": entry.remote,
        "created_at": iso(entry.created_at),
        "updated_at": iso(entry.updated_at),
    }


def state_show_json(state: State, address: Address) -> str:
    """Return an entry and the orphans of its address, in the form of the state file; raises KeyError.

    `learned` is what the state knows of providers, whole, and the refusals of this address.
    """
    entries = {address: state.entries[address]} if address in state.entries else {}
    orphans = tuple(one for one in state.orphans if one.address == address)
    if address not in state.known_addresses():
        raise KeyError(str(address))
    document = json.loads(statefile.dumps(replace(state, entries=entries, orphans=orphans)))
    return json_text(
        {
            "format_version": FORMAT_VERSION,
            "address": str(address),
            "entry": document["entries"].get(str(address)),
            "orphans": document["orphans"],
            "learned": {key: document[key] for key in sorted(statefile.LEARNED & document.keys())}
            | {
                "refusals": [each for each in document.get("refusals", ()) if each["address"] == str(address)]
            },
        }
    )


def state_orphans_json(state: State) -> str:
    """Return what a person has to remove, oldest first."""
    orphans = sorted(state.orphans, key=lambda one: (one.orphaned_at, one.address))
    return json_text({"format_version": FORMAT_VERSION, "orphans": [_orphan(one) for one in orphans]})


def _orphan(orphan: Orphan) -> dict[str, Any]:
    return {
        "address": str(orphan.address),
        "provider": orphan.provider,
        "account": orphan.account,
        "id": orphan.id,
        "name": name_of(orphan.provider, orphan.spec),
        "remote": orphan.remote,
        "reason": orphan.reason,
        "replaced_by": orphan.replaced_by,
        "orphaned_at": iso(orphan.orphaned_at),
    }
