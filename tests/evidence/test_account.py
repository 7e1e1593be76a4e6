"""Whether a reading is of the account that the state speaks of."""

from __future__ import annotations

from functools import partial

from podsync.evidence import account
from podsync.model.frozen import EMPTY, FrozenDict, freeze
from podsync.providers.contract import Remote
from podsync.state.entries import LANDMARKS

landmark, is_landmark = partial(account.landmark, key="spu"), partial(account.is_landmark, key="spu")
is_ours, chosen = partial(account.is_ours, key="spu"), partial(account.chosen, key="spu")


def row(identity: str, *, spu: str | None = None, at: float | None = None) -> Remote:
    shown = freeze({"product": {"spu": spu}}) if spu else EMPTY
    return Remote(identity, EMPTY, at, shown=shown)


def rows(*each: Remote) -> dict[str, Remote]:
    return {one.id: one for one in each}


def test_a_state_that_knows_nothing_cannot_tell() -> None:
    assert is_ours(rows(row("1")), (), {}) is None


def test_one_landmark_is_enough() -> None:
    marks = [landmark(row("1", spu="A")), landmark(row("2", spu="B"))]

    assert is_ours(rows(row("2", spu="B")), marks, {}) is True


def test_one_known_id_is_enough() -> None:
    assert is_ours(rows(row("5")), (), {"5": EMPTY}) is True


def test_neither_landmark_nor_known_id_is_another_account() -> None:
    assert is_ours(rows(row("9")), [landmark(row("1"))], {"5": EMPTY}) is False


def test_an_empty_answer_is_another_account_where_something_is_known() -> None:
    assert is_ours({}, [landmark(row("1"))], {}) is False


def test_an_id_that_two_accounts_count_alike_is_told_by_its_spu() -> None:
    assert is_ours(rows(row("1", spu="X")), [landmark(row("1", spu="A"))], {}) is False
    assert is_ours(rows(row("1", spu="X")), (), {"1": FrozenDict({"spu": "A"})}) is False


def test_an_id_that_two_accounts_count_alike_is_told_by_its_date() -> None:
    assert is_landmark(landmark(row("1", at=1000.0)), row("1", at=1000.4))
    assert not is_landmark(landmark(row("1", at=1000.0)), row("1", at=5000.0))


def test_a_known_id_that_is_listed_as_another_product_shows_another_account() -> None:
    marks, listed = [landmark(row("9", spu="Z"))], rows(row("1", spu="A"), row("9", spu="Z"))

    assert is_ours(listed, marks, {"1": FrozenDict({"spu": "A"})}, is_other=lambda _: True) is False
    assert is_ours(listed, marks, {"2": EMPTY}, is_other=lambda _: True) is True
    assert is_ours(listed, marks, {"1": EMPTY, "9": EMPTY}, is_other=lambda each: each.id == "1") is True


def test_no_more_than_three_landmarks_are_kept_and_those_that_are_there_stay() -> None:
    before = [landmark(row("3", at=3.0)), landmark(row("9", at=9.0))]
    listed = [row(str(n), at=float(n)) for n in range(1, 6)]

    kept = chosen(listed, before, ())

    assert [mark["id"] for mark in kept] == ["3", "1", "2"]
    assert len(kept) == LANDMARKS


def test_what_an_entry_holds_is_a_landmark_before_older_rows() -> None:
    listed = [row(str(n), at=float(n)) for n in range(1, 6)]

    assert [mark["id"] for mark in chosen(listed, (), {"5"})] == ["5", "1", "2"]
