"""`podsync doctor`: each finding with its remedy, whatever else is broken."""

from __future__ import annotations

import json
import re

import pytest

from tests.apply.vendor_server import CREATES
from tests.cli.conftest import KEY, TOKEN
from tests.cli.vendors import a_server, settled


@pytest.fixture
def vendors(folder, monkeypatch):
    with a_server(folder, monkeypatch) as vendors:
        yield vendors


def findings(run):
    rows = json.loads(run.out)["findings"]
    return [(row["area"], row["verdict"], row["text"], row["remedy"]) for row in rows]


def one(run, area, part=""):
    (found,) = [row for row in findings(run) if row[0] == area and part in row[2]]
    return found[1:]


def test_all_is_well(podsync, folder, catalog, vendors):
    podsync("apply", "--auto-approve")
    settled()
    vendors.forget_requests()

    run = podsync("doctor", "-o", "json")

    assert run.code == 0
    assert one(run, "catalog")[:2] == ("ok", "2 products in 2 files of catalog")
    assert re.match(r"podsync.state.json: 2 products, last apply 20", one(run, "state")[1])
    assert one(run, "lock")[1] == "nobody holds the state"
    assert re.match(
        r"KakaClo: answers in .* and takes the key; \d+ of 120 requests", one(run, "answer", "KakaClo")[1]
    )
    assert one(run, "clock", "Gelato")[0] == "ok"
    assert vendors.sent(*CREATES, "gelato.update") == []
    assert len(vendors.requests) <= 6


def test_half_of_it_is_broken_and_all_of_it_is_told(podsync, folder, catalog, vendors, monkeypatch):
    podsync("apply", "--auto-approve")
    (folder / "podsync.yaml").write_text("version: 1\nlimits: {max_creates: many}\n", encoding="utf-8")
    (folder / "podsync.state.json").write_text("{", encoding="utf-8")
    (catalog / "broken.yaml").write_text("kind: nonsense\n", encoding="utf-8")
    monkeypatch.setenv("KAKACLO_ACCESS_TOKEN", "another-key-that-is-refused")
    monkeypatch.setenv("GELATO_API_KEY", "")

    run = podsync("doctor", "-o", "json")
    text = podsync("doctor")

    assert run.code == text.code == 3
    assert one(run, "settings", "max_creates")[0] == "wrong"
    assert one(run, "catalog", "fault")[2] == "podsync validate"
    assert one(run, "state")[0] == "wrong"
    assert one(run, "answer")[0] == "wrong"
    assert "https://kakaclo.com/personal-center/api-setting" in one(run, "answer")[2]
    assert one(run, "key", "Gelato")[1:] == (
        "Gelato: GELATO_API_KEY is empty", "get a key: Gelato Connect: Settings > API keys",
    )  # fmt: skip
    assert text.out.splitlines()[-1].startswith("Doctor: 4 faults")


def test_it_needs_nothing_at_all(podsync, folder):
    run = podsync("doctor")

    assert run.code == 0
    assert "no podsync.yaml: the defaults hold" in run.out
    assert "KAKACLO_ACCESS_TOKEN is not set" in run.out


def test_clocks_that_differ_are_told(podsync, catalog, vendors):
    vendors.dates = lambda _operation, _number: -3600.0

    found = one(podsync("doctor", "-o", "json"), "clock", "KakaClo")

    assert found[0] == "look"
    assert re.match(r"KakaClo's clock is 3,\d{3} s behind this machine's", found[1])


def test_no_key_is_shown(podsync, catalog, vendors):
    for form in ("text", "json"):
        run = podsync("doctor", "-o", form)
        assert TOKEN not in run.out + run.err
        assert KEY not in run.out + run.err
        assert f"{len(TOKEN)} characters, not shown" in " ".join(run.out.split())
