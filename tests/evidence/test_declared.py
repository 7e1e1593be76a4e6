"""What a person says of a listed product: more than a guess, less than what is listed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from podsync.evidence.declared import Said
from podsync.evidence.state_view import Known
from podsync.model.errors import PodsyncError
from podsync.providers.contract import Remote
from podsync.state.entries import Entry
from podsync.state.events import Adopted, Bound, Settled, Unbound
from podsync.state.reducer.reducer import replay
from tests.evidence.look import NOW, PROVIDERS, address, doubt, entry, rehosted, row, spec, state, window
from tests.plan.build import designed

DOG, TEE = address("dog"), address("tee")


def said(holder: Entry, listed: Remote) -> tuple[Known, Said]:
    known = Known(PROVIDERS["kakaclo"], state(holder), "default")
    dog = replace(designed("dog"), spec=spec("dog"))
    return known, Said(known, {listed.id: listed}, NOW, {DOG: dog})


def test_an_id_that_is_only_likely_is_given_up_to_a_person() -> None:
    known, word = said(entry("tee", "7", window=window()), rehosted("7", "tee"))

    told = word.ours(DOG, "7")

    assert [type(each) for each in told] == [Unbound, Adopted]
    after = replay(known.state, told)
    assert (after.entries[TEE].id, after.entries[DOG].id) == (None, "7")


def test_an_id_that_is_only_likely_is_given_up_to_a_doubt_that_a_person_settles() -> None:
    holder, asked = entry("tee", "7", window=window()), doubt("dog")
    known = Known(PROVIDERS["kakaclo"], state(holder, asked), "default")

    told = Said(known, {"7": rehosted("7", "tee")}, NOW).settled(asked, "7")

    assert [type(each) for each in told] == [Unbound, Settled]
    after = replay(known.state, told)
    assert (after.entries[TEE].id, after.entries[DOG].id) == (None, "7")


@pytest.mark.parametrize(
    ("holder", "listed"),
    [
        (entry("tee", "7"), rehosted("7", "tee")),
        (entry("tee", "7", window=window()), row("7", "tee")),
        (entry("tee", "7", window=replace(window(), answered="7")), rehosted("7", "tee")),
    ],
    ids=["sure", "listed as it was sent", "told by an answer"],
)
def test_what_is_known_better_is_not(holder: Entry, listed: Remote) -> None:
    _, word = said(holder, listed)

    with pytest.raises(PodsyncError, match=r"7 belongs to designed_product\.tee already"):
        word.ours(DOG, "7")
    with pytest.raises(PodsyncError, match=r"7 belongs to designed_product\.tee already"):
        word.settled(doubt("dog"), "7")


def test_a_product_that_is_called_as_the_document_says_now_is_not_bound_as_what_was_sent_before() -> None:
    """A shared picture fits both; the name fits the document alone."""
    sent = spec("dog", enName="Dog by the sea")
    older = entry("dog", None, spec=sent, window=window())
    known = Known(PROVIDERS["kakaclo"], state(older), "default")
    now = replace(designed("dog"), spec=spec("dog", enName="Dog v1 by the sea"))
    pictures = {"imageUrl": "https://img.example/7"}
    rows = {
        "7": row("7", "dog", enName="dog v1 by the sea", **pictures),
        "6": row("6", "dog", enName="dog by the sea", **pictures),
    }
    word = Said(known, rows, NOW, {DOG: now})

    assert [type(each) for each in word.ours(DOG, "6")] == [Bound]
    told = word.ours(DOG, "7")

    assert [type(each) for each in told] == [Adopted]
    after = replay(known.state, told)
    assert (after.entries[DOG].id, after.entries[DOG].spec) == ("7", now.spec)
    assert [(each.id, each.spec) for each in after.orphans] == [(None, sent)]
