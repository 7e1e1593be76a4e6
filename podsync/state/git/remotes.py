"""Checks a remote before it is contacted: a person has set it up, and nothing of it is in the tree."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from podsync.model.errors import StateError
from podsync.state.git.command import Git, local_failure
from podsync.state.git.environment import root_of

#: `helper::address` runs the program git-remote-helper; of these two the address is a command or a pipe.
_COMMANDS = ("ext::", "fd::")


def check_remote(git: Git, name: str) -> None:
    """Raise StateError unless `name` is a configured remote that this work tree has no part in.

    Git takes any other word for a path or an address, and starts the hooks of a repository that it finds
    there. The settings that it reads, and the place that a remote names, must not be files of the tree:
    whoever can send a pull request could write them.
    """
    addresses = [*_addresses(git, name), *_addresses(git, name, "--push")]
    for address in addresses:
        if address.startswith(_COMMANDS):
            raise StateError(
                f"remote {name} is a command ({address.partition('::')[0]}::…), which is not run",
                f"git remote set-url {name} URL; nothing was sent",
            )
        place = _place(git.root, address)
        if place is not None and _tree_of(git, place.resolve()) is not None:
            raise StateError(
                f"remote {name} is a folder of this work tree, whose hooks any contributor could write",
                f"keep it elsewhere: git remote set-url {name} URL; nothing was sent",
            )
    _check_settings(git)


def _addresses(git: Git, name: str, *options: str) -> list[str]:
    answer = git.run("remote", "get-url", "--all", *options, name)
    if answer.code == 0:
        return answer.text.splitlines()
    if "No such remote" not in answer.error and answer.code != 2:
        raise local_failure(answer, "remote")
    known = git.run("remote").text.split()
    there = f" (there is {', '.join(known)})" if known else ""
    raise StateError(
        f"there is no remote {name} in this repository{there}, and the state is kept there",
        f"git remote add {name} URL, or name another in podsync.yaml (state.remote); nothing was sent",
    )


def _place(root: Path, address: str) -> Path | None:
    """Return the folder that an address means, None where it is on no disk of this machine."""
    if address.startswith("file:"):
        return Path(unquote(urlsplit(address).path))
    before, colon, _ = address.partition(":")
    drive = re.fullmatch(r"[A-Za-z]", before) is not None
    if colon and "/" not in before and not drive:
        return None  # host:path, scheme://, helper::
    return root / address


def _tree_of(git: Git, place: Path) -> Path | None:
    """Return the top of the tree that carries `place`, if it is a tree of this repository.

    That is this work tree with all in it, another work tree of the same clone, and what it is a submodule of.
    """
    top = root_of(place)
    if top is None or place.is_relative_to(top / ".git"):
        return None
    if top.is_relative_to(git.root) or git.shares_with(top):
        return top
    outer = git.must("rev-parse", "--show-superproject-working-tree").decode().strip()
    return top if outer and Path(outer).resolve() == top else None


def _check_settings(git: Git) -> None:
    """Refuse settings that are read from a file which the tree carries (`include.path`, a HOME in it)."""
    listed = git.must("config", "--list", "--includes", "--show-origin", "-z").split(b"\0")
    origins = {each.decode("utf-8", "surrogateescape") for each in listed[::2] if each.startswith(b"file:")}
    for origin in sorted(each.removeprefix("file:") for each in origins):
        file = (git.root / origin).resolve()
        top = _tree_of(git, file)
        if top is not None and _carried(git, file, top):
            raise StateError(
                f"git reads settings from {origin}, which belongs to the tree: "
                "any contributor could have it run a program",
                "take it out of git's settings (git config --unset include.path); nothing was sent",
            )


def _carried(git: Git, file: Path, top: Path) -> bool:
    """Whether a file is tracked; one of another repository within this work tree counts as such."""
    nested = top != git.root and top.is_relative_to(git.root)
    shown = str(file.relative_to(top))
    return nested or git.at(top).run("ls-files", "--error-unmatch", "-z", "--", shown).code == 0
