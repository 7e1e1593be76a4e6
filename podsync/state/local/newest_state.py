"""Keeps a copy of the newest state that this clone has known, for when the state is lost or set back.

`.podsync/newest/<hash of the store's identity>.log` holds a state, then the events since, a line for each
write. The copy never knows of a request that cannot have left, and it knows of every answer that the state
may lose: see `StateStore.append`. A killed process loses none of it; it is not waited for until the disk
has it, since it counts only once the state is gone as well.

A state that is lost or older than the copy is not replaced by it: a person may have brought it back on
purpose. `recalled` tells what it lacks, as events, and they are written with the next ones.

Each line carries this user's mark (see `podsync.files.seal`), since what it says can keep a product from
being made. What is damaged, or somebody else's, is not believed; what a dead process has left unfinished
ends the copy. The first write of a run that finds no whole copy of just its state makes a new one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from podsync.failpoints import hit
from podsync.files.atomic import remove_leftovers, write_whole
from podsync.files.os_files import OsFiles, OsHandle
from podsync.files.seal import Seal, own_seal
from podsync.model.errors import StateError
from podsync.model.frozen import EMPTY
from podsync.model.json_bytes import canonical, of_values, parse
from podsync.state.entries import Entry, Orphan
from podsync.state.events import Begun, Contacted, Ended, Event, Intent, Proven, Resumed
from podsync.state.formats import learned_json
from podsync.state.formats.dataclass_json import JsonPlace, from_json, to_json
from podsync.state.formats.event_json import event_from_json, event_to_json
from podsync.state.local.newest_note import NewestEnd, NewestNote
from podsync.state.local.recall import recalled
from podsync.state.model import Host, State
from podsync.state.reducer.reducer import replay

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_V = TypeVar("_V", bound="DataclassInstance")

_LIMIT = 1 << 28
_VERSION = 2
_LOST = "if the state is lost or set back, what providers hide then may be made twice"
#: A copy of more bytes than this is written anew by each run: events grow without end, a state does not.
_LONG = 16 << 20
#: A mark in hexadecimal, and the space after it.
_MARK = 64
#: Events that no product depends on: what they say is asked again.
_LEFT_OUT = (Ended, Contacted, Proven)


class NewestState:
    """The copy of one state; `folder` and `identity` are those of `NewestNote`. Thread-safe.

    Only the holder of the state's lock writes. `tell` is given a sentence where the copy cannot be kept, or
    is not believed. `owed` is what the state that was loaded last lacks.
    """

    def __init__(
        self, folder: Path, identity: str, tell: Callable[[str], None], files: OsFiles | None = None
    ) -> None:
        self._note = NewestNote(folder, identity, files)
        self.path, self._purpose = self._note.path, self._note.purpose
        self._tree, self._tell, self._files = folder.parent, tell, files or OsFiles()
        self.owed: Sequence[Event] = ()
        #: The state that what is added next was loaded from; None: nothing is added.
        self._follows: State | None = None
        self._over = False
        self._turn = Lock()
        self._handle: OsHandle | None = None
        self._serial = 0
        #: The timeline is empty before the first one that has a name of its own (see `State.timeline`).
        self._lineage, self._timeline = "", ""

    # -- reading

    def end(self) -> NewestEnd | None:
        """How far the copy goes; None where there is none that is believed."""
        end, size = self._note.read()
        lines = self._lines() if end is None and size else []
        if not lines:
            return end
        begun = lines[0]["state"]["learned"].get("timelines") or [{"id": lines[-1]["lineage"]}]
        return NewestEnd(begun[-1]["id"], lines[-1]["serial"], whole=False)

    def recall(self, state: State, end: NewestEnd | None, accounts: Mapping[str, str]) -> State:
        """Return a state that was loaded, with what the copy knows beyond it.

        `end` was asked before the state was loaded. `accounts` maps each provider to what tells its account.
        """
        self.owed = ()
        self.follow(state)
        if end is None or not end.is_beyond(state):
            return state
        newest = self.read()
        if newest is not None:
            self.owed = _owed(newest, state, accounts)
        return replay(state, self.owed)

    def read(self) -> State | None:
        """Return the state that the copy has; None where there is none that is believed."""
        lines = self._lines()
        if not lines:
            return None
        try:
            state = _state(lines[0]["state"])
            events = [event_from_json(each) for line in lines[1:] for each in line["events"]]
        except (KeyError, ValueError, StateError) as error:
            self._tell(f"{self.path} is not understood ({error}): {_LOST}")
            return None
        return replace(replay(state, events), lineage=lines[-1]["lineage"], serial=lines[-1]["serial"])

    def _lines(self) -> list[dict[str, Any]]:
        """Return what each line says, up to the first that is not whole."""
        try:
            data = self._files.read(self.path, _LIMIT) or b""
        except OSError as error:
            self._tell(f"{self.path} cannot be read ({error.strerror or error}): {_LOST}")
            return []
        seal, found = own_seal(self._tree), []
        lines = data.split(b"\n")[:-1]
        for line in lines:
            mark, payload = line[:_MARK].decode("ascii", "replace"), line[_MARK + 1 :]
            if seal is None or not seal.fits(mark, self._purpose, payload):
                break
            found.append(_parsed(payload))
        if len(found) < max(len(lines), bool(data)):
            self._tell(
                f"{self.path}: damaged, or not written by you on this machine. What it knows of a newer "
                "state does not count; it may be removed"
            )
        if found and found[0]["version"] != _VERSION:
            self._tell(f"{self.path} is of another version of podsync: {_LOST}")
            return []
        return found

    # -- writing

    def learn(self, newer: State) -> None:
        """Keep a state that was known here and is newer than what is there now: another machine wrote it."""
        newest = self.read()
        if newest is None or newer.includes(newest.timeline, newest.serial):
            known = newer
        elif newest.includes(newer.timeline, newer.serial):
            return
        else:
            accounts = {name: f"{host.base_url} {host.account}" for name, host in newer.hosts.items()}
            known = replay(newer, _owed(newest, newer, accounts))
        self._begin_anew(known, known.serial)
        self._close()

    def follow(self, state: State) -> None:
        """What is added next happened to this state, as it was loaded, and to what it lacks."""
        with self._turn:
            if self._handle is None and not self._over:
                self._follows = state

    def append(self, lineage: str, events: Sequence[Event], write: Callable[[Sequence[Event]], None]) -> None:
        """Have events of the state of this lineage written, and add them.

        So the copy has every answer that the state may lose, and no request that cannot have left.
        """
        if any(isinstance(event, Intent) for event in events):
            write(events)
            self._add(lineage, events)
        else:
            self._add(lineage, events)
            write(events)

    def _add(self, lineage: str, events: Sequence[Event]) -> None:
        with self._turn:
            if self._handle is None and self._follows is not None:
                self._begin(self._follows)
            if self._handle is None:
                return
            self._lineage, self._serial = lineage, self._serial + len(events)
            owed = {id(each) for each in self.owed}
            kept = [_slim(e) for e in events if id(e) not in owed and not isinstance(e, _LEFT_OUT)]
            hit("newest.unwritten")
            self._write(kept)
            hit("newest.written")

    def close(self) -> None:
        """What was added is whole: the state has all of it, durably."""
        with self._turn:
            if self._handle is not None:
                self._close()
            self._follows = None

    def _close(self) -> None:
        if self._handle is None:
            return
        try:
            self._handle.sync()
            self._note.write(self._timeline or self._lineage, self._serial)
        except OSError as error:
            self._give_up(error)
        else:
            self._handle.close()
            self._handle = None

    def _begin(self, state: State) -> None:
        """Go on behind a whole copy of just this state, or make one."""
        end, size = self._note.read()
        if end == NewestEnd(state.timeline, state.serial) and size < _LONG:
            self._timeline, self._serial = _last_timeline(state), state.serial
            try:
                self._handle = self._files.append(self.path)
            except OSError as error:
                self._give_up(error)
        else:
            self._begin_anew(replay(state, self.owed), state.serial)

    def _begin_anew(self, state: State, serial: int) -> None:
        seal = own_seal(self._tree, make=True)
        if seal is None:
            self._over, self._follows = True, None
            return
        self._timeline, self._lineage, self._serial = _last_timeline(state), state.lineage, serial
        line = _line(seal, self._purpose, _dumped(state, serial))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            remove_leftovers(self._files, self.path)
            write_whole(self._files, self.path, line, temporary=self.path.name)
            self._handle = self._files.append(self.path)
        except OSError as error:
            self._give_up(error)

    def _write(self, events: Sequence[Event]) -> None:
        seal = own_seal(self._tree)
        if seal is None or self._handle is None or not events:
            return
        rows = [event_to_json(each) for each in events]
        data = canonical({"lineage": self._lineage, "serial": self._serial, "events": rows})
        try:
            self._handle.write(_line(seal, self._purpose, data))
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        """Write no more of it in this run: behind half a line nothing would be read."""
        self._tell(f"{self.path.parent} cannot be written ({error.strerror or error}): {_LOST}")
        self._over, self._follows = True, None
        if self._handle is not None:
            self._handle.close()
            self._handle = None


def _owed(newest: State, state: State, accounts: Mapping[str, str]) -> Sequence[Event]:
    """Return what a state lacks of one that it does not include; what follows is a timeline of its own."""
    lacks = recalled(newest, state, accounts)
    return (Resumed(uuid4().hex), *lacks) if lacks or state.lineage else ()


def _last_timeline(state: State) -> str:
    return state.timelines[-1].id if state.timelines else ""


def _line(seal: Seal, purpose: str, data: bytes) -> bytes:
    return seal.mark(purpose, data).encode() + b" " + data + b"\n"


def _parsed(data: bytes) -> Any:
    try:
        return parse(data)
    except ValueError:  # halves of characters, which a provider may list
        return json.loads(data)


def _slim(event: Event) -> Event:
    return replace(event, approved=EMPTY) if isinstance(event, Begun) else event


def _dumped(state: State, serial: int) -> bytes:
    """Return the first line: of a state what products depend on."""
    head = {"version": _VERSION, "lineage": state.lineage, "serial": serial}
    try:
        return of_values({**head, "state": _document(state, lambda value: value)})
    except TypeError:
        return canonical({**head, "state": _document(state, lambda value: to_json(value, float))})


def _document(state: State, plain: Callable[[Any], Any]) -> dict[str, Any]:
    return {
        "entries": [plain(each) for each in state.entries.values()],
        "orphans": [plain(each) for each in state.orphans],
        "hosts": {name: plain(host) for name, host in state.hosts.items()},
        "learned": learned_json.to_json(state),
    }


def _state(data: dict[str, Any]) -> State:
    entries = [_value(Entry, each) for each in data["entries"]]
    return State(
        entries={each.address: each for each in entries},
        orphans=tuple(_value(Orphan, each) for each in data["orphans"]),
        hosts={name: _value(Host, each) for name, each in data["hosts"].items()},
        **learned_json.learned_from(data["learned"]),
        # Events that nothing depends on are left out: what they made possible may not fit.
        lost=True,
    )


def _value(cls: type[_V], data: dict[str, Any]) -> _V:
    return from_json(cls, {key: each for key, each in data.items() if key != "extra"}, JsonPlace("", float))
