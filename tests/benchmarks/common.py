"""What the benchmarks share: a catalog, shops in a process of their own, podsync runs, tables."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from tests.products import document, poster_spec, tee_spec

#: Of the file, so that a benchmark measures this checkout from whatever folder podsync runs in.
ROOT = Path(__file__).resolve().parents[2]
TOKEN, KEY = "sandbox-kakaclo-token", "sandbox-gelato-key"  # the sandbox's own
PROVIDERS = {"kakaclo": "designed_product", "gelato": "customer_product"}
NAME_FIELD = {"kakaclo": "enName", "gelato": "name"}
#: What the machine was doing before any benchmark began.
_LOAD = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
#: The blank garments of `document`. The model list tells all of them: a product of one that it does not tell
#: is no sure find, and waited for until it is settled.
MODELS = tuple({"id": number} for number in range(1, 31))
#: Variables that would change what is measured.
_UNWANTED = ("PODSYNC_", "KAKACLO_", "GELATO_", "GITHUB_", "PYTHON", "CI", "COV", "TF_")

_SERVE = """
import json, sys
from podsync.sandbox import Rules, Sandbox
sandbox = Sandbox(Rules.from_dict(json.loads(sys.argv[1])), record=None).start()
print(sandbox.url, flush=True)
sys.stdin.read()  # until whoever started it is gone
sandbox.stop()
"""


def facts() -> str:
    """Where and when this was measured, and what else the machine was doing."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    cores = os.cpu_count() or 1
    machine = ", ".join(filter(None, (f"{cores} cores", _processor(), _memory(), platform.system())))
    python = f"{platform.python_implementation()} {platform.python_version()}"
    busy = " Other work ran beside it: compare the tools, not the seconds." if cores / 2 < _LOAD else ""
    return f"Measured {now}: {machine}, {python}, load {_LOAD:.1f} before the first run.{busy}"


def _processor() -> str:
    """What the processor calls itself; nothing where that is not told."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2] for line in told.splitlines() if line.startswith("model name"))
    return " ".join(next(names, "").split())


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB"
    except (AttributeError, OSError, ValueError):
        return ""


def say(text: str) -> None:
    """Write a line of the result."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def add_out(parser: argparse.ArgumentParser) -> None:
    """Add the option that `kept` is for."""
    parser.add_argument("--out", type=Path, metavar="DIR", help="write what is said to a file there, too")


@contextlib.contextmanager
def kept(folder: Path | None, name: str) -> Iterator[None]:
    """Write what is said in here to `name`.md in `folder` as well."""
    if folder is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    said = io.StringIO()
    with contextlib.redirect_stdout(_Both(sys.stdout, said)):
        yield
    (folder / f"{name}.md").write_text(said.getvalue().strip() + "\n", encoding="utf-8")


class _Both(io.TextIOBase):
    """Writes to two places."""

    def __init__(self, *places: TextIO) -> None:
        super().__init__()
        self._places = places

    def write(self, text: str) -> int:
        for place in self._places:
            place.write(text)
        return len(text)

    def flush(self) -> None:
        for place in self._places:
            place.flush()


def heading(title: str) -> None:
    """Begin a benchmark's output, with where and when."""
    say(f"## {title}\n\n{facts()}\n")


def as_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, words: int = 1) -> str:
    """Return a Markdown table; whatever is not in the first `words` columns is a figure."""
    lines = [columns, *rows]
    told = ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines]
    return told[0] + "|" + "---|" * words + "---:|" * (len(columns) - words) + "\n" + "".join(told[1:])


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a Markdown table whose first column holds words."""
    say(as_table(columns, rows))


def note(text: str) -> None:
    """Say how far it is, to whoever waits."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def environment(**more: str) -> dict[str, str]:
    """Our own environment without what would change the figures."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_UNWANTED)}
    return kept | {"PYTHONPATH": str(ROOT)} | more


# -- the shops


class Shops:
    """Both simulated providers in a process of their own, spoken to over its control endpoint."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.environment = {
            "KAKACLO_BASE_URL": f"{url}/openapi", "KAKACLO_ACCESS_TOKEN": TOKEN,
            "GELATO_BASE_URL": url, "GELATO_API_KEY": KEY,
        }  # fmt: skip

    def requests(self, provider: str) -> list[dict[str, Any]]:
        """The requests to one provider as they arrived."""
        found = [each for each in self._get("requests") if each["provider"] == provider]
        return sorted(found, key=lambda each: each["time"])

    def products(self) -> dict[str, list[dict[str, Any]]]:
        """What is truly there, by provider."""
        found: dict[str, list[dict[str, Any]]] = self._get("state")["products"]
        return found

    def count(self) -> int:
        """How many creates arrived."""
        counts = self._get("state")["requests"]
        return sum(number for name, number in counts.items() if name.endswith(".create"))

    def _get(self, what: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/_sandbox/{what}", timeout=60) as answer:  # noqa: S310
            return json.load(answer)


@contextlib.contextmanager
def shops(**rules: Any) -> Iterator[Shops]:
    """Serve the sandbox under these rules; without a word about buckets there are none."""
    told = {"kakaclo_bucket": None, "gelato_bucket": None, "models": MODELS} | rules
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE, json.dumps(told)],
        env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Shops(process.stdout.readline().strip())
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


class SystemTime:
    """`podsync.model.clock.Clock` over the real time."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)


# -- a catalog, and podsync on it


def a_document(provider: str, name: str) -> dict[str, Any]:
    """A product of the size that real ones have."""
    if provider == "kakaclo":
        model = str(1 + sum(name.encode()) % 30)
        return document(provider, name, tee_spec(f"artwork/{name}", modelId=model, enName=f"Product {name}"))
    spec = poster_spec(name, name=f"Product {name}", productModelId=f"model-{name}")
    return document(provider, name, spec)


def a_catalog(folder: Path, counts: Mapping[str, int], settings: Mapping[str, Any], lot: str = "a") -> None:
    """Write settings and so many products of each provider, one file each."""
    catalog = folder / "catalog" / lot
    catalog.mkdir(parents=True, exist_ok=True)
    for provider, count in counts.items():
        for number in range(count):
            name = f"{provider[0]}{lot}-{number:05d}"
            path = catalog / f"{name}.yaml"
            path.write_text(_yaml(a_document(provider, name)), encoding="utf-8")
    free = {"burst": 100_000, "per_second": 10_000}
    providers = {name: {"rate_limit": free} | dict(settings.get(name, {})) for name in PROVIDERS}
    limits = {"max_creates": None, "max_replaces": None, "max_orphans": None}
    told = {"version": 1, "providers": providers, "limits": limits}
    (folder / "podsync.yaml").write_text(json.dumps(told, indent=1), encoding="utf-8")


def _yaml(data: Any, indent: str = "") -> str:
    """Block style, as people write it; scalars as JSON has them."""
    lines = []
    for key, value in data.items():
        if isinstance(value, dict):
            lines.append(f"{indent}{key}:\n{_yaml(value, indent + '  ')}")
        elif isinstance(value, list):
            lines.append(f"{indent}{key}: {json.dumps(value)}\n")
        else:
            lines.append(
                f"{indent}{key}: {value if key in {'kind', 'name'} and not indent else json.dumps(value)}\n"
            )
    return "".join(lines)


@dataclass(frozen=True, slots=True)
class Run:
    """How a process went: wall clock and CPU seconds of it and its children."""

    code: int
    seconds: float
    cpu: float
    out: str


def podsync(folder: Path, *words: str, under: Sequence[str] = (), **environ: str) -> Run:
    """Run podsync in a process of its own, to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    ended = subprocess.run(
        [*under, sys.executable, "-m", "podsync", *words],
        cwd=folder, env=environment(**environ), capture_output=True, text=True, check=False,
    )  # fmt: skip
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if "Traceback" in ended.stderr:
        raise AssertionError(ended.stderr)
    return Run(ended.returncode, seconds, cpu, ended.stdout + ended.stderr)


def applied(folder: Path, place: Shops, *words: str, under: Sequence[str] = ()) -> Run:
    """Apply to the shops; anything but a complete apply ends the benchmark."""
    run = podsync(folder, "apply", "--auto-approve", *words, under=under, **place.environment)
    if run.code != 0:
        raise AssertionError(run.out[-2000:])
    return run


@contextlib.contextmanager
def a_folder() -> Iterator[Path]:
    """An empty folder for one measurement."""
    with tempfile.TemporaryDirectory(prefix="podsync-benchmark-") as name:
        yield Path(name)
