"""The writing end of the store on a branch: collects events, and pushes them in batches.

A thread of its own pushes, so that a run which only waits still shows that it lives. What is durable when:

- An Intent is on the remote when `append` returns: its request may leave. Up to 25 Intents share a push;
  it waits for more of them as long as they keep coming, 2 s at the most.
- Everything else (results above all) rides with the next push, at most 2 s later. The order of events is
  the order of the journal, and a push takes all that came before: so whatever an Intent relied on is durable
  with it or before it, and a runner that is lost forgets results only. Their Intents stay, and the next run
  settles them from the listing: correct all the same, only slower.
- All of it is on the remote when the state was compacted, or the lock let go of.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition, Thread

from podsync.failpoints import hit
from podsync.model.address import Address
from podsync.model.clock import Clock
from podsync.model.errors import StateError
from podsync.state.events import Event, Intent
from podsync.state.formats import journal
from podsync.state.git import layout
from podsync.state.git.branch import Branch, TreeItem
from podsync.state.git.layout import BranchContents, BranchFiles
from podsync.state.local import snapshot
from podsync.state.lock import Holder
from podsync.state.model import State


@dataclass(frozen=True, slots=True)
class Batching:
    """At most so many Intents a push; all times in seconds.

    `oldest`: no event waits longer than this for its push to begin. `quiet`: when no further event has come
    for so long, a batch with an Intent is not held back any more. A `lease` without a sign of life, and the
    lock is anybody's.
    """

    most: int = 25
    oldest: float = 2.0
    quiet: float = 0.75
    lease: float = 120.0


#: How long a push is tried when the remote cannot be reached: less than a request may wait for its Intent.
PATIENCE, LAST_PATIENCE = 20.0, 30.0
_AGAIN = "run the command again: it finds out what was done, and does nothing twice"


@dataclass(frozen=True, slots=True)
class UndeliveredEvent:
    """An event, and when the Intent that it speaks of was written; None: it speaks of none."""

    event: Event
    written_at: float | None


@dataclass
class _QueuedEvents:
    """The events of one call, and what became of them."""

    events: Sequence[UndeliveredEvent]
    texts: list[bytes]
    at: float
    intents: int
    done: bool = False
    failure: StateError | None = None


@dataclass
class BranchWriter:
    """What the holder of the lock knows of the branch. Thread-safe; `stop` ends its thread.

    `head` is the commit that this run pushed last, `files` what it holds; `serial` counts the events that
    wait as well. `lost` says why nothing can be pushed any more, and `undelivered` holds the events of which
    it is not known that they reached the branch. `reported`: an error has said so to whoever writes.
    """

    branch: Branch
    clock: Clock
    holder: Holder
    batching: Batching
    head: str
    files: BranchFiles
    lineage: str = ""
    serial: int = 0
    released: bool = False
    lost: StateError | None = None
    undelivered: list[UndeliveredEvent] = field(default_factory=list)
    reported: bool = False

    def __post_init__(self) -> None:
        self._base, self._durable = "", 0
        self._lock_item = self.files.lock
        self._folders: dict[str, TreeItem] = {}
        self._counts: Counter[str] = Counter()
        self._queue: list[_QueuedEvents] = []
        self._written: dict[Address, float] = {}
        self._turn = Condition()
        self._busy = self._stopped = self._hurry = False
        self._last_push = self.clock.monotonic()
        self._thread = Thread(target=self._run, name="podsync state", daemon=True)
        self._thread.start()

    def begin(self, contents: BranchContents, first: State) -> None:
        """Go on from what the branch holds; `first` is the state to begin with where it holds none."""
        state = contents.state
        if not state.lineage:
            state = first
            found, data = snapshot.dump(first, layout.SNAPSHOT, follows=None)
            self.files.snapshot, self._base = self.branch.write(data), found.id
        else:
            self._base = contents.base
        self.lineage, self.serial, self._durable = state.lineage, state.serial, state.serial

    # -- events

    def append(self, events: Sequence[Event]) -> None:
        """Take events in; Intents are on the remote when this returns. Raises StateError when they are not.

        Once the lock is lost, results are kept in `undelivered` and Intents are refused.
        """
        texts = [journal.payload(event) for event in events]
        intents = sum(isinstance(event, Intent) for event in events)
        with self._turn:
            undelivered = [self._undelivered(event) for event in events]
            if self.lost is not None:
                self.undelivered += undelivered
                if intents:
                    self.reported = True
                    raise StateError(self.lost.message, self.lost.remedy) from self.lost
                return
            entry = _QueuedEvents(undelivered, texts, self.clock.monotonic(), intents)
            self._queue.append(entry)
            self.serial += len(events)
            self.released = False
            self._turn.notify_all()
            while intents and not entry.done:
                self._turn.wait()
        if entry.failure is not None:
            self.reported = True
            raise StateError(entry.failure.message, entry.failure.remedy) from entry.failure

    def _undelivered(self, event: Event) -> UndeliveredEvent:
        if isinstance(event, Intent):
            self._written[event.address] = event.written_at
        return UndeliveredEvent(
            event, self._written.get(event.address) if hasattr(event, "address") else None
        )

    def flush(self) -> None:
        """Return when nothing waits to be pushed; what cannot be pushed is in `undelivered`."""
        with self._turn:
            self._hurry = True
            self._turn.notify_all()
            self._turn.wait_for(lambda: not (self._queue or self._busy) or self.lost is not None)
            self._hurry = False

    def stop(self) -> None:
        """End the thread; what waits stays."""
        with self._turn:
            self._stopped = True
            self._turn.notify_all()
        self._thread.join()

    # -- the thread

    def _run(self) -> None:
        while True:
            with self._turn:
                while not self._stopped and (left := self._left()) > 0:
                    self._turn.wait(left)
                if self._stopped or self.lost is not None:
                    return
            try:
                with self._claimed(self.batching.most) as taken:
                    self._push(taken)
            except StateError:
                return  # those who wait for it have the error

    def _left(self) -> float:
        """How many seconds from now the next push is due."""
        now = self.clock.monotonic()
        if self._busy:
            return 60.0
        if not self._queue:
            return 60.0 if self.released else self._last_push + self.batching.lease / 3 - now
        left = self._queue[0].at + self.batching.oldest - now
        intents = sum(entry.intents for entry in self._queue)
        if intents:
            left = min(left, self._queue[-1].at + self.batching.quiet - now)
        return 0.0 if self._hurry or intents >= self.batching.most else left

    @contextmanager
    def _claimed(self, most: int) -> Iterator[list[_QueuedEvents]]:
        """Take what waits, up to so many Intents, as the only one who pushes; tell those who wait."""
        failure: StateError | None = None
        with self._turn:
            self._turn.wait_for(lambda: not self._busy)
            if self.lost is not None:
                raise StateError(self.lost.message, self.lost.remedy)
            self._busy = True
            taken = self._take(most)
        try:
            yield taken
        except StateError as error:
            failure = error
            raise
        except BaseException as error:
            failure = StateError(f"{type(error).__name__} while the state was written", _AGAIN)
            raise
        finally:
            with self._turn:
                if failure is not None:
                    self.lost = failure
                    taken = [*taken, *self._queue]
                    self._queue = []
                    self.undelivered += [each for entry in taken for each in entry.events]
                for entry in taken:
                    entry.done, entry.failure = True, failure
                self._busy = False
                self._turn.notify_all()

    def _take(self, most: int) -> list[_QueuedEvents]:
        count = 0
        for index, entry in enumerate(self._queue):
            count += entry.intents
            if count > most and index:
                taken, self._queue = self._queue[:index], self._queue[index:]
                return taken
        taken, self._queue = self._queue, []
        return taken

    # -- pushing

    def _push(self, taken: list[_QueuedEvents]) -> None:
        """Put a batch on the branch; an empty one only shows that this run lives."""
        self.files.lock = self._lock_item
        last = self._add(taken)
        kinds = Counter(type(each.event).__name__.lower() for entry in taken for each in entry.events)
        hit("git.unpushed")
        words = ", ".join(f"{count} {name}" for name, count in kinds.items()) or "still at work"
        self._publish(self.files, words, PATIENCE)
        hit("git.pushed")
        self._durable = last

    def _add(self, taken: list[_QueuedEvents]) -> int:
        """Add a batch to the journal of the next commit; return the serial after it."""
        self._counts.update(type(each.event).__name__ for entry in taken for each in entry.events)
        texts = [text for entry in taken for text in entry.texts]
        first, last = self._durable + 1, self._durable + len(texts)
        if texts:
            lines = journal.records(self._durable, texts)
            data = b"".join([journal.header(self.lineage, self._base), *lines])
            self.files.add(self.branch.write(data), first, last)
        return last

    def _publish(self, files: BranchFiles, words: str, patience: float) -> None:
        commit = self.branch.make(
            files.root(self.branch, self._folders), self.head, message(self.holder, words)
        )
        self.branch.publish(commit, self.head, patience=patience)
        self.head, self._last_push = commit, self.clock.monotonic()

    def put(self, state: State, *, anew: bool = False) -> None:
        """Put the snapshot on the branch, and take journal and lock away, in one commit.

        `anew`: it does not continue what is there.
        """
        with self._claimed(10**9) as taken:
            self._add(taken)
            found, data = snapshot.dump(state, layout.SNAPSHOT, follows=None if anew else self._base)
            files = BranchFiles(self.files.others, self.branch.write(data))
            hit("git.uncompacted")
            self._publish(files, self._done(), LAST_PATIENCE)
            hit("git.compacted")
            self.files, self._base, self._durable = files, found.id, state.serial
            if anew:
                self.lineage, self.serial = state.lineage, state.serial
            self._folders.clear()
            self.released = True

    def release(self) -> None:
        """Let go of the lock, with whatever waits still; nothing to do where a snapshot took it along."""
        if self.released:
            return
        with self._claimed(10**9) as taken:
            last = self._add(taken)
            self.files.lock = None
            hit("git.unreleased")
            self._publish(self.files, self._done(), LAST_PATIENCE)
            hit("git.released")
            self._durable, self.released = last, True

    def _done(self) -> str:
        made = self._counts["Made"] + self._counts["Adopted"]
        return f"done, {made} made" if made else "done"


def message(holder: Holder, words: str) -> str:
    """Return the first line of a commit: nothing in it comes from a catalog or a provider."""
    command = re.sub(r"[^a-z -]", "", holder.command)
    run = re.search(r"/runs/([0-9]{1,20})$", holder.run_url or "")
    return f"{command}{f' run {run[1]}' if run else ''}: {words}"
