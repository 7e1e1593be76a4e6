"""`podsync fmt`: the catalog's files in one form, without a change of what they say."""

from __future__ import annotations

from pathlib import Path

import click

from podsync.catalog.formatting.files import FileForm, FilesInForm
from podsync.cli.app.formats import say_diagnostics
from podsync.cli.app.framework import command
from podsync.cli.app.session import Session
from podsync.cli.chosen_environment import authoring_anywhere
from podsync.cli.workspace import Workspace
from podsync.files.atomic import write_whole
from podsync.files.os_files import OsFiles
from podsync.model.diagnostic import errors_among, in_file_order
from podsync.model.errors import PodsyncError, UsageError
from podsync.output.escape import safe
from podsync.output.wording import counted

_DIFFERS = 1
_INVALID = 3


@command(
    examples=(
        "podsync fmt",
        "podsync fmt catalog/tees",
        "podsync fmt --check",
        "podsync fmt --fold catalog/tees -o catalog/tee.yaml",
    )
)
@click.argument("path", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 where a file would change.")
@click.option("--fold", is_flag=True, help="Propose one document with axes that makes the same products.")
@click.option("-o", "--output", metavar="FILE", help="With --fold: a new file for it.")
def fmt(session: Session, path: tuple[str, ...], check: bool, fold: bool, output: str | None) -> int:
    """Put the keys of every document in order, and indent them evenly.

    Values and comments stay as they are written, to the character. A file with a fault is
    named and left as it is. With PATH, only these files and folders.

    --fold reads the documents of PATH and changes none of them.
    """
    space = Workspace.open(session, in_any=True)
    if (fold and check) or (output is not None and not fold):
        raise UsageError("--fold stands without --check, and -o only beside --fold", "podsync fmt --help")
    if fold and not path:
        raise UsageError("--fold needs to know which documents", "name files, or a folder")
    if not path:
        space.must_have_a_catalog()
    about = authoring_anywhere(space.settings, space.settings_path, space.authoring)
    formatting = FilesInForm(Path(), space.settings.catalog, path, space.providers, about)
    if fold:
        return _write_folded(space, *formatting.folded(output), output)
    files = list(formatting.forms())
    changed = [each for each in files if each.content != each.was]
    for each in () if check else changed:
        _write(each)
    faults = [fault for each in files for fault in each.faults]
    say_diagnostics(in_file_order(faults), session)
    word, faulty = "would change" if check else "changed", sum(bool(each.faults) for each in files)
    left = f", {faulty} left as {'it is' if faulty == 1 else 'they are'}" if faulty else ""
    lines = [f"{word} {safe(each.path)}" for each in changed]
    session.console.result(
        "\n".join([*lines, f"{counted(len(changed), 'file')} of {len(files)} {word}{left}."])
    )
    if errors_among(faults):
        return _INVALID
    return _DIFFERS if check and changed else 0


def _write_folded(space: Workspace, text: str, count: int, output: str | None) -> int:
    if output is None:
        space.session.console.result(text, exact=True)
        return 0
    try:
        with Path(output).open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise PodsyncError(f"cannot write {output}: {error.strerror or error}") from None
    space.session.console.result(
        f"{output}: one document for {count}. Remove those, then look: {space.command_line('plan')}"
    )
    return 0


def _write(form: FileForm) -> None:
    """Put a file in the place of the one that was read, whole or not at all; a link stays one.

    Raises PodsyncError where it cannot be written, or was changed meanwhile.
    """
    target = form.place.resolve()
    try:
        if target.read_bytes() != form.was:
            raise PodsyncError(f"{form.path} was changed while it was read", "run the command again")
        write_whole(OsFiles(), target, form.content, temporary=f".{target.name}")
    except OSError as error:
        raise PodsyncError(f"cannot write {form.path}: {error.strerror or error}") from None
