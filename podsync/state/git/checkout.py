"""What is checked out: whether all files of the catalog are there, and which commit they are from."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from podsync.model.errors import StateError
from podsync.state.git.command import COMMIT, Git
from podsync.state.git.environment import tops

_WHOLE_IN_CI = "(in CI: actions/checkout with fetch-depth: 0)"


class Absence(NamedTuple):
    """Why files of the catalog are not there though Git knows them, and the command that brings them."""

    message: str
    remedy: str


class UnknownAge(NamedTuple):
    """Why the age of what is checked out is not known, and what makes it known."""

    why: str
    remedy: str
    shallow: bool = False


def absence(git: Git, folder: Path, needed: Sequence[Path]) -> Absence | None:
    """Return what is missing of `needed` (files, and folders with all in them), as seen from `folder`.

    A file that a person has removed is not missing. Raises StateError where git does not tell.
    """
    wanted, seen = [place.resolve() for place in needed], set[Path]()
    found = (_missing(git.at(top), wanted, seen) for top in tops(folder, wanted))
    return next((each for each in found if each is not None), None)


def _missing(git: Git, wanted: Sequence[Path], seen: set[Path]) -> Absence | None:
    if git.root in seen:
        return None
    seen.add(git.root)
    skipped: list[str] = []
    for item in _tracked(git):
        place = git.root / item.name
        if item.mode == "160000":
            inner = [each for each in wanted if each.is_relative_to(place)]
            inner += [place for each in wanted if place.is_relative_to(each)]
            found = (_behind(git, item, place) or _missing(git.at(place), inner, seen)) if inner else None
            if found is not None:
                return found
        elif item.tag == "S" and any(map(place.is_relative_to, wanted)) and not os.path.lexists(place):
            skipped.append(item.name)
    return _sparse(skipped) if skipped else None


class _IndexItem(NamedTuple):
    """Something in the index; the tag S says that it is not to be checked out."""

    tag: str
    mode: str
    id: str
    name: str


def _tracked(git: Git) -> Iterator[_IndexItem]:
    for line in git.must("ls-files", "--full-name", "-t", "--stage", "-z").split(b"\0"):
        if line:
            facts, _, name = line.decode("utf-8", "surrogateescape").partition("\t")
            tag, mode, identity, _ = facts.split(" ")
            yield _IndexItem(tag, mode, identity, name)


def _sparse(skipped: list[str]) -> Absence:
    what = "1 file that is needed is" if len(skipped) == 1 else f"{len(skipped)} files that are needed are"
    # It brings as well what was left away by hand (git update-index --skip-worktree).
    return Absence(f"{what} not checked out, the first is {skipped[0]}", "git sparse-checkout disable")


def _behind(git: Git, item: _IndexItem, place: Path) -> Absence | None:
    """Say so where a submodule is not there, or older than the commit that is recorded for it."""
    update = "git submodule update --init   (in CI: actions/checkout with submodules: true)"
    if not os.path.lexists(place / ".git"):
        return Absence(f"{item.name} is a submodule that is not there, and the catalog needs it", update)
    inner = git.at(place)
    here = commit_of(inner)
    if here is None or here == item.id:
        return None
    if _has(inner, item.id) and not _leads(inner, here, item.id):
        return None  # somebody works in it
    return Absence(f"{item.name} is a submodule that is older here than what is recorded for it", update)


def commit_of(git: Git) -> str | None:
    """Return the commit that is checked out; None where there is none. Raises StateError as `Git.must`."""
    answer = git.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if answer.code not in (0, 1):
        git.must("rev-parse", "HEAD")
    return answer.text or None


def is_as_committed(git: Git, folder: str) -> bool:
    """Whether a folder, named from the top, holds what the checked out commit has of it and nothing else.

    Git is not let compare: it would have both sides go through filters, which are programs.
    """
    below = [folder] if folder not in ("", ".") else []
    listed = git.run("ls-tree", "-r", "-z", "HEAD", "--", *below)
    others = git.run("ls-files", "--others", "--exclude-standard", "-z", "--", *below)
    if listed.code != 0 or others.code != 0 or others.out:
        return False
    for line in filter(None, listed.out.split(b"\0")):
        facts, _, name = line.partition(b"\t")
        mode, _, identity = facts.decode("ascii").split(" ")
        if mode not in _FILES or not _is_blob(git.root / os.fsdecode(name), identity):
            return False
    return True


#: Files, with and without the right to be executed.
_FILES = ("100644", "100755")


def _is_blob(path: Path, identity: str) -> bool:
    try:
        data = b"" if path.is_symlink() else path.read_bytes()
    except OSError:
        return False
    digest = hashlib.sha256 if len(identity) == 64 else hashlib.sha1
    # Where line ends are written anew as files are checked out, Git keeps them as one character.
    texts = (data, data.replace(b"\r\n", b"\n"))
    found = (digest(b"blob %d\0" % len(text) + text, usedforsecurity=False) for text in texts)
    return any(each.hexdigest() == identity for each in found)


def first_commits(git: Git) -> list[str] | UnknownAge:
    """Return the commits that history begins with, oldest last; none before the first. Clones share them."""
    try:
        if commit_of(git) is None:
            return []
        if git.is_shallow():
            return _shallow()
        return git.must("rev-list", "--max-parents=0", "HEAD").decode().split()
    except StateError as error:
        return _unknown(error)


def is_older(git: Git, commit: str) -> bool | UnknownAge:
    """Whether what is checked out is a real ancestor of `commit`, or why that is not known."""
    try:
        return _compared(git, commit)
    except StateError as error:
        return _unknown(error)


def _unknown(error: StateError) -> UnknownAge:
    return UnknownAge(error.message, error.remedy.partition("; nothing was sent")[0])


def _shallow() -> UnknownAge:
    return UnknownAge("this clone is shallow", f"git fetch --unshallow   {_WHOLE_IN_CI}", shallow=True)


def _compared(git: Git, commit: str) -> bool | UnknownAge:
    here = commit_of(git)
    if here is None or COMMIT.fullmatch(commit) is None:
        return UnknownAge("nothing is checked out", "git checkout a commit")
    if here == commit:
        return False
    shallow = git.is_shallow()
    unknown = (
        _shallow() if shallow else UnknownAge("this clone does not have it", f"git fetch   {_WHOLE_IN_CI}")
    )
    if not _has(git, commit):
        return unknown
    if _leads(git, here, commit):
        return True
    # Where the history is cut, that no way was found is no proof that there is none.
    return unknown if shallow and not _leads(git, commit, here) else False


def _has(git: Git, commit: str) -> bool:
    return git.run("cat-file", "-e", f"{commit}^{{commit}}").code == 0


def _leads(git: Git, one: str, other: str) -> bool:
    answer = git.run("merge-base", "--is-ancestor", one, other)
    if answer.code not in (0, 1):
        git.must("merge-base", "--is-ancestor", one, other)
    return answer.code == 0
