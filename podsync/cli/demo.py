"""`podsync demo`: the whole way, with no account, no network and no set-up."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from podsync.cli.framework import command
from podsync.cli.session import Session, quoted

_STEPS = (
    (("validate",), "Is every document right?"),
    (("plan",), "What would happen? Nobody is asked, nothing is sent."),
    (("apply", "--auto-approve"), "Do it. The sandbox answers as KakaClo and Gelato would."),
    (("plan", "--detailed-exitcode"), "And now? Each product was made exactly once."),
)
#: Nothing of the caller's may change what the demonstration shows.
_KEPT_OUT = ("PODSYNC_", "KAKACLO_", "GELATO_", "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")


@command(
    examples=("podsync demo",),
)
@click.pass_obj
def demo(session: Session) -> int:
    """Copy the example catalog to a temporary folder, and walk it through every step.

    The providers are the built-in sandbox on this machine: no account, key or network is
    needed, and nothing is left behind but that folder.
    """
    folder = Path(tempfile.mkdtemp(prefix="podsync-demo-"))
    _prepare(folder)
    session.console.result(f"The example catalog, copied to {folder}")
    with _undisturbed(), contextlib.chdir(folder):
        for words, why in _STEPS:
            session.console.result(f"\n# {why}\n$ {quoted('podsync', *words)}")
            code = _run(words, session)
            if code:
                session.console.say(f"error: this step ended with exit code {code}; its folder is {folder}")
                return code
    session.console.result(_what_next(folder))
    return 0


def _prepare(folder: Path) -> None:
    from podsync.cli.starters import shipped_catalog

    shutil.copytree(shipped_catalog(), folder / "catalog")
    settings = "version: 1\nsandbox: true   # no request leaves this machine\n"
    (folder / "podsync.yaml").write_text(settings, encoding="utf-8")


def _run(words: tuple[str, ...], session: Session) -> int:
    from podsync.cli.main import main

    return main([*words, "--no-color"] if session.no_color else [*words])


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    hidden = {name: value for name, value in os.environ.items() if name.startswith(_KEPT_OUT)}
    for name in hidden:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(hidden)


def _what_next(folder: Path) -> str:
    there = quoted("podsync", "-C", str(folder))
    return (
        "\nTry next\n"
        f"  change colorValue in {folder / 'catalog' / 'designed' / 'dinosaur-tee.yaml'}, then\n"
        f"    {there} plan\n"
        f"    {there} apply\n"
        f"  see what it remembers:  {there} state list\n"
        f"  start your own:         {quoted('podsync', 'init', 'my-shop')}"
    )
