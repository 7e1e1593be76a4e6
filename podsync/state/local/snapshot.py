"""The snapshot on disk: the state file, its backups, and the mark that ties a journal to it.

Each snapshot carries `"checkpoint": {"id": …, "follows": …}`: a random name, and the name of the
one before. The journal says on which it builds. So a journal beside a state file that came from
elsewhere (another clone, a backup, a checkout) is noticed even if the serials happen to fit, and
one that a crash left behind after its events had become a snapshot is known for what it is.
"""

import re
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from podsync.files.atomic import write_whole
from podsync.files.os_files import OsFiles
from podsync.model.errors import StateError
from podsync.model.frozen import freeze
from podsync.state.formats import journal, statefile
from podsync.state.model import State

#: How many backups stay. Their numbers only grow, so that a number names the same state for ever.
BACKUPS = 5
#: The key of the mark in a state file.
KEY = "checkpoint"


#: Makes a state of a file's bytes and name, as `statefile.loads` does.
Loads: TypeAlias = Callable[[bytes, str], State]


class Snapshot(NamedTuple):
    """A state file as it was read; `follows` is None when it does not say on which it builds."""

    state: State
    id: str = ""
    follows: str | None = None


def read(files: OsFiles, path: Path, loads: Loads = statefile.loads) -> Snapshot | None:
    """Return what the file at `path` holds, None when there is none.

    Raises StateError for an existing file that cannot be read or trusted, naming the backup to use.
    """
    try:
        data = files.read(path, statefile.LIMIT)
    except OSError as error:
        raise unreadable(path, error) from error
    if data is None:
        return None
    try:
        return parse(data, path.name, loads)
    except statefile.UnmergedError:
        raise
    except statefile.DamagedStateError as error:
        raise StateError(error.message, _way_out(files, path)) from None


def unreadable(path: Path, error: OSError) -> StateError:
    """Return the error of a file that the system does not let us read."""
    message = f"{path.name} cannot be read: {error.strerror or error}"
    return StateError(message, "make it readable; it was left as it is")


def parse(data: bytes, name: str, loads: Loads = statefile.loads) -> Snapshot:
    """Read the bytes of a state file with its mark; raises what `statefile.loads` raises."""
    state = loads(data, name)
    mark = state.extra.get(KEY)
    if not isinstance(mark, Mapping):
        return Snapshot(state)
    rest = freeze({key: value for key, value in state.extra.items() if key != KEY})
    state, follows = replace(state, extra=rest), mark.get("follows")
    return Snapshot(state, str(mark.get("id", "")), None if follows is None else str(follows))


def _way_out(files: OsFiles, path: Path) -> str:
    untouched = "The file was left as it is"
    for backup in reversed(_backups(files, path)):
        with suppress(OSError, StateError):
            state = parse(files.read(backup, statefile.LIMIT) or b"", backup.name).state
            return (
                f"copy {backup.name} (serial {state.serial}) over it; if that does not fit the journal, move"
                f" {path.name}.journal aside: the next apply finds what exists in the providers' listings."
                f" {untouched}"
            )
    return (
        "restore it from version control or a backup of yours; without one, move it aside: the next apply"
        f" finds what exists in the providers' listings and creates nothing twice. {untouched}"
    )


def write(files: OsFiles, path: Path, state: State, *, follows: str | None, backup: bool) -> Snapshot:
    """Put `state` at `path`, all or nothing, under a new mark; before that, keep what is there.

    Raises OSError; then the file is the old one, or wholly the new one.
    """
    found, data = dump(state, path.name, follows=follows)
    if backup and (previous := files.read(path, statefile.LIMIT)) is not None:
        numbers = [_number(each) for each in _backups(files, path)]
        target = path.with_name(f"{path.name}.backup.{max(numbers, default=0) + 1}")
        write_whole(files, target, previous, temporary=path.name)
    write_whole(files, path, data, temporary=path.name)
    _drop_old_backups(files, path)
    return found


def dump(state: State, name: str, *, follows: str | None) -> tuple[Snapshot, bytes]:
    """Return `state` under a new mark, and its bytes; StateError where nobody would read so many."""
    mark: dict[str, Any] = {"id": uuid.uuid4().hex}
    if follows is not None:
        mark["follows"] = follows
    data = statefile.dumps(replace(state, extra=freeze(dict(state.extra) | {KEY: mark})))
    if len(data) > statefile.LIMIT:
        message = f"{name} would be larger than {statefile.LIMIT >> 20} MiB"
        raise StateError(message, "split the catalog into several; the journal holds all that was done")
    return Snapshot(state, mark["id"], follows), data


def newest_backup(files: OsFiles, path: Path) -> Path | None:
    """The backup that the last write made."""
    return next(reversed(_backups(files, path)), None)


def _backups(files: OsFiles, path: Path) -> list[Path]:
    """All backups of the state at `path`, oldest first."""
    begin = re.escape(path.name) + r"\.backup\.[1-9][0-9]{0,8}"
    try:
        found = [path.with_name(name) for name in files.names(path.parent) if re.fullmatch(begin, name)]
    except OSError:
        return []
    return sorted(found, key=_number)


def _number(backup: Path) -> int:
    return int(backup.suffix[1:])


def _drop_old_backups(files: OsFiles, path: Path) -> None:
    with suppress(OSError):
        for backup in _backups(files, path)[:-BACKUPS]:
            files.remove(backup)


class LocalContents(NamedTuple):
    """What was on disk, and the state that it adds up to."""

    snapshot: Snapshot | None
    journal: journal.JournalContents
    state: State

    @property
    def fresh(self) -> bool:
        """Whether the journal holds events that no snapshot has."""
        return bool(self.journal.events) and (
            self.snapshot is None or self.state.serial > self.snapshot.state.serial
        )


def join(found: Snapshot | None, contents: journal.JournalContents, name: str) -> State:
    """Add a journal to its snapshot; raises StateError when the two do not belong together."""
    if not contents.events:
        return State() if found is None else found.state
    from podsync.state.reducer.reducer import replay  # events are rare, and slow to import

    if found is None:
        # The snapshot was deleted. From the first event on, nothing is missing.
        start = State(lineage=contents.lineage, serial=contents.first - 1, lost=contents.first > 1)
        return replay(start, contents.events)
    state = found.state
    if contents.lineage != state.lineage:
        raise _foreign(name, "its lineage is another one")
    if contents.base == found.follows and contents.last <= state.serial:
        return state
    if contents.base != found.id:
        raise _foreign(name, f"it continues another copy of it (events {contents.first} to {contents.last})")
    if contents.first > state.serial + 1:
        raise _foreign(name, f"events {state.serial + 1} to {contents.first - 1} are missing")
    return replay(state, contents.events[state.serial + 1 - contents.first :])


def _foreign(name: str, why: str) -> StateError:
    return StateError(
        f"{name}.journal does not belong to {name}: {why}",
        f"bring back the {name} that belongs to the journal. Without it, move {name} aside and keep the"
        " journal: the next apply finds what exists in the providers' listings and creates nothing twice."
        " Both files were left as they are",
    )
