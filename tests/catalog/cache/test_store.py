"""Whatever happened to files and cache: with a cache, everything reads as it does without one."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podsync.catalog.cache import changes, load_run
from podsync.catalog.loader import Loaded, begin
from podsync.files.cache_file import key_of
from podsync.model.diagnostic import diagnostic_json
from podsync.model.errors import StateError
from podsync.model.settings import Limits, Settings
from podsync.plan import planfile
from podsync.plan.planner import make_plan
from podsync.providers.registry import default_settings, providers
from podsync.state.formats import statefile
from podsync.state.lazy.entries import Outlines
from podsync.state.model import LazyEntries, State
from tests.benchmarks import corpus

COUNT = 16
DEFAULTS = default_settings()
HOSTS = {name: {"base_url": told.base_url, "account": told.account} for name, told in DEFAULTS.items()}
#: Older than this, a file is known by what `stat` says of it.
TICK_SECONDS = 2


class Shop:
    """A folder with a catalog, its state, and a cache of both."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.settings = Settings()
        corpus.write_catalog(root, COUNT)
        corpus.write_state(root, COUNT)
        self._born = {path: path.read_bytes() for path in self._files()}

    def _files(self) -> Iterator[Path]:
        yield self.root / corpus.STATE
        yield from sorted((self.root / "catalog").rglob("*.yaml"))

    def reborn(self) -> None:
        """Undo all edits; what was not edited keeps its age."""
        self.settings = Settings()
        for path in list(self._files()):
            if path not in self._born:
                path.unlink()
        for path, content in self._born.items():
            if not path.exists() or path.read_bytes() != content:
                path.write_bytes(content)

    @property
    def products(self) -> list[Path]:
        return list(self._files())[1:]

    @property
    def cache(self) -> Path:
        return self.root / ".podsync" / "cache"

    def load(self, *, cached: bool, paths: tuple[str, ...] = ()) -> Loaded:
        known = providers(self.settings)
        with begin(self.root, "catalog", known, paths, remember_from=1 if cached else None) as reading:
            return reading.finish()

    def state(self, *, cached: bool, held: int = 0) -> State:
        path = self.root / corpus.STATE
        if not cached:
            return statefile.loads(path.read_bytes(), path.name)
        outlines = Outlines.beside(self.root, "state", lambda: _blocks(path.read_bytes()))
        return outlines._replace(held=held).loads(path.read_bytes(), path.name)

    def told(self, *, cached: bool) -> str:
        """All that anybody can learn: every fault, and the plan in both lengths."""
        loaded = self.load(cached=cached)
        faults = [diagnostic_json(each) | {"snippet": each.snippet} for each in loaded.diagnostics]
        if loaded.errors:
            return json.dumps(faults)
        plans = [
            make_plan(
                loaded.catalog, self.state(cached=cached), providers(self.settings),
                hosts=HOSTS, limits=Limits(None, None, None), every=every,
            )
            for every in (False, True)
        ]  # fmt: skip
        texts = [planfile.dump(plan, noops=every) for plan, every in zip(plans, (False, True), strict=True)]
        places = [[str(field.at) for field in change.fields] for change in plans[0].work]
        return json.dumps([faults, texts, places, loaded.catalog.files, loaded.catalog.digest])


# -- what can happen to a catalog


def _edit(shop: Shop, number: int) -> None:
    _change(shop, number, lambda text: text.replace("No. ", f"Nr. {number} "))


def _edit_in_secret(shop: Shop, number: int) -> None:
    """As long as before, and with the old time of change."""
    path = shop.products[number % len(shop.products)]
    before = path.stat()
    path.write_text(path.read_text().replace("No.", "Mo."))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _comment(shop: Shop, number: int) -> None:
    _change(shop, number, lambda text: text.replace("labels:", "labels: # about"))


def _second_document(shop: Shop, number: int) -> None:
    _change(shop, number, lambda text: text + f"---\n{_renamed(text, number)}")


def _break(shop: Shop, number: int) -> None:
    _change(shop, number, lambda text: text.replace("spec:", "spec: [", 1))


def _misspell(shop: Shop, number: int) -> None:
    _change(shop, number, lambda text: text.replace("labels:", "lables:", 1))


def _long_name(shop: Shop, number: int) -> None:
    """A warning: the file is valid, and told of every time."""
    _change(shop, number, lambda text: text.replace("No. ", "No. " + "very " * 30, 1))


def _copy(shop: Shop, number: int) -> None:
    """An address that is declared twice."""
    path = shop.products[number % len(shop.products)]
    path.with_name(f"again-{number}.yaml").write_bytes(path.read_bytes())


def _look_alike(shop: Shop, number: int) -> None:
    path = shop.products[number % len(shop.products)]
    path.with_name(f"like-{number}.yaml").write_text(_renamed(path.read_text(), number))


def _same_picture(shop: Shop, number: int) -> None:
    """A warning about two files: one picture, another name and another colour."""
    path = shop.products[number % len(shop.products)]
    text = _renamed(path.read_text(), number).replace("No.", "Another")
    text = re.sub('colorValue: "#.', f'colorValue: "#{number % 10}', text)
    path.with_name(f"picture-{number}.yaml").write_text(text)


def _moved(shop: Shop, number: int) -> None:
    _change(shop, number, lambda text: text.replace("spec:", "moved: [design-000002]\nspec:", 1))


def _touch(shop: Shop, number: int) -> None:
    shop.products[number % len(shop.products)].touch()


def _rename_file(shop: Shop, number: int) -> None:
    path = shop.products[number % len(shop.products)]
    path.rename(path.with_name(f"file-{number}.yaml"))


def _delete(shop: Shop, number: int) -> None:
    if len(shop.products) > 1:
        shop.products[number % len(shop.products)].unlink()


def _other_settings(shop: Shop, number: int) -> None:
    pictures: Any = ("unknown", "kept", "rehosted")[number % 3]
    kakaclo = DEFAULTS["kakaclo"]._replace(pictures=pictures)
    shop.settings = shop.settings._replace(providers={**DEFAULTS, "kakaclo": kakaclo})


def _other_state(shop: Shop, number: int) -> None:
    path = shop.root / corpus.STATE
    state = statefile.loads(path.read_bytes())
    address = list(state.entries)[number % len(state.entries)]
    entries = dict(state.entries)
    if number % 3 == 0:
        del entries[address]
    elif number % 3 == 1:
        entries[address] = replace(entries[address], id=None, labels=entries[address].labels | {"a": "b"})
    path.write_bytes(statefile.dumps(replace(state, serial=state.serial + 1, entries=entries)))


def _damage(shop: Shop, number: int) -> None:
    """Cut a cache short, or flip a bit of it."""
    for path in sorted(shop.cache.glob("*")) if shop.cache.is_dir() else ():
        data = bytearray(path.read_bytes())
        place = number * 7919 % max(len(data), 1)
        if data and number % 2:
            data[place] ^= 1 << number % 8
        path.write_bytes(data if number % 2 else data[:place])


def _forget(shop: Shop, _number: int) -> None:
    shutil.rmtree(shop.root / ".podsync", ignore_errors=True)


def _renamed(text: str, number: int) -> str:
    return text.replace("name: design-", f"name: other{number}-").replace(
        "name: custom-", f"name: other{number}-"
    )


def _change(shop: Shop, number: int, how: Callable[[str], str]) -> None:
    path = shop.products[number % len(shop.products)]
    path.write_text(how(path.read_text()))


_EVENTS = [
    _edit, _edit_in_secret, _comment, _second_document, _break, _misspell, _long_name, _copy, _look_alike,
    _same_picture, _moved, _touch, _rename_file, _delete, _other_settings, _other_state, _damage, _forget,
]  # fmt: skip


@pytest.fixture(scope="module")
def aged(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop whose files are old enough to be known by `stat`, with a cache that says so."""
    shop = Shop(tmp_path_factory.mktemp("aged"))
    time.sleep(TICK_SECONDS + 0.1)
    shop.told(cached=True)
    return shop


_HAPPENED = st.lists(st.tuples(st.sampled_from(_EVENTS), st.integers(0, 60)), min_size=1, max_size=4)


#: How many files are written down in the time that one is read: so many that every change is written at
#: once, and so few that the cache is hardly ever new.
_WRITTEN = st.sampled_from([COUNT, 1])


@settings(max_examples=30, deadline=None)
@given(events=_HAPPENED, written=_WRITTEN)
def test_with_a_cache_everything_reads_as_without(
    aged: Shop, events: list[tuple[Any, int]], written: int
) -> None:
    _check(aged, events, written)


@pytest.mark.campaign
@settings(max_examples=1000, deadline=None)
@given(events=_HAPPENED, written=_WRITTEN)
def test_with_a_cache_everything_reads_as_without_at_length(
    aged: Shop, events: list[tuple[Any, int]], written: int
) -> None:
    _check(aged, events, written)


def _check(aged: Shop, events: list[tuple[Any, int]], written: int) -> None:
    aged.reborn()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load_run, "_WRITTEN_WHILE_ONE_IS_READ", written)
        for happen, number in events:
            happen(aged, number)

            assert aged.told(cached=True) == aged.told(cached=False)

        assert aged.told(cached=True) == aged.told(cached=False)


def test_the_code_of_a_package_inside_a_package_counts(tmp_path: Path) -> None:
    keys = set()
    for name, code in (("a", "LIMIT = 1"), ("b", "LIMIT = 2")):
        inner = tmp_path / name / "inner"
        inner.mkdir(parents=True)
        (tmp_path / name / "__init__.py").touch()
        (inner / "module.py").write_text(code)
        keys.add(key_of((), [str(tmp_path / name / "__init__.py")]))

    assert len(keys) == 2


# -- what is read


def _opened(shop: Shop) -> list[str]:
    """Names of catalog files that a load opens: in a process of its own, for hooks stay for ever."""
    program = (
        "import sys; from pathlib import Path\n"
        "from tests.catalog.loading import load\n"
        "from podsync.providers.registry import providers; from podsync.model.settings import Settings\n"
        "opened = []\n"
        "def hook(event, args):\n"
        "    if event == 'open' and str(args[0]).endswith('.yaml'): opened.append(Path(args[0]).name)\n"
        "sys.addaudithook(hook)\n"
        f"load(Path({str(shop.root)!r}), 'catalog', providers(Settings()), remember_from=1)\n"
        "print(*opened)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_what_has_not_changed_is_not_opened_and_what_has_is(aged: Shop) -> None:
    aged.reborn()
    aged.told(cached=True)
    time.sleep(TICK_SECONDS + 0.1)
    aged.told(cached=True)

    assert _opened(aged) == []

    _edit(aged, 3)

    assert _opened(aged) == [aged.products[3].name]


@pytest.mark.parametrize("section", range(12))
def test_a_damaged_part_of_the_cache_costs_time_whatever_was_edited(tmp_path: Path, section: int) -> None:
    shop = Shop(tmp_path)
    shop.told(cached=True)
    path = shop.cache / "catalog"
    data = bytearray(path.read_bytes())
    sizes = json.loads(data[:4096].partition(b" ")[2])["sizes"]
    assert len(sizes) == 12
    data[4096 + sum(sizes[:section])] ^= 1
    path.write_bytes(data)
    _edit(shop, 2)
    _rename_file(shop, 5)

    assert [shop.told(cached=True) for _ in range(2)] == [shop.told(cached=False)] * 2


def test_a_cache_that_another_run_has_put_in_its_place_costs_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in it is known under its header: columns that were not read yet are gone."""
    shop = Shop(tmp_path)
    shop.told(cached=True)
    path = shop.cache / "catalog"
    real = changes.scan

    def look(*args: Any) -> changes.FilesStatus:
        found = real(*args)
        path.unlink(missing_ok=True)
        return found

    _edit(shop, 2)
    monkeypatch.setattr(load_run, "scan", look)

    assert not shop.load(cached=True).errors


def test_a_few_changes_are_read_again_and_many_are_written_down(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.told(cached=True)
    path = shop.cache / "catalog"
    before = path.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load_run, "_WRITTEN_WHILE_ONE_IS_READ", COUNT // 4)
        for number in range(3):
            _edit(shop, number)
        shop.told(cached=True)

        assert path.read_bytes() == before

        _edit(shop, 3)
        shop.told(cached=True)

        assert path.read_bytes() != before


def test_a_clash_of_old_files_is_told_of_every_time(aged: Shop) -> None:
    aged.reborn()
    _look_alike(aged, 2)
    _long_name(aged, 10)
    aged.told(cached=True)
    time.sleep(TICK_SECONDS + 0.1)

    assert [len(aged.load(cached=True).diagnostics) for _ in range(3)] == [2, 2, 2]

    _delete(aged, 10)  # the file with the warning: now all that is left is known

    assert [len(aged.load(cached=True).errors) for _ in range(3)] == [1, 1, 1]


def test_a_young_file_is_asked_for_its_content(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.told(cached=True)

    assert len(_opened(shop)) == COUNT


def test_a_file_that_was_invalid_is_told_of_every_time(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    _misspell(shop, 5)

    assert [len(shop.load(cached=True).errors) for _ in range(3)] == [1, 1, 1]


# -- where the cache lies


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    shop, elsewhere = Shop(tmp_path / "shop"), tmp_path / "elsewhere"
    elsewhere.mkdir()
    (shop.root / ".podsync").symlink_to(elsewhere)

    assert shop.told(cached=True) == shop.told(cached=False)
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("inner", ["cache", "cache/catalog"])
def test_nothing_is_written_through_a_link_further_down(tmp_path: Path, inner: str) -> None:
    shop, elsewhere = Shop(tmp_path / "shop"), tmp_path / "elsewhere"
    elsewhere.mkdir()
    target = elsewhere / "file"
    target.write_text("mine")
    link = shop.root / ".podsync" / inner
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere if inner == "cache" else target)

    assert shop.told(cached=True) == shop.told(cached=False)
    assert [(path.name, path.read_text()) for path in elsewhere.iterdir()] == [("file", "mine")]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder away")
def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.cache.mkdir(parents=True)
    os.chown(shop.cache, 12345, 12345)

    assert shop.told(cached=True) == shop.told(cached=False)
    assert list(shop.cache.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only_costs_only_time(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.root.chmod(0o555)
    try:
        assert shop.told(cached=True) == shop.told(cached=False)
    finally:
        shop.root.chmod(0o755)


def test_a_file_where_the_folder_should_be_costs_only_time(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    (shop.root / ".podsync").write_text("not a folder")

    assert shop.told(cached=True) == shop.told(cached=False)


def test_git_does_not_see_the_cache(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.told(cached=True)

    assert (shop.cache / ".gitignore").read_text() == "*\n"
    assert sorted(path.name for path in shop.cache.iterdir()) == [".gitignore", "catalog", "state"]


def test_writers_at_the_same_time_leave_a_whole_cache(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    program = (
        "import sys; from pathlib import Path; from tests.catalog.loading import load\n"
        "from podsync.providers.registry import providers; from podsync.model.settings import Settings\n"
        "for _ in range(8):\n"
        "    loaded = load(Path(sys.argv[1]), 'catalog', providers(Settings()), remember_from=1)\n"
        "    print(loaded.catalog.digest, len(loaded.diagnostics))"
    )
    command = [sys.executable, "-c", program, str(shop.root)]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    lines = {line for writer in writers for line in writer.communicate()[0].splitlines()}

    assert lines == {f"{shop.load(cached=False).catalog.digest} 0"}
    assert sorted(path.name for path in shop.cache.iterdir()) == [".gitignore", "catalog"]


# -- the state


def test_entries_are_cut_out_as_the_whole_file_has_them(tmp_path: Path) -> None:
    shop = Shop(tmp_path)

    assert [shop.state(cached=True) == shop.state(cached=False) for _ in range(2)] == [True, True]


@pytest.mark.parametrize("held", [0, 10**9])
def test_some_entries_are_cut_out_of_what_was_read_and_then_of_the_file(tmp_path: Path, held: int) -> None:
    shop = Shop(tmp_path)
    whole = shop.state(cached=False).entries
    entries = shop.state(cached=True, held=held).entries
    assert isinstance(entries, LazyEntries)
    asked = [address for number, address in enumerate(whole) if number % 5 == 1]

    for _ in range(2):
        assert entries.some({str(each) for each in asked}) == {each: whole[each] for each in asked}
    assert entries[asked[0]] == whole[asked[0]]


def test_a_file_that_is_another_one_by_now_is_refused_when_entries_are_cut_out(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    entries = shop.state(cached=True).entries
    assert isinstance(entries, LazyEntries)
    path = shop.root / corpus.STATE
    path.write_bytes(path.read_bytes().replace(b"No. 3", b"No. 4"))

    with pytest.raises(StateError, match="was changed by another run"):
        entries.some({str(next(iter(entries)))})


@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
@settings(max_examples=80, deadline=None)
def test_a_damaged_state_is_refused_in_the_same_words(aged: Shop, place: int, bit: int) -> None:
    data = bytearray(statefile.dumps(corpus.state_of(3)))
    data[place % len(data)] ^= 1 << bit
    outlines = Outlines.beside(aged.root, "other", lambda: [bytes(data)])

    assert _verdict(outlines.loads, bytes(data)) == _verdict(statefile.loads, bytes(data))


def _blocks(data: bytes) -> list[bytes]:
    """Cut it into pieces that are smaller than an entry, and a last one that holds several."""
    small, half = 211, len(data) // 2
    return [*(data[at : min(at + small, half)] for at in range(0, half, small)), data[half:]]


def _verdict(loads: Callable[[bytes, str], State], data: bytes) -> object:
    try:
        return loads(data, "state")
    except StateError as error:
        return error.message, error.remedy
