"""Runs the `git` program. Nothing else calls it, so that nothing which a tree carries is ever run.

Only plumbing, fetch, push and ls-remote: the work tree, the index and the person's branches are never
touched. `run` asks nobody: no transport is allowed to it, and it sees no key of any kind. `reach` speaks to a
remote that the person has set up, with the person's own settings and credentials; git is never let ask for
one, for nobody may be there to answer. See `environment` for what either of them sees.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from podsync.model.errors import StateError
from podsync.state.git.environment import for_remotes, for_this_machine, program, root_of

#: Seconds after which a call is given up: one that stays on this machine, and one that does not.
LOCAL, REMOTE = 60.0, 60.0
_SETTINGS = (
    "safe.bareRepository=explicit",
    f"core.hooksPath={os.devnull}",
    f"core.attributesFile={os.devnull}",
    "core.pager=cat",
    "log.showSignature=false",
    "protocol.ext.allow=never",
    "protocol.fd.allow=never",
    "core.autocrlf=false",
    "core.fsmonitor=false",
    "commit.gpgSign=false",
    "push.gpgSign=false",
    "push.followTags=false",
    "push.recurseSubmodules=no",
    "push.pushOption=",
    "push.useForceIfIncludes=false",
    "fetch.recurseSubmodules=no",
    "fetch.prune=false",
    "fetch.writeCommitGraph=false",
    "submodule.recurse=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "i18n.commitEncoding=UTF-8",
    "color.ui=false",
    "advice.pushUpdateRejected=false",
)
_NAME = "podsync"
_PLACE = ("rev-parse", "--path-format=absolute", "--git-common-dir")
#: A commit as Git names it.
COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
#: Makes a partial clone a whole one.
WHOLE = "git config --unset remote.origin.partialclonefilter && git fetch --refetch origin"


@dataclass(frozen=True, slots=True)
class GitResult:
    """How a call ended; `error` is what git wrote to stderr, without anything that may be a key."""

    code: int
    out: bytes
    error: str

    @property
    def text(self) -> str:
        """What git wrote to stdout."""
        return self.out.decode("utf-8", "replace").strip()


class Git:
    """Runs git in the work tree that `folder` is in. `environment` holds no key but git's own credentials.

    `remote` is the remote that `reach` is for.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], remote: str = "origin") -> None:
        self._folder, self._given = folder, environment
        # Only for what speaks to it: a setting of a remote makes git believe that there is one.
        self._for_remote = (f"remote.{remote}.mirror=false", f"remote.{remote}.prune=false")

    @cached_property
    def root(self) -> Path:
        """The top of the work tree. Raises StateError where there is none."""
        root = root_of(self._folder)
        if root is None:
            raise _no_repository()
        return root

    def at(self, folder: Path) -> Git:
        """Return the same for another folder."""
        return Git(folder, self._given)

    def place(self) -> str:
        """The repository's own folder, one for all its work trees."""
        return self.must(*_PLACE).decode().strip()

    def is_shallow(self) -> bool:
        """Whether history is cut off in this clone; a fetch may change it."""
        return self.must("rev-parse", "--is-shallow-repository").strip() == b"true"

    def shares_with(self, folder: Path) -> bool:
        """Whether `folder` is in a work tree of the same clone; False where git does not tell."""
        answer = self.at(folder).run(*_PLACE)
        return answer.code == 0 and answer.text == self.place()

    @cached_property
    def _program(self) -> str:
        found = program(self._given, self.root)
        if found is None:
            raise _no_git("git was not found")
        return found

    @cached_property
    def _here(self) -> dict[str, str]:
        return _anonymous(for_this_machine(self._given, self.root))

    @cached_property
    def _there(self) -> dict[str, str]:
        return _anonymous(for_remotes(self._given, self.root))

    def run(self, *words: str, data: bytes = b"", timeout: float = LOCAL) -> GitResult:
        """Run a command that asks nobody; StateError only where there is no git or no repository."""
        return self._run(_SETTINGS, words, data, timeout, self._here)

    def reach(self, *words: str, timeout: float = REMOTE) -> GitResult:
        """Run a command that speaks to a remote; see `remotes.check_remote` for which."""
        return self._run((*_SETTINGS, *self._for_remote), words, b"", timeout, self._there)

    def _run(
        self,
        settings: Sequence[str],
        words: Sequence[str],
        data: bytes,
        timeout: float,
        seen: Mapping[str, str],
    ) -> GitResult:
        """Run one command, under these settings, to its end, whatever that is.

        It has a session of its own: it sees neither a terminal to ask on nor the Ctrl-C that is meant for us.
        """
        try:
            process = subprocess.Popen(  # noqa: S603 (every word is ours, or the settings' by their pattern)
                [self._program, *(word for each in settings for word in ("-c", each)), *words],
                cwd=self.root,
                env=seen,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        except OSError as error:
            raise _no_git(f"git: {error.strerror}") from error
        try:
            out, err = process.communicate(data, timeout)
        except subprocess.TimeoutExpired:
            _end(process)
            return GitResult(-1, b"", f"git {words[0]} did not end within {timeout:.0f} s")
        except BaseException:
            _end(process)
            raise
        # A remote may have been set up with a token in its address: user and password are left out.
        problem = re.sub(r"://[^/\s'\"]*@", "://", err.decode("utf-8", "replace"))
        return GitResult(process.returncode, out, problem)

    def must(self, *words: str, data: bytes = b"") -> bytes:
        """Run a command that stays on this machine; StateError unless it succeeds."""
        answer = self.run(*words, data=data)
        if answer.code != 0:
            raise local_failure(answer, words[0])
        return answer.out


def _anonymous(environment: dict[str, str]) -> dict[str, str]:
    named = {f"GIT_{who}_NAME": _NAME for who in ("AUTHOR", "COMMITTER")}
    named |= {f"GIT_{who}_EMAIL": f"{_NAME}@localhost" for who in ("AUTHOR", "COMMITTER")}
    return environment | named


def _no_git(problem: str) -> StateError:
    remedy = "install git and have it on the PATH, or keep the state elsewhere (state.backend)"
    return StateError(f"{problem}; nothing was sent", remedy)


def _no_repository() -> StateError:
    return StateError(
        "this folder is in no git repository",
        "git init and git remote add, or state: {backend: local} in podsync.yaml; nothing was sent\n"
        "(the nearest .git decides; GIT_DIR does not count)",
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill it with whatever it started: git speaks to a remote through another program."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.communicate()


def reason(answer: GitResult) -> str:
    """Return the line of git's words that says most, in one line."""
    lines = [line.strip() for line in answer.error.splitlines() if line.strip()]
    telling = [line for line in lines if re.match(r"(fatal|error):", line)]
    # What the remote's own rules have to say (a protected branch) is in lines of its own.
    words = [*(telling or lines)[:1], *[line for line in lines if line.startswith("remote: ")][:1]]
    text = "; ".join(re.sub(r"^((fatal|error|remote): *)+", "", word) for word in words)
    return text[:200] or f"it ended with {answer.code}"


def local_failure(answer: GitResult, what: str) -> StateError:
    """Return the error of a command that needs no network."""
    output = answer.error
    if "not a git repository" in output:
        return _no_repository()
    if "dubious ownership" in output:
        return StateError(
            "git does not trust this repository: it belongs to another user",
            "git config --global --add safe.directory <this folder>; nothing was sent",
        )
    if "promisor remote" in output or "lazy fetch" in output:
        return StateError(
            "this clone is partial (git clone --filter): what is asked for was left at its remote",
            f"bring it here: {WHOLE}; nothing was sent",
        )
    return StateError(f"git {what}: {reason(answer)}", "see to the repository (git fsck); nothing was sent")
