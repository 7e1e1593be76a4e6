"""A repository with a catalog and a shared state, and traps that leave a proof when they go off."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.cli.conftest import TEE

#: Nobody's own settings.
NOBODY = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
SHARED = "version: 1\nstate: {backend: git}\n"


def tee(name: str) -> str:
    """A document of a name of its own."""
    return TEE.replace("tee", name).replace("Tee", name.title())


class Ground:
    """`work` is a clone of `bare` with a catalog that is pushed; `proof` is what a trap leaves."""

    def __init__(self, work: Path, environ: Mapping[str, str]) -> None:
        self.work, self.around = work, work.parent
        self.bare, self.proof = self.around / "origin.git", self.around / "proof"
        self.environ = {k: v for k, v in environ.items() if not k.startswith("GIT_")} | NOBODY
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.bare))
        self.git("init", "--quiet", "--initial-branch=main", ".")
        # As `podsync init` has it ignored: what podsync keeps for itself is no part of a commit.
        (self.work / ".git" / "info" / "exclude").write_text(".podsync\n", encoding="utf-8")
        self.git("remote", "add", "origin", f"file://{self.bare}")
        self.write("podsync.yaml", SHARED)
        self.write("catalog/tee.yaml", tee("tee"))
        self.commit("one")

    def git(self, *words: str, cwd: Path | None = None, **environ: str) -> str:
        """Run git as anybody does, without a protection."""
        done = self.tried(*words, cwd=cwd, **environ)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout.strip()

    def tried(self, *words: str, cwd: Path | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
        """The same, however it ends."""
        person = ("user.name=Ada", "user.email=ada@example.com", "protocol.file.allow=always")
        return subprocess.run(
            ["git", *(word for each in person for word in ("-c", each)), *words],
            cwd=cwd or self.work,
            env=self.environ | environ,
            capture_output=True,
            text=True,
            check=False,
        )

    def write(self, path: str, text: str, *, root: Path | None = None) -> Path:
        """Write a file of the tree."""
        file = (root or self.work) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def commit(self, message: str) -> str:
        """Commit the whole tree, push it, and return the commit."""
        self.git("add", "--all", "--force", ".")
        self.git("rm", "-r", "--quiet", "--cached", "--ignore-unmatch", ".podsync")
        self.git("commit", "--quiet", "--message", message)
        self.git("push", "--quiet", "origin", "HEAD:main")
        return self.git("rev-parse", "HEAD")

    def clone(self, *options: str, name: str = "clone") -> Path:
        """Clone it anew."""
        path = self.around / name
        self.git("clone", "--quiet", *options, f"file://{self.bare}", str(path), cwd=self.around)
        return path

    def trap(self, path: Path) -> Path:
        """Put a program there that writes down everything it is given, keys included."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\n{{ env; echo "$0"; }} >>{shlex.quote(str(self.proof))}\n')
        path.chmod(0o755)
        return path

    def goes_off(self) -> bool:
        """Whether a trap went off; it is set again."""
        there = self.proof.exists()
        self.proof.unlink(missing_ok=True)
        return there

    def refs(self) -> str:
        """What stands on the remote."""
        return self.git("for-each-ref", cwd=self.bare)

    def looks_bare(self, path: str, *settings: str) -> Path:
        """Commit a folder that git takes for a bare repository, with settings of its own."""
        place = self.work / path
        for folder in ("objects", "refs"):
            self.write(f"{path}/{folder}/keep", "")
        self.write(f"{path}/HEAD", "ref: refs/heads/main\n")
        config = "[core]\n\trepositoryformatversion = 1\n\tbare = true\n" + "".join(
            f"{each}\n" for each in settings
        )
        self.write(f"{path}/config", config)
        return place
