"""What is read quickly is what `source` reads, without a word about it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podsync.catalog.cache import fast_yaml
from podsync.catalog.parsing.yaml_reader import read
from tests.benchmarks import corpus

_PIECES = st.sampled_from(
    [
        "kind: designed_product\n",
        "name: a\n",
        "spec:\n",
        "  a: 1\n",
        "  b: [x, y]\n",
        "  c: {d: e}\n",
        "  - f\n",
        "- g\n",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "# comment\n",
        "  g: h # comment\n",
        "  i: #A72525\n",
        "  j: &k l\n",
        "  m: *k\n",
        "  n: !!str o\n",
        "  <<: p\n",
        "  a: 2\n",
        "  q: 'r\n",
        '  s: "t\\n"\n',
        "  u: |\n    v\n",
        "  w: >-\n    x\n",
        "  y: .inf\n",
        "  z: 012\n",
        "  1: 2\n",
        "  no: yes\n",
        "  ? aa\n  : bb\n",
        '  cc: "d"\n',
        '  {"e":*k}\n',
        '  ff: {"e":!t g}\n',
        "\t\n",
        "\x00",
        "\u2028",
        "\ufeff",
        "  gg: a&b *c !d %e\n",
        "  hh: - ii\n",
        "  jj:\n",
        "  ~: kk\n",
        "  ll: 1e999\n",
        "null\n",
        "[[[[\n",
        "]",
        "}",
        "{",
        "  mm: \u00e9\n",
        "  nn: a  b\n",
        "  'oo': pp\n",
        "  true: qq\n",
        "\r\n",
        "  rr: 9999999999999999\n",
        "  ss: 1.50\n",
    ]
)

#: What `catalog.rules` looks at closely.
_ODD = st.sampled_from([
    ",", ", ", "?", ";", "|", "\\", "\u00e9", "https://", "https://a,b", "\\x3f", "\\u00e9", '"a, b"',
    "\n  - a, b", "\n  - 'a, b'", "\n  x: https://a\n    b, c", '\n  x: "\\x68ttps://a,b"',
])  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(pieces=st.lists(_PIECES, max_size=12))
def test_what_is_read_quickly_is_what_the_source_says(pieces: list[str]) -> None:
    raw = "".join(pieces).encode("utf-8", "surrogatepass")

    documents = fast_yaml.read(raw)

    if documents is not None:
        reading = read("f.yaml", raw)
        assert [(d.data, d.start) for d in documents] == [(d.data, d.start) for d in reading.documents]
        assert repr([d.data for d in documents]) == repr([d.data for d in reading.documents])
        assert reading.diagnostics == ()


@settings(max_examples=200, deadline=None)
@given(number=st.integers(0, 9), place=st.integers(0, 900), piece=_PIECES | st.text(max_size=3))
def test_so_is_a_product_file_with_anything_put_into_it(number: int, place: int, piece: str) -> None:
    text = corpus.as_yaml(list(corpus.documents(10))[number])
    raw = (text[:place] + piece + text[place:]).encode("utf-8", "surrogatepass")

    documents = fast_yaml.read(raw)

    if documents is not None:
        reading = read("f.yaml", raw)
        assert [(d.data, d.start) for d in documents] == [(d.data, d.start) for d in reading.documents]
        assert reading.diagnostics == ()


@settings(max_examples=300, deadline=None)
@given(number=st.integers(0, 9), place=st.integers(0, 900), piece=_PIECES | _ODD)
def test_a_plain_document_has_no_text_that_a_rule_looks_at(number: int, place: int, piece: str) -> None:
    text = corpus.as_yaml(list(corpus.documents(10))[number])
    raw = (text[:place] + piece + text[place:]).encode("utf-8", "surrogatepass")

    for data, _, plain in fast_yaml.read(raw) or ():
        assert not (plain and _odd_texts(data))


def _odd_texts(value: object, *, listed: bool = False) -> list[str]:
    """The texts that `catalog.rules.document_faults` calls unusual."""
    if isinstance(value, dict):
        return [odd for item in value.values() for odd in _odd_texts(item)]
    if isinstance(value, list):
        return [odd for item in value for odd in _odd_texts(item, listed=True)]
    if not isinstance(value, str):
        return []
    several = "," in value and (listed or value.startswith("https://"))
    return [value] if several or not value.isascii() or set("?;|") & set(value) else []


@pytest.mark.parametrize("number", range(4))
def test_an_ordinary_product_is_plain(number: int) -> None:
    (found,) = fast_yaml.read(corpus.as_yaml(list(corpus.documents(4))[number]).encode()) or ()

    assert found.plain


@pytest.mark.parametrize("number", range(4))
def test_an_ordinary_product_is_read_quickly(number: int) -> None:
    document = list(corpus.documents(4))[number]

    (found,) = fast_yaml.read(corpus.as_yaml(document).encode()) or ()

    assert found.data == document


@pytest.mark.parametrize(
    "text",
    ["[" * 15_000, "- " * 7_000, "? " * 7_000, "a: " * 5_000, "{a: " * 3_000, "a: [" + "x," * 7_900 + "]"],
    ids=["brackets", "dashes", "questions", "keys", "braces", "values"],
)
def test_deep_and_long_files_are_left_to_the_source(text: str) -> None:
    assert fast_yaml.read(text.encode()) is None or read("f.yaml", text.encode()).diagnostics == ()
