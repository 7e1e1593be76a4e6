"""The base class of all stores: who writes, and the check that what is there is what was loaded."""

from __future__ import annotations

import os
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

from podsync.state.lock import Holder
from podsync.state.store import changed

if TYPE_CHECKING:
    from podsync.model.clock import Clock
    from podsync.state.events import Event
    from podsync.state.model import State


class StoreWriter(Protocol):
    """The writing end of a store, for whoever holds its lock. `lineage` is empty until the first write."""

    lineage: str

    def append(self, events: Sequence[Event]) -> None:
        """Add events; see `StateStore.append`."""


_W = TypeVar("_W", bound=StoreWriter)


class BaseStore(ABC, Generic[_W]):
    """The part of `state.store.StateStore` that does not depend on where a state is kept.

    `_writer` is None while this run does not write; `_known` are lineage and serial as last loaded or
    written.
    """

    shared: ClassVar[bool] = False
    ahead: int = 1

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
        self._writer: _W | None = None
        self._known: tuple[str, int] | None = None

    @property
    def lineage(self) -> str:
        """The lineage of the state as last loaded or written, empty where there is none yet."""
        if self._writer is not None and self._writer.lineage:
            return self._writer.lineage
        return self._known[0] if self._known is not None else ""

    def refresh(self) -> None:
        """Do nothing: what is kept here is read anew each time."""

    def append(self, events: Sequence[Event]) -> None:
        """Add events, in their order; see `StateStore.append`.

        Raises StateError when they are not durable, or when what is there is not what was loaded.
        """
        if events:
            self._open().append(events)

    @abstractmethod
    def _open(self) -> _W:
        """Return the writing end, opened by whoever comes first; RuntimeError without the lock."""

    def _new_holder(self, command: str) -> Holder:
        return Holder(uuid.uuid4().hex, self._who(), os.getpid(), self._clock.now(), command, self._run_url)

    def _must_be_known(self, lineage: str, serial: int, name: str) -> None:
        """Raise StateError where this is another state than was loaded."""
        if self._known not in {None, (lineage, serial)}:
            raise changed(name)
