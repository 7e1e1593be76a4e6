"""The store on a branch of the repository that the catalog is in; `layout` describes its files.

`lock` pushes a lock record, and every push after that is a fast-forward on this run's own last commit: as
soon as anybody else's commit is there, nothing of this run can follow. So a request leaves only while its
Intent is on the branch, and whoever comes next finds it there.

A holder moves the branch at least three times within its lease. Whoever waits counts, by his own clock
alone, how long the branch has stood still; after a whole lease the lock is dead. Should its holder live
after all, its next push is refused, and its requests have ended with their `send_before`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from threading import Lock
from typing import Unpack

from podsync.failpoints import hit
from podsync.model.errors import LockedError, StateError
from podsync.state.formats.times import time_to_text
from podsync.state.git import layout
from podsync.state.git.branch import Branch, Commit
from podsync.state.git.command import Git
from podsync.state.git.layout import OWN, BranchContents, BranchFiles
from podsync.state.git.lock import LockWait
from podsync.state.git.recovery import salvage
from podsync.state.git.writer import Batching, BranchWriter, message
from podsync.state.lock import Holder
from podsync.state.model import State
from podsync.state.store import StateStore, StoreFacts, must_fit, under_lock

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


class GitStore(StateStore):
    """Keeps a state on a branch.

    `folder` is anywhere in the repository. `environment` is what git finds its credentials with. Without the
    lock it reads what this clone knows and speaks to nobody; `refresh` brings the newest here. A lock passes
    on when it is broken or shows no sign of life, though its holder may live.
    """

    shared = True
    _writer: BranchWriter | None

    def __init__(
        self,
        folder: Path,
        *,
        remote: str = "origin",
        branch: str = "podsync-state",
        environment: Mapping[str, str],
        batching: Batching = Batching(),
        **facts: Unpack[StoreFacts],
    ) -> None:
        super().__init__(**facts)
        self._git = Git(folder, environment, remote)
        self._branch = Branch(self._git, remote, branch, self._clock)
        # A push costs a second, however many Intents it takes along.
        self._batching, self.ahead = batching, batching.most
        self._begun, self._opening = False, Lock()
        self._before: str | None = None
        self._read_last: tuple[str | None, BranchContents] | None = None
        #: Whether this run has asked the remote, and whether that knew no such branch.
        self._asked, self._absent = False, False
        #: The head that was found to hold a state, or nothing yet.
        self._vetted: tuple[str | None] | tuple[()] = ()

    @property
    def label(self) -> str:
        """The branch, its remote where it is not the usual one, and the commit that was looked at last."""
        commit = self._read_last[0] if self._read_last is not None else None
        there = f" of {self._branch.remote}" if self._branch.remote != "origin" else ""
        return f"branch {self._branch.name}{there}" + (f" at {commit[:7]}" if commit is not None else "")

    @property
    def identity(self) -> str:
        """The clone, with all its work trees, and the branch's place in it."""
        return f"git {self._branch.place()} {self._branch.remote} {self._branch.name}"

    def refresh(self) -> None:
        """Bring the newest state here, for those who read without a network."""
        self._fetch()

    # -- the lock

    @contextmanager
    def lock(self, command: str, timeout: float) -> Iterator[None]:
        """Hold the state for writing.

        A lock that shows no sign of life for its lease is taken over. Where its age makes it look as if
        nobody held it any more, it is watched for that long even if `timeout` is shorter. Raises StateError
        where the branch cannot be read or pushed to; nothing was sent then.
        """
        holder = Holder.of_this_run(self._who(), self._clock, command, self._run_url)
        try:
            writer = self._acquire(holder, timeout)
        except (KeyboardInterrupt, SystemExit):
            with suppress(StateError, LockedError):
                self.unlock(holder.id)
            raise
        self._writer, self._begun = writer, False
        hit("git.locked")
        try:
            yield
        except BaseException:
            self._leave(writer, failing=True)
            raise
        else:
            self._leave(writer, failing=False)

    def _acquire(self, holder: Holder, timeout: float) -> BranchWriter:
        waiting = LockWait(self._branch, self._clock, timeout, self._on_note)
        while True:
            commit = self._fetch()
            head = commit.id if commit is not None else None
            self._vet(commit)
            lock = layout.read_lock(self._branch, commit)
            if commit is not None and lock is not None and not waiting.is_dead(commit, lock):
                waiting.wait(commit, lock)
                continue
            files = BranchFiles.of(commit)
            files.lock = self._branch.write(layout.lock_data(holder, self._batching.lease))
            made = self._branch.make(files.root(self._branch, {}), head, message(holder, "lock"))
            hit("git.unlocked")
            if self._branch.try_publish(made, head):
                if lock is not None:
                    self._on_note(f"took over the state from {lock.holder}: it shows no sign of life")
                self._before = head
                return BranchWriter(self._branch, self._clock, holder, self._batching, made, files)

    def _leave(self, writer: BranchWriter, *, failing: bool) -> None:
        """Let go of the lock; what did not reach the branch is saved as far as it can be."""
        outcome = ""
        try:
            if writer.lost is None:
                with suppress(StateError):
                    writer.release()
            if writer.lost is not None:
                outcome = salvage(writer, self._branch, self._clock)
        finally:
            writer.stop()
            self._known = (writer.lineage, writer.serial) if self._begun else self._known
            self._writer, self._read_last = None, None
            if writer.lost is None:
                self._branch.follow(writer.head)
        if outcome:
            self._on_note(outcome)
        if writer.lost is not None and not (failing or writer.reported):
            raise writer.lost

    def unlock(self, lock_id: str) -> None:
        """Let go of the lock of this id, whoever holds it. Raises LockedError for another id."""
        for _ in range(10):
            commit = self._fetch()
            lock = layout.read_lock(self._branch, commit)
            if commit is None or lock is None or lock.holder.id != lock_id:
                named = f"{lock.holder}, id {lock.holder.id}" if lock is not None else "nobody"
                raise LockedError(f"branch {self._branch.name} is held by {named}", "nothing was changed")
            files = BranchFiles.of(commit)
            files.lock = None
            words = message(lock.holder, "lock let go of by hand")
            made = self._branch.make(files.root(self._branch, {}), commit.id, words)
            if self._branch.try_publish(made, commit.id):
                self._branch.follow(made)
                return
        raise LockedError(f"branch {self._branch.name} keeps moving: its holder is alive", "wait for it")

    def holder(self) -> Holder | None:
        """Who holds the lock now, as the remote knows it."""
        lock = layout.read_lock(self._branch, self._fetch())
        return lock.holder if lock is not None else None

    def undo(self) -> str | None:
        """Name the commit before this run's first one."""
        if self._before is None or layout.SNAPSHOT not in self._branch.commit(self._before).items:
            return None
        file = f"{self._before[:12]}:{layout.SNAPSHOT}"
        return f"git show {file} | podsync state push --force -"

    # -- reading

    def load(self) -> State:
        """Snapshot and journal: under the lock those of this run, else what this clone knows of them."""
        if self._writer is not None:
            self._writer.flush()
            state = self._read(self._branch.commit(self._writer.head)).state
        else:
            commit = self._branch.at(self._branch.local())
            self._vet(commit)
            state = self._read(commit).state
            if not self._asked:
                self._on_note(self._age(commit))
        self._known = state.lineage, state.serial
        return state

    def _vet(self, commit: Commit | None) -> None:
        """Refuse a branch that is not known here while the remote has it, and one that holds code."""
        head = commit.id if commit is not None else None
        if head is None and not self._absent:
            must_not_exist(self._git, self._branch)
            self._absent = True
        if not self._vetted or self._vetted[0] != head:
            must_hold_state(self._git, self._branch, commit)
            self._vetted = (head,)

    def _read(self, commit: Commit | None) -> BranchContents:
        head = commit.id if commit is not None else None
        if self._read_last is None or self._read_last[0] != head:
            self._read_last = head, layout.read(self._branch, commit)
        return self._read_last[1]

    def _age(self, commit: Commit | None) -> str:
        name = f"{self._branch.remote}/{self._branch.name}"
        if commit is None:
            return f"no {name} is known here, so there is no state yet"
        seconds = max(0.0, self._clock.now() - commit.at)
        number, unit = next((seconds // size, unit) for size, unit in _UNITS if seconds >= size or size == 1)
        when = time_to_text(commit.at).replace("T", " ")[:16]
        return (
            f"state of {when} UTC ({number:.0f} {unit} ago), commit {commit.id[:7]}: {name} as fetched last"
        )

    # -- writing

    def compact(self, state: State) -> None:
        """Write the snapshot; journal and lock go in the same commit."""
        writer = under_lock(self._writer)
        if not self._begun and not self._read(self._branch.commit(writer.head)).fresh:
            return
        self._open()
        if writer.lost is not None:
            writer.reported = True
            raise writer.lost
        must_fit(state, writer.lineage, writer.serial)
        writer.put(replace(state, lineage=writer.lineage, lost=False))

    def _open(self) -> BranchWriter:
        with self._opening:
            writer = under_lock(self._writer)
            if not self._begun:
                contents = self._read(self._branch.commit(writer.head))
                state = contents.state
                self._must_be_known(state.lineage, state.serial, f"branch {self._branch.name}")
                writer.begin(contents, State(lineage=str(uuid.uuid4())))
                self._begun = True
            return writer

    def _fetch(self) -> Commit | None:
        """Bring the newest commit here; StateError where the branch is gone that this clone knows."""
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
        return self._branch.at(head)

    def _part(self, known: str, head: str) -> None:
        """Say so where the branch was set back behind what this clone knows, before that is forgotten."""
        now = layout.read(self._branch, self._branch.commit(head)).state
        try:
            newer = layout.read(self._branch, self._branch.commit(known)).state
        except StateError:
            return  # nothing to compare with
        if newer.lineage and not now.includes(newer.timeline, newer.serial):
            self._on_older(newer)
            self._on_note(
                f"branch {self._branch.name} was set back on {self._branch.remote}: this clone knows it at "
                f"{known[:7]}, serial {newer.serial}, and it is at {head[:7]}, serial {now.serial}, now"
            )

    def replace(self, state: State) -> None:
        """Put `state` in the place of what is there, which stays in the history; only under the lock."""
        writer = under_lock(self._writer)
        self.compact(self.load())
        self._open()
        before = writer.head
        writer.put(replace(state, lost=False), anew=True)
        self._before, self._known = before, (state.lineage, state.serial)


def must_hold_state(git: Git, branch: Branch, commit: Commit | None) -> None:
    """Raise StateError where the branch holds code: a state would be read from it, or pushed over it.

    Code is what is checked out, what the remote has as its default, whatever has a history in common with
    what is checked out, and files without a state among them.
    """
    heads = {"HEAD": f"refs/heads/{branch.name}"}
    heads[f"refs/remotes/{branch.remote}/HEAD"] = f"refs/remotes/{branch.remote}/{branch.name}"
    code = any(git.run("symbolic-ref", "--quiet", name).text == ref for name, ref in heads.items())
    if commit is not None and not code:
        names = set(commit.root)
        code = bool(names) and names.isdisjoint(OWN)
        code = code or git.run("merge-base", "HEAD", commit.id).code == 0
    if code:
        raise StateError(
            f"branch {branch.name} holds code, and the state needs a branch that holds nothing else",
            "name another in podsync.yaml: state: {backend: git, branch: podsync-state}; nothing was changed",
        )


def must_not_exist(git: Git, branch: Branch) -> None:
    """Raise StateError unless the remote has no such branch, which this clone knows nothing of.

    The remote is asked, for a clone says nothing of what it does not fetch (`--single-branch`, the
    checkout of a CI). Where it cannot be reached, a whole clone that fetches every branch is believed.
    """
    remote, name = branch.remote, branch.name
    if not git.run("remote").text:
        return
    branch.check()
    fetch = f"git fetch {remote} +refs/heads/{name}:refs/remotes/{remote}/{name}"
    in_ci = "in CI fetch every branch (actions/checkout: fetch-depth: 0)"
    try:
        head = branch.head()
    except StateError as error:
        if _fetches_all(git, branch):
            return
        raise StateError(
            f"whether {remote} has a branch {name} with the state cannot be determined: {error.message}",
            f"{fetch}; {in_ci}. Nothing was planned: every product would look new",
        ) from error
    if head is not None:
        raise StateError(
            f"{remote} has a branch {name} with the state, and this clone does not know it",
            f"{fetch}; {in_ci}. Nothing was planned: every product would look new",
        )


def _fetches_all(git: Git, branch: Branch) -> bool:
    """Whether the last fetch of this clone would have brought the branch, had it been there."""
    if git.is_shallow():
        return False
    specs = git.run("config", "--get-all", f"remote.{branch.remote}.fetch").text.splitlines()
    sources = (spec.lstrip("+").partition(":")[0] for spec in specs)
    covered = any(fnmatchcase(f"refs/heads/{branch.name}", source) for source in sources)
    return covered and bool(git.run("for-each-ref", "--count=1", f"refs/remotes/{branch.remote}/").text)
