"""What other programs make of the state file: read where that is safe, named where it is not."""

from __future__ import annotations

import pytest

from podsync.model.errors import StateError
from podsync.state.formats import statefile
from podsync.state.model import State


def content(serial: int) -> str:
    return statefile.dumps(State(lineage="l", serial=serial)).decode()


def unmerged(ours: int, theirs: int) -> bytes:
    return (
        f"<<<<<<< HEAD\n{content(ours)}=======\n{content(theirs)}>>>>>>> main\n".encode()
    )  # a whole file on either side; Git marks as little as it can


def refused(raw: bytes) -> StateError:
    with pytest.raises(StateError) as caught:
        statefile.loads(raw, "podsync.state.json")
    return caught.value


def test_a_mark_at_the_start_is_read():
    assert statefile.loads(b"\xef\xbb\xbf" + content(4).encode()).serial == 4


@pytest.mark.parametrize(("ours", "theirs", "side"), [(7, 4, "ours"), (4, 7, "theirs")])
def test_a_merge_conflict_names_the_side_with_the_higher_serial(ours, theirs, side):
    error = refused(unmerged(ours, theirs))

    assert error.message == (
        "podsync.state.json holds an unresolved merge conflict, from line 1 on: "
        f"HEAD has serial {ours}, main serial {theirs}"
    )
    assert f"git checkout --{side} podsync.state.json" in error.remedy


def test_a_conflict_inside_the_file_is_put_together_for_both_sides():
    line = ' "serial": 4,\n'
    text = content(4).replace(line, f"<<<<<<< HEAD\n{line}=======\n{line.replace('4', '9')}>>>>>>> b\n")

    assert "HEAD has serial 4, b serial 9" in refused(text.encode()).message


def test_equal_serials_are_left_to_people():
    error = refused(unmerged(4, 4))

    assert "both sides have serial 4" in error.message
    assert "as a whole" in error.remedy


@pytest.mark.parametrize(
    ("raw", "message", "remedy"),
    [
        (content(1).encode("utf-16"), "it is UTF-16", "-Encoding utf8"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:a\n",
            "a pointer of Git LFS",
            "git lfs pull",
        ),
        (content(1).encode()[:40], "it ends in the middle", "backup"),
        (b'{"version": x}', "line 1, column 13 is not JSON", "backup"),
    ],
)
def test_what_it_is_instead_is_named(raw, message, remedy):
    error = refused(raw)

    assert message in error.message
    assert remedy in error.remedy
    assert "Expecting" not in error.message
