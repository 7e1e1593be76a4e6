"""The `git` program, called so that nothing of a person's settings, hooks or work tree comes in between.

Only plumbing, fetch, push and ls-remote: the work tree, the index and the person's branches are never
touched. Credentials are git's own affair; it is never let ask for one, for nobody may be there to answer.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from podsync.errors import StateError

#: Seconds after which a call is given up: one that stays on this machine, and one that does not.
LOCAL, REMOTE = 60.0, 60.0
#: They say which repository is meant; inside a hook that is another one than the folder's.
_ELSEWHERE = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_EXTERNAL_DIFF",
    "GIT_SHALLOW_FILE",
)
_SETTINGS = (
    f"core.hooksPath={os.devnull}",
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


@dataclass(frozen=True, slots=True)
class Answer:
    """How a call ended; `error` is what git wrote to stderr, without anything that may be a key."""

    code: int
    out: bytes
    error: str

    @property
    def text(self) -> str:
        """What git wrote to stdout."""
        return self.out.decode("utf-8", "replace").strip()


class Git:
    """Runs git in `folder`. `environment` may hold what git finds its credentials with."""

    def __init__(self, folder: Path, environment: Mapping[str, str], remote: str) -> None:
        self._folder = folder
        settings = (*_SETTINGS, f"remote.{remote}.mirror=false", f"remote.{remote}.prune=false")
        self._begin = ["git", *(word for each in settings for word in ("-c", each))]
        own = {name: value for name, value in environment.items() if name not in _ELSEWHERE}
        own |= {"LC_ALL": "C", "LANGUAGE": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
        own |= {f"GIT_{who}_NAME": _NAME for who in ("AUTHOR", "COMMITTER")}
        own |= {f"GIT_{who}_EMAIL": f"{_NAME}@localhost" for who in ("AUTHOR", "COMMITTER")}
        self._environment = {name: value for name, value in own.items() if not name.endswith("_DATE")}

    def run(self, *words: str, data: bytes = b"", timeout: float = LOCAL) -> Answer:
        """Run one command to its end, whatever that is; StateError only where there is no git to run.

        It has a session of its own: it sees neither a terminal to ask on nor the Ctrl-C that is meant for us.
        """
        try:
            process = subprocess.Popen(  # noqa: S603 (every word is ours, or the settings' by their pattern)
                [*self._begin, *words],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        except OSError as error:
            told = "git was not found" if isinstance(error, FileNotFoundError) else f"git: {error.strerror}"
            remedy = "install git and have it on the PATH, or keep the state elsewhere (state.backend)"
            raise StateError(f"{told}, and the state is on a branch; nothing was sent", remedy) from error
        try:
            out, err = process.communicate(data, timeout)
        except subprocess.TimeoutExpired:
            _end(process)
            return Answer(-1, b"", f"git {words[0]} did not end within {timeout:.0f} s")
        except BaseException:
            _end(process)
            raise
        return Answer(process.returncode, out, _without_keys(err.decode("utf-8", "replace")))

    def must(self, *words: str, data: bytes = b"") -> bytes:
        """Run a command that stays on this machine; StateError unless it succeeds."""
        answer = self.run(*words, data=data)
        if answer.code != 0:
            raise local_failure(answer, words[0])
        return answer.out


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill it with whatever it started: git speaks to a remote through another program."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.communicate()


def _without_keys(text: str) -> str:
    """Leave out user and password of an address: a remote may have been set up with a token in it."""
    return re.sub(r"://[^/\s'\"]*@", "://", text)


def reason(answer: Answer) -> str:
    """Return the line of git's words that says most, in one line."""
    lines = [line.strip() for line in answer.error.splitlines() if line.strip()]
    telling = [line for line in lines if re.match(r"(fatal|error):", line)]
    # What the remote's own rules have to say (a protected branch) stands in lines of its own.
    words = [*(telling or lines)[:1], *[line for line in lines if line.startswith("remote: ")][:1]]
    told = "; ".join(re.sub(r"^((fatal|error|remote): *)+", "", word) for word in words)
    return told[:200] or f"it ended with {answer.code}"


def local_failure(answer: Answer, what: str) -> StateError:
    """Return the error of a command that needs no network."""
    told = answer.error
    if "not a git repository" in told:
        return StateError(
            "this folder is in no git repository, and the state is on a branch of one",
            "git init and git remote add, or state: {backend: local} in podsync.yaml; nothing was sent",
        )
    if "dubious ownership" in told:
        return StateError(
            "git does not trust this repository: it belongs to another user",
            "git config --global --add safe.directory <this folder>; nothing was sent",
        )
    return StateError(f"git {what}: {reason(answer)}", "see to the repository (git fsck); nothing was sent")
