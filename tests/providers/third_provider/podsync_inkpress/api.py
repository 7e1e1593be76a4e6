"""Inkpress over the network: lists posters, creates them and changes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podsync.model.errors import InDoubtError, UnreadableError
from podsync.model.frozen import freeze
from podsync.network import dates
from podsync.network.request import Request
from podsync.providers.contract import Listing, Query, Receipt, Remote
from podsync.providers.normalise import as_text
from podsync.providers.paging import Page, read_all
from podsync_inkpress.provider import POSTERS

PAGE_SIZE = 50
_LISTED = ("headline", "sheet", "paper", "artUrl", "price", "shops", "channels")


def client(http: Any) -> tuple[InkpressReader, InkpressWriter]:
    """Return what reads and what writes over this connection."""
    return InkpressReader(http), InkpressWriter(http)


class InkpressReader:
    """Lists posters; there is no search, so that every query reads all of them."""

    def __init__(self, http: Any) -> None:
        self._http = http

    def find(self, query: Query) -> Listing:
        """Read all pages."""

        def page(_: int, offset: int, size: int) -> Page:
            answer = self._http.read(
                Request("GET", POSTERS, None), {"offset": str(offset), "limit": str(size)}
            )
            rows = answer.body.get("posters") if isinstance(answer.body, dict) else None
            if answer.status != 200 or not isinstance(rows, list):
                raise UnreadableError(
                    f"Inkpress did not answer with a listing: HTTP {answer.status}", status=answer.status
                )
            return Page(
                tuple(_remote(row, answer.now) for row in rows),
                answer.body.get("total"),
                answer.date,
                answer.fresh,
            )

        return read_all(page, PAGE_SIZE, absence=query.absence)


class InkpressWriter:
    """Creates, releases and changes posters."""

    def __init__(self, http: Any) -> None:
        self._http = http

    def send(self, request: Request, send_before: float) -> Receipt:
        """Send once; a create or a release was done only if the answer shows the poster."""
        answer = self._http.write(request, send_before)
        try:
            shown = _remote(answer.body, answer.now)
        except UnreadableError:
            shown = None
        if request.method == "POST" and shown is None:
            message = f"Inkpress answered HTTP {answer.status} with no poster"
            raise InDoubtError(message, status=answer.status, date=answer.date)
        return Receipt(shown, answer.status, None, answer.date)


def _remote(row: Any, now: float | None) -> Remote:
    identity = as_text(row.get("id")) if isinstance(row, Mapping) else None
    if identity is None:
        raise UnreadableError("Inkpress listed a poster without an id")
    fields = {field: row[field] for field in _LISTED if row.get(field) is not None}
    shown = {"number": row["number"]} if isinstance(row.get("number"), int) else {}
    return Remote(identity, freeze(fields), dates.of_iso(row.get("madeAt"), now), freeze({"product": shown}))
