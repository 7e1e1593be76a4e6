"""What a listing proves: presence, absence, or neither."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from podsync.evidence.listing import Reading, reading_of, together
from podsync.model.frozen import EMPTY, freeze
from podsync.providers.contract import Listing, Remote
from podsync.providers.habits import Habits

OURS = Remote("1", freeze({"modelId": "5"}))
OTHER = Remote("2", freeze({"modelId": "6"}))


def read(*items: Remote, of_all: bool = True, habits: Habits | None = None, **listing: Any) -> Reading:
    models = listing.pop("models", ())
    return reading_of(
        Listing(items, **{"complete": True, **listing}),
        10.0,
        of_all=of_all,
        models=models,
        habits=habits or Habits(),
        codes=listing.get("filtered", False),
        twice=True,
    )


def absent(reading: Reading, model: str | None = "5", *, known: Any = None, **options: Any) -> bool:
    known = {"1": "5"} if known is None else known
    return reading.proves_absence(model, known, **{"knows_all": True, **options})


def test_a_whole_reading_that_shows_what_is_known_proves_absence() -> None:
    assert absent(read(OURS, OTHER))


def test_an_empty_listing_never_proves_absence() -> None:
    assert not absent(read(), known={})


def test_what_was_not_read_to_its_end_proves_no_absence() -> None:
    assert not absent(read(OURS, complete=False))


def test_what_was_read_once_proves_no_absence() -> None:
    """A row may be dropped where one page ends and the next one begins."""
    assert not absent(replace(read(OURS, OTHER), twice=False))


def test_what_came_from_a_cache_proves_no_absence() -> None:
    assert not absent(read(OURS, complete=False, fresh=False))
    assert not absent(replace(read(OURS), fresh=False))


def test_a_reading_that_misses_a_known_id_proves_no_absence() -> None:
    assert not absent(read(OTHER))


def test_an_id_that_is_gone_is_not_missed() -> None:
    assert absent(read(OTHER), excused={"1"})


def test_a_total_can_only_make_a_reading_incomplete() -> None:
    assert not absent(read(OURS, complete=False, excess=2))


def test_hidden_rows_that_were_observed_are_no_gap() -> None:
    observed = Habits().with_hidden(2, at=0.0, apart=300.0).with_hidden(2, at=300.0, apart=300.0)

    assert absent(read(OURS, complete=False, excess=2, habits=observed))
    assert not absent(read(OURS, complete=False, excess=3, habits=observed))


def by_model(*items: Remote, **listing: Any) -> Reading:
    return read(*items, of_all=False, models=["5"], **{"filtered": True, "pairs": {"5": ("A",)}, **listing})


def test_a_filter_by_model_proves_absence_in_a_state_that_knows_all() -> None:
    assert absent(by_model(OURS))
    assert not absent(by_model(OURS), knows_all=False)


def test_a_filter_by_model_has_to_show_an_own_product_of_it() -> None:
    assert not absent(by_model(Remote("3", freeze({"modelId": "5"}))))


def test_a_filter_by_model_proves_nothing_of_another_model() -> None:
    assert not absent(by_model(OURS), "6")
    assert not absent(by_model(OURS), None)


def test_a_filter_by_model_without_its_codes_proves_no_absence() -> None:
    """Where the account has none of that model, only the provider's list vouches for the filter."""
    one = Remote("3", freeze({"modelId": "5"}))

    assert absent(by_model(one), known={})
    assert not absent(by_model(one, pairs={"6": ("B",)}), known={})


def test_a_filter_that_was_no_filter_read_everything() -> None:
    assert by_model(OURS, filtered=False).of_all


def test_a_search_proves_presence_only() -> None:
    searched = read(OURS, of_all=False, models=["6"], filtered=True)
    whole = together(searched, read(OTHER))

    assert set(whole.rows) == {"1", "2"}
    assert not absent(whole)


def test_two_looks_as_one_are_as_old_as_the_older_and_as_fresh_as_the_staler() -> None:
    one, other = read(OURS), replace(read(OTHER), looked=5.0, fresh=False)

    both = together(one, other)

    assert (both.looked, both.fresh) == (5.0, False)
    assert both.read == frozenset({"1"})


@pytest.mark.parametrize("pairs", [EMPTY, {"5": ("A",)}])
def test_an_id_of_another_model_is_not_missed_by_a_filter(pairs: Any) -> None:
    assert by_model(OURS, pairs=pairs).misses({"1": "5", "2": "6"}) == frozenset()
    assert by_model(OURS, pairs=pairs).misses({"1": "5", "3": "5"}) == frozenset({"3"})
