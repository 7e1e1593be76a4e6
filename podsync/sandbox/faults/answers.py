"""On answer: what is told in place of the truth, one function for each kind of fault that does so."""

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


def _status(told: Told) -> HttpResponse:
    if told.number in {204, 304}:  # these never have a body
        return HttpResponse(told.number, b"", headers=told.headers)
    if told.body is not None:
        return HttpResponse(told.number, told.body.encode(), headers=told.headers)
    try:
        reason = HTTPStatus(told.number).phrase
    except ValueError:
        reason = "Unknown"
    return json_answer(told.number, told.error_body(told.number, reason), told.headers)


def _html(told: Told) -> HttpResponse:
    page = told.body or "<!doctype html><title>Just a moment</title><h1>Checking your browser</h1>"
    return HttpResponse(200, page.encode(), "text/html; charset=utf-8", told.headers)


def _empty(told: Told) -> HttpResponse:
    return HttpResponse(200, b"", headers=told.headers)


def _garbage(told: Told) -> HttpResponse:
    return HttpResponse(200, (told.body or '{"data": {"list"').encode(), headers=told.headers)


def _nothing_listed(told: Told) -> HttpResponse:
    return json_answer(200, told.empty_listing(), told.headers)


def _error_text(told: Told) -> HttpResponse:
    return json_answer(200, {"message": told.body or "Internal error, try again later"}, told.headers)


def _job(told: Told) -> HttpResponse:
    echo = _object(told.request.body and told.request.json())
    return json_answer(202, {**echo, "id": "job-5f0c21", "status": "queued"}, told.headers)


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
