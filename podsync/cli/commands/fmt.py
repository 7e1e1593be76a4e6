"""`podsync fmt`: the catalog's files in one form, without a change of what they say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from podsync.cli.app.framework import command
from podsync.cli.app.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from podsync.catalog.discovery import FoundFile
    from podsync.model.diagnostic import Diagnostic

_DIFFERS = 1
_INVALID = 3


@command(
    examples=("podsync fmt", "podsync fmt catalog/tees", "podsync fmt --check"),
)
@click.argument("path", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 where a file would change.")
@click.pass_obj
def fmt(session: Session, path: tuple[str, ...], check: bool) -> int:
    """Put the keys of every document in order, and indent them evenly.

    Values and comments stay as they are written, to the character. A file with a fault is named and left as
    it is. With PATH, only these files and folders.
    """
    from podsync.catalog.formatting.yaml_form import formatted
    from podsync.cli.app.formats import say_diagnostics
    from podsync.cli.workspace import Workspace
    from podsync.model.diagnostic import errors_among, in_file_order
    from podsync.output.escape import safe
    from podsync.output.wording import counted

    space = Workspace.open(session, in_any=True)
    if not path:
        space.must_have_a_catalog()
    changed: list[str] = []
    faults: list[Diagnostic] = []
    files = list(_files(space.settings.catalog, path))
    for found, raw in _read(files, faults):
        made = formatted(found.path, raw)
        faults += made.faults
        if made.content != raw:
            changed.append(found.path)
            if not check:
                _write(Path(found.location), raw, made.content)
    say_diagnostics(in_file_order(faults), session)
    lines = [f"{'would change' if check else 'changed'} {safe(name)}" for name in changed]
    rest = "" if check or changed else " Nothing had to be changed."
    counts = f"{counted(len(changed), 'file')} of {len(files)} {'would change' if check else 'changed'}."
    session.console.result("\n".join([*lines, counts + rest]))
    if errors_among(faults):
        return _INVALID
    return _DIFFERS if check and changed else 0


def _files(catalog: str, paths: Sequence[str]) -> Iterator[FoundFile | Diagnostic]:
    """Yield what is to be put in form: of the catalog, or of the paths that were given."""
    from podsync.catalog.loader import files_of

    yield from files_of(Path(), catalog, paths)


def _read(
    files: Sequence[FoundFile | Diagnostic], faults: list[Diagnostic]
) -> Iterator[tuple[FoundFile, bytes]]:
    """Yield each file that can be read with its content; what cannot goes to `faults`."""
    from podsync.catalog.discovery import read_bytes
    from podsync.model.diagnostic import Diagnostic

    for each in files:
        raw = each if isinstance(each, Diagnostic) else read_bytes(each)
        if isinstance(raw, Diagnostic):
            faults.append(raw)
        elif not isinstance(each, Diagnostic):
            yield each, raw


def _write(place: Path, was: bytes, content: bytes) -> None:
    """Put a file in the place of the one that was read, whole or not at all; a link stays one.

    Raises PodsyncError where it cannot be written, or was changed meanwhile.
    """
    from podsync.files.atomic import write_whole
    from podsync.files.os_files import OsFiles
    from podsync.model.errors import PodsyncError

    target = place.resolve()
    try:
        if target.read_bytes() != was:
            raise PodsyncError(f"{place} was changed while it was read", "run the command again")
        write_whole(OsFiles(), target, content, temporary=f".{target.name}")
    except OSError as error:
        raise PodsyncError(f"cannot write {place}: {error.strerror or error}") from None
