"""The format of a file by its first bytes: type, pixel size, transparency. No pixel is ever decoded.

Headers are parsed here, so a picture that unpacks to gigabytes costs what its first kilobytes cost. An answer
never changes when more of the file is known. If the bytes are not enough yet, the answer is None.

Sources: PNG 3rd edition (W3C), ITU-T T.81 annex B, GIF89a, RFC 9649 (WebP).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

Verdict: TypeAlias = Literal["picture", "unusual", "damaged", "other"]
#: What follows these bytes: more, nothing (they are the whole file), or unknown.
Rest: TypeAlias = Literal["more", "nothing", "unasked"]

#: Without a known beginning, so many bytes decide what else it is.
SNIFFED = 512
#: A longer header is reported without its later parts.
MOST_SEGMENTS = 4096


@dataclass(frozen=True, slots=True)
class Header:
    """What a file's beginning says.

    `verdict`: a picture that every browser shows, one that few show ("unusual"), one that is broken,
    or something else. `kind` is a word for people ("PNG", "HTML page"). Pixels are None where the
    header does not tell them, `alpha` is None where transparency is not known.
    """

    verdict: Verdict
    kind: str
    width: int | None = None
    height: int | None = None
    alpha: bool | None = None


class _Short(Exception):  # noqa: N818 (never leaves this module)
    """The bytes end before the answer; `so_far` has what is known."""

    so_far: Header | None = None


class _BrokenImage(Exception):  # noqa: N818 (never leaves this module)
    """The bytes contradict their format."""


def read_header(data: bytes, rest: Rest = "more") -> Header | None:
    """Return the format of a file that begins with `data`; None if more bytes are needed.

    At the end of the file, an incomplete header is damage. If the rest is unknown, the answer is what is
    known so far. Never raises.
    """
    for magic, kind, parse in _PICTURES:
        if data.startswith(magic):
            return _parsed(kind, parse, data, rest)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _parsed("WebP", _webp, data, rest)
    if rest == "more" and len(data) < SNIFFED:
        return None
    return _other(data[:SNIFFED])


def _parsed(kind: str, parse: Callable[[bytes], Header], data: bytes, rest: Rest) -> Header | None:
    try:
        return parse(data)
    except _BrokenImage:
        return Header("damaged", kind)
    except _Short as short:
        if rest == "more":
            return None
        return Header("damaged", kind) if rest == "nothing" else short.so_far or Header("picture", kind)


def _piece(data: bytes, start: int, length: int, so_far: Header | None = None) -> bytes:
    if start + length > len(data):
        short = _Short()
        short.so_far = so_far
        raise short
    return data[start : start + length]


def _numbers(form: str, data: bytes, start: int, so_far: Header | None = None) -> tuple[Any, ...]:
    return struct.unpack(form, _piece(data, start, struct.calcsize(form), so_far))


def _sized(kind: str, width: int, height: int, alpha: bool | None) -> Header:
    if not (width and height):
        raise _BrokenImage
    return Header("picture", kind, width, height, alpha)


# -- the four that every browser shows


def _png(data: bytes) -> Header:
    """IHDR comes first; transparency is a colour type, or a tRNS chunk before the first IDAT."""
    length, name, width, height, depth, colours = _numbers(">I4sIIBB", data, 8)
    if name != b"IHDR" or length != 13 or depth not in (1, 2, 4, 8, 16) or colours not in (0, 2, 3, 4, 6):
        raise _BrokenImage
    if max(width, height) > 0x7FFFFFFF:
        raise _BrokenImage
    if colours in (4, 6):
        return _sized("PNG", width, height, alpha=True)
    unknown = _sized("PNG", width, height, None)
    at = 8 + 12 + length
    for _ in range(MOST_SEGMENTS):
        length, chunk = _numbers(">I4s", data, at, unknown)
        if chunk in (b"IDAT", b"IEND", b"tRNS"):
            return replace(unknown, alpha=chunk == b"tRNS")
        at += 12 + length
    return unknown


#: Markers without a length.
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
#: Frame headers: all SOF but DHT (C4), JPG (C8), DAC (CC).
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def _jpeg(data: bytes) -> Header:
    """Segments up to the frame header. A height of 0 is told later, after the first scan."""
    at = 2
    for _ in range(MOST_SEGMENTS):
        if _piece(data, at, 1) != b"\xff":
            raise _BrokenImage
        while _piece(data, at, 1) == b"\xff":
            at += 1
        marker = data[at]
        at += 1
        if marker in _BARE:
            continue
        if marker in (0x00, 0xD8, 0xD9, 0xDA):
            raise _BrokenImage
        (length,) = _numbers(">H", data, at)
        if marker in _FRAMES:
            _, height, width = _numbers(">BHH", data, at + 2)
            if not width:
                raise _BrokenImage
            return Header("picture", "JPEG", width, height or None, alpha=False)
        if length < 2:
            raise _BrokenImage
        at += length
    return Header("picture", "JPEG", alpha=False)


def _gif(data: bytes) -> Header:
    """Transparency is a flag of the graphic control extension before the first image."""
    width, height, packed = _numbers("<HHB", data, 6)
    unknown = _sized("GIF", width, height, None)
    at = 13 + (3 << ((packed & 7) + 1) if packed & 0x80 else 0)
    for _ in range(MOST_SEGMENTS):
        (block,) = _piece(data, at, 1, unknown)
        if block in (0x2C, 0x3B):
            return replace(unknown, alpha=False)
        if block != 0x21:
            raise _BrokenImage
        label, size = _numbers("BB", data, at + 1, unknown)
        if label == 0xF9 and size:
            (flags,) = _piece(data, at + 3, 1, unknown)
            return replace(unknown, alpha=bool(flags & 1))
        at += 2
        while size := _piece(data, at, 1, unknown)[0]:
            at += 1 + size
        at += 1
    return unknown


def _webp(data: bytes) -> Header:
    chunk = _piece(data, 12, 4)
    if chunk == b"VP8X":
        flags, low, high, low_height, high_height = _numbers("<B3xHBHB", data, 20)
        width, height = low + (high << 16) + 1, low_height + (high_height << 16) + 1
        return _sized("WebP", width, height, bool(flags & 0x10))
    if chunk == b"VP8L":
        signature, bits = _numbers("<BI", data, 20)
        if signature != 0x2F:
            raise _BrokenImage
        return _sized("WebP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1))
    if chunk == b"VP8 ":
        start, width, height = _numbers("<3sHH", data, 23)
        if start != b"\x9d\x01\x2a":
            raise _BrokenImage
        return _sized("WebP", width & 0x3FFF, height & 0x3FFF, alpha=False)
    raise _BrokenImage


_PICTURES: Final[tuple[tuple[bytes, str, Callable[[bytes], Header]], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "PNG", _png),
    (b"\xff\xd8\xff", "JPEG", _jpeg),
    (b"GIF87a", "GIF", _gif),
    (b"GIF89a", "GIF", _gif),
)

# -- everything else


#: Beginnings of pictures that browsers or shops often do not show.
_UNUSUAL: Final = (
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"BM", "BMP"),
    (b"\0\0\1\0", "icon"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
)
_FILES: Final = (
    (b"%PDF-", "PDF"),
    (b"8BPS", "Photoshop file"),
    (b"%!PS", "PostScript file"),
    (b"PK\x03\x04", "ZIP archive"),
    (b"\x1f\x8b", "gzip archive"),
)
_BRANDS: Final = {b"avif": "AVIF", b"avis": "AVIF", b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIF"}

#: The root element, or the document type, after nothing but a declaration, comments and white space.
#: Atomic, so that no text makes it try every way to part the comments.
_SVG: Final = re.compile(
    rb"(?:(?><\?xml.*?\?>)|(?><!--.*?-->)|\s)*+<(?:!doctype\s+|[a-z]+:)?svg[\s>]", re.DOTALL
)


def _other(start: bytes) -> Header:
    """Name a file that is none of the four. `start`: up to `SNIFFED` bytes, or all bytes."""
    if not start.strip():
        return Header("other", "empty file" if not start else "blank file")
    if start[4:8] == b"ftyp":
        brand = _BRANDS.get(start[8:12])
        return Header("unusual", brand) if brand else Header("other", "video or another media file")
    for magic, kind in _UNUSUAL:
        if start.startswith(magic):
            return Header("unusual", kind)
    for magic, kind in _FILES:
        if start.startswith(magic):
            return Header("other", kind)
    return _text(start)


def _text(start: bytes) -> Header:
    small = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if _SVG.match(small):
        return Header("unusual", "SVG")
    if re.match(rb"<!doctype html|<html|<head|<body|<script|<title", small):
        return Header("other", "HTML page")
    if small.startswith(b"<"):
        return Header("other", "XML document")
    if small[:1] in (b"{", b"["):
        return Header("other", "JSON document")
    if b"\0" not in start and start.isascii():
        return Header("other", "text")
    return Header("other", "file of an unknown format")
