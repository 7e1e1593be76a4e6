"""Reading folders: which files, in which order, and never outside."""

from __future__ import annotations

import os
import time

import pytest

from podsync.model.errors import UsageError


def test_products_come_ordered_by_address_and_faults_by_file(shop, designed, customer):
    shop.write("z/a.yaml", customer)
    shop.write("b.yml", designed.replace('"1"', "1"))
    shop.write("a/b/c.yaml", designed.replace("dino\n", "rex\n"))
    shop.write("Z.yaml", "a: @\n")
    loaded = shop.load()

    assert [str(p.address) for p in loaded.catalog] == ["customer_product.poster", "designed_product.rex"]
    assert loaded.catalog.files == 4
    assert [str(d.at) for d in loaded.diagnostics] == ["catalog/Z.yaml:1:4", "catalog/b.yml:4:12"]


def test_names_that_differ_in_case_only_are_warned_of(shop, designed):
    """Where case does not count, a checkout holds one of them, and the other's product looks gone."""
    shop.write("Tee.yaml", designed)
    shop.write("tee.yaml", designed.replace("dino\n", "rex\n"))
    shop.write("Hats/a.yaml", "")
    shop.write("hats/b.yaml", "")
    shop.write("caf\u00e9.yaml", "")
    shop.write("cafe\u0301.yaml", "")
    for silent in ("A.png", "a.png", "_X.yaml", "_x.yaml", "other/tee.yaml"):
        shop.write(silent, "")

    loaded = shop.load()

    told = [(each.at.path, each.severity, each.summary) for each in loaded.diagnostics]
    assert [each for each in told if "differs" in each[2]] == [
        ("catalog/caf\u00e9.yaml", "warning", "this name differs from cafe\u0301.yaml in nothing but case"),
        ("catalog/hats", "warning", "this name differs from Hats in nothing but case"),
        ("catalog/tee.yaml", "warning", "this name differs from Tee.yaml in nothing but case"),
    ]


def test_every_invalid_file_is_named(shop):
    for index in range(60):
        shop.write(
            f"f{index:02}.yaml", ["a: 1\n", "- x\n", "a: [\n", "on: {push: 1}\n", "a: 'x\n"][index % 5]
        )

    assert len({d.at.path for d in shop.load().errors}) == 60


def test_what_is_skipped_and_what_is_warned_of(shop, designed):
    for name in (
        ".hidden.yaml",
        "_draft.yaml",
        "_examples/a.yaml",
        ".git/x.yaml",
        "readme.md",
        "t.csv",
        "p.PNG",
    ):
        shop.write(name, "@")
    shop.write("notes.txt", "@")
    shop.write("dino.yaml", designed)

    assert shop.faults() == ["notes.txt:1:1 not-read: this file is not read"]
    assert shop.load().errors == ()


def test_a_missing_catalog_is_empty_and_a_file_is_none(shop):
    shop.catalog.rmdir()
    assert len(shop.load().catalog) == 0

    shop.catalog.write_text("x")
    with pytest.raises(UsageError, match="is not a folder"):
        shop.load()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_links_do_not_leave_the_catalog(shop, designed, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.yaml").write_text(designed)
    (shop.catalog / "file.yaml").symlink_to(outside / "a.yaml")
    (shop.catalog / "folder").symlink_to(outside)
    (shop.catalog / "broken.yaml").symlink_to(shop.catalog / "nothing.yaml")
    (shop.catalog / "loop").symlink_to(shop.catalog)

    assert shop.faults() == [
        "broken.yaml:1:1 unreadable: the file cannot be read: no such file or directory",
        "file.yaml:1:1 link: this link leaves the catalog",
        "folder:1:1 link: this link leaves the catalog",
        "loop:1:1 not-read: a linked folder is not read",
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_pipe_is_never_opened(shop):
    os.mkfifo(shop.catalog / "pipe.yaml")

    assert shop.faults() == ["pipe.yaml:1:1 not-a-file: this is not an ordinary file; it was not opened"]


def test_a_sparse_gigabyte_is_refused_by_its_size(shop):
    with (shop.catalog / "big.yaml").open("wb") as file:
        file.truncate(2**30)
    started = time.perf_counter()

    assert shop.faults() == [
        "big.yaml:1:1 too-large: the file has 1,073,741,824 bytes; a catalog file may have 4,194,304"
    ]
    assert time.perf_counter() - started < 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(shop):
    shop.write("a.yaml", "a: 1").chmod(0)

    assert shop.faults() == ["a.yaml:1:1 unreadable: the file cannot be read: permission denied"]


def test_paths_narrow_what_is_reported_not_what_is_read(shop, designed):
    shop.write("a.yaml", designed)
    shop.write("sub/b.yaml", designed)
    shop.write("sub2.yaml", "a: 1")

    assert len(shop.faults()) == 2
    assert shop.faults("catalog/sub") == [
        "sub/b.yaml:2:7 declared-twice: designed_product.dino is declared here and at catalog/a.yaml:1"
    ]
    assert shop.faults("catalog/a.yaml") == [
        "a.yaml:2:7 declared-twice: designed_product.dino is declared here and at catalog/sub/b.yaml:1"
    ]
    assert len(shop.faults(".")) == 2


def test_paths_outside_and_skipped_ones_are_read_when_they_are_given(shop, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x.yaml").write_text("a: 1\n")
    shop.write("_examples/y.yaml", "a: 1\n")

    assert len(shop.faults("other")) == 1
    assert len(shop.faults("other/x.yaml")) == 1
    assert len(shop.faults("catalog/_examples")) == 1
    assert len(shop.faults("catalog/_examples/y.yaml")) == 1
    assert shop.faults() == []


def test_a_path_that_does_not_exist_is_wrong_usage(shop):
    with pytest.raises(UsageError, match=r"catalog/nope\.yaml does not exist"):
        shop.load("catalog/nope.yaml")
