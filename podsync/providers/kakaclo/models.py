"""Which model a code stands for: what the model list says now, beside what was ever seen. Pure.

The listing tells codes, a spec names models. A code that is missing, that stands for two models, or for
another one than when it was last seen, stands for none that is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from podsync.model.frozen import EMPTY, FrozenDict
from podsync.providers.normalise import number


@dataclass(frozen=True, slots=True)
class Models:
    """`listed` are the (model, code) pairs of the model list, `pairs` model -> codes from the state."""

    listed: tuple[tuple[str, str], ...] = ()
    pairs: Mapping[str, tuple[str, ...]] = EMPTY

    def codes(self, model: str) -> frozenset[str]:
        """Return every code that was ever seen for a model."""
        return frozenset(code for one, code in self._all() if number(one) == number(model))

    def filter(self, models: Iterable[str]) -> tuple[str, ...]:
        """Return the codes by which products of these models are asked for, none where one has no code."""
        codes = [self.codes(model) for model in models]
        return tuple(sorted(frozenset().union(*codes))) if all(codes) else ()

    def model(self, code: str, named: str = "") -> str | None:
        """Return the model of a listed product, None where it is unknown.

        `named` is the model that the product's own row names; KakaClo's rows did so once.
        """
        found = {number(model): model for model, each in self._all() if each == code} if code else {}
        if named:
            return named if not found or number(named) in found else None
        return next(iter(found.values())) if len(found) == 1 else None

    def now(self) -> Mapping[str, tuple[str, ...]]:
        """Return model -> codes as the model list says now."""
        models = dict.fromkeys(model for model, _ in self.listed)
        return FrozenDict(
            {model: tuple(sorted({code for one, code in self.listed if one == model})) for model in models}
        )

    def _all(self) -> Iterable[tuple[str, str]]:
        yield from ((model, code) for model, codes in self.pairs.items() for code in codes)
        yield from self.listed
