"""Finds what a workflow installs podsync from: a full commit id, or files with hashes.

A name on a package index belongs to whoever registers it first, and a version can hold anything, so a name
alone is not enough. pip records the source of a package that is not from an index (PEP 610,
`direct_url.json`): a Git commit, or a file with its hash.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from podsync.model.errors import UsageError

_ID = "(?:[0-9a-f]{64}|[0-9a-f]{40})"
_HASHES = r"(?: --hash=sha256:[0-9a-f]{64})+"
#: No character that ends a word in a shell, in YAML or in a GitHub expression; no user, no password.
_PLACE = r"https://[A-Za-z0-9.:-]+/[A-Za-z0-9._~/+-]+"
_COMMIT = re.compile(rf"git\+{_PLACE}(?:\.git)?@{_ID}")
_RELEASE = re.compile(rf"podsync==[A-Za-z0-9.+!_-]+{_HASHES}")
_FILE = re.compile(rf"podsync @ {_PLACE}{_HASHES}")
_REMEDY = (
    "podsync init --ci github --from git+https://HOST/OWNER/podsync@COMMIT, with the 40 hex digits of the "
    'commit; of a release --from "podsync==VERSION --hash=sha256:DIGEST", with a --hash for each of its '
    "files (pip hash FILE prints it; each release lists them)"
)


def source(given: str | None, noted: str | None) -> str:
    """Return what to install: `given`, or else the source that pip `noted`.

    Raises UsageError, with a remedy, if that does not identify one content.
    """
    if given is not None:
        if not is_pinned(given):
            raise UsageError(
                f"--from {given} names no commit and no hash: what it brings can change", _REMEDY
            )
        return given
    found = _of_note(noted)
    if found is None:
        raise UsageError(
            "this podsync does not know which commit or file it was installed from, and the workflows must "
            "install exactly one",
            _REMEDY,
        )
    return found


def is_pinned(text: str) -> bool:
    """Whether a text identifies one content: a full commit id, or files with hashes."""
    return any(form.fullmatch(text) for form in (_COMMIT, _RELEASE, _FILE))


def noted() -> str | None:
    """Return pip's record of where this podsync came from; None for an index, or without a package."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        return distribution("podsync").read_text("direct_url.json")
    except PackageNotFoundError:
        return None


def _of_note(text: str | None) -> str | None:
    """Return the source in a `direct_url.json`; None if others cannot reach it."""
    try:
        note: Any = json.loads(text or "null")
    except ValueError:
        return None
    if not (isinstance(note, Mapping) and isinstance(note.get("url"), str)):
        return None
    url, vcs, archive = note["url"], note.get("vcs_info"), note.get("archive_info")
    made = ""
    if isinstance(vcs, Mapping) and vcs.get("vcs") == "git":
        made = f"git+{url}@{vcs.get('commit_id')}"
    elif isinstance(archive, Mapping) and isinstance(archive.get("hashes"), Mapping):
        made = f"podsync @ {url} --hash=sha256:{archive['hashes'].get('sha256')}"
    return made if is_pinned(made) and "subdirectory" not in note else None
