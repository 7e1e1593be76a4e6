"""What a state lacks of a newer one: nothing that was made, or may have been, is forgotten."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podsync.model.address import Address
from podsync.model.frozen import FrozenDict, freeze
from podsync.model.product import Lifecycle
from podsync.state import events as ev
from podsync.state.entries import (
    Absent,
    Entry,
    Orphan,
    Pending,
    Refusal,
    RememberedRow,
    Swap,
    Window,
)
from podsync.state.local.recall import recalled
from podsync.state.model import Host, State
from podsync.state.reducer.reducer import replay
from tests.state.histories import ADDRESSES, histories

CAT, DINO, TOTE = ADDRESSES
ACCOUNTS = {"kakaclo": "https://a default", "gelato": "https://b default"}
SPEC, OTHER = FrozenDict({"enName": "Cat"}), FrozenDict({"enName": "Other cat"})
AT = 1_767_323_045.0


def intent(address=CAT, body=SPEC, at=AT, reading=None):
    return ev.Intent(address, "kakaclo", "default", "create", body, at, at + 30, reading=reading)


def doubts(state):
    return {
        (each.address, each.pending.body)
        for each in state.entries.values()
        if each.pending is not None and each.pending.op == "create"
    }


def after(before, *events, lineage="l"):
    """What an older state has once it is told what `events` made of it later."""
    old = State(lineage=lineage, serial=len(before))
    return replay(
        replay(old, before), recalled(replay(old, [*before, *events]), replay(old, before), ACCOUNTS)
    )


@given(history=histories(), data=st.data())
def test_no_id_and_no_open_create_is_forgotten(history, data):
    """Of any history, and any older state or none, and nothing is told twice."""
    newest = replace(replay(State(lineage="l"), history), hosts={})
    older = replay(State(lineage="l"), history[: data.draw(st.integers(0, len(history)))])
    state = data.draw(st.sampled_from([older, State()]))

    told = recalled(newest, state, ACCOUNTS)
    now = replay(state, told)

    for provider in ACCOUNTS:
        known = {*now.owned(provider), *now.foreign.get(provider, ()), *now.remembered.get(provider, ())}
        known |= {i for i, each in now.absent.get(provider, {}).items() if each.gone}
        known |= {each.pending.answered for each in now.entries.values() if each.pending is not None}
        assert set(newest.owned(provider)) <= known
    busy = {address for address, entry in now.entries.items() if entry.pending is not None or entry.spec}
    open_ = {
        e.address for e in newest.entries.values() if e.unbound or (e.pending and e.pending.op == "create")
    }
    assert open_ <= busy | {e.address for e in newest.entries.values() if e.provider not in ACCOUNTS}
    assert recalled(newest, now, ACCOUNTS) == []


def test_what_it_has_itself_it_is_not_told():
    events = [intent(), ev.Made(CAT, AT + 1), ev.Bound(CAT, AT + 2, "7"), intent(DINO, OTHER)]

    assert recalled(replay(State(), events), replay(State(), events), ACCOUNTS) == []


def test_what_was_acknowledged_is_in_doubt_as_what_was_said_to_be_done():
    state = after([], intent(), ev.Made(CAT, AT + 1, date=AT + 2))

    pending = state.entries[CAT].pending
    assert (pending.body, pending.written_at, pending.acknowledged) == (SPEC, AT, AT + 1)
    assert (pending.ended_at, pending.ended_date) == (AT + 1, AT + 2)


def test_an_id_that_only_an_answer_told_is_in_doubt_as_well():
    """It may be told wrongly: then the product is there under another one."""
    state = after([], intent(), ev.Made(CAT, AT + 1, "7"))

    assert (state.entries[CAT].pending.body, state.entries[CAT].pending.answered) == (SPEC, "7")
    assert state.remembered.get("kakaclo", {}) == {}


def test_what_was_listed_before_a_create_is_known_of_it():
    """None of these can be what it has made."""
    tote = intent(TOTE, FrozenDict({"enName": "Tote"}), reading=1)
    later = [ev.Looked("kakaclo", AT, 2, ("3", "4")), intent(reading=2), intent(DINO, OTHER, reading=2)]
    state = after([ev.Looked("kakaclo", AT, 1, ("1",)), tote], *later)

    readings = state.readings["kakaclo"]
    listed = {each: readings[state.entries[each].pending.reading] for each in (CAT, DINO, TOTE)}
    assert listed == {CAT: ("3", "4"), DINO: ("3", "4"), TOTE: ("1",)}


@pytest.mark.parametrize("made", [True, False])
def test_what_is_in_doubt_still_is_settled_as_the_newer_state_had_it(made):
    """There is room for one doubt at an address."""
    ended = [ev.Made(CAT, AT + 1, "7"), ev.Confirmed(CAT, AT + 2)] if made else [ev.NotSent(CAT, AT + 1)]

    state = after([intent()], *ended, intent(body=OTHER, at=AT + 9))

    assert doubts(state) == {(CAT, OTHER)}
    assert (state.entries[CAT].spec, state.entries[CAT].id) == ((SPEC, "7") if made else (None, None))


def test_where_it_exists_already_under_another_state_nothing_more_is_made():
    newest = replay(State(lineage="l"), [intent(), ev.Made(CAT, AT + 1)])
    adopted = ev.Adopted(CAT, "kakaclo", "default", AT, "9", SPEC)

    assert recalled(newest, replay(State(lineage="m"), [adopted]), ACCOUNTS) == []


def test_of_another_account_nothing_is_recalled():
    hosts = {"kakaclo": Host("https://elsewhere", "default"), "gelato": Host("https://b", "default")}
    ours = ev.Adopted(TOTE, "gelato", "default", AT, "8", SPEC)
    newest = replay(State(hosts=hosts), [ev.Adopted(CAT, "kakaclo", "default", AT, "7", SPEC), ours])

    assert [each.id for each in recalled(newest, State(), ACCOUNTS)] == ["8"]


def test_the_landmarks_of_a_newer_state_come_before_its_own():
    """What the older state knew to be there may have been removed since."""
    one, two, three, four = (FrozenDict({"id": each}) for each in "1234")
    newest = replay(State(), [ev.Landmarked("kakaclo", AT, (one, two))])
    own = replay(State(), [ev.Landmarked("kakaclo", AT, (three, four, two))])

    told = [replay(each, recalled(newest, each, ACCOUNTS)) for each in (State(), own)]

    assert [each.landmarks["kakaclo"] for each in told] == [(one, two), (one, two, three)]
    assert recalled(newest, told[1], ACCOUNTS) == []
    assert recalled(State(), own, ACCOUNTS) == []


# -- everything that a state can say

FOX, OWL, EMU, YAK = (Address("designed_product", each) for each in ("fox", "owl", "emu", "yak"))
IN_DOUBT = Pending(
    "create", SPEC, AT, AT + 30, AT + 1, 3, FrozenDict({"a": "b"}), Lifecycle(replace="staged"), AT + 9,
    AT + 8, "the connection broke", beside=("1",), place="a.yaml:1", reading=4, steps_left=("values",),
    takes=FrozenDict({"enName": "Dog"}), acknowledged=AT + 7,
)  # fmt: skip
LISTED = Window(AT, AT + 2, AT + 1, ("1",), 5, said="31")
REFUSED = Refusal("kakaclo", "default", OTHER, AT, AT + 1, "no", 4, ("sha256:0",), AT + 2)
ROW = RememberedRow(AT, (str(YAK),), OTHER, AT - 5, FrozenDict({"spu": "S"}), FrozenDict({str(YAK): SPEC}))
GONE = Absent(AT, AT - 1, gone=True, questioned=AT - 2)


def whole():
    """A state in which every field says something."""
    remote = FrozenDict({"spu": "K7"})
    bound = Entry(DINO, "kakaclo", "default", SPEC, "7", remote, created_at=AT, unverified=("imageUrl",))
    entries = (
        Entry(CAT, "kakaclo", "default", None, pending=IN_DOUBT),
        bound,
        Entry(FOX, "kakaclo", "default", OTHER, window=LISTED, created_at=AT, swap=Swap(CAT, AT, SPEC)),
        replace(bound, address=OWL, id="8", spec=OTHER, window=replace(LISTED, since=AT + 1, said=None)),
    )
    return State(
        "l", 90, {each.address: each for each in entries}, (Orphan(EMU, "kakaclo", "default", OTHER, "9"),),
        {"kakaclo": Host("https://a", "default")}, {YAK: (REFUSED,)}, FrozenDict({"at": AT}),
        observed=freeze({"kakaclo": {"default": {"customers": {"is": "kept", "proof": "7"}}}}),
        landmarks={"kakaclo": (FrozenDict({"id": "7"}),)}, models={"kakaclo": {"73": ("A", "B")}},
        foreign={"kakaclo": ("50",)}, unclaimed={"kakaclo": ("51",)}, remembered={"kakaclo": {"52": ROW}},
        absent={"kakaclo": {"53": GONE, "54": Absent(AT)}},
        readings={"kakaclo": {4: ("1", "2"), 5: ("1", "3")}},
        released={YAK: 2}, contacts={"kakaclo": AT}, catalog="catalog", unproven=True,
    )  # fmt: skip


def rows(state):
    return state.remembered["kakaclo"]


def before(state, sent):
    return state.readings["kakaclo"][sent.reading]


def same(*names, of):
    """Each of these fields is as the newer state has it."""
    return {name: lambda now, n=name: getattr(of(now), n) == getattr(of(whole()), n) for name in names}


def doubt(state):
    return state.entries[CAT].pending


def refusal(state):
    return state.refusals[YAK][0]


def acknowledged(state):
    return state.entries[FOX].pending


FOR_PEOPLE, SEEN_AGAIN = "for people", "whoever looks notes it again"
STEPS = "the product is outdated: see the test of what it may have more"
#: By class and field: what holds of a lost state that was told all, or why it need not be.
SAID = {
    State: {
        **same("landmarks", "observed", "models", "foreign", "unclaimed", "released", of=lambda s: s),
        "entries": lambda now: {CAT, FOX, OWL} == {*now.entries} and rows(now)["7"].addresses == (str(DINO),),
        "orphans": lambda now: rows(now)["9"].addresses == (str(EMU),),
        "refusals": lambda now: {*now.refusals} == {YAK},
        "remembered": lambda now: rows(now)["52"] == ROW,
        "absent": lambda now: dict(now.absent["kakaclo"]) == {"53": GONE},
        "readings": lambda now: before(now, doubt(now)) == ("1", "2"),
        "hosts": "it is asked whether the account is the same: see the test of another account",
        "contacts": "a person is asked again",
        "last_apply": "`.podsync/seen` tells when was sent last",
        "unproven": "what is adopted has been listed as it is",
        **dict.fromkeys(("lineage", "timelines", "serial", "lost", "extra", "catalog"), "it is of the file"),
    },
    Pending: {
        **same(*{each.name for each in fields(Pending)} - {"reading"}, of=doubt),
        "reading": lambda now: before(now, doubt(now)) == ("1", "2"),
        "asked": SEEN_AGAIN,
        "earlier": STEPS,
        "step": STEPS,
    },
    Window: {
        "since": lambda now: acknowledged(now).written_at == LISTED.since,
        "until": lambda now: acknowledged(now).ended_at == acknowledged(now).acknowledged == LISTED.until,
        "date": lambda now: acknowledged(now).ended_date == LISTED.date,
        "beside": lambda now: acknowledged(now).beside == LISTED.beside,
        "reading": lambda now: before(now, acknowledged(now)) == ("1", "3"),
        "answered": lambda now: now.entries[OWL].pending.body == OTHER,
        "said": lambda now: rows(now)["31"].addresses == (str(FOX),),
        "shown": SEEN_AGAIN,
        "asked": SEEN_AGAIN,
    },
    Entry: {
        "address": lambda now: rows(now)["7"].addresses == (str(DINO),),
        "id": lambda now: rows(now).keys() == {"7", "8", "9", "31", "52"},
        "spec": lambda now: rows(now)["7"].fields == rows(now)["7"].known_as[str(DINO)] == SPEC,
        "unverified": lambda now: "imageUrl" not in rows(now)["7"].fields,
        "remote": lambda now: rows(now)["7"].remote == {"spu": "K7"},
        "created_at": lambda now: rows(now)["7"].at == AT,
        "pending": lambda now: doubt(now) is not None,
        "window": lambda now: acknowledged(now) is not None and now.entries[OWL].pending is not None,
        "swap": lambda now: acknowledged(now).takes == SPEC,
        **dict.fromkeys(("provider", "account"), "one account is looked at"),
        **dict.fromkeys(("steps_left", "lacks", "outdated_at"), STEPS),
        **dict.fromkeys(("labels", "lifecycle", "place", "updated_at", "origin", "extra"), FOR_PEOPLE),
    },
    Orphan: {
        **dict.fromkeys((each.name for each in fields(Entry)), "as of an entry"),
        **dict.fromkeys(("orphaned_at", "reason", "replaced_by"), FOR_PEOPLE),
    },
    Refusal: {
        **same("provider", "account", "body", "at", "date", "message", "digests", "asked", of=refusal),
        "reading": lambda now: before(now, refusal(now)) == ("1", "2"),
        "extra": FOR_PEOPLE,
    },
    RememberedRow: {each.name: lambda now: rows(now)["52"] == ROW for each in fields(RememberedRow)},
    Absent: {each.name: lambda now: now.absent["kakaclo"]["53"] == GONE for each in fields(Absent)},
    Swap: {
        "takes": lambda now: acknowledged(now).takes == SPEC,
        **dict.fromkeys(("source", "made_at"), "what is at the address then"),
    },
}  # fmt: skip


def test_of_every_field_of_a_state_it_is_known_what_becomes_of_it():
    newest = replace(whole(), hosts={})
    now = replay(State(), recalled(newest, State(), ACCOUNTS))

    for cls, said in SAID.items():
        names = {each.name for each in fields(cls)}
        assert {*said} >= names, cls
        wrong = [name for name in names if callable(said[name]) and not said[name](now)]
        assert wrong == [], cls
    assert recalled(newest, now, ACCOUNTS) == []


def test_what_is_gone_is_so_whoever_holds_it_but_for_what_was_taken_since():
    held = [ev.Adopted(each, "kakaclo", "default", AT, str(n), SPEC) for n, each in enumerate(ADDRESSES)]
    state = replay(State(lineage="l"), [*held, ev.Orphaned(DINO, AT + 1)])
    newest = replay(state, [ev.EntryGone(CAT, AT + 2), ev.Gone(DINO, AT, AT + 2), ev.EntryGone(TOTE, AT + 2)])
    since = replay(
        state, [ev.Forgotten(CAT, AT + 3), ev.Adopted(CAT, "kakaclo", "default", AT + 4, "0", SPEC)]
    )

    told = [replay(each, recalled(newest, each, ACCOUNTS)) for each in (state, since)]

    assert [{i for i, x in each.absent["kakaclo"].items() if x.gone} for each in told] == [
        {"0", "1", "2"}, {"1", "2"},
    ]  # fmt: skip
    assert [each.orphans for each in told] == [(), ()]


@pytest.mark.parametrize("step", ["", "values"])
def test_a_doubt_is_recalled_beside_an_update_in_doubt(step):
    """Of a step nobody knows then whether it was done."""
    tote = ev.Adopted(TOTE, "gelato", "default", AT, "8", SPEC)
    told = ev.Intent(TOTE, "gelato", "default", "update", OTHER, AT + 1, AT + 31, step=step)
    anew = ev.Intent(TOTE, "gelato", "default", "create", OTHER, AT + 50, AT + 80)

    state = after([tote, told], ev.Settled(TOTE, AT + 40, found=True), anew)

    assert doubts(state) == {(TOTE, OTHER)}
    assert (state.entries[TOTE].id, state.entries[TOTE].outdated_at) == ("8", AT + 50)


def test_two_doubts_of_one_address_are_two_in_another_lineage_too():
    """Another machine has begun a state of its own, and has sent there as well."""
    theirs = replay(State(lineage="m"), [intent(body=OTHER, at=AT + 9)])
    newest = replay(State(lineage="l"), [intent(), ev.Made(CAT, AT + 1)])

    state = replay(theirs, recalled(newest, theirs, ACCOUNTS))

    assert sorted(state.entries) == [CAT, Address("designed_product", "cat-recalled-1")]
    assert {body for _, body in doubts(state)} == {SPEC, OTHER}
    assert recalled(newest, state, ACCOUNTS) == []


def test_what_was_replaced_before_a_listing_showed_it_leaves_room_for_what_replaced_it():
    state = after([intent()], ev.Made(CAT, AT + 1), intent(body=OTHER, at=AT + 9))

    assert (state.entries[CAT].spec, state.entries[CAT].id, doubts(state)) == (SPEC, None, {(CAT, OTHER)})


def test_what_steps_have_added_since_is_not_added_again_unasked():
    tote = ev.Adopted(TOTE, "gelato", "default", AT, "8", SPEC)
    step = ev.Intent(TOTE, "gelato", "default", "update", OTHER, AT + 1, AT + 31, step="values")

    for later in ([step], [step, ev.Made(TOTE, AT + 2)], [ev.Outdated("gelato", AT + 1)]):
        assert after([tote], *later).entries[TOTE].outdated_at is not None
    assert after([tote], ev.Noted(TOTE, AT + 1)).entries[TOTE].outdated_at is None


def test_what_two_states_have_observed_otherwise_is_unknown():
    def observed(word, **more):
        names = {"case": {"is": word, "proof": "1"}, **{k: {"is": "kept", "proof": "2"} for k in more}}
        return ev.Observed("kakaclo", "default", AT, freeze({"names": names}))

    newest, state = (
        replay(State(), [observed("changed", cut=1)]),
        replay(State(), [observed("kept", emoji=1)]),
    )
    now = replay(state, recalled(newest, state, ACCOUNTS))

    names = now.observed["kakaclo"]["default"]["names"]
    assert {kind: each["is"] for kind, each in names.items()} == {
        "case": "unknown", "cut": "kept", "emoji": "kept",
    }  # fmt: skip


def test_what_a_newer_state_had_is_known_still_when_a_later_create_made_nothing():
    """Its name was taken by the very product."""
    ours = ev.Remembered(CAT, AT, "kakaclo", "7", SPEC, known_as=SPEC)
    like = ev.Remembered(CAT, AT, "kakaclo", "8", SPEC)

    state = replay(State(), [ours, like, intent(body=OTHER), ev.Settled(CAT, AT + 9, found=False)])

    assert {*state.remembered["kakaclo"]} == {"7"}


@pytest.mark.parametrize("likely", ["", "7", "8"])
def test_an_id_that_a_listing_has_shown_since_is_sure_in_the_older_state_too(likely):
    """Renamed since, its product would not be known again."""
    guess = [ev.Bound(CAT, AT + 2, likely, provisional=True)] if likely else []
    seen = [ev.Bound(CAT, AT + 3, "7"), ev.Confirmed(CAT, AT + 3), ev.Moved(CAT, DINO, AT + 4)]

    entry = after([intent(), ev.Made(CAT, AT + 1), *guess], *seen).entries[CAT]

    assert (entry.id, entry.window) == ("7", None)


@pytest.mark.parametrize("likely", ["7", ""])
def test_so_is_it_of_two_products_that_were_made_at_one_moment(likely):
    """One look settles several doubts at once."""
    guesses = [ev.Bound(CAT, AT + 2, likely, provisional=True)] if likely else []
    guesses.append(ev.Bound(DINO, AT + 2, "8", provisional=True))
    made = [intent(), ev.Made(CAT, AT + 1), intent(DINO, body=OTHER), ev.Made(DINO, AT + 1), *guesses]
    seen = [ev.Bound(CAT, AT + 3, "7"), ev.Bound(DINO, AT + 3, "8")]
    seen += [ev.Confirmed(CAT, AT + 3), ev.Confirmed(DINO, AT + 3)]

    entries = after(made, *seen).entries

    assert [(entries[each].id, entries[each].window) for each in (CAT, DINO)] == [("7", None), ("8", None)]


def test_a_likely_id_that_has_become_anothers_is_taken_back():
    taken = ev.Adopted(DINO, "kakaclo", "default", AT + 9, "7", OTHER)
    before = [intent(), ev.Made(CAT, AT + 1), ev.Bound(CAT, AT + 2, "7", provisional=True)]

    state = after(before, ev.Unbound(CAT, AT + 3), taken)

    assert (state.entries[CAT].id, state.remembered["kakaclo"]["7"].addresses) == (None, (str(DINO),))
