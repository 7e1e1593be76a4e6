"""`fmt`: whole texts before and after, and what must hold for any document however it is written."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podsync.catalog.formatting.yaml_form import formatted
from podsync.catalog.parsing.yaml_reader import read

BEFORE = """\
# yaml-language-server: $schema=../schemas/catalog.schema.json
# what the file is about
spec:
      enName: "Dino"   # the name
      # the model
      modelId:   '1'

      imageUrl: "a"
      materialImages:
      -   imageUrl: https://cdn.example.com/x
          # art
          imageName: aaa
      - {imageUrl: b, imageName: "c"}   # as it is written
      # the back
      backImageUrl: |-
          block
            # no comment

          end

      # after all

# the kind
kind: designed_product
labels:
    zeta: 1
    alpha: "2"
name: x
---
# another
name: y
kind: customer_product
spec: {name: a,
   customerIds: ["*"]}
# the end
"""
AFTER = """\
# yaml-language-server: $schema=../schemas/catalog.schema.json
# what the file is about
# the kind
kind: designed_product
name: x
labels:
  zeta: 1
  alpha: "2"

spec:
  # the model
  modelId:   '1'
  enName: "Dino"   # the name

  imageUrl: "a"
  # the back
  backImageUrl: |-
      block
        # no comment

      end
  materialImages:
    # art
    - imageName: aaa
      imageUrl: https://cdn.example.com/x
    - {imageUrl: b, imageName: "c"}   # as it is written

  # after all
---
# another
kind: customer_product
name: y
spec: {name: a,
   customerIds: ["*"]}
# the end
"""


def form(text: str) -> str:
    made = formatted("a.yaml", text.encode())
    assert made.faults == ()
    return made.content.decode()


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_keys_are_put_in_order_and_all_else_stays(end, mark):
    assert form(mark + BEFORE.replace("\n", end)) == mark + AFTER.replace("\n", end)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("name: x\nkind: k", "name: x\nkind: k"),
        ("# only words\n", "# only words\n"),
        ("", ""),
        ("--- {b: 1, a: 2}\n", "--- {b: 1, a: 2}\n"),
        ("a:\n- - 1\n  -   2\n-\n    b: 1\n", "a:\n  - - 1\n    - 2\n  -\n    b: 1\n"),
        ("a:\n    |2\n      x\n       y\nb: 1\n", "a:\n    |2\n      x\n       y\nb: 1\n"),
        ("a:\n   b: |2\n      x\n", "a:\n  b: |2\n     x\n"),
        ('a:\n    b: "one\n  two"\n', 'a:\n  b: "one\ntwo"\n'),
        ("a:\n\n    # c\n\n    b: 1\n", "a:\n\n  # c\n\n  b: 1\n"),
        ("a:\n    b: one\n     two\n", "a:\n  b: one\n   two\n"),
        ("a:\n    b:\n", "a:\n  b:\n"),
        ("  b: 1\n  # c\n    # d\n", "b: 1\n# c\n# d\n"),
        (
            "kind: designed_product\nspec:\n  enName: >\n    x\n\n  # m\n  modelId: '1'",
            "kind: designed_product\nspec:\n  # m\n  modelId: '1'\n\n  enName: >\n    x\n",
        ),
    ],
)
def test_each_form_keeps_its_own(text, made):
    assert form(text) == made
    assert form(made) == made


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", "a: [\n", "a: &x 1\n", "a: \x07\n"])
def test_a_file_with_a_fault_is_left_and_told(text):
    made = formatted("a.yaml", text.encode())

    assert made.content == text.encode()
    assert [fault.severity for fault in made.faults] == ["error"]


def test_a_form_that_cannot_be_moved_is_left_and_told():
    made = formatted("a.yaml", b"? b\n: 1\n? a\n: 2\n")

    assert made.content == b"? b\n: 1\n? a\n: 2\n"
    assert [(fault.severity, fault.rule, fault.at.line) for fault in made.faults] == [
        ("warning", "layout", 1)
    ]


# -- any document, however it is written

_KEYS = ("kind", "name", "labels", "spec", "modelId", "enName", "imageUrl", "zeta", "alpha", "imageName")
_WORDS = st.sampled_from(
    ["a", "dino tee", "x y", "24", "true", "a #b", "it's", 'say "x"', "", " x ", "- a", "a: b"]
)


class Style:
    """How one document is written: every choice is drawn."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.count = 0
        self.led: dict[str, str] = {}

    def one_of(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def comment(self) -> str:
        self.count += 1
        return f"# c{self.count}."

    def mapping(self, indent: int, depth: int) -> list[str]:
        lines: list[str] = []
        keys = self.draw(st.lists(st.sampled_from(_KEYS), min_size=1, max_size=4, unique=True))
        for key in keys:
            lines += self.lead(indent, f"{key}:" if lines else "")
            lines += self.value(" " * indent + f"{key}:", indent, depth)
        return lines

    def lead(self, indent: int, before: str) -> list[str]:
        """Lines before a key; where the key is known, it is noted what the comment leads."""
        kind = self.one_of("", "", "", "blank", "comment", "both")
        if not kind:
            return []
        text = self.comment()
        if kind != "blank" and before:
            self.led[text] = before
        return {"blank": [""], "comment": [" " * indent + text], "both": ["", " " * indent + text, ""]}[kind]

    def value(self, head: str, indent: int, depth: int) -> list[str]:
        """The lines of a value behind `head`, which stands at `indent`."""
        form = self.one_of("text", "text", "flow", "block", "mapping", "sequence", "empty", "lines")
        if depth > 3 and form in {"mapping", "sequence"}:
            form = "text"
        inner = indent + self.one_of(1, 2, 3, 4)
        if form == "mapping":
            return [head + self.one_of("", f"  {self.comment()}"), *self.mapping(inner, depth + 1)]
        if form == "sequence":
            at = self.one_of(indent, inner) if not head.lstrip(" ").startswith("-") else inner
            return [head, *self.sequence(at, depth + 1)]
        if form == "block":
            sign = self.one_of("|", "|-", "|+", ">", ">-")
            return [f"{head} {sign}", *(f"{' ' * inner}{line}" if line else "" for line in
                    self.draw(st.lists(st.sampled_from(["x", "# y", "", "  z"]), max_size=3).map(
                        lambda rest: ["x", *rest])))]  # fmt: skip
        if form == "flow":
            return [f"{head} {self.one_of('{b: 1, a: [2, x]}', '[]', '[{imageUrl: x, imageName: y}]')}"]
        if form == "lines":
            return [f'{head} "one', " " * inner + "two", "", " " * inner + 'three"']
        if form == "empty":
            return [head]
        word = self.draw(_WORDS)
        quoted = self.one_of("'" + word.replace("'", "''") + "'", '"' + word.replace('"', '\\"') + '"')
        return [f"{head}{self.one_of(' ', '   ')}{quoted}{self.one_of('', f'   {self.comment()}')}"]

    def sequence(self, indent: int, depth: int) -> list[str]:
        lines: list[str] = []
        for _ in range(self.draw(st.integers(1, 3))):
            lines += self.lead(indent, "")
            if self.one_of(True, False) and depth < 4:
                space = self.one_of(" ", "   ")
                first, *rest = self.mapping(indent + 1 + len(space), depth + 1)
                lines += [" " * indent + "-" + space + first.lstrip(" "), *rest]
            else:
                lines += self.value(" " * indent + "-", indent, depth)
        return lines


@st.composite
def files(draw: Any) -> tuple[str, dict[str, str]]:
    """A file of some documents, and which comments stand before which key."""
    style = Style(draw)
    parts = ["\n".join(style.mapping(0, 1)) for _ in range(draw(st.integers(1, 3)))]
    if draw(st.booleans()):
        parts = [part if "kind:" in part else f"kind: designed_product\n{part}" for part in parts]
    text = draw(st.sampled_from(["", "# top\n", "# top\n\n"])) + "\n---\n".join(parts) + draw(
        st.sampled_from(["", "\n", "\n# bottom\n", "\n\n  # inside\n"])
    )  # fmt: skip
    return text, style.led


def followed(text: str) -> dict[str, str]:
    """Which key follows each comment that has a line of its own."""
    found, open_ = {}, []
    for line in text.split("\n"):
        bare = line.strip()
        if bare.startswith("#"):
            open_.append(bare)
        elif bare:
            key = re.match(r"(?:- +)*(\w+:)", bare)
            found |= dict.fromkeys(open_, key[1] if key else "")
            open_ = []
    return found


@settings(max_examples=300)
@given(files())
def test_whatever_is_written_means_the_same_and_loses_no_comment(drawn):
    text, led = drawn
    reading = read("a.yaml", text.encode())
    if reading.diagnostics:
        return
    made = formatted("a.yaml", text.encode())
    if made.faults:  # a form that is not moved: the same as it was
        assert made.content == text.encode()
        return
    new = made.content.decode()

    again = read("a.yaml", made.content)
    assert again.diagnostics == ()
    assert [document.data for document in again.documents] == [
        document.data for document in reading.documents
    ]
    assert sorted(re.findall(r"# c\d+\.", new)) == sorted(re.findall(r"# c\d+\.", text))
    assert form(new) == new
    assert {comment: key for comment, key in followed(new).items() if comment in led} == led
