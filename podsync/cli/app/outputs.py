"""`-o FORMAT[=FILE]`: what goes to stdout and what goes into files, each whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Self

from podsync.cli.app.console import Forms, Text, whole
from podsync.cli.app.formats import EVERY_FORMAT, formats_of
from podsync.cli.app.framework import nearest
from podsync.model.errors import PodsyncError, UsageError


class _OutputFile:
    """A file to be written: `temporary` is held open beside it from the beginning."""

    def __init__(self, form: str, path: Path) -> None:
        self.format = form
        self.path = path
        self.temporary: Path | None = None
        self.stream: BinaryIO | None = None


class Outputs:
    """Where the result goes. Used as `with outputs:`, which reserves files and removes them without a result.

    `screen` is the format of stdout. If `annotated`, annotations for GitHub's runner come before it.
    """

    def __init__(self) -> None:
        self.screen = "text"
        self.annotated = False
        self.files: list[_OutputFile] = []

    @property
    def exact(self) -> bool:
        """Whether a program reads what goes to stdout."""
        return self.screen != "text"

    @classmethod
    def parse(cls, given: Sequence[str], command: str = "") -> Outputs:
        """Read the options of a command; raises UsageError for what cannot be meant."""
        outputs, screens, known = cls(), [], formats_of(command)
        for word in given:
            name, equals, file = word.partition("=")
            _check_format(name, known)
            if equals and not file:
                raise UsageError(f"-o {word}: a file's name is missing after =")
            if file and file != "-":
                outputs._add(name, Path(file))
            else:
                screens.append(name)
        if set(screens) == {"github", "text"}:
            screens, outputs.annotated = ["text"], True
        if len(set(screens)) > 1:
            raise UsageError(
                f"only one format fits on stdout, not {' and '.join(screens)}",
                f"give the other a file: -o {screens[1]}={screens[1]}.out",
            )
        outputs.screen = screens[0] if screens else "text"
        return outputs

    def refuse(self, kept: Sequence[Path]) -> None:
        """Raise UsageError when a file of podsync's own (state, settings, catalog) would be overwritten.

        A new table may be put beside documents: they can read it.
        """
        for file in self.files:
            target = _target(file.path)
            beside = file.format == "csv" and not target.exists()
            for own in kept:
                resolved = own.resolve()
                if target == resolved or (resolved.is_dir() and resolved in target.parents and not beside):
                    message = f"-o {file.format}={file.path} would overwrite a file of the catalog's own"
                    raise UsageError(message)

    def __enter__(self) -> Self:
        """Reserve every file, so that one that cannot be written is known before anything is sent."""
        try:
            for file in self.files:
                _reserve(file)
        except BaseException:  # a signal, too, may come between two files
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        for file in self.files:
            _release(file)

    def write(self, forms: Forms) -> Text:
        """Write every file and return the text for stdout."""
        for file in self.files:
            _commit(file, forms[file.format]())
        shown = forms[self.screen]()
        return whole(forms["github"]()) + whole(shown) if self.annotated else shown

    def write_known(self, forms: Forms) -> str:
        """Do the same with the formats in `formats` only: of faults there is no plan to write."""
        for file in self.files:
            if file.format in forms:
                _commit(file, forms[file.format]())
        wanted = ["github"] * self.annotated + [self.screen]
        return "".join(whole(forms[name]()) for name in wanted if name in forms)

    def _add(self, name: str, path: Path) -> None:
        if any(_target(other.path) == _target(path) for other in self.files):
            raise UsageError(f"two outputs for one file: {path}")
        self.files.append(_OutputFile(name, path))


def _check_format(name: str, known: Sequence[str]) -> None:
    if name in known:
        return
    if name in EVERY_FORMAT:
        raise UsageError(f"-o {name} is not a format of this command", f"it has: {', '.join(known)}")
    near = nearest(name, known)
    hint = f"did you mean {near[0]}?" if near else f"available: {', '.join(known)}"
    raise UsageError(f"-o {name}: no such format", hint)


def _target(path: Path) -> Path:
    """Where a link leads, so that it stays a link."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path.absolute()


def _reserve(file: _OutputFile) -> None:
    target = _target(file.path)
    try:
        if target.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        if target.exists():
            if not os.access(target, os.W_OK):
                raise PermissionError(13, "Permission denied")
            if not target.is_file():  # /dev/null, a pipe: nothing to rename over
                return
        import secrets

        # Named before it is made: a signal between the two leaves nothing behind.
        file.temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
        file.stream = file.temporary.open("xb")
    except (OSError, ValueError) as error:
        raise _unwritable(file, error) from None


def _release(file: _OutputFile) -> None:
    if file.stream is not None:
        with suppress(OSError):
            file.stream.close()
        file.stream = None
    if file.temporary is not None:
        with suppress(OSError):
            file.temporary.unlink()
        file.temporary = None


def _commit(file: _OutputFile, text: Text) -> None:
    if isinstance(text, str):
        text = iter((text, "" if text.endswith("\n") else "\n"))
    data = (piece.encode("utf-8", "backslashreplace") for piece in text)
    try:
        if file.stream is None or file.temporary is None:  # not half of it either
            _target(file.path).write_bytes(b"".join(data))
            return
        file.stream.writelines(data)
        file.stream.flush()
        os.fsync(file.stream.fileno())
        file.stream.close()
        file.temporary.replace(_target(file.path))
        file.stream = file.temporary = None
    except OSError as error:
        raise _unwritable(file, error) from None


def _unwritable(file: _OutputFile, error: Exception) -> PodsyncError:
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return PodsyncError(f"cannot write {file.path}: {reason}")
