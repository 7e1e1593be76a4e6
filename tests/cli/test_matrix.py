"""Three designs, twelve colours, eight models: 288 products of one document and one table, in a real shop."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.vendors import a_server, state

SETTINGS = """\
version: 1
providers:
  kakaclo:
    settle_seconds: 0.2
    timeout_seconds: 1
    rate_limit: {burst: 10000, per_second: 10000}
limits: {max_creates: null, max_replaces: 24, max_orphans: 39}
"""
DINO = """\
kind: designed_product
name: dino
each:
  design: [rex, stego, tri]
  colour: {file: colours.csv}
  model: {m1: {id: "1"}, m2: {id: "2"}, m3: {id: "3"}, m4: {id: "4"},
          m5: {id: "5"}, m6: {id: "6"}, m7: {id: "7"}, m8: {id: "8"}}
spec:
  modelId: ${model.id}
  enName: Dino ${design} ${model} ${colour.title}
  imageUrl: https://cdn.test/${design}/${model}-${colour.slug}.png
  colorValue: ${colour.hex}
"""
ROWS = [f"c{number:02},Colour {number},s{number},#{number * 77:06X}" for number in range(12)]
#: What many products of one document say together.
REPLACED = """\
+/. designed_product.dino                                    24 replaces           catalog/dino.yaml
      1 colour x 3 designs x 8 models · "Dino rex m1 Nwe" … "Dino tri m8 Nwe" · 8 models
      1 colour (light blue) · enName changes in 24
      for example [colour=c99,design=rex,model=m1]:
      enName  "Dino rex m1 [New -> Nwe]"                                    KakaClo cannot change it
      then by hand: remove the old 24 at KakaClo
    (equal ones are put together: --detail full lists each)
"""
NOTHING = "No changes. The catalog matches the state."


MODELS = DINO.partition("model: ")[2].partition("\nspec")[0]


def table(*rows: str, header: str = "key,title,slug,hex") -> str:
    return "\n".join([header, *rows]) + "\n"


class Shop:
    """The folder, the vendor, and what an apply does to both."""

    def __init__(self, folder: Path, podsync, server) -> None:
        self.catalog, self.folder, self.podsync, self.server = folder / "catalog", folder, podsync, server
        self.catalog.mkdir(exist_ok=True)
        (folder / "podsync.yaml").write_text(SETTINGS, encoding="utf-8")

    def write(self, **files: str) -> None:
        for name, text in files.items():
            ending = "csv" if name == "colours" else "yaml"
            (self.catalog / f"{name}.{ending}").write_text(text, encoding="utf-8")

    def applied(self) -> str:
        """Plan into a file, apply that, and return the frozen line; the vendor gets nothing twice."""
        planned = self.podsync("plan", "-o", "json=plan.json", "-o", "text")
        assert planned.code == 0, planned.out + planned.err
        run = self.podsync("apply", "plan.json", "--auto-approve")
        assert run.code == 0, run.out + run.err
        assert self.server.doubled() == []
        assert self.last("plan") == NOTHING
        return run.out.splitlines()[-1]

    def last(self, *words: str) -> str:
        return str(self.podsync(*words).out.splitlines()[-1])

    def ids(self) -> dict[str, str]:
        return {address: entry["id"] for address, entry in state(self.folder)["entries"].items()}

    def made(self) -> int:
        return len(self.server.products("kakaclo"))


def plan_of(shop: Shop) -> list[dict[str, Any]]:
    """The changes of a plan, as its JSON has them."""
    changes = json.loads(shop.podsync("plan", "-o", "json").out)["resource_changes"]
    return [{**each, **each["change"]} for each in changes]


def known(shop: Shop) -> dict[str, Any]:
    """What the state knows of each product, by its id; not where its document stands."""
    told = state(shop.folder)["entries"].values()
    return {one["id"]: {k: v for k, v in one.items() if k not in ("place", "updated_at")} for one in told}


@pytest.fixture
def shop(folder, podsync, monkeypatch):
    with a_server(folder, monkeypatch) as server:
        yield Shop(folder, podsync, server)


def test_exactly_what_must_change_is_changed(shop):
    shop.write(dino=DINO, colours=table(*ROWS))
    assert shop.applied() == "Apply complete: 288 created, 0 updated, 0 replaced, 0 orphaned."
    first = shop.ids()
    assert len(set(first.values())) == shop.made() == 288

    shop.write(colours=table(*reversed(ROWS)))  # rows moved
    assert shop.applied() == NOTHING
    shop.write(colours=table(*(f"{row},x" for row in ROWS), header="key,title,slug,hex,note"))
    assert shop.applied() == NOTHING  # a column more
    shop.write(colours=table(*ROWS[:5], "c99,New,s99,#ABCDEF", *ROWS[5:]))
    assert shop.applied() == "Apply complete: 24 created, 0 updated, 0 replaced, 0 orphaned."
    second = shop.ids()
    assert first.items() <= second.items()
    assert {"colour=c99" in address for address in second.keys() - first.keys()} == {True}

    shop.write(colours=table(*ROWS[:5], "c99,New,s99,#ABCDEG", *ROWS[5:]))  # not a colour
    wrong = shop.podsync("plan")
    assert wrong.code == 3
    assert "colours.csv:7:13" in wrong.err
    assert (shop.made(), shop.ids()) == (312, second)
    shop.write(colours=table(*ROWS[:5], "c99,Nwe,s99,#ABCDEF", *ROWS[5:]))  # a typo that looks right
    said = shop.podsync("plan").out
    assert REPLACED in said
    assert said.count("[colour=c99,") == 1
    assert shop.podsync("plan", "--detail", "full").out.count("[colour=c99,") == 24
    assert shop.applied() == "Apply complete: 0 created, 0 updated, 24 replaced, 0 orphaned."
    third = shop.ids()
    assert {
        address for address, one in second.items() if third[address] != one
    } == second.keys() - first.keys()

    shop.write(dino=DINO.replace(', m3: {id: "3"}', ""))  # a model is taken out
    assert {each["reason"] for each in plan_of(shop)} == {"no document makes it any more"}
    said = shop.podsync("plan").out
    assert " 39 orphans " in said
    assert "13 colours x 3 designs x 1 model · " in said
    assert "[colour=" not in said
    assert shop.applied() == "Apply complete: 0 created, 0 updated, 0 replaced, 39 orphaned."
    assert shop.ids() == {address: one for address, one in third.items() if "model=m3" not in address}
    shop.write(dino=DINO)  # and comes back
    assert shop.applied() == "Apply complete: 39 restored, 0 created, 0 updated, 0 replaced, 0 orphaned."
    assert (shop.ids(), shop.made()) == (third, 336)


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.campaign) for seed in range(2, 12))]
)
def test_an_apply_that_is_killed_again_and_again_makes_each_once(shop, process, seed):
    """Killed at random moments, begun again each time; a row is added, rows are moved meanwhile."""
    luck = random.Random(seed)
    shop.write(dino=DINO, colours=table(*ROWS))
    moments = ("sender.unsent", "sender.answered", "journal.written", "before.Made", "after.Made")
    for number in range(5):
        moment = f"{luck.choice(moments)}:{luck.randint(1, 60)}:SIGKILL"
        died = process("apply", "--auto-approve", "--no-wait", env={"PODSYNC_FAILPOINT": moment})
        assert died.code == -9, (moment, died)
        rows = ROWS if number % 2 else [*reversed(ROWS), "c99,New,s99,#ABCDEF"]
        shop.write(colours=table(*rows))
    for _ in range(2):
        ended = process("apply", "--auto-approve")
    assert ended.code == 0, ended
    assert (shop.made(), shop.server.doubled()) == (312, [])
    assert {shop.server.body_of(one)["enName"] for one in shop.ids().values()} == {
        each["spec"]["enName"] for each in shop.server.products("kakaclo")
    }
    assert shop.last("plan") == NOTHING


def alone(number: int, spec: Mapping[str, str]) -> str:
    """The document that makes one product by itself."""
    fields = "".join(f"  {key}: '{value}'\n" for key, value in spec.items())
    return f"kind: designed_product\nname: p{number}\nspec:\n{fields}"


@pytest.mark.parametrize(("designs", "colours"), [(1, 12), (3, 12)])
def test_from_documents_to_one_and_back_to_documents_all_is_moved(shop, designs, colours):
    """Nothing is said of former names: equal specs tell. Ids, and what the state knows, are kept."""
    dino = (
        DINO
        if designs == 3
        else DINO.replace("[rex, stego, tri]", "[rex]").replace(MODELS, "{m1: {id: '1'}}")
    )
    shop.write(dino=dino, colours=table(*ROWS[:colours]))
    specs = [each["after"] for each in plan_of(shop)]
    (shop.catalog / "dino.yaml").unlink()
    many = {f"p{number}": alone(number, spec) for number, spec in enumerate(specs)}
    shop.write(**many)
    count = len(many)
    made = f"Apply complete: {count} created, 0 updated, 0 replaced, 0 orphaned."
    moved = f"Apply complete: {count} moved, 0 created, 0 updated, 0 replaced, 0 orphaned."
    assert shop.applied() == made
    first = known(shop)

    for name in many:
        (shop.catalog / f"{name}.yaml").unlink()
    shop.write(dino=dino)
    assert shop.applied() == moved
    assert {address.partition("[")[0] for address in shop.ids()} == {"designed_product.dino"}
    assert known(shop) == first

    (shop.catalog / "dino.yaml").unlink()
    shop.write(**many)
    assert shop.applied() == moved
    assert {address.partition(".p")[0] for address in shop.ids()} == {"designed_product"}
    assert known(shop) == first
    assert shop.made() == count
