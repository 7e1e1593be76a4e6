"""What is written as YAML is read as it was, by podsync's own reader and by PyYAML's YAML 1.1."""

from __future__ import annotations

import random
from typing import Any

import pytest
import yaml

from podsync.catalog.parsing.yaml_reader import read
from podsync.catalog.parsing.yaml_writer import lines, scalar
from tests.output.naughty import NAUGHTY


def back(text: str) -> Any:
    reading = read("x.yaml", text.encode())
    assert reading.diagnostics == (), (text, reading.diagnostics)
    return reading.documents[0].data


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("Northern Fox Raglan Tee", "Northern Fox Raglan Tee"),
        ("https://cdn.example.com/a/b-c.png?x=1", "https://cdn.example.com/a/b-c.png?x=1"),
        ("73", '"73"'), ("null", '"null"'), ("yes", '"yes"'), ("1e3", '"1e3"'), ("", '""'),
        ("Dino #5", '"Dino #5"'), ("a: b", '"a: b"'), ("- x", '"- x"'), ("x ", '"x "'), ("Straße", "Straße"),
        (2, "2"), (True, "true"),
    ],
)  # fmt: skip
def test_a_person_could_have_written_it(value: Any, written: str) -> None:
    assert scalar(value) == written


def test_every_text_comes_back() -> None:
    rng = random.Random(3)
    signs = "ab 1:#-,[]{}&*!|>'\"%@`~?=\\/._é猫🦖\u00a0"
    texts = [*NAUGHTY, *("".join(rng.choices(signs, k=rng.randint(0, 9))) for _ in range(3000))]
    for text in texts:
        if any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char in "\u2028\u2029\ufeff" for char in text):
            continue  # no document may hold it, however it is written
        told = "\n".join(lines("name", text)) + "\n"

        assert back(told) == {"name": text}
        assert yaml.safe_load(told) == {"name": text} or not text.isascii()


def test_what_is_nested_comes_back() -> None:
    spec = {
        "ids": ["a", "customer-2", "*", "x y", "no"],
        "many": [f"customer-{number}" for number in range(40)],
        "options": [
            {"id": "size", "values": [{"value": "30x40"}], "maps": [{"part": "p", "attributes": ["w", "1"]}]},
            {"id": "b", "quantity": 2},
        ],
    }

    told = "\n".join(lines("spec", spec)) + "\n"

    assert back(told) == {"spec": spec}
    assert max(map(len, told.splitlines())) <= 100
