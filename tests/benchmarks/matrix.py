"""Many products from one document and a CSV, beside a file each and beside Terraform's `for_each`.

python -m tests.benchmarks.matrix [--count 10000] [--runs 3] [--terraform-to 1000] [--out DIR]

Terraform's time grows with the square of the rows, so it plans a sixteenth, a quarter and all of
`--terraform-to`: what three sizes took says how it goes on. One that has not ended after `--seconds` is
stopped, and its figures are lower bounds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.benchmarks.common import a_folder, add_out, environment, heading, kept, note, say, table

_SPEC = """\
spec:
  modelId: "{model}"
  enName: Dinosaur Round Neck Short Sleeve T-Shirt {title}
  imageUrl: https://cdn.example.com/dino/2024/{slug}-front.png
  backImageUrl: https://cdn.example.com/dino/2024/{slug}-back.png
  materialImages:
    - imageName: dino-{slug}
      imageUrl: https://cdn.example.com/dino/2024/{slug}-art.png
  colorValue: "{hex}"
"""
_TERRAFORM = """\
locals { rows = { for row in csvdecode(file("${path.module}/rows.csv")) : row.slug => row } }
resource "terraform_data" "dino" {
  for_each = local.rows
  input = {
    modelId = each.value.model
    enName = "Dinosaur Round Neck Short Sleeve T-Shirt ${each.value.title}"
    imageUrl = "https://cdn.example.com/dino/2024/${each.key}-front.png"
    backImageUrl = "https://cdn.example.com/dino/2024/${each.key}-back.png"
    art = "https://cdn.example.com/dino/2024/${each.key}-art.png"
    colorValue = each.value.hex
  }
}
"""
#: A file that is younger is read again: two ticks of the coarsest clock.
_AGE = 5


class Took(NamedTuple):
    """Seconds on the clock and of the processors, the peak of memory in MiB, and whether it ended."""

    seconds: float
    processors: float
    memory: float
    ended: bool = True


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--terraform-to", type=int, default=1_000, help="Terraform's time is quadratic")
    parser.add_argument("--seconds", type=float, default=1_500, help="stop Terraform then")
    add_out(parser)
    told = parser.parse_args(argv)
    with kept(told.out, "matrix"):
        _report(told.count, told.runs, told.terraform_to, told.seconds)


def _report(count: int, runs: int, terraform_to: int, limit: float) -> None:
    rows: list[tuple[str, ...]] = []
    with a_folder() as folder:
        for words, make in (("one document and a CSV", one_document), ("a file each", files)):
            made = folder / make.__name__
            make(made, count)
            cold, warm = [], []
            for _ in range(runs):
                shutil.rmtree(made / ".podsync", ignore_errors=True)
                cold.append(_podsync(made))
                warm.append(_podsync(made))
            rows += [
                _row(f"podsync, {words}", count, run, took) for run, took in (("cold", cold), ("warm", warm))
            ]
            note(f"{words}: measured")
        if shutil.which("terraform") is not None and terraform_to:
            most = min(count, terraform_to)
            for size in sorted({max(1, most // 16), max(1, most // 4), most}):
                made = folder / f"terraform{size}"
                terraform(made, size)
                took = _terraform(made, limit)
                rows.append(_row("Terraform, for_each over the CSV", size, "plan", [took]))
                note(f"Terraform, {size:,}: {took.seconds:.1f} s")
    heading(f"{count:,} products of one matrix, medians of {runs} whole processes")
    table(("tool", "products", "run", "s", "CPU s", "MiB"), rows)
    say("A warm plan knows the files again; all products are new in each. `>`: stopped then.\n")


def _row(tool: str, count: int, run: str, took: Sequence[Took]) -> tuple[str, ...]:
    seconds, memory = median(each.seconds for each in took), median(each.memory for each in took)
    processors = median(each.processors for each in took)
    more = "" if all(each.ended for each in took) else "> "
    return tool, f"{count:,}", run, f"{more}{seconds:.2f}", f"{more}{processors:.2f}", f"{memory:.0f}"


def _rows(count: int) -> list[dict[str, str]]:
    return [
        {"slug": f"p{n:05}", "model": str(n % 90 + 1), "title": f"Title {n}", "hex": f"#{n:06X}"}
        for n in range(count)
    ]


def one_document(folder: Path, count: int) -> None:
    """Write one document, and its CSV."""
    named = {"model": "${row.model}", "title": "${row.title}", "slug": "${row}", "hex": "${row.hex}"}
    head = "kind: designed_product\nname: dino\neach: {row: {file: rows.csv}}\n"
    _written(folder, {"dino.yaml": head + _SPEC.format_map(named), "rows.csv": _csv(count)})


def files(folder: Path, count: int) -> None:
    """Write a document for each row."""
    head = "kind: designed_product\nname: dino-{slug}\n"
    _written(folder, {f"{row['slug']}.yaml": (head + _SPEC).format_map(row) for row in _rows(count)})


def terraform(folder: Path, count: int) -> None:
    """Write the same for Terraform."""
    folder.mkdir()
    (folder / "main.tf").write_text(_TERRAFORM, encoding="utf-8")
    (folder / "rows.csv").write_text(_csv(count), encoding="utf-8")
    words = ["terraform", "init", "-no-color"]
    subprocess.run(words, cwd=folder, env=environment(), check=True, capture_output=True)


def _csv(count: int) -> str:
    rows = [("slug", "model", "title", "hex"), *(tuple(row.values()) for row in _rows(count))]
    return "".join(",".join(row) + "\n" for row in rows)


def _written(folder: Path, content: dict[str, str]) -> None:
    (folder / "catalog").mkdir(parents=True)
    (folder / "podsync.yaml").write_text("limits: {max_creates: null}\n", encoding="utf-8")
    then = time.time() - _AGE
    for name, text in content.items():
        path = folder / "catalog" / name
        path.write_text(text, encoding="utf-8")
        os.utime(path, (then, then))
    time.sleep(_AGE)


def _podsync(folder: Path) -> Took:
    return _run([sys.executable, "-m", "podsync", "plan", "--detail", "summary"], folder)


def _terraform(folder: Path, limit: float) -> Took:
    return _run(["terraform", "plan", "-no-color", "-input=false"], folder, limit)


def _run(words: Sequence[str], folder: Path, limit: float = threading.TIMEOUT_MAX) -> Took:
    began = time.perf_counter()
    process = subprocess.Popen(words, cwd=folder, env=environment(), stdout=subprocess.DEVNULL)
    late = threading.Timer(limit, process.kill)
    late.start()
    _, status, used = os.wait4(process.pid, 0)
    late.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    ended = process.returncode != -signal.SIGKILL
    if ended and process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words)
    took = time.perf_counter() - began
    return Took(took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, ended)


if __name__ == "__main__":
    main()
