"""Diagnostics as people and programs read them; hostile text stays text."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podsync.model.address import Address
from podsync.model.diagnostic import Diagnostic
from podsync.model.position import Position
from podsync.output.escape import safe
from podsync.output.json.diagnostics import validate_json
from podsync.output.text.diagnostics import count_line, diagnostic_text, diagnostics_text

TEE = Diagnostic(
    "error",
    "schema",
    "spec.colorValue: 'red' is not a colour such as \"#A72525\"",
    Position("catalog/designed/tee.yaml", 7, 15, 7, 18),
    "Write # and six hexadecimal digits,\nin quotes.",
    Address("designed_product", "tee"),
    "  colorValue: red",
)
STRAY = Diagnostic("warning", "not-read", "this file is not read", Position("catalog/notes.txt", 1, 1, 1, 1))


def test_the_whole_text():
    assert diagnostics_text([TEE, STRAY]) == (
        "catalog/designed/tee.yaml:7:15: error[schema]: "
        "spec.colorValue: 'red' is not a colour such as \"#A72525\"\n"
        "7 |   colorValue: red\n"
        "  |               ^^^\n"
        "  = help: Write # and six hexadecimal digits,\n"
        "          in quotes.\n"
        "\n"
        "catalog/notes.txt:1:1: warning[not-read]: this file is not read\n"
        "\n"
        "1 error, 1 warning.\n"
    )


def test_no_diagnostics_no_text():
    assert diagnostics_text([]) == ""
    assert count_line([STRAY, STRAY]) == "2 warnings."


def source_lines(snippet: str, column: int, end: int) -> list[str]:
    at = Position("f", 12, column, 12, end)
    return diagnostic_text(Diagnostic("error", "r", "s", at, "", None, snippet)).splitlines()[1:]


@pytest.mark.parametrize(
    ("snippet", "column", "end", "shown"),
    [
        ("a: 日本 x", 7, 8, ["12 | a: 日本 x", "   |         ^"]),
        ("a: 日本", 4, 6, ["12 | a: 日本", "   |    ^^^^"]),
        ("\ta: 1", 1, 2, ["12 | \\ta: 1", "   | ^^"]),
        ("a: \x1b[31m", 4, 5, ["12 | a: \\x1b[31m", "   |    ^^^^"]),
        ("e\u0301: x", 5, 6, ["12 | e\u0301: x", "   |    ^"]),
        ("a:", 3, 3, ["12 | a:", "   |   ^"]),
    ],
)
def test_the_caret_stands_below_its_character(snippet, column, end, shown):
    assert source_lines(snippet, column, end) == shown


def test_a_long_line_is_cut_around_the_caret():
    line, caret = source_lines("x" * 500 + "Y" + "z" * 500, 501, 502)

    assert line == "12 | …" + "x" * 60 + "Y" + "z" * 57 + "…"
    assert line[caret.index("^")] == "Y"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ü 日本 👩‍👧", "plain ü 日本 👩‍👧"),
        ("\x1b]8;;http://x\x07", "\\x1b]8;;http://x\\x07"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\u2066\u200b\ufeff\x9b\x7f", "\\u2066\\u200b\\ufeff\\x9b\\x7f"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("::error::x", "\\x3a:error::x"),
        ("  ::stop-commands::x", "  \\x3a:stop-commands::x"),
        ("a ##[command]x", "a ##\\x5bcommand]x"),
    ],
)
def test_hostile_text_is_made_visible(text, shown):
    assert safe(text) == shown


@given(st.text(), st.text(), st.integers(1, 50), st.integers(1, 50))
def test_nothing_in_a_diagnostic_drives_a_terminal(summary, snippet, column, end):
    at = Position("f", 1, column, 1, end)
    text = diagnostic_text(Diagnostic("error", "r", summary, at, summary, None, snippet))

    hidden = {c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert hidden <= set("\n\u200c\u200d")
    assert "##[" not in text
    assert not any(line.lstrip().startswith("::") for line in text.split("\n"))
    assert text.count("\n") <= 4 + summary.count("\n") + len(summary.splitlines())


def test_the_whole_json():
    assert json.loads(validate_json([TEE, STRAY])) == {
        "format_version": "1.0",
        "valid": False,
        "error_count": 1,
        "warning_count": 1,
        "diagnostics": [
            {
                "severity": "error",
                "rule": "schema",
                "summary": "spec.colorValue: 'red' is not a colour such as \"#A72525\"",
                "detail": "Write # and six hexadecimal digits,\nin quotes.",
                "address": "designed_product.tee",
                "range": {
                    "filename": "catalog/designed/tee.yaml",
                    "start": {"line": 7, "column": 15},
                    "end": {"line": 7, "column": 18},
                },
            },
            {
                "severity": "warning",
                "rule": "not-read",
                "summary": "this file is not read",
                "detail": "",
                "address": None,
                "range": {
                    "filename": "catalog/notes.txt",
                    "start": {"line": 1, "column": 1},
                    "end": {"line": 1, "column": 1},
                },
            },
        ],
    }


def test_warnings_leave_a_catalog_valid():
    assert json.loads(validate_json([STRAY]))["valid"] is True
    assert validate_json([STRAY]).isascii()
