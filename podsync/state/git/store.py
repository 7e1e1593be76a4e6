"""The store on a branch of the repository that the catalog is in; see `layout` for what stands there.

`lock` pushes a lock record, and every push after that is a fast-forward on this run's own last commit: as
soon as anybody else's commit is there, nothing of this run can follow. So a request leaves only while its
Intent is on the branch, and whoever comes next finds it there.

A holder moves the branch at least three times within its lease. Whoever waits counts, by his own clock
alone, how long the branch has stood still; after a whole lease the lock is dead. Should its holder live
after all, it is told no by its next push, and its requests have ended with their `send_before`.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock

from podsync.failpoints import hit
from podsync.model.clock import Clock
from podsync.model.errors import LockedError, StateError
from podsync.state.events import Event
from podsync.state.formats.times import time_to_text
from podsync.state.git import layout
from podsync.state.git.branch import Branch, Commit
from podsync.state.git.branch_checks import must_hold_state, must_not_exist
from podsync.state.git.command import Git
from podsync.state.git.layout import BranchContents, BranchFiles
from podsync.state.git.lock import Waiting
from podsync.state.git.recovery import salvage
from podsync.state.git.writer import Batching, BranchWriter, message
from podsync.state.local.lock import Holder
from podsync.state.model import State
from podsync.state.store import changed, must_fit, under_lock

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


class GitStore:
    """Implements `state.store.StateStore` on a branch.

    `folder` is anywhere in the repository. `environment` is what git finds its credentials with. Without the
    lock it reads what this clone knows and speaks to nobody; `refresh` brings the newest here. `on_older` is
    that of `StoreSurroundings`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        remote: str = "origin",
        branch: str = "podsync-state",
        environment: Mapping[str, str],
        who: Callable[[], str] = lambda: "somebody",
        run_url: str | None = None,
        batching: Batching = Batching(),
        on_note: Callable[[str], None] = lambda _note: None,
        on_older: Callable[[State], None] = lambda _newer: None,
    ) -> None:
        self._git = Git(folder, environment, remote)
        self._branch = Branch(self._git, remote, branch, clock)
        self._clock, self._who, self._run_url = clock, who, run_url
        self._batching, self._on_note, self._on_older = batching, on_note, on_older
        self._session: BranchWriter | None = None
        self._begun, self._opening = False, Lock()
        self._known: tuple[str, int] | None = None
        self._before: str | None = None
        self._looked: tuple[str | None, BranchContents] | None = None
        #: Whether this run has asked the remote, and whether that knew no such branch.
        self._asked, self._absent = False, False
        #: The head that was found to hold a state, or nothing yet.
        self._vetted: tuple[str | None] | tuple[()] = ()

    @property
    def label(self) -> str:
        """The branch, its remote where it is not the usual one, and the commit that was looked at last."""
        commit = self._looked[0] if self._looked is not None else None
        there = f" of {self._branch.remote}" if self._branch.remote != "origin" else ""
        return f"branch {self._branch.name}{there}" + (f" at {commit[:7]}" if commit is not None else "")

    @property
    def lineage(self) -> str:
        """The lineage of the state as last loaded or written, empty where there is none yet."""
        if self._session is not None and self._begun:
            return self._session.lineage
        return self._known[0] if self._known is not None else ""

    @property
    def identity(self) -> str:
        """The clone, with all its work trees, and the branch's place in it."""
        return f"git {self._branch.place()} {self._branch.remote} {self._branch.name}"

    @property
    def shared(self) -> bool:
        """A lock passes on when it is broken or shows no sign of life, though its holder may live."""
        return True

    @property
    def ahead(self) -> int:
        """A push costs a second, however many Intents it takes along."""
        return self._batching.most

    def refresh(self) -> None:
        """Bring the newest state here, for those who read without a network."""
        self._fetch()

    # -- the lock

    @contextmanager
    def lock(self, command: str, timeout: float) -> Iterator[None]:
        """Hold the state for writing. Raises LockedError after `timeout` seconds, naming the holder.

        A lock that shows no sign of life for its lease is taken over. Where its age makes it look as if
        nobody held it any more, it is watched for that long even if `timeout` is shorter. Raises StateError
        where the branch cannot be read or pushed to; nothing was sent then.
        """
        holder = Holder(uuid.uuid4().hex, self._who(), os.getpid(), self._clock.now(), command, self._run_url)
        try:
            session = self._acquire(holder, timeout)
        except (KeyboardInterrupt, SystemExit):
            with suppress(StateError, LockedError):
                self.unlock(holder.id)
            raise
        self._session, self._begun = session, False
        hit("git.locked")
        try:
            yield
        except BaseException:
            self._leave(session, failing=True)
            raise
        else:
            self._leave(session, failing=False)

    def _acquire(self, holder: Holder, timeout: float) -> BranchWriter:
        waiting = Waiting(self._branch, self._clock, timeout, self._on_note)
        while True:
            head = self._fetch()
            commit = self._branch.commit(head) if head is not None else None
            self._vet(head, commit)
            lock = layout.read_lock(self._branch, commit)
            if commit is not None and lock is not None and not waiting.is_dead(commit, lock):
                waiting.wait(commit, lock)
                continue
            files = BranchFiles.of(commit)
            files.lock = self._branch.write(layout.lock_data(holder, self._batching.lease))
            made = self._branch.make(files.root(self._branch, {}), head, message(holder, "lock"))
            hit("git.unlocked")
            if waiting.wins(made, head):
                if lock is not None:
                    self._on_note(f"took over the state from {lock.holder}: it shows no sign of life")
                self._before = head
                return BranchWriter(self._branch, self._clock, holder, self._batching, made, files)

    def _leave(self, session: BranchWriter, *, failing: bool) -> None:
        """Let go of the lock; what did not reach the branch is saved as far as it can be."""
        told = ""
        try:
            if session.lost is None:
                with suppress(StateError):
                    session.release()
            if session.lost is not None:
                told = salvage(session, self._branch, self._clock)
        finally:
            session.stop()
            self._known = (session.lineage, session.serial) if self._begun else self._known
            self._session, self._looked = None, None
            if session.lost is None:
                self._branch.follow(session.head)
        if told:
            self._on_note(told)
        if session.lost is not None and not (failing or session.told):
            raise session.lost

    def unlock(self, lock_id: str) -> None:
        """Let go of the lock of this id, whoever holds it. Raises LockedError for another id."""
        for _ in range(10):
            head = self._fetch()
            commit = self._branch.commit(head) if head is not None else None
            lock = layout.read_lock(self._branch, commit)
            if commit is None or lock is None or lock.holder.id != lock_id:
                named = f"{lock.holder}, id {lock.holder.id}" if lock is not None else "nobody"
                raise LockedError(f"branch {self._branch.name} is held by {named}", "nothing was changed")
            files = BranchFiles.of(commit)
            files.lock = None
            words = message(lock.holder, "lock let go of by hand")
            made = self._branch.make(files.root(self._branch, {}), head, words)
            if Waiting(self._branch, self._clock, 0, self._on_note).wins(made, head):
                self._branch.follow(made)
                return
        raise LockedError(f"branch {self._branch.name} keeps moving: its holder is alive", "wait for it")

    def holder(self) -> Holder | None:
        """Who holds the lock now, as the remote knows it."""
        head = self._fetch()
        lock = layout.read_lock(self._branch, self._branch.commit(head) if head is not None else None)
        return lock.holder if lock is not None else None

    def undo(self) -> str | None:
        """Name the commit before this run's first one."""
        if self._before is None or layout.SNAPSHOT not in self._branch.commit(self._before).items:
            return None
        file = f"{self._before[:12]}:{layout.SNAPSHOT}"
        return f"git show {file} | podsync state push --force -"

    # -- reading

    def load(self) -> State:
        """Snapshot and journal: under the lock those of this run, else what this clone knows of them.

        Raises StateError for what cannot be trusted.
        """
        if self._session is not None:
            self._session.flush()
            contents, at = self._look(self._session.head)
            head: str | None = self._session.head
        else:
            head = self._branch.local()
            commit = self._branch.commit(head) if head is not None else None
            self._vet(head, commit)
            contents, at = self._read(head, commit)
        self._known = contents.state.lineage, contents.state.serial
        if self._session is None and not self._asked:
            self._on_note(self._age(head, at))
        return contents.state

    def _vet(self, head: str | None, commit: Commit | None) -> None:
        """Refuse a branch that is not known here while the remote has it, and one that holds code."""
        if head is None and not self._absent:
            must_not_exist(self._git, self._branch)
            self._absent = True
        if not self._vetted or self._vetted[0] != head:
            must_hold_state(self._git, self._branch, commit)
            self._vetted = (head,)

    def _look(self, head: str) -> tuple[BranchContents, float]:
        return self._read(head, self._branch.commit(head))

    def _read(self, head: str | None, commit: Commit | None) -> tuple[BranchContents, float]:
        if self._looked is None or self._looked[0] != head:
            self._looked = head, layout.read(self._branch, commit)
        return self._looked[1], commit.at if commit is not None else 0.0

    def _age(self, head: str | None, at: float) -> str:
        name = f"{self._branch.remote}/{self._branch.name}"
        if head is None:
            return f"no {name} is known here, so there is no state yet"
        seconds = max(0.0, self._clock.now() - at)
        number, unit = next((seconds // size, unit) for size, unit in _UNITS if seconds >= size or size == 1)
        when = time_to_text(at).replace("T", " ")[:16]
        return f"state of {when} UTC ({number:.0f} {unit} ago), commit {head[:7]}: {name} as fetched last"

    # -- writing

    def append(self, events: Sequence[Event]) -> None:
        """Add events; Intents are on the remote when this returns, all else 2 s later (see `writer`).

        Raises StateError when Intents are not: nothing was sent for them then. Thread-safe.
        """
        session = under_lock(self._session)
        if events:
            self._begin(session)
            session.append(events)

    def compact(self, state: State) -> None:
        """Write the snapshot; journal and lock go in the same commit. Does nothing if nothing changed.

        Raises StateError when it cannot be written (the journal keeps all events then), and when
        `state` is not what the events add up to.
        """
        session = under_lock(self._session)
        if not self._begun and not self._look(session.head)[0].fresh:
            return
        self._begin(session)
        if session.lost is not None:
            session.told = True
            raise session.lost
        must_fit(state, session.lineage, session.serial)
        session.compact(replace(state, lineage=session.lineage, lost=False))

    def _begin(self, session: BranchWriter) -> None:
        with self._opening:
            if self._begun:
                return
            contents, _ = self._look(session.head)
            if self._known not in {None, (contents.state.lineage, contents.state.serial)}:
                raise changed(f"branch {self._branch.name}")
            session.begin(contents, State(lineage=str(uuid.uuid4())))
            self._begun = True

    def _fetch(self) -> str | None:
        """Bring the head here; StateError where the branch is gone that this clone knows."""
        head = self._branch.fetch(self._part)
        self._asked, self._absent = True, head is None
        known = self._branch.local() if head is None else None
        if known is not None:
            remote, name = self._branch.remote, self._branch.name
            raise StateError(
                f"branch {name} is gone from {remote}; this clone knows it at {known[:12]}",
                f"bring it back: git push {remote} {known[:12]}:refs/heads/{name}. Or begin without a state,"
                f" which adopts what exists: git update-ref -d refs/remotes/{remote}/{name}",
            )
        return head

    def _part(self, known: str, head: str) -> None:
        """Say so where the branch was set back behind what this clone knows, before that is forgotten."""
        now = layout.read(self._branch, self._branch.commit(head)).state
        try:
            newer = layout.read(self._branch, self._branch.commit(known)).state
        except StateError:
            return  # nothing to compare with
        if newer.lineage and (newer.lineage != now.lineage or newer.serial > now.serial):
            self._on_older(newer)
            self._on_note(
                f"branch {self._branch.name} was set back on {self._branch.remote}: this clone knows it at "
                f"{known[:7]}, serial {newer.serial}, and it is at {head[:7]}, serial {now.serial}, now"
            )

    def replace(self, state: State) -> None:
        """Put `state` in the place of what is there, which stays in the history; only under the lock."""
        session = under_lock(self._session)
        self.compact(self.load())
        self._begin(session)
        before = session.head
        session.replace(replace(state, lost=False))
        self._before, self._known = before, (state.lineage, state.serial)
