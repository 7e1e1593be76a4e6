from __future__ import annotations

import json
from dataclasses import replace

import pytest

from podsync.files.seal import marked, own_seal
from podsync.images.cache import ImageCache
from podsync.images.facts import SeenImage
from podsync.images.formats import Header

SEEN = SeenImage(
    Header("picture", "PNG", 16, 12, alpha=True), 100, "ab", "cd", '"v1"', "Sun", "final", "Signature", "Fri",
    "image/png",
)  # fmt: skip
URL = "https://cdn.test/ä.png"


@pytest.fixture
def path(tmp_path):
    return tmp_path / ".podsync" / "pictures.json"


@pytest.fixture
def cache(path):
    return ImageCache(path.parent)


@pytest.mark.parametrize(
    "seen",
    [
        SEEN,
        replace(SEEN, etag=""),
        SeenImage(Header("picture", "JPEG", 5), etag='"x"'),
        SeenImage(Header("other", "text"), etag="x"),
    ],
)
def test_what_was_written_is_read(cache, seen):
    cache.write({URL: seen})

    assert cache.read() == {URL: seen}


def test_what_cannot_be_asked_about_again_is_not_kept(cache):
    cache.write({URL: replace(SEEN, etag="", modified="")})

    assert cache.read() == {}


def test_a_missing_one_is_empty(cache):
    assert cache.read() == {}


def test_a_cut_one_is_empty(cache, path):
    cache.write({URL: SEEN})
    data = path.read_bytes()

    for size in range(len(data) - 1):  # the last byte is the line feed
        path.write_bytes(data[:size])
        assert cache.read() == {}


def test_a_flipped_bit_is_noticed(cache, path):
    cache.write({URL: SEEN})
    data = path.read_bytes()

    for where in range(len(data) - 1):
        for bit in (1, 0x20):
            path.write_bytes(data[:where] + bytes([data[where] ^ bit]) + data[where + 1 :])
            assert cache.read() == {}


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{}", '{"version": 1}', '{"version": 1, "seen": 5, "digest": 5}']
)
def test_a_foreign_one_is_empty(cache, path, text):
    path.parent.mkdir()
    path.write_text(text)

    assert cache.read() == {}


@pytest.mark.parametrize(
    "change",
    [
        {"size": "5"}, {"size": True}, {"etag": 5}, {"etag": '"a"\r\nCookie: x'}, {"etag": "ä"},
        {"digest": 5},
        {"header": ["nonsense", "PNG", 1, 1, True]}, {"header": ["picture", "PNG", 1.5, 1, True]},
        {"header": ["picture", 5, 1, 1, True]}, {"header": ["picture", "PNG", 1, 1, 1]}, {"header": []},
        {"more": 1}, {"modified": "x\ny"}, {"signed": None},
    ],
)  # fmt: skip
def test_one_that_somebody_made_up_is_held_to_its_types(cache, path, change):
    cache.write({URL: SEEN})
    told = json.loads(path.read_text())
    told["seen"][URL] |= change
    del told["mark"]
    seal = own_seal(path.parent.parent)
    path.write_text(json.dumps(marked(told, f"pictures {path.parent.resolve()}", seal)))

    assert cache.read() == {}


def test_another_version_is_empty(cache, path):
    cache.write({URL: SEEN})
    path.write_text(path.read_text().replace('"version":2', '"version":3'))

    assert cache.read() == {}


def test_a_folder_that_cannot_be_made_is_no_reason_to_fail(tmp_path):
    (tmp_path / ".podsync").write_text("a file")
    cache = ImageCache(tmp_path / ".podsync")

    cache.write({URL: SEEN})

    assert cache.read() == {}
