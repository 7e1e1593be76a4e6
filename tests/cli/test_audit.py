"""`podsync audit`: what the accounts hold, with a key and nothing else."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from tests.apply.vendor_server import CREATES, Odd
from tests.cli.conftest import TOKEN
from tests.cli.existing_shop import fill
from tests.cli.vendors import a_server, settled

TEE_SPEC = {
    "modelId": "1",
    "enName": "Old Tee",
    "imageUrl": "https://cdn.example.com/old/front.png",
    "backImageUrl": "https://cdn.example.com/old/back.png",
    "colorValue": "#A72525",
}
BAG_SPEC = {
    "name": "Old Bag",
    "customerIds": ["customer-1"],
    "productModelId": "model-bag",
    "variantOptions": [
        {
            "id": "size",
            "name": "Size",
            "values": [],
            "attributesMapping": [{"partModelId": "body", "attributeIds": ["attr-one"]}],
        }
    ],
}


@pytest.fixture
def vendors(folder, monkeypatch):
    with a_server(folder, monkeypatch) as vendors:
        (folder / "podsync.yaml").unlink()
        yield vendors


def told(run):
    return {one["provider"]: one for one in json.loads(run.out)["accounts"]}


def test_a_key_is_all_that_it_needs(podsync, folder, vendors):
    fill(vendors, designed=230, customer=30)

    run = podsync("audit", "-o", "json")

    accounts = told(run)
    assert run.code == 0, run.err
    assert list(accounts) == ["kakaclo", "gelato"]
    assert {name: one["counts"]["unmanaged"] for name, one in accounts.items()} == {
        "kakaclo": 230,
        "gelato": 30,
    }
    listed = {row["id"] for row in accounts["kakaclo"]["products"]}
    assert listed == {str(one["id"]) for one in vendors.products("kakaclo")}
    assert {request.operation for request in vendors.requests} == {
        "kakaclo.models", "kakaclo.search", "gelato.list",
    }  # fmt: skip
    assert not (folder / "podsync.state.json").exists()


def an_older_name_beside(vendors, identity, name):
    """An index that is behind: a product is listed twice, with the name of today and with an older one."""
    plain = vendors._page

    def page(rows, offset, size):
        shown = plain(rows, offset, size)
        older = [{**row, "spec": {**row["spec"], "enName": name}} for row in shown if row["id"] == identity]
        return [*shown, *older]

    vendors._page = page


def test_what_is_listed_twice_and_otherwise_is_said_and_is_no_double(podsync, vendors):
    mine, other = (vendors.by_hand("kakaclo", TEE_SPEC) for _ in range(2))
    an_older_name_beside(vendors, mine, "Older Tee")

    run = podsync("audit")

    assert run.code == 0
    assert (
        f"1 product listed twice, each time otherwise, so that nobody can tell what it is like today: {mine}"
        in (" ".join(run.out.split()))
    )
    (account,) = [each for name, each in told(podsync("audit", "-o", "json")).items() if name == "kakaclo"]
    kinds = {each["by"]: each["ids"] for each in account["alike"]}
    assert (kinds.get("double"), sorted(kinds["same name"])) == (None, sorted([mine, other]))


def test_without_a_key_it_names_those_that_are_missing(podsync, folder):
    run = podsync("audit")

    assert run.code == 9
    assert "GELATO_API_KEY and KAKACLO_ACCESS_TOKEN are not set" in run.err


def test_a_refused_key_hides_no_other_account(podsync, vendors, monkeypatch):
    vendors.by_hand("gelato", BAG_SPEC)
    monkeypatch.setenv("KAKACLO_ACCESS_TOKEN", "another-key-that-is-refused")

    run = podsync("audit")

    assert run.code == 9
    assert "Gelato" in run.out
    assert '"Old Bag"' in run.out
    assert "error: " in run.err
    assert "https://kakaclo.com/personal-center/api-setting" in run.err


def test_it_tells_who_has_what(podsync, folder, catalog, monkeypatch):
    with a_server(folder, monkeypatch) as vendors:
        podsync("apply", "--auto-approve")
        settled()
        (catalog / "tee.yaml").unlink()
        podsync("apply", "--auto-approve")
        stranger = vendors.by_hand("kakaclo", TEE_SPEC)
        podsync("import", "--not-ours", "kakaclo", stranger)
        vendors.by_hand("gelato", BAG_SPEC)
        sent = len(vendors.sent(*CREATES))

        run = podsync("audit", "-o", "json")
        text = podsync("audit")

        assert len(vendors.sent(*CREATES)) == sent
    found = {
        row["name"]: (row["standing"], row["address"])
        for one in told(run).values()
        for row in one["products"]
    }
    assert found == {
        "Test Tee": ("orphan", "designed_product.tee"),
        "Old Tee": ("not_ours", None),
        "Test Tote": ("managed", "customer_product.tote"),
        "Old Bag": ("unmanaged", None),
    }
    assert "Orphan (1): nobody here wants it any more: it stays on sale until a person removes it" in text.out
    assert text.out.splitlines()[-1] == (
        "Audit: 4 products, 1 managed, 1 orphan, 1 unmanaged, 1 not ours. 2 cannot be ordered yet."
    )


def test_look_alikes_open_options_and_models_that_left(podsync, vendors):
    vendors.model_names = {"1": "T-Shirt"}
    for change in ({}, {}, {"imageUrl": "https://cdn.example.com/other.png"}, {"enName": "OLD  TEE"}):
        vendors.by_hand("kakaclo", {**TEE_SPEC, **change})
    vendors.by_hand("kakaclo", {**TEE_SPEC, "enName": "Another Tee"})
    vendors.by_hand(
        "kakaclo", {**TEE_SPEC, "modelId": "99", "enName": "Gone", "imageUrl": "https://c.example/g"}
    )
    for customers in (["customer-1"], ["customer-2"], ["customer-2", "customer-3"]):
        vendors.by_hand("gelato", {**BAG_SPEC, "customerIds": customers})

    run = podsync("audit", "-o", "json")
    text = podsync("audit").out

    account = told(run)["kakaclo"]
    assert [(one["by"], len(one["ids"])) for one in account["alike"]] == [
        ("same name", 4),
        ("same picture", 4),
    ]
    assert [(one["by"], len(one["ids"])) for one in told(run)["gelato"]["alike"]] == [("same name", 2)]
    assert [(m["id"], m["name"], m["listed"]) for m in account["models"]] == [
        ("1", "T-Shirt", True), ("CODE-99", None, False),
    ]  # fmt: skip
    assert "CODE-99 (no longer in the list of models): 1" in text
    assert "Options without values (3 products): cannot be ordered until somebody adds them" in text


@pytest.mark.parametrize("pages", ["skip", "repeat"])
def test_rows_that_move_between_pages_are_found_all_the_same(podsync, vendors, pages):
    fill(vendors, designed=450, customer=0)
    vendors.pages = pages

    run = podsync("audit", "--provider", "kakaclo", "-o", "json")

    account = told(run)["kakaclo"]
    assert len(account["products"]) == 450
    assert account["whole"] or "The listing changed" in podsync("audit", "--provider", "kakaclo").out


def test_no_cell_is_a_formula_and_a_table_comes_back_as_it_was(podsync, vendors):
    for name in ("=1+1", "+1", "-x", "@a", "'=1", 'a"b', "a,b", "-"):
        vendors.by_hand("kakaclo", {**TEE_SPEC, "enName": name})

    run = podsync("audit", "-o", "csv")

    rows = list(csv.DictReader(io.StringIO(run.out)))
    assert {row["name"] for row in rows} == {"'=1+1", "'+1", "'-x", "'@a", "''=1", 'a"b', "a,b", "'-"}
    assert all(row["id"].startswith("kakaclo:") for row in rows)
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t"))]


WITH_USER = "https://user:geheim@bucket.example.com/a.png"
SIGNED = "https://bucket.example.com/a.png?X-Amz-Signature=geheim&X-Amz-Expires=60"
HOSTILE = "</script><img src=x onerror=alert(1)>\u202e\x1b[31m\n::error::x ##[error]y | a | @everyone"


@pytest.mark.parametrize("address", [SIGNED, WITH_USER])
@pytest.mark.parametrize("form", ["text", "json", "csv", "markdown", "html"])
def test_hostile_text_stays_text_and_addresses_that_are_keys_are_not_told(podsync, vendors, form, address):
    for _ in range(2):
        spec = {"enName": HOSTILE, "imageUrl": address, "backImageUrl": HOSTILE}
        vendors.by_hand("kakaclo", {**TEE_SPEC, **spec})

    out = podsync("audit", "-o", form).out

    assert "geheim" not in out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "##[" not in out
    assert not re.search(r"^\s*::", out, re.MULTILINE)
    if form in ("html", "markdown"):
        assert "<img src=x" not in out
        assert "</script><img" not in out


def test_pictures_are_looked_at_when_that_is_asked_for(podsync, folder, vendors):
    vendors.by_hand(
        "kakaclo", {**TEE_SPEC, "imageUrl": "https://192.0.2.1/x.png", "backImageUrl": "http://old.example/x"}
    )

    run = podsync("audit", "--provider", "kakaclo", "--images", "head", "-o", "json")

    (row,) = told(run)["kakaclo"]["products"]
    (fault,) = row["picture_faults"]
    assert fault.startswith("the front picture cannot be fetched")


def test_it_leaves_a_summary_for_a_step(podsync, folder, vendors, monkeypatch):
    vendors.by_hand("kakaclo", TEE_SPEC)
    summary = folder / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    assert podsync("audit").code == 0

    assert "Old Tee" in summary.read_text(encoding="utf-8")


def test_a_catalog_with_a_fault_is_no_reason_not_to_look(podsync, folder, catalog, vendors):
    (catalog / "broken.yaml").write_text("kind: nonsense\n", encoding="utf-8")
    vendors.by_hand("kakaclo", TEE_SPEC)

    run = podsync("audit")

    assert run.code == 0
    assert "warning: the catalog has 3 faults" in run.err
    assert '"Old Tee"' in run.out


def test_no_key_is_told(podsync, vendors):
    vendors.misbehave("kakaclo.search", Odd("text", body=f'{{"message": "no, {TOKEN}"}}'.encode()))

    run = podsync("audit", "--provider", "kakaclo")

    assert run.code != 0
    assert TOKEN not in run.out + run.err
