"""The result of a look at a URL, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from podsync.images.formats import Header

#: The part of a picture that is read: its first kilobytes, or all of it.
Mode: TypeAlias = Literal["head", "full"]


@dataclass(frozen=True, slots=True)
class SeenImage:
    """A file that was served.

    `size` is in bytes, of the whole file, None where it was not told. `start` is the SHA-256 of its
    first 4 KiB, `digest` that of all of it, None when not all was read. `etag` and `modified` are
    the server's own words, empty where it has none; `final` is the address in which they hold.
    `signed` is the query key by which a redirect's target is signed, `expires` when the store will
    delete it, `media_type` what the server calls it; each is empty where there is nothing.
    """

    header: Header
    size: int | None = None
    start: str = ""
    digest: str | None = None
    etag: str = ""
    modified: str = ""
    final: str = ""
    signed: str = ""
    expires: str = ""
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class UnseenImage:
    """No file: which rule that breaks, why (a clause), and what to do.

    `silent`: nobody answered at all, so that others at the same host will hardly fare better.
    """

    reason: str
    remedy: str = ""
    rule: Literal["picture-unreachable", "picture-not-public"] = "picture-unreachable"
    silent: bool = False
