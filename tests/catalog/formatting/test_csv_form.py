"""`fmt` of tables: plain afterwards, and every cell says what it said."""

from __future__ import annotations

import csv
import io

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


_CELLS = st.text(st.sampled_from("ab1=+-'\",;\t \u00a0\n#€"), max_size=5)


@given(
    st.lists(st.lists(_CELLS, min_size=2, max_size=2), max_size=4),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
def test_every_cell_is_read_as_before(rows, delimiter, end, marked):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerows([["one", "two"], *rows])
    raw = (("\ufeff" if marked else "") + text.getvalue()).encode()

    made = formatted("a.csv", raw)

    assert made.faults == ()
    before, after = (
        [[cell.value for cell in row.values()] for row in csv_reader.read("a.csv", each, ["one", "two"]).rows]
        for each in (raw, made.content)
    )
    assert after == before
    assert formatted("a.csv", made.content).content == made.content
