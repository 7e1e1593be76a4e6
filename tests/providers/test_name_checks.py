"""What is odd about a name is told once, as a warning; what is only foreign is not."""

from __future__ import annotations

import pytest

from podsync.model.frozen import freeze
from podsync.model.settings import Settings
from podsync.providers.registry import providers

KNOWN = providers(Settings())


def told(name: str) -> list[list[str]]:
    found = []
    for provider, field in (("kakaclo", "enName"), ("gelato", "name")):
        faults = list(KNOWN[provider].check(freeze({field: name})))
        assert all((f.rule, f.path, f.severity) == ("odd-name", (field,), "warning") for f in faults)
        found.append([fault.summary for fault in faults])
    return found


@pytest.mark.parametrize(
    ("name", "word"),
    [
        (" Tee", "space"), ("Tee ", "space"), ("Tee\u00a0", "NO-BREAK SPACE (U+00A0)"),
        ("Te\u200be", "ZERO WIDTH SPACE (U+200B)"), ("Tee \u202eeet", "RIGHT-TO-LEFT OVERRIDE (U+202E)"),
        ("T-Shirt &amp; Hose", "&amp; is how HTML"), ("M\u00c3\u00a4dchen", "read as something else"),
        ("Big  Tee", "two spaces"), ("\u201cTee\u201d", "curly quotes"), ("\u201eTee\u201c", "curly quotes"),
        ("\u00abTee\u00bb", "curly quotes"),
    ],
)  # fmt: skip
def test_what_nobody_means_is_told(name: str, word: str) -> None:
    for summaries in told(name):
        (summary,) = summaries
        assert word in summary


@pytest.mark.parametrize(
    "name",
    [
        "Tee",
        "Jäger & Söhne",
        "Tee \U0001f469\u200d\U0001f3a8",
        "The \u201cBig\u201d Tee",
        "\u2019t Hof",
        "\u05d3\u05d9\u05e0\u05d5",
        "T\u00e9",
        "\u201c",
    ],
)
def test_what_is_only_foreign_is_not(name: str) -> None:
    assert told(name) == [[], []]
