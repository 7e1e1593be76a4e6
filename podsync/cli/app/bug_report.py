"""Reports an unexpected exception: a line for people, the rest in a file, in CI on stderr; without keys."""

from __future__ import annotations

import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

from podsync import __version__
from podsync.cli.app.session import Session
from podsync.cli.environment.credentials import mask
from podsync.cli.environment.own_folder import FOLDER


def report_bug(error: BaseException, session: Session) -> int:
    """Report an unexpected exception; returns the exit code."""
    story = mask("".join(traceback.format_exception(error)), os.environ)
    text = f"podsync {__version__}, Python {sys.version.split()[0]}, {sys.platform}\n{story}"
    brief = mask(f"{type(error).__name__}: {error}".splitlines()[0][:200], os.environ)
    if session.console.in_ci:
        session.console.say(text)
        session.console.say(f"error: this is a bug in podsync: {brief} (the log stands above)")
        return 1
    where = _keep(text, Path(session.folder))
    session.console.say(f"error: this is a bug in podsync: {brief} ({where})")
    return 1


def _keep(text: str, folder: Path) -> str:
    name = time.strftime(f"bug-%Y%m%dT%H%M%SZ-{os.urandom(3).hex()}.log", time.gmtime())
    home = folder / FOLDER
    try:
        # A link leads where somebody else wants the log.
        own = home.is_dir() and not home.is_symlink()
        if not own and (os.path.lexists(home) or not (folder / "podsync.yaml").exists()):
            home = Path(tempfile.gettempdir())  # do not leave a folder where podsync has no business
        home.mkdir(exist_ok=True)
        # A new file, for this user only: a log contains names and places.
        with open(os.open(home / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:  # noqa: PTH123
            stream.write(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        return f"and its log could not be written: {error.strerror}"
    return f"the log is {home / name}"
