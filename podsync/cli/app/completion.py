"""`podsync completion`: the script that makes TAB work."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

import click
from click.shell_completion import ShellComplete, get_completion_class

from podsync.cli.app.framework import command
from podsync.cli.app.session import Session


@command(
    examples=(
        'eval "$(podsync completion bash)"                      in ~/.bashrc',
        'eval "$(podsync completion zsh)"                       in ~/.zshrc',
        "podsync completion fish > ~/.config/fish/completions/podsync.fish",
    )
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_obj
def completion(session: Session, shell: str) -> int:
    """Print a shell's completion script."""
    from podsync.cli.main import cli

    found = get_completion_class(shell)
    assert found is not None  # noqa: S101 (the three that click has)
    # Not the class's own `source`: bash's starts a bash to look at its version.
    script = ShellComplete.source(found(cli, {}, "podsync", "_PODSYNC_COMPLETE"))
    session.console.result(script)
    return 0


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
