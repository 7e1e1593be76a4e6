"""Keys never come back, in whatever form they travel; innocent words stay."""

from __future__ import annotations

import base64
import html
import json
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podsync.network.secrets import MASK, SHORTEST, Secrets

KEYS = (
    "canary-0123456789-canary",
    "sec/ret+key==",
    "qu\"ote\\back<slash>&amp;'%41",
    "with space and + plus",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc_-def",
    "0d6b1f2e-1111-4222-8333-444455556666:9f~secret",
)


def upper_percent(key):
    return "".join(f"%{byte:02X}" for byte in key.encode())


FORMS = {
    "verbatim": lambda k: k,
    "json": lambda k: json.dumps(k)[1:-1],
    "json in json": lambda k: json.dumps(json.dumps({"key": k})),
    "json with slashes escaped": lambda k: json.dumps(k)[1:-1].replace("/", "\\/"),
    "json of numbers": lambda k: "".join(f"\\u{ord(c):04X}" for c in k),
    "repr": lambda k: repr(k)[1:-1],
    "url": lambda k: quote(k, safe=""),
    "url, lower case": lambda k: "".join(f"%{byte:02x}" for byte in k.encode()),
    "url, every character": upper_percent,
    "url, slashes kept": quote,
    "url, form": quote_plus,
    "url, twice": lambda k: quote(quote(k, safe=""), safe=""),
    "html": html.escape,
    "html, twice": lambda k: html.escape(html.escape(k)),
    "html, numbers": lambda k: "".join(f"&#{ord(c)};" for c in k),
    "html, hex": lambda k: "".join(f"&#x{ord(c):X};" for c in k),
    "hex": lambda k: k.encode().hex(),
    "HEX": lambda k: k.encode().hex().upper(),
    "upper case": str.upper,
    "lower case": str.lower,
}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("form", FORMS)
def test_a_key_is_hidden_in_every_form(key: str, form: str) -> None:
    spelt = FORMS[form](key)

    hidden = Secrets([key]).hide(f"before {spelt} after")

    assert spelt not in hidden
    assert MASK in hidden
    assert hidden.startswith("before ")
    assert hidden.endswith(" after")


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("before", ["", "u", "us", "use", "Bearer ", "name:"])
@pytest.mark.parametrize("after", ["", "x", "xy", "xyz"])
def test_base64_is_hidden_whatever_stands_around_the_key(encode, key: str, before: str, after: str) -> None:
    coded = encode(f"{before}{key}{after}".encode()).decode()

    for spelt in (coded, quote(coded, safe=""), coded.rstrip("=")):
        hidden = Secrets([key]).hide(f'{{"a": "{spelt}"}}')

        assert MASK in hidden
        left = hidden.replace(MASK, "").removeprefix('{"a": "').removesuffix('"}')
        left = left.replace("%3D", "").replace("%2B", "+").replace("%2F", "/").rstrip("=")
        assert len(left) <= 4 * (len(before) + len(after)) // 3 + 4
        assert not any(key[i : i + 4] in _decoded(left) for i in range(len(key) - 4))


def _decoded(text: str) -> str:
    usable = text.replace("-", "+").replace("_", "/").split("%")[0].rstrip("=")
    return base64.b64decode(usable[: len(usable) // 4 * 4] or "").decode("latin-1")


def test_the_whole_of_an_answer_is_masked() -> None:
    key = KEYS[0]
    body = {"message": f"Invalid key {key}", key: [{"a": [1, None, True, f"x{quote(key)}"]}, 1.5]}

    assert Secrets([key]).hide_in(body) == {
        "message": "Invalid key ***",
        "***": [{"a": [1, None, True, "x***"]}, 1.5],
    }


@pytest.mark.parametrize("key", ["", "a", "test", "x" * (SHORTEST - 1)])
def test_a_key_of_a_few_characters_masks_no_innocent_text(key: str) -> None:
    text = f"a test of {key} and x"

    assert Secrets([key]).hide(text) == text


def test_of_two_keys_the_longer_one_goes_first() -> None:
    assert Secrets(["canary-one", "canary-one-two"]).hide("canary-one-two canary-one") == "*** ***"


@given(st.text(max_size=40))
def test_text_without_the_key_stays(text: str) -> None:
    assert Secrets(["canary-0123456789-canary"]).hide(text) == text


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=SHORTEST, max_size=30))
def test_keys_of_every_character(key: str) -> None:
    for name, spell in FORMS.items():
        if "case" not in name:
            assert spell(key) not in Secrets([key]).hide(f"<{spell(key)}>")


def test_a_long_page_takes_no_time() -> None:
    row = {"enName": "Dino & Friends 100%", "imageUrl": "https://cdn.test/a%20b/c.png?x=1&y=2", "n": 5}
    page = [dict(row) for _ in range(1000)]
    begin = time.process_time()

    assert Secrets(list(KEYS)).hide_in(page) == page
    assert time.process_time() - begin < 2
