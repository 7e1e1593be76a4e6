"""How much work a run is, counted and not timed: the same on every machine (tests/work_budget.json).

A count over its budget fails. If the work is wanted, raise the number in that file in the same commit,
and say in the commit what it buys. A count under nine tenths of it fails too: lower the number then, or
the next mistake hides in the room.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.benchmarks import corpus

COUNT = 200
#: Counts vary a little with the versions of Python and of the libraries.
ROOM = 1.15
BUDGET: Mapping[str, Mapping[str, int]] = json.loads(
    Path(__file__).with_name("work_budget.json").read_text(encoding="utf-8")
)
#: What is counted in a process of its own: calls of Python functions, and what they are called for.
_PROGRAM = """
import sys
from collections import Counter
counts = Counter()
def hook(event, args):
    if event == "open" and str(args[0]).endswith(".yaml"):
        counts["catalog files opened"] += 1
sys.addaudithook(hook)
NAMES = {
    ("fast_yaml.py", "quick_read"): "files parsed",
    ("yaml_reader.py", "read"): "files parsed closely",
    ("rules.py", "document_faults"): "documents checked",
    ("record.py", "digest_of"): "files hashed",
    ("digests.py", "digest"): "values hashed",
    ("record.py", "product_of"): "products made",
    ("statefile.py", "_entry"): "entries made",
    ("scan.py", "scan"): "entries looked at",
}
# What the standard library does for podsync's modules when they are imported: each start pays for it.
MAKING = {
    ("dataclasses.py", "_process_class"): "dataclasses made",
    ("_compiler.py", "compile"): "patterns compiled",
}
def for_podsync(frame):
    here = frame.f_code.co_filename
    folder = here.rpartition("/")[0] if here.endswith("_compiler.py") else here
    while frame is not None and frame.f_code.co_filename.startswith(folder):
        frame = frame.f_back
    return frame is not None and "podsync" in frame.f_code.co_filename
def profile(frame, event, arg):
    if event != "call":
        return
    code = frame.f_code
    place = code.co_filename.rpartition("/")[2], code.co_name
    if "podsync" not in code.co_filename:
        if place in MAKING and for_podsync(frame):
            counts[MAKING[place]] += 1
        return
    counts["calls of podsync's functions"] += 1
    name = NAMES.get(place)
    if name:
        counts[name] += 1
from podsync.cli.main import main
sys.setprofile(profile)
code = main(sys.argv[1:])
sys.setprofile(None)
counts["modules imported"] = len(sys.modules)
import json
print(json.dumps([code, counts]), file=sys.stderr)
"""
#: What takes long to import, and is needed by few runs.
_SLOW = frozenset({"difflib", "email", "importlib.metadata", "pickle", "secrets", "zipfile"})
#: The parts of podsync, and the libraries, that a start may import.
_FOR_HELP = {"podsync", "podsync.cli", "podsync.interrupts", "click"}
#: `state`: what tells whether all files are checked out.
_FOR_VALIDATE = _FOR_HELP | {"orjson", "yaml", "_yaml"} | {
    f"podsync.{part}"
    for part in (
        "catalog", "entry_points", "files", "model", "network", "output", "providers", "shortcuts", "state",
    )
}  # fmt: skip
#: Those of a plan of files that are known, in which nothing differs: no YAML is among them.
_FOR_NOTHING_NEW = _FOR_HELP | {"orjson"} | {
    f"podsync.{part}"
    for part in (
        "catalog", "entry_points", "failpoints", "files", "model", "network", "output", "plan",
        "providers", "shortcuts", "state",
    )
}  # fmt: skip
#: What such a plan has no use for, of the parts that it needs.
_FOR_NEWS = frozenset({
    "podsync.catalog.validation.document_rules", "podsync.catalog.validation.cross_document_rules",
    "podsync.catalog.parsing.encoding", "podsync.catalog.parsing.yaml_reader",
    "podsync.catalog.validation.messages", "podsync.plan.change", "podsync.plan.decision",
    "podsync.plan.checks", "podsync.plan.matching", "podsync.plan.planfile", "podsync.providers.paging",
    "podsync.state.reducer.reducer", "podsync.state.entries", "podsync.state.local.lock",
    "podsync.output.json.text", "podsync.output.text.changes", "podsync.output.product",
})  # fmt: skip


def _counts(folder: Path, *words: str) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *words],
        cwd=folder, capture_output=True, text=True, check=True,
        env={"PYTHONHASHSEED": "0", "XDG_STATE_HOME": os.environ["XDG_STATE_HOME"]},
    )  # fmt: skip
    code, counts = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stderr
    found: dict[str, int] = counts
    return found


@cache
def _all(folder: Path) -> Mapping[str, Mapping[str, int]]:
    """Count every case once, in an order in which one leaves behind what the next needs."""
    time.sleep(2.1)  # younger files are not known by what `stat` says of them
    found = {"help": _counts(folder, "--help")}
    found["new, cold"] = _counts(folder, "plan", "-o", "json=plan.json")
    corpus.write_state(folder, COUNT)
    found["unchanged, state not known"] = _counts(folder, "plan")
    found["unchanged, warm"] = _counts(folder, "plan")
    found["validate, warm"] = _counts(folder, "validate")
    path = corpus.file_of(folder, 0)
    path.write_text(path.read_text(encoding="utf-8").replace("No. 0", "No. zero"), encoding="utf-8")
    found["one changed, warm"] = _counts(folder, "plan")
    return found


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, int]]:
    folder = tmp_path_factory.mktemp("work")
    corpus.write_catalog(folder, COUNT)
    return _all(folder)


@pytest.mark.parametrize("case", BUDGET)
def test_the_work_is_within_its_budget(case: str, counted: Mapping[str, Mapping[str, int]]) -> None:
    budget = BUDGET[case]
    over = {
        name: f"{count} instead of {budget.get(name, 0)}"
        for name, count in counted[case].items()
        if count > budget.get(name, 0) * ROOM
    }

    assert over == {}, f"more work than tests/work_budget.json allows; its test says how to raise it: {over}"


@pytest.mark.parametrize("case", BUDGET)
def test_no_budget_is_much_larger_than_the_work(case: str, counted: Mapping[str, Mapping[str, int]]) -> None:
    loose = {
        name: f"{counted[case].get(name, 0)} of {most}"
        for name, most in BUDGET[case].items()
        if counted[case].get(name, 0) < most / ROOM
    }

    assert loose == {}, f"less work than tests/work_budget.json says: lower it there: {loose}"


def test_every_case_has_a_budget(counted: Mapping[str, Mapping[str, int]]) -> None:
    assert set(counted) == set(BUDGET)


@pytest.mark.parametrize(
    ("words", "allowed"), [(["--help"], _FOR_HELP), (["validate"], _FOR_VALIDATE)], ids=["help", "validate"]
)
def test_a_start_imports_nothing_but_what_it_needs(
    words: list[str], allowed: set[str], tmp_path: Path
) -> None:
    corpus.write_catalog(tmp_path, 2)

    modules = _imported(tmp_path, words)

    assert _parts(modules) <= allowed
    assert _SLOW.isdisjoint(modules)


def test_a_plan_without_anything_new_imports_nothing_that_reads_compares_or_shows_it(tmp_path: Path) -> None:
    corpus.write_catalog(tmp_path, 100)
    corpus.write_state(tmp_path, 100)
    time.sleep(2.1)  # younger files are not known by what `stat` says of them
    _imported(tmp_path, ["plan"])
    _imported(tmp_path, ["plan"])  # the first made the folder in which this one keeps the settings

    modules = _imported(tmp_path, ["plan"])

    assert _parts(modules) <= _FOR_NOTHING_NEW
    assert _SLOW.isdisjoint(modules)
    assert _FOR_NEWS.isdisjoint(modules)


def _imported(folder: Path, words: list[str]) -> list[str]:
    """Run a command that succeeds, and return the names of all modules that it imported."""
    program = (
        "import sys; before = set(sys.modules); from podsync.cli.main import main\n"
        f"code = main({words!r})\n"
        "print(*sorted(set(sys.modules) - before), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stderr.splitlines()[-1].split()


def _parts(modules: list[str]) -> set[str]:
    """Return the parts of podsync, and the libraries, that these modules belong to."""
    inside = ("cython_runtime", "_cython_")  # what a compiled library keeps there
    foreign = {n for n in modules if n.split(".")[0] not in sys.stdlib_module_names}
    parts = {".".join(n.split(".")[:2]) if n.startswith("podsync") else n.split(".")[0] for n in foreign}
    return {part for part in parts if not part.startswith(inside)}
