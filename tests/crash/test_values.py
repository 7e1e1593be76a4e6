"""P1 and P2 for products of several requests: killed in a create with values and in an exchange of names."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from podsync.sandbox import Sandbox
from tests.crash import catalogs, tracing
from tests.crash.catalogs import Document
from tests.crash.scene import APPLIES, SETTLE, Scene, killed, rules

#: Hits at which to die: two creates, two requests for values, two renames, of which the last one is settled
#: by a look. The rest is a campaign's.
POINTS = {
    "sender.unsent": (1, 2, 3, 4, 5, 6),
    "sender.answered": (1, 2, 3, 4, 5, 6),
    "before.Intent": (3, 5, 6),
    "after.Intent": (3, 5, 6),
    "before.Made": (1, 3, 4, 5),
    "after.Made": (1, 3, 4, 5),
    "before.Doubted": (1,),
    "after.Doubted": (1,),
    "before.Settled": (1,),
    "after.Settled": (1,),
    "after.Confirmed": (1,),
    "apply.worked": (1,),
    "apply.finished": (1,),
    "compact.written": (1,),
}
IN_EVERY_RUN = {"sender.answered:3", "sender.answered:5", "sender.unsent:6", "after.Made:5", "before.Made:4"}
CALLS = {"sendto": range(1, 14), "fsync": range(2, 16), "write": range(2, 12)}
CALLS_IN_EVERY_RUN = {("sendto", 9), ("fsync", 11)}


def poster(name: str, *sizes: str, **beside: Any) -> Document:
    document = catalogs.poster(name, **beside)
    option = document["spec"]["variantOptions"][0]
    option["values"] = [
        {"value": one, "attributeValues": [{"partModelId": "frame", "attributes": {"attr-width": one[:2]}}]}
        for one in sizes
    ]
    return document


BEFORE = [poster("kept", "10x10"), poster("old", "20x20", "30x30")]
WANTED = [
    poster("kept", "10x10"),
    poster("old", "40x40", lifecycle={"replace": "swap"}),
    poster("new", "50x50", "60x60"),
]
VALUES = {"Poster kept": [["10x10"]], "Poster old": [["40x40"]], "Poster new": [["50x50", "60x60"]]}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    home = tmp_path / "work"
    home.mkdir()
    with Sandbox(rules(gelato_repeated_values="twice"), data=tmp_path / "data") as shops:
        scene = Scene(home, shops)
        scene.write(BEFORE, parallelism=1)
        run = scene.apply()
        assert run.code == 0, (run.out, run.err)
        scene.write(WANTED, parallelism=1)
        yield scene


def recovers(scene: Scene) -> None:
    """Applying again ends with 0: nothing is there twice, no name is missing but between two renames."""
    scene.quiet()
    sound(scene)
    for _ in range(APPLIES):
        run = scene.apply()
        sound(scene)
        if run.code == 0:
            break
        assert run.code in {4, 8}, (run.out, run.err)
        assert "--step" not in run.out, run.out
        time.sleep(SETTLE)
    assert run.code == 0, (run.out, run.err)
    there = {name: values(scene, name) for name in VALUES}
    assert there == VALUES
    old = [name for name in scene.names("gelato") if name.startswith("(old ")]
    assert [name.partition(") ")[2] for name in old] == ["Poster old"]
    assert len(scene.names("gelato")) == len(VALUES) + 1
    ids = {str(product["id"]) for product in scene.shops.products("gelato")}
    assert ids == set(scene.state().owned("gelato"))
    scene.check_idle()


def values(scene: Scene, name: str) -> list[list[str]]:
    rows = [product for product in scene.shops.products("gelato") if product["name"] == name]
    return [row["variantOptions"][0].get("values", []) for row in rows]


def sound(scene: Scene) -> None:
    names = Counter(scene.names("gelato"))
    assert [name for name, count in names.items() if count > 1] == []
    given_up = any(name.startswith("(old ") for name in names)
    assert names["Poster old"] == 1 or given_up
    for product in scene.shops.products("gelato"):
        told = product["variantOptions"][0].get("values", [])
        assert len(set(told)) == len(told), f"{product['name']} has a value twice: {told}"


def points() -> list[Any]:
    every = [f"{name}:{number}" for name, numbers in POINTS.items() for number in numbers]
    return [
        pytest.param(point, marks=[] if point in IN_EVERY_RUN else pytest.mark.campaign) for point in every
    ]


@pytest.mark.parametrize("point", points())
def test_killed_at(scene: Scene, point: str) -> None:
    assert killed(scene.start(failpoint=f"{point}:SIGKILL"))

    recovers(scene)


def calls() -> list[Any]:
    every = [(call, number) for call, numbers in CALLS.items() for number in numbers]
    return [
        pytest.param(*each, marks=[] if each in CALLS_IN_EVERY_RUN else pytest.mark.campaign)
        for each in every
    ]


@pytest.mark.parametrize(("call", "number"), calls())
def test_killed_at_a_system_call(scene: Scene, call: str, number: int) -> None:
    tracing.needed()
    paths = (
        () if call == "sendto"
        else (scene.folder, scene.state_path, scene.journal_path, scene.lock_path, scene.memory_path)
    )  # fmt: skip
    under = tracing.injecting(f"{call}:signal=SIGKILL:when={number}", paths=paths)

    killed(scene.start(under=under))  # the last calls of a kind are not reached in every run

    recovers(scene)
