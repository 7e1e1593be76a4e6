"""On answer: what is answered in place of the truth, one function for each kind of fault that does so."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from podsync.sandbox.wire import HttpRequest, HttpResponse, json_answer

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What an untrue answer may be made of.

    error_body and empty_listing are the provider's. number: what stands behind the colon of the kind. body:
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


def _status(facts: Told) -> HttpResponse:
    if facts.number in {204, 304}:  # these never have a body
        return HttpResponse(facts.number, b"", headers=facts.headers)
    if facts.body is not None:
        return HttpResponse(facts.number, facts.body.encode(), headers=facts.headers)
    try:
        reason = HTTPStatus(facts.number).phrase
    except ValueError:
        reason = "Unknown"
    return json_answer(facts.number, facts.error_body(facts.number, reason), facts.headers)


def _html(facts: Told) -> HttpResponse:
    page = facts.body or "<!doctype html><title>Just a moment</title><h1>Checking your browser</h1>"
    return HttpResponse(200, page.encode(), "text/html; charset=utf-8", facts.headers)


def _empty(facts: Told) -> HttpResponse:
    return HttpResponse(200, b"", headers=facts.headers)


def _garbage(facts: Told) -> HttpResponse:
    return HttpResponse(200, (facts.body or '{"data": {"list"').encode(), headers=facts.headers)


def _nothing_listed(facts: Told) -> HttpResponse:
    return json_answer(200, facts.empty_listing(), facts.headers)


def _error_text(facts: Told) -> HttpResponse:
    return json_answer(200, {"message": facts.body or "Internal error, try again later"}, facts.headers)


def _job(facts: Told) -> HttpResponse:
    echo = _object(facts.request.body and facts.request.json())
    return json_answer(202, {**echo, "id": "job-5f0c21", "status": "queued"}, facts.headers)


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


ANSWERS: Mapping[str, Callable[[Told], HttpResponse]] = {
    "status": _status,
    "html": _html,
    "empty": _empty,
    "garbage": _garbage,
    "nothing-listed": _nothing_listed,
    "error-text": _error_text,
    "job": _job,
}
