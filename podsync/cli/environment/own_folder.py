"""Checks `.podsync`, podsync's own folder: one that came with a branch is refused.

Its content is trusted only with a seal (see `podsync.files.seal`). A link in it could still lead what podsync
writes elsewhere, and a copy that Git tracks would change under a reviewer's hands. podsync makes neither.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from podsync.files.os_files import is_link
from podsync.model.diagnostic import Diagnostic
from podsync.model.errors import CatalogError

FOLDER = ".podsync"
#: The first version of an index that shortens names; the prefix of files that hold some of them.
_COMPRESSED, _SHARED = 4, "sharedindex."
_SHOWN = 3


def refuse_foreign(root: Path = Path()) -> None:
    """Raise CatalogError if the folder, or something in it, is a link, or if Git tracks it."""
    if not os.path.lexists(root / FOLDER):
        return
    link = next(_links(root), None)
    if link is not None:
        raise CatalogError([_fault(f"{link} is a link; podsync makes none", f"remove it: rm {link}")])
    tracked = _tracked(root)
    if tracked:
        more = f" and {len(tracked) - _SHOWN} more" if len(tracked) > _SHOWN else ""
        files = ", ".join(tracked[:_SHOWN]) + more
        raise CatalogError(
            [
                _fault(
                    f"Git tracks {files}: {FOLDER} belongs to one machine; a commit of it is not believed",
                    f"take it out of the repository: git rm -r -f --cached {FOLDER}; "
                    f"and put {FOLDER} (without a slash) into .gitignore",
                )
            ]
        )


def _fault(summary: str, remedy: str) -> Diagnostic:
    return Diagnostic("error", "own-folder", summary, detail=remedy)


def _links(root: Path) -> Iterator[str]:
    """Yield the links: the folder itself, or whatever is in it."""
    if is_link(root / FOLDER):
        yield FOLDER
        return
    for folder, folders, files in os.walk(root / FOLDER):
        places = (Path(folder, name) for name in sorted([*folders, *files]))
        yield from (place.relative_to(root).as_posix() for place in places if is_link(place))


def _tracked(root: Path) -> list[str]:
    """Return what Git tracks of the folder; it is asked only if its index may name it."""
    if not _may_be_tracked(Path(os.path.realpath(root))):
        return []
    from podsync.cli.environment import origin

    answer = origin.git_of(os.environ, root.resolve()).run("ls-files", "-z")
    names = answer.out.decode("utf-8", "surrogateescape").split("\0") if answer.code == 0 else []
    inside = origin.folder_in_repository(root)
    below = f"{inside}/" if inside else ""
    inside_folder = [name.removeprefix(below) for name in names if name.startswith(below)]
    # If the disk ignores case, another spelling is the same folder.
    return [name for name in inside_folder if name.partition("/")[0].casefold() == FOLDER]


def _may_be_tracked(folder: Path) -> bool:
    """Whether the index of the repository around this folder may name it.

    The index is searched, not parsed: one that shortens names, or keeps some in another file, may name
    anything.
    """
    from podsync.state.git.environment import private_folder, root_of

    root = root_of(folder)
    if root is None:
        return False
    try:
        kept = private_folder(root)
        data = (kept / "index").read_bytes() if (kept / "index").is_file() else b""
        shared = any(name.startswith(_SHARED) for name in os.listdir(kept))  # noqa: PTH208
    except OSError:
        return False
    if shared or int.from_bytes(data[4:8], "big") >= _COMPRESSED or FOLDER.encode() in data:
        return True
    # If the disk ignores case, another spelling is the same folder.
    return os.path.lexists(folder / FOLDER.upper()) and FOLDER.encode() in data.lower()
