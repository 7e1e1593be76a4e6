"""`podsync demo`: the whole way, with no account, no network and no set-up."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from podsync.cli.app import formats
from podsync.cli.app.framework import command
from podsync.cli.app.session import Session, program, quoted
from podsync.cli.commands.init.starter_files import shipped_catalog
from podsync.cli.commands.saved_plan import read_plan
from podsync.cli.main import main
from podsync.output.wording import in_words, title
from podsync.plan.model import Plan
from podsync.providers.descriptor import FieldRoles
from podsync.providers.registry import plugins, roles_of

_STEPS = (
    (("validate",), "Is every document right?"),
    (("plan",), "What would happen? Nobody is asked, nothing is sent."),
    (("apply", "--auto-approve"), "Do it. The sandbox answers as {titles} would."),
    (("plan", "--detailed-exitcode"), "And now? Each product was made exactly once."),
)
_CHANGE = (
    (
        ("plan", "-o", "text", "-o", "html=plan.html", "-o", "json=plan.json"),
        "What does that change? {title} cannot change a product: a new one takes its place.",
    ),
    (("apply", "plan.json", "--auto-approve"), "Do just that: the plan that was looked at."),
    (("state", "orphans"), "What is left for a person? No API can delete the old one."),
)
#: Of the shipped catalog: which document the demonstration edits, and how.
_SCRIPT = "_demo.json"
#: Nothing of the caller's may change what the demonstration shows.
_KEPT_OUT = ("PODSYNC_", "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")


@command(examples=("podsync demo",))
def demo(session: Session) -> int:
    """Copy the example catalog to a temporary folder, and walk it through every step.

    The providers are the built-in sandbox on this machine: no account, key or network is
    needed, and nothing is left behind but that folder.
    """
    folder = Path(tempfile.mkdtemp(prefix="podsync-demo-"))
    _prepare(folder)
    session.console.result(f"The example catalog, copied to {folder}")
    with _undisturbed(), contextlib.chdir(folder):
        code = _walk(_STEPS, session)
        if code == 0:
            script = _script()
            session.console.result(_edited(script))
            owner = title(script["provider"])
            code = _walk([(words, why.replace("{title}", owner)) for words, why in _CHANGE], session)
        if code:
            session.console.say(f"error: this step ended with exit code {code}; its folder is {folder}")
            return code
        _write_page(session)
    session.console.result(_what_next(folder))
    return 0


def _walk(steps: Iterable[tuple[tuple[str, ...], str]], session: Session) -> int:
    """Run one command after the other; return the exit code of the first that fails, else 0."""
    for words, why in steps:
        session.console.result(f"\n# {in_words(why)}\n$ {quoted('podsync', *words)}")
        code = main([*words, "--no-color"] if session.no_color else [*words])
        if code:
            return code
    return 0


def _script() -> Any:
    return json.loads((shipped_catalog() / _SCRIPT).read_text(encoding="utf-8"))


def _edited(script: Any) -> str:
    file = Path("catalog", script["edited"])
    text = file.read_text(encoding="utf-8")
    lines = [f"\n# Somebody edits {file.as_posix()}"]
    for old, new in script["changes"]:
        text = text.replace(old, new, 1)
        lines += [f"- {old}", f"+ {new}"]
    file.write_text(text, encoding="utf-8")
    return "\n".join(lines)


def _write_page(session: Session) -> None:
    """Write the page again, with pictures that are drawn here: the demonstration needs no network."""
    plan = read_plan("plan.json", session)
    page = "".join(formats.page_with_pictures(plan, drawn(plan)))
    Path("plan.html").write_text(page, encoding="utf-8")


def _prepare(folder: Path) -> None:
    shutil.copytree(shipped_catalog(), folder / "catalog", ignore=shutil.ignore_patterns(_SCRIPT))
    settings = "version: 1\nsandbox: true   # no request leaves this machine\n"
    (folder / "podsync.yaml").write_text(settings, encoding="utf-8")


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    own = [name for info in plugins().values() for name in (info.key_variable, info.url_variable)]
    hidden = {name: value for name, value in os.environ.items() if name.startswith((*_KEPT_OUT, *own))}
    for name in hidden:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(hidden)


def _what_next(folder: Path) -> str:
    there = quoted(program(), "-C", str(folder))
    return (
        "\nTry next\n"
        f"  open the page of that change, old beside new: {folder / 'plan.html'}\n"
        f"  change something in {folder / 'catalog' / _script()['edited']}, then\n"
        f"    {there} plan\n"
        f"    {there} apply\n"
        f"  see what it remembers:  {there} state list\n"
        f"  start your own:         {quoted(program(), 'init', 'my-shop')}"
    )


_GARMENT = "M30 12 L42 8 Q50 16 58 8 L70 12 L88 30 L76 42 L70 36 L70 92 L30 92 L30 36 L24 42 L12 30 Z"
_PRINTS = {
    "front": '<circle cx="50" cy="48" r="13" fill="#fff" fill-opacity=".85"/>'
    '<path d="M41 54 q6 -16 14 -9 q6 0 4 6 l-5 1 v6 h-3 v-5 h-5 v5 h-3 z" fill="#2b6b3f"/>',
    "back": '<path d="M38 30 h24" stroke="#fff" stroke-opacity=".6" stroke-width="2"/>',
}


def drawn(plan: Plan) -> dict[str, str]:
    """Return a picture for every address that a plan's products name: address -> `data:image/svg+xml;…`."""
    found: dict[str, str] = {}
    for change in plan.changes:
        for spec in (change.before, change.after):
            if spec is not None:
                found |= dict(_of_product(roles_of(change.provider), spec))
    return found


def _of_product(roles: FieldRoles, spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    colour = str(spec.get(roles.colour, ""))
    fill = colour if re.fullmatch(r"#[0-9A-Fa-f]{6}", colour) else "#888888"
    for image in spec.get(roles.artwork, ()):
        yield str(image[roles.artwork_url]), _svg(_PRINTS["front"])
    for side, field in reversed(roles.pictures):
        if spec.get(field):
            garment = f'<path d="{_GARMENT}" fill="{fill}" stroke="#333" stroke-width=".6"/>'
            yield str(spec[field]), _svg(garment + _PRINTS.get(side, ""))


def _svg(body: str) -> str:
    size = 'viewBox="0 0 100 100" width="800" height="800"'
    ground = '<rect width="100" height="100" fill="#eee"/>'
    text = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{ground}{body}</svg>'
    return "data:image/svg+xml;base64," + base64.b64encode(text.encode()).decode()
