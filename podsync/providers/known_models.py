"""Whether a document names a model that the account is known to have; and which one was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from podsync.model.diagnostic import SpecFault
from podsync.model.frozen import Spec
from podsync.providers.normalise import number

if TYPE_CHECKING:
    from podsync.model.known_ids import KnownModel
    from podsync.providers.knowledge import Provider

#: So many models are offered.
_OFFERED = 3


def known_model(provider: Provider, spec: Spec) -> KnownModel | None:
    """Return what is known of a spec's model; zeros in front of a number do not count."""
    models = provider.known.models
    told = spec.get(provider.model_field)
    return models.get(str(told)) or models.get(number(told))


def unknown_model(provider: Provider, spec: Spec) -> Iterator[SpecFault]:
    """Yield a warning where the account has models and this one is none of them."""
    models, told = provider.known.models, spec.get(provider.model_field)
    if not models or told is None or known_model(provider, spec) is not None:
        return
    ids = provider.known.ids
    near = _nearest(str(told), provider.name_of(spec), models)
    offer = " or ".join(f'"{model.id}"' + (f" ({model.name})" if model.name else "") for model in near)
    hint = f"did you mean {offer}? " if offer else ""
    listed = f"in {provider.title}'s list of models"
    where = listed if ids.listed else f"the model of any product that {provider.title} lists"
    yield SpecFault(
        "unknown-model",
        (provider.model_field,),
        f"{told} is not {where}, as _known.yaml has it",
        f"{hint}all of them: podsync models; a new one: podsync models --save",
        "warning",
    )


def left_model(provider: Provider, spec: Spec | None) -> tuple[str, ...]:
    """Return the risk of a product whose model the supplier has taken off the list."""
    if spec is None or not provider.known.digest:
        return ()
    model = known_model(provider, spec)
    if model is None or not model.left:
        return ()
    return (f"{provider.title} has no model {model.words} on its list since {model.left}",)


def _nearest(told: str, name: str, models: Mapping[str, KnownModel]) -> list[KnownModel]:
    """Return models that are called as the product is, or whose ids are nearly the same."""
    from difflib import get_close_matches

    wanted = _words(name)
    shared = {model.id: len(wanted & _words(model.name)) for model in models.values() if not model.left}
    by_name = sorted((id_ for id_, count in shared.items() if count), key=lambda id_: (-shared[id_], id_))
    best = [id_ for id_ in by_name if shared[id_] == shared[by_name[0]]] if by_name else []
    by_id = [] if told.isdigit() else get_close_matches(told, [m.id for m in models.values() if not m.left])
    return [models[id_] for id_ in dict.fromkeys((*by_id, *best))][:_OFFERED]


def _words(text: str) -> frozenset[str]:
    """Return the words that tell one model from another."""
    found = re.findall(r"[a-z0-9]+", text.lower().replace("t-shirt", "tee").replace("'s", ""))
    return frozenset(word.removesuffix("s") for word in found if len(word) > 2)
