"""Entry points without `importlib.metadata`, which takes as long to import as half of podsync.

Only what is asked for is read: the file `entry_points.txt` of each distribution that lies in a folder of
the import path. Source: https://packaging.python.org/specifications/entry-points/
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

_ENDINGS = (".dist-info", ".egg-info")


def load_all(group: str, path: Sequence[str] | None = None) -> Mapping[str, Any]:
    """Return what the entry points of a group name, sorted by their names; the first of a name counts.

    `path` are the folders to look in, `sys.path` by default. An installation that keeps its metadata
    elsewhere (in an archive) is asked through the standard library.
    """
    found: dict[str, str] = {}
    for name, reference in _listed(group, sys.path if path is None else path):
        found.setdefault(name, reference)
    if not found and path is None:
        from importlib.metadata import entry_points

        found = {point.name: point.value for point in entry_points(group=group)}
    return {name: _load(found[name]) for name in sorted(found)}


def _listed(group: str, path: Sequence[str]) -> Iterator[tuple[str, str]]:
    for folder in path:
        try:
            names = sorted(os.listdir(folder or "."))  # noqa: PTH208 (only names are needed)
        except OSError:
            continue
        for name in names:
            if name.endswith(_ENDINGS):
                yield from _in_section(os.path.join(folder, name, "entry_points.txt"), group)  # noqa: PTH118


def _in_section(file: str, group: str) -> Iterator[tuple[str, str]]:
    try:
        with open(file, "rb") as stream:  # noqa: PTH123 (one of a hundred)
            data = stream.read()
        text = data.decode("utf-8") if group.encode() in data else ""
    except (OSError, UnicodeDecodeError):
        return
    section = ""
    for line in map(str.strip, text.split("\n")):
        if line.startswith("["):
            section = line.strip("[]").strip()
        elif section == group and "=" in line and not line.startswith(("#", ";")):
            name, _, reference = line.partition("=")
            yield name.strip(), reference.partition("[")[0].strip()


def _load(reference: str) -> Any:
    module, _, attributes = reference.partition(":")
    value: Any = import_module(module)
    for attribute in filter(None, attributes.split(".")):
        value = getattr(value, attribute)
    return value
