"""Untrue answers, a function for each kind of fault that gives one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from podsync.sandbox.wire import HttpRequest, HttpResponse, json_answer

Headers = tuple[tuple[str, str], ...]
_PAGE = "<!doctype html><title>Just a moment</title><h1>Checking your browser</h1>"


@dataclass(frozen=True, slots=True)
class FaultFacts:
    """What an untrue answer may be made of.

    error_body and empty_listing are the provider's. number: what follows the colon of the kind. body:
    the fault's own, if it has one. true: the true answer, if the request was carried out. before: what the
    provider's own kinds need to know of the shop before that.
    """

    request: HttpRequest
    error_body: Callable[[int, str], Any]
    empty_listing: Callable[[], Any]
    number: int = 0
    body: str | None = None
    headers: Headers = ()
    true: HttpResponse | None = None
    before: Any = None


def _status(facts: FaultFacts) -> HttpResponse:
    if facts.number in {204, 304}:  # these never have a body
        return HttpResponse(facts.number, b"", headers=facts.headers)
    if facts.body is not None:
        return HttpResponse(facts.number, facts.body.encode(), headers=facts.headers)
    try:
        reason = HTTPStatus(facts.number).phrase
    except ValueError:
        reason = "Unknown"
    return json_answer(facts.number, facts.error_body(facts.number, reason), facts.headers)


def _job(facts: FaultFacts) -> HttpResponse:
    sent = facts.request.json() if facts.request.body else None
    echo = sent if isinstance(sent, dict) else {}
    return json_answer(202, {**echo, "id": "job-5f0c21", "status": "queued"}, facts.headers)


ANSWERS: Mapping[str, Callable[[FaultFacts], HttpResponse]] = {
    "status": _status,
    "html": lambda facts: HttpResponse(
        200, (facts.body or _PAGE).encode(), "text/html; charset=utf-8", facts.headers
    ),
    "empty": lambda facts: HttpResponse(200, b"", headers=facts.headers),
    "garbage": lambda facts: HttpResponse(
        200, (facts.body or '{"data": {"list"').encode(), headers=facts.headers
    ),
    "nothing-listed": lambda facts: json_answer(200, facts.empty_listing(), facts.headers),
    "error-text": lambda facts: json_answer(
        200, {"message": facts.body or "Internal error, try again later"}, facts.headers
    ),
    "job": _job,
}
