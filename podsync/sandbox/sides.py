"""The simulated providers: each entry point of `podsync.sandboxes` names a `Side`, a module."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from podsync.entry_points import load_all
from podsync.sandbox.datafile import JsonObject
from podsync.sandbox.faults.answers import ANSWERS, FaultFacts
from podsync.sandbox.faults.kinds import KINDS, FaultKind
from podsync.sandbox.rules import Rules
from podsync.sandbox.store import Shop
from podsync.sandbox.wire import HttpRequest, HttpResponse


class Side(Protocol):
    """What a provider's module says and does. `rules` are of its own class, `RULES`.

    Their names begin with the provider's. Among them are `NAME_lag` (seconds until a listing shows a change)
    and `NAME_bucket` (how many requests at once, how many a second after that; None: no limit).
    """

    #: What a client's base URL has behind the host, and what the paths of all requests begin with.
    BASE_PATH: str
    PREFIX: str
    RULES: type[Rules]
    #: The rule that lists the accepted keys: the first opens the shop NAME, the second NAME#2, and so on.
    KEYS: str
    #: Fields that a lookup goes through.
    INDEXED: Sequence[str]
    #: What a request can be about.
    OPERATIONS: Sequence[str]
    #: Kinds of fault that only its answers can have, and the answers under them.
    KINDS: Mapping[str, FaultKind]
    ANSWERS: Mapping[str, Callable[[FaultFacts], HttpResponse]]

    def operation(self, method: str, path: str, /) -> str | None:
        """What a request is about; None for a path that does not exist."""

    def key(self, request: HttpRequest, /) -> str:
        """The key of the request, empty where there is none."""

    def unauthorized(self) -> HttpResponse:
        """The answer to a request with another key."""

    def answer(self, request: HttpRequest, shop: Shop, rules: Any, now: float, /) -> HttpResponse:
        """The answer to an authorised request, its effect committed; `now` in epoch seconds."""

    def add(self, spec: JsonObject, shop: Shop, rules: Any, now: float, /) -> JsonObject:
        """Commit a product and return it. Raises RefusalError."""

    def foreign(self, number: int, /) -> JsonObject:
        """The spec of a product that somebody else made."""

    def find_key(self, shop: Shop, product_id: str, /) -> str | None:
        """The shop's key for an id in any form that people have."""

    def before(self, request: HttpRequest, shop: Shop, rules: Any, /) -> Any:
        """What its own kinds of fault need to know of the shop before a request is carried out."""

    def error_body(self, status: int, reason: str, /) -> JsonObject:
        """The body of an error."""

    def empty_listing(self) -> JsonObject:
        """A listing without a row."""


@cache
def sides() -> Mapping[str, Side]:
    """Return every simulated provider by its name, sorted."""
    found: Mapping[str, Side] = load_all("podsync.sandboxes")
    return found


def base_urls(root: str) -> dict[str, str]:
    """Return what a client of each provider takes as its base URL, of a server at `root`."""
    return {name: f"{root}{side.BASE_PATH}" for name, side in sides().items()}


def first_keys(rules: Rules) -> dict[str, str]:
    """Return the key that opens each provider's first shop."""
    return {name: getattr(rules, side.KEYS)[0] for name, side in sides().items()}


def rules_class() -> type[Rules]:
    """Return the rules of all providers in one: the shared ones, and those of each side."""
    bases = tuple(side.RULES for side in sides().values()) or (Rules,)
    return dataclass(frozen=True)(type("Rules", bases, {"__doc__": Rules.__doc__}))


def all_kinds() -> dict[str, FaultKind]:
    """Return every kind of fault."""
    return {**KINDS, **{word: kind for side in sides().values() for word, kind in side.KINDS.items()}}


def all_answers() -> dict[str, Callable[[FaultFacts], HttpResponse]]:
    """Return the untrue answers, by the kind of fault that asks for them."""
    return {**ANSWERS, **{word: tell for side in sides().values() for word, tell in side.ANSWERS.items()}}
