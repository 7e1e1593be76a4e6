"""What a shell offers after TAB: the addresses of the catalog, found without parsing YAML."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

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
    files = (p for p in catalog.rglob("*.y*ml") if not _skipped(p.relative_to(catalog)))
    for path in islice(files, FILE_LIMIT):
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        for document in re.split(r"^---", text, flags=re.MULTILINE):
            kind, name = (re.search(each, document, re.MULTILINE) for each in (_KIND, _NAME))
            if kind and name:
                found.add(f"{kind[1]}.{name[1]}")
    return found


def _skipped(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)
