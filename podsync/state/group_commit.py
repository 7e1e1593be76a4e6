"""Group commit: several threads share one durable write.

Whoever comes first writes everything that is waiting; the others wait for it. While a write runs, the
next group gathers. So `n` threads share about one write, and nobody returns before their own events
are durable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Condition

from podsync.model.errors import StateError
from podsync.state.events import Event
from podsync.state.formats import journal


@dataclass(slots=True)
class Ticket:
    """The events of one call, as values and as JSON, and what became of them."""

    events: Sequence[Event]
    texts: Sequence[bytes]
    done: bool = False
    failure: StateError | None = None


class GroupCommit:
    """Gathers the events of several threads. Thread-safe.

    `write` makes the events of all its tickets durable, in their order, and sets `failure` on those for
    which it could not; a StateError that it raises is what all of them hear. Whatever else it raises (a
    signal came in the middle: nobody knows what is durable) goes to `broken`, which says what they hear.
    """

    def __init__(
        self, write: Callable[[Sequence[Ticket]], None], broken: Callable[[BaseException], StateError]
    ) -> None:
        self._write, self._broken = write, broken
        self._waiting: list[Ticket] = []
        self._writing = False
        self._turn = Condition()

    def append(self, events: Sequence[Event]) -> None:
        """Return when all of `events` are durable; they are written together, in their order.

        Raises StateError when they are not.
        """
        ticket, group = Ticket(events, [journal.payload(event) for event in events]), []
        with self._turn:
            self._waiting.append(ticket)
            while self._writing and not ticket.done:
                self._turn.wait()
            if not ticket.done:
                self._writing = True
                group, self._waiting = self._waiting, []
        if group:
            self._lead(group)
        if ticket.failure is not None:
            raise StateError(ticket.failure.message, ticket.failure.remedy) from ticket.failure

    def _lead(self, group: Sequence[Ticket]) -> None:
        failure: StateError | None = None
        try:
            self._write(group)
        except StateError as error:
            failure = error
        except BaseException as error:
            failure = self._broken(error)
            raise
        finally:
            with self._turn:
                for ticket in group:
                    ticket.failure, ticket.done = failure or ticket.failure, True
                self._writing = False
                self._turn.notify_all()
