"""`podsync drift` and `plan --refresh`: what people change at the providers is seen, and can be accepted."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.cli.conftest import TEE, TOTE
from tests.cli.vendors import a_server, entries, lose, settled

WRITES = ("kakaclo.create", "gelato.create", "gelato.update")


@pytest.fixture
def server(folder, catalog, monkeypatch):
    with a_server(folder, monkeypatch) as server:
        yield server


@pytest.fixture
def shop(podsync, folder, catalog, server):
    """Four tees and a tote, all made; returns their ids by name."""
    for name in ("gone", "twin", "plain"):
        text = TEE.replace("name: tee", f"name: {name}").replace("Test Tee", f"A {name} tee")
        (catalog / f"{name}.yaml").write_text(text.replace("/tee/", f"/{name}/"))
    commented = TEE.replace("enName: Test Tee", 'enName: "Test Tee"  # as on the poster')
    (catalog / "tee.yaml").write_text(commented)
    tote = TOTE.replace('customerIds: ["*"]', "customerIds:\n    - anna\n    # since 2025\n    - ben")
    (catalog / "tote.yaml").write_text(tote)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    assert podsync("apply", "--auto-approve").code == 0
    settled()
    assert podsync("drift", "--detailed-exitcode").code == 0
    return {address.partition(".")[2]: entry["id"] for address, entry in entries(folder).items()}


def by_hand(server, shop) -> str:
    """What people do on the web pages; returns the id of the double."""
    server.change(shop["tee"], enName="Test Tee 2")
    server.change(shop["tote"], customerIds=["ben", "carl"])
    server.remove(shop["gone"])
    spec = server.body_of(shop["twin"])
    return server.by_hand("kakaclo", spec)


def test_each_is_shown_for_what_it_is_and_accepted_by_one_patch(podsync, folder, catalog, server, shop):
    double = by_hand(server, shop)
    run = podsync(
        "drift", "--detailed-exitcode", "-o", "text", "-o", "patch=drift.patch", "-o", "json=d.json"
    )

    assert run.code == 2
    assert run.out.splitlines()[-1] == "Drift: 2 changed, 1 gone, 1 twin."
    assert "enName: Test Tee -> Test Tee 2" in run.out
    found = json.loads((folder / "d.json").read_text())["resource_drift"]
    assert {each["address"].partition(".")[2]: each["kind"] for each in found} == {
        "tee": "changed", "tote": "changed", "gone": "gone", "twin": "twin",
    }  # fmt: skip
    (twin,) = [each for each in found if each["kind"] == "twin"]
    assert twin["twins"] == [double]
    assert "colorValue and materialImages, which no listing tells" in " ".join(run.out.split())

    patched = subprocess.run(
        ["git", "apply", "drift.patch"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert patched.stderr == ""
    tee = (catalog / "tee.yaml").read_text()
    assert 'changed_there: {enName: "Test Tee"}\nspec:\n' in tee
    assert 'enName: "Test Tee 2"  # as on the poster' in tee
    tote = (catalog / "tote.yaml").read_text()
    assert "customerIds:\n    # since 2025\n    - ben\n    - carl\n" in tote
    assert not (catalog / "gone.yaml").exists()
    assert (catalog / "removed.yaml").read_text() == "removed:\n  - designed_product.gone\n"
    assert f"ignore:\n  kakaclo:\n    - {json.dumps(double)}\n" in (folder / "podsync.yaml").read_text()

    server.forget_requests()
    plan = podsync("plan")
    assert plan.out.splitlines()[-1] == (
        "Plan: 2 to note, 0 to create, 0 to update, 0 to replace, 1 to orphan."
    )
    assert server.requests == []
    assert podsync("apply", "--auto-approve").code == 0
    assert server.sent(*WRITES) == []
    assert podsync("state", "orphans", "--check").code == 0
    assert podsync("plan").out.splitlines()[-1] == "No changes. The catalog matches the state."
    assert podsync("drift", "--detailed-exitcode").code == 0


def test_a_refreshed_plan_shows_drift_apart_from_edits(podsync, folder, catalog, server, shop):
    by_hand(server, shop)
    text = (catalog / "plain.yaml").read_text()
    (catalog / "plain.yaml").write_text(text.replace("labels: {season: spring}", "labels: {season: autumn}"))
    run = podsync("plan", "--refresh", "-o", "text", "-o", "json=plan.json", "-o", "markdown=plan.md")

    assert run.code == 0
    assert "Not as podsync left it: 2 changed, 1 missing, not yet gone, 1 twin" in run.out
    assert run.out.splitlines()[-1].startswith("Plan: 1 to note")
    saved = json.loads((folder / "plan.json").read_text())
    assert sorted(each["kind"] for each in saved["resource_drift"]) == [
        "changed",
        "changed",
        "missing",
        "twin",
    ]
    assert "Not as podsync left it" in (folder / "plan.md").read_text()
    assert podsync("show", "plan.json").out == run.out
    (catalog / "plain.yaml").write_text(text)
    assert podsync("plan", "--refresh").out.splitlines()[-1] == (
        "No changes. The catalog matches the state, and 4 products are not as podsync left them."
    )


def test_an_update_of_what_drifted_waits_for_an_answer(podsync, folder, catalog, server, shop):
    """Both sides changed: neither is lost without a word."""
    server.change(shop["tote"], customerIds=["ben", "carl"])
    text = (catalog / "tote.yaml").read_text()
    (catalog / "tote.yaml").write_text(text.replace("    - ben\n", "    - ben\n    - dora\n"))
    server.forget_requests()
    run = podsync("apply", "--auto-approve")

    assert run.code == 4
    assert 'somebody changed it at Gelato: customerIds is ["ben","carl"] there by now' in " ".join(
        run.out.split()
    )
    assert server.sent(*WRITES) == []
    both = podsync("drift").out
    assert "both changed: the document says" in both
    assert podsync("apply", "--auto-approve", "--replace", "customer_product.tote").code == 0
    assert server.body_of(shop["tote"])["customerIds"] == ["anna", "ben", "dora"]
    assert podsync("drift", "--detailed-exitcode").code == 0


def test_what_is_accepted_and_changed_again_is_not_taken(podsync, folder, catalog, server, shop):
    server.change(shop["tee"], enName="Test Tee 2")
    podsync("drift", "-o", "patch=drift.patch")
    subprocess.run(["git", "apply", "drift.patch"], cwd=folder, check=True)
    server.change(shop["tee"], enName="Test Tee 3")
    run = podsync("apply", "--auto-approve")

    assert run.code == 4
    assert 'enName is "Test Tee 3" there' in " ".join(run.out.split())
    assert server.sent("kakaclo.create")[4:] == []
    assert "b) to change it to what the document says: take changed_there out of it" in " ".join(
        run.out.split()
    )
    # Once more from there.
    podsync("drift", "-o", "patch=drift.patch")
    subprocess.run(["git", "apply", "drift.patch"], cwd=folder, check=True)
    assert podsync("apply", "--auto-approve").code == 0
    assert podsync("drift", "--detailed-exitcode").code == 0


def test_what_is_gone_is_made_again(podsync, folder, catalog, server, shop):
    server.remove(shop["gone"])
    text = (catalog / "gone.yaml").read_text()
    (catalog / "gone.yaml").write_text(text.replace("spec:\n", f'recreate: "{shop["gone"]}"\nspec:\n', 1))

    assert podsync("plan").out.splitlines()[-1].startswith("Plan: 1 to create")
    assert podsync("apply", "--auto-approve").code == 0
    assert len(server.sent("kakaclo.create")) == 5
    settled()
    assert podsync("drift", "--detailed-exitcode").code == 0
    assert podsync("plan").out.splitlines()[-1] == "No changes. The catalog matches the state."


def test_a_catalog_that_lets_all_go_is_no_empty_one(podsync, folder, catalog, server, shop):
    for file in catalog.glob("*.yaml"):
        file.unlink()
    names = [f"designed_product.{name}" for name in ("gone", "plain", "tee", "twin")]
    (catalog / "removed.yaml").write_text(f"removed: [{', '.join(names)}]\n")
    assert podsync("plan").code == 5
    (catalog / "removed.yaml").write_text(f"removed: [{', '.join([*names, 'customer_product.tote'])}]\n")

    assert podsync("plan").out.splitlines()[-1].endswith("5 to orphan.")
    assert podsync("apply", "--auto-approve", "--allow", "orphans=5").code == 0
    assert entries(folder) == {}
    assert podsync("plan").out.splitlines()[-1] == "No changes. The catalog matches the state."


# -- what is said of it


def named(catalog, name: str, identity: str, **values: str) -> None:
    """The document says that it is this product, and says other values of it."""
    text = (catalog / f"{name}.yaml").read_text().replace("spec:\n", f'adopt: "{identity}"\nspec:\n', 1)
    for old, new in values.items():
        text = text.replace(old, new)
    (catalog / f"{name}.yaml").write_text(text)


def test_who_adopts_says_what_is_listed_otherwise(podsync, folder, catalog, server, shop):
    lose(folder)
    server.change(shop["tee"], enName="By hand")
    for name, identity in shop.items():
        named(catalog, name, identity)
    planned = podsync("plan")
    run = podsync("apply", "--auto-approve")

    said = " ".join(run.out.split())
    assert "apply says what is listed otherwise" in " ".join(planned.out.split())
    assert run.code == 0, run.out
    assert 'designed_product.tee is not as its document says: enName is "By hand" there' in said
    assert "designed_product.plain is not as its document says" not in said


def test_what_is_not_adopted_is_not_counted(podsync, folder, catalog, server, shop):
    lose(folder)
    for name in ("gone", "twin", "plain", "tote"):
        (catalog / f"{name}.yaml").unlink()
    named(catalog, "tee", "999999")

    run = podsync("plan", "--refresh")

    assert "not-adopted" in run.out
    assert run.out.splitlines()[-1] == "Plan: 0 to create, 0 to update, 0 to replace, 0 to orphan."


def test_a_document_that_takes_another_ones_product_makes_nothing(podsync, folder, catalog, server, shop):
    text = (catalog / "tee.yaml").read_text().replace("name: tee", f'name: rex\nadopt: "{shop["tee"]}"')
    (catalog / "tee.yaml").write_text(text.replace("/tee/front", "/rex/front").replace("#A72525", "#000000"))
    server.forget_requests()
    refreshed = podsync("plan", "--refresh")
    run = podsync("apply", "--auto-approve")

    assert refreshed.out.splitlines()[-1].startswith(
        "Plan: 1 to move, 0 to create, 0 to update, 0 to replace"
    )
    assert "imageUrl: https://cdn.example.com/rex/front.png -> https://cdn.example.com/tee/front.png" in (
        refreshed.out
    )
    assert (run.code, server.sent(*WRITES)) == (0, []), run.out
    assert entries(folder)["designed_product.rex"]["id"] == shop["tee"]
    assert podsync("plan").out.splitlines()[-1] == "No changes. The catalog matches the state."
    assert "designed_product.rex" in podsync("drift").out


def test_what_is_set_back_says_so_and_takes_no_name_from_orders_unasked(
    podsync, folder, catalog, server, shop
):
    server.change(shop["tote"], name="Tote 2")
    server.forget_requests()
    words = ("--replace", "customer_product.tote")
    planned, refreshed = podsync("plan", *words), podsync("plan", "--refresh", *words)
    stopped = podsync("apply", "--auto-approve", *words)

    assert "in doubt" not in planned.out
    assert "(whatever is there) -> " in planned.out
    assert "orders that still say" not in planned.out
    assert (refreshed.code, stopped.code) == (4, 4)
    assert "warning[renamed-there]" in refreshed.out
    assert 'orders that say "Tote 2" would fail' in " ".join(stopped.out.split())
    assert server.sent(*WRITES) == []
    (catalog / "tote.yaml").write_text(f'renamed_from: "Tote 2"\n{(catalog / "tote.yaml").read_text()}')
    assert podsync("apply", "--auto-approve", *words).code == 0
    assert server.body_of(shop["tote"])["name"] == "Test Tote"


def test_what_is_made_again_is_called_so_in_every_view(podsync, folder, catalog, server, shop):
    text = (catalog / "gone.yaml").read_text()
    (catalog / "gone.yaml").write_text(text.replace("spec:\n", f'recreate: "{shop["gone"]}"\nspec:\n', 1))

    run = podsync("plan", "-o", "text", "-o", "markdown=plan.md", "-o", "html=plan.html")

    assert "create: again" in run.out
    for view in (run.out, (folder / "plan.md").read_text(), (folder / "plan.html").read_text()):
        told = " ".join(view.split())
        assert "made again in place of SPU" in told
        assert "may still exist" in told


@pytest.mark.parametrize("adopted", [False, True])
def test_what_is_ignored_and_managed_is_said_at_its_place(podsync, folder, catalog, server, shop, adopted):
    if adopted:
        lose(folder)
        named(catalog, "tee", shop["tee"])
    settings = folder / "podsync.yaml"
    settings.write_text(f'{settings.read_text()}ignore:\n  kakaclo: ["77", "{shop["tee"]}"]\n')

    run = podsync("plan", "-o", "json")

    (told,) = [one for one in json.loads(run.out)["diagnostics"] if one["rule"] == "ignored-managed"]
    assert f"{shop['tee']} is ignored, and designed_product.tee has it" in told["summary"]
    assert told["range"]["filename"] == "podsync.yaml"
    assert told["range"]["start"] == {"line": len(settings.read_text().splitlines()), "column": 19}


def test_an_emptied_account_has_a_way_out(podsync, folder, catalog, server, shop):
    for identity in shop.values():
        server.remove(identity)

    run = podsync("drift")

    assert run.code == 9
    assert "podsync state check --emptied" in run.err
