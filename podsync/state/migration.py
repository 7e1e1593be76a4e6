"""Rules for moving a state: out of a file into a store, and from one store to another. Pure.

A state that was migrated stays where it was, with a mark that says where it went: `"moved_to":
{"backend": "postgres", "schema": "podsync"}`. Commands refuse it from then on, and say where it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from podsync.model.address import Address
from podsync.model.errors import InDoubtError, ProtectedError, StateError
from podsync.model.frozen import Json, freeze
from podsync.state.formats import statefile
from podsync.state.local import snapshot
from podsync.state.local.newest_note import NewestEnd
from podsync.state.model import State

_MOVED = "moved_to"


def from_file(data: bytes, name: str) -> State:
    """Read a state that was pulled, or a copy of a state file; without the marks of where it was kept.

    Raises StateError for what is damaged or of a newer format.
    """
    try:
        state = statefile.loads(data, name)
    except statefile.DamagedStateError as error:
        raise StateError(
            error.message, "give a backup, or a whole state: podsync state pull -o json=state.json"
        ) from None
    return _without(state, _MOVED, snapshot.KEY)


def check_push(here: State, pushed: State, label: str, known: NewestEnd | None = None) -> bool:
    """Whether there is anything to write; `known`: the newest state that this folder has known.

    Raises StateError for another lineage, for what does not include all that is there, and for another
    content under the same serial; ProtectedError where a doubt would be forgotten: it could be made twice.
    """
    anyway = "or, if that is meant, add --force: what is there now stays as a backup"
    if here.lineage and here.lineage != pushed.lineage:
        raise StateError(
            f"{label} is another state: its lineage is {here.lineage}, that of the file is {pushed.lineage}",
            f"push it to where it belongs, {anyway}",
        )
    if here.lineage and not pushed.includes(here.timeline, here.serial):
        numbers = f"serial {here.serial}, the file has {pushed.serial}"
        raise StateError(
            f"{label} is newer: {numbers}"
            if pushed.serial < here.serial
            else f"the file does not have what {label} got since it was set back: {numbers}",
            f"begin with what is there now: podsync state pull -o json=state.json; {anyway}",
        )
    if pushed == _without(here, _MOVED):
        return here != pushed
    set_back = bool(here.lineage) and known is not None and known.is_beyond(here)
    if known is not None and known.is_beyond(pushed) and not set_back:
        raise StateError(
            f"the file lacks what this folder has known: serial {known.serial}, the file has {pushed.serial}",
            "if that one is lost, add --force: what the file lacks is taken over with the next change",
        )
    if pushed.serial == here.serial and here.lineage:
        raise StateError(
            f"{label} has the same serial, {here.serial}, and another content",
            f'if the file was edited, let it say "serial": {here.serial + 1}; {anyway}',
        )
    lost = [
        address
        for address, entry in here.entries.items()
        if entry.pending is not None
        and (address not in pushed.entries or pushed.entries[address].pending != entry.pending)
    ]
    if lost:
        raise ProtectedError(
            f"{_some(lost)}: in doubt, and the file does not say so; what was sent could be made twice",
            f"settle it first: podsync apply; {anyway}",
        )
    return True


def must_be_quiet(state: State) -> None:
    """Raise InDoubtError where requests may still be on their way."""
    doubts = [address for address, entry in state.entries.items() if entry.pending is not None]
    if doubts:
        raise InDoubtError(
            f"{_some(doubts)}: in doubt; a state is moved when it is quiet",
            "settle it first: podsync apply; then run this again. Nothing was changed",
        )


def _some(addresses: list[Address]) -> str:
    return ", ".join(map(str, addresses[:3])) + (" …" if len(addresses) > 3 else "")


def can_take(there: State, state: State) -> bool:
    """Whether a place may take `state`: nothing is in it, or what was moved from there and comes home."""
    empty = not (there.entries or there.orphans or there.serial)
    home = state.includes(there.timeline, there.serial) and moved_to(there) is not None
    return empty or home


def gone_to(state: State, place: Mapping[str, str]) -> State:
    """Return the state with the mark that it is kept at `place` now (keys of `podsync.yaml`)."""
    return replace(state, extra=freeze(dict(state.extra) | {_MOVED: dict(place)}))


def moved_to(state: State) -> Mapping[str, Json] | None:
    """Where this state went, as keys of `podsync.yaml`; None when it is kept here."""
    place = state.extra.get(_MOVED)
    return place if isinstance(place, Mapping) else None


def refuse_moved(state: State, label: str) -> State:
    """Return the state; StateError where it was moved elsewhere."""
    place = moved_to(state)
    if place is None:
        return state
    raise StateError(
        f"{label} was moved; what stands there is no longer kept up to date",
        f"set in podsync.yaml: {settings_line(place)}",
    )


def settings_line(place: Mapping[str, Json]) -> str:
    """Return the line of `podsync.yaml` that names a place."""
    return f"state: {{{', '.join(f'{key}: {value}' for key, value in place.items())}}}"


def _without(state: State, *keys: str) -> State:
    return replace(state, extra=freeze({k: v for k, v in state.extra.items() if k not in keys}))
