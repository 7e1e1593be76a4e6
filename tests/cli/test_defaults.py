"""What documents inherit from `_defaults.yaml`: a plan says which of it changed, and from where."""

from __future__ import annotations

import json

import pytest

from tests.cli.vendors import state

AUTUMN = """\
designed_product:
  labels: {season: autumn}
  lifecycle: {prevent_orphan: true}
  spec:
    imageUrl: https://cdn.example.com/same.png
    backImageUrl: https://cdn.example.com/back.png
    colorValue: "#A72525"
"""
SPRING = """\
designed_product:
  labels: {season: spring}
  spec: {imageUrl: "https://cdn.example.com/same.png", colorValue: "#9FE2BF"}
"""
TEE = 'kind: designed_product\nname: tee\nspec: {modelId: "1", enName: Tee}\n'
OLD, NEW = "catalog/autumn/_defaults.yaml", "catalog/spring/_defaults.yaml"
SAID = "moved from catalog/autumn/, other defaults hold: "
MOVED = (
    f"{SAID}spec.backImageUrl ({OLD}:6 -> none), spec.colorValue ({OLD}:7 -> {NEW}:3), "
    f"labels.season ({OLD}:2 -> {NEW}:2), lifecycle.prevent_orphan ({OLD}:3 -> none)"
)


@pytest.fixture
def seasons(folder, podsync, shops):
    """A product that is made as the autumn's defaults have it."""
    for name, defaults in (("autumn", AUTUMN), ("spring", SPRING)):
        (folder / "catalog" / name).mkdir(parents=True)
        (folder / "catalog" / name / "_defaults.yaml").write_text(defaults, encoding="utf-8")
    (folder / "catalog" / "autumn" / "tee.yaml").write_text(TEE, encoding="utf-8")
    assert podsync("apply", "--auto-approve").code == 0
    return folder / "catalog"


def risks(podsync):
    (change,) = json.loads(podsync("plan", "-o", "json").out)["resource_changes"]
    return change["risks"]


def move(seasons, text=TEE):
    (seasons / "autumn" / "tee.yaml").unlink(missing_ok=True)
    (seasons / "spring" / "tee.yaml").write_text(text, encoding="utf-8")


def test_a_moved_file_s_plan_says_which_defaults_changed(podsync, seasons):
    move(seasons)

    assert risks(podsync)[-1] == MOVED
    text = " ".join(podsync("plan").out.split())
    assert f"! {MOVED}" in text
    for view in ("markdown", "html"):
        assert "catalog/autumn/" in podsync("plan", "-o", view).out


def test_what_the_document_says_itself_is_no_matter_of_defaults(podsync, seasons):
    own = "labels: {season: spring}\nlifecycle: {prevent_orphan: true}\nspec: "
    said = '{backImageUrl: "https://cdn.example.com/back.png", colorValue: "#000000", '
    move(seasons, TEE.replace("spec: {", own + said))

    assert [each for each in risks(podsync) if "defaults" in each] == []


def test_a_document_that_stays_has_moved_from_nowhere(podsync, seasons):
    """Also after a change whose line is that of the defaults."""
    back = "    backImageUrl: https://cdn.example.com/back.png\n"
    (seasons / "autumn" / "_defaults.yaml").write_text(AUTUMN.replace(back, ""))
    for name in ("one.png", "two.png"):
        outer = f"designed_product:\n  spec:\n{back.replace('back.png', name)}"
        (seasons / "_defaults.yaml").write_text(outer, encoding="utf-8")
        assert [each for each in risks(podsync) if "defaults" in each] == []
        assert podsync("apply", "--auto-approve").code == 0
        (entry,) = state(seasons.parent)["entries"].values()
        assert entry["place"] == "catalog/autumn/tee.yaml:1"


def test_a_move_that_only_lifts_a_protection_says_so(podsync, seasons):
    same = AUTUMN.replace("  lifecycle: {prevent_orphan: true}\n", "").replace("autumn", "spring")
    (seasons / "spring" / "_defaults.yaml").write_text(same.replace("season: spring", "season: autumn"))
    move(seasons)

    said = f"{SAID}lifecycle.prevent_orphan ({OLD}:3 -> none)"
    assert risks(podsync) == [said]
    assert said in " ".join(podsync("plan").out.split())
