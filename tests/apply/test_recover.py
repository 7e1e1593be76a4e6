"""What one look says about a doubt; the rules of "Presence and absence", each alone."""

from __future__ import annotations

import pytest
from podsync.apply.recover import CLOCK_ALLOWANCE, SEND_SECONDS, Verdict, settle, settled_by_date
from podsync.plan.remote import Index, View

from podsync.model import EMPTY, freeze
from podsync.ports import Listing, Remote
from podsync.providers.kakaclo import KakaClo
from podsync.state.entries import Pending
from tests.apply.world import tee_spec

BODY = freeze(tee_spec("tee"))
SENT = 1_000_000.0
PENDING = Pending("create", BODY, SENT, SENT + SEND_SECONDS, date=SENT)


def remote(identity="7", *, at=SENT + 5, **changes):
    fields = {name: BODY[name] for name in ("modelId", "enName", "imageUrl", "backImageUrl")}
    return Remote(identity, freeze({**fields, **changes}), at)


def verdict(*items, settled=True, complete=True, whole=True, owned=(), known=(), earlier=(), pending=PENDING):
    provider = KakaClo()
    listing = Listing(tuple(items), complete=whole)
    view = View(provider, listing, owned, known, earlier, Index(provider, items))
    return settle(pending, view, settled=settled, complete=complete).verdict


UNLIKE = {"enName": "Else", "imageUrl": "https://x.example/e.png", "backImageUrl": EMPTY}


def test_exactly_one_same_and_unowned_is_it_however_young_the_doubt():
    assert verdict(remote(), settled=False, complete=False) is Verdict.FOUND


def test_several_same_ask():
    assert verdict(remote("7"), remote("8")) is Verdict.ASK


def test_what_is_owned_is_not_it():
    assert verdict(remote(), owned={"7"}) is Verdict.NONE


def test_what_was_listed_before_it_was_sent_is_not_it():
    assert verdict(remote(), earlier={"7"}) is Verdict.NONE


def test_a_search_never_proves_absence():
    assert verdict(complete=False) is Verdict.WAIT


def test_none_is_said_only_when_it_is_settled():
    assert verdict(settled=False) is Verdict.WAIT


def test_none_is_said_only_of_a_whole_listing():
    assert verdict(whole=False) is Verdict.UNREAD


def test_none_is_said_only_where_a_known_id_is_visible():
    assert verdict(known={"5"}) is Verdict.WRONG_ACCOUNT
    assert verdict(remote("5", modelId="2"), known={"5"}, owned={"5"}) is Verdict.NONE


def test_names_count_for_nothing_where_the_model_fits():
    assert verdict(remote(**UNLIKE)) is Verdict.ASK


def test_another_model_is_never_it():
    assert verdict(remote(**UNLIKE, modelId="2")) is Verdict.NONE


def test_a_model_that_nobody_tells_may_be_it():
    assert verdict(remote(**UNLIKE, modelId=None)) is Verdict.ASK


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (SENT - CLOCK_ALLOWANCE - 1, Verdict.NONE),
        (SENT - CLOCK_ALLOWANCE, Verdict.ASK),
        (SENT + 8 * 3600, Verdict.ASK),
        (SENT + CLOCK_ALLOWANCE + 3600 + SEND_SECONDS + 1, Verdict.NONE),
        (None, Verdict.ASK),
    ],
    ids=["long before", "a day before", "eight hours off", "long after", "not told"],
)
def test_only_what_was_made_in_its_window_may_be_it(at, expected):
    assert verdict(remote(**UNLIKE, at=at)) is expected


@pytest.mark.parametrize(("ended", "now"), [(SENT + 40, None), (None, SENT + 1e6)], ids=["now", "then"])
def test_elapsed_time_between_runs_needs_the_providers_clock_at_both_ends(ended, now):
    pending = Pending("create", BODY, SENT, SENT + SEND_SECONDS, ended_date=ended)

    assert not settled_by_date(pending, now, 600)


@pytest.mark.parametrize(("ended", "begins"), [(SENT + 40, SENT + 40), (None, SENT + SEND_SECONDS)])
def test_the_window_ends_with_the_call_or_else_with_send_before(ended, begins):
    pending = Pending("create", BODY, SENT, SENT + SEND_SECONDS, date=SENT, ended_date=ended)

    assert not settled_by_date(pending, begins + 601, 600)
    assert settled_by_date(pending, begins + 602, 600)
