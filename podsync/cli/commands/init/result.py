"""The files that `podsync init` made, extended, and kept."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from podsync.model.errors import PodsyncError
from podsync.state.git.environment import root_of


@dataclass
class InitResult:
    """The files below `root` that were made, extended, and kept."""

    root: Path
    made: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def file(self, path: Path, text: str) -> bool:
        """Write a file unless it exists; False if there is another one in its place."""
        target = self.root / path
        if os.path.lexists(target):
            self.kept.append(path.as_posix())
            return target.is_file() and target.read_bytes() == text.encode()
        self._stay(target.parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        self.made.append(path.as_posix())
        return True

    def _stay(self, place: Path) -> None:
        """Raise PodsyncError if a link leads out of the repository: whoever filled it may have set it."""
        top = root_of(self.root) or self.root.resolve()
        if not place.resolve().is_relative_to(top):
            raise PodsyncError(
                f"{place} is a link that leads out of the repository; nothing more was written",
                f"remove it, or put a folder of its own in its place: rm {place}",
            )

    def ignore(self, lines: Iterable[str]) -> None:
        """Append the lines that `.gitignore` lacks."""
        target = self.root / ".gitignore"
        if not os.path.lexists(target):
            self.file(Path(".gitignore"), "# what podsync keeps beside a state\n" + "\n".join(lines) + "\n")
            return
        there = target.read_bytes()
        known = {line.strip() for line in there.decode("utf-8", "replace").splitlines()}
        missing = [line for line in lines if line not in known]
        if not missing:
            self.kept.append(".gitignore")
            return
        self._stay(target)
        joint = "" if there.endswith(b"\n") or not there else "\n"
        with target.open("ab") as stream:
            stream.write((joint + "\n".join(missing) + "\n").encode())
        self.added.append(f".gitignore ({len(missing)} lines at its end)")
