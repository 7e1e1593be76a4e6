"""On answer: what is told in place of the truth, one function for each kind of fault that does so."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from podsync.sandbox.wire import Answer, Request, json_answer

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What an untrue answer may be made of.

    number: what stands behind the colon of the kind. body: the fault's own, if it has one. true: the
    true answer, if the request was carried out. before: the product of a PATCH as an answer to it would
    have shown it before. others: ids that the shop gave earlier, oldest first, in the answer's form.
    """

    provider: str
    request: Request
    number: int = 0
    body: str | None = None
    headers: Headers = ()
    true: Answer | None = None
    before: Answer | None = None
    others: tuple[str, ...] = ()


def _status(told: Told) -> Answer:
    if told.number in {204, 304}:  # these never have a body
        return Answer(told.number, b"", headers=told.headers)
    if told.body is not None:
        return Answer(told.number, told.body.encode(), headers=told.headers)
    if told.provider == "kakaclo" and told.number == 400:
        return json_answer(400, {"error": "Invalid request"}, told.headers)
    try:
        reason = HTTPStatus(told.number).phrase
    except ValueError:
        reason = "Unknown"
    body = {"code": told.number, "message": reason} if told.provider == "kakaclo" else {"message": reason}
    return json_answer(told.number, body, told.headers)


def _code(told: Told) -> Answer:
    return json_answer(200, {"code": told.number, "message": "refused on request"}, told.headers)


def _html(told: Told) -> Answer:
    page = told.body or "<!doctype html><title>Just a moment</title><h1>Checking your browser</h1>"
    return Answer(200, page.encode(), "text/html; charset=utf-8", told.headers)


def _empty(told: Told) -> Answer:
    return Answer(200, b"", headers=told.headers)


def _garbage(told: Told) -> Answer:
    return Answer(200, (told.body or '{"code": 10000, "data": {"list"').encode(), headers=told.headers)


def _nothing_listed(told: Told) -> Answer:
    empty: Any = {"customerProducts": []}
    if told.provider == "kakaclo":
        empty = {"code": 10000, "message": "Success!", "data": {"list": [], "total": 0}}
    return json_answer(200, empty, told.headers)


def _error_text(told: Told) -> Answer:
    return json_answer(200, {"message": told.body or "Internal error, try again later"}, told.headers)


def _job(told: Told) -> Answer:
    echo = _object(told.request.body and told.request.json())
    return json_answer(202, {**echo, "id": "job-5f0c21", "status": "queued"}, told.headers)


def _other_id(told: Told) -> Answer:
    return _with_id(told, told.others[0] if told.others else "cp-00000000-0000-4000-8000-000000000000")


def _last_id(told: Told) -> Answer:
    return _with_id(told, told.others[-1] if told.others else "cp-00000000-0000-4000-8000-000000000000")


def _unchanged(told: Told) -> Answer:
    return told.before or _empty(told)


def _with_id(told: Told, identity: str) -> Answer:
    """The true answer with another id in it; one that shows no id stays as it is."""
    true = told.true or _empty(told)
    shown = _object(Request("", "", "", {}, {}, true.body, keep_alive=True).json() if true.body else None)
    return json_answer(true.status, {**shown, "id": identity}, told.headers) if "id" in shown else true


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


ANSWERS: Mapping[str, Callable[[Told], Answer]] = {
    "status": _status,
    "code": _code,
    "html": _html,
    "empty": _empty,
    "garbage": _garbage,
    "nothing-listed": _nothing_listed,
    "error-text": _error_text,
    "job": _job,
    "other-id": _other_id,
    "last-id": _last_id,
    "unchanged": _unchanged,
}
