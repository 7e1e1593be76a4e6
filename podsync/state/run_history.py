"""Remembers in `.podsync/` which state was seen last, so that its loss is noticed.

`.podsync/seen/<hash of the store's identity>.json` says the last timeline and serial, and for
each provider whether sends were going on and when the last one was. The next run then knows that a
state is older than the last one, and how long products may still be invisible in the listing.

Losing this file costs time, never data. So one that is damaged or cannot be read counts as absent,
and one that cannot be written is reported in a sentence, not raised.

Its content decides how long a listing is waited for, so a time is believed only under this user's
mark (see `podsync.files.seal`). A note without one (somebody else's, one that came with a branch, one that
was written without a key) can add caution and never take any away: it may say that a state was lost, and to
which providers requests were sent, but not that they have ended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

from podsync.files.notes import Note
from podsync.files.os_files import OsFiles
from podsync.model.frozen import EMPTY
from podsync.state.formats.dataclass_json import JsonPlace, Unfit, from_json, to_json
from podsync.state.formats.times import time_from_text, time_to_text
from podsync.state.model import State

_LIMIT, _VERSION = 1 << 20, 2


@dataclass(frozen=True, slots=True)
class Sends:
    """What is known of the sends to one provider.

    `sending` stays True when a run dies: then the last send may have been at any time until it did.
    `at` is our wall clock at the last known moment of sending, `date` the provider's own clock then.
    `behind`: the state was lost, and may still not know what was made until then.
    """

    sending: bool
    at: float | None = None
    date: float | None = None
    behind: bool = False


@dataclass(frozen=True, slots=True)
class LastSeenState:
    """The last state that was seen here (see State.timeline); `providers` maps names to sends."""

    timeline: str
    serial: int
    providers: Mapping[str, Sends] = EMPTY

    def outdates(self, state: State) -> bool:
        """Whether `state` is lost, older, or another one than was last seen."""
        return state.lost or not state.includes(self.timeline, self.serial)


class RunHistory:
    """Reads and writes the note about one state. Only the holder of the state's lock writes.

    `folder` is `.podsync`; it is made when needed. `identity` is the store's.
    """

    def __init__(self, folder: Path, identity: str, *, files: OsFiles | None = None) -> None:
        name = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        self._file = Note(folder, f"seen/{name}.json", f"seen {identity}", _LIMIT, files)
        self.path = self._file.path
        self._turn = Lock()
        #: The providers that every note calls `behind`; None: those that were.
        self.behind: set[str] | None = None

    def read(self) -> LastSeenState | None:
        """What was last seen; None when nothing is known."""
        stored, own = self._file.read()
        if stored.get("version") == 1:  # before there were timelines
            stored = {**stored, "version": _VERSION, "timeline": stored.get("lineage")}
        try:
            seen = from_json(LastSeenState, stored, JsonPlace("", time_from_text))
        except Unfit:
            return None
        if stored.get("version") != _VERSION:
            return None
        return seen if own else _without_times(seen)

    def knows(self, provider: str) -> bool:
        """Whether the note speaks of sends to this provider."""
        seen = self.read()
        return seen is not None and provider in seen.providers

    def forgets(self, provider: str, *, timeline: str, serial: int, at: float) -> str | None:
        """Note durably, before it is done, that a person has the state forget a product of this provider.

        The listing need not show that product yet: until it was seen to, the state is behind.
        """
        seen = self.read() or LastSeenState(timeline, serial)
        self.behind = {name for name, each in seen.providers.items() if each.behind} | {provider}
        sends = seen.providers.get(provider) or Sends(sending=False, at=round(at, 3))
        return self._note(seen.timeline, seen.serial, provider, sends)

    def begin_sending(self, provider: str, *, timeline: str, serial: int, at: float) -> str | None:
        """Note durably, before the first send to `provider`, that sends go on from now.

        Returns a sentence when it could not be written, None when all is well.
        """
        return self._note(timeline, serial, provider, Sends(sending=True, at=round(at, 3)))

    def end_sending(
        self, provider: str, *, timeline: str, serial: int, at: float, date: float | None = None
    ) -> str | None:
        """Note that no send to `provider` is going on; `at` and `date` are when the last one ended."""
        rounded = None if date is None else round(date, 3)
        return self._note(timeline, serial, provider, Sends(sending=False, at=round(at, 3), date=rounded))

    def knew_newer(self, newer: State) -> str | None:
        """Note durably a state that was known here and is newer than what is there now.

        Another machine wrote it: until when that one sent nobody here can say.
        """
        seen = self.read()
        if seen is not None and seen.timeline == newer.timeline and seen.serial >= newer.serial:
            return None
        names = newer.providers.union(seen.providers if seen is not None else ())
        providers = {name: Sends(sending=True) for name in sorted(names)}
        return self._write(LastSeenState(newer.timeline, newer.serial, providers), seen)

    def saw(self, timeline: str, serial: int) -> str | None:
        """Note the state as it was left by a command that sent nothing."""
        return self._note(timeline, serial)

    def _note(self, timeline: str, serial: int, provider: str = "", sends: Sends | None = None) -> str | None:
        with self._turn:
            before = self.read()
            providers = {} if before is None else dict(before.providers)
            if sends is not None:
                providers[provider] = sends
            if self.behind is not None:
                providers = {n: replace(each, behind=n in self.behind) for n, each in providers.items()}
            return self._write(LastSeenState(timeline, serial, providers), before)

    def _write(self, seen: LastSeenState, before: LastSeenState | None) -> str | None:
        if seen == before:
            return None
        try:
            self._file.write({"version": _VERSION} | to_json(seen, time_to_text))
        except OSError as error:
            why = error.strerror or error
            return f"{self.path.parent} cannot be written ({why}): if the state is lost, nobody notices"
        return None


def _without_times(seen: LastSeenState) -> LastSeenState:
    """Return what a note says that anybody may have written: sends may go on, nobody can say until when."""
    providers = {name: Sends(sending=True, behind=each.behind) for name, each in seen.providers.items()}
    return replace(seen, providers=providers)
