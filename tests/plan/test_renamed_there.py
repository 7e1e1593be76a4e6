"""What a person is told to do about a product that is not as podsync left it."""

from __future__ import annotations

import pytest

from podsync.plan.drift.compare import renamed_there
from tests.plan.build import PROVIDERS, customer, made, only, plan, state

GELATO = PROVIDERS["gelato"]
BEFORE = customer("tote", name="The “best” tote")
CHANGE = only(plan([customer("tote", name="Another", renamed_from="The “best” tote")], state(made(BEFORE))))


@pytest.mark.parametrize("listed", [None, "The “best” tote", "The “Best” Tote", 'The "best" tote', "Another"])
def test_a_shop_that_shows_our_own_name_in_its_own_form_has_renamed_nothing(listed: str | None) -> None:
    assert renamed_there(GELATO, CHANGE, listed) == ()


def test_a_name_that_somebody_gave_it_there_is_to_be_given_up_by_name() -> None:
    why, *ways = renamed_there(GELATO, CHANGE, 'Anna\'s "own"')

    assert why == 'somebody renamed it at Gelato: orders that say "Anna\'s \\"own\\"" would fail'
    assert 'write `renamed_from: "Anna\'s \\"own\\""` into the document' in ways[1]
