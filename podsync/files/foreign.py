"""Recognises content that another program put into a file: encodings, pointers, merge conflicts."""

import re
from typing import NamedTuple

_LFS = b"version https://git-lfs.github.com/spec/v"
_BEGIN, _BASE, _MIDDLE, _END = "<<<<<<<", "|||||||", "=======", ">>>>>>>"
UTF16 = (
    "Windows PowerShell writes it with `>`: there use `-o FORMAT=FILE`, or `| Out-File -Encoding utf8 FILE`; "
    "in an editor save it as UTF-8"
)


class Foreign(NamedTuple):
    """What the bytes are instead, in a sentence without its subject, and what to do about it."""

    rule: str
    summary: str
    detail: str


def recognised(raw: bytes) -> Foreign | None:
    """Return what bytes are that cannot be meant as a text of ours; None where nothing is known of them."""
    if raw.startswith(_LFS):
        return Foreign(
            "pointer-file",
            "is a pointer of Git LFS, not the file itself",
            "fetch it: git lfs pull; and take YAML and JSON out of .gitattributes: they are text",
        )
    if raw.startswith(b"\0GITCRYPT\0"):
        return Foreign("pointer-file", "is encrypted by git-crypt", "decrypt it: git-crypt unlock")
    if len(raw) < 4096 and re.match(rb"[./]*(?:\.git|\.\.)?/?(?:\.git/)?annex/objects/\S+\s*\Z", raw):
        return Foreign(
            "pointer-file", "is a pointer of git-annex, not the file itself", "fetch it: git annex get FILE"
        )
    if raw.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return Foreign("encoding", "is UTF-32", "save it as UTF-8")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or _looks_utf16(raw[:64]):
        return Foreign("encoding", "is UTF-16", UTF16)
    if raw.startswith(b"\x1f\x8b"):
        return Foreign("encoding", "is compressed by gzip", "decompress it: gzip -d FILE")
    if raw.startswith(b"PK\x03\x04"):
        return Foreign("encoding", "is a ZIP archive or an office document", "save it as plain text, UTF-8")
    return None


def _looks_utf16(start: bytes) -> bool:
    """Whether every second byte is NUL: ASCII in two bytes, without a mark."""
    return len(start) > 3 and not (any(start[1::2]) and any(start[::2])) and any(start)


def has_marker(content: str) -> bool:
    """Whether Git may have left a marker of a merge in a text.

    Every file of a catalog comes by here, and few hold even the first character of one.
    """
    return (
        ("<" in content and _BEGIN in content)
        or ("|" in content and _BASE in content)
        or ("=" in content and _MIDDLE in content)
        or (">" in content and _END in content)
    )


#: What pointers of other programs begin with: those of Git LFS, and links of git-annex.
_POINTERS = (b"version ", b"annex/", b".", b"/")


def may_be_pointer(raw: bytes) -> bool:
    """Whether the text of a file may be that of a pointer to the file itself."""
    return raw.startswith(_POINTERS)


class Conflict(NamedTuple):
    """A merge that nobody finished: both sides of the whole text, and what Git calls them.

    `line`, `middle` and `end` are the lines of the three markers, from 1; 0 where there is none.
    """

    line: int
    middle: int
    end: int
    ours: str
    theirs: str
    names: tuple[str, str]


def conflict(content: str) -> Conflict | None:
    """Return the first unresolved merge conflict of a text, with both sides of all of them."""
    if _BEGIN not in content or re.search(r"^<{7}(?: .*)?$", content, re.MULTILINE) is None:
        return None
    sides: tuple[list[str], list[str]] = ([], [])
    places, names, at = [0, 0, 0], ["", ""], "both"
    for number, line in enumerate(content.split("\n"), start=1):
        word = line[:7]
        rest = line[7:].strip()
        if at == "both" and word == _BEGIN:
            at = "ours"
            places[0], names[0] = places[0] or number, names[0] or rest
        elif at == "ours" and word == _BASE:
            at = "base"
        elif at in {"ours", "base"} and word == _MIDDLE:
            at = "theirs"
            places[1] = places[1] or number
        elif at == "theirs" and word == _END:
            at = "both"
            places[2], names[1] = places[2] or number, names[1] or rest
        else:
            if at in {"both", "ours"}:
                sides[0].append(line)
            if at in {"both", "theirs"}:
                sides[1].append(line)
    return Conflict(
        places[0], places[1], places[2], "\n".join(sides[0]), "\n".join(sides[1]), (names[0], names[1])
    )
