"""What other programs make of the state file: read where that is safe, named where it is not."""

from __future__ import annotations

import pytest

from podsync.model.errors import StateError
from podsync.state.formats import statefile
from podsync.state.model import State, Timeline


def content(serial: int, *timelines: Timeline, lineage: str = "l") -> str:
    return statefile.dumps(State(lineage=lineage, serial=serial, timelines=timelines)).decode()


def unmerged(ours: int | str, theirs: int | str) -> bytes:
    one, other = (content(each) if isinstance(each, int) else each for each in (ours, theirs))
    return (
        f"<<<<<<< HEAD\n{one}=======\n{other}>>>>>>> main\n".encode()
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


def test_where_a_state_was_set_back_the_side_that_includes_the_other_counts_whatever_its_serial():
    """It was set back to 3 and has come to 5; the other side is what was left, from before that or not."""
    back = content(5, Timeline("t", 3))

    included, left = refused(unmerged(back, content(3))), refused(unmerged(back, content(9)))

    assert "git checkout --ours podsync.state.json" in included.remedy
    assert "neither includes what happened in the other" in left.message
    assert "applied last" in left.remedy
    assert "podsync plan --refresh" in left.remedy


def test_sides_of_two_states_include_nothing_of_each_other():
    assert "neither includes" in refused(unmerged(content(5), content(9, lineage="other"))).message


def test_a_side_that_cannot_be_read_is_left_to_people():
    assert "as a whole" in refused(unmerged(content(5), '{"serial": "x"}\n')).remedy


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
