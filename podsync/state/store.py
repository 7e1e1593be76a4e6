"""The contract of a store, `StateStore`, and its description, `Backend`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Required, TypedDict, TypeVar

from podsync.model.errors import StateError

if TYPE_CHECKING:
    from podsync.model.clock import Clock
    from podsync.state.events import Event
    from podsync.state.local.newest_note import NewestEnd
    from podsync.state.lock import Holder
    from podsync.state.model import State

_T = TypeVar("_T")
_CHANGED = "run the command again: it begins with what is there now"


def changed(name: str) -> StateError:
    """Return the error of a state that is another one than was loaded."""
    return StateError(f"{name} was changed by another run after this one had read it", _CHANGED)


def must_fit(state: State, lineage: str, serial: int) -> None:
    """Raise StateError where `state` is not what the events add up to that were written."""
    if state.serial != serial or state.lineage not in {"", lineage}:
        message = f"a state of serial {state.serial} does not fit events that end at {serial}"
        raise StateError(message, _CHANGED)


def under_lock(held: _T | None) -> _T:
    """Return what a store has while it holds the lock; RuntimeError where it does not."""
    if held is None:
        raise RuntimeError("the state is written under its lock only")
    return held


class StoreFacts(TypedDict, total=False):
    """What a store knows of its run.

    `who` and `run_url` are what others read who wait for it; `on_note` hears, in a sentence, what a person
    should know: for whom this run waits, that something unfinished was cut off. `on_older` is given a state
    that was known here, where what is there by now is older than it: that has to be noted durably.
    """

    clock: Required[Clock]
    who: Callable[[], str]
    run_url: str | None
    on_note: Callable[[str], None]
    on_older: Callable[[State], None]


class StoreSurroundings(NamedTuple):
    """What the environment tells a store.

    `variables` are those of the environment; `without_keys` are those that another program may be given.
    """

    facts: StoreFacts
    variables: Mapping[str, str]
    without_keys: Mapping[str, str]


class Backend(NamedTuple):
    """One kind of store, as `podsync.yaml` names it.

    about: what it is, for the schema. keys: its keys below `state`, each as a schema with a default. where:
    those of them that say where the state is, the place itself last; each with its metavar and help. beside:
    the place of an environment, from the place around the environments and the environment's name.
    open: makes a store of its keys; nothing is read or written yet. files: where its state is a file.
    shared: whether other repositories than the one at this root can have their states there. refuse: what is
    wrong with a place that its schema lets pass, and the remedy; nothing is looked at for that. secrets:
    variables that hold a password; secret_urls: those of a URL with one.
    """

    name: str
    about: str
    keys: Mapping[str, Mapping[str, Any]]
    where: Mapping[str, tuple[str, str]]
    beside: Callable[[str, str], str]
    open: Callable[[Mapping[str, Any], StoreSurroundings], StateStore]
    files: Callable[[Mapping[str, Any]], tuple[Path, ...]] = lambda _keys: ()
    shared: Callable[[Mapping[str, Any], Path], bool] = lambda _keys, _root: True
    refuse: Callable[[str], tuple[str, str] | None] = lambda _place: None
    secrets: tuple[str, ...] = ()
    secret_urls: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """The key that says where the state is."""
        return [*self.where][-1]


class StoreWriter(Protocol):
    """The writing end of a store, for whoever holds its lock. `lineage` is empty until the first write."""

    lineage: str

    def append(self, events: Sequence[Event]) -> None:
        """Add events; see `StateStore.append`."""


class StateCopy(Protocol):
    """A copy of the newest state that was known here (`local.newest_state`), kept by whoever holds the lock.

    `owed` are the events that the state which was loaded last lacks: they are written before the next ones.
    """

    owed: Sequence[Event]

    def end(self) -> NewestEnd | None:
        """How far the copy goes."""

    def recall(self, state: State, end: NewestEnd | None, accounts: Mapping[str, str]) -> State:
        """Return a state that was loaded, with what the copy knows beyond it."""

    def append(self, lineage: str, events: Sequence[Event], write: Callable[[Sequence[Event]], None]) -> None:
        """Have events of the state of this lineage written, and add them."""

    def close(self) -> None:
        """What was added is in the state, durably."""


class StateStore(ABC):
    """Keeps a state. One contract test runs over every implementation.

    `_writer` is None while this run does not write; `_known` are lineage and serial as last loaded or
    written.
    """

    #: Whether its lock can pass to another run while a holder of it still lives. Then a request whose Intent
    #: is in the state may leave until `send_before`, whoever holds the lock.
    shared: bool = False
    #: How many Intents are worth writing at once, before the first of their requests leaves. 1 where a write
    #: is cheap: then each is written when its request's turn has come.
    ahead: int = 1
    #: A copy of what is loaded and written, None where there is none.
    copy: StateCopy | None = None

    def __init__(
        self,
        *,
        clock: Clock,
        who: Callable[[], str] = lambda: "somebody",
        run_url: str | None = None,
        on_note: Callable[[str], None] = lambda _note: None,
        on_older: Callable[[State], None] = lambda _newer: None,
    ) -> None:
        self._clock, self._who, self._run_url = clock, who, run_url
        self._on_note, self._on_older = on_note, on_older
        self._writer: StoreWriter | None = None
        self._known: tuple[str, int] | None = None
        self._owes = False

    @property
    @abstractmethod
    def label(self) -> str:
        """How people know it: a path, a branch."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """What tells this state from every other one on this machine, whatever the folder we are in."""

    @property
    def lineage(self) -> str:
        """The lineage of the state as last loaded or written, empty where there is none yet."""
        if self._writer is not None and self._writer.lineage:
            return self._writer.lineage
        return self._known[0] if self._known is not None else ""

    @abstractmethod
    def lock(self, command: str, timeout: float) -> AbstractContextManager[None]:
        """Hold the state for writing. Raises LockedError after `timeout` seconds, naming the holder."""

    @abstractmethod
    def unlock(self, lock_id: str) -> None:
        """Let go of a lock whose holder is gone. Raises LockedError where it has to end by itself."""

    @abstractmethod
    def undo(self) -> str | None:
        """Say in a sentence how the state as it was before the last write comes back; None: it cannot."""

    @abstractmethod
    def holder(self) -> Holder | None:
        """Who holds the lock, or held it last and died, as far as is known."""

    def refresh(self) -> None:  # noqa: B027 (most stores are read anew each time)
        """Let `load` see the newest, where it asks nobody by itself; elsewhere there is nothing to do."""

    @abstractmethod
    def load(self) -> State:
        """Snapshot and journal. Reads without the lock; raises StateError for what cannot be trusted."""

    def append(self, events: Sequence[Event]) -> None:
        """Add events, in their order. Thread-safe.

        An Intent, and all that was appended before it, survives a crash once this has returned. A store may
        make other events durable a little later, with the next Intent, `compact` or the end of the lock at
        the latest: no request relies on them before. Raises StateError when they are not durable, or when
        what is there is not what was loaded.
        """
        if not events:
            return
        writer, copy = self._open(), self.copy
        if copy is None:
            writer.append(events)
            return
        owed, self._owes = copy.owed if self.owes else (), False
        copy.append(writer.lineage, [*owed, *events], writer.append)

    @property
    def owes(self) -> bool:
        """Whether what was loaded last has events that are not written yet."""
        return self._owes and self.copy is not None and bool(self.copy.owed)

    def copied(self) -> None:
        """Note that all that was written is compacted, so that the copy is whole."""
        if self.copy is not None:
            self.copy.close()

    def recalled(self, accounts: Mapping[str, str]) -> State:
        """Load, and add what this clone knows of a newer state that is lost.

        What is added is written with the next events. `accounts` maps each provider to host and account: of
        what was made elsewhere nothing is added.
        """
        if self.copy is None:
            return self.load()
        end = self.copy.end()  # before: the state is no older than what is read after it
        state, self._owes = self.copy.recall(self.load(), end, accounts), True
        return state

    @abstractmethod
    def compact(self, state: State) -> None:
        """Write the snapshot, then empty the journal; all or nothing. Does nothing if nothing changed.

        Raises StateError where it cannot be written, or `state` is not what the events add up to.
        """

    @abstractmethod
    def replace(self, state: State) -> None:
        """Put `state`, lineage and serial as they are, in the place of all that is there.

        What was there is kept as a backup, which `undo` names. Only under the lock. Raises StateError;
        then all is as it was.
        """

    @abstractmethod
    def _open(self) -> StoreWriter:
        """Return the writing end, opened by whoever comes first; RuntimeError without the lock."""

    def _must_be_known(self, lineage: str, serial: int, name: str) -> None:
        """Raise StateError where this is another state than was loaded."""
        if self._known not in {None, (lineage, serial)}:
            raise changed(name)
