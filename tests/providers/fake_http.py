"""An `http` that answers from a table; what was asked is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from podsync.network.http import JsonResponse
from podsync.network.request import Request

DATE = 1_767_323_045.0


def ok(body: Any, status: int = 200, date: float | None = DATE) -> JsonResponse:
    return JsonResponse(status, body, date)


class FakeHttp:
    """Answers reads and writes by calling `answer(request, params)`."""

    def __init__(self, answer: Callable[[Request, Mapping[str, str]], JsonResponse]) -> None:
        self._answer = answer
        self.asked: list[tuple[Request, Mapping[str, str]]] = []
        self.slowed = 0

    def read(
        self,
        request: Request,
        params: Mapping[str, str] | None = None,
        inside: Callable[[Any], int | None] = lambda _: None,  # noqa: ARG002
    ) -> JsonResponse:
        self.asked.append((request, params or {}))
        return self._answer(request, params or {})

    def full(self) -> None:
        self.slowed += 1

    def write(self, request: Request, send_before: float) -> JsonResponse:
        self.asked.append((request, {"send_before": str(send_before)}))
        return self._answer(request, {})
