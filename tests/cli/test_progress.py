from __future__ import annotations

import re
import time

import pytest

from podsync.apply.report import Outcome, Result
from podsync.cli.app import progress
from podsync.cli.app.progress import ApplyListener, listener_for, progress_bar
from podsync.cli.app.session import Session
from podsync.model.address import Address
from podsync.plan.action import Action

TEE = Address("designed_product", "tee")
DONE = Outcome(TEE, Action.CREATE, Result.CREATED, "kakaclo")


@pytest.fixture
def session() -> Session:
    return Session()


def test_a_line_for_each_product_belongs_to_the_result(session, capsys):
    with listener_for(session, on_stdout=True) as heard:
        heard.outcome(DONE, 1, 2)

    out, err = capsys.readouterr()
    assert "designed_product.tee" in out
    assert out.rstrip().endswith("1/2")
    assert err == ""


def test_where_stdout_is_taken_the_lines_go_to_stderr(session, capsys):
    with listener_for(session, on_stdout=False) as heard:
        heard.outcome(DONE, 1, 2)

    out, err = capsys.readouterr()
    assert out == ""
    assert "designed_product.tee" in err


def test_the_last_word_on_a_product_counts(session):
    doubt = Outcome(TEE, Action.CREATE, Result.IN_DOUBT, "kakaclo")
    with listener_for(session, on_stdout=True) as heard:
        heard.outcome(doubt, 1, 2)
        heard.outcome(DONE, 1, 2)

    assert heard.outcomes == (DONE,)


def test_a_wait_says_for_what_until_when_and_that_stopping_is_safe(session, capsys):
    with listener_for(session, on_stdout=True) as heard:
        heard.waiting("kakaclo", "the listing", 0.0)

    assert capsys.readouterr().err == (
        "waiting for KakaClo: the listing, until 1970-01-01 00:00:00 UTC at most; stopping is safe\n"
    )


def test_without_a_terminal_a_count_shows_that_it_lives(session, capsys, monkeypatch):
    monkeypatch.setattr(progress, "HEARTBEAT_SECONDS", 0.05)
    with listener_for(session, on_stdout=True) as heard:
        heard.outcome(DONE, 1, 40)
        time.sleep(0.3)

    assert re.search(
        r"^1 of 40 done, 39 left, until about \d\d:\d\d:\d\d UTC$", capsys.readouterr().err, re.MULTILINE
    )


def test_what_is_said_again_is_no_news(session, capsys):
    """A question is asked after each look; the line about it is written once, whatever its counter says."""
    doubt = Outcome(TEE, Action.SETTLE, Result.IN_DOUBT, "kakaclo", error="one of these may be it: 1")
    with listener_for(session, on_stdout=True) as heard:
        for _ in range(3):
            heard.outcome(doubt, 1, 0)
        heard.outcome(DONE, 1, 0)

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(line.endswith("1/1") for line in lines)


def test_until_when_is_said_by_the_rates_and_by_the_pace_where_that_is_slower(session, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(progress.time, "time", lambda: now[0])
    heard = ApplyListener(session, on_stdout=True, seconds=300)
    now[0] += 10
    heard.outcome(DONE, 120, 720)
    by_the_rates = heard.progress
    now[0] += 590
    heard.outcome(DONE, 360, 720)

    assert by_the_rates == "120 of 720 done, 600 left, until about 00:06:40 UTC"
    assert heard.progress == "360 of 720 done, 360 left, until about 00:21:40 UTC"


def test_a_bar_is_not_red(session):
    bar, _ = progress_bar(session, "apply")

    assert {"cyan"} == {
        bar.columns[0].complete_style,
        bar.columns[0].finished_style,
        bar.columns[0].pulse_style,
    }
