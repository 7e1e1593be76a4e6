"""Chooses the folder, the program and the environment of every git call; the tree decides none of them.

A repository's tree may hold anything that its contributors like: a folder that looks like a bare repository,
a program called `git`, a file that the settings include. What decides belongs to the machine and its user:
the nearest `.git` (which Git lets no tree carry), absolute folders of the PATH outside the work tree, and the
variables below.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

#: The variables of Git's own that a person or a CI sets for reaching a remote, or for saying where the own
#: settings are. Everything else that begins with GIT_ is dropped: another repository or index (GIT_DIR,
#: GIT_INDEX_FILE, GIT_OBJECT_DIRECTORY, as hooks have them), other contents (GIT_REPLACE_REF_BASE,
#: GIT_SHALLOW_FILE, GIT_NAMESPACE), programs that nobody needs here (GIT_EXTERNAL_DIFF, GIT_PAGER,
#: GIT_EDITOR), logs that would hold keys (GIT_TRACE_CURL), and certificates left unchecked
#: (GIT_SSL_NO_VERIFY).
_FOR_REMOTES = frozenset(
    {
        "GIT_SSH_COMMAND",  # a deploy key of this run: `ssh -i …`
        "GIT_SSH",
        "GIT_SSH_VARIANT",
        "GIT_ASKPASS",  # how CI systems and editors hand over a password
        "GIT_ALLOW_PROTOCOL",  # these two only ever narrow what is reached
        "GIT_PROTOCOL_FROM_USER",
        "GIT_PROXY_COMMAND",
        "GIT_HTTP_PROXY_AUTHMETHOD",
        "GIT_HTTP_USER_AGENT",
        "GIT_SSL_CAINFO",
        "GIT_SSL_CAPATH",
        "GIT_SSL_CERT",
        "GIT_SSL_KEY",
        "GIT_SSL_CERT_PASSWORD_PROTECTED",
    }
)
#: Where the person's settings are, and settings that are handed over by the environment alone.
_FOR_SETTINGS = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_PARAMETERS")
_NUMBERED = ("GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_")
#: All that a call needs which asks nobody. SUDO_UID tells Git whose repositories root may trust.
_ON_THIS_MACHINE = frozenset(
    {
        "PATH", "HOME", "XDG_CONFIG_HOME", "USER", "LOGNAME", "SUDO_UID", "TMPDIR", "TMP", "TEMP",
        "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "GIT_EXEC_PATH",
        "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "SYSTEMROOT",
        "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT",
    }
)  # fmt: skip


def root_of(folder: Path) -> Path | None:
    """Return the top of the work tree that `folder` is in, None outside of any.

    The nearest `.git` decides, as a folder or as the file of a worktree or submodule. A folder that merely
    looks like a bare repository is none: any tree can carry one.
    """
    here = folder.resolve()
    return next((place for place in (here, *here.parents) if os.path.lexists(place / ".git")), None)


def may_lack_files(folder: Path, needed: Sequence[Path]) -> bool:
    """Whether the checkout is of a kind that leaves files away; no program is asked.

    A sparse checkout keeps its patterns in a file, submodules are named in another.
    """
    return any(
        (private_folder(top) / "info" / "sparse-checkout").exists() or os.path.lexists(top / ".gitmodules")
        for top in tops(folder, needed)
    )


def tops(folder: Path, needed: Sequence[Path]) -> list[Path]:
    """Return the repositories that `folder` and what is `needed` are in; a submodule is one of its own."""
    places = {folder, *(_nearest(place.resolve()) for place in needed)}
    return sorted({top for top in map(root_of, places) if top is not None})


def _nearest(folder: Path) -> Path:
    return next((place for place in (folder, *folder.parents) if place.is_dir()), folder)


def private_folder(root: Path) -> Path:
    """Return what git keeps for this work tree alone: `.git`, or where that file leads."""
    entry = root / ".git"
    try:
        pointer = entry.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return entry
    return root / pointer.removeprefix("gitdir:").strip()


def program(environment: Mapping[str, str], root: Path) -> str | None:
    """Return the path of `git`, looked for outside the work tree only; None where there is none.

    Windows would look into the current folder first.
    """
    name = "git.exe" if sys.platform == "win32" else "git"
    for folder in _folders(environment, root):
        found = Path(folder, name)
        if found.is_file() and os.access(found, os.X_OK):
            return str(found)
    return None


def _folders(environment: Mapping[str, str], root: Path) -> list[str]:
    """The PATH without what is relative (it would be looked for in the tree) or in the tree."""
    return [
        folder
        for folder in environment.get("PATH", os.defpath).split(os.pathsep)
        if Path(folder).is_absolute() and not Path(folder).resolve().is_relative_to(root)
    ]


def for_remotes(environment: Mapping[str, str], root: Path) -> dict[str, str]:
    """Return what a call may see that speaks to a remote: the person's own, without foreign GIT_*."""
    kept = {name: value for name, value in environment.items() if not name.startswith("GIT_")}
    kept |= {name: value for name, value in environment.items() if name in _FOR_REMOTES}
    return _fixed(kept | _settings(environment), environment, root)


def for_this_machine(environment: Mapping[str, str], root: Path) -> dict[str, str]:
    """Return what a call may see that asks nobody: no key of any kind, and no transport is allowed.

    An object that a partial clone has left at its remote is not fetched: `GIT_NO_LAZY_FETCH` says so to a
    Git that knows it (2.45, and 2.39.4 and later of the older ones); to any other no protocol is allowed.
    """
    kept = {name: value for name, value in environment.items() if name.upper() in _ON_THIS_MACHINE}
    nobody = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}
    return _fixed(kept | _settings(environment), environment, root) | nobody


def _settings(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if name in _FOR_SETTINGS or name.startswith(_NUMBERED)
    }


def _fixed(kept: dict[str, str], environment: Mapping[str, str], root: Path) -> dict[str, str]:
    kept["PATH"] = os.pathsep.join(_folders(environment, root))
    programs = environment.get("GIT_EXEC_PATH", "")
    if Path(programs).is_absolute() and not Path(programs).resolve().is_relative_to(root):
        kept["GIT_EXEC_PATH"] = programs  # a Git that was moved does not find its parts without it
    else:
        kept.pop("GIT_EXEC_PATH", None)
    return kept | {
        "LC_ALL": "C",
        "LANGUAGE": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_LITERAL_PATHSPECS": "1",
        # A folder whose `.git` is broken is no reason to take the repository around it.
        "GIT_CEILING_DIRECTORIES": str(root.parent),
    }
