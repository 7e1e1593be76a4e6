"""Forty posters with sizes and frames: planned, reviewed, applied, changed, swapped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from podsync.model.json_bytes import parse

COUNT = 40
FRAMES = ("none", "oak", "black")


def option(name: str, values: list[dict[str, Any]], *attributes: str) -> dict[str, Any]:
    mapping = [{"partModelId": "frame", "attributeIds": list(attributes)}]
    return {"id": name, "name": name.title(), "attributesMapping": mapping, "values": values}


def value(name: str, **attributes: str) -> dict[str, Any]:
    return {"value": name, "attributeValues": [{"partModelId": "frame", "attributes": attributes}]}


def sizes(*names: str) -> list[dict[str, Any]]:
    told = [value(name, width=name.split("x")[0], height=name.split("x")[1]) for name in names]
    return [told[0] | {"isDefault": True}, *told[1:]]


def write(folder: Path, *names: str, count: int = COUNT, **document: Any) -> None:
    """Write the posters in these sizes; YAML reads JSON."""
    (folder / "catalog").mkdir(exist_ok=True)
    for number in range(count):
        spec = {
            "name": f"Poster {number:02}",
            "customerIds": ["customer-1"],
            "productModelId": "model-poster",
            "variantOptions": [
                option("size", sizes(*names), "width", "height"),
                option("frame", [value(frame, color=frame) for frame in FRAMES], "color"),
            ],
        }
        whole = {"kind": "customer_product", "name": f"poster-{number:02}", **document, "spec": spec}
        text = json.dumps(whole, indent=1)
        (folder / "catalog" / f"poster-{number:02}.yaml").write_text(text, encoding="utf-8")


def test_forty_posters(podsync, folder, shops):
    write(folder, "30x40", "50x70")
    planned = podsync(
        "plan", "-o", "text", "-o", "html=plan.html", "-o", "markdown=plan.md", "-o", "json=plan.json"
    )
    applied = podsync("apply", "plan.json", "--auto-approve", "-o", "json=report.json")

    assert (planned.code, applied.code) == (0, 0), planned.err + applied.err
    assert "cannot be ordered" not in planned.out
    assert "80 requests" in planned.out
    row = next(line for line in (folder / "plan.md").read_text("utf-8").splitlines() if "Poster 00" in line)
    assert "options Size (30x40, 50x70), Frame (none, oak, black)" in row
    report = parse((folder / "report.json").read_text("utf-8"))
    assert {str(each["steps"]) for each in report["results"]} == {
        "{'done': ['create', 'values'], 'left': []}"
    }
    rows = shops.products("gelato")
    assert [[o["values"] for o in each["variantOptions"]] for each in rows] == [
        [["30x40", "50x70"], list(FRAMES)]
    ] * COUNT
    assert podsync("plan", "--refresh", "--detailed-exitcode").code == 0

    write(folder, "30x40", "50x70", "70x100")
    more = podsync("plan")
    assert "40 to update" in more.out
    assert podsync("apply", "--auto-approve").code == 0
    assert {tuple(each["variantOptions"][0]["values"]) for each in shops.products("gelato")} == {
        ("30x40", "50x70", "70x100")
    }
    assert shops.counts["gelato.values"] == 2 * COUNT

    write(folder, "30x40", "60x90", count=2)
    refused = podsync("plan")
    assert refused.code == 5
    assert "error[values-fixed]" in refused.out
    assert "{replace: swap}" in refused.out

    write(folder, "30x40", "60x90", count=2, lifecycle={"replace": "staged"})
    staged = podsync("plan")
    assert staged.code == 0, staged.out
    assert 'made as "(next ' in staged.out
    assert podsync("apply", "--auto-approve").code == 0
    assert "No changes." in podsync("plan").out
    assert "not yet: orders find it until a swap ends" in podsync("state", "orphans").out
    assert "half made" in podsync("state", "list").out
    assert 'to take over the name "Poster 00"' in podsync("state", "show", "customer_product.poster-00").out

    write(folder, "30x40", "60x90", count=2, lifecycle={"replace": "swap"})
    ready = podsync("plan")
    assert "created, 2 of 3 steps" in ready.out
    swapped = podsync("apply", "--auto-approve")
    assert swapped.out.rstrip().endswith("Apply complete: 0 created, 2 updated, 0 replaced, 0 orphaned.")
    names = [each["name"] for each in shops.products("gelato")]
    assert len(set(names)) == len(names) == COUNT + 2
    assert sum(name.startswith("(old ") for name in names) == 2
    assert podsync("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize(("said", "sent"), [("--made", 1), ("--not-made", 2)])
def test_a_person_answers_for_a_step(podsync, folder, shops, said, sent):
    from podsync.sandbox import Fault

    write(folder, "30x40", count=1)
    shops.add_faults(Fault("gelato", "values", "fin"))

    doubt = podsync("apply", "--auto-approve", "--no-wait")
    (told,) = parse(podsync("state", "list", "-o", "json").out)["entries"]
    wrong = podsync("state", "settle", "customer_product.poster-00", "--not-created")
    half = podsync("state", "settle", "customer_product.poster-00", "--step", "values")

    assert doubt.code == 8, doubt.out
    assert "created, 1 of 2 steps" in doubt.out
    assert told["status"] == "in_doubt"
    assert (wrong.code, half.code) == (64, 64)
    assert "--step values --made, or --not-made" in wrong.err
    if said == "--made":
        assert podsync("state", "settle", "customer_product.poster-00", "--step", "values", said).code == 0
        assert podsync("apply", "--auto-approve").code == 0
        assert shops.counts["gelato.values"] == sent
    else:
        early = podsync("state", "settle", "customer_product.poster-00", "--step", "values", said)
        assert early.code == 5
        assert "may still show up" in early.err


def made_by_hand(shops, folder: Path, *names: str) -> None:
    """Somebody else has made the product of the document, with these values; its listing tells none."""
    spec = json.loads((folder / "catalog" / "poster-00.yaml").read_text("utf-8"))["spec"]
    for option_, told in zip(spec["variantOptions"], (names, FRAMES), strict=True):
        option_["values"] = list(told)
    shops.create_by_hand("gelato", spec)


@pytest.mark.parametrize("said", ["--made", "--not-made"])
def test_values_of_an_adopted_product_are_asked_about_before_they_are_sent(podsync, folder, shops, said):
    there = ("30x40", "50x70") if said == "--made" else ("30x40",)
    shops.set_rules(gelato_list_values=False, gelato_repeated_values="twice")
    write(folder, "30x40", count=1)
    made_by_hand(shops, folder, *there)
    assert podsync("apply", "--auto-approve", "--no-wait").code == 8
    settle = ("state", "settle", "customer_product.poster-00", "--step", "values")
    assert podsync(*settle, "--made").code == 0
    assert podsync("plan", "--detailed-exitcode").code == 0
    write(folder, "30x40", "50x70", count=1)

    views = ("-o", "text", "-o", "json=p.json", "-o", "markdown=p.md", "-o", "html=p.html")
    offline = podsync("plan", *views)
    looked = podsync("plan", "--refresh")
    again = podsync("plan", "--refresh")
    asked = podsync("apply", "--auto-approve", "-o", "json=report.json", "-o", "text")
    answerable = podsync("plan", "--refresh")

    risk = "others may have added the values of its options"
    told = [(folder / name).read_text("utf-8") for name in ("p.json", "p.md", "p.html")]
    assert [risk in " ".join(view.split()) for view in (offline.out, *told)] == [True] * 4
    question = f"{risk}, and the listing does not tell whether these are there: Size: 50x70"
    assert (looked.code, again.code, asked.code, answerable.code) == (8, 8, 8, 8)
    for view in (looked.out, asked.out, answerable.out):
        assert question in " ".join(view.split()), view
    assert "apply asks, and sends none of them" in " ".join(looked.out.split())
    for view in (asked.out, answerable.out):
        assert "--step values --made" in view
        assert "--step values --not-made" in view
    (result,) = parse((folder / "report.json").read_text("utf-8"))["results"]
    assert (result["outcome"], len(result["next"])) == ("in_doubt", 3)
    assert shops.counts.get("gelato.values", 0) == 0
    assert podsync(*settle, said).code == 0
    assert podsync("apply", "--auto-approve").code == 0
    assert podsync("plan", "--refresh", "--detailed-exitcode").code == 0
    assert shops.counts.get("gelato.values", 0) == (said == "--not-made")
    (row,) = shops.products("gelato")
    assert row["variantOptions"][0]["values"] == ["30x40", "50x70"]
