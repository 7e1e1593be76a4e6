"""What a person says of a listed product: more than a guess, less than what is listed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from podsync.evidence.declared import Declarations
from podsync.evidence.listing import Version
from podsync.evidence.state_view import Known
from podsync.model.errors import PodsyncError, ProtectedError, UsageError
from podsync.model.frozen import freeze
from podsync.model.product import Lifecycle
from podsync.plan.answers import of_doubt
from podsync.providers.contract import Remote
from podsync.state.entries import Absent, Entry
from podsync.state.events import Adopted, Bound, Identified, Remembered, Settled, Unbound
from podsync.state.model import State
from podsync.state.reducer.reducer import replay
from tests.evidence.look import (
    NOW,
    OLD,
    PROVIDERS,
    address,
    doubt,
    entry,
    orphan,
    refusal,
    rehosted,
    row,
    spec,
    state,
    window,
)
from tests.plan.build import designed

DOG, TEE = address("dog"), address("tee")


def said(holder: Entry, listed: Remote) -> tuple[Known, Declarations]:
    known = Known(PROVIDERS["kakaclo"], state(holder), "default")
    dog = replace(designed("dog"), spec=spec("dog"))
    return known, Declarations(known, {listed.id: listed}, NOW, {DOG: dog})


def test_an_id_that_is_only_likely_is_given_up_to_a_person() -> None:
    known, word = said(entry("tee", "7", window=window()), rehosted("7", "tee"))

    told = word.ours(DOG, "7")

    assert [type(each) for each in told] == [Unbound, Adopted]
    after = replay(known.state, told)
    assert (after.entries[TEE].id, after.entries[DOG].id) == (None, "7")


def test_what_is_more_like_what_was_sent_is_not_given_up_for_another_product() -> None:
    """It would be known to nobody: the listing changes values, and tells the two apart all the same."""
    holder = entry("tee", "7")
    known = Known(PROVIDERS["kakaclo"], state(holder), "default")
    mine, other = rehosted("7", "tee"), rehosted("8", "Rex")
    rows = {each.id: each for each in (mine, other)}
    document = replace(designed("tee"), spec=spec("tee"))

    with pytest.raises(PodsyncError, match="more like what was sent than 8") as refused:
        Declarations(known, rows, NOW, {TEE: document}).ours(TEE, "8")
    assert "podsync state rm" in refused.value.remedy
    claimed = Declarations(known, rows, NOW, {TEE: document}, frozenset({"7", "8"}))
    assert [each.id for each in claimed.ours(TEE, "8") if isinstance(each, Bound)] == ["8"]
    alike = {"7": mine, "8": rehosted("8", "tee")}
    told = Declarations(known, alike, NOW, {TEE: document}).ours(TEE, "8")
    assert [each.id for each in told if isinstance(each, Bound)] == ["8"]


def test_an_id_that_is_only_likely_is_given_up_to_a_doubt_that_a_person_settles() -> None:
    holder, asked = entry("tee", "7", window=window()), doubt("dog")
    known = Known(PROVIDERS["kakaclo"], state(holder, asked), "default")

    told = Declarations(known, {"7": rehosted("7", "tee")}, NOW).settled(asked, "7")

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
    word = Declarations(known, rows, NOW, {DOG: now})

    assert [type(each) for each in word.ours(DOG, "6")] == [Bound]
    told = word.ours(DOG, "7")

    assert [type(each) for each in told] == [Adopted]
    after = replay(known.state, told)
    assert (after.entries[DOG].id, after.entries[DOG].spec) == ("7", now.spec)
    assert [(each.id, each.spec) for each in after.orphans] == [(None, sent)]


# -- which version of its document a product is

SENT, TODAY = spec("dog", colorValue="#000001"), spec("dog", colorValue="#000002")
HOLDERS = {
    "in doubt": doubt("dog", body=SENT),
    "replace in doubt": replace(
        doubt("dog", body=SENT), spec=spec("dog", modelId="4"), id="2", created_at=1.0
    ),
    "acknowledged": entry("dog", None, spec=SENT, window=window()),
    "likely": entry("dog", "7", spec=SENT, window=window()),
}
LISTED = {"7": row("7", "dog"), "8": row("8", "dog")}


def versions(holder: Entry, today: object = TODAY, **facts: object) -> tuple[Known, Declarations]:
    known = Known(PROVIDERS[holder.provider], state(holder, provider=holder.provider), "default")
    document = replace(designed("dog"), address=holder.address, spec=today, **facts)
    return known, Declarations(known, LISTED, NOW, {holder.address: document})


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("identity", ["7", "8"])
def test_where_the_listing_does_not_tell_the_version_a_person_has_to(holder: str, identity: str) -> None:
    known, word = versions(HOLDERS[holder])

    with pytest.raises(ProtectedError, match=r"another version .* \(colorValue\)") as refused:
        word.ours(DOG, identity)

    assert refused.value.remedy.splitlines() == [
        f"a) it is as it was sent: podsync import {DOG.word} {identity} --as sent",
        f"b) it is as its document says today: podsync import {DOG.word} {identity} --as document",
    ]
    sent = replay(known.state, word.ours(DOG, identity, Version.SENT))
    today = replay(known.state, word.ours(DOG, identity, Version.DOCUMENT))
    assert (sent.entries[DOG].id, sent.entries[DOG].spec) == (identity, SENT)
    assert (today.entries[DOG].id, today.entries[DOG].spec) == (identity, TODAY)
    assert not any(each.spec == SENT for each in sent.orphans)
    # What was sent is looked for still: as an orphan, of which nothing is made again.
    (left,) = (each for each in today.orphans if each.spec == SENT)
    assert left.window is not None
    assert left.id == ("7" if (holder, identity) == ("likely", "8") else None)


@pytest.mark.parametrize("holder", ["in doubt", "replace in doubt"])
def test_settle_and_import_compare_versions_alike(holder: str) -> None:
    known, word = versions(HOLDERS[holder])
    asked = known.state.entries[DOG]

    with pytest.raises(ProtectedError, match="does not tell"):
        word.settled(asked, "7")
    for version in (Version.SENT, Version.DOCUMENT):
        assert word.settled(asked, "7", version) == word.ours(DOG, "7", version)


def test_what_the_listing_tells_is_not_contradicted() -> None:
    """The name was edited too: each row is one version for certain."""
    asked = doubt("dog", body=spec("dog", enName="Dog by the sea"))
    _, word = versions(asked, spec("dog", enName="Dog in the hills"))
    rows = {"7": row("7", "dog", enName="Dog in the hills"), "6": row("6", "dog", enName="Dog by the sea")}
    word = replace(word, rows=rows)

    with pytest.raises(
        ProtectedError, match="7 is listed as its document says today, and not as it was sent"
    ) as no:
        word.settled(asked, "7")
    with pytest.raises(
        ProtectedError, match="6 is listed as it was sent, and not as its document says today"
    ):
        word.ours(DOG, "6", Version.DOCUMENT)

    assert f"podsync import {DOG.word} 7 --as document" in no.value.remedy
    assert [type(each) for each in word.ours(DOG, "6")] == [Settled]
    assert word.ours(DOG, "7") == word.ours(DOG, "7", Version.DOCUMENT)
    assert [type(each) for each in word.ours(DOG, "7")] == [Settled, Adopted]


def test_a_document_that_says_what_was_sent_needs_no_version() -> None:
    for holder in HOLDERS.values():
        _, word = versions(holder, SENT)

        assert (
            word.ours(DOG, "7") == word.ours(DOG, "7", Version.SENT) == word.ours(DOG, "7", Version.DOCUMENT)
        )


def test_what_an_update_changes_is_one_product() -> None:
    """At Gelato the name is set later: what was sent is bound, and the update follows."""
    asked = doubt("dog", "gelato")
    _, word = versions(asked, spec("hound", "gelato"))
    word = replace(word, rows={"7": row("7", "dog", "gelato")})

    assert [type(each) for each in word.settled(asked, "7")] == [Settled]


@pytest.mark.parametrize("protected", [True, False])
def test_what_is_protected_or_takes_over_a_name_is_settled_first(protected: bool) -> None:
    taking = replace(HOLDERS["in doubt"].pending, takes=spec("dog"))
    asked = HOLDERS["in doubt"] if protected else replace(HOLDERS["in doubt"], pending=taking)
    _, word = versions(asked, lifecycle=Lifecycle(prevent_replace=protected))

    with pytest.raises(ProtectedError, match="is to be said first") as refused:
        word.ours(DOG, "7", Version.DOCUMENT)

    assert [line[:2] for line in refused.value.remedy.splitlines()] == ["a)", "b)"]


def test_what_a_look_took_is_as_its_document_says_in_what_no_listing_shows() -> None:
    """A person says so; what a listing shows, and what a person has told already, stays as it is."""
    facts = {"origin": "adopted", "unverified": ("colorValue",), "spec": spec("dog", colorValue="#1")}
    wanted = spec("dog", colorValue="#2")

    _, word = versions(entry("dog", "7", **facts), wanted)
    (told,) = word.ours(DOG, "7")

    assert (told.spec, told.unverified) == ({"colorValue": "#2"}, ())
    for changes in ({"origin": "imported"}, {"unverified": ()}):
        _, word = versions(entry("dog", "7", **{**facts, **changes}), wanted)
        assert word.ours(DOG, "7") == []
    _, word = versions(entry("dog", "7", **facts), spec("dog", colorValue="#2", enName="Hound"))
    assert word.ours(DOG, "7") == []


@pytest.mark.parametrize(
    "holder", [None, entry("dog", "2", spec=spec("dog", modelId="4"), created_at=OLD - 9)]
)
def test_an_orphan_that_a_look_took_is_what_a_person_says_in_what_no_listing_shows(
    holder: Entry | None,
) -> None:
    taken = replace(orphan("dog", "7"), spec=SENT, origin="adopted", unverified=("colorValue",))
    known = Known(PROVIDERS["kakaclo"], state(*([holder] if holder else []), orphans=(taken,)), "default")
    word = Declarations(known, LISTED, NOW, {DOG: replace(designed("dog"), spec=TODAY)})

    with pytest.raises(ProtectedError, match=r"7 is an orphan of .* no listing shows colorValue") as asked:
        word.ours(DOG, "7")

    so, otherwise = asked.value.remedy.splitlines()
    assert so.endswith(f"podsync import {DOG.word} 7 --as document")
    after = replay(known.state, word.ours(DOG, "7", Version.DOCUMENT))
    assert (after.entries[DOG].id, after.entries[DOG].spec) == ("7", TODAY)
    assert ([each.id for each in after.orphans], after.entries[DOG].unverified) == (["2"] * bool(holder), ())
    if holder is None:
        assert otherwise.endswith(f"podsync import {DOG.word} 7 --as sent")
        (left,) = replay(known.state, word.ours(DOG, "7", Version.SENT)).orphans
        assert (left.id, left.spec, left.unverified) == ("7", SENT, ())
    else:
        assert otherwise.endswith(f'podsync apply --replace "{DOG}"')


# -- what was refused though it was made


def refused(
    *bodies: object, today: object = TODAY, holder: Entry | None = None, **before: object
) -> Declarations:
    """The document says `today`; these bodies were refused before, from the oldest on."""
    told = tuple(refusal("dog", body=body, at=NOW + number) for number, body in enumerate(bodies))[::-1]
    known = state(*([holder] if holder else []), refusals={DOG: told}, **before)
    document = replace(designed("dog"), spec=today)
    return Declarations(Known(PROVIDERS["kakaclo"], known, "default"), LISTED, NOW + 60, {DOG: document})


def after(word: Declarations, identity: str, version: str | None = None) -> State:
    said = Version.parse(version) if version else None
    return replay(word.known.state, word.ours(DOG, identity, said))


OLDER = entry("dog", "2", spec=spec("dog", modelId="4"))


@pytest.mark.parametrize("holder", [None, OLDER], ids=["a create", "a replace"])
def test_what_was_refused_though_made_is_known_as_it_was_sent(holder: Entry | None) -> None:
    word = refused(SENT, holder=holder)

    with pytest.raises(ProtectedError, match=r"another version .* \(colorValue\)") as asked:
        word.ours(DOG, "7")

    assert asked.value.remedy.splitlines() == [
        f"a) it is as it was sent: podsync import {DOG.word} 7 --as sent",
        f"b) it is as its document says today: podsync import {DOG.word} 7 --as document",
    ]
    sent, today = after(word, "7", "sent"), after(word, "7", "document")
    assert (sent.entries[DOG].id, sent.entries[DOG].spec) == ("7", SENT)
    assert (today.entries[DOG].id, today.entries[DOG].spec) == ("7", TODAY)
    # What was refused may have been made besides: it is looked for still.
    assert (sent.refusals, [each.body for each in today.refusals[DOG]]) == ({}, [SENT])
    assert [each.id for each in sent.orphans] == [each.id for each in today.orphans] == ["2"] * bool(holder)


def test_what_a_newer_state_had_is_a_version_of_a_create_in_doubt() -> None:
    """It was changed since, and no listing tells that from what the document says today."""
    newer = spec("dog", colorValue="#000003")
    held = state(doubt("dog", body=spec("dog", enName="Hound")))
    seen = Remembered(DOG, NOW, "kakaclo", "7", row("7", "dog").fields, known_as=newer)
    known = Known(PROVIDERS["kakaclo"], replay(held, [seen]), "default")
    word = Declarations(known, LISTED, NOW, {DOG: replace(designed("dog"), spec=TODAY)})

    with pytest.raises(ProtectedError, match=r"\(colorValue\)"):
        word.ours(DOG, "7")

    assert after(word, "7", "sent").entries[DOG].spec == newer
    assert after(word, "7", "document").entries[DOG].spec == TODAY


def test_a_doubt_that_sent_what_its_document_says_is_settled_as_the_document() -> None:
    """Only a newer state had another version: nothing else is left open."""
    seen = Remembered(DOG, NOW, "kakaclo", "8", row("8", "dog").fields, known_as=SENT)
    known = Known(PROVIDERS["kakaclo"], replay(state(doubt("dog", body=TODAY)), [seen]), "default")
    word = Declarations(known, LISTED, NOW, {DOG: replace(designed("dog"), spec=TODAY)})

    told = after(word, "7", "document")

    assert (told.entries[DOG].id, told.entries[DOG].spec, told.orphans) == ("7", TODAY, ())


def test_the_listing_tells_what_was_refused_from_the_document() -> None:
    word = refused(spec("dog", enName="Dog by the sea"), today=spec("dog", enName="Dog in the hills"))
    rows = {"7": row("7", "dog", enName="Dog in the hills"), "6": row("6", "dog", enName="Dog by the sea")}
    word = replace(word, rows=rows)

    assert after(word, "6").entries[DOG].spec["enName"] == "Dog by the sea"
    assert after(word, "7").entries[DOG].spec["enName"] == "Dog in the hills"
    with pytest.raises(
        ProtectedError, match="6 is listed as it was sent, and not as its document says"
    ) as no:
        word.ours(DOG, "6", Version.DOCUMENT)
    assert f"podsync import {DOG.word} 6 --as sent" in no.value.remedy


def test_of_several_that_were_refused_it_is_the_one_that_fits() -> None:
    word = refused(SENT, spec("dog", enName="Dog by the sea"))

    assert after(word, "7", "sent").entries[DOG].spec == SENT
    assert [each.body["enName"] for each in after(word, "7", "sent").refusals[DOG]] == ["Dog by the sea"]


def test_several_that_no_listing_tells_apart_are_named_by_their_times() -> None:
    second = spec("dog", colorValue="#000003")
    word = refused(SENT, second)

    with pytest.raises(ProtectedError, match="2 other versions") as asked:
        word.ours(DOG, "7", Version.SENT)

    first, other = Version.of_body(SENT).value, Version.of_body(second).value
    assert asked.value.remedy.splitlines() == [
        f"a) it is as it was sent 2025-10-09 08:53:20 UTC: podsync import {DOG.word} 7 --as {first}",
        f"b) it is as it was sent 2025-10-09 08:53:21 UTC: podsync import {DOG.word} 7 --as {other}",
        f"c) it is as its document says today: podsync import {DOG.word} 7 --as document",
    ]
    for version, spec_ in {first: SENT, other: second, "document": TODAY}.items():
        assert after(word, "7", version).entries[DOG].spec == spec_
    one_left = replace(word, known=replace(word.known, state=after(word, "7", first)))
    assert [each.body for each in one_left.known.state.refusals[DOG]] == [second]
    # The name of the other one stays.
    assert (
        after(one_left, "8", other).entries[DOG].spec
        == after(one_left, "8", "sent").entries[DOG].spec
        == second
    )


def test_what_was_listed_before_it_was_refused_is_the_documents() -> None:
    word = refused(SENT)
    told = replace(refusal("dog", body=SENT), reading=1)
    word = replace(
        word,
        known=replace(word.known, state=state(refusals={DOG: (told,)}, readings={"kakaclo": {1: ("7",)}})),
    )

    assert after(word, "7").entries[DOG].spec == TODAY
    with pytest.raises(ProtectedError, match="does not tell"):
        word.ours(DOG, "8")


def test_what_was_refused_and_an_update_changes_since_is_known_with_the_values_that_were_sent() -> None:
    dog = address("dog", "gelato")
    sent, today = spec("dog", "gelato"), spec("dog", "gelato", customerIds=["anna", "berta"])
    known = state(provider="gelato", refusals={dog: (refusal("dog", "gelato", body=sent),)})
    document = replace(designed("dog"), address=dog, provider="gelato", spec=today)
    rows = {"7": row("7", "dog", "gelato")}

    told = Declarations(Known(PROVIDERS["gelato"], known, "default"), rows, NOW, {dog: document}).ours(
        dog, "7"
    )

    made = replay(known, told)
    assert (made.entries[dog].spec, made.refusals) == (sent, {})


def test_of_what_was_never_sent_there_is_one_version() -> None:
    word = replace(refused(SENT), known=Known(PROVIDERS["kakaclo"], state(), "default"))

    with pytest.raises(UsageError, match="nothing was sent for"):
        word.ours(DOG, "7", Version.SENT)


# -- what steps add to a product that a person names


def test_a_name_that_a_swap_gave_it_is_known_and_the_next_plan_takes_it_back() -> None:
    """The state is lost: what waits for a name, or has given it up, is not called as its document says."""
    dog, called = address("dog", "gelato"), "(old 12ab34cd) dog"
    known = Known(PROVIDERS["gelato"], state(provider="gelato"), "default")
    document = replace(designed("dog"), address=dog, provider="gelato", spec=spec("dog", "gelato"))
    rows = {"7": row("7", called, "gelato")}

    made = replay(known.state, Declarations(known, rows, NOW, {dog: document}).ours(dog, "7"))

    assert made.entries[dog].spec["name"] == called


def option(*values: dict[str, object], listed: bool = False) -> dict[str, object]:
    mapping = [{"partModelId": "frame", "attributeIds": ["width"]}]
    told = {} if listed else {"values": list(values)}
    return {"id": "size", "name": "Size", "attributesMapping": mapping, **told}


SMALL, LARGE = (
    {"value": name, "attributeValues": [{"partModelId": "frame", "attributes": {"width": name}}]}
    for name in ("30", "50")
)


@pytest.mark.parametrize("refused_before", [True, False])
@pytest.mark.parametrize(
    ("values", "there"), [((SMALL, LARGE), []), (({"value": "30"}, LARGE), ["30"])], ids=["sent", "said"]
)
def test_values_that_no_listing_tells_are_there_only_where_a_document_says_so(
    refused_before: bool, values: tuple[dict[str, object], ...], there: list[str]
) -> None:
    """A document can leave out what a value stands for only of a value that exists."""
    dog = address("dog", "gelato")
    body, today = (spec("dog", "gelato", variantOptions=[option(*each)]) for each in ((), values))
    refusals = {dog: (refusal("dog", "gelato", body=PROVIDERS["gelato"].first(body)),)}
    known = state(provider="gelato", refusals=refusals if refused_before else {})
    document = replace(designed("dog"), address=dog, provider="gelato", spec=today)
    rows = {"7": row("7", "dog", "gelato", variantOptions=[option(listed=True)])}

    told = Declarations(Known(PROVIDERS["gelato"], known, "default"), rows, NOW, {dog: document}).ours(
        dog, "7"
    )

    made = replay(known, told)
    (known_option,) = made.entries[dog].spec["variantOptions"]
    assert [each["value"] for each in known_option.get("values", ())] == there
    assert made.entries[dog].may_have_more
    assert made.refusals == {}


# -- what a person has seen on the web page, and no listing shows


@pytest.mark.parametrize("holder", ["in doubt", "replace in doubt", "acknowledged", "likely"])
def test_an_id_that_no_listing_shows_is_kept_as_the_claim_of_what_was_sent(holder: str) -> None:
    known, listed = versions(HOLDERS[holder], SENT)
    word = replace(listed, rows={})
    settled = [Settled(DOG, NOW, found=True)] if HOLDERS[holder].pending else []

    told = word.ours(DOG, "9")

    assert told == [*settled, Identified(DOG, NOW, "9")]
    if settled:
        assert word.settled(HOLDERS[holder], "9") == told
    after = replay(known.state, told)
    entry_, again = after.entries[DOG], replace(word, known=replace(known, state=after))
    assert (entry_.id, entry_.spec, entry_.identified) == (None, SENT, True)
    assert again.ours(DOG, "9") == []
    assert again.ours(DOG, "10") == [Identified(DOG, NOW, "10")]
    with pytest.raises(PodsyncError, match="lists no product 9"):
        listed.ours(DOG, "9")  # what is listed may be it
    assert replace(listed, rows={"7": row("7", "fox")}).ours(DOG, "9") == told


@pytest.mark.parametrize("holder", [None, OLDER], ids=["a create", "a replace"])
def test_an_id_that_no_listing_shows_is_what_was_refused(holder: Entry | None) -> None:
    word = replace(refused(SENT, today=SENT, holder=holder), rows={})

    after = replay(word.known.state, word.ours(DOG, "9"))

    assert (after.entries[DOG].id, after.entries[DOG].spec, after.entries[DOG].identified) == (
        None,
        SENT,
        True,
    )
    assert (after.refusals, [each.id for each in after.orphans]) == ({}, ["2"] * bool(holder))
    with pytest.raises(PodsyncError, match="lists no product 9"):
        refused(SENT, today=SENT, holder=holder).ours(DOG, "9")  # what is listed may be it
    with pytest.raises(PodsyncError, match="lists no product 9"):
        replace(refused(today=SENT, holder=holder), rows={}).ours(DOG, "9")


def test_of_what_no_listing_shows_a_person_says_which_refused_version_it_is() -> None:
    second = spec("dog", colorValue="#000003")
    one, several = (replace(refused(*bodies), rows={}) for bodies in ([SENT], [SENT, second, TODAY]))

    with pytest.raises(ProtectedError) as asked:
        one.ours(DOG, "9")
    assert [line.rpartition(": ")[2] for line in asked.value.remedy.splitlines()] == [
        f"podsync import {DOG.word} 9 --as sent",
        "it can be taken once it is listed",
    ]
    with pytest.raises(ProtectedError) as asked:
        several.ours(DOG, "9")
    words = [Version.of_body(each).value for each in (SENT, second)]
    printed = [line.rpartition(" ")[2] for line in asked.value.remedy.splitlines()]
    assert printed == [*words, "document"]
    for version, body in zip(printed, (SENT, second, TODAY), strict=True):
        after = replay(several.known.state, several.ours(DOG, "9", Version.parse(version)))
        assert (after.entries[DOG].spec, after.entries[DOG].identified) == (body, True)
        assert len(after.refusals[DOG]) == 2
    with pytest.raises(PodsyncError, match="lists no product 9"):
        one.ours(DOG, "9", Version.DOCUMENT)


def test_nothing_else_is_believed_of_an_id_that_no_listing_shows() -> None:
    """Nobody has sent it, another address has it, it was there before, or it is not what was sent."""
    before = state(doubt("dog", reading=4), readings=freeze({"kakaclo": {4: ("9",)}}))
    gone = freeze({"kakaclo": {"9": Absent(NOW, gone=True)}})
    seen = replay(state(entry("tee", None, window=window())), [Identified(TEE, NOW, "9")])
    refused = [
        (state(), "lists no product 9"),
        (state(entry("dog", "3")), "lists no product 9"),
        (before, "9 was listed before"),
        (state(doubt("dog"), entry("tee", "9")), "9 belongs to .*tee already"),
        (replace(seen, entries=freeze({**seen.entries, DOG: doubt("dog")})), "9 belongs to .*tee already"),
        (state(doubt("dog"), absent=gone), "lists no product 9"),
    ]

    for known, why in refused:
        with pytest.raises(PodsyncError, match=why):
            Declarations(Known(PROVIDERS["kakaclo"], known, "default"), {}, NOW).ours(DOG, "9")


@pytest.mark.parametrize("holder", ["in doubt", "acknowledged"])
def test_a_person_says_which_version_an_unlisted_product_is_and_none_of_today_is_taken(holder: str) -> None:
    word = replace(versions(HOLDERS[holder])[1], rows={})

    with pytest.raises(ProtectedError, match="another version"):
        word.ours(DOG, "9")
    with pytest.raises(PodsyncError, match="lists no product 9"):
        word.ours(DOG, "9", Version.DOCUMENT)
    assert word.ours(DOG, "9", Version.SENT)[-1] == Identified(DOG, NOW, "9")


@pytest.mark.parametrize("apart", [True, False])
def test_a_version_that_no_listing_shows_is_asked_about(apart: bool) -> None:
    """Nothing fits that is listed: the page may show what was sent, and the document has changed since."""
    known, _ = versions(HOLDERS["in doubt"])
    told = known.versions_of_doubt(HOLDERS["in doubt"], TODAY if apart else SENT)

    answers = of_doubt(known.provider, DOG, (), versions=told)

    assert [line[:2] for line in answers] == (["a)", "b)", "c)"] if apart else ["a)", "b)"])
