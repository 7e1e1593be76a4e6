"""`podsync models`: what the suppliers offer, kept for plans, for validate and for editors."""

from __future__ import annotations

import json
import random

import pytest

from podsync.catalog.known_file import KnownFile
from podsync.catalog.parsing.known_text import written
from podsync.catalog.validation.schemas import schema_text
from podsync.model.known_ids import AccountIds, KnownModel
from tests.cli.conftest import TEE
from tests.cli.test_audit import BAG_SPEC
from tests.cli.vendors import a_server
from tests.output.naughty import NAUGHTY


@pytest.fixture
def vendors(folder, monkeypatch):
    with a_server(folder, monkeypatch) as vendors:
        (folder / "catalog").mkdir()
        vendors.model_names = {"1": "T-Shirt", "37": "Raglan Tee", "73": "Long Sleeve Raglan"}
        vendors.by_hand("gelato", {**BAG_SPEC, "customerIds": ["customer-9", "customer-1"]})
        yield vendors


def known(folder):
    return (folder / "catalog" / "_known.yaml").read_text(encoding="utf-8")


def test_models_are_found_by_a_word_with_their_sizes(podsync, vendors):
    run = podsync("models", "raglan")
    every = podsync("models", "-o", "json")

    assert run.code == every.code == 0
    assert run.out.splitlines()[:2] == [
        "kakaclo  37  CODE-37  Raglan Tee          T-shirt  6.41  S, M, L",
        "kakaclo  73  CODE-73  Long Sleeve Raglan  T-shirt  6.41  S, M, L",
    ]
    found = {(row["provider"], row["id"]): row for row in json.loads(every.out)["models"]}
    assert set(found) == {("kakaclo", "1"), ("kakaclo", "37"), ("kakaclo", "73"), ("gelato", "model-bag")}
    assert found["kakaclo", "1"]["sizes"] == ""
    assert len(vendors.sent("kakaclo.model")) == 2


def test_a_long_name_is_cut_for_people_and_whole_for_programs(podsync, vendors):
    vendors.model_names = {"1": "long " * 300}

    assert max(map(len, podsync("models").out.splitlines())) < 160
    assert ("long " * 300).strip() in podsync("models", "-o", "csv").out


@pytest.mark.parametrize(
    ("word", "advice"), [("raglen", "did you mean Raglan?"), ("1x\x1b", "see all 4 models: podsync models")]
)
def test_a_word_that_no_model_has_is_said_with_what_to_do(podsync, vendors, word, advice):
    run = podsync("models", word)

    assert (run.code, run.out) == (0, "0 models.\n")
    shown = word.replace("\x1b", "\\x1b")
    assert f'No model has "{shown}" in its id, code, name or category; {advice}' in run.err


def test_what_is_kept_is_a_diff_when_the_supplier_changes_something(podsync, folder, vendors):
    assert podsync("models", "--save", "--sizes").code == 0
    first = known(folder)
    again = podsync("models", "--save")
    vendors.model_names = {"1": "T-Shirt", "73": "Long Sleeve Raglan", "74": "Crew Neck"}
    podsync("models", "--save")
    gone, back = set(first.splitlines()), set(known(folder).splitlines())

    assert "catalog/_known.yaml: nothing is new" in again.err
    told = '{name: "Raglan Tee", code: CODE-37, category: T-shirt, price: "6.41", sizes: [S, M, L]}'
    line = f'        "37": {told}'
    assert gone - back == {line}
    new = {'        "74": {name: "Crew Neck", code: CODE-74, category: T-shirt, price: "6.41"}'}
    assert {each.partition(", left:")[0] for each in back - gone} == {line[:-1], *new}
    assert "customers:\n        - customer-1\n        - customer-9\n" in first
    assert "      parts:\n        body: [attr-one]\n" in first
    assert podsync("validate").code == 0


def test_a_model_that_is_not_known_is_a_warning_with_the_nearest_by_name(podsync, folder, vendors):
    podsync("models", "--save")
    document = TEE.replace('"1"', '"999"').replace("Test Tee", "Fox Raglan Tee")
    (folder / "catalog" / "tee.yaml").write_text(document, encoding="utf-8")
    (folder / "catalog" / "seven.yaml").write_text(TEE.replace('"1"', '"001"').replace("tee", "seven"))

    run = podsync("validate")
    planned = podsync("plan")

    assert run.code == planned.code == 0
    assert run.err + run.out == (
        "catalog/tee.yaml:5:12: warning[unknown-model]: spec.modelId: 999 is not in KakaClo's list of "
        'models, as _known.yaml has it\n5 |   modelId: "999"\n  |            ^^^^^\n'
        '  = help: did you mean "37" (Raglan Tee)? all of them: podsync models; a new one: podsync models '
        "--save\n\n1 warning.\nValid: 2 products in 2 files.\n"
    )
    assert "unknown-model" in planned.out


def test_plans_and_pages_name_models_and_one_that_left_is_a_risk(podsync, folder, vendors):
    podsync("models", "--save")
    vendors.model_names = {"37": "Raglan Tee"}
    podsync("models", "--save")
    (folder / "catalog" / "a.yaml").write_text(TEE.replace('"1"', '"37"'), encoding="utf-8")

    text = podsync("plan").out
    markdown = podsync("plan", "-o", "markdown").out
    page = podsync("plan", "-o", "html").out
    saved = podsync("plan", "-o", "json=plan.json")
    (folder / "catalog" / "a.yaml").write_text(TEE, encoding="utf-8")
    risk = podsync("plan").out

    assert "model 37 Raglan Tee" in text
    assert "Raglan Tee" in markdown
    assert '"models":{"37":"Raglan Tee"}' in page
    assert saved.code == 0
    assert "model 37 Raglan Tee" in podsync("show", "plan.json").out
    assert "KakaClo has no model 1 T-Shirt on its list since " in " ".join(risk.split())
    assert "unknown-model" not in podsync("validate").out


def test_names_of_an_account_are_not_those_of_another(podsync, folder, vendors):
    podsync("models", "--save")
    (folder / "catalog" / "a.yaml").write_text(TEE.replace('"1"', '"999"'), encoding="utf-8")
    settings = (folder / "podsync.yaml").read_text(encoding="utf-8")
    (folder / "podsync.yaml").write_text(settings.replace("kakaclo: {", "kakaclo: {account: other, "))

    assert "unknown-model" not in podsync("validate").out


def test_what_is_known_counts_in_a_catalog_that_is_remembered(podsync, folder, vendors):
    for number in range(120):
        text = TEE.replace("name: tee", f"name: tee-{number}").replace("Test Tee", f"Tee {number}")
        (folder / "catalog" / f"{number}.yaml").write_text(
            text.replace('"1"', '"99"').replace("/tee/", f"/{number}/")
        )
    cold, warm = podsync("validate"), podsync("validate")
    podsync("models", "--save")
    warned = podsync("validate")
    (folder / "catalog" / "_known.yaml").write_text(known(folder).replace('"73":', '"99":'), encoding="utf-8")

    assert "unknown-model" not in cold.out + warm.out
    assert warned.out.count("warning[unknown-model]") == 120
    assert "unknown-model" not in podsync("validate").out


def without_snippets(node):
    if isinstance(node, list):
        return [without_snippets(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {key: without_snippets(each) for key, each in node.items() if key != "defaultSnippets"}


def test_editors_complete_ids_by_name(podsync, folder, vendors):
    podsync("models", "--save")

    for name in ("designed_product", "catalog"):
        made = json.loads((folder / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
        kind = made.get("definitions", {}).get("designed_product", made)
        field = kind["properties"]["spec"]["properties"]["modelId"]
        assert {"label": "Raglan Tee (37)", "description": "T-shirt, CODE-37, 6.41", "body": '"37"'} in field[
            "defaultSnippets"
        ]
        assert without_snippets(made) == json.loads(schema_text(name))


def test_a_damaged_file_is_told_and_never_overwritten(podsync, folder, vendors):
    (folder / "catalog" / "a.yaml").write_text(TEE, encoding="utf-8")
    for text in ("kakaclo: 7\n", "kakaclo: {h: {a: {models: {x: {name: [1]}}}}}\n", "a: b: c\n"):
        (folder / "catalog" / "_known.yaml").write_text(text, encoding="utf-8")

        runs = podsync("validate"), podsync("plan"), podsync("models", "--save")

        assert [run.code for run in runs] == [3, 3, 3]
        assert all("catalog/_known.yaml:1:" in run.out + run.err for run in runs)
        assert known(folder) == text


def test_whatever_a_supplier_calls_things_comes_back(tmp_path):
    rng = random.Random(1)
    names = [n for n in NAUGHTY if n.isprintable() and 0 < len(n) < 200]
    for _ in range(60):
        models = {
            str(n): KnownModel(str(n), *rng.sample(names, 3), sizes=tuple(rng.sample(names, 2)))
            for n in range(9)
        }
        account = AccountIds(models, {name: tuple(rng.sample(names, 2)) for name in rng.sample(names, 3)},
                             tuple(sorted(rng.sample(names, 3))), listed=rng.random() < 0.5)  # fmt: skip
        told = {("kakaclo", rng.choice(names), rng.choice(names)): account}
        (tmp_path / "_known.yaml").write_text(written(told), encoding="utf-8")
        file = KnownFile.of(tmp_path)

        assert file.parsed == (told, ())


def test_what_no_file_may_hold_is_left_out_of_what_a_supplier_says(tmp_path):
    """A model's name keeps its readable rest; an id that cannot be written is no id for a document."""
    odd = (*NAUGHTY, "Round\ufeffTee", "Round\x85Tee", "half \ud800", "\x00", "x" * 2000)
    for name in odd:
        models = {
            "1": KnownModel("1", name, name, name, sizes=(name,)),
            f"m{name}": KnownModel(f"m{name}", "Tee"),
        }
        account = AccountIds(models, {f"p{name}": (name, "red"), "plain": (name,)}, (name,), listed=True)
        (tmp_path / "_known.yaml").write_text(
            written({("kakaclo", "host", "own"): account}), encoding="utf-8"
        )

        accounts, faults = KnownFile.of(tmp_path).parsed

        assert faults == ()
        (found,) = accounts.values()
        assert set(found.models["1"].name) <= set(name)
        assert set(found.models) <= set(models)
        assert set(found.customers) <= {name}
        if name.isprintable() and 0 < len(name) < 200:
            assert found == account
