"""What every implementation of a port has to hold to: subclass, give the fixture, collect."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from threading import Barrier, Event, Thread
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from podsync.model.address import Address
from podsync.model.diagnostic import SpecFault
from podsync.model.digests import canonical_json
from podsync.model.errors import LockedError, StateError
from podsync.model.frozen import FrozenDict, Spec, freeze
from podsync.network.request import Request
from podsync.providers.contract import Match, Remote, Role
from podsync.providers.knowledge import Provider
from podsync.state import events as ev
from podsync.state.model import State
from podsync.state.reducer.reducer import replay
from podsync.state.store import StateStore
from tests.state.histories import histories, simple

#: One rich spec per kind, and one without anything optional.
SPECS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "designed_product": (
        {
            "modelId": "1",
            "enName": "Dino",
            "imageUrl": "https://cdn.test/front.png",
            "backImageUrl": "https://cdn.test/back.png",
            "materialImages": [{"imageName": "a", "imageUrl": "https://cdn.test/a.png"}],
            "colorValue": "#a72525",
        },
        {"modelId": "2", "enName": "Rex", "imageUrl": "https://cdn.test/r.png", "colorValue": "#000000"},
    ),
    "customer_product": (
        {
            "name": "Tote",
            "customerIds": ["ben", "anna"],
            "productModelId": "model-tote",
            "variantOptions": [
                {
                    "id": "size",
                    "name": "Size",
                    "attributesMapping": [
                        {"partModelId": "frame", "attributeIds": ["w", "h"]},
                        {"partModelId": "bag", "attributeIds": ["w"]},
                    ],
                    "values": [
                        {
                            "value": "small",
                            "isDefault": True,
                            "attributeValues": [{"partModelId": "bag", "attributes": {"w": "30"}}],
                        },
                        {
                            "value": "large",
                            "attributeValues": [{"partModelId": "bag", "attributes": {"w": "50"}}],
                        },
                    ],
                }
            ],
            "partQuantities": [{"partModelId": "z", "quantity": 2}, {"partModelId": "a", "quantity": 0}],
        },
        {"name": "Bag", "customerIds": ["*"], "productModelId": "m", "variantOptions": []},
    ),
}


class ProviderContract:
    """A provider is pure knowledge: it answers from its arguments and changes none of them."""

    @pytest.fixture
    def provider(self) -> Provider:
        raise NotImplementedError

    @pytest.fixture(params=[0, 1], ids=["rich", "short"])
    def spec(self, provider: Provider, request: pytest.FixtureRequest) -> Spec:
        return freeze(SPECS[provider.kind][request.param])  # type: ignore[no-any-return]

    @pytest.fixture
    def listed(self, provider: Provider, spec: Spec) -> Remote:
        """The product as a listing shows it: everything but what no listing returns."""
        return Remote("1", freeze({k: v for k, v in spec.items() if k not in provider.unlisted}))

    def test_its_facts_are_of_the_right_types(self, provider: Provider, spec: Spec) -> None:
        texts = (provider.name, provider.title, provider.kind, provider.model_field, provider.name_field)

        assert all(isinstance(text, str) and text for text in texts)
        assert isinstance(provider.mutable, frozenset)
        assert isinstance(provider.unlisted, frozenset)
        assert isinstance(provider.replaces, bool)
        assert isinstance(provider.telling, tuple)
        assert provider.telling[0] == provider.name_field
        assert provider.mutable.isdisjoint(provider.unlisted)
        assert {provider.model_field, provider.telling[0]} <= set(spec)

    def test_every_answer_is_of_the_right_type(self, provider: Provider, spec: Spec, listed: Remote) -> None:
        assert all(isinstance(fault, SpecFault) for fault in provider.check(spec))
        assert isinstance(provider.request(spec), Request)
        assert isinstance(provider.likeness(spec), frozenset)
        assert provider.likeness(spec)
        assert all(isinstance(key, str) for key in provider.likeness(spec))
        assert isinstance(provider.unique_name(spec), str | None)
        assert isinstance(provider.clash(spec, spec), bool)
        assert isinstance(provider.match(spec, listed), Match)
        assert isinstance(provider.natural_key(("materialImages",)), str | None)
        for before in (None, spec):
            for after in (None, spec):
                risks = provider.risks(before, after)
                assert isinstance(risks, tuple)
                assert all(isinstance(risk, str) and risk for risk in risks)

    def test_its_steps_lead_from_the_create_to_the_whole(self, provider: Provider, spec: Spec) -> None:
        made = first = provider.first(spec)
        named = []
        while steps := provider.steps(made, spec):
            named.append(steps[0].name)
            assert isinstance(provider.step_request("1", steps[0], made), Request)
            made = freeze({**made, **steps[0].body})

        assert provider.first(first) == first
        assert provider.request(spec) == provider.request(first)
        assert provider.canonical(made) == provider.canonical(spec)
        assert named == [name for name in provider.info.steps if name in named]
        assert provider.identity(first) == provider.identity(spec)

    def test_a_listing_shows_a_step_that_was_done_and_lacks_one_that_was_not(
        self, provider: Provider, spec: Spec
    ) -> None:
        first = provider.first(spec)
        for step in provider.steps(first, spec):
            done = provider.step_shown(step, first, Remote("1", spec))
            assert done is not None
            assert done.sure
            assert provider.canonical(done.part) == provider.canonical(step.body)
            assert provider.step_shown(step, first, Remote("1", first)) is None

    def test_every_picture_is_named_where_its_url_stands(self, provider: Provider, spec: Spec) -> None:
        found = list(provider.depictions(spec))

        for one in found:
            value: Any = spec
            for part in one.path:
                value = value[part]
            assert value == one.url
            assert isinstance(one.role, Role)
        assert {one.url for one in found} == set(re.findall(r'https://[^"]+', canonical_json(spec)))

    def test_nothing_is_changed_by_asking(self, provider: Provider, spec: Spec, listed: Remote) -> None:
        text = canonical_json(spec)

        first = self._everything(provider, spec, listed)
        second = self._everything(provider, freeze(deepcopy(spec)), listed)

        assert first == second
        assert canonical_json(spec) == text
        hash(spec)

    @staticmethod
    def _everything(provider: Provider, spec: Spec, listed: Remote) -> list[Any]:
        return [
            list(provider.check(spec)),
            provider.request(spec),
            provider.canonical(spec),
            provider.identity(spec),
            provider.likeness(spec),
            provider.unique_name(spec),
            provider.clash(spec, spec),
            provider.risks(spec, spec),
            provider.match(spec, listed),
        ]

    def test_the_canonical_form_is_frozen_json_and_its_own_canonical_form(
        self, provider: Provider, spec: Spec
    ) -> None:
        once = provider.canonical(spec)

        assert isinstance(once, FrozenDict)
        assert once == freeze(json.loads(canonical_json(once)))
        assert provider.canonical(once) == once

    def test_absent_and_empty_are_one(self, provider: Provider, spec: Spec) -> None:
        padded = freeze({**spec, "nothing": None, "blank": "", "none": []})

        assert provider.canonical(padded) == provider.canonical(spec)

    def test_the_identity_is_json_and_does_not_depend_on_what_means_nothing(
        self, provider: Provider, spec: Spec
    ) -> None:
        backwards = freeze(dict(reversed(list(spec.items()))))
        told = provider.identity(spec)

        assert told == freeze(json.loads(canonical_json(told)))
        assert told == provider.identity(backwards) == provider.identity(provider.canonical(spec))

    def test_the_identity_needs_only_what_a_listing_returns(
        self, provider: Provider, spec: Spec, listed: Remote
    ) -> None:
        assert provider.identity(listed.fields) == provider.identity(spec)

    def test_it_is_the_same_as_its_own_listing(self, provider: Provider, spec: Spec, listed: Remote) -> None:
        assert provider.match(spec, listed) is Match.SAME

    def test_it_is_not_another_model(self, provider: Provider, spec: Spec, listed: Remote) -> None:
        other = Remote("1", freeze({**listed.fields, provider.model_field: "another"}))

        assert provider.match(spec, other) is Match.DIFFERENT

    def test_nothing_is_the_same_as_a_product_of_which_nothing_is_told(
        self, provider: Provider, spec: Spec
    ) -> None:
        assert provider.match(spec, Remote("1", FrozenDict())) is Match.DIFFERENT

    def test_what_shares_no_telling_field_never_matches(
        self, provider: Provider, spec: Spec, listed: Remote
    ) -> None:
        other = Remote("1", freeze({**listed.fields, **dict.fromkeys(provider.telling, "zzz")}))

        assert provider.match(spec, other) is Match.DIFFERENT

    def test_a_create_sends_the_spec_as_it_was_written(self, provider: Provider, spec: Spec) -> None:
        request = provider.request(spec)

        assert (request.method, json.loads(json.dumps(request.body))) == (
            "POST",
            json.loads(json.dumps(provider.first(spec))),
        )
        assert request.path.startswith("/")

    def test_what_can_be_changed_can_be_sent(self, provider: Provider, spec: Spec) -> None:
        for name in provider.mutable:
            request = provider.update_request("a/b", freeze({name: spec[name]}))

            assert request.body == {name: spec[name]}
            assert "a/b" not in request.path

    def test_it_clashes_with_itself_if_orders_find_it_by_its_name(
        self, provider: Provider, spec: Spec
    ) -> None:
        assert provider.clash(spec, spec) == (provider.unique_name(spec) is not None)

    def test_an_update_takes_a_name_only_where_names_are_unique(self, provider: Provider, spec: Spec) -> None:
        other = freeze({**spec, provider.name_field: "Another"})

        assert not provider.takes(spec, spec)
        assert provider.takes(spec, other) == (provider.unique_name(spec) is not None)

    def test_two_of_one_name_that_clash_have_one_identity(self, provider: Provider, spec: Spec) -> None:
        twin = freeze({**spec, provider.name_field: f" {spec[provider.name_field]}"})

        if provider.clash(spec, twin):
            assert provider.identity(spec) == provider.identity(twin)


class Place(Protocol):
    """Where one state is kept, and what happens to it behind the store's back."""

    def store(self, note: Callable[[str], None] = ...) -> StateStore:
        """A new store of this state, as of another process; of another machine where that can be."""

    def load(self) -> State:
        """What somebody finds who comes now and looks for the newest."""

    def stored(self) -> object:
        """All that is kept, to be compared; who holds the lock, or held it, is left out."""

    def damage(self) -> None:
        """Make the snapshot something that cannot be trusted."""

    def add_key(self, key: str, value: Any) -> None:
        """Put a key that this version does not know into the snapshot, at the top."""

    def backups(self) -> Sequence[str]:
        """The snapshots from before, the newest first."""


def plain(state: State) -> State:
    """A state without what only the store adds to it."""
    return replace(state, lineage="", lost=False)


def apply(store: StateStore, events: Sequence[ev.Event], *, compact: bool = True) -> State:
    """What a run does: lock, load, append, compact."""
    with store.lock("apply", 0):
        state = replay(store.load(), events)
        store.append(events)
        if compact:
            store.compact(state)
    return state


def intent(name: str, at: float = 1_767_323_045.0) -> ev.Intent:
    body = FrozenDict({"modelId": "1", "enName": f"Tee {name} 🦖"})
    return ev.Intent(Address("designed_product", name), "kakaclo", "default", "create", body, at, at + 30)


_LEARNED = (
    "observed", "landmarks", "models", "foreign", "remembered", "absent", "readings", "refusals", "released",
    "contacts", "catalog",
)  # fmt: skip


def learned() -> list[ev.Event]:
    """A history after which a state holds one of everything that is learned of a provider."""
    at, (one, two) = 1_767_323_045.0, (intent("one"), intent("two"))
    return [
        ev.Begun(at, "sha256:00", 0, FrozenDict(), FrozenDict(), machine="d1ce", catalog="shop"),
        ev.Looked("kakaclo", at, 1, ("4990", "4711")),
        replace(one, reading=1),
        ev.Refused(one.address, at + 1, message="no"),
        two,
        ev.Settled(two.address, at + 2, found=False),
        ev.Observed("kakaclo", "default", at, freeze({"names": {"cut": 100, "proof": ["ä🦖"]}})),
        ev.Landmarked("kakaclo", at, (freeze({"id": "5013"}),)),
        ev.ModelsSeen("kakaclo", at, freeze({"73": ["PODQRA073"]})),
        ev.Disowned("kakaclo", at, ("4990",)),
        ev.Remembered(
            one.address,
            at + 3,
            "kakaclo",
            "5014",
            one.body,
            at - 1,
            freeze({"product": {"spu": "S"}}),
            one.body,
        ),
        ev.Contacted("kakaclo", at),
        ev.Missed("kakaclo", at, None, ("5012",)),
        ev.Ended(at + 9, left=True, dates=FrozenDict({"kakaclo": at + 8.5})),
    ]


class StateStoreContract:
    """A store keeps what was appended, for one writer at a time, and writes nothing that it cannot stand for.

    Give `places`: each call makes a new, empty place. `patience` is what a waiting run needs, in seconds,
    to see that a lock is free.
    """

    EVENTS = simple(4)
    patience = 10.0

    @pytest.fixture
    def places(self) -> Callable[[], Place]:
        raise NotImplementedError

    @pytest.fixture
    def place(self, places: Callable[[], Place]) -> Place:
        return places()

    # -- reading and writing

    def test_nothing_is_the_empty_state_and_reading_it_leaves_nothing(self, place: Place) -> None:
        before = place.stored()
        store = place.store()

        assert store.load() == State()
        assert (store.lineage, store.undo()) == ("", None)
        assert place.stored() == before

    def test_what_was_appended_is_there_with_and_without_a_snapshot(self, place: Place) -> None:
        state = apply(place.store(), self.EVENTS, compact=False)
        assert plain(place.load()) == plain(state) == replay(State(), self.EVENTS)

        compacted = apply(place.store(), [])

        assert place.load() == compacted
        assert plain(compacted) == plain(state)

    @settings(
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
        max_examples=6,
        phases=[Phase.generate],  # shrinking would take minutes where a store speaks to a server
        deadline=None,
    )
    @given(histories(), st.data())
    def test_whatever_happened_is_read_as_it_was(
        self, places: Callable[[], Place], history: list[ev.Event], data: st.DataObject
    ) -> None:
        place, state, rest = places(), State(), list(history)
        while rest:
            count = data.draw(st.integers(1, len(rest)))
            now, rest = rest[:count], rest[count:]
            state = replay(state, now)
            store = place.store()
            with store.lock("apply", 0):
                begun = store.load()
                store.append(now)
                if data.draw(st.booleans()):
                    store.compact(replay(begun, now))

            assert plain(place.load()) == state

    def test_an_intent_is_there_for_others_when_append_returns(self, place: Place) -> None:
        store = place.store()
        with store.lock("apply", 0):
            store.append([intent("one"), intent("two")])

            assert set(map(str, place.load().entries)) == {"designed_product.one", "designed_product.two"}

    def test_a_run_may_go_on_after_it_compacted(self, place: Place) -> None:
        store = place.store()
        with store.lock("apply", 0):
            store.append(self.EVENTS[:2])
            store.compact(replay(State(), self.EVENTS[:2]))
            store.append(self.EVENTS[2:])

        assert plain(place.load()) == replay(State(), self.EVENTS)

    def test_events_that_no_snapshot_has_are_gone_on_from(self, place: Place) -> None:
        apply(place.store(), self.EVENTS[:2])
        apply(place.store(), self.EVENTS[2:4], compact=False)
        apply(place.store(), self.EVENTS[4:6], compact=False)

        assert plain(apply(place.store(), self.EVENTS[6:])) == replay(State(), self.EVENTS)
        assert plain(place.load()) == replay(State(), self.EVENTS)

    def test_a_run_reads_what_it_wrote(self, place: Place) -> None:
        store = place.store()
        with store.lock("apply", 0):
            store.append(self.EVENTS[:2])

            assert plain(store.load()) == replay(State(), self.EVENTS[:2])

    def test_what_is_empty_or_unchanged_is_not_written(self, place: Place) -> None:
        apply(place.store(), self.EVENTS)
        before = place.stored()

        store = place.store()
        with store.lock("apply", 0):
            state = store.load()
            store.append([])
            store.compact(state)

        assert place.stored() == before

    def test_keys_that_nobody_knows_survive_a_run(self, place: Place) -> None:
        apply(place.store(), self.EVENTS[:2])
        place.add_key("future", [1, {"a": None}])

        apply(place.store(), self.EVENTS[2:])

        assert place.load().extra == freeze({"future": [1, {"a": None}]})

    def test_what_was_learned_is_kept_with_and_without_a_snapshot(self, place: Place) -> None:
        state = apply(place.store(), learned(), compact=False)

        assert plain(place.load()) == plain(state) == replay(State(), learned())
        assert all(getattr(state, name) for name in _LEARNED)

        apply(place.store(), [])
        assert plain(place.load()) == plain(state)

    def test_a_state_of_format_1_is_gone_on_from_and_stays_as_a_backup(self, place: Place) -> None:
        apply(place.store(), self.EVENTS[:2])
        refused = {"body": "sha256:1", "others": ["sha256:2"], "at": "2026-01-02T03:04:11Z", "date": None}
        place.add_key("refused", {"designed_product.fox": refused | {"message": "no"}})
        place.add_key("version", 1)

        old = place.load()
        assert old.unproven
        assert [each.digests for known in old.refusals.values() for each in known] == [
            ("sha256:1", "sha256:2")
        ]

        apply(place.store(), self.EVENTS[2:4], compact=False)
        assert place.load() == replay(old, self.EVENTS[2:4])
        apply(place.store(), self.EVENTS[4:])
        assert place.load() == replay(old, self.EVENTS[2:])

        before = json.loads(place.backups()[0])
        assert (before["version"], before["serial"]) == (1, 2)
        assert before["refused"]["designed_product.fox"]["message"] == "no"

    # -- lineage and serial

    def test_the_serial_counts_events_and_the_lineage_stays(self, place: Place) -> None:
        store = place.store()
        apply(store, self.EVENTS[:2])
        first = place.load()
        apply(place.store(), self.EVENTS[2:4], compact=False)
        second = place.load()
        apply(place.store(), [])

        assert (first.serial, second.serial, place.load().serial) == (2, 4, 4)
        assert first.lineage == second.lineage == place.load().lineage == store.lineage != ""

    def test_two_states_have_two_lineages_and_two_identities(self, places: Callable[[], Place]) -> None:
        one, other = places(), places()
        apply(one.store(), self.EVENTS[:2])
        apply(other.store(), self.EVENTS[:2])

        assert one.load().lineage != other.load().lineage
        assert one.store().identity != other.store().identity
        assert one.store().label

    # -- one writer at a time

    def test_the_lock_keeps_others_out_and_names_its_holder(self, place: Place) -> None:
        apply(place.store(), self.EVENTS[:2])
        one, other = place.store(), place.store()
        with one.lock("state mv", 0):
            holder = other.holder()
            with pytest.raises(LockedError) as caught, other.lock("apply", 0):
                pytest.fail("two runs hold one state")

        assert holder is not None
        assert (holder.command, len(holder.id) >= 16) == ("state mv", True)
        assert "state mv" in caught.value.message
        assert "--lock-timeout" in caught.value.remedy

    def test_who_reads_needs_no_lock(self, place: Place) -> None:
        state = apply(place.store(), self.EVENTS[:2])
        with place.store().lock("apply", 0):
            assert plain(place.load()) == plain(state)

    def test_the_lock_is_free_when_its_holder_is_done_or_failed(self, place: Place) -> None:
        with pytest.raises(ZeroDivisionError), place.store().lock("apply", 0):
            raise ZeroDivisionError

        assert apply(place.store(), self.EVENTS[:1]).serial == 1
        assert place.store().holder() is None

    def test_a_waiting_run_says_for_whom_and_gets_its_turn(self, place: Place) -> None:
        notes: list[str] = []
        held, waited = Event(), Event()

        def hear(text: str) -> None:
            notes.append(text)
            waited.set()

        def hold() -> None:
            with place.store().lock("state mv", 0):
                held.set()
                waited.wait(30)

        thread = Thread(target=hold)
        thread.start()
        held.wait(30)
        with place.store(hear).lock("apply", self.patience):
            pass
        thread.join(30)

        assert len(notes) == 1
        assert "state mv" in notes[0]

    def test_a_waiting_run_gives_up(self, place: Place) -> None:
        with place.store().lock("state mv", 0):
            other, begun = place.store(), time.monotonic()
            with pytest.raises(LockedError), other.lock("apply", 0.5):
                pytest.fail("two runs hold one state")

        assert time.monotonic() - begun >= 0.5

    def test_nobody_breaks_a_lock_by_a_wrong_id(self, place: Place) -> None:
        store = place.store()
        with store.lock("apply", 0):
            with pytest.raises(LockedError):
                place.store().unlock("0" * 32)
            store.append(self.EVENTS[:1])

        assert place.load().serial == 1

    def test_a_lock_that_was_broken_is_held_no_longer(self, place: Place) -> None:
        """An operating system's lock cannot be broken; who lost a shared one writes nothing more."""
        one, other = place.store(), place.store()
        with one.lock("apply", 0):
            one.append(self.EVENTS[:1])
            holder = other.holder()
            assert holder is not None
            if not one.shared:
                with pytest.raises(LockedError):
                    other.unlock(holder.id)
                return
            other.unlock(holder.id)
            assert other.holder() is None
            with pytest.raises(StateError):
                one.append([intent("late")])
            with pytest.raises(StateError):
                one.append([intent("later")])

        assert plain(place.load()) == replay(State(), self.EVENTS[:1])
        assert apply(place.store(), self.EVENTS[1:2]).serial == 2

    def test_a_state_that_another_run_changed_after_it_was_read_is_not_written(self, place: Place) -> None:
        apply(place.store(), self.EVENTS[:1])
        store = place.store()
        store.refresh()
        store.load()
        apply(place.store(), self.EVENTS[1:2])
        before = place.stored()

        with store.lock("apply", 0), pytest.raises(StateError):
            store.append(self.EVENTS[2:])

        assert place.stored() == before

    def test_nothing_is_written_without_the_lock(self, place: Place) -> None:
        store = place.store()
        before = place.stored()

        with pytest.raises(RuntimeError):
            store.append(self.EVENTS)
        with pytest.raises(RuntimeError):
            store.compact(replay(State(), self.EVENTS))

        assert place.stored() == before

    def test_of_eight_that_come_at_once_each_gets_its_turn(self, place: Place) -> None:
        gate, inside, failures = Barrier(8), [], []

        def run(number: int) -> None:
            store = place.store()
            gate.wait(60)
            try:
                with store.lock("apply", 6 * self.patience):
                    inside.append(number)
                    failures.extend(["two at once"] if len(inside) > 1 else [])
                    state = store.load()
                    store.append([intent(f"run-{number}")])
                    store.compact(replay(state, [intent(f"run-{number}")]))
                    inside.remove(number)
            except Exception as error:  # noqa: BLE001 (told below)
                failures.append(f"{number}: {error!r}")

        threads = [Thread(target=run, args=(number,)) for number in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(120)

        assert failures == []
        assert place.load().serial == 8
        assert sorted(a.name for a in place.load().entries) == [f"run-{number}" for number in range(8)]

    # -- several threads of one run

    def test_threads_that_append_at_once_lose_nothing(self, place: Place) -> None:
        store = place.store()
        failures: list[Exception] = []

        def work(worker: int) -> None:
            try:
                for number in range(3):
                    store.append([intent(f"t-{worker}-{number}")])
                    made = ev.Made(Address("designed_product", f"t-{worker}-{number}"), 1.0, f"{number}")
                    store.append([made])
            except Exception as error:  # noqa: BLE001 (told below)
                failures.append(error)

        with store.lock("apply", 0):
            state = store.load()
            threads = [Thread(target=work, args=(worker,)) for worker in range(8)]
            for each in threads:
                each.start()
            for each in threads:
                each.join(120)
            seen = store.load()
            store.compact(seen)

        assert failures == []
        assert (state.serial, place.load().serial) == (0, 48)
        assert place.load() == seen
        assert all(entry.pending is None for entry in seen.entries.values())
        assert len(seen.entries) == 24

    # -- what cannot be stood for

    def test_a_damaged_state_is_refused_and_left_as_it_is(self, place: Place) -> None:
        apply(place.store(), self.EVENTS[:2])
        place.damage()
        before = place.stored()

        with pytest.raises(StateError) as caught:
            place.load()
        store = place.store()
        with store.lock("apply", 0):
            with pytest.raises(StateError):
                store.load()
            with pytest.raises(StateError):
                store.append(self.EVENTS[2:])

        assert place.stored() == before
        assert caught.value.message
        assert caught.value.remedy

    def test_a_state_that_is_not_what_was_appended_is_not_written(self, place: Place) -> None:
        store = place.store()
        with store.lock("apply", 0):
            store.append(self.EVENTS)
            with pytest.raises(StateError):
                store.compact(replay(State(), self.EVENTS[:2]))

        assert plain(place.load()) == replay(State(), self.EVENTS)

    def test_a_snapshot_of_another_lineage_is_not_written(self, place: Place) -> None:
        store = place.store()
        with store.lock("apply", 0):
            store.append(self.EVENTS)
            with pytest.raises(StateError):
                store.compact(replace(replay(State(), self.EVENTS), lineage="another"))

        assert plain(place.load()) == replay(State(), self.EVENTS)

    def test_after_a_write_it_is_said_how_the_state_before_comes_back(self, place: Place) -> None:
        store = place.store()
        apply(store, self.EVENTS[:2])
        apply(store, self.EVENTS[2:])

        told = store.undo()

        assert told is not None
        assert len(told.splitlines()) == 1

    # -- a state from elsewhere

    def test_a_state_is_put_as_it_is_into_an_empty_place(self, places: Callable[[], Place]) -> None:
        source, place = places(), places()
        apply(source.store(), self.EVENTS)
        state = source.load()
        store = place.store()

        with store.lock("state push", 0):
            store.replace(state)
            assert store.load() == state

        assert place.load() == state
        assert place.store().holder() is None

    def test_a_state_takes_the_place_of_a_newer_one_and_is_gone_on_from(
        self, places: Callable[[], Place]
    ) -> None:
        place, store = places(), None
        apply(place.store(), self.EVENTS)
        older = place.load()
        apply(place.store(), [intent("one")])
        apply(place.store(), [intent("two")], compact=False)

        store = place.store()
        with store.lock("state push", 0):
            store.load()
            store.replace(older)
            store.append([intent("three")])

        assert store.undo()
        assert place.load() == replay(older, [intent("three")])
        assert apply(place.store(), [intent("four")]) == replay(older, [intent("three"), intent("four")])
        assert place.load().lineage == older.lineage

    def test_a_state_is_put_under_the_lock_only(self, place: Place) -> None:
        store = place.store()

        with pytest.raises(RuntimeError):
            store.replace(State(lineage="l"))
