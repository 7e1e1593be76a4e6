from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podsync.images.formats import SNIFFED, Header, read_header
from tests.images.files import FILES

KINDS = {"png": "PNG", "jpeg": "JPEG", "gif": "GIF", "webp": "WebP"}
TRANSPARENT = {
    "png_rgba", "png_la", "png_palette_transparent", "gif_transparent", "webp_alpha", "webp_lossless_alpha",
}  # fmt: skip
PICTURES = {name: data for name, data in FILES.items() if name.partition("_")[0] in KINDS}
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'


def png(width: int, height: int, depth: int = 8, colours: int = 2, before: bytes = b"") -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)
    rest = before + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + rest


@pytest.mark.parametrize("name", PICTURES)
def test_real_files_are_read_by_their_headers(name):
    kind = KINDS[name.partition("_")[0]]

    assert read_header(PICTURES[name]) == Header("picture", kind, 16, 12, name in TRANSPARENT)


@pytest.mark.parametrize("name", PICTURES)
def test_a_header_that_breaks_off_is_damage_when_nothing_follows(name):
    data = PICTURES[name]
    enough = next(size for size in range(len(data)) if read_header(data[:size]) is not None)

    for size in range(enough):
        assert read_header(data[:size]) is None
        assert read_header(data[:size], "nothing").verdict in {"damaged", "other"}


@pytest.mark.parametrize("name", FILES)
def test_an_answer_never_changes_when_more_is_known(name):
    data = FILES[name] + b"\0" * SNIFFED
    final = read_header(data)

    assert {read_header(data[:size]) for size in range(len(data))} <= {None, final}


@given(
    st.sampled_from([b"", *(data[:12] for data in FILES.values()), b"\xff\xd8\xff\xff"]),
    st.binary(max_size=700),
    st.integers(0, 700),
)
def test_whatever_the_bytes_it_never_raises_and_never_takes_back(start, rest, cut):
    data = start + rest
    final = read_header(data)

    assert read_header(data[:cut]) in {None, final}
    assert read_header(data, "nothing") is not None
    assert read_header(data, "unasked") is not None


@given(st.sampled_from(sorted(FILES)), st.integers(0, 600), st.integers(0, 255))
def test_a_changed_byte_raises_nothing(name, where, value):
    data = bytearray(FILES[name])
    data[where % len(data)] = value

    assert read_header(bytes(data), "nothing") is not None


def test_a_picture_that_would_unpack_to_gigabytes_is_only_measured():
    assert read_header(png(65535, 65535)) == Header("picture", "PNG", 65535, 65535, alpha=False)


@pytest.mark.parametrize(
    "data",
    [
        png(0, 5), png(5, 0), png(2**31, 5), png(5, 5, depth=3), png(5, 5, colours=5),
        b"\x89PNG\r\n\x1a\n" + b"\0\0\0\x04CgBI" + bytes(40),
        b"\xff\xd8\xff\xda" + bytes(40),  # a scan before its frame
        b"\xff\xd8\xff\xd9" + bytes(40),
        b"\xff\xd8\xff\xe0\x00\x01" + bytes(40),  # a segment shorter than its own length
        b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x05\x00\x00\x03" + bytes(20),  # no width
        b"GIF89a\0\0\5\0\0\0\0\x2c" + bytes(20),
        b"GIF89a\5\0\5\0\0\0\0\x99" + bytes(20),
        b"RIFF\x20\0\0\0WEBPVP8 " + bytes(40),
        b"RIFF\x20\0\0\0WEBPVP8L" + bytes(40),
        b"RIFF\x20\0\0\0WEBPALPH" + bytes(40),
    ],
)  # fmt: skip
def test_a_header_that_makes_no_sense_is_damage(data):
    assert read_header(data).verdict == "damaged"


def test_transparency_far_behind_the_size_leaves_the_size_known():
    profile = struct.pack(">I", 900_000) + b"iCCP" + bytes(1000)

    data = png(70, 50, before=profile)

    assert read_header(data) is None
    assert read_header(data, "unasked") == Header("picture", "PNG", 70, 50, None)


def test_a_jpeg_with_a_long_head_is_a_jpeg_of_unknown_size():
    data = b"\xff\xd8" + (b"\xff\xe1\xff\xff" + bytes(65533)) * 3

    assert read_header(data) is None
    assert read_header(data, "unasked") == Header("picture", "JPEG")


def test_a_jpeg_whose_height_comes_later_has_none_yet():
    data = FILES["jpeg"].replace(b"\xff\xc0\x00\x11\x08\x00\x0c", b"\xff\xc0\x00\x11\x08\x00\x00")

    assert read_header(data) == Header("picture", "JPEG", 16, None, alpha=False)


@pytest.mark.parametrize(
    ("data", "verdict", "kind"),
    [
        (b"", "other", "empty file"),
        (b" \r\n", "other", "blank file"),
        (b"<!DOCTYPE html><html>", "other", "HTML page"),
        (b"\xef\xbb\xbf  <HTML>", "other", "HTML page"),
        (b"<html><body><svg></svg>", "other", "HTML page"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "other", "XML document"),
        (b'{"error": 404}', "other", "JSON document"),
        (b"not found", "other", "text"),
        (b"%PDF-1.7", "other", "PDF"),
        (b"8BPS\0\1", "other", "Photoshop file"),
        (b"PK\x03\x04", "other", "ZIP archive"),
        (b"\x1f\x8b\x08", "other", "gzip archive"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "other", "file of an unknown format"),
        (b"\0\0\0\x18ftypmp42", "other", "video or another media file"),
        (b"\0\0\0\x18ftypavif", "unusual", "AVIF"),
        (b"\0\0\0\x18ftypheic", "unusual", "HEIC"),
        (FILES["tiff"], "unusual", "TIFF"),
        (FILES["bmp"], "unusual", "BMP"),
        (SVG, "unusual", "SVG"),
        (b"\n<!-- made by hand --> <svg>", "unusual", "SVG"),
        (b'<?xml version="1.0"?><!-- a --><!DOCTYPE svg PUBLIC "x"[<!ENTITY', "unusual", "SVG"),
        (b"<div><svg></svg></div>", "other", "XML document"),
        (b"<!---->" * 80 + b"<svx>", "other", "XML document"),
    ],
)
def test_what_else_it_may_be_is_named(data, verdict, kind):
    assert read_header(data, "nothing") == Header(verdict, kind)
