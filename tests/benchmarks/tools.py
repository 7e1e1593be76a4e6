"""podsync, Terraform and octoDNS at the same work: which processes a case is, and whether they did it.

A case is what has changed since everything was made, and what the tool remembers of its last run.
Only podsync remembers anything, so that the other tools have no warm cases. Each run's own words tell
how much it would create and update; a run that says something else has measured nothing, and stops
the benchmark.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.common import ROOT, environment

NEW, SAME = "all new, cold", "nothing changed, cold"
WARM, ONE = "nothing changed, warm", "one changed, warm"
CASES = (NEW, SAME, WARM, ONE)
#: A case of podsync -> the case of a tool that keeps nothing between its runs.
AS_COLD: Mapping[str, str] = {NEW: NEW, SAME: SAME, WARM: SAME, ONE: ONE}

PODSYNC, TERRAFORM, OCTODNS = "podsync", "Terraform", "octoDNS"
TOOLS = (PODSYNC, TERRAFORM, OCTODNS)

_CUSTOMER = re.compile(r"customerIds(?:: \[|=)")
#: scenes.FORMS; the first is the usual one.
FORMS = ("fields", "text", "nested")
_MADE = "made"  # scenes.MADE, not imported: who measures stays small
_TOGETHER = 500  # scenes.TOGETHER


@dataclass(frozen=True)
class Tool:
    """One tool, ready to run: `words` are its plan, as a person types it."""

    name: str
    version: str
    words: Sequence[str]
    env: Mapping[str, str]
    #: What `scenes` calls its input.
    scene: str
    #: What it knows of what is made: a file or folder beside its input, kept in `made/`.
    record: str
    cases: tuple[str, ...]

    def command(self, case: str) -> Sequence[str]:
        """Return what a person types."""
        saved = ("-o", "json=plan.json") if self.name == PODSYNC and case == NEW else ()
        return (*self.words, *saved)

    def make(self, folder: Path, count: int) -> None:
        """Write the scene, in a process of its own: what it holds is not ours."""
        words = (sys.executable, "-m", "tests.benchmarks.scenes", self.scene, folder, str(count))
        subprocess.run(words, cwd=ROOT, env=environment(), check=True)

    @contextmanager
    def at(self, case: str, folder: Path, number: int) -> Iterator[None]:
        """Set the scene for one run, and clear it: with the record or without, with a change or without."""
        record = folder / self.record
        if case == NEW:
            _remove(record)
        elif not record.exists():  # left alone where it is: a cold case is not one of a new state file
            _copy(folder / _MADE / self.record, record)
        if case in {NEW, SAME} and self.name == PODSYNC:
            _remove(folder / ".podsync")
        if case != ONE:
            yield
            return
        path, name = self.place(folder, number)
        before = path.read_text(encoding="utf-8")
        path.write_text(one_more(before, name), encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(before, encoding="utf-8")

    def place(self, folder: Path, number: int) -> tuple[Path, str]:
        """Return the file of product `number`, which has customers, and its name there."""
        lot, name = f"{number // _TOGETHER:04d}", f"custom-{number:06d}"
        if self.name == OCTODNS:
            return folder / "source" / f"lot-{lot}.example.yaml", name
        return folder / "catalog" / lot / f"{name}.yaml", name


def one_more(text: str, name: str) -> str:
    """Give the product `name` another first customer, wherever in the file it stands."""
    at = _CUSTOMER.search(text, text.index(name))
    if at is None:
        raise ValueError(f"{name} has no customers")
    return f"{text[: at.end()]}new-{text[at.end() :]}"


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _copy(source: Path, to: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, to)
    else:
        shutil.copyfile(source, to)


# -- what a run says


_COUNTS = re.compile(
    r"^Plan: (?P<p>\d+) to create, (?P<pu>\d+) to update"
    r"|^Plan: (?P<t>\d+) to add, (?P<tu>\d+) to change"
    r"|^\*   Summary: Creates=(?P<o>\d+), Updates=(?P<ou>\d+)"
)
_NOTHING = re.compile(r"^No changes\b")


def counts(lines: Iterator[str]) -> tuple[int, int] | None:
    """Return how much a plan would create and update, of all its parts; None when it does not say."""
    found, seen = (0, 0), False
    for line in lines:
        if match := _COUNTS.match(line):
            creates, updates = (int(each) for each in match.groups() if each is not None)
            found, seen = (found[0] + creates, found[1] + updates), True
        elif _NOTHING.match(line):
            seen = True
    return found if seen else None


def due(case: str, count: int) -> tuple[int, int]:
    """Return what `counts` is to find."""
    return {NEW: (count, 0), ONE: (0, 1)}.get(case, (0, 0))


# -- which are here


def podsync() -> Tool:
    """Return the podsync of this checkout."""
    program = (sys.executable, "-m", "podsync")
    version = version_of((*program, "--version"), environment())
    if version is None:
        raise AssertionError("podsync does not start")
    return Tool(
        PODSYNC, version, (*program, "plan"), environment(), "podsync", "podsync.state.json", CASES
    )  # fmt: skip


def terraform(form: str) -> Tool | None:
    """Return the Terraform on PATH with nothing but what it brings itself; it reads files in this form."""
    program = shutil.which("terraform") or "terraform"
    env = environment(TF_CLI_CONFIG_FILE=os.devnull, CHECKPOINT_DISABLE="1", TF_IN_AUTOMATION="1")
    version = version_of((program, "version"), env)
    if version is None:
        return None
    version += "" if form == FORMS[0] else f" ({form})"
    words, cases = (program, "plan", "-input=false", "-no-color"), (NEW, SAME, ONE)
    return Tool(TERRAFORM, version, words, env, f"terraform-{form}", "terraform.tfstate", cases)


def octodns(python: str | None) -> Tool | None:
    """Return octoDNS in the environment of this Python, or the one on PATH."""
    found = shutil.which(python or "octodns-sync")
    if found is None:
        return None
    program = (str(Path(found).absolute()), *(("-m", "octodns.cmds.sync") if python else ()))
    env = {name: value for name, value in environment().items() if name != "PYTHONPATH"}
    version = version_of((*program, "--version"), env)
    if version is None:
        return None
    words, cases = (*program, "--config-file", "sync.yaml"), (NEW, SAME, ONE)
    return Tool(OCTODNS, version, words, env, "octodns", "target", cases)


def version_of(words: Sequence[str], env: Mapping[str, str]) -> str | None:
    """Return the version in what a program says of itself; None where it does not run."""
    try:
        told = subprocess.run(words, env=dict(env), capture_output=True, text=True, check=False)
    except OSError:
        return None
    found = re.search(r"\d+(?:\.\w+)+", told.stdout)
    return found[0] if found and told.returncode == 0 else None
