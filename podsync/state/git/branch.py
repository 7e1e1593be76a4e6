"""A branch on a remote, used as a register with compare-and-swap: read its head, push a commit or fail.

A push is only ever a fast-forward, so it succeeds on the head that the commit was made for and on no
other. Every commit carries a nonce: no two runs ever make the same one, not even from the same tree in
the same second, so whoever gets a "yes" has won. Where the answer is "no", or got lost, the remote's head
says how it ended.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from podsync.model.clock import Clock
from podsync.model.errors import StateError
from podsync.state.git.command import COMMIT, Git, GitResult, local_failure, reason
from podsync.state.git.remotes import check_remote

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 4.0
#: How long, in seconds, a push of the lock is tried when nobody can be reached.
_REACH = 10.0
#: Words of a refusal that says no more than "not now": another push came in between, or the remote is busy.
_BUSY = (
    "cannot lock ref", "failed to update ref", "incorrect old value", "fetch first", "non-fast-forward",
    "stale info", "failed to lock",
)  # fmt: skip
_NO_RIGHT = (
    "permission denied", "permission to", "authentication failed", "could not read username",
    "returned error: 403", "returned error: 401", "not authorized", "access denied", "write access",
    "read-only", "protected branch", "gh006", "gh013",
)  # fmt: skip

#: How `git fetch --quiet` ends, without a word, where a head does not follow the known one.
_NOT_FOLLOWING = 1
#: Such a head waits here until somebody has looked at it.
_ASIDE = "refs/podsync/fetched"


class OvertakenError(StateError):
    """Somebody else moved the branch."""


class RefusedPushError(StateError):
    """The remote does not want this push, and asking again changes nothing."""


@dataclass(frozen=True, slots=True)
class TreeItem:
    """What a name in a tree stands for."""

    mode: str
    kind: str
    id: str
    size: int = 0

    @property
    def is_file(self) -> bool:
        """Whether it is a file of its own: no folder, no submodule, no link."""
        return self.mode in ("100644", "100755")


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit and everything in it, by path; folders too. `at` is when it says that it was made."""

    id: str
    at: float
    items: Mapping[str, TreeItem]

    @property
    def root(self) -> dict[str, TreeItem]:
        """The items of the top folder."""
        return {path: item for path, item in self.items.items() if "/" not in path}


class Branch:
    """See the module. Reads and writes objects in the repository's own store."""

    def __init__(self, git: Git, remote: str, name: str, clock: Clock) -> None:
        self._git, self._clock = git, clock
        self.remote, self.name = remote, name
        self._ref = f"refs/heads/{name}"
        self._tracking = f"refs/remotes/{remote}/{name}"
        self._shallow: bool | None = None
        self._checked = False

    # -- what is known here

    def local(self) -> str | None:
        """The commit that this clone knows, asking nobody; None: no such branch is known here."""
        for ref in (self._tracking, self._ref):
            answer = self._git.run("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
            if answer.code == 0:
                return answer.text
            if answer.code != 1:
                raise local_failure(answer, "rev-parse")
        return None

    def at(self, head: str | None) -> Commit | None:
        """Read the commit of a head, None for none."""
        return None if head is None else self.commit(head)

    def commit(self, identity: str) -> Commit:
        """Read a commit; raises StateError when this clone does not have it."""
        at = self._git.must("show", "-s", "--no-show-signature", "--format=%ct", identity)
        listed = self._git.must("ls-tree", "-r", "-t", "-l", "-z", "--full-tree", identity)
        items = {}
        for line in listed.split(b"\0"):
            if line:
                facts, path = line.split(b"\t", 1)
                mode, kind, name, size = facts.decode("ascii").split()
                item = TreeItem(mode, kind, name, int(size) if size.isdigit() else 0)
                items[path.decode("utf-8", "surrogateescape")] = item
        return Commit(identity, float(at), items)

    def read(self, items: Sequence[TreeItem], limit: int) -> list[bytes]:
        """Return the contents of files; StateError for one above `limit` bytes."""
        if any(item.size > limit for item in items):
            message = f"branch {self.name} holds a file that is larger than {limit >> 20} MiB"
            raise StateError(message, "look at the branch; it was left as it is")
        asked = "".join(f"{item.id}\n" for item in items).encode()
        rest, found = memoryview(self._git.must("cat-file", "--batch", data=asked)), []
        for item in items:
            begin = len(f"{item.id} blob {item.size}\n")
            found.append(bytes(rest[begin : begin + item.size]))
            rest = rest[begin + item.size + 1 :]
        return found

    def place(self) -> str:
        """The repository's own folder, for all its work trees."""
        return self._git.place()

    # -- the remote

    def check(self) -> None:
        """Raise StateError where this remote must not be spoken to; see `remotes`."""
        if not self._checked:
            check_remote(self._git, self.remote)
            self._checked = True

    def _reach(self, *words: str) -> GitResult:
        self.check()
        return self._git.reach(*words)

    def head(self) -> str | None:
        """The commit at which the remote's branch is now; None: there is no such branch."""
        answer = self._reach("ls-remote", "--exit-code", self.remote, self._ref)
        if answer.code == 2:
            return None
        found = answer.text.split()
        if answer.code != 0 or not found or not COMMIT.fullmatch(found[0]):
            raise self._failure(answer, "reading")
        return found[0]

    def fetch(self, part: Callable[[str, str], object] = lambda _known, _head: None) -> str | None:
        """Bring the head here and return it; None: there is no such branch on the remote.

        Where the head does not follow the one that this clone knows, `part` is called with both before that
        one is forgotten. Where this clone is shallow (a runner's), the history behind the head stays away, so
        that a run costs the same however long it is; a whole clone stays whole.
        """
        answer = self._bring(f"{self._ref}:{self._tracking}")
        if answer.code == _NOT_FOLLOWING and not answer.error.strip():
            answer = self._bring(f"+{self._ref}:{_ASIDE}")
            if answer.code == 0:
                known, head = (self._git.must("rev-parse", ref) for ref in (self._tracking, _ASIDE))
                found = head.decode().strip()
                part(known.decode().strip(), found)
                self.follow(found)
                self._git.run("update-ref", "-d", _ASIDE)
                return found
        if answer.code == 0:
            return self.local()
        if "couldn't find remote ref" in answer.error:
            return None
        raise self._failure(answer, "reading")

    def _bring(self, spec: str) -> GitResult:
        if self._shallow is None:
            self._shallow = self._git.is_shallow()
        depth = ["--depth=1"] if self._shallow else []
        words = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-filter", "--refmap=", *depth]
        for pause in (0.1, 0.3, 1.0, None):
            answer = self._reach(*words, self.remote, spec)
            # Another process of this clone fetches as well.
            if pause is None or not any(word in answer.error for word in ("lock", "shallow file")):
                break
            self._clock.sleep(pause)
        return answer

    def publish(self, commit: str, parent: str | None, *, patience: float) -> None:
        """Make `commit` the head; it was made to follow `parent`.

        Raises OvertakenError when the head is another one: nothing was changed then, or `commit` was the
        head for a while. Raises RefusedPushError when the remote does not let us, and StateError when nobody
        could be reached for `patience` seconds: then it may become the head without an answer.
        """
        until, pause = self._clock.monotonic() + patience, _FIRST_PAUSE
        while True:
            answer = self._push(commit)
            if answer.code == 0:
                return
            failure = self._failure(answer, "pushing to")
            try:
                head = self.head()
            except StateError:
                known = False
            else:
                known = head == parent
                if head == commit:
                    return
                if not known:
                    raise self._overtaken(head)
            if known and not _may_pass(answer):
                raise RefusedPushError(failure.message, failure.remedy)
            if self._clock.monotonic() + pause > until:
                raise failure
            self._clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def try_publish(self, commit: str, parent: str | None) -> bool:
        """Make `commit` the head after `parent`; False when somebody else came first."""
        try:
            self.publish(commit, parent, patience=_REACH)
        except OvertakenError:
            return False
        return True

    def _push(self, commit: str) -> GitResult:
        words = ("push", "--porcelain", "--no-verify", "--no-signed", "--no-follow-tags")
        answer = self._reach(*words, self.remote, f"{commit}:{self._ref}")
        refused = re.search(r"^!\t\S+\t(.*)$", answer.text, re.MULTILINE)
        if refused is None:
            return answer
        return GitResult(answer.code or 1, answer.out, f"error: {refused[1]}\n{answer.error}")

    def follow(self, commit: str) -> None:
        """Let this clone know where the branch is now, for those who read without a network."""
        self._git.run("update-ref", self._tracking, commit)

    def _overtaken(self, head: str | None) -> OvertakenError:
        now = "is gone" if head is None else f"was moved to {head[:7]} by somebody else"
        return OvertakenError(
            f"branch {self.name} on {self.remote} {now}: this run no longer holds the state",
            "nothing more was sent. Run it again: that finds out what was done, and does nothing twice",
        )

    def _failure(self, answer: GitResult, doing: str) -> StateError:
        output = answer.error.lower()
        again = "what was done is not lost: run the command again"
        if "not a git repository" in output and "does not appear" not in output:
            return local_failure(answer, doing)
        message = f"{doing} branch {self.name} on {self.remote} failed: {reason(answer)}"
        if any(word in output for word in _NO_RIGHT):
            return StateError(
                message,
                f"give this run the right to push there (in GitHub Actions: permissions: contents: write),"
                f" and let no branch rule cover {self.name}; {again}",
            )
        if ".lock': file exists" in output:
            return StateError(
                message,
                "another push to it is under way, or was killed and left that lock file: run the command "
                "again in a minute; if it stays, whoever runs the remote removes the .lock file there",
            )
        if "remote rejected" in output:
            return StateError(message, f"the remote's own rules refuse it: exempt {self.name}; {again}")
        return StateError(message, f"see whether git ls-remote {self.remote} works; {again}")

    # -- writing

    def write(self, data: bytes) -> TreeItem:
        """Keep a file's contents."""
        out = self._git.must("hash-object", "-w", "--no-filters", "--stdin", data=data)
        return TreeItem("100644", "blob", out.decode().strip())

    def tree(self, items: Mapping[str, TreeItem]) -> TreeItem:
        """Make a folder of what is kept."""
        lines = (f"{item.mode} {item.kind} {item.id}\t{name}\0" for name, item in sorted(items.items()))
        data = "".join(lines).encode("utf-8", "surrogateescape")
        return TreeItem("040000", "tree", self._git.must("mktree", "-z", data=data).decode().strip())

    def make(self, root: Mapping[str, TreeItem], parent: str | None, message: str) -> str:
        """Make a commit that no other run can make; nothing points to it yet."""
        words = ["commit-tree", self.tree(root).id, *(("-p", parent) if parent is not None else ())]
        text = f"{message}\n\n[skip ci]\nnonce {secrets.token_hex(16)}\n"
        return self._git.must(*words, data=text.encode()).decode().strip()


def _may_pass(answer: GitResult) -> bool:
    """Whether the same push may succeed a moment later, seen that the head has not moved."""
    output = answer.error.lower()
    if any(word in output for word in _BUSY):
        return True
    return "rejected" not in output and not any(word in output for word in _NO_RIGHT)
