"""Where the files stand, whoever has looked; the rest is `test_memory`'s, whose edits go through here."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from podsync.catalog import scout
from podsync.catalog.files import Found, signatures, walk
from podsync.catalog.memory import Remembered, stamp
from podsync.catalog.scout import Look, Scout, Standing, Stretch, look_about
from podsync.catalog.table import File, Table
from podsync.diagnostics import Diagnostic

COUNT = 6
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="helpers are forks")


@pytest.fixture(autouse=True)
def helpers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scout, "WORTH_A_HELPER", 1)
    monkeypatch.setattr(scout, "processors", lambda: 2)
    monkeypatch.setattr(scout, "may_fork", lambda: sys.platform == "linux")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "catalog").mkdir()
    for number in range(COUNT):
        (tmp_path / "catalog" / f"{number}.yaml").write_text(str(number))
    return tmp_path


@pytest.fixture
def past(root: Path) -> Remembered:
    files = [each for each in look_in(root)() if isinstance(each, Found)]
    paths, now = [each.path for each in files], signatures(files)
    known = [File(path, told, f"digest of {path}", ()) for path, told in zip(paths, now, strict=True)]
    return Remembered(Table.of(known), len(files), stamp(paths, now), sound=True, digest="")


def look_in(root: Path) -> Look:
    return lambda: walk(root / "catalog", root)


def standing(root: Path, past: Remembered, look: Look | None = None) -> Standing:
    with Scout(look or look_in(root), root, past) as each:
        return each.standing()


def names(standing: Standing) -> list[str]:
    return [Path(each.path).name for each in standing.unread]


def test_nothing_has_changed(root: Path, past: Remembered) -> None:
    found = standing(root, past)

    assert found.all_known(past)
    assert (found.total, found.unread, found.astray) == (COUNT, [], {})


def test_of_files_that_were_changed_added_removed_and_renamed_the_others_are_known(
    root: Path, past: Remembered
) -> None:
    folder = root / "catalog"
    (folder / "1.yaml").write_text("another")
    (folder / "2a.yaml").write_text("new")
    (folder / "4.yaml").unlink()
    (folder / "5.yaml").rename(folder / "9.yaml")

    found = standing(root, past)

    assert found.stretches == [
        Stretch(0, 1), Stretch(None, 1), Stretch(2, 1), Stretch(None, 1), Stretch(3, 1), Stretch(None, 1),
    ]  # fmt: skip
    assert names(found) == ["1.yaml", "2a.yaml", "9.yaml"]
    assert not found.all_known(past)
    assert found == look_about(look_in(root), root, past)


def test_a_file_of_which_stat_says_nothing_certain_is_read(root: Path, past: Remembered) -> None:
    columns = {name: list(past.table.column(name)) for name in ("paths", "signatures")}
    columns["signatures"][3] = ""

    found = standing(root, past._replace(table=Table(columns.__getitem__), stamp="another"))

    assert names(found) == ["3.yaml"]


def test_where_nothing_is_known_all_is_to_be_read(root: Path) -> None:
    found = look_about(look_in(root), root)

    assert found.stretches == [Stretch(None, COUNT)]
    assert len(found.unread) == COUNT


def test_an_empty_catalog_that_was_empty_is_known(root: Path, past: Remembered) -> None:
    nothing = Remembered(Table.of([]), 0, stamp([], []), sound=True, digest="")

    assert standing(root, nothing, list).all_known(nothing)
    assert not standing(root, past, list).all_known(past)


def test_a_file_is_found_by_its_path_wherever_it_is(tmp_path: Path) -> None:
    inside = Found(str(tmp_path / "catalog" / "a.yaml"), "catalog/a.yaml")
    outside = Found("/elsewhere/b.yaml", "/elsewhere/b.yaml")
    odd = Found(str(tmp_path / os.fsdecode(b"c\xff.yaml")), "c\\xff.yaml")

    found = look_about(lambda: [inside, outside, odd], tmp_path)

    assert [found.found(each.path) for each in (inside, outside, odd)] == [inside, outside, odd]
    assert inside.path not in found.astray


@on_linux
def test_where_a_file_is_not_where_its_path_says_a_helper_tells_so(root: Path, past: Remembered) -> None:
    odd = Found(str(root / os.fsdecode(b"c\xff.yaml")), "c\\xff.yaml")

    found = standing(root, past, lambda: [odd])

    assert found.found(odd.path) == odd
    assert found.unread == [odd]


@on_linux
def test_another_process_looks(root: Path, past: Remembered) -> None:
    here = os.getpid()

    def look() -> Sequence[Found | Diagnostic]:
        assert os.getpid() != here
        return look_in(root)()

    assert standing(root, past, look).all_known(past)


@on_linux
def test_it_holds_none_of_the_streams_of_who_made_it(root: Path, past: Remembered) -> None:
    here = os.getpid()

    def look() -> Sequence[Found | Diagnostic]:
        assert os.getpid() != here
        streams = {Path(f"/proc/self/fd/{stream}").readlink() for stream in (0, 1, 2)}
        assert streams == {Path(os.devnull)}
        return look_in(root)()

    assert standing(root, past, look).all_known(past)


@on_linux
def test_a_signal_while_it_is_made_leaves_no_helper_behind(
    root: Path, past: Remembered, children: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    children += Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    real = os.fork

    def fork() -> int:
        made = real()
        if made:
            # To this thread: those of the test runner do not hold signals back.
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        return made

    monkeypatch.setattr(os, "fork", fork)

    with pytest.raises(KeyboardInterrupt):
        Scout(lambda: time.sleep(60) or [], root, past)
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ()) & {signal.SIGINT, signal.SIGTERM}


@on_linux
@pytest.mark.parametrize("way", ["raises", "dies", "leaves"])
def test_what_a_helper_does_not_find_is_found_here(root: Path, past: Remembered, way: str) -> None:
    here = os.getpid()

    def look() -> Sequence[Found | Diagnostic]:
        if os.getpid() != here:
            if way == "raises":
                raise ValueError("nothing to see")
            if way == "dies":
                os.kill(os.getpid(), signal.SIGKILL)
            os._exit(0)
        return look_in(root)()

    assert standing(root, past, look).all_known(past)


@on_linux
def test_where_something_is_wrong_on_the_way_it_is_told(root: Path, past: Remembered) -> None:
    (root / "catalog" / "notes").write_text("")

    found = standing(root, past)

    assert [each.rule for each in found.diagnostics] == ["not-read"]
    assert found.all_known(past)


@pytest.fixture
def children() -> Iterator[list[str]]:
    found: list[str] = []
    yield found
    assert Path(f"/proc/self/task/{os.getpid()}/children").read_text().split() == found


@on_linux
def test_no_helper_is_left_behind(root: Path, past: Remembered, children: list[str]) -> None:
    children += Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()

    def slow() -> Sequence[Found | Diagnostic]:
        time.sleep(60)
        return []

    with Scout(slow, root, past):
        pass


@on_linux
def test_where_there_can_be_no_helper_it_is_done_here(
    root: Path, past: Remembered, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> int:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuse)

    assert standing(root, past).all_known(past)
