"""`podsync import`: a person says which existing product is which document's; it is believed if it fits."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import time
from types import MappingProxyType

import pytest

from podsync.catalog.parsing import csv_reader
from podsync.output.csv import writer
from podsync.sandbox import Fault
from tests.apply.vendor_server import CREATES, Odd
from tests.cli.conftest import TOKEN
from tests.cli.test_audit import an_older_name_beside
from tests.cli.vendors import TEE, TOTE, a_server, entries, lose, more, settled, state

TEE_FIELDS = ("modelId", "enName", "imageUrl", "backImageUrl", "colorValue", "materialImages")


@pytest.fixture
def vendors(folder, monkeypatch):
    """Vendors that change what they are sent: all pictures are copied, and names come back in capitals."""
    with a_server(folder, monkeypatch) as vendors:
        vendors.rehost, vendors.names = True, "upper"
        yield vendors


def rows(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def answer(path, by_id=MappingProxyType({}), **takes):
    """Fill in the column take, by id or by address."""
    told = rows(path)
    for row in told:
        row["take"] = by_id.get(row["id"], takes.get(row["address"].partition(".")[2], row["take"]))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, told[0])
        writer.writeheader()
        writer.writerows(told)


def ids(shops, provider="kakaclo"):
    return [str(product["id"]) for product in shops.products(provider)]


@pytest.fixture
def lost(podsync, folder, catalog, shops):
    """Both products are in the shops, and the state is gone."""
    assert podsync("apply", "--auto-approve").code == 0
    lose(folder)
    return shops


# -- the whole way


def test_a_lost_state_of_changed_products_is_brought_back_by_a_file(podsync, folder, catalog, vendors):
    more(catalog, "hat")
    assert podsync("apply", "--auto-approve").code == 0
    settled()
    lose(folder)
    made = len(vendors.sent(*CREATES))

    stopped = podsync("apply", "--auto-approve", "--first-contact")
    matched = podsync("import", "--match", "-o", "csv=pairs.csv")
    told = rows(folder / "pairs.csv")
    answer(folder / "pairs.csv", tee="yes", hat="yes", tote="yes")
    taken = podsync("import", "pairs.csv")
    again = podsync("apply", "--auto-approve")
    plan = podsync("plan")

    assert (stopped.code, matched.code, taken.code, again.code) == (4, 0, 0, 0), taken.err
    assert {(row["address"], row["verdict"], row["take"]) for row in told} == {
        (TEE, "look-alike", ""),
        ("designed_product.hat", "look-alike", ""),
        (TOTE, "look-alike", ""),
    }
    assert plan.out.splitlines()[-1] == "No changes. The catalog matches the state."
    assert len(vendors.sent(*CREATES)) == made
    assert vendors.doubled() == []
    assert {entry["origin"] for entry in entries(folder).values()} == {"imported"}


def test_a_lost_state_of_copied_pictures_is_brought_back_by_a_look_at_a_page(
    podsync, folder, catalog, vendors
):
    vendors.names = "keep"
    hat = more(catalog, "hat")
    assert podsync("apply", "--auto-approve").code == 0
    settled()
    lose(folder)
    made = len(vendors.sent(*CREATES))

    matched = podsync("import", "--match", "-o", "html=pairs.html", "-o", "csv=pairs.csv")
    page = (folder / "pairs.html").read_text(encoding="utf-8")
    seen = {
        name: (re.findall(r'<img [^>]*src="([^"]+)"', block), re.findall(r"<code>(podsync [^<]+)", block))
        for name, block in re.findall(
            r'<div class="block pairing whole[^"]*">.*?<h3>(\S+) (.*?)</ul>', page, re.DOTALL
        )
    }
    answer(folder / "pairs.csv", tee="yes", hat="yes", tote="yes")
    taken = podsync("import", "pairs.csv")
    again = podsync("apply", "--auto-approve")
    plan = podsync("plan")

    assert matched.code == 0
    for address, name in ((TEE, "tee"), (hat, "hat")):
        pictures, commands = seen[address]
        sent, listed = pictures[:2], pictures[2:]
        row = next(each for each in rows(folder / "pairs.csv") if each["address"] == address)
        assert sent == [f"https://cdn.example.com/{name}/{side}.png" for side in ("front", "back")]
        assert listed[0] == row["listed_picture"]
        assert len(listed) == 2
        assert set(sent).isdisjoint(listed)
        assert commands == [
            f"podsync import {address} {row['id'].partition(':')[2]}",
            f"podsync import --not-ours kakaclo {row['id'].partition(':')[2]}",
        ]
    assert (taken.code, again.code) == (0, 0), taken.err
    assert plan.out.splitlines()[-1] == "No changes. The catalog matches the state."
    assert len(vendors.sent(*CREATES)) == made
    assert vendors.doubled() == []


def test_no_lets_the_create_go_and_is_never_asked_again(podsync, folder, catalog, vendors):
    (catalog / "tote.yaml").unlink()
    assert podsync("apply", "--auto-approve").code == 0
    settled()
    lose(folder)
    first = vendors.products("kakaclo")[0]["id"]
    podsync("import", "--match", "-o", "csv=pairs.csv")
    answer(folder / "pairs.csv", tee="no")

    taken = podsync("import", "pairs.csv")
    applied = podsync("apply", "--auto-approve")
    matched = podsync("import", "--match")

    assert (taken.code, applied.code, matched.code) == (0, 0, 0), applied.out + applied.err
    assert f"KakaClo: not ours: {first}" in taken.out
    assert state(folder)["foreign"] == {"kakaclo": [first]}
    assert len(vendors.products("kakaclo")) == 2
    assert "nothing is listed that nobody here owns" in matched.out


# -- the file


def test_match_takes_what_is_the_same_and_changes_nothing(podsync, folder, lost):
    run = podsync("import", "--match", "-o", "csv=pairs.csv")

    told = {row["address"]: row for row in rows(folder / "pairs.csv")}
    tee = told[TEE]
    assert run.code == 0
    assert list(tee) == [
        "take", "verdict", "address", "id", "model", "name", "listed_name", "picture", "listed_picture",
        "spu", "made", "fits", "sent",
    ]  # fmt: skip
    assert {(row["take"], row["verdict"]) for row in told.values()} == {("yes", "same")}
    assert tee["id"] == f"kakaclo:{ids(lost)[0]}"
    assert told[TOTE]["id"] == f"gelato:{ids(lost, 'gelato')[0].removeprefix('cp-')}"
    assert tee["picture"] == tee["listed_picture"] == "https://cdn.example.com/tee/front.png"
    assert "podsync import pairs.csv" in run.err or "Pairs: 2 same." in run.out
    assert not (folder / "podsync.state.json").exists()


def test_equal_products_are_several_and_left_open(podsync, folder, catalog, shops):
    """The state is lost twice, and the first product cannot be seen the second time."""
    (catalog / "tote.yaml").unlink()
    shops.set_rules(kakaclo_lag=3600)
    for _ in range(2):
        assert podsync("apply", "--auto-approve", "--no-wait").code == 0
        lose(folder)
    shops.set_rules(kakaclo_lag=0)

    run = podsync("import", "--match", "-o", "csv")

    told = list(csv.DictReader(io.StringIO(run.out)))
    assert run.code == 0
    assert [(row["take"], row["verdict"], row["address"]) for row in told] == [("", "several", TEE)] * 2
    assert [row["id"] for row in told] == [f"kakaclo:{each}" for each in ids(shops)]


@pytest.mark.parametrize("today", ["Test Tee", "Quite Another"])
def test_what_is_listed_twice_and_otherwise_is_left_open(podsync, folder, catalog, vendors, today):
    """The document is like one of its two contents: apply asks, and so does the file."""
    (catalog / "tote.yaml").unlink()
    vendors.rehost, vendors.names = False, "keep"
    assert podsync("apply", "--auto-approve").code == 0
    settled()
    lose(folder)
    (made,) = vendors.products("kakaclo")
    named = {"Test Tee": "Quite Another", "Quite Another": "Test Tee"}
    vendors.products("kakaclo")[0]["spec"]["enName"] = today
    an_older_name_beside(vendors, made["id"], named[today])

    run = podsync("import", "--match", "-o", "csv")

    told = list(csv.DictReader(io.StringIO(run.out)))
    assert [(row["take"], row["verdict"], row["address"]) for row in told] == [("", "several", TEE)]
    assert podsync("apply", "--auto-approve", "--first-contact").code == 4
    assert len(vendors.products("kakaclo")) == 1


def test_products_like_no_document_can_be_given_to_one(podsync, folder, lost, catalog):
    (catalog / "tote.yaml").unlink()
    tee = (catalog / "tee.yaml").read_text(encoding="utf-8")
    (catalog / "tee.yaml").write_text(
        tee.replace("Test Tee", "Quite Another").replace("/tee/", "/new/"), encoding="utf-8"
    )
    podsync("import", "--match", "-o", "csv=pairs.csv")
    told = rows(folder / "pairs.csv")
    assert [(row["address"], row["verdict"]) for row in told] == [("", "none"), ("", "none")]
    text = (folder / "pairs.csv").read_text(encoding="utf-8")
    line = next(each for each in text.splitlines() if "kakaclo:" in each)
    (folder / "pairs.csv").write_text(text.replace(line, line.replace(",none,,", f"yes,none,{TEE},", 1)))

    taken = podsync("import", "pairs.csv")

    assert taken.code == 0, taken.err
    assert taken.out.splitlines()[0] == f'{TEE}: it is {ids(lost)[0]} (listed as "Test Tee", which stays)'
    assert "No changes" in podsync("plan").out


def test_a_file_is_taken_twice_to_no_harm(podsync, folder, lost):
    podsync("import", "--match", "-o", "csv=pairs.csv")
    assert podsync("import", "pairs.csv").code == 0
    before = (folder / "podsync.state.json").read_bytes()

    again = podsync("import", "pairs.csv")

    assert (again.code, again.out) == (0, "2 answers were known already\n")
    assert "undo" not in again.err
    assert (folder / "podsync.state.json").read_bytes() == before


@pytest.mark.parametrize("wrapped", ["\ufeff", "sep=;\n"])
def test_what_a_spreadsheet_makes_of_it_is_read(podsync, folder, lost, wrapped):
    podsync("import", "--match", "-o", "csv=pairs.csv")
    told = rows(folder / "pairs.csv")
    mark = ";" if ";" in wrapped else ","
    lines = [mark.join(told[0]), *(mark.join(f'"{cell}"' for cell in row.values()) for row in told)]
    text = wrapped + "\r\n".join(lines).replace('"yes"', '" YES "') + "\r\n"
    (folder / "pairs.csv").write_bytes(text.encode())

    run = podsync("import", "pairs.csv")

    assert run.code == 0, run.err
    assert sorted(entries(folder)) == [TOTE, TEE]


HEADER = "take,address,id\n"
BAD = {
    "take": (f"{HEADER}maybe,{TEE},kakaclo:1\n", "bad.csv:2:1: error[take]: 'maybe' is neither yes nor no"),
    "address": (f"{HEADER}yes,tee,kakaclo:1\n", "bad.csv:2:5: error[address]"),
    "no address": (f"{HEADER}yes,,kakaclo:1\n", "bad.csv:2:5: error[address]"),
    "id": (f"{HEADER}yes,{TEE},5012\n", "bad.csv:2:26: error[id]: '5012' does not say whose id it is"),
    "no id": (f"{HEADER}yes,{TEE},\n", "bad.csv:2:26: error[id]: an id is missing"),
    "kind": (f"{HEADER}yes,{TEE},gelato:1\n", "a designed_product is not a product of gelato"),
    "cells": (f"{HEADER}yes,{TEE}\n", "bad.csv:2:1: error[cells]: 2 cells, and the header has 3"),
    "quotes": (f'{HEADER}yes,"{TEE},kakaclo:1\n', "bad.csv:2:5: error[quotes]"),
    "one address": (
        f"{HEADER}yes,{TEE},kakaclo:1\nyes,{TEE},kakaclo:2\n",
        f"bad.csv:3:26: error[twice]: {TEE} is taken in line 2 already",
    ),
    "one id": (
        f"{HEADER}yes,{TEE},kakaclo:1\n\nyes,designed_product.b,kakaclo:1\n",
        "bad.csv:4:24: error[twice]: kakaclo:1 is taken in line 2 already",
    ),
    "after a line end in a cell": (f'name,{HEADER}"a\nb",maybe,,\n', "bad.csv:3:4: error[take]"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_names_line_and_column_and_nothing_is_taken(podsync, folder, catalog, shops, case):
    text, said = BAD[case]
    (folder / "bad.csv").write_text(text, encoding="utf-8")

    run = podsync("import", "bad.csv")

    assert run.code == 1
    assert said in run.err
    assert not (folder / "podsync.state.json").exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"take,id\n", "has no column address"),
        (b"take,take,address,id\n", "has two columns take"),
        (b"take,address,id\nyes,\xff,\n", ":2: not UTF-8"),
        (b"PK\x03\x04\x00\x00", "NUL"),
        (b"take,address,id\n" + b"yes,,\n" * 200_001, "the file has 200,002 lines; 200,000 are read"),
        (b"take,address,id\n" + b" " * (32 << 20), "the file has more than 32 MiB"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_such_file_is_wrong_usage(podsync, folder, catalog, shops, data, said):
    if data is not None:
        (folder / "bad.csv").write_bytes(data)

    run = podsync("import", "bad.csv")

    assert run.code == 64
    assert said in run.err


def test_every_word_that_is_not_believed_is_named_and_none_is_taken(podsync, folder, lost, catalog):
    hat = more(catalog, "hat")
    known = ids(lost)[0]
    (folder / "said.csv").write_text(
        f"{HEADER}yes,{TEE},kakaclo:{known}\nyes,{hat},kakaclo:999999\nno,,kakaclo:abc\n"
        "yes,customer_product.no,gelato:0\n",
        encoding="utf-8",
    )

    run = podsync("import", "said.csv")

    assert run.code == 1
    assert "said.csv:3:26: error[not-believed]: KakaClo lists no product 999999" in run.err
    assert "said.csv:4:5: error[not-believed]: KakaClo lists no product abc" in run.err
    assert "said.csv:5:25: error[not-believed]" in run.err
    assert not (folder / "podsync.state.json").exists()


def test_of_many_faults_of_a_file_the_first_are_shown(podsync, folder, catalog):
    (folder / "bad.csv").write_text(HEADER + f"perhaps,{TEE},kakaclo:1\n" * 25, encoding="utf-8")

    run = podsync("import", "bad.csv")

    assert run.code == 1
    assert run.err.count("error[take]") == 20
    assert run.err.endswith("… and 5 more\n\n25 errors.\n")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-x", "@a", "\tx", "'=1", "''-", "'plain", 'a"b', "a,b", ""])
def test_a_cell_is_no_formula_and_comes_back_as_it_was(text):
    data = "".join(writer.written(("take", "address", "id"), [("", text, "")])).encode()

    table = csv_reader.read("x.csv", data, ("address",))

    assert not data.splitlines()[1].startswith((b"=", b"+", b"-", b"@"))
    cell = data.decode().splitlines()[1].split(",")[1].strip('"')
    assert not cell.startswith(("=", "+", "-", "@", "\t"))
    assert [row["address"].value for row in table.rows] == ([text] if text else [])
    assert table.faults == ()


# -- one by one


def test_one_by_one_with_backup_and_undo(podsync, folder, lost):
    identity = ids(lost)[0]
    podsync("import", TOTE, ids(lost, "gelato")[0])

    run = podsync("import", TEE, f"kakaclo:{identity}")
    other = podsync("import", "--not-ours", "kakaclo", identity)

    assert (run.code, run.out) == (0, f"{TEE}: it is {identity}\n")
    assert "podsync.state.json.backup." in run.err
    assert entries(folder)[TEE]["id"] == identity
    assert entries(folder)[TEE]["spec"]["colorValue"] == "#A72525"
    assert entries(folder)[TEE]["unverified"] == ["colorValue", "materialImages"]
    assert "No changes" in podsync("plan").out
    assert other.code == 1
    assert f"{identity} belongs to {TEE}" in other.err


@pytest.mark.parametrize("identity", ["abc", "999999", "0"])
def test_an_id_that_is_not_listed_is_not_believed(podsync, folder, lost, identity):
    for words in ((TEE, identity), ("--not-ours", "kakaclo", identity)):
        run = podsync("import", *words)

        assert run.code == 1
        assert f"KakaClo lists no product {identity}" in run.err
    assert not (folder / "podsync.state.json").exists()


def test_another_model_and_an_owned_id_are_refused(podsync, folder, lost, catalog):
    identity = ids(lost)[0]
    hat = more(catalog, "hat")
    path = catalog / "hat.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace('modelId: "1"', 'modelId: "37"'))

    model = podsync("import", hat, identity)
    path.write_text(path.read_text(encoding="utf-8").replace('modelId: "37"', 'modelId: "1"'))
    podsync("import", TEE, identity)
    owned = podsync("import", hat, identity)

    assert (model.code, owned.code) == (1, 1)
    assert f"{identity} is of model 1, and {hat} of model 37" in model.err
    assert f"{identity} belongs to {TEE} already" in owned.err
    assert list(entries(folder)) == [TEE]


def test_a_foreign_id_may_be_taken_when_a_person_says_so(podsync, folder, lost):
    identity = ids(lost)[0]
    assert podsync("import", "--not-ours", "kakaclo", identity).code == 0
    assert state(folder)["foreign"] == {"kakaclo": [identity]}

    run = podsync("import", TEE, identity)

    assert run.code == 0
    assert "foreign" not in state(folder)


@pytest.mark.parametrize("words", [("import", TEE), ("state", "settle", TEE, "--adopt")])
def test_a_doubt_is_answered_by_import_and_by_settle_alike(podsync, folder, catalog, shops, words):
    shops.add_faults(Fault("kakaclo", "create", "fin", commit=True))
    shops.set_rules(kakaclo_lag=3600)
    assert podsync("apply", "--auto-approve", "--no-wait").code == 8
    identity = ids(shops)[0]

    shops.set_rules(kakaclo_lag=0)
    run = podsync(*words, identity)

    assert run.code == 0, run.err
    assert run.out == f"{TEE}: it is {identity}\n"
    assert entries(folder)[TEE]["id"] == identity
    assert entries(folder)[TEE]["remote"]["product"]["spu"]
    assert "No changes" in podsync("plan").out


@pytest.mark.parametrize("words", [("import", TEE), ("state", "settle", TEE, "--adopt")])
def test_what_no_listing_shows_yet_is_a_persons_word_until_one_does(podsync, folder, catalog, shops, words):
    shops.add_faults(Fault("kakaclo", "create", "fin", commit=True))
    shops.set_rules(kakaclo_lag=3600)
    assert podsync("apply", "--auto-approve", "--no-wait").code == 8
    identity = ids(shops)[0]

    run = podsync(*words, identity)

    later = "which no listing shows yet: apply takes it once one does, and makes nothing beside it"
    assert (run.code, run.out) == (0, f"{TEE}: it is {identity}, {later}\n")
    assert (entries(folder)[TEE]["id"], entries(folder)[TEE]["window"]["said"]) == (None, identity)
    assert f"seen on the web page as {identity}" in podsync("state", "show", TEE).out
    assert (podsync("import", TEE, identity).out, ids(shops)) == ("1 answer was known already\n", [identity])
    shops.set_rules(kakaclo_lag=0)
    assert podsync("apply", "--auto-approve").code == 0
    assert (entries(folder)[TEE]["id"], ids(shops)) == (identity, [identity])


@pytest.mark.parametrize("words", [("import", TEE), ("state", "settle", TEE, "--adopt")])
def test_a_guess_is_given_up_to_a_doubt_that_a_person_answers(podsync, folder, catalog, shops, words):
    hat = more(catalog, "hat")
    assert podsync("apply", "--auto-approve", "--target", hat).code == 0
    true = entries(folder)[hat]["id"]
    shops.add_faults(Fault("kakaclo", "create", "fin", commit=True))
    shops.set_rules(kakaclo_lag=1)
    time.sleep(1.2)
    assert podsync("apply", "--auto-approve", "--no-wait").code == 8
    shops.set_rules(kakaclo_lag=0)
    (identity,) = {*ids(shops)} - {true}
    guess(folder, hat, identity)

    run = podsync(*words, identity)

    assert run.code == 0, run.err
    assert f"the id of {hat} is open again" in run.out
    assert (entries(folder)[TEE]["id"], entries(folder)[hat]["id"]) == (identity, None)
    assert podsync("apply", "--auto-approve").code == 0
    assert (entries(folder)[TEE]["id"], entries(folder)[hat]["id"]) == (identity, true)


def guess(folder, address, identity):
    """An id that a listing showed otherwise than it was sent, and that nothing has confirmed."""
    path = folder / "podsync.state.json"
    whole = json.loads(path.read_text())
    entry = whole["entries"][address]
    at = entry["created_at"]
    entry |= {"id": identity, "window": {"since": at, "until": at}}
    path.write_text(json.dumps(whole))


@pytest.mark.parametrize("how", ["import", "settle", "settle --from", "file"])
@pytest.mark.parametrize("version", ["sent", "document"])
def test_the_version_of_a_product_is_said_where_no_listing_tells_it(
    podsync, folder, catalog, shops, how, version
):
    """Its create is in doubt, the document was edited since, and the colour is listed nowhere."""
    shops.add_faults(Fault("kakaclo", "create", "fin", commit=True))
    shops.set_rules(kakaclo_lag=3600)
    assert podsync("apply", "--auto-approve", "--no-wait").code == 8
    (identity,) = ids(shops)
    twin = {field: shops.products("kakaclo")[0].get(field) for field in TEE_FIELDS}
    shops.create_by_hand("kakaclo", twin)
    document = catalog / "tee.yaml"
    document.write_text(document.read_text().replace("#A72525", "#112233"))
    shops.set_rules(kakaclo_lag=0)
    formats = [word for each in ("csv", "html", "json") for word in ("-o", f"{each}=pairs.{each}")]
    matched = podsync("import", "--match", *formats)
    told = rows(folder / "pairs.csv")

    def says(word):
        if how == "file":
            answer(folder / "pairs.csv", {f"kakaclo:{identity}": word})
            return podsync("import", "pairs.csv")
        if how == "settle --from":
            (folder / "answers.txt").write_text(f"{TEE} {identity} {word.removeprefix('yes')}\n")
            return podsync("state", "settle", "--from", "answers.txt")
        words = ("import", TEE) if how == "import" else ("state", "settle", TEE, "--adopt")
        return podsync(*words, identity, *(() if word == "yes" else ("--as", word)))

    unsure = says("yes")
    taken = says(version)
    plan = podsync("plan")

    assert matched.code == 0
    differs = 'colorValue "#A72525" (its document says "#112233" today)'
    assert {(row["address"], row["fits"]) for row in told} == {(TEE, "either")}
    assert all(differs in row["sent"] for row in told)
    assert differs in json.loads((folder / "pairs.json").read_text())["pairs"][0]["sent"]
    page = (folder / "pairs.html").read_text(encoding="utf-8")
    assert page.count(f"{identity} --as sent") == page.count(f"{identity} --as document") == 1
    assert "what was sent" in page
    assert unsure.code == (1 if how == "file" else 5)
    assert all(f"{identity} --as {each}" in unsure.err for each in ("sent", "document"))
    assert taken.code == 0, taken.err
    held = entries(folder)[TEE]
    colour = {"sent": "#A72525", "document": "#112233"}[version]
    assert (held["id"], held["spec"]["colorValue"]) == (identity, colour)
    assert ("is an orphan now" in taken.out) == (version == "document")
    assert ("No changes" in plan.out) == (version == "document")
    assert ("colorValue" in plan.out) == (version == "sent")


@pytest.mark.parametrize("words", [("import", TEE, "1"), ("state", "settle", TEE, "--adopt", "1")])
def test_a_doubt_is_not_answered_without_a_key(podsync, folder, catalog, shops, monkeypatch, words):
    shops.add_faults(Fault("kakaclo", "create", "fin", commit=True))
    shops.set_rules(kakaclo_lag=3600)
    assert podsync("apply", "--auto-approve", "--no-wait").code == 8
    monkeypatch.delenv("KAKACLO_ACCESS_TOKEN")

    assert podsync(*words).code == 9
    assert entries(folder)[TEE]["pending"] is not None


def test_what_was_listed_before_it_was_sent_is_not_what_was_made(podsync, folder, catalog, shops, lost):
    """Otherwise the product that may have been made would be forgotten."""
    identity = ids(lost)[0]
    podsync("import", TOTE, ids(lost, "gelato")[0])
    hat = more(catalog, "hat")
    (catalog / "tee.yaml").rename(folder / "tee.yaml")
    shops.add_faults(Fault("kakaclo", "create", "fin", commit=True))
    shops.set_rules(kakaclo_lag=1)
    time.sleep(1.2)
    assert podsync("apply", "--auto-approve", "--no-wait", "--first-contact").code == 8

    run = podsync("import", hat, identity)

    assert run.code == 5, run.err
    assert f"{identity} was listed before {hat} was sent" in run.err
    assert entries(folder)[hat]["pending"] is not None


def test_an_unknown_id_is_bound(podsync, folder, catalog, shops):
    shops.set_rules(kakaclo_lag=3600)
    podsync("apply", "--auto-approve", "--no-wait")
    assert entries(folder)[TEE]["id"] is None
    shops.set_rules(kakaclo_lag=0)

    run = podsync("import", TEE, ids(shops)[0])

    assert run.code == 0, run.err
    assert entries(folder)[TEE]["id"] == ids(shops)[0]
    assert "window" not in entries(folder)[TEE]


def taken_for_one_another(podsync, folder, catalog, vendors, *names):
    """Tees of one name, whose pictures come back changed, have ids of each other. Returns the true ids."""
    vendors.names = "keep"
    (catalog / "tote.yaml").unlink()
    addresses = [TEE, *(more(catalog, name) for name in names)]
    assert podsync("apply", "--auto-approve").code == 0
    document = state(folder)
    true = {address: document["entries"][address]["id"] for address in addresses}
    shown = {address: document["entries"][address]["remote"] for address in addresses}
    for address, other in zip(addresses, [*addresses[1:], TEE], strict=True):
        entry = document["entries"][address]
        entry["id"], entry["remote"], entry["spec"]["enName"] = true[other], shown[other], "Test Tee"
        entry.pop("window", None)
    (folder / "podsync.state.json").write_text(json.dumps(document), encoding="utf-8")
    for name in names:
        path = catalog / f"{name}.yaml"
        path.write_text(path.read_text().replace(f"enName: {name.title()}", "enName: Test Tee"))
    return true


def bound(folder):
    return {address: entry["id"] for address, entry in entries(folder).items()}


def test_a_wrong_id_is_mended_and_what_had_the_right_one_gets_the_other(podsync, folder, catalog, vendors):
    """An older version may have taken one for the other."""
    true = taken_for_one_another(podsync, folder, catalog, vendors, "hat")

    run = podsync("import", TEE, true[TEE])

    assert run.code == 0, run.err
    assert bound(folder) == true
    assert f"designed_product.hat is {true['designed_product.hat']} now" in run.out


def test_wrong_ids_are_mended_one_after_another(podsync, folder, catalog, vendors):
    true = taken_for_one_another(podsync, folder, catalog, vendors, "hat", "cap")

    runs = [podsync("import", address, true[address]) for address in (TEE, "designed_product.hat")]

    assert [run.code for run in runs] == [0, 0], runs[0].err + runs[1].err
    assert bound(folder) == true


@pytest.mark.parametrize("said", [3, 2])
def test_wrong_ids_are_mended_by_a_file(podsync, folder, catalog, vendors, said):
    """With two of three said, the third would get an id that is another's: it has to be said as well."""
    true = taken_for_one_another(podsync, folder, catalog, vendors, "hat", "cap")
    before = bound(folder)
    lines = [f"yes,{address},kakaclo:{identity}\n" for address, identity in list(true.items())[:said]]
    (folder / "said.csv").write_text(HEADER + "".join(lines), encoding="utf-8")

    run = podsync("import", "said.csv")

    assert run.code == (0 if said == 3 else 1), run.err
    assert bound(folder) == (true if said == 3 else before)
    assert len(set(bound(folder).values())) == 3


def test_a_replace_in_doubt_did_not_make_what_was_there_before(podsync, folder, catalog, shops):
    (catalog / "tote.yaml").unlink()
    podsync("apply", "--auto-approve")
    old = entries(folder)[TEE]["id"]
    path = catalog / "tee.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("Test Tee", "Better Tee"), encoding="utf-8")
    shops.add_faults(Fault("kakaclo", "create", "fin", commit=True))
    shops.set_rules(kakaclo_lag=1)
    time.sleep(1.2)
    assert podsync("apply", "--auto-approve", "--no-wait").code == 8
    shops.set_rules(kakaclo_lag=0)

    wrong = podsync("import", TEE, old)
    right = podsync("import", TEE, ids(shops)[-1])

    assert (wrong.code, right.code) == (1, 0), right.err
    assert f"{old} is what {TEE} was before" in wrong.err
    assert entries(folder)[TEE]["id"] == ids(shops)[-1] != old


def test_what_is_listed_as_it_was_sent_is_not_given_away(podsync, folder, catalog, shops):
    (catalog / "tote.yaml").unlink()
    hat = more(catalog, "hat")
    podsync("apply", "--auto-approve")
    podsync("state", "rm", hat)
    spare = next(each for each in ids(shops) if each != entries(folder)[TEE]["id"])

    run = podsync("import", TEE, spare)

    assert run.code == 1
    assert "is listed just as it was sent" in run.err


def test_a_product_that_was_gone_is_taken_when_it_is_listed_again(podsync, folder, catalog, shops):
    """A tombstone is never adopted unasked."""
    podsync("apply", "--auto-approve")
    identity = entries(folder)[TEE]["id"]
    document = state(folder)
    del document["entries"][TEE]
    document["absent"] = {"kakaclo": {identity: {"at": "2026-01-02T03:04:05Z", "gone": True}}}
    (folder / "podsync.state.json").write_text(json.dumps(document), encoding="utf-8")

    run = podsync("import", TEE, identity)

    assert run.code == 0, run.err
    assert entries(folder)[TEE]["id"] == identity
    assert "absent" not in state(folder)


def replaced_elsewhere(podsync, folder, catalog, lifecycle=""):
    """A colleague has replaced the tee; this state is from before that. Returns the id of the new one."""
    (catalog / "tote.yaml").unlink()
    path = catalog / "tee.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("spec:", f"{lifecycle}spec:"), encoding="utf-8")
    podsync("apply", "--auto-approve")
    before = (folder / "podsync.state.json").read_bytes()
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("Test Tee", "Better Tee").replace(lifecycle or "\0", ""), encoding="utf-8")
    assert podsync("apply", "--auto-approve").code == 0
    known = entries(folder)[TEE]["id"]
    lose(folder)
    (folder / "podsync.state.json").write_bytes(before)
    return known


def test_what_replaces_it_already_is_taken_and_the_old_one_is_an_orphan(podsync, folder, catalog, shops):
    new = replaced_elsewhere(podsync, folder, catalog)
    old = entries(folder)[TEE]["id"]

    run = podsync("import", TEE, new)

    assert (run.code, run.out) == (0, f"{TEE}: it is {new} now, no longer {old}\n"), run.err
    assert [(each["id"], each["replaced_by"]) for each in state(folder)["orphans"]] == [(old, new)]
    assert "No changes" in podsync("plan").out


def test_a_protection_against_replacing_holds(podsync, folder, catalog, shops):
    new = replaced_elsewhere(podsync, folder, catalog, "lifecycle: {prevent_replace: true}\n")

    run = podsync("import", TEE, new)

    assert run.code == 5
    assert "prevent_replace protects it" in run.err


def test_while_the_state_is_held_by_another_it_is_6(podsync, process, folder, lost):
    from podsync.cli.environment.clock import SystemClock
    from podsync.state.local.store import LocalStore

    with LocalStore(folder / "podsync.state.json", clock=SystemClock()).lock("apply", 0):
        run = process("import", TEE, ids(lost)[0])

    assert run.code == 6
    assert not (folder / "podsync.state.json").exists()


# -- what apply prints leads out


def printed(run, start):
    """The first command that an apply printed behind these words, without `podsync`."""
    lines = [line for each in json.loads(run.out)["results"] for line in each["next"]]
    return next(line for line in lines if line.startswith(start)).partition(": podsync ")[2].split()


def refused_though_made(podsync, folder, vendors, catalog, *, edit=False):
    """The first answer was a refusal, and the product is there, changed on the way; or the document is."""
    (catalog / "tote.yaml").unlink()
    vendors.misbehave("kakaclo.create", Odd("code", status=50000, commit=True))
    assert podsync("apply", "--auto-approve").code == 4
    settled()
    if edit:
        text = (catalog / "tee.yaml").read_text(encoding="utf-8")
        (catalog / "tee.yaml").write_text(text.replace("#A72525", "#112233"), encoding="utf-8")
    asked = podsync("apply", "--auto-approve", "--first-contact", "-o", "json")
    assert asked.code == 4
    assert len(vendors.products("kakaclo")) == 1
    return asked


def test_what_was_refused_though_made_is_taken_by_the_printed_command(podsync, folder, catalog, vendors):
    asked = refused_though_made(podsync, folder, vendors, catalog)

    run = podsync(*printed(asked, "a) it is"))
    again = podsync("apply", "--auto-approve")

    assert (run.code, again.code) == (0, 0), run.err
    assert "refusals" not in state(folder)
    assert "No changes" in podsync("plan").out
    assert len(vendors.products("kakaclo")) == 1


def test_what_was_refused_and_is_not_ours_is_left_by_the_printed_command(podsync, folder, catalog, vendors):
    asked = refused_though_made(podsync, folder, vendors, catalog)

    run = podsync(*printed(asked, "b) none of them"))
    again = podsync("apply", "--auto-approve")

    assert (run.code, again.code) == (0, 0), run.err + again.out
    assert len(vendors.products("kakaclo")) == 2


def test_what_was_refused_though_made_before_an_edit_is_answered_by_a_file(podsync, folder, catalog, vendors):
    vendors.names, vendors.rehost = "keep", False
    asked = refused_though_made(podsync, folder, vendors, catalog, edit=True)
    assert "--as sent" in asked.out
    podsync("import", "--match", "-o", "csv=pairs.csv")
    (told,) = rows(folder / "pairs.csv")

    answer(folder / "pairs.csv", tee="yes")
    unclear = podsync("import", "pairs.csv")
    answer(folder / "pairs.csv", tee="sent")
    taken = podsync("import", "pairs.csv")

    assert (told["fits"], told["name"]) == ("either", "Test Tee")
    assert 'colorValue "#A72525" (its document says "#112233" today)' in told["sent"]
    assert (unclear.code, taken.code) == (1, 0), taken.err
    assert f"pairs.csv:2:{1 + len(',look-alike,designed_product.tee,')}: error[not-believed]" in unclear.err
    assert entries(folder)[TEE]["spec"]["colorValue"] == "#A72525"
    assert podsync("plan").out.splitlines()[-1].endswith("1 to replace, 0 to orphan.")


# -- keys, accounts, usage


def test_without_a_key_it_is_9_and_with_one_the_others_are_named(podsync, folder, lost, monkeypatch):
    monkeypatch.delenv("GELATO_API_KEY")
    matched = podsync("import", "--match")
    monkeypatch.delenv("KAKACLO_ACCESS_TOKEN")

    runs = [
        podsync("import", "--match"),
        podsync("import", TEE, "1"),
        podsync("import", "--not-ours", "kakaclo", "1"),
    ]

    assert matched.code == 0
    assert "Gelato was not asked: GELATO_API_KEY is not set" in matched.err
    assert [run.code for run in runs] == [9, 9, 9]


def test_another_account_is_9(podsync, folder, catalog, vendors):
    vendors.names, vendors.rehost = "keep", False
    assert podsync("apply", "--auto-approve").code == 0
    vendors.accounts["kakaclo"][TOKEN] = "other"
    more(catalog, "hat")

    runs = [podsync("import", "--match"), podsync("import", "designed_product.hat", "1")]

    assert [run.code for run in runs] == [9, 9]
    assert "another account" in runs[0].err


@pytest.mark.parametrize(
    "words",
    [
        (), (TEE, "1", "2"), ("tee", "1"), (TEE, "a b"), ("--not-ours", "kakaclo"),
        ("--not-ours", "etsy", "1"), ("--match", "x.csv"), ("x.csv", "-o", "csv=y.csv"),
        ("--match", "-o", "sarif"),
        ("--match", "--not-ours", "kakaclo"), ("--match", "--as", "sent"), ("x.csv", "--as", "sent"),
        (TEE, "1", "--as", "newest"),
    ],
)  # fmt: skip
def test_wrong_usage(podsync, catalog, shops, words):
    assert podsync("import", *words).code == 64


def test_an_invalid_catalog_is_3(podsync, catalog, shops):
    (catalog / "tee.yaml").write_text("kind: designed_product\n", encoding="utf-8")

    assert podsync("import", "--match").code == 3
    assert podsync("import", TEE, "1").code == 3


def test_it_asks_nothing_on_a_terminal_and_without_one(terminal, process, folder, lost):
    matched = process("import", "--match", "-o", "csv=pairs.csv")
    run = terminal("import", "pairs.csv")

    assert (matched.code, run.code) == (0, 0), run.out
    assert sorted(entries(folder)) == [TOTE, TEE]


def test_hostile_names_drive_neither_terminal_nor_spreadsheet(podsync, folder, catalog, shops):
    (catalog / "tote.yaml").unlink()
    path = catalog / "tee.yaml"
    path.write_text(path.read_text().replace("enName: Test Tee", 'enName: "=HYPERLINK(1)"'))
    assert podsync("apply", "--auto-approve").code == 0
    lose(folder)

    run = podsync("import", "--match", "-o", "csv=pairs.csv")

    told = rows(folder / "pairs.csv")
    assert run.code == 0
    assert [row["listed_name"] for row in told] == ["'=HYPERLINK(1)"]


def test_people_and_programs_are_told_the_pairs(podsync, folder, lost, catalog):
    more(catalog, "hat")
    (catalog / "tote.yaml").unlink()
    tee, tote = ids(lost)[0], ids(lost, "gelato")[0].removeprefix("cp-")
    spu = lost.products("kakaclo")[0]["spu"]

    text = podsync("import", "--match")
    told = json.loads(podsync("import", "--match", "-o", "json").out)

    lines = text.out.splitlines()
    assert lines[0] == f'{TEE} "Test Tee"'
    assert lines[1].startswith(f'  same       kakaclo:{tee} "Test Tee" (SPU {spu}, model 1, made 20')
    assert lines[2] == "1 product like no document:"
    assert lines[3].startswith(f'  gelato:{tote} "Test Tote" (model model-tote, made 20')
    assert lines[4:] == ["Pairs: 1 same, 1 none. 1 document looks like nothing that is listed."]
    assert told["format_version"] == "1.0"
    assert told["documents_alone"] == 1
    assert [(pair["take"], pair["id"]) for pair in told["pairs"]] == [
        ("yes", f"kakaclo:{tee}"), ("", f"gelato:{tote}"),
    ]  # fmt: skip


def test_the_output_never_overwrites_the_catalog(podsync, catalog, lost):
    assert podsync("import", "--match", "-o", "csv=catalog/tee.yaml").code == 64
    assert podsync("import", "--match", "-o", "csv=podsync.state.json").code == 64


# -- ids in documents


def applied(folder):
    """Take the patch in, as Git does."""
    subprocess.run(["git", "apply", "pairs.patch"], cwd=folder, check=True)


def test_certain_pairs_go_into_the_documents(podsync, folder, catalog, lost):
    (catalog / "tote.yaml").write_text(
        "# mine\n" + (catalog / "tote.yaml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    run = podsync("import", "--match", "-o", "patch=pairs.patch")
    applied(folder)

    told = (catalog / "tee.yaml").read_text(encoding="utf-8")
    planned = podsync("plan")
    assert run.code == planned.code == 0
    assert told.startswith(f'kind: designed_product\nname: tee\nadopt: "{ids(lost)[0]}"\nlabels:')
    assert (catalog / "tote.yaml").read_text(encoding="utf-8").startswith("# mine\nkind:")
    assert planned.out.splitlines()[-1].startswith("Plan: 2 to adopt, 0 to create")
    assert podsync("apply", "--auto-approve").code == 0


def test_all_ids_of_a_state_are_pinned_without_a_key_and_a_lost_state_costs_nothing(
    podsync, folder, catalog, shops, monkeypatch
):
    (catalog / "both.yaml").write_text(
        '{kind: designed_product, name: cap, spec: {modelId: "2", enName: Cap, '
        'imageUrl: "https://cdn.example.com/cap.png", colorValue: "#000000"}}\n---\n'
        + (catalog / "tee.yaml").read_text(encoding="utf-8"),
        encoding="utf-8",
    )
    (catalog / "tee.yaml").unlink()
    assert podsync("apply", "--auto-approve").code == 0
    before = {address: entry["id"] for address, entry in entries(folder).items()}
    with monkeypatch.context() as without:
        without.delenv("KAKACLO_ACCESS_TOKEN")
        without.delenv("GELATO_API_KEY")
        run = podsync("import", "--pin", "-o", "patch=pairs.patch")
        screen = podsync("import", "--pin", "-o", "patch")
    patch = (folder / "pairs.patch").read_text(encoding="utf-8")
    applied(folder)
    lose(folder)
    again = podsync("apply", "--auto-approve")

    assert run.code == again.code == 0, run.err + again.out
    assert screen.out == patch
    assert patch.count('\n+adopt: "') + patch.count('{adopt: "') == 3
    assert {address: entry["id"] for address, entry in entries(folder).items()} == before
    assert "Apply complete: 3 adopted, 0 created" in again.out
    assert "Nothing to pin" in podsync("import", "--pin").out


def test_an_address_that_nobody_knows_is_told_before_a_key_is_asked_for(podsync, catalog):
    run = podsync("import", "designed_product.tea", "5012")

    assert run.code == 64
    assert "neither the catalog nor the state knows designed_product.tea" in run.err
    assert "did you mean designed_product.tee" in run.err


def test_the_ids_of_one_environment_are_no_other_ones(podsync, folder, catalog):
    (folder / "podsync.yaml").write_text(
        "version: 1\nsandbox: true\nenvironments:\n"
        "  staging: {providers: {kakaclo: {account: a}, gelato: {account: a}}}\n"
        "  production: {providers: {kakaclo: {account: b}, gelato: {account: b}}}\n",
        encoding="utf-8",
    )
    assert podsync("apply", "--env", "staging", "--auto-approve").code == 0

    run = podsync("import", "--env", "staging", "--pin", "-o", "patch=pairs.patch")
    applied(folder)

    assert run.code == 0
    assert "adopt: {staging: " in (catalog / "tee.yaml").read_text(encoding="utf-8")
    assert podsync("plan", "--env", "production").out.splitlines()[-1].startswith("Plan: 2 to create")
    assert "No changes" in podsync("plan", "--env", "staging").out
