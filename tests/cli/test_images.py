"""`validate --images`, from the command line to a server on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from podsync.cli.app.session import Session
from podsync.cli.main import main
from tests.cli.conftest import TEE, Run
from tests.images.server import Server, body, network, redirect, serving, tagged
from tests.images.test_formats import png

GOOD = png(3000, 4000, colours=6)
PATHS = ("front", "back", "art")


@pytest.fixture
def server(catalog) -> Iterator[Server]:
    """The catalog's pictures, all of them good."""
    with serving() as running:
        text = TEE.replace("https://cdn.example.com", running.url("", "cdn.test"))
        (catalog / "tee.yaml").write_text(text, encoding="utf-8")
        for name in PATHS:
            running.behaviours[f"/tee/{name}.png"] = tagged(GOOD + name.encode(), f'"{name}"')
        yield running


@pytest.fixture
def validate(capsys):
    def run(*args, **changes) -> Run:
        code = main(["validate", *args], Session(network=network(**changes)))
        return Run(code, *capsys.readouterr())

    return run


@pytest.mark.parametrize("mode", ["head", "full"])
def test_good_pictures(server, validate, mode):
    run = validate("--images", mode)

    assert run == (0, "Valid: 2 products in 2 files. Looked at 3 pictures.\n", "")
    assert sorted(server.seen) == ["cdn.test/tee/art.png", "cdn.test/tee/back.png", "cdn.test/tee/front.png"]


@pytest.mark.parametrize("args", [[], ["--images", "off"]])
def test_without_the_option_nobody_is_asked(server, validate, folder, args):
    assert validate(*args) == (0, "Valid: 2 products in 2 files.\n", "")
    assert server.seen == []
    assert not (folder / ".podsync").exists()


def test_a_page_instead_of_a_picture_is_told_at_its_url(server, validate):
    server.behaviours["/tee/art.png"] = body(b"<!doctype html><p>gone</p>")

    run = validate("--images", "head")

    assert run.code == 3
    assert run.out.splitlines()[0] == (
        "catalog/tee.yaml:9:47: error[picture-not-an-image]: the artwork is not a picture (HTML page)"
    )
    assert run.out.splitlines()[2].strip(" |").startswith("^^^^")


def test_the_verdict_as_json(server, validate):
    server.behaviours["/tee/front.png"] = body(b"", 404)

    run = validate("--images", "full", "-o", "json")

    data = json.loads(run.out)
    assert run.code == 3
    assert (data["valid"], data["error_count"], data["warning_count"]) == (False, 1, 0)
    assert data["diagnostics"][0] | {"summary": ""} == {
        "severity": "error",
        "rule": "picture-unreachable",
        "summary": "",
        "detail": "upload it again, or correct the address",
        "address": "designed_product.tee",
        "range": {
            "filename": "catalog/tee.yaml",
            "start": {"line": 7, "column": 13},
            "end": {"line": 7, "column": 13 + len(server.url("/tee/front.png"))},
        },
    }


@pytest.mark.parametrize(
    ("form", "word"), [("markdown", "picture"), ("github", "::error"), ("sarif", "ruleId")]
)
def test_every_format_tells_it(server, validate, form, word):
    server.behaviours["/tee/front.png"] = redirect("https://169.254.169.254/latest")

    run = validate("--images", "head", "-o", form)

    assert run.code == 3
    assert word in run.out
    assert "picture-not-public" in run.out


def test_a_warning_alone_leaves_the_catalog_valid(server, validate):
    server.behaviours["/tee/front.png"] = body(png(20, 20, colours=6))

    run = validate("--images", "head")

    assert run.code == 0
    assert "warning[picture-small]" in run.out
    assert run.out.splitlines()[-1] == "Valid: 2 products in 2 files. Looked at 3 pictures."


def test_the_resolution_is_worked_out_where_a_print_size_stands(server, validate, catalog):
    text = (catalog / "tee.yaml").read_text()
    (catalog / "tee.yaml").write_text("print: {art: {width_mm: 1000, height_mm: 1000}}\n" + text)

    run = validate("--images", "head")

    assert run.code == 0
    assert "warning[picture-low-dpi]: the artwork has 102 dpi" in run.out


def test_the_same_picture_in_front_of_two_products(server, validate, catalog):
    text = (catalog / "tee.yaml").read_text()
    (catalog / "mug.yaml").write_text(
        text.replace("name: tee", "name: mug").replace("Test Tee", "Test Mug").replace("/front", "/mug")
    )
    server.behaviours["/tee/mug.png"] = body(GOOD + b"front")

    run = validate("--images", "full")

    assert run.code == 0
    assert "catalog/tee.yaml:7:13: warning[picture-duplicate]" in run.out
    assert "designed_product.mug at catalog/mug.yaml:7" in run.out
    assert len(server.seen) == 4  # what both share is fetched once


@pytest.mark.parametrize(
    ("path", "asked"), [("catalog/tote.yaml", 0), ("catalog/tee.yaml", 3), ("catalog", 3)]
)
def test_the_paths_narrow_what_is_looked_at(server, validate, path, asked):
    assert validate("--images", "head", path).code == 0
    assert len(server.seen) == asked


def test_other_faults_are_told_as_well(server, validate, catalog):
    (catalog / "bad.yaml").write_text("kind: nonsense\n")
    server.behaviours["/tee/art.png"] = body(b"", 404)

    run = validate("--images", "head")

    assert run.code == 3
    assert run.out.startswith("catalog/bad.yaml:1:")
    assert "catalog/tee.yaml:9:47: error[picture-unreachable]" in run.out


@pytest.mark.parametrize("damage", [None, b"", b"{", b"\0" * 100])
def test_a_second_run_asks_whether_anything_changed(server, validate, folder, damage):
    first = validate("--images", "full")
    if damage is not None:
        (folder / ".podsync" / "pictures.json").write_bytes(damage)
    server.headers.clear()

    second = validate("--images", "full")

    known = [headers.get("if-none-match") for headers in server.headers]
    assert second == first
    assert sorted(map(str, known)) == (['"art"', '"back"', '"front"'] if damage is None else ["None"] * 3)


def test_a_picture_that_changed_is_looked_at_anew(server, validate):
    validate("--images", "head")
    server.behaviours["/tee/front.png"] = tagged(png(20, 20, colours=6), '"new"')

    assert "picture-small" in validate("--images", "head").out


def test_the_public_internet_is_the_rule_where_nobody_says_otherwise(server, podsync):
    """What every user has: the test's own hosts have no address, and loopback would be refused."""
    run = podsync("validate", "--images", "head", "catalog/tote.yaml")

    assert run == (0, "Valid: 2 products in 2 files. Looked at 0 pictures.\n", "")


def test_loopback_is_refused_from_the_command_line(podsync, catalog):
    text = TEE.replace("https://cdn.example.com", "https://127.0.0.1:9")
    (catalog / "tee.yaml").write_text(text, encoding="utf-8")

    run = podsync("validate", "--images", "head")

    assert run.code == 3
    assert run.out.count("error[picture-not-public]") == 3


def test_verbose_tells_what_was_seen(server, validate, capsys):
    code = main(["-v", "validate", "--images", "head"], Session(network=network()))

    run = Run(code, *capsys.readouterr())
    size = f"{len(GOOD) + 5:,} bytes"
    assert f"picture {server.url('/tee/front.png')}: PNG, 3000 × 4000, alpha, {size}" in run.err


def test_a_bar_is_drawn_on_a_terminal_only(terminal, catalog):
    text = TEE.replace("https://cdn.example.com", "https://127.0.0.1:9")
    (catalog / "tee.yaml").write_text(text, encoding="utf-8")

    run = terminal("validate", "--images", "head")

    assert run.code == 3
    assert "3 of 3 pictures" in run.out


def test_it_can_be_asked_for_by_the_environment_and_is_told(server, validate, monkeypatch):
    monkeypatch.setenv("PODSYNC_VALIDATE_IMAGES", "head")

    run = validate()

    assert len(server.seen) == 3
    assert run.err == "from the environment: PODSYNC_VALIDATE_IMAGES\n"


def test_another_word_is_wrong_usage(podsync, catalog):
    run = podsync("validate", "--images", "all")

    assert run.code == 64
    assert "'off', 'head', 'full'" in run.err
