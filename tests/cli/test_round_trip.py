"""From many documents to one, and from a table back to documents: the same specs on every way."""

from __future__ import annotations

import csv
import json
from itertools import product
from typing import Any

import pytest
import yaml

MODELS = {"tee": ("1", "Tee"), "hoodie": ("37", "Warm Hoodie")}
COLOURS = {"crimson": ("#DC143C", "Crimson"), "mint": ("#98FF98", "=Mint"), "ink": ("#000000", "Ink")}
ROWS = """\
kind: designed_product
name: row
each:
  row: {file: rows.csv}
spec:
  modelId: ${row.modelId}
  enName: ${row.enName}
  imageUrl: ${row.imageUrl}
  backImageUrl: ${row.backImageUrl}
  materialImages:
    - imageName: ${row.materialImages.0.imageName}
      imageUrl: ${row.materialImages.0.imageUrl}
    - imageName: ${row.materialImages.1.imageName}
      imageUrl: ${row.materialImages.1.imageUrl}
  colorValue: ${row.colorValue}
"""


def dino(model: str, colour: str, *, images: int = 1) -> dict[str, Any]:
    place = f"https://cdn.example.com/dino/{model}-{colour}"
    return {
        "kind": "designed_product",
        "name": f"dino-{model}-{colour}",
        "spec": {
            "modelId": MODELS[model][0],
            "enName": f"{COLOURS[colour][1]} {MODELS[model][1]} Dino",
            "imageUrl": f"{place}-front.png",
            "backImageUrl": f"{place}-back.png",
            "materialImages": [
                {"imageName": f"art{n}", "imageUrl": f"https://cdn.example.com/dino/art-{n}.png"}
                for n in range(images)
            ],
            "colorValue": COLOURS[colour][0],
        },
    }


@pytest.fixture
def shop(folder):
    (folder / "podsync.yaml").write_text("version: 1\nsandbox: true\n", encoding="utf-8")
    (folder / "catalog" / "dinos").mkdir(parents=True)

    def write(**more: Any):
        for model, colour in product(MODELS, COLOURS):
            text = yaml.safe_dump(dino(model, colour, **(more if colour == "ink" else {})), sort_keys=False)
            (folder / "catalog" / "dinos" / f"{model}-{colour}.yaml").write_text(text, encoding="utf-8")
        return folder

    return write


def specs(run: Any) -> list[str]:
    plan = json.loads(run.out)
    return sorted(json.dumps(each["change"]["after"], sort_keys=True) for each in plan["resource_changes"])


def test_documents_that_are_folded_move_and_nothing_is_sent(podsync, shop):
    folder = shop()
    assert podsync("apply", "--auto-approve").code == 0
    assert podsync("fmt", "--fold", "catalog/dinos", "-o", "catalog/dino.yaml").code == 0
    for file in (folder / "catalog" / "dinos").iterdir():
        file.unlink()

    run = podsync("plan")

    assert run.out.splitlines()[-1] == (
        "Plan: 6 to move, 0 to create, 0 to update, 0 to replace, 0 to orphan."
    )
    assert "designed_product.dino[colour=ink,model=tee]" in run.out
    assert podsync("fmt", "--check").code == 0


def test_a_plan_as_a_table_makes_the_same_specs(podsync, shop):
    folder = shop(images=2)
    before = specs(podsync("plan", "-o", "json"))
    assert podsync("plan", "-o", "csv=catalog/rows.csv").code == 0
    for file in (folder / "catalog" / "dinos").iterdir():
        file.unlink()
    (folder / "catalog" / "all.yaml").write_text(ROWS, encoding="utf-8")

    run = podsync("plan", "-o", "json")

    assert run.code == 0, run.err
    assert specs(run) == before
    with (folder / "catalog" / "rows.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert "'=Mint Tee Dino" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    again = podsync("fmt", "--check")
    assert (again.code, again.out) == (0, "0 files of 2 would change.\n"), again.err


def test_a_state_as_a_table_makes_the_same_specs(podsync, shop):
    folder = shop(images=2)
    before = specs(podsync("plan", "-o", "json"))
    podsync("apply", "--auto-approve")
    assert podsync("state", "list", "-o", "csv=rows.csv").code == 0
    for file in (folder / "catalog" / "dinos").iterdir():
        file.unlink()
    (folder / "rows.csv").rename(folder / "catalog" / "rows.csv")
    (folder / "catalog" / "all.yaml").write_text(ROWS, encoding="utf-8")

    assert specs(podsync("plan", "-o", "json")) == before
    assert "Plan: 6 to move, 0 to create" in podsync("plan").out
