"""`podsync export`: a document for each product that has none, and the whole way until "No changes"."""

from __future__ import annotations

import subprocess

import pytest

from tests.apply.vendor_server import CREATES
from tests.cli.existing_shop import fill
from tests.cli.test_audit import BAG_SPEC, TEE_SPEC
from tests.cli.vendors import a_server, entries, settled
from tests.output.naughty import NAUGHTY

WRITES = (*CREATES, "gelato.update")


@pytest.fixture
def vendors(folder, monkeypatch):
    with a_server(folder, monkeypatch) as vendors:
        (folder / "catalog").mkdir()
        yield vendors


def files(folder, provider="kakaclo"):
    place = folder / "catalog" / "imported" / provider
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(place.glob("*"))}


def test_a_whole_shop_is_taken_over_and_nothing_is_sent(podsync, folder, vendors):
    settings = (folder / "podsync.yaml").read_text(encoding="utf-8")
    fast = settings.replace("settle_seconds", "rate_limit: {burst: 1000, per_second: 1000}, settle_seconds")
    (folder / "podsync.yaml").write_text(fast, encoding="utf-8")
    fill(vendors)
    vendors.pages = "repeat"
    vendors.model_field_as = "number"

    audited = podsync("audit", "-o", "csv=audit.csv", "-o", "html=audit.html")
    exported = podsync("export")
    again = podsync("export")
    valid = podsync("validate")
    form = podsync("fmt", "--check")
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "add", "-A", "catalog", "podsync.yaml"], check=True)
    vendors.behave()
    planned = podsync("plan")
    applied = podsync("apply", "--auto-approve")
    refreshed = podsync("plan", "--refresh")
    shown = podsync("audit")

    runs = (audited, exported, again, valid, form, planned, applied, refreshed, shown)
    assert [run.code for run in runs] == [0] * len(runs), (
        applied.err + refreshed.out[-3500:] + refreshed.err[-500:]
    )
    assert exported.out.splitlines()[-1] == "Export: 1,200 documents written."
    assert again.out.splitlines()[-1] == "Export: nothing is new."
    assert valid.out.splitlines()[-1] == "Valid: 1,200 products in 1,200 files."
    assert planned.out.splitlines()[-1].startswith("Plan: 1200 to adopt, 0 to create, 0 to update")
    assert applied.out.splitlines()[-1].startswith("Apply complete: 1200 adopted, 0 created")
    assert vendors.sent(*WRITES) == []
    assert len({entry["id"] for entry in entries(folder).values()}) == 1200
    assert refreshed.out.splitlines()[-1].startswith("No changes.")
    assert "1,200 managed, 0 orphans, 0 unmanaged" in shown.out
    given = [option for one in vendors.products("gelato") for option in one["spec"]["variantOptions"]]
    made = [
        option
        for entry in entries(folder).values()
        for option in (entry.get("spec") or {}).get("variantOptions", ())
    ]
    assert (
        sum(len(each.get("values", ())) for each in made) == sum(len(each["values"]) for each in given) > 400
    )
    text = "".join(files(folder).values())
    assert "X-Amz-Signature=" not in text
    assert "# imageUrl: left out: its address does not begin with https://: http://old.example.com/" in text


def test_a_document_reads_as_if_a_person_had_written_it(podsync, folder, vendors):
    vendors.model_names = {"1": "T-Shirt"}
    tee = vendors.by_hand("kakaclo", TEE_SPEC)
    option = {**BAG_SPEC["variantOptions"][0], "values": [{"value": "S"}]}
    bag = vendors.by_hand("gelato", {**BAG_SPEC, "variantOptions": [option]})

    podsync("export")

    assert files(folder) == {
        "old-tee.yaml": f"""\
# yaml-language-server: $schema=../../../schemas/designed_product.schema.json
kind: designed_product
name: old-tee
adopt: "{tee}"
spec:
  modelId: "1"  # T-Shirt
  enName: Old Tee
  imageUrl: https://cdn.example.com/old/front.png
  backImageUrl: https://cdn.example.com/old/back.png
  # KakaClo does not list these. Fill them in when you know them; nothing is sent.
  # materialImages:
  # colorValue:
"""
    }
    (text,) = files(folder, "gelato").values()
    assert text.count("      values:\n        - value: S\n") == 1
    assert text.startswith("# yaml-language-server: $schema=../../../schemas/customer_product.schema.json\n")
    assert f'name: old-bag\nadopt: "{bag}"\nspec:\n  name: Old Bag\n  customerIds: [customer-1]\n' in text
    assert "base_attributes" not in text


def test_a_text_that_reads_as_a_reference_is_taken_as_it_is(podsync, folder, vendors):
    name = "Tee ${var.cdn} ${colour} $${var.x}"
    vendors.by_hand("kakaclo", {**TEE_SPEC, "enName": name, "imageUrl": "https://c.example/${var.cdn}.png"})

    runs = [podsync(*words) for words in (["export"], ["validate"], ["apply", "--auto-approve"])]
    refreshed = podsync("plan", "--refresh")

    assert [run.code for run in runs] == [0, 0, 0], runs[-1].err
    assert refreshed.out.splitlines()[-1].startswith("No changes.")
    (text,) = files(folder).values()
    assert "left out" not in text
    (entry,) = entries(folder).values()
    assert entry["spec"]["enName"] == name
    assert entry["spec"]["imageUrl"] == "https://c.example/${var.cdn}.png"


def test_names_that_collide_or_are_none_end_in_the_id_and_stay(podsync, folder, vendors):
    names = ("Old Tee", "OLD tee", "猫", "con", "1", "null")
    ids = [
        vendors.by_hand("kakaclo", {**TEE_SPEC, "enName": name}, age=1000 - at)
        for at, name in enumerate(names)
    ]

    podsync("export", "--provider", "kakaclo")
    first = files(folder)
    newer = vendors.by_hand("kakaclo", {**TEE_SPEC, "enName": "Old tee!"})
    podsync("export")

    assert set(first) == {
        "old-tee.yaml", f"old-tee-{ids[1]}.yaml", f"model-1-{ids[2]}.yaml", f"con-{ids[3]}.yaml", "1.yaml",
        "null.yaml",
    }  # fmt: skip
    assert files(folder) == {**first, f"old-tee-{newer}.yaml": files(folder)[f"old-tee-{newer}.yaml"]}
    assert podsync("validate").code == 0


def test_it_never_overwrites_and_leaves_out_what_is_known(podsync, folder, catalog_of_two, vendors):
    own = folder / "catalog" / "imported" / "kakaclo"
    own.mkdir(parents=True)
    (own / "stranger.yaml").write_text("# mine\n", encoding="utf-8")
    vendors.by_hand("kakaclo", {**TEE_SPEC, "enName": "Stranger"})
    vendors.by_hand("kakaclo", {**TEE_SPEC, "enName": "Foreign", "imageUrl": "https://c.example/f"})
    foreign = str(vendors.products("kakaclo")[-1]["id"])
    podsync("import", "--not-ours", "kakaclo", foreign)

    run = podsync("export", "--provider", "kakaclo")

    made = files(folder)
    assert made.pop("stranger.yaml") == "# mine\n"
    assert len(made) == 1
    assert 'adopt: "' in next(iter(made.values()))
    assert "not written: kakaclo:" in run.out
    assert "looks like designed_product.mine" in run.out
    assert "podsync import --match" in run.err


def test_a_twin_of_a_document_is_no_second_document(podsync, folder, vendors):
    (folder / "catalog" / "tee.yaml").write_text(
        "kind: designed_product\nname: tee\nspec:\n  modelId: '1'\n  enName: Tee\n"
        "  imageUrl: https://cdn.example.com/tee.png\n  colorValue: '#A72525'\n",
        encoding="utf-8",
    )
    assert podsync("apply", "--auto-approve").code == 0
    settled()
    vendors.by_hand("kakaclo", vendors.body_of(entries(folder)["designed_product.tee"]["id"]))

    run = podsync("export", "--provider", "kakaclo")

    assert files(folder) == {}
    assert "looks like designed_product.tee" in run.out
    assert podsync("validate").code == 0


@pytest.fixture
def catalog_of_two(folder, vendors):
    """A document whose product is there, while the state does not know it: a second one would double it."""
    vendors.by_hand("kakaclo", {**TEE_SPEC, "enName": "Mine"})
    (folder / "catalog" / "mine.yaml").write_text(
        "kind: designed_product\nname: mine\nspec:\n  modelId: '1'\n  enName: Mine\n"
        "  imageUrl: https://cdn.example.com/other.png\n  colorValue: '#A72525'\n",
        encoding="utf-8",
    )


def test_whatever_products_are_called_their_documents_are_valid(podsync, folder, vendors):
    for number, name in enumerate(NAUGHTY):
        vendors.by_hand(
            "kakaclo", {**TEE_SPEC, "enName": name, "imageUrl": f"https://c.example/{number}.png"}
        )
        vendors.by_hand("kakaclo", {**TEE_SPEC, "enName": f"Tee {number}", "imageUrl": name or "x"})
        vendors.by_hand(
            "gelato", {**BAG_SPEC, "name": name, "customerIds": [f"customer-{number}", name or "x"]}
        )

    exported = podsync("export")
    valid = podsync("validate")

    count = 3 * len(NAUGHTY)
    assert exported.out.splitlines()[-1] == f"Export: {count} documents written."
    assert valid.code == 0, valid.out[-2000:]
    assert podsync("fmt", "--check").code == 0
    assert podsync("apply", "--auto-approve").code == 0
    assert vendors.sent(*WRITES) == []
    assert {entry["id"] for entry in entries(folder).values()} == {
        str(one["id"]) for name in ("kakaclo", "gelato") for one in vendors.products(name)
    }


def test_a_catalog_with_a_fault_is_mended_first(podsync, folder, vendors):
    (folder / "catalog" / "broken.yaml").write_text("kind: nonsense\n", encoding="utf-8")
    vendors.by_hand("kakaclo", TEE_SPEC)

    run = podsync("export")

    assert run.code == 3
    assert files(folder) == {}
    assert vendors.requests == []


def test_a_link_leads_no_document_out_of_the_tree(podsync, folder, vendors, tmp_path):
    (tmp_path / "outside").mkdir()
    (folder / "catalog" / "imported").symlink_to(tmp_path / "outside", target_is_directory=True)
    vendors.by_hand("kakaclo", TEE_SPEC)

    run = podsync("export")

    assert run.code == 3
    assert list((tmp_path / "outside").iterdir()) == []


def test_in_an_environment_a_document_belongs_to_it(podsync, folder, vendors, monkeypatch):
    settings = (folder / "podsync.yaml").read_text(encoding="utf-8")
    accounts = "".join(
        f"  {name}: {{providers: {{kakaclo: {{account: {name}}}, gelato: {{account: {name}}}}}}}\n"
        for name in ("staging", "production")
    )
    (folder / "podsync.yaml").write_text(f"{settings}\nenvironments:\n{accounts}", encoding="utf-8")
    monkeypatch.setenv("PODSYNC_KEYS_ENV", "staging")
    vendors.by_hand("kakaclo", TEE_SPEC)

    exported = podsync("--env", "staging", "export")

    assert exported.code == 0, exported.err
    assert "\nname: old-tee\nonly: [staging]\nadopt: " in files(folder)["old-tee.yaml"]
    plans = [podsync("--env", name, "plan").out.splitlines()[-1] for name in ("staging", "production")]
    assert plans[0].startswith("Plan: 1 to adopt, 0 to create")
    assert plans[1].startswith("No changes.")
    assert podsync("fmt", "--check").code == 0
