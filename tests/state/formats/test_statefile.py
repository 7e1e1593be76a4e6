from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podsync import __version__
from podsync.model.digests import digest
from podsync.model.errors import StateError
from podsync.model.frozen import FrozenDict, freeze
from podsync.model.product import Lifecycle
from podsync.state import events as ev
from podsync.state.entries import RememberedRow
from podsync.state.formats import statefile
from podsync.state.formats.times import time_from_text, time_to_text
from podsync.state.model import State
from podsync.state.reducer.reducer import replay
from tests.state.histories import ADDRESSES, histories, json_values, labels, simple, specs, texts, times

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "state"
CAT, DINO, TOTE = ADDRESSES
SPEC = FrozenDict({"modelId": "1"})


def example() -> State:
    """A state with one of everything that there is of products."""
    at = 1_767_323_045.0
    spec = FrozenDict({"modelId": "1", "enName": "Dino Jäger 🦖", "colorValue": "#A72525"})
    host = {"base_url": "https://developer.kakaclo.com/openapi", "account": "default"}
    entry = ("kakaclo", "default", "create", spec)
    elephant, fox = (type(CAT)("designed_product", name) for name in ("elephant", "fox"))
    history = [
        ev.Begun(at, "sha256:00", 0, freeze({"kakaclo": host}), freeze({str(CAT): "create"}), "c0ffee"),
        ev.Intent(CAT, *entry, at, at + 30, at - 1, labels=freeze({"season": "spring"})),
        ev.Made(CAT, at + 1.25, None, FrozenDict(), at + 1),
        ev.Adopted(DINO, "kakaclo", "default", at, "5012", spec, freeze({"spu": "QCUT"}), ("colorValue",)),
        ev.Intent(DINO, *entry, at + 2, at + 32, lifecycle=Lifecycle(True, False)),
        ev.Made(DINO, at + 3, "5013"),
        ev.Intent(elephant, *entry, at + 3, at + 33),
        ev.Doubted(elephant, at + 4.5, at + 4, "the connection was cut"),
        ev.Intent(fox, *entry, at + 5, at + 35),
        ev.Refused(fox, at + 6, at + 6, "no such model"),
        ev.Adopted(TOTE, "gelato", "default", at, "77", freeze({"name": "Tote"}), labels=freeze({"a": "b"})),
        ev.Intent(TOTE, "gelato", "default", "update", freeze({"name": "Bag"}), at + 7, at + 37),
        ev.Ended(at + 9, left=True),
    ]
    return replay(State(lineage="0b5f2a9e-51e3-4a53-9c44-3d1a7c7b8a10"), history)


def learned() -> State:
    """The same with one of everything that was learned."""
    at = 1_767_323_060.0
    wanted = ("kakaclo", "default", "create", freeze({"modelId": "1", "enName": "Dino"}))
    owl = type(CAT)("designed_product", "owl")
    history = [
        ev.Proven(at),
        ev.Begun(at, "sha256:01", 13, FrozenDict(), FrozenDict(), machine="d1ce", catalog="shop/catalog"),
        ev.Looked("kakaclo", at, 1, ("4990", "4711")),
        ev.Intent(owl, *wanted, at + 1, at + 31, reading=1),
        ev.Refused(owl, at + 2, at + 2, "the name is too long"),
        ev.Confirmed(DINO, at + 3, remote=freeze({"spu": "QCUT2"})),
        ev.Bound(CAT, at + 3, "5014", provisional=True),
        ev.Intent(owl, *wanted, at + 4, at + 34, reading=1),
        ev.Settled(owl, at + 5, found=False),
        ev.Observed("kakaclo", "default", at, freeze({"names": {"cut": 100}})),
        ev.Landmarked("kakaclo", at, (freeze({"id": "5013", "spu": "QCUT"}),)),
        ev.ModelsSeen("kakaclo", at, freeze({"73": ["PODQRA073", "PODQRA074"]})),
        ev.Disowned("kakaclo", at, ("4990",)),
        ev.Contacted("kakaclo", at),
        ev.Missed("kakaclo", at, at - 1, ("5013",)),
        ev.Gone(DINO, 1_767_323_045.0, at),
        ev.Ended(at + 9, left=True, dates=FrozenDict({"kakaclo": at + 8.5})),
    ]
    return replay(example(), history)


@st.composite
def states(draw: st.DrawFn) -> State:
    base = State(
        lineage=draw(texts.filter(bool)),
        serial=draw(st.integers(0, 99)),
        extra=draw(st.dictionaries(texts.map("x_{}".format), json_values, max_size=2).map(freeze)),
    )
    return replay(base, draw(histories()))


@settings(max_examples=30, deadline=None)
@given(states())
def test_every_state_survives_the_way_through_the_file_and_back_byte_for_byte(state):
    data = statefile.dumps(state)

    read = statefile.loads(data)

    assert read == state
    assert statefile.dumps(read) == data


def test_version_1_is_read_for_ever():
    # Written by podsync 0.1.0. Never rewrite it: files like it lie on people's disks.
    data = (GOLDEN / "version-1.state.json").read_bytes()

    fox = type(CAT)("designed_product", "fox")
    (refused,) = example().refusals[fox]
    by_digest = replace(refused, body=FrozenDict(), digests=(digest(refused.body),))
    dino = replace(example().entries[DINO], window=None)
    last = FrozenDict({key: value for key, value in example().last_apply.items() if key != "dates"})
    orphans = tuple(replace(orphan, origin="created", unverified=()) for orphan in example().orphans)
    facts = {"entries": example().entries | {DINO: dino}, "refusals": {fox: (by_digest,)}, "last_apply": last}
    facts |= {"orphans": orphans}
    assert statefile.loads(data) == replace(example(), **facts, unproven=True)


def test_a_refusal_of_version_1_ends_with_each_body_that_exists():
    data = json.loads((GOLDEN / "version-1.state.json").read_bytes())
    refused = data["refused"]["designed_product.fox"]
    refused |= {"others": [digest(SPEC)], "future": 3}
    fox = type(CAT)("designed_product", "fox")

    state = statefile.loads(json.dumps(data).encode())
    after = replay(state, [ev.Adopted(fox, "kakaclo", "default", 1_767_323_099.0, "9", SPEC)])

    assert state.refusals[fox][0].digests == (refused["body"], digest(SPEC))
    assert after.refusals[fox][0].digests == (refused["body"],)
    assert json.loads(statefile.dumps(after))["refusals"][0]["future"] == 3


def test_version_2_is_read_and_written_for_ever():
    # Written by podsync 0.2.0. Never rewrite it: files like it lie on people's disks.
    data = (GOLDEN / "version-2.state.json").read_bytes()

    assert statefile.loads(data) == learned()
    assert statefile.dumps(learned()) == data.replace(b'"0.2.0"', f'"{__version__}"'.encode())


def test_the_file_is_sorted_and_says_what_the_contract_says():
    data = json.loads(statefile.dumps(example()))
    entry = data["entries"]["designed_product.dino"]

    assert list(data) == sorted(data)
    assert entry == {
        "account": "default",
        "created_at": "2026-01-02T03:04:08Z",
        "id": "5013",
        "labels": {},
        "lifecycle": {"prevent_replace": True},
        "origin": "created",
        "pending": None,
        "provider": "kakaclo",
        "remote": {},
        "spec": {"modelId": "1", "enName": "Dino Jäger 🦖", "colorValue": "#A72525"},
        "status": "created",
        "unverified": [],
        "updated_at": "2026-01-02T03:04:08Z",
        "window": {"answered": "5013", "since": "2026-01-02T03:04:07Z", "until": "2026-01-02T03:04:08Z"},
    }
    assert data["entries"]["designed_product.elephant"]["spec"] == {}
    assert data["entries"]["designed_product.elephant"]["status"] == "in_doubt"
    assert data["entries"]["customer_product.tote"]["pending"]["fields"] == {"name": "Bag"}
    assert data["entries"]["designed_product.cat"]["window"]["until"] == "2026-01-02T03:04:06.250Z"


@given(times)
def test_times_come_back_exactly(time):
    assert time_from_text(time_to_text(time)) == time


@pytest.mark.parametrize("time", [-1e15, 1e15, -0.0, 1e9])
def test_no_time_is_too_far_away_to_be_written(time):
    assert time_from_text(time_to_text(time)) <= 253402300800


def with_unknown() -> dict:
    data = json.loads(statefile.dumps(learned()))
    data["future"] = {"a": [1]}
    data["providers"]["kakaclo"]["future"] = 2
    data["refusals"][0]["future"] = 3
    data["absent"]["kakaclo"]["5012"]["future"] = {"a": 1}
    data["entries"]["designed_product.cat"]["future"] = 4
    data["entries"]["designed_product.cat"]["extra"] = 5
    data["entries"]["designed_product.cat"]["window"]["future"] = 6
    data["entries"]["designed_product.dino"]["lifecycle"]["future"] = 7
    data["entries"]["designed_product.elephant"]["pending"]["future"] = 8
    data["orphans"] = json.loads(statefile.dumps(example()))["orphans"]
    data["orphans"][0]["future"] = 9
    return data


def test_keys_that_this_version_does_not_know_are_kept():
    data = with_unknown()

    rewritten = json.loads(statefile.dumps(statefile.loads(json.dumps(data).encode())))

    assert rewritten == data


def test_unknown_keys_of_a_doubt_go_when_the_doubt_goes():
    state = statefile.loads(json.dumps(with_unknown()).encode())
    elephant = type(CAT)("designed_product", "elephant")

    after = [
        ev.Made(elephant, 1_767_323_099.0, "9"),
        ev.Bound(CAT, 1_767_323_099.0, "10"),
        ev.FoundAgain("kakaclo", 1_767_323_099.0, ("5012",)),
    ]
    settled = replay(state, after)
    data = json.loads(statefile.dumps(settled))

    assert data["entries"]["designed_product.elephant"]["pending"] is None
    assert "window" not in data["entries"]["designed_product.cat"]
    assert "5012" not in data["absent"]["kakaclo"]
    assert statefile.loads(json.dumps(data).encode()).entries[CAT].id == "10"


def test_a_file_cut_at_any_byte_is_refused():
    data = statefile.dumps(replay(State(lineage="x"), simple(2)))

    for size in range(len(data) - 1):
        with pytest.raises(StateError) as caught:
            statefile.loads(data[:size])
        assert caught.value.remedy


def test_a_flipped_bit_never_ends_in_a_traceback():
    data = statefile.dumps(replay(State(lineage="x"), simple(2)))

    for place in range(len(data)):
        flipped = bytearray(data)
        flipped[place] ^= 1 << place % 8
        with suppress(StateError):
            statefile.loads(bytes(flipped))


DEEP = b'{"version": 1, "lineage": "x", "serial": 0, "providers": {}, "entries": {}, "orphans": [], "f": '


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\0" * 600, "is empty"),
        (b" \n", "is empty"),
        (b"hello", "not JSON"),
        (b"\xff", "not UTF-8"),
        (b"\xef\xbb\xbf{}", "no version"),
        (b"[]", "no version"),
        (b"{}", "no version"),
        (b'{"version": true}', "no version"),
        (b'{"version": 1, "version": 1}', "'version' appears twice"),
        (b'{"version": NaN}', "NaN"),
        (b'{"version": -Infinity}', "-Infinity"),
        (b'{"version": 1e999}', "too large"),
        (b'{"version": ' + b"9" * 5000 + b"}", "thousands of digits"),
        (b'{"version": ' + b"[" * 200_000, "nested too deeply"),
        (DEEP + b"[" * 700 + b"]" * 700 + b"}", "nested too deeply"),
        (b'{"version": 0}', "no format 0"),
        (b'{"version": 1}', "'lineage' is missing"),
    ],
)
def test_what_is_not_strict_json_of_this_shape_is_refused(data, words):
    with pytest.raises(statefile.DamagedStateError) as caught:
        statefile.loads(data)

    assert words in caught.value.message


def test_a_newer_version_is_refused_and_is_no_damage():
    with pytest.raises(StateError) as caught:
        statefile.loads(b'{"version": 3}', "podsync.state.json")

    assert not isinstance(caught.value, statefile.DamagedStateError)
    assert "format 3" in caught.value.message
    assert "upgrade" in caught.value.remedy


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (["lineage"], "", "lineage"),
        (["serial"], -1, "serial"),
        (["serial"], True, "serial"),
        (["serial"], 1.0, "serial"),
        (["entries"], [], "entries: is not a mapping"),
        (["entries", "nonsense"], {}, "nonsense"),
        (["entries", "designed_product.cat", "status"], "in_doubt", "do not agree"),
        (["entries", "designed_product.cat", "status"], "deleted", "do not agree"),
        (["entries", "designed_product.cat", "spec"], {}, "spec is empty"),
        (["entries", "designed_product.cat", "spec"], [], "entries.designed_product.cat.spec"),
        (["entries", "designed_product.cat", "id"], 5, "entries.designed_product.cat.id: 5 is not text"),
        (["entries", "designed_product.cat", "created_at"], "yesterday", "'yesterday' is not a time"),
        (["entries", "designed_product.cat", "created_at"], "2026-13-02T03:04:05Z", "created_at"),
        (["entries", "designed_product.cat", "created_at"], 7, "created_at"),
        (["entries", "designed_product.cat", "labels"], {"a": 1}, "labels"),
        (["entries", "designed_product.cat", "lifecycle"], {"prevent_orphan": 1}, "lifecycle.prevent_orphan"),
        (["entries", "designed_product.cat", "origin"], "stolen", "origin"),
        (["entries", "designed_product.elephant", "pending", "op"], "delete", "pending.op"),
        (["entries", "designed_product.elephant", "pending", "attempts"], "1", "pending.attempts"),
        (["entries", "designed_product.elephant", "pending"], None, "do not agree"),
        (["orphans"], {}, "orphans: is not a list"),
        (["orphans", 0], 3, "orphans[0]"),
        (["orphans", 0, "address"], "x", "orphans[0].address"),
        (["providers", "kakaclo"], "x", "providers.kakaclo"),
        (["refusals", 0, "at"], None, "refusals[0].at"),
        (["refusals", 0, "address"], "x", "refusals[0]: 'x' is not an address"),
        (["refusals", 0], 3, "refusals[0]"),
        (["refusals"], {}, "refusals: is not a list"),
        (["observed", "kakaclo"], 3, "observed.kakaclo: is not a mapping"),
        (["landmarks", "kakaclo"], [3], "landmarks.kakaclo[0]: is not a mapping"),
        (["models", "kakaclo", "73"], "PODQRA073", "models.kakaclo.73: is not a list"),
        (["foreign", "kakaclo"], [4990], "foreign.kakaclo: is not a list of texts"),
        (["absent", "kakaclo", "5012", "at"], 3, "absent.kakaclo.5012.at"),
        (["absent", "kakaclo", "5012", "gone"], 1, "absent.kakaclo.5012.gone"),
        (["readings", "kakaclo", "one"], [], "readings.kakaclo: 'one' is not the number of a reading"),
        (["released", "designed_product.owl"], 0, "released.designed_product.owl"),
        (["released", "owl"], 1, "'owl' is not an address"),
        (["contacts", "kakaclo"], 3, "contacts.kakaclo"),
        (["catalog"], 3, "catalog: 3 is not text"),
        (["unproven"], "yes", "unproven: 'yes' is not true or false"),
        (["last_apply", "dates", "kakaclo"], 3, "last_apply.dates.kakaclo"),
        (["last_apply", "dates"], 3, "last_apply.dates"),
        (["last_apply"], 3, "last_apply"),
        (["last_apply", "at"], 3, "last_apply.at"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(path, value, words):
    data = with_unknown()
    target = data
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value

    with pytest.raises(statefile.DamagedStateError) as caught:
        statefile.loads(json.dumps(data).encode())

    assert words in caught.value.message


@pytest.mark.parametrize("key", ["lineage", "serial", "providers", "entries", "orphans"])
def test_nothing_that_matters_may_be_missing(key):
    data = json.loads(statefile.dumps(example()))
    del data[key]

    with pytest.raises(statefile.DamagedStateError, match=key):
        statefile.loads(json.dumps(data).encode())


def test_orphans_written_by_hand_stay_apart():
    data = json.loads(statefile.dumps(example()))
    orphan = data["orphans"][0]
    del orphan["created_at"]
    data["orphans"] = [orphan, orphan]

    read = statefile.loads(json.dumps(data).encode())
    state = replay(read, [])

    assert len(state.orphans) == 2


def test_half_a_character_is_written_as_its_escape():
    spec = FrozenDict({"name": "broken \ud83d"})
    state = replay(State(lineage="x"), [ev.Adopted(CAT, "kakaclo", "default", 1.0, "1", spec)])

    data = statefile.dumps(state)

    assert b"broken \\ud83d" in data
    assert statefile.loads(data) == state


@given(specs, labels)
def test_frozen_and_proxied_mappings_are_written(spec, label):
    one = ev.Adopted(CAT, "kakaclo", "default", 1.0, "1", MappingProxyType(dict(spec)), labels=label)

    assert statefile.loads(statefile.dumps(replay(State(lineage="x"), [one]))).entries[CAT].spec == spec


def test_the_published_schema_fits_what_is_written():
    seen = RememberedRow(
        1_767_323_060.0, ("designed_product.tee",), SPEC, 1_767_323_059.5, freeze({"product": {"spu": "S"}}),
        freeze({"designed_product.tee": SPEC}),
    )  # fmt: skip
    told = json.loads(statefile.dumps(replace(learned(), remembered={"kakaclo": {"5": seen}})))
    schema = json.loads((ROOT / "schemas" / "state.schema.json").read_text(encoding="utf-8"))

    jsonschema.Draft7Validator(schema).validate(told)
    assert schema["properties"].keys() >= statefile.LEARNED
