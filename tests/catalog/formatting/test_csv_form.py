"""`fmt` of tables: plain afterwards, and every cell says what it said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podsync.catalog.formatting.csv_form import formatted
from podsync.catalog.parsing import csv_reader


@pytest.mark.parametrize(
    ("raw", "made"),
    [
        (b"a,b\n1,2\n", b"a,b\n1,2\n"),
        (b"\xef\xbb\xbfsep=;\r\na;b\r\n 1 ;2,5\r\n;\r\n", b'a,b\n1,"2,5"\n'),
        (b'a\tb\r"x ""y"""\t \xc2\xa0z\r', b'a,b\n"x ""y""",z\n'),
        (b"a,b\n'=1,'-\n", b"a,b\n'=1,'-\n"),
        (b'a;b\n "1" ;#000000\n', b"a,b\n1,#000000\n"),
        (b'a,b\n1,\xc2\xa0"Red, dark"\n', b'a,b\n1,"Red, dark"\n'),
        (b"a,b\n1," + b"x" * 200_000 + b"\n", b"a,b\n1," + b"x" * 200_000 + b"\n"),
        (b"\n \na;b\n1;2\n", b"a,b\n1,2\n"),
        (b'"a, b, c";d\n1;2\n', b'"a, b, c",d\n1,2\n'),
        (b"sep=|\na;b|c\n1|2\n", b'"a;b",c\n1,2\n'),
        (b"", b""),
    ],
)
def test_a_table_becomes_plain_and_stays_so(raw, made):
    assert formatted("a.csv", raw).content == made
    assert formatted("a.csv", made).content == made


@pytest.mark.parametrize(
    ("raw", "line", "told"),
    [
        (b"a\n\xe4\n", 2, "not UTF-8"),
        (b"a\x00\n", 1, "NUL"),
        (b'a\nb\n"x" y\n', 3, "quote"),
    ],
)
def test_what_is_no_table_is_left_and_told(raw, line, told):
    made = formatted("a.csv", raw)

    assert made.content == raw
    assert (made.faults[0].at.line, told in made.faults[0].summary) == (line, True)


_PARTS = st.sampled_from(
    ["a", "1", '"', '""', "'", ",", ";", "\t", "\n", "\r\n", "\r", "\u00a0", " ", "=", "\u3000", "\x85", "|"]
)


@given(st.sampled_from(["", "\ufeff", "sep=;\n", "sep=|\r\n", 'sep="\n']), st.lists(_PARTS, max_size=25))
def test_every_cell_is_read_as_before(start, parts):
    raw = (start + "".join(parts)).encode()

    made = formatted("a.csv", raw)

    assert said(made.content) == said(raw)
    assert formatted("a.csv", made.content).content == made.content
    if made.content != raw:
        assert not made.faults


def said(raw: bytes) -> object:
    table = csv_reader.grid("a.csv", raw)
    return [[cell.value for cell in record] for record in (table.header, *table.records)], bool(table.faults)
