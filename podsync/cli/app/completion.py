"""What TAB makes of an address."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

#: A TAB must answer at once: more files than this are not looked into.
FILE_LIMIT = 2000
_KIND = r"^kind:\s*[\"']?([a-z_]+)"
_NAME = r"^name:\s*[\"']?([a-z0-9-]+)"


def complete_address(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Return the addresses that begin with what is typed."""
    chdir = ctx.params.get("chdir") or (ctx.parent.params.get("chdir") if ctx.parent else None)
    root = Path(chdir or ".")
    return [a for a in sorted(addresses_in(root / "catalog")) if a.startswith(incomplete)]


def addresses_in(catalog: Path) -> set[str]:
    """Return what looks like an address in the documents below a folder; unreadable files have none."""
    found: set[str] = set()
    files = (
        path
        for path in catalog.rglob("*.y*ml")
        if not any(part.startswith((".", "_")) for part in path.relative_to(catalog).parts)
    )
    for path in islice(files, FILE_LIMIT):
        found.update(addresses_of(path))
    return found


def addresses_of(path: Path) -> list[str]:
    """Return what looks like the address of each document in a file; an unreadable one has none."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    documents = re.split(r"^---", text, flags=re.MULTILINE)
    matches = [[re.search(each, document, re.MULTILINE) for each in (_KIND, _NAME)] for document in documents]
    return [f"{kind[1]}.{name[1]}" for kind, name in matches if kind and name]
