"""A shop that is there already: taken over by one command, completed, changed by hand, and true again."""

from __future__ import annotations

import random
import subprocess

import pytest

from tests.cli.vendors import a_server
from tests.products import poster_spec, tee_spec

WRITES = ("kakaclo.create", "gelato.create", "gelato.update")


@pytest.fixture
def server(folder, catalog, monkeypatch):
    for path in catalog.iterdir():
        path.unlink()
    with a_server(folder, monkeypatch) as server:
        yield server


def fill(server, count: int) -> None:
    """Doubles, equal names, pictures that may not stand in a document, names in other scripts."""
    luck = random.Random(7)
    for _ in range(count):
        name = f"{luck.choice(['Dino', 'Löwe', '恐竜', 'Fox & Co'])} {luck.randint(0, count // 2)}"
        spec = tee_spec(name.replace(" ", "-")) | {"enName": name, "modelId": str(luck.choice([1, 2]))}
        if luck.random() < 0.1:
            spec["imageUrl"] = spec["imageUrl"].replace("https", "http")
        for _ in range(1 + (luck.random() < 0.1)):
            server.by_hand("kakaclo", spec, age=86400 * 40)
    for number in range(count // 4):
        server.by_hand("gelato", poster_spec(str(number % (count // 5))), age=86400 * 40)


def test_a_shop_is_taken_over_and_stays_true_and_nothing_is_ever_sent(podsync, folder, catalog, server):
    fill(server, 60)
    for words in (["export"], ["validate"], ["apply", "--auto-approve"]):
        run = podsync(*words)
        assert run.code == 0, run.err
    refreshed = podsync("plan", "--refresh").out
    assert refreshed.splitlines()[-1] == "No changes. The catalog matches the state."
    assert "Not compared: colorValue and materialImages, which no listing tells" in " ".join(
        refreshed.split()
    )

    for path in (catalog / "imported" / "kakaclo").iterdir():
        path.write_text(path.read_text().rstrip() + '\n  colorValue: "#A72525"\n')
    assert podsync("plan").out.splitlines()[-1].startswith("Plan: 6")  # all noted, none replaced
    assert podsync("apply", "--auto-approve").code == 0

    rows, posters = server.products("kakaclo"), server.products("gelato")
    server.change(rows[0]["id"], enName="Renamed by hand")
    server.remove(rows[5]["id"])
    alone = next(each for each in rows[6:] if [row["spec"] for row in rows].count(each["spec"]) == 1)
    server.by_hand("kakaclo", alone["spec"])
    server.change(posters[0]["id"], customerIds=["customer-9"])
    run = podsync("drift", "--detailed-exitcode", "-o", "text", "-o", "patch=drift.patch")
    assert (run.code, run.out.splitlines()[-1]) == (2, "Drift: 2 changed, 1 gone, 1 twin.")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    subprocess.run(["git", "apply", "drift.patch"], cwd=folder, check=True)
    assert podsync("apply", "--auto-approve").code == 0
    assert podsync("state", "orphans", "--check").code == 0
    assert podsync("plan").out.splitlines()[-1] == "No changes. The catalog matches the state."
    assert podsync("drift", "--detailed-exitcode").code == 0
    assert server.sent(*WRITES) == []
