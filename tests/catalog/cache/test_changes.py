"""Where the files stand; the rest is `test_memory`'s, whose edits go through here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from podsync.catalog.cache.changes import FilesStatus, FindFiles, Stretch, scan
from podsync.catalog.cache.store import CachedTable, stamp
from podsync.catalog.cache.table import FileRow, Table
from podsync.catalog.discovery import FoundFile, FoundFiles, signatures, walk

COUNT = 6


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "catalog").mkdir()
    for number in range(COUNT):
        (tmp_path / "catalog" / f"{number}.yaml").write_text(str(number))
    return tmp_path


@pytest.fixture
def past(root: Path) -> CachedTable:
    files = finder_in(root)().files
    paths, now = [each.path for each in files], signatures(files)
    known = [FileRow(path, told, f"digest of {path}", ()) for path, told in zip(paths, now, strict=True)]
    return CachedTable(Table.of(known), len(files), stamp(paths, now), sound=True, digest="")


def finder_in(root: Path) -> FindFiles:
    return lambda: walk([root / "catalog"], root)


def finder_of(*files: FoundFile) -> FindFiles:
    return lambda: FoundFiles(list(files), [], [])


def names(standing: FilesStatus) -> list[str]:
    return [Path(each.path).name for each in standing.unread]


def test_nothing_has_changed(root: Path, past: CachedTable) -> None:
    found = scan(finder_in(root), root, past)

    assert found.all_known(past)
    assert (found.total, found.unread, found.astray) == (COUNT, (), {})


def test_of_files_that_were_changed_added_removed_and_renamed_the_others_are_known(
    root: Path, past: CachedTable
) -> None:
    folder = root / "catalog"
    (folder / "1.yaml").write_text("another")
    (folder / "2a.yaml").write_text("new")
    (folder / "4.yaml").unlink()
    (folder / "5.yaml").rename(folder / "9.yaml")

    found = scan(finder_in(root), root, past)

    assert found.stretches == [
        Stretch(0, 1), Stretch(None, 1), Stretch(2, 1), Stretch(None, 1), Stretch(3, 1), Stretch(None, 1),
    ]  # fmt: skip
    assert names(found) == ["1.yaml", "2a.yaml", "9.yaml"]
    assert not found.all_known(past)


def test_a_file_of_which_stat_says_nothing_certain_is_read(root: Path, past: CachedTable) -> None:
    columns = {name: list(past.table.column(name)) for name in ("paths", "signatures")}
    columns["signatures"][3] = ""

    found = scan(finder_in(root), root, past._replace(table=Table(columns.__getitem__), stamp="another"))

    assert names(found) == ["3.yaml"]


def test_where_nothing_is_known_all_is_to_be_read(root: Path) -> None:
    found = scan(finder_in(root), root)

    assert found.stretches == [Stretch(None, COUNT)]
    assert len(found.unread) == COUNT


def test_an_empty_catalog_that_was_empty_is_known(root: Path, past: CachedTable) -> None:
    nothing = CachedTable(Table.of([]), 0, stamp([], []), sound=True, digest="")

    assert scan(finder_of(), root, nothing).all_known(nothing)
    assert not scan(finder_of(), root, past).all_known(past)


def test_a_file_is_found_by_its_path_wherever_it_is(tmp_path: Path) -> None:
    inside = FoundFile(str(tmp_path / "catalog" / "a.yaml"), "catalog/a.yaml")
    outside = FoundFile("/elsewhere/b.yaml", "/elsewhere/b.yaml")
    odd = FoundFile(str(tmp_path / os.fsdecode(b"c\xff.yaml")), "c\\xff.yaml")

    found = scan(finder_of(inside, outside, odd), tmp_path)

    assert [found.found(each.path) for each in (inside, outside, odd)] == [inside, outside, odd]
    assert inside.path not in found.astray


def test_where_something_is_wrong_on_the_way_it_is_told(root: Path, past: CachedTable) -> None:
    (root / "catalog" / "notes").write_text("")

    found = scan(finder_in(root), root, past)

    assert [each.rule for each in found.diagnostics] == ["not-read"]
    assert found.all_known(past)
