"""The person whom an apply asks: looks at the shops' own pages, and answers no more than was asked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from podsync.sandbox import Sandbox

NAME = {"kakaclo": "enName", "gelato": "name"}
_QUESTION = re.compile(r"state settle (\S+) --not-created")


def asked(told: str) -> list[str]:
    """The addresses of which a run asks whether anything was made, and offers that nothing was."""
    return sorted(set(_QUESTION.findall(" ".join(told.split()))))


def answer(shops: Sandbox, provider: str, title: str, owned: Collection[str]) -> list[str]:
    """The options of `state settle` that are true of a create of this title."""
    made = _unowned(shops.products(provider), provider, title, owned)
    assert len(made) < 2, f"doubled at {provider}: {made}"
    return ["--adopt", *made] if made else ["--not-created"]


def _unowned(
    products: Iterable[dict[str, object]], provider: str, title: str, owned: Collection[str]
) -> list[str]:
    ids = (str(product["id"]) for product in products if product[NAME[provider]] == title)
    return [identity for identity in ids if identity not in owned]
