"""`podsync completion`: the script that makes TAB work."""

from __future__ import annotations

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
def completion(session: Session, shell: str) -> int:
    """Print a shell's completion script."""
    from podsync.cli.main import cli

    found = get_completion_class(shell)
    assert found is not None  # noqa: S101 (the three that click has)
    # Not the class's own `source`: bash's starts a bash to look at its version.
    script = ShellComplete.source(found(cli, {}, "podsync", "_PODSYNC_COMPLETE"))
    session.console.result(script)
    return 0
