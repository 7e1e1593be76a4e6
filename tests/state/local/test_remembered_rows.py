"""What a look has shown that may not write the state: kept beside it, and believed only of this user."""

from __future__ import annotations

import json

import pytest

from podsync.model.address import Address
from podsync.model.frozen import EMPTY, freeze
from podsync.state.entries import Entry
from podsync.state.events import Missed, Remembered
from podsync.state.local.remembered_rows import RememberedRows
from podsync.state.model import State
from podsync.state.reducer.reducer import replay
from tests.state.faulty import EROFS, FaultyFiles

AT = 1_767_323_045.125
TEE, DOG = (Address("designed_product", name) for name in ("tee", "dog"))
ACCOUNTS = {"kakaclo": "https://a default", "gelato": "https://b default"}


def row(identity="7", address=TEE, provider="kakaclo", at=AT, **fields):
    return Remembered(address, at, provider, identity, freeze({"enName": "Tee", **fields}), AT - 60)


class Place:
    """One folder; `told` are the sentences."""

    def __init__(self, folder):
        self.folder, self.told = folder, []

    def rows(self, files=None, **accounts):
        return RememberedRows(self.folder, {**ACCOUNTS, **accounts}, self.told.append, files=files)

    @property
    def files(self):
        return sorted((self.folder / "remembered").glob("*"))


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "shop" / ".podsync")


def test_where_nothing_may_be_ours_nothing_is_written(place):
    place.rows().keep([Missed("kakaclo", AT, ids=("7",))])

    assert (place.rows().read(State()), place.folder.exists(), place.told) == ([], False, [])


def test_what_several_looks_have_shown_is_read_in_order_and_removed_once_it_is_recorded(place):
    """Each has a file of its own: two at once lose nothing, and what comes later is not removed."""
    one, other = place.rows(), place.rows()
    one.keep([row(at=AT + 5), row("u", DOG, "gelato")])
    other.keep([row("8", DOG)])
    other.keep([row("8", DOG)])
    reader = place.rows()

    assert reader.read(State()) == [row("8", DOG), row("u", DOG, "gelato"), row(at=AT + 5)]
    one.keep([row("9")])
    reader.forget()
    assert (place.rows().read(State()), len(place.files), place.told) == ([row("9")], 1, [])


KNOWN = replay(State(), [row()])
OF_THE_STATE = {
    "known already": (KNOWN, [row()], []),
    "known of another address": (KNOWN, [row(address=DOG)], [row(address=DOG)]),
    "listed otherwise by now": (KNOWN, [row(enName="TEE")], [row(enName="TEE")]),
    "not ours": (State(foreign={"kakaclo": ("7",)}), [row()], []),
    "not another account's either": (State(foreign={"gelato": ("7",)}), [row()], [row()]),
    "an entry's": (State(entries={DOG: Entry(DOG, "kakaclo", "default", spec=EMPTY, id="7")}), [row()], []),
}


@pytest.mark.parametrize("why", OF_THE_STATE)
def test_what_the_state_has_an_answer_to_is_passed_over_and_removed(place, why):
    state, kept, news = OF_THE_STATE[why]
    place.rows().keep(kept)
    reader = place.rows()

    assert reader.read(state) == news
    reader.forget()
    assert place.files == []


def test_a_file_belongs_to_its_account(place):
    place.rows().keep([row()])
    other = place.rows(kakaclo="https://a trial")

    assert other.read(State()) == []
    other.forget()
    assert (place.rows().read(State()), place.told) == ([row()], [])


def damaged(data):
    told = json.loads(data)
    yield from (data[:size] for size in range(0, len(data) - 1, 7))
    for change in ({"version": 2}, {"events": []}, {"events": None}, {"mark": ""}, {"mark": 5}):
        yield json.dumps(told | change).encode()
    yield data.replace(b'"7"', b'"8"')


def not_believed(place, files):
    reader = place.rows()
    place.told.clear()

    assert reader.read(State()) == []
    reader.forget()
    assert place.files == files
    (told,) = place.told
    assert "damaged, or not written by you on this machine" in told
    assert str(files[0]) in told


def test_a_damaged_file_is_told_not_believed_and_left_to_a_person(place):
    place.rows().keep([row()])
    (file,) = place.files

    for data in damaged(file.read_bytes()):
        file.write_bytes(data)
        not_believed(place, [file])


@pytest.mark.parametrize("events", [[row("u", DOG, "gelato")], [Missed("kakaclo", AT)]])
def test_what_no_look_of_this_account_writes_is_not_believed_under_the_mark_either(place, events):
    rows = place.rows()
    rows._write(rows._purposes["kakaclo"], events)

    not_believed(place, place.files)


def test_on_another_machine_a_copy_is_not_believed(place, tmp_path, monkeypatch):
    """Whoever can write it could have a product imported that no listing shows."""
    place.rows().keep([row()])
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))

    not_believed(place, place.files)


def test_under_another_accounts_name_a_copy_is_not_believed(place):
    place.rows().keep([row()])
    place.rows(kakaclo="https://a trial").keep([row()])
    one, other = place.files
    one.write_bytes(other.read_bytes())

    first, second = place.rows().read(State()), place.rows(kakaclo="https://a trial").read(State())

    assert sorted([len(first), len(second)]) == [0, 1]
    assert len(place.told) == 1


@pytest.mark.parametrize("operation", ["create", "write", "sync", "replace", "sync_folder"])
def test_what_cannot_be_written_is_told_not_raised(place, operation):
    files = FaultyFiles()
    files.fail = {operation: EROFS}

    place.rows(files).keep([row()])

    (told,) = place.told
    assert "cannot be written (Read-only file system): what this look has shown is not remembered" in told


def test_a_folder_that_is_a_file_is_told_not_raised(place):
    place.folder.parent.mkdir()
    place.folder.write_text("")

    place.rows().keep([row()])
    assert place.rows().read(State()) == []

    assert "cannot be written" in place.told[0]


def test_without_a_key_of_ones_own_nothing_is_kept_that_nobody_would_believe(place, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null/none")

    place.rows().keep([row()])

    assert (place.files, len(place.told)) == ([], 1)
    assert "no key of your own" in place.told[0]


def test_what_cannot_be_removed_is_told_and_read_again(place):
    place.rows().keep([row()])
    files = FaultyFiles()
    files.fail = {"remove": EROFS}
    reader = place.rows(files)
    reader.read(State())

    reader.forget()

    assert "cannot be removed (Read-only file system); it is read again" in place.told[0]
    assert place.rows().read(State()) == [row()]
