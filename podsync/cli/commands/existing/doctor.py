"""`podsync doctor`: checks whether a run has everything it needs. Each check stands alone."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from podsync import __version__
from podsync.catalog import settings_file
from podsync.cli.app.framework import command
from podsync.cli.app.options import output_option, sandbox_option
from podsync.cli.app.outputs import Outputs
from podsync.cli.app.session import Session
from podsync.cli.environment.clock import SystemClock
from podsync.cli.environment.connect import connected, with_keys
from podsync.cli.environment.credentials import key_of, proxies_to, with_base_urls
from podsync.cli.environment.hosts import is_own
from podsync.cli.environment.origin import git_of, head_sha
from podsync.cli.environment.stores import levels_of
from podsync.cli.workspace import Workspace
from podsync.model.errors import CatalogError, PodsyncError, StateError
from podsync.network.hosts import host_of
from podsync.output.escape import safe
from podsync.output.json.text import json_text
from podsync.output.layout import wrap
from podsync.output.style import Style
from podsync.output.wording import counted, minute, title
from podsync.providers.contract import Query
from podsync.providers.registry import plugins
from podsync.state.git.command import Git
from podsync.state.git.environment import root_of
from podsync.state.local.lock import runs

#: Seconds by which two clocks may differ: within that, dates of products decide little.
_SAME_CLOCK = 30.0
#: A name that no product has: the search costs one page, and shows whether the key is accepted.
_NOBODY = "no product is called so"


class Checkup(NamedTuple):
    """One finding. `bad` means that a run would fail, with the exit code `code`."""

    area: str
    text: str
    remedy: str = ""
    bad: bool = False
    code: int = 0


@command(examples=("podsync doctor", "podsync doctor -o json", "podsync doctor --sandbox"))
@output_option("doctor")
@sandbox_option
def doctor(session: Session, output: tuple[str, ...]) -> int:
    """Look at all that a run needs: settings, catalog, state, Git, keys, and who answers them.

    Each provider for which there is a key is asked one question that no product fits: who answers, how long
    that takes, how far its clock is off, and how many requests are left at once. No provider is sent a
    change. A key is never shown. Every finding says what to do; what cannot be looked at is said too.
    """
    outputs = Outputs.parse(output)
    found = list(_checked(session))
    forms = {
        "text": lambda: _text([each._replace(text=safe(each.text)) for each in found], session),
        "json": lambda: _json(found, session),
    }
    with outputs:
        session.console.result(outputs.write(forms), exact=outputs.exact)
    return next((each.code for each in found if each.bad), 0)


def _text(found: Sequence[Checkup], session: Session) -> str:
    style, width = Style(session.console.out_color), session.console.width
    lines: list[str] = []
    for each in found:
        mark = style.bad("wrong") if each.bad else style.warn("look ") if each.remedy else style.good("ok   ")
        lines += wrap(each.text, width, f"{mark}  {each.area:<9}  ", " " * 18)
        for line in session.as_typed(each.remedy).splitlines():
            lines += wrap(safe(line.strip()), width, " " * 18 + "-> ", " " * 21)
    bad, to_check = (sum(each.bad for each in found), sum(bool(e.remedy) and not e.bad for e in found))
    result = counted(bad, "fault") if bad else "nothing is wrong"
    end = f", {counted(to_check, 'thing')} to look at" if to_check else ""
    return "\n".join([*lines, "", f"Doctor: {result}{end}."]) + "\n"


def _json(found: Sequence[Checkup], session: Session) -> str:
    words = ("ok", "look", "wrong")
    rows = [
        {
            "area": each.area,
            "verdict": words[2 if each.bad else bool(each.remedy)],
            "text": each.text,
            "remedy": session.as_typed(each.remedy),
        }
        for each in found
    ]
    return json_text({"format_version": "1.0", "findings": rows})


# -- the checks, each of which stands alone


def _checked(session: Session) -> Iterator[Checkup]:
    system = f"{platform.system()} {platform.machine()}"
    yield Checkup("podsync", f"{__version__}, Python {platform.python_version()}, {system}, in {Path.cwd()}")
    try:
        space = Workspace.open(session, anywhere=True)
    except PodsyncError as error:
        yield from _faults("settings", error)
        try:
            settings = with_base_urls(settings_file.defaults(), os.environ)
        except PodsyncError:
            return
        space = Workspace(session, settings, None, session.sandbox)
        yield Checkup("settings", "the rest is looked at with the defaults", "mend them first")
    else:
        path, env = space.settings_path, f", environment {space.environment}" if space.environment else ""
        where = str(path) if path is not None else "no podsync.yaml: the defaults hold"
        remedy = "" if path is not None else "podsync init"
        yield Checkup("settings", f"{where}{env}{', SANDBOX' if space.sandbox else ''}", remedy)
    for area, check in (("catalog", _catalog), ("state", _state), ("git", _git), ("provider", _providers)):
        yield from _guarded(area, check, space)


def _guarded(area: str, check: Callable[..., Iterator[Checkup]], *about: Any) -> Iterator[Checkup]:
    """Yield what a check finds; an error that ends the check becomes a finding."""
    try:
        yield from check(*about)
    except PodsyncError as error:
        yield from _faults(area, error)


def _faults(area: str, error: PodsyncError) -> Iterator[Checkup]:
    if isinstance(error, CatalogError):
        for one in error.diagnostics[:3]:
            where = f"{one.at.path}:{one.at.line}: " if one.at is not None else ""
            yield Checkup(
                area, f"{where}{one.summary}", one.detail or "podsync validate", True, error.exit_code
            )
    else:
        yield Checkup(area, error.message, error.remedy or "see above", True, error.exit_code)


def _catalog(space: Workspace) -> Iterator[Checkup]:
    folder = space.settings.catalog
    if not Path(folder).is_dir():
        yield Checkup("catalog", f"there is no folder {folder}", "podsync init")
        return
    loaded = space.read_catalog()
    summary = (
        f"{counted(len(loaded.catalog), 'product')} in {counted(loaded.catalog.files, 'file')} of {folder}"
    )
    if loaded.errors:
        faults = counted(len(loaded.errors), "fault")
        yield Checkup("catalog", f"{summary}, {faults}", "podsync validate", True, 3)
    else:
        yield Checkup("catalog", summary)
    if not space.known_file.raw:
        yield Checkup("models", "their names are not kept here", "podsync models --save")
    else:
        yield Checkup("models", f"{space.known_file.path} names them")


def _state(space: Workspace) -> Iterator[Checkup]:
    label = space.state_label
    state = space.load(tell=False)
    if not state.lineage:
        back = space.store.undo()
        yield Checkup("state", f"{label}: there is none yet", back or "")
    else:
        last = (state.last_apply or {}).get("ended_at") or (state.last_apply or {}).get("at")
        when = f"last apply {minute(last)}" if last else "never applied"
        doubts = sum(entry.pending is not None for entry in state.entries.values())
        summary = f"{label}: {counted(len(state.entries), 'product')}, {when}"
        yield Checkup("state", summary)
        if state.orphans:
            stays = "stay on sale until a person removes them"
            yield Checkup(
                "state", f"{counted(len(state.orphans), 'orphan')}: {stays}", "podsync state orphans"
            )
        if doubts:
            yield Checkup(
                "state", f"{counted(doubts, 'product')} in doubt", "find out: podsync apply", True, 8
            )
    try:
        holder = space.store.holder()
    except StateError as error:  # whoever may not write the state may not see its lock
        yield Checkup("lock", f"who holds it cannot be told: {error.message}", error.remedy or "look again")
        return
    if holder is None:
        yield Checkup("lock", "nobody holds the state")
    elif space.state_settings.backend != "local" or runs(holder):
        yield Checkup("lock", f"held by {holder}", "wait for its end; a dead holder needs no person")
    else:
        yield Checkup("lock", f"{holder} has died; the next apply takes it over")


def _git(_space: Workspace) -> Iterator[Checkup]:
    root = root_of(Path.cwd())
    if root is None:
        yield Checkup("git", "this folder is in no repository", "git init: changes are reviewed then")
        return
    commit = head_sha(os.environ)
    yield Checkup("git", f"repository {root}{f', commit {commit[:12]}' if commit else ''}")
    if not _ignored(git_of(os.environ, Path.cwd())):
        yield Checkup("git", ".podsync is not ignored", "put .podsync into .gitignore (podsync init does)")


def _ignored(git: Git) -> bool:
    """Whether Git ignores `.podsync`, or the folder does not exist."""
    answer = git.run("ls-files", "--others", "--exclude-standard", "--directory", "--", ".podsync")
    return answer.code != 0 or not answer.text


def _providers(space: Workspace) -> Iterator[Checkup]:
    reachable = with_keys(space)
    for name, plugin in plugins().items():
        yield from _guarded("host", _host, space, name)
        variable, key = key_of(plugin, os.environ, space.environment)
        if space.sandbox:
            yield Checkup("key", f"{title(name)}: the sandbox has its own")
        elif not key:
            empty = "empty" if variable in os.environ else "not set"
            yield Checkup("key", f"{title(name)}: {variable} is {empty}", f"get a key: {plugin.renew}")
            continue
        else:
            summary = f"{variable} of the environment, {len(key)} characters, not shown"
            yield Checkup("key", f"{title(name)}: {summary}")
        if name in reachable:
            yield from _guarded("answer", _answer, space, name)


def _host(space: Workspace, name: str) -> Iterator[Checkup]:
    plugin, host = plugins()[name], space.host(name)
    url, account = str(host["base_url"]), str(host["account"])
    source = f" (by {plugin.url_variable})" if os.environ.get(plugin.url_variable, "").strip() else ""
    proxy = ", through a proxy" if proxies_to(url, os.environ) else ""
    named = "" if account == "default" else f", account {account}"
    own = space.sandbox or is_own(url, plugin)
    remedy = "" if own else f"its own hosts: {', '.join(plugin.hosts)}"
    yield Checkup("host", f"{title(name)}: {host_of(url)}{source}{named}{proxy}", remedy)


def _answer(space: Workspace, name: str) -> Iterator[Checkup]:
    clock = SystemClock()
    with connected(space, {name}, clock) as connections:
        connection, began = connections[name], clock.monotonic()
        listing = connection.reader.find(Query(name=_NOBODY))
        took, at = clock.monotonic() - began, clock.now()
        settings = connection.settings
    rate = settings.rate_limit
    left = max(0, int(rate.burst - levels_of(name, settings, clock.now).read(rate.per_second)))
    summary = f"answers in {took:.1f} s and takes the key; {left} of {rate.burst} requests at once are left"
    yield Checkup("answer", f"{title(name)}: {summary}, then {rate.per_second:g} a second")
    if listing.date is None:
        yield Checkup("clock", f"{title(name)} does not tell its time")
        return
    off = listing.date - at
    if abs(off) <= _SAME_CLOCK:
        yield Checkup("clock", f"{title(name)}: no more than {_SAME_CLOCK:.0f} s from this machine's")
    else:
        side = "ahead of" if off > 0 else "behind"
        text = f"{title(name)}'s clock is {abs(off):,.0f} s {side} this machine's"
        yield Checkup("clock", text, "set this machine's clock by a time server (doubts are timed by both)")
