"""A listed product, with its owner here, and its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from podsync.model.address import Address
from podsync.model.frozen import Spec
from podsync.network.signed_url import signing_key
from podsync.providers.contract import Remote
from podsync.providers.knowledge import Provider


class Standing(Enum):
    """Who has a listed product here."""

    MANAGED = "managed"
    ORPHAN = "orphan"
    IGNORED = "not ours"
    UNMANAGED = "unmanaged"


@dataclass(frozen=True, slots=True)
class ListedProduct:
    """A listed product. `address` is whose it is, or was. `open_options` cannot be chosen yet."""

    row: Remote
    standing: Standing
    address: Address | None = None
    open_options: tuple[str, ...] = ()


class ListedPicture(NamedTuple):
    """A mock-up that a listing names. `problem`: why it can stand in no document; a key's URL is "" then."""

    label: str
    field: str
    url: str
    problem: str = ""


def pictures_of(provider: Provider, fields: Spec) -> tuple[ListedPicture, ...]:
    """Return the mock-ups of a listed product, the front first.

    A signed URL is a credential, and so is one with a user in it: it gets into no file and no page.
    """
    found = []
    for label, field in provider.info.roles.pictures:
        url = fields.get(field)
        if not isinstance(url, str) or not url:
            continue
        if "@" in url.partition("://")[2].partition("/")[0]:
            found.append(ListedPicture(label, field, "", "its address holds a user's name or password"))
        elif key := signing_key(url):
            found.append(ListedPicture(label, field, "", f"its address is signed ('{key}') and will expire"))
        elif not url.startswith("https://"):
            found.append(ListedPicture(label, field, url, "its address does not begin with https://"))
        else:
            found.append(ListedPicture(label, field, url))
    return tuple(found)
