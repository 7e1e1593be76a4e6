"""Remembers in `.podsync/remembered/` which rows a look has shown that may not write the state.

`plan --refresh` and its like hold no lock. A row that may be ours, that they show and that neither the state
nor an earlier look knows, goes into a file: the events that an apply would have recorded. Every later look
takes them for rows that the state remembers, and whoever writes the state next records them and removes the
files.

Each look writes a file of its own, `<account>-<content>.json`, so that two at once lose nothing, and so that
nothing is removed but what was recorded. A file belongs to an account, not to a state: a row was listed,
whatever has become of the state since. What the state has an owner for, or a person has called not ours, is
passed over. A file is believed only under this user's mark (see `podsync.files.seal`): a row in it can be
imported although no listing shows it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from podsync.files.notes import Note
from podsync.files.os_files import OsFiles
from podsync.files.seal import own_seal
from podsync.model.errors import StateError
from podsync.model.frozen import EMPTY
from podsync.model.json_bytes import canonical
from podsync.state.events import Event, Remembered
from podsync.state.formats.event_json import event_from_json, event_to_json
from podsync.state.local.recall import is_news
from podsync.state.model import State

_LIMIT = 1 << 26
_VERSION = 1
_LOST = "what this look has shown is not remembered"


class RememberedRows:
    """The rows that looks at some accounts have shown.

    `folder` is `.podsync`, made when needed; `place` is the folder below it. `accounts` maps each provider to
    what tells its account from every other one. `tell` is given a sentence when something cannot be written
    or is not believed: that costs safety only if the provider hides the product, too.
    """

    def __init__(
        self,
        folder: Path,
        accounts: Mapping[str, str],
        tell: Callable[[str], None],
        *,
        place: str = "remembered",
        files: OsFiles | None = None,
    ) -> None:
        self._folder, self._place, self._tell = folder, place, tell
        self._purposes = {name: f"remembered {name} {account}" for name, account in accounts.items()}
        self._files = files or OsFiles()
        #: The files whose rows the state has once the events that `read` returned are in it.
        self._read: list[Path] = []

    def read(self, state: State) -> list[Remembered]:
        """Return what this state does not know yet, the oldest first."""
        found: list[Remembered] = []
        self._read, strange = [], []
        for provider, purpose in self._purposes.items():
            for name in self._names(purpose):
                note = self._note(name, purpose)
                events = _events(*note.read(), provider)
                if events is None:
                    strange.append(note.path)
                else:
                    self._read.append(note.path)
                    found += events
        if strange:
            more = f" and {len(strange) - 1} more" if len(strange) > 1 else ""
            self._tell(
                f"{strange[0]}{more}: damaged, or not written by you on this machine. The products that it "
                "remembers do not count; it may be removed"
            )
        return _news(state, sorted(found, key=lambda event: event.at))

    def keep(self, events: Iterable[Event]) -> None:
        """Remember the rows among these events; does nothing where there are none."""
        by_provider: dict[str, list[Remembered]] = defaultdict(list)
        for event in events:
            if isinstance(event, Remembered):
                by_provider[event.provider].append(event)
        for provider, rows in by_provider.items():
            self._write(self._purposes[provider], rows)

    def forget(self) -> None:
        """Remove the files that were read: what they say is in the state now, durably."""
        for path in self._read:
            try:
                self._files.remove(path)
            except OSError as error:
                self._tell(f"{path} cannot be removed ({error.strerror or error}); it is read again")
        self._read = []

    def _write(self, purpose: str, rows: Iterable[Remembered]) -> None:
        content = {"version": _VERSION, "events": [event_to_json(row) for row in rows]}
        if own_seal(self._folder.parent, make=True) is None:
            self._tell(f"no key of your own can be kept: {_LOST}")
            return
        note = self._note(f"{_hash(purpose.encode())}-{_hash(canonical(content))}.json", purpose)
        try:
            note.write(content)
        except OSError as error:
            self._tell(f"{note.path.parent} cannot be written ({error.strerror or error}): {_LOST}")

    def _names(self, purpose: str) -> list[str]:
        prefix = f"{_hash(purpose.encode())}-"
        try:
            names = self._files.names(self._folder / self._place)
        except FileNotFoundError:
            return []
        except OSError as error:
            self._tell(f"{self._folder / self._place} cannot be read: {error.strerror or error}")
            return []
        return [name for name in names if name.startswith(prefix) and name.endswith(".json")]

    def _note(self, name: str, purpose: str) -> Note:
        return Note(self._folder, f"{self._place}/{name}", purpose, _LIMIT, self._files)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:24]


def _events(stored: Mapping[str, object], own: bool, provider: str) -> list[Remembered] | None:
    """Return the events of a file, None where it is not this user's, or not wholly understood."""
    listed = stored.get("events")
    if not own or stored.get("version") != _VERSION or not isinstance(listed, list):
        return None
    try:
        events = [event_from_json(each) for each in listed]
    except StateError:
        return None
    rows = [event for event in events if isinstance(event, Remembered) and event.provider == provider]
    return rows if len(rows) == len(events) else None


def _news(state: State, events: Iterable[Remembered]) -> list[Remembered]:
    """Leave out what the state knows, and ids of which it knows whose they are."""
    left = []
    known: dict[str, set[str]] = {}
    for event in events:
        if event.provider not in known:
            known[event.provider] = {*state.owned(event.provider), *state.foreign.get(event.provider, ())}
        row = state.remembered.get(event.provider, EMPTY).get(event.id)
        same = row is not None and row.fields == event.fields and not is_news(event, row)
        if not same and event.id not in known[event.provider]:
            left.append(event)
    return left
