"""Dates that cannot be true count as not told."""

from __future__ import annotations

import math
from email.utils import formatdate
from typing import Any

import pytest

from podsync.network.dates import AHEAD, EARLIEST, of_header, of_iso, of_milliseconds

NOW = 1_760_000_000.0


@pytest.mark.parametrize(
    ("value", "at"),
    [
        (NOW * 1000, NOW),
        (1_760_000_000_500, NOW + 0.5),
        (0, None),
        (-5, None),
        (NOW, None),  # seconds, where milliseconds are due
        (EARLIEST * 1000 - 1, None),
        (EARLIEST * 1000, EARLIEST),
        ((NOW + AHEAD) * 1000, NOW + AHEAD),
        ((NOW + AHEAD) * 1000 + 1, None),
        (True, None),
        ("1760000000000", None),
        (None, None),
        (math.nan, None),
        (math.inf, None),
        (10**400, None),
    ],
)
def test_milliseconds(value: Any, at: float | None) -> None:
    assert of_milliseconds(value, NOW) == at


def test_without_any_clock_the_future_is_not_judged() -> None:
    assert of_milliseconds((NOW + 10 * AHEAD) * 1000, None) == NOW + 10 * AHEAD


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ("2025-06-30T05:50:22Z", 1751262622.0),
        ("2025-06-30T05:50:22", 1751262622.0),
        ("2025-06-30T07:50:22.5+02:00", 1751262622.5),
        ("2014-12-31T23:59:59Z", None),
        ("2031-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
        (1751262622, None),
        (None, None),
    ],
)
def test_iso(value: Any, at: float | None) -> None:
    assert of_iso(value, NOW) == at


@pytest.mark.parametrize(
    ("value", "at"),
    [
        (formatdate(NOW, usegmt=True), NOW),
        (formatdate(0, usegmt=True), None),
        ("soon", None),
        ("", None),
        (None, None),
        ("Fri, 99 Nov 2026 25:61:61 GMT", None),
    ],
)
def test_headers(value: str | None, at: float | None) -> None:
    assert of_header(value) == at
