"""Names that came back changed: what is a form of a name, and what is another name."""

from __future__ import annotations

import pytest

from podsync.providers import name_forms
from podsync.providers.name_forms import CASE, CUT, EMOJI, ENTITIES, QUOTES, SPACES, WIDTH, begins, changes

LONG = "A thing with a really long name"


@pytest.mark.parametrize(
    ("sent", "listed", "kinds"),
    [
        ("Dino", "Dino", set()),
        ("T\u00e4", "Ta\u0308", set()),
        (" Dino ", "Dino", set()),
        ("A  Thing", "A Thing", {SPACES}),
        ("A\u00a0Thing", "A Thing", {SPACES, WIDTH}),
        ("Dino", "DINO", {CASE}),
        ("Tom & Co", "Tom &amp; Co", {ENTITIES}),
        ("Tom & Co", "Tom &amp;amp; Co", {ENTITIES}),
        ("It\u2019s", "It's", {QUOTES}),
        ("\uff21 Thing", "A Thing", {WIDTH}),
        ("Dino \U0001f996 Tee", "Dino ? Tee", {EMOJI}),
        ("Dino \U0001f996 Tee", "Dino ???? Tee", {EMOJI}),
        (LONG, LONG[:20], {CUT}),
        (LONG, LONG[:22] + "...", {CUT}),
    ],
)
def test_a_changed_form_and_its_kinds(sent: str, listed: str, kinds: set[str]) -> None:
    assert changes(sent, listed) == frozenset(kinds)


@pytest.mark.parametrize(
    ("sent", "listed"),
    [
        ("Dino", "Rex"),
        ("Dino", ""),
        ("", "Dino"),
        ("", ""),
        (None, None),
        ("Dino 1", "Dino ?"),
        ("Dino Tee Large", "Dino Tee"),
        (LONG, LONG[:19]),
        (LONG[:20], LONG),
        ("Dino \U0001f996 Tee", "Rex ? Tee"),
    ],
    ids=[
        "another name",
        "nothing came back",
        "nothing was sent",
        "empty matches nothing",
        "absent matches nothing",
        "a question mark for a character of ASCII",
        "a short beginning",
        "cut below the least length",
        "longer than what was sent",
        "a question mark elsewhere",
    ],
)
def test_no_changed_form(sent: str, listed: str) -> None:
    assert changes(sent, listed) is None


def test_what_a_document_is_called_is_never_the_cut_form_of_another() -> None:
    assert changes(LONG, LONG[:20]) == frozenset({CUT})
    assert changes(LONG, LONG[:20], {LONG[:20]}) is None


def test_a_short_beginning_is_told_and_no_more() -> None:
    assert begins("Dino Tee Large", "Dino Tee")
    assert not begins("Dino Tee Large", "Dino Tee", {"Dino Tee"})
    assert not begins("Dino Tee Large", "Di")


@pytest.mark.parametrize(
    "listed", ["dino  \u201cTEE\u201d & co", "Dino &quot;Tee&quot; &amp; Co", 'DINO "TEE" & CO']
)
def test_every_changed_form_is_found_by_a_key_of_the_name(listed: str) -> None:
    assert name_forms.skeleton(listed) in set(name_forms.keys('Dino "Tee" & Co'))


def test_a_cut_form_is_found_by_a_key_of_the_name() -> None:
    assert name_forms.skeleton(LONG[:20]) in set(name_forms.keys(LONG))


@pytest.mark.parametrize(
    ("sent", "listed"),
    [
        ("The elk\u2019s Tee", "The elk?s Tee"),
        ("\u201cBest\u201d Tee", "?Best? Tee"),
        ("\uff21 Thing", "? Thing"),
        ("A\u00a0Thing", "A?Thing"),
    ],
)
def test_a_question_mark_stands_for_a_sign_that_has_a_plain_form_too(sent: str, listed: str) -> None:
    assert changes(sent, listed) is not None
    assert name_forms.skeleton(listed) in set(name_forms.keys(sent))
