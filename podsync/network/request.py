"""A request to a provider, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from podsync.model.frozen import Json


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it will be sent, without the key: headers that are no secret, JSON body."""

    method: str
    path: str
    body: Json
