"""Strict YAML: each refusal once, with its place and its remedy."""

from __future__ import annotations

import json
import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from podsync.catalog.discovery import MAX_BYTES
from podsync.catalog.parsing import yaml_reader
from podsync.catalog.parsing.yaml_reader import read


def faults(content: str | bytes) -> list[str]:
    raw = content if isinstance(content, bytes) else content.encode()
    return [f"{d.at.line}:{d.at.column} {d.rule}: {d.summary}" for d in read("f.yaml", raw).diagnostics]


def data(content: str) -> list[dict]:
    reading = read("f.yaml", content.encode())
    assert reading.diagnostics == ()
    return [document.data for document in reading.documents]


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def either_parser(request, monkeypatch):
    """libyaml where there is one, PyYAML's own parser everywhere."""
    monkeypatch.setattr(yaml_reader, "_LOADER", getattr(yaml, request.param))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("on", "on"), ("y", "y"), ("12:30", "12:30"), ("1_000", "1_000"),
        ("2024-01-01", "2024-01-01"), ("0b1", "0b1"), ("3XL", "3XL"), ("00ff00", "00ff00"),
        ("1.2.3", "1.2.3"), ("--", "--"),
        ("123456789012345", 123456789012345), ("1234567890123456", "1234567890123456"),
        ("012", 12), ("0o17", 15), ("0x1F", 31), ("+1", 1), ("-7", -7), ("0x" + "f" * 16, "0x" + "f" * 16),
        ("1.", 1.0), (".5", 0.5), ("1e3", 1000.0), ("19.90", 19.9),
        ("true", True), ("FALSE", False), ("null", None), ("~", None), ("", None), ("nUll", "nUll"),
    ],
)  # fmt: skip
def test_unquoted_text_means_what_yaml_1_2_says(text, value):
    result = data(f"a: {text}\n")[0]["a"]

    assert result == value
    assert type(result) is type(value)


CASES = {
    "tab": ("spec:\n\ta: 1\n", ["2:1 yaml: there is a tab where YAML wants spaces"]),
    "unclosed quote": ('a: 1\nb: "x\nc: 2\n', ['2:4 yaml: the quote " that opens here is never closed']),
    "second colon": ("enName: Dino: tee\n", ["1:13 yaml: a second ': ' in an unquoted text"]),
    "key under text": ("a: 1\n  b: 2\n", ["2:4 yaml: a key cannot stand here"]),
    "indentation": (
        "a:\n    b: 1\n  c: 2\n",
        ["3:3 yaml: the indentation of this line fits no line above it"],
    ),
    "no key": ("a: 1\nfoo\nb: 2\n", ["2:1 yaml: this line has no `key: value`"]),
    "unclosed [": ("a: [1, 2\nb: 3\n", ["1:4 yaml: the [ that opens here is not closed"]),
    "unclosed {": ("a: {b: 1\nc: 3\n", ["1:4 yaml: the { that opens here is not closed"]),
    "bare star": ("a: [*]\n", ["1:5 yaml: an unquoted * begins an alias, which is not read here"]),
    "at sign": ("a: @x\n", ["1:4 yaml: a text cannot begin with @ unless it is in quotes"]),
    "escape": ('a: "\\d"\n', ["1:5 yaml: \\d means nothing inside double quotes"]),
    "list after key": ("a: - b\n", ["1:4 yaml: a list cannot begin on the line of its key"]),
    "after a quote": ("a: 'it's'\n", ["1:8 yaml: nothing may follow the closing quote or bracket"]),
    "no list item": ("a:\n - b\n c: d\n", ["3:2 yaml: this line stands among list items but is none"]),
    "closing": ("a: ]\n", ["1:4 yaml: ] closes nothing here"]),
    "document end": ("a: 1\n...\nb: 2\n", ["3:1 yaml: a new document must begin with a line `---`"]),
    "block header": ("a: |x\n  b\n", ["1:5 yaml: after | or > the line must end"]),
    "tag handle": ("a: !x!y z\n", ["1:4 tag: tags are not read"]),
    "tag": ("a: !!str 1\n", ["1:4 tag: tags such as !!str are not read"]),
    "directive": ("%YAML 1.1\n---\na: 1\n", ["1:1 directive: % lines (directives) are not read"]),
    "merge key": ("a: 1\n<<: {b: 2}\n", ["2:1 merge-key: merge keys (<<) are not read"]),
    "anchor": (
        "a: &x 1\nb: *x\n",
        ["1:4 alias: anchors (&) and aliases (*) are not read: a reviewer must see what is sent"],
    ),
    "duplicate": (
        "a: 1\nb: 2\na: 3\n",
        ["3:1 duplicate-key: the key 'a' appears on line 1 and again on line 3"],
    ),
    "same line": ("a: {b: 1, b: 2}\n", ["1:11 duplicate-key: the key 'b' appears twice on line 1"]),
    "number key": ("1: a\n", ["1:1 key: a key must be text; 1 is not"]),
    "list key": ("? [a]\n: b\n", ["1:3 key: a key must be text"]),
    "infinite": ("a: 1e999\n", ["1:4 number: 1e999 is not a number that can be sent"]),
    ".inf": ("a: -.inf\n", ["1:4 number: -.inf is not a number that can be sent"]),
    ".nan": ("a: .nan\n", ["1:4 number: .nan is not a number that can be sent"]),
    "list": ("- a\n", ["1:1 schema: a document must be a mapping of `key: value` lines; this is a list"]),
    "text": ("foo\n", ["1:1 schema: a document must be a mapping of `key: value` lines; this is text"]),
    "escaped control": (
        'a: "x\\x1b"\n',
        ["1:4 control-character: the text holds ESC (U+001B), which nobody can see"],
    ),
    "comment": (
        "spec:\n  a: Dino #5\n",
        ["2:11 comment-in-text: # began a comment here, so the text is only 'Dino'"],
    ),
    "only comment": ("spec:\n  c: #A72525\n", ["2:6 comment-in-text: # began a comment here, so c is empty"]),
    "comment after list": (
        "spec:\n  a: [b, c] # d\n",
        ["2:13 comment-in-text: # began a comment here, so the text is only 'c'"],
    ),
}


@pytest.mark.usefixtures("either_parser")
@pytest.mark.parametrize("name", CASES)
def test_what_strict_reading_refuses(name):
    text, expected = CASES[name]

    assert faults(text) == expected
    assert all(d.detail for d in read("f.yaml", text.encode()).diagnostics)


@pytest.mark.usefixtures("either_parser")
def test_half_a_surrogate_pair_is_refused():
    (fault,) = faults('a: "\\ud800"\n')

    assert " encoding: " in fault
    assert "half of a surrogate pair" in fault


UNSEEN = "which nobody can see"
TOO_LARGE = "1:1 too-large: the file has 4,194,305 bytes; a catalog file may have 4,194,304"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"kind: x\nname: \xfcber\n", "2:7 encoding: byte 0xFC is not UTF-8"),
        ("ä: ö ".encode() + b"\xff", "1:6 encoding: byte 0xFF is not UTF-8"),
        (b"a: \xed\xa0\x80\n", "1:4 encoding: byte 0xED is not UTF-8"),
        ("a: 1".encode("utf-16"), "1:1 encoding: this file is UTF-16"),
        (b"a: 1\x00\n", "1:5 control-character: the file holds NUL (U+0000), " + UNSEEN),
        (b"a: 1\rb: 2", "1:5 control-character: the file holds a carriage return (U+000D), " + UNSEEN),
        ("a: b\u2028c".encode(), "1:5 control-character: the file holds LINE SEPARATOR (U+2028), " + UNSEEN),
        (b" " * (MAX_BYTES + 1), TOO_LARGE),
    ],
)  # fmt: skip
def test_bytes_that_are_no_text(content, expected):
    assert faults(content) == [expected]


def test_a_byte_order_mark_and_crlf_are_fine():
    assert read("f", "\ufeffa: 1\r\nb: x\r\n".encode()).documents[0].data == {"a": 1, "b": "x"}


def test_quoted_and_block_texts_and_comments_outside_spec_are_fine():
    text = 'name: x # why\nspec:\n  a: "b" # c\n  n: 1 # one\n  l: # list\n    - "x"\n  u: https://x/#y\n'

    assert data(text) == [
        {"name": "x", "spec": {"a": "b", "n": 1, "l": ["x"], "u": "https://x/#y"}},
    ]


def test_empty_documents_are_skipped():
    assert data("---\n---\n# only this\n...\n---\na: 1\n") == [{"a": 1}]


def test_a_forgotten_separator_is_named_and_both_documents_are_read():
    reading = read("f.yaml", b"kind: k\nname: a\nspec: {}\nkind: k\nname: b\nspec: {x: .inf}\n")

    assert [d.detail for d in reading.diagnostics][:1] == ["put a line `---` above this line"]
    assert [document.data["name"] for document in reading.documents] == ["a", "b"]
    assert [(d.at.line, d.rule) for d in reading.diagnostics] == [(4, "duplicate-key"), (6, "number")]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("spec:\n  c: #A72525\n", 'put the text in quotes: c: "#A72525"'),
        (
            "spec:\n  enName: Dino #5\n",
            (
                'if it belongs to the text, put all of it in quotes: enName: "Dino #5"; '
                "if it is a comment, put it on a line of its own"
            ),
        ),
        ("enName: Dino: tee\n", 'put the text in quotes: enName: "Dino: tee"'),
        ("a: [*]\n", 'put the text in quotes: "*"'),
        ("true: x\n", 'put it in quotes: "true"'),
    ],
)
def test_hints_say_what_to_write(text, hint):
    assert [d.detail for d in read("f.yaml", text.encode()).diagnostics] == [hint]


@pytest.mark.parametrize("text", ["kind: [\n", "kind: [a,\n", "a: {\n", "a: [{b: \n"])
def test_a_file_that_ends_inside_a_bracket_is_told_so(text):
    (fault,) = read("f.yaml", text.encode()).diagnostics

    assert "a bracket is still open" in fault.summary or "is not closed" in fault.summary


def test_reading_goes_on_after_a_syntax_error():
    text = "a: 'x\nb: y\n---\nc: @\n---\nd: ok\n---\ne: [}\n"

    assert [fault.split(" ")[0] for fault in faults(text)] == ["1:4", "4:4", "8:5"]
    assert [document.data for document in read("f", text.encode()).documents] == [{"d": "ok"}]


BOMB = "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" if i else "a0: &a0 [x]\n" for i in range(12)
)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("[" * 200_000, "too-deep"),
        ("{a: " * 200_000, "too-deep"),
        ("- " * 200_000, "too-deep"),
        ("? " * 200_000, "too-deep"),
        (BOMB, "alias"),
        ("spec: [" + "a," * 2_000_000 + "]", "too-large"),
    ],
    ids=["brackets", "braces", "dashes", "question marks", "alias bomb", "many values"],
)
def test_hostile_files_give_one_error_quickly(text, rule):
    # P14 promises a second; this process' own time, so that a busy machine says nothing about it.
    started = time.process_time()
    diagnostics = read("f.yaml", text.encode()).diagnostics

    assert [d.rule for d in diagnostics] == [rule]
    assert time.process_time() - started < 1


def test_a_file_full_of_faults_is_given_up():
    diagnostics = read("f.yaml", b"a: 1\n" * 100_000).diagnostics

    assert len(diagnostics) == yaml_reader.MAX_FAULTS + 1
    assert diagnostics[-1].rule == "too-many"


def test_a_million_digits_stay_text():
    assert data("a: " + "9" * 1_000_000)[0]["a"] == "9" * 1_000_000


def test_places_of_values_and_keys():
    document = read("f.yaml", b"name: dino\nspec:\n  l:\n    - a: x\n  e:\n  f: [1, 'zwei']\n").documents[0]

    assert document.places["name",] == (1, 7, 1, 11)
    assert document.keys["name",] == (1, 1, 1, 5)
    assert document.places["spec", "l", 0, "a"] == (4, 10, 4, 11)
    assert document.places["spec", "f", 1] == (6, 10, 6, 16)
    assert document.places["spec", "f"] == (6, 6, 6, 17)
    assert document.places["spec", "e"] == (5, 5, 5, 5)


plain = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufeff\ufffe\uffff")
texts = st.text(plain, max_size=12)
integers = st.integers(min_value=-(10**15) + 1, max_value=10**15 - 1)
values = st.recursive(
    st.none() | st.booleans() | integers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(texts, values, max_size=4))
@settings(max_examples=100, deadline=None)
def test_json_comes_back_as_it_was(value):
    """JSON is YAML, with every text quoted."""
    reading = read("f.yaml", json.dumps(value, ensure_ascii=False, indent=1).encode())

    assert reading.diagnostics == ()
    assert [document.data for document in reading.documents] == [value]


@given(
    st.dictionaries(
        st.text("abc", min_size=1, max_size=5), st.text("abcdefg äöü日本", max_size=9), min_size=1
    )
)
@settings(max_examples=100, deadline=None)
def test_places_point_at_the_text(value):
    text = json.dumps(value, ensure_ascii=False, indent=2)
    document = read("f.yaml", text.encode()).documents[0]

    for key, item in value.items():
        assert document.text.written(document.places[key,]) == json.dumps(item, ensure_ascii=False)
        assert document.text.written(document.keys[key,]) == json.dumps(key)


@given(st.binary(max_size=80) | st.text("ab:#-[]{}&*!|>'\"%@`\\ \n\t~?,1.", max_size=60).map(str.encode))
@settings(max_examples=300, deadline=None)
def test_no_bytes_raise(raw):
    reading = read("f.yaml", raw)

    for diagnostic in reading.diagnostics:
        assert diagnostic.severity == "error"
        assert diagnostic.at.line >= 1
        assert diagnostic.at.column >= 1
